"""Taking a merge back, however long ago it was and whatever has been merged since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.match_suggestion import MatchSuggestion
from leads.models.merge import Merge
from leads.models.user import User
from leads.services.change_batches import close_merges
from leads.services.duplicates import move_suggestions, reopen_answered
from leads.services.events import customer_event, lead_event, record
from leads.services.forwarding import MAX_HOPS
from leads.services.handling import lock_leads
from leads.services.merge_memory import Memory, differences, give_back, snapshot
from leads.services.merge_rows import (
    LEAD_RELATIONS,
    MergeRefused,
    in_portions,
    lock_customers,
    move_leads,
    recount,
    save_row,
    write_timelines,
)
from leads.services.scoring import score_of

Row = TypeVar("Row", Customer, Lead)


@transaction.atomic
def undo_merge(merge: Merge, *, by: User | None, now: datetime) -> Merge:
    """Bring the merged row back, with everything that came from it.

    What belonged to it comes back from wherever later merges of the kept row took it; what arrived
    since, and what somebody gave to a third row, stays there. The kept row's values go back where
    they still are what the merge made them, in the rows that it became part of, too. Merges can
    be undone in any order; only customers whose leads were merged with each other since wait for
    those. Raises MergeRefused with a sentence for people.
    """
    dealer = Dealer.objects.select_for_update(no_key=True).get(pk=merge.dealer_id)
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        raise MergeRefused(_("This merge has been undone already."))
    merge.undone_at, merge.undone_by = now, by
    undo = _undo_customers if merge.kind == Merge.Kind.CUSTOMER else _undo_leads
    undo(merge, dealer, by=by, now=now)
    merge.save(update_fields=["undone_at", "undone_by"])
    close_merges(Merge.objects.filter(pk=merge.pk), by=by, now=now)
    return merge


# --- customers ----------------------------------------------------------------------------------


def _undo_customers(merge: Merge, dealer: Dealer, *, by: User | None, now: datetime) -> None:
    memory = Memory.from_json(merge.before)
    later = _later_merges(merge)
    holders = [merge.kept_id, *(one.kept_id for one in later)]
    leads = [
        lead
        for ids in in_portions(memory.moved.get("leads", []))
        for lead in lock_leads(ids)
        if lead.customer_id in holders
    ]
    _check_lead_merges(leads)
    rows = {row.pk: row for row in lock_customers([merge.merged_id, *holders])}
    restored = _restored(merge, rows)
    before = {pk: snapshot(rows[pk]) for pk in holders if pk in rows}
    _take_back(merge, memory, later, rows)
    text = _("The merge of the customers was undone.")
    events = move_leads(leads, restored, Activity.Kind.RESTORED, text, by=by, now=now)
    save_row(restored, by=by, now=now)
    events.append(customer_event(EventKind.CUSTOMER_RESTORED, restored, now=now, by=by))
    for pk in before:
        changed = sorted(differences(before[pk], rows[pk]))
        save_row(rows[pk], by=by, now=now)
        if rows[pk].deleted_at is None:
            told = customer_event(
                EventKind.CUSTOMER_UPDATED, rows[pk], now=now, by=by, changed=changed
            )
            events.append(told)
    suggestions = MatchSuggestion.objects.filter(pk__in=memory.moved.get("suggestions", []))
    move_suggestions(list(suggestions), set(holders), restored)
    reopen_answered(memory.decided)
    record(events)


def _check_lead_merges(leads: Sequence[Lead]) -> None:
    """A lead that was merged with one of the other customer belongs to neither alone."""
    ours = {lead.pk for lead in leads}
    for ids in in_portions(ours):
        involved = Merge.objects.filter(kind=Merge.Kind.LEAD, undone_at=None)
        for one in involved.filter(Q(merged_id__in=ids) | Q(kept_id__in=ids)).order_by("-pk"):
            if one.merged_id not in ours or one.kept_id not in ours:
                numbers = Lead.objects.in_bulk([one.merged_id, one.kept_id])
                raise MergeRefused(
                    _("First undo the merge of the leads %(merged)s and %(kept)s.")
                    % {"merged": numbers[one.merged_id], "kept": numbers[one.kept_id]}
                )


# --- leads --------------------------------------------------------------------------------------


def _undo_leads(merge: Merge, dealer: Dealer, *, by: User | None, now: datetime) -> None:
    memory = Memory.from_json(merge.before)
    later = _later_merges(merge)
    holders = [merge.kept_id, *(one.kept_id for one in later)]
    rows = {row.pk: row for row in lock_leads([merge.merged_id, *holders], "status")}
    restored = _restored(merge, rows)
    before = {pk: snapshot(rows[pk]) for pk in holders if pk in rows}
    _move_back(memory, holders, restored, now=now)
    for lead, one in _take_back(merge, memory, later, rows):
        lead.tags.remove(*one.tags)
    events = [lead_event(EventKind.LEAD_RESTORED, restored, now=now, by=by)]
    for lead in (restored, *(rows[pk] for pk in before)):
        changed = sorted(differences(before[lead.pk], lead)) if lead.pk in before else []
        recount(lead)
        lead.set_keys()  # the score counts them
        lead.score = score_of(lead, weights=dealer.score_weights, now=now)
        save_row(lead, by=by, now=now)
        if lead.deleted_at is None and lead != restored:
            told = lead_event(EventKind.LEAD_UPDATED, lead, now=now, by=by, changed=changed)
            events.append(told)
    _tell_timelines(merge, restored, rows.get(merge.kept_id), by=by)
    record(events)


def _move_back(memory: Memory, holders: Sequence[int], restored: Lead, *, now: datetime) -> None:
    for relation, model in LEAD_RELATIONS.items():
        for ids in in_portions(memory.moved.get(relation, [])):
            found = model._default_manager.filter(pk__in=ids, lead__in=holders)
            if relation == "tasks":
                found.update(lead=restored, version=F("version") + 1, updated_at=now)
            else:
                found.update(lead=restored)


def _tell_timelines(merge: Merge, restored: Lead, kept: Lead | None, *, by: User | None) -> None:
    texts = {restored: _("No longer part of another lead: the merge was undone.")}
    if kept is not None:
        texts[kept] = _("The merge with %(number)s was undone.") % {"number": restored.number}
    write_timelines(merge, Activity.Kind.RESTORED, texts, by=by)


# --- both ---------------------------------------------------------------------------------------


def _later_merges(merge: Merge) -> list[Merge]:
    """The merges that took the kept row, and what had come to it, further: one after the other."""
    found: list[Merge] = []
    row = merge.kept_id
    for _hop in range(MAX_HOPS):
        one = Merge.objects.filter(kind=merge.kind, merged_id=row, undone_at=None).first()
        if one is None:
            break
        found.append(one)
        row = one.kept_id
    return found


def _restored(merge: Merge, rows: dict[int, Row]) -> Row:
    """The merged row, no longer part of the other; not stored yet. Raises MergeRefused."""
    row = rows.get(merge.merged_id)
    if row is None:
        raise MergeRefused(_("What was merged has been deleted for good."))
    row.deleted_at, row.merged_into_id = None, None
    row.deleted_by = ""
    return row


def _take_back(
    merge: Merge, memory: Memory, later: Iterable[Merge], rows: dict[int, Row]
) -> Iterator[tuple[Row, Memory]]:
    """Set values back in the kept row and in those that it became part of, and let later merges
    forget what they no longer bring. Each row with what it gave back."""
    given_back = []
    kept_id = merge.kept_id
    for upper in [*later, None]:
        if kept_id in rows:
            row = rows[kept_id]
            _rebase_later(merge.kind, kept_id, merge.pk, memory, give_back(row, memory))
            given_back.append((row, memory))
        if upper is not None:
            ours = Memory.from_json(upper.before)
            memory = ours.let_go(memory)
            upper.before = ours.to_json()
            upper.save(update_fields=["before"])
            kept_id = upper.kept_id
    return iter(given_back)


def _rebase_later(
    kind: str, kept_id: int, after: int, memory: Memory, differing: list[str]
) -> None:
    """Columns that a later merge into the same row has set: it gives back what was there before
    this one, not what this one brought."""
    if not differing:
        return
    rows = Merge.objects.filter(kind=kind, kept_id=kept_id, undone_at=None, pk__gt=after)
    for one in rows.order_by("pk"):
        ours = Memory.from_json(one.before)
        differing = ours.rebase(memory, differing)
        one.before = ours.to_json()
        one.save(update_fields=["before"])
