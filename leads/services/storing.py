"""What a batch of drafts writes: each kind of row in one statement, and none twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from leads.models.activity import Activity
from leads.models.catalog import Tag
from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.enquiry import Enquiry
from leads.models.event import Event, EventKind
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.user import User
from leads.services.batch_memory import (
    mark_notes,
    remember_enquiries,
    remember_lost_tags,
    remember_new_tags,
)
from leads.services.bringing_back import bring_back
from leads.services.column_updates import update_columns
from leads.services.events import customer_event, lead_event, record
from leads.services.history import remember
from leads.services.inserting import append, insert


@dataclass
class Writes:
    """Rows to be written, collected while the drafts are looked at one by one.

    Events name rows by number, so they are made of what is noted here once the rows have one.
    """

    new: list[Lead] = field(default_factory=list)
    changed: dict[int, Lead] = field(default_factory=dict)
    new_enquiries: list[Enquiry] = field(default_factory=list)
    changed_enquiries: list[Enquiry] = field(default_factory=list)
    tags: list[tuple[Lead, Tag]] = field(default_factory=list)
    lost_tags: list[tuple[Lead, Tag]] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)
    new_customers: list[tuple[Customer, str]] = field(default_factory=list)

    def change(self, lead: Lead) -> None:
        """Note that a stored lead has changed; once, however often it does."""
        if lead.pk is not None:
            self.changed[lead.pk] = lead


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a lead that has perhaps no number yet."""

    kind: EventKind
    lead: Lead
    sender: str
    data: Mapping[str, Any]


def present_tags(leads: Iterable[Lead]) -> set[tuple[int | None, int]]:
    """(lead, tag) of the tags that these leads have."""
    pks = [lead.pk for lead in leads if lead.pk]
    if not pks:
        return set()
    rows = Lead.tags.through.objects.filter(lead__in=pks)
    return set(rows.values_list("lead_id", "tag_id"))


def tags_of(lead: Lead) -> list[Tag]:
    return list(Tag.objects.filter(lead=lead))


def present_notes(leads: Iterable[Lead]) -> set[tuple[int | None, str]]:
    """(lead, text) of the notes in the timelines of these leads."""
    pks = [lead.pk for lead in leads if lead.pk]
    if not pks:
        return set()
    rows = Activity.objects.filter(lead__in=pks)
    return set(rows.filter(kind=Activity.Kind.NOTE).values_list("lead_id", "text"))


def store(
    writes: Writes,
    *,
    now: datetime,
    actor: User | None,
    change_batch: ChangeBatch | None = None,
) -> None:
    """Write leads with their history, enquiries, tags, timeline, tasks and events. Changed leads
    must be locked. With `change_batch` all of it can be taken back together (undoing.py)."""
    if change_batch is not None:
        _note_batch(writes, change_batch, now=now, actor=actor)
    restored = [one.lead for one in writes.happened if one.kind == EventKind.LEAD_RESTORED]
    if restored:
        bring_back(restored, by=actor, now=now, change_batch=change_batch)
    if writes.new:
        insert(Lead, writes.new)
        remember(Lead, writes.new, by=actor, now=now, is_new=True, change_batch=change_batch)
    if writes.changed:
        changed = list(writes.changed.values())
        for lead in changed:
            lead.version += 1
            lead.updated_at = now
        update_rows(Lead, changed)
        remember(Lead, changed, by=actor, now=now, change_batch=change_batch)
    append(Enquiry, writes.new_enquiries)
    if writes.changed_enquiries:
        update_rows(Enquiry, writes.changed_enquiries)
    if writes.tags:
        _add_tags(writes.tags)
        if change_batch is not None:
            remember_new_tags(writes.tags, writes.changed, change_batch)
    if writes.lost_tags:
        _remove_tags(writes.lost_tags)
    append(Activity, writes.activities)
    append(Task, writes.tasks)
    record(_events(writes, now=now, actor=actor))


def _note_batch(
    writes: Writes, change_batch: ChangeBatch, *, now: datetime, actor: User | None
) -> None:
    """Enquiries and notes know their batch by themselves; of customers only those in a batch
    begin their history already now (history.py). Leads that get nothing but a note, or whose
    enquiry alone changes, are part of the batch as well."""
    for enquiry in writes.new_enquiries:
        enquiry.change_batch_id = change_batch.pk
    customers = [customer for customer, _sender in writes.new_customers]
    remember(Customer, customers, by=actor, now=now, is_new=True, change_batch=change_batch)
    noted = mark_notes(writes.activities, change_batch)
    remember_enquiries(writes.changed_enquiries, change_batch)
    remember_lost_tags(writes.lost_tags, change_batch)
    also = noted | {one.lead_id for one in writes.changed_enquiries}
    rest = [Lead(pk=pk) for pk in sorted(also - writes.changed.keys())]
    remember(Lead, rest, by=actor, now=now, change_batch=change_batch)


def _events(writes: Writes, *, now: datetime, actor: User | None) -> Iterator[Event]:
    for customer, sender in writes.new_customers:
        kind = EventKind.CUSTOMER_CREATED
        yield customer_event(kind, customer, now=now, by=actor, sender=sender)
    for one in writes.happened:
        yield lead_event(one.kind, one.lead, now=now, by=actor, sender=one.sender, **one.data)


def update_rows(model: type[Model], rows: Sequence[Model]) -> None:
    """All columns of stored rows, which may have become different in any of them."""
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    update_columns(model, rows, columns)


def _add_tags(tags: Sequence[tuple[Lead, Tag]]) -> None:
    through = Lead.tags.through
    rows = sorted({(lead.pk, tag.pk) for lead, tag in tags})
    through.objects.bulk_create(
        [through(lead_id=lead, tag_id=tag) for lead, tag in rows],
        # Staff may give a lead the same tag at this moment.
        ignore_conflicts=True,
    )


def _remove_tags(tags: Sequence[tuple[Lead, Tag]]) -> None:
    wanted = Q()
    for lead, tag in tags:
        wanted |= Q(lead_id=lead.pk, tag_id=tag.pk)
    Lead.tags.through.objects.filter(wanted).delete()
