"""Undoing a bulk change: begun once, carried on in portions until it is done.

Each portion is one transaction under the locks of its leads, and counts only together with what it
did. So an undo that was interrupted goes on where it stopped, two at once share the work, and
nothing is undone twice. What somebody has changed since stays (undo_plan.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.background import enqueue
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, Outcome
from leads.models.list_kind import ListKind
from leads.models.user import User
from leads.services.handling import lock_leads
from leads.services.retrying import retried
from leads.services.undo_catalogue import change_ids, take_entries_back
from leads.services.undo_customers import remove_unused
from leads.services.undo_entries import remove_entries
from leads.services.undo_leads import take_back
from leads.services.undo_plan import Verdict, as_json, lead_ids, plan, state_of
from leads.services.undo_record_rows import take_records_back
from leads.services.undo_records import RecordVerdict, record_ids
from leads.services.undo_vehicles import remove_vehicles, vehicle_ids
from leads.services.unmerging import undo_merge

KEPT_REASONS = 1000  # leads that stayed; of more only the number is kept
PORTION = 500  # leads of one transaction: others wait for less than a second


class UndoRefused(Exception):
    """It cannot be undone (any more). The text is a sentence for people."""


def undo(
    batch: ChangeBatch, *, by: User, now: datetime, chosen: Collection[int] = ()
) -> ChangeBatch:
    """Begin to undo, and carry on until it is done or left to a worker (`is_undoing`). `chosen`:
    ids of those that are taken back although somebody has changed them. Raises UndoRefused, and
    MergeRefused for a merge."""
    return carry_out(begin_undo(batch, by=by, now=now, chosen=chosen), now=now)


def carry_out(batch: ChangeBatch, *, now: datetime) -> ChangeBatch:
    """Carry on with what was begun: up to UNDO_AT_ONCE leads at once, more by a worker."""
    if batch.is_undoing and is_long(batch):
        enqueue("leads.tasks.carry_on_undoing", batch.pk)
        return batch
    while carry_on(batch, now=now):
        pass
    batch.refresh_from_db()
    return batch


def is_long(batch: ChangeBatch) -> bool:
    """Whether somebody would wait too long for it."""
    return batch.created_count + batch.changed_count > int(settings.UNDO_AT_ONCE)


@retried
@transaction.atomic
def begin_undo(
    batch: ChangeBatch, *, by: User, now: datetime, chosen: Collection[int] = ()
) -> ChangeBatch:
    """Note who undoes it and what they chose; a merge is done at once. Raises as `undo` does."""
    if batch.merge is not None:
        undo_merge(batch.merge, by=by, now=now)  # which marks this batch, too
        return ChangeBatch.objects.get(pk=batch.pk)
    locked = ChangeBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if locked.undone_at is not None:
        raise UndoRefused(_("This bulk change has been undone already."))
    if locked.is_open:
        raise UndoRefused(_("This import is still running."))
    if locked.is_expired(now):
        raise UndoRefused(_("The time in which this bulk change could be undone is over."))
    locked.undone_at, locked.undone_by, locked.undo_chosen = now, by, sorted(chosen)
    locked.save(update_fields=["undone_at", "undone_by", "undo_chosen"])
    return locked


@retried
@transaction.atomic
def carry_on(batch: ChangeBatch, *, now: datetime) -> bool:
    """Take back the next portion of an undo that was begun; False if nothing was left to do. The
    same queries for any number of leads."""
    locked = ChangeBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    by = locked.undone_by
    if by is None or not locked.is_undoing:
        return False
    # The dealer first, as everywhere; then the leads, then their customers.
    dealer = Dealer.objects.select_for_update(no_key=True).get(pk=locked.dealer_id)
    ids, take = _STEPS[locked.list_kind]
    pks = list(ids(locked).filter(id__gt=locked.undo_position)[:PORTION])
    if not pks:
        return _finish(locked, by, now=now)
    verdicts = take(locked, dealer, pks, by, now)
    locked.undo_position = pks[-1]
    left = [as_json(one) for one in verdicts if not one.is_complete]
    locked.taken_back_count += len(verdicts) - len(left)
    locked.left_count += len(left)
    locked.undo_left = [*locked.undo_left, *left][:KEPT_REASONS]
    locked.save(update_fields=["undo_position", "taken_back_count", "left_count", "undo_left"])
    return True


def _take_leads_back(
    batch: ChangeBatch, dealer: Dealer, pks: Sequence[int], by: User, now: datetime
) -> Sequence[Verdict]:
    leads = {lead.pk: lead for lead in lock_leads(pks, "status")}
    present = {pk: (state_of(lead), lead.merged_into_id) for pk, lead in leads.items()}
    chosen = set(batch.undo_chosen)
    verdicts = list(plan(batch, by=by, leads=pks, now=present, chosen=chosen))
    customers = {lead.customer_id for lead in leads.values() if lead.customer_id}
    take_back(batch, dealer, verdicts, leads, by=by, now=now)
    if batch.kind in (ChangeBatch.Kind.IMPORT, ChangeBatch.Kind.RESTORE):
        remove_unused(batch, customers, by=by, now=now)
    if batch.kind == ChangeBatch.Kind.IMPORT:
        _reopen_entries(batch, verdicts)
    return verdicts


def _take_records_back(
    batch: ChangeBatch, _dealer: Dealer, pks: Sequence[int], by: User, now: datetime
) -> Sequence[RecordVerdict]:
    return take_records_back(batch, pks, chosen=set(batch.undo_chosen), by=by, now=now)


def _take_entries_back(
    batch: ChangeBatch, _dealer: Dealer, pks: Sequence[int], by: User, now: datetime
) -> Sequence[RecordVerdict]:
    return take_entries_back(batch, pks, chosen=set(batch.undo_chosen), by=by, now=now)


_Take = Callable[
    [ChangeBatch, Dealer, Sequence[int], User, datetime], Sequence[Verdict | RecordVerdict]
]
# By what a batch is about: the ids of that, and how a portion of them is taken back.
_STEPS: Mapping[str, tuple[Callable[[ChangeBatch], QuerySet[Any]], _Take]] = {
    ListKind.LEADS: (lead_ids, _take_leads_back),
    ListKind.CUSTOMERS: (record_ids, _take_records_back),
    ListKind.VEHICLES: (record_ids, _take_records_back),
    ListKind.ENTRIES: (change_ids, _take_entries_back),
}


def _finish(batch: ChangeBatch, by: User, *, now: datetime) -> bool:
    """What its leads no longer need goes; whether there may be more of it."""
    if batch.kind == ChangeBatch.Kind.IMPORT and batch.list_kind == ListKind.LEADS:
        cars = list(vehicle_ids(batch).filter(id__gt=batch.undo_vehicle_position)[:PORTION])
        if cars:
            remove_vehicles(batch, cars, by=by, now=now)
            batch.undo_vehicle_position = cars[-1]
            batch.save(update_fields=["undo_vehicle_position"])
            return True
        remove_entries(batch)
    batch.undo_finished_at = now
    batch.save(update_fields=["undo_finished_at"])
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(ChangeBatch),
        object_id=str(batch.pk),
        # Not what it is called: a file may bear the name of a person.
        object_repr=f"{batch.get_kind_display()} {batch.pk}",
        action_flag=CHANGE,
        change_message=_("Undone: %(taken)d taken back, %(left)d left.")
        % {"taken": batch.taken_back_count, "left": batch.left_count},
    )
    return False


def _reopen_entries(batch: ChangeBatch, verdicts: Sequence[Verdict]) -> None:
    """The rows of the list that are taken back say so and may be imported again. An entry is the
    batch's if it was processed when the batch wrote the lead."""
    times = {one.lead_id: set(one.trace.written_at) for one in verdicts if one.is_complete}
    entries = IntakeEntry.objects.for_dealer(batch.dealer_id).filter(lead__in=times)
    found = entries.values_list("pk", "lead_id", "processed_at")
    ours = [pk for pk, lead_id, processed_at in found if processed_at in times[lead_id]]
    IntakeEntry.objects.filter(pk__in=ours).update(
        outcome=Outcome.UNDONE,
        lead=None,
        reason=_("The import was undone; this row can be imported again."),
    )
