"""What a bulk change did to leads besides their own columns: tags, notes, what enquiries say.

Written down by batch_memory.py. Only of leads that were here before: new ones go as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Q, QuerySet

from leads.models.activity import Activity
from leads.models.batch_memory import EnquiryChange, TagChange
from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.services.batch_memory import SAID, spoken
from leads.services.storing import update_rows
from leads.services.undo_references import missing, referred
from leads.services.undo_trace import TAGS

NOTES, ENQUIRIES = "notes", "enquiries"

Leads = Collection[int] | QuerySet[Any]


@dataclass(frozen=True, slots=True)
class Beside:
    """What there is to take back of one lead: tags that it loses, tags that it gets back, tags that
    somebody has taken away and given again since, notes, changes of its enquiries."""

    takes: tuple[int, ...] = ()
    gives: tuple[int, ...] = ()
    contested: tuple[int, ...] = ()
    has_notes: bool = False
    has_enquiries: bool = False

    def with_contested(self) -> Beside:
        return replace(self, takes=(*self.takes, *self.contested), contested=())

    @property
    def names(self) -> list[str]:
        """What will be as before."""
        done = {
            TAGS: bool(self.takes or self.gives),
            NOTES: self.has_notes,
            ENQUIRIES: self.has_enquiries,
        }
        return [name for name, is_done in done.items() if is_done]


NOTHING = Beside()


def find_besides(batch: ChangeBatch, leads: Leads) -> dict[int, Beside]:
    """By lead; four queries, whatever their number."""
    tags = _tags(batch, leads)
    notes = set(_notes(batch, leads).values_list("lead_id", flat=True))
    changes = EnquiryChange.objects.filter(change_batch=batch, lead__in=leads)
    enquiries = set(changes.values_list("lead_id", flat=True))
    return {
        pk: replace(tags.get(pk, NOTHING), has_notes=pk in notes, has_enquiries=pk in enquiries)
        for pk in tags.keys() | notes | enquiries
    }


def _notes(batch: ChangeBatch, leads: Leads) -> QuerySet[Activity]:
    rows = Activity.objects.filter(lead__in=leads, kind=Activity.Kind.NOTE)
    return rows.filter(data__change_batch=batch.pk)


def _tags(batch: ChangeBatch, leads: Leads) -> dict[int, Beside]:
    rows = TagChange.objects.filter(change_batch=batch, lead__in=leads)
    in_order = rows.order_by("lead_id", "tag_id", "pk")
    changes = list(in_order.values_list("lead_id", "tag_id", "link"))
    if not changes:
        return {}
    links = Lead.tags.through.objects.filter(lead__in=rows.values("lead"))
    present = {(lead, tag): pk for pk, lead, tag in links.values_list("pk", "lead_id", "tag_id")}
    return {
        lead: _of_lead(((tag, link, present.get((lead, tag))) for _lead, tag, link in group))
        for lead, group in groupby(changes, key=itemgetter(0))
    }


def _of_lead(changes: Iterable[tuple[int, int | None, int | None]]) -> Beside:
    """(tag, link that the batch left, link now) in their order. What is as before by now needs
    nothing; whoever has seen to that wants it so."""
    takes: list[int] = []
    gives: list[int] = []
    contested: list[int] = []
    for tag, group in groupby(changes, key=itemgetter(0)):
        rows = list(group)
        was_present = rows[0][1] is None
        _tag, left, now = rows[-1]
        if was_present and left is None and now is None:
            gives.append(tag)
        elif not was_present and left is not None and now is not None:
            (takes if now == left else contested).append(tag)
    return Beside(tuple(takes), tuple(gives), tuple(contested))


def take_beside_back(batch: ChangeBatch, besides: Mapping[int, Beside]) -> None:
    """By lead. A tag that somebody has deleted altogether stays away."""
    through = Lead.tags.through
    taken = [(lead, tag) for lead, one in besides.items() for tag in one.takes]
    for lead_tags in _portions(taken):
        wanted = Q()
        for lead, tag in lead_tags:
            wanted |= Q(lead_id=lead, tag_id=tag)
        through.objects.filter(wanted).delete()
    through.objects.bulk_create(
        [through(lead_id=lead, tag_id=tag) for lead, one in besides.items() for tag in one.gives],
        ignore_conflicts=True,  # staff may give it at this moment
    )
    _notes(batch, [pk for pk, one in besides.items() if one.has_notes]).delete()
    _give_enquiries_back(batch, [pk for pk, one in besides.items() if one.has_enquiries])


def _portions(rows: Sequence[tuple[int, int]]) -> Iterable[Sequence[tuple[int, int]]]:
    """So that no condition is too deep for SQLite."""
    return (rows[start : start + 200] for start in range(0, len(rows), 200))


def _give_enquiries_back(batch: ChangeBatch, leads: Collection[int]) -> None:
    """Column by column, where an enquiry still says what the batch made it say."""
    changes = EnquiryChange.objects.filter(change_batch=batch, lead__in=leads).order_by("-pk")
    by_enquiry = list(changes.values_list("enquiry_id", "values"))
    if not by_enquiry:
        return
    enquiries = Enquiry.objects.in_bulk([pk for pk, _values in by_enquiry])
    gone = missing(
        {
            (model, before)
            for _pk, values in by_enquiry
            for name, (before, _after) in values.items()
            if (model := referred(SAID[name])) and before is not None
        }
    )
    for pk, values in by_enquiry:  # the last change first
        if pk not in enquiries:
            continue
        now = spoken(enquiries[pk])
        for name, (before, after) in values.items():
            if now[name] == after and (referred(SAID[name]), before) not in gone:
                setattr(enquiries[pk], name, SAID[name].to_python(before))
    update_rows(Enquiry, list(enquiries.values()))
