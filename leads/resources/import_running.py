"""The import itself: rows become leads in portions, by a worker.

A portion is one transaction: rows, ledger, leads, history and how far the import is. So a worker
may be killed at any instruction, and the next one goes on with no row doubled or missing; two at
once take turns. Between portions the import can be paused, or called off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext as _

from leads.access import may_at
from leads.background import enqueue
from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.enquiry import Enquiry
from leads.models.event import Event
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.models.lead import Lead
from leads.models.list_import import ImportState, ListImport, ListRow, OnExisting, RowOutcome
from leads.models.match_suggestion import MatchSuggestion
from leads.resources.import_checking import parser_of, skipped
from leads.resources.list_remarks import remark_on_conflict
from leads.resources.parsing import FOREIGN, RowParser
from leads.resources.rows import SENDER, Conflict
from leads.services.change_batches import close_batch, open_batch
from leads.services.column_updates import update_columns
from leads.services.drafts import Receipt
from leads.services.intake import book, process
from leads.services.rejecting import reject
from leads.services.retrying import retried
from leads.services.table_statistics import refresh_statistics

IMPORT_RIGHT = "leads.import_lead"
_OUTCOMES = {Outcome.CREATED: RowOutcome.CREATED, Outcome.UPDATED: RowOutcome.UPDATED}
_NOTED = ("outcome", "lead_number", "reason")


class NotAllowed(Exception):
    """Who ordered the import may not import (any more)."""


class WrongStep(Exception):
    """The import is not where this step begins. The text is a sentence for people."""


@transaction.atomic
def start(list_import: ListImport, *, now: datetime, by_worker: bool = True) -> None:
    """Begin to import, or go on after a pause. Raises WrongStep."""
    locked = list_import.locked()
    if locked.state not in (ImportState.READY, ImportState.PAUSED):  # one of two clicks
        raise WrongStep(_("This import has been started already."))
    if locked.change_batch is None:
        locked.change_batch = open_batch(
            locked.dealer_id,
            ChangeBatch.Kind.IMPORT,
            by=locked.user,
            now=now,
            what=locked.file_name,
        )
    locked.delete_file()
    locked.state, locked.touched_at = ImportState.RUNNING, now
    locked.step_started_at, locked.step_started_with = now, locked.done_count
    locked.save()
    list_import.refresh_from_db()
    if by_worker:
        enqueue("leads.tasks.import_list", locked.dealer_id, locked.pk)


@transaction.atomic
def pause(list_import: ListImport, *, now: datetime) -> None:
    """The portion that is in work is finished. Raises WrongStep."""
    locked = list_import.locked()
    if locked.state != ImportState.RUNNING:
        raise WrongStep(_("This import is not running."))
    locked.state, locked.touched_at = ImportState.PAUSED, now
    locked.save()
    list_import.refresh_from_db()


@transaction.atomic
def cancel(list_import: ListImport, *, now: datetime) -> None:
    """Call the import off. What was imported already stays and can be undone. Raises WrongStep."""
    locked = list_import.locked()
    if locked.is_over:
        raise WrongStep(_("This import is over already."))
    locked.delete_file()
    state = ImportState.DONE if locked.done_count else ImportState.CANCELLED
    _finish(locked, state, now=now)
    list_import.refresh_from_db()


@retried
@transaction.atomic
def import_portion(list_import: ListImport, *, now: datetime) -> bool:
    """Import the next rows; whether there may be more. Raises NotAllowed."""
    locked = list_import.locked()
    if locked.state != ImportState.RUNNING:
        list_import.refresh_from_db()
        return False
    # Without a user it is the operator's, at the command line.
    if locked.user and not may_at(locked.user, IMPORT_RIGHT, locked.dealer_id):
        raise NotAllowed(f"import {locked.pk}")
    rows = list(locked.rows.filter(outcome="").order_by("number")[: settings.IMPORT_PORTION])
    if rows:
        with translation.override(locked.language):
            _import(locked, rows, now=now)
        update_columns(ListRow, rows, _NOTED)
        if not locked.done_count:  # the tables may have been empty until now
            refresh_statistics(Lead, Customer, Enquiry, Event, IntakeEntry, MatchSuggestion)
        locked.done_count += len(rows)
        locked.touched_at = now
        locked.save()
    else:
        _finish(locked, ImportState.DONE, now=now)
    list_import.refresh_from_db()
    return bool(rows)


_TASKS = {
    ImportState.READING: "leads.tasks.read_list",
    ImportState.CHECKING: "leads.tasks.check_list",
    ImportState.RUNNING: "leads.tasks.import_list",
}


def carry_on(list_import: ListImport, *, now: datetime) -> None:
    """Ask for a worker once more; for a list that has not moved for long. Two workers share it."""
    if (path := _TASKS.get(ImportState(list_import.state))) is not None:
        mine = ListImport.objects.for_dealer(list_import.dealer_id).filter(pk=list_import.pk)
        mine.update(touched_at=now)
        enqueue(path, list_import.dealer_id, list_import.pk)


def _finish(list_import: ListImport, state: ImportState, *, now: datetime) -> None:
    batch = list_import.change_batch
    if batch is not None and not close_batch(batch):
        list_import.change_batch = None
    list_import.state, list_import.finished_at, list_import.touched_at = state, now, now
    counted = list_import.rows.values_list("outcome").annotate(rows=Count("pk")).order_by()
    list_import.outcomes = {outcome: rows for outcome, rows in counted if outcome}
    list_import.save()


def _import(list_import: ListImport, stored: Sequence[ListRow], *, now: datetime) -> None:
    """Rows whose lead is to be left alone, or that repeat another row, are booked and turned away;
    those of another dealer are not even booked; the others take the one way in."""
    dealer = list_import.dealer
    parse = parser_of(list_import, stored, now=now)
    ours = [row for row in stored if not parse.is_foreign(row.number)]
    digest = _digest(list_import)
    messages = [parse.rows[row.number].as_message(digest) for row in ours]
    booked = book(dealer, channel=Channel.EXCEL, sender=SENDER, messages=messages, now=now)
    entries = {row.number: entry for row, entry in zip(ours, booked, strict=True)}
    turned_away = _turned_away(list_import, ours, parse)
    reject([(entries[number], reason) for number, reason in turned_away.items()], now=now)
    taken = {number: entry for number, entry in entries.items() if number not in turned_away}
    numbers = {entry.pk: number for number, entry in taken.items()}
    receipts = process(
        dealer,
        list(taken.values()),
        lambda entry: parse(numbers[entry.pk]),
        now=now,
        actor=list_import.user,
        change_batch=list_import.change_batch,
    )
    received = dict(zip(taken, receipts, strict=True))
    for row in stored:
        if row.number not in entries:
            row.outcome, row.reason = RowOutcome.BAD, str(FOREIGN)
        elif row.number in turned_away:
            row.outcome, row.reason = RowOutcome.SKIPPED, turned_away[row.number]
            row.lead_number = parse.lead_number(row.number)
        else:
            conflicts = () if list_import.takes_conflicts else parse.conflicts.get(row.number, ())
            _note(row, entries[row.number], received[row.number], conflicts)


def _digest(list_import: ListImport) -> str:
    """The very same file uploaded again is another import: people may want its rows once more."""
    return f"{list_import.digest[:40]}:{list_import.pk}"


def _turned_away(
    list_import: ListImport, rows: Sequence[ListRow], parse: RowParser
) -> dict[int, str]:
    left = skipped(list_import, rows, parse)
    reasons = {number: _("Is here already and stays as it is.") for number in left}
    if not list_import.takes_duplicates:
        for row in rows:
            if row.duplicate_of is not None and row.decision != OnExisting.NEW:
                reasons[row.number] = _("Says the same as row %(row)s.") % {"row": row.duplicate_of}
    return reasons


def _note(
    row: ListRow, entry: IntakeEntry, receipt: Receipt | None, conflicts: Iterable[Conflict]
) -> None:
    """Conflicts quote cells, so they stand on the row, which goes after a while, not in the
    ledger."""
    row.reason = " ".join([entry.reason, *map(remark_on_conflict, conflicts)])
    if receipt is None:
        row.outcome = RowOutcome.BAD
    else:
        outcome = Outcome(receipt.outcome)
        row.outcome = _OUTCOMES.get(outcome, RowOutcome.UNCHANGED)
        row.lead_number = receipt.lead.number
