"""The import itself: rows become leads, customers or vehicles in portions, by a worker.

A portion is one transaction: rows, what they become, history and how far the import is. So a worker
may be killed at any instruction, and the next one goes on with no row doubled or missing; two at
once take turns. Between portions the import can be paused, or called off.
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext as _

from leads.access import may_at
from leads.background import enqueue
from leads.models.change_batch import ChangeBatch
from leads.models.list_import import ImportState, ListImport, ListRow
from leads.models.user import User
from leads.resources.list_kinds import kind_of
from leads.resources.stock_lists import GONE, finish_stock, is_whole_stock
from leads.services.change_batches import close_batch, open_batch
from leads.services.column_updates import update_columns
from leads.services.retrying import retried
from leads.services.table_statistics import refresh_statistics

_NOTED = ("outcome", "reference", "reason")
# Portions after which the database is to look at its tables anew.
_GROWN = frozenset(4**n for n in range(6))


class WrongStep(Exception):
    """The import is not where this step begins. The text is a sentence for people."""


@transaction.atomic
def start(
    list_import: ListImport, *, now: datetime, by: User | None = None, by_worker: bool = True
) -> None:
    """Begin to import, or go on after a pause. `by` answers for it from now on if who has done so
    may no longer import. Raises WrongStep."""
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
            list_kind=locked.kind,
        )
    if by is not None and not _is_allowed(locked):
        locked.user = by
    locked.delete_file()
    locked.state, locked.touched_at, locked.trouble = ImportState.RUNNING, now, ""
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
    """Import the next rows; whether there may be more. Without the right of whoever answers for
    it, it waits for somebody who has it."""
    locked = list_import.locked()
    if locked.state != ImportState.RUNNING:
        list_import.refresh_from_db()
        return False
    if not _is_allowed(locked):
        _pause_for_others(locked, now=now)
        list_import.refresh_from_db()
        return False
    # Rows are taken in order, so so many numbers at least are behind: not read once more each time.
    rest = locked.rows.filter(outcome="", number__gt=locked.done_count)
    rows = list(rest.order_by("number")[: settings.IMPORT_PORTION])
    if rows:
        with translation.override(locked.language):
            kind_of(locked).take(locked, rows, now=now)
        update_columns(ListRow, rows, _NOTED)
        locked.done_count += len(rows)
        if _has_grown(locked.done_count):
            refresh_statistics(*kind_of(locked).grows)
        locked.touched_at = now
        locked.save()
    else:
        _complete(locked, now=now)
    list_import.refresh_from_db()
    return bool(rows)


def _has_grown(done: int) -> bool:
    """After the first, 4th, 16th … portion: a plan that is right for an empty table, or for five
    hundred rows, reads all of twenty thousand."""
    portions, rest = divmod(done, settings.IMPORT_PORTION)
    return not rest and portions in _GROWN


def _is_allowed(list_import: ListImport) -> bool:
    """Without a user it is the operator's, at the command line."""
    user, right = list_import.user, kind_of(list_import).right
    return user is None or may_at(user, right, list_import.dealer_id)


def _pause_for_others(list_import: ListImport, *, now: datetime) -> None:
    with translation.override(list_import.language):
        list_import.trouble = _(
            "The import is paused: whoever started it may no longer import here. Somebody with "
            "the right can resume it; what is imported already stays."
        )
    list_import.state, list_import.touched_at = ImportState.PAUSED, now
    list_import.save()


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


def _complete(list_import: ListImport, *, now: datetime) -> None:
    """All rows are done; of a list of the whole stock follows what it no longer names."""
    if not is_whole_stock(list_import):
        _finish(list_import, ImportState.DONE, now=now)
        return
    with translation.override(list_import.language):
        outlook = finish_stock(list_import, now=now)
        is_held = outlook.needs_order and not list_import.accepts_vanishing
        _finish(list_import, ImportState.DONE, now=now)
        list_import.trouble = outlook.warning if is_held else ""
    list_import.outcomes[GONE] = 0 if is_held else len(outlook.vanishing.missing)
    list_import.save(update_fields=["trouble", "outcomes"])


def _finish(list_import: ListImport, state: ImportState, *, now: datetime) -> None:
    batch = list_import.change_batch
    if batch is not None and not close_batch(batch):
        list_import.change_batch = None
    list_import.state, list_import.finished_at, list_import.touched_at = state, now, now
    list_import.trouble = ""
    counted = list_import.rows.values_list("outcome").annotate(rows=Count("pk")).order_by()
    list_import.outcomes = {outcome: rows for outcome, rows in counted if outcome}
    list_import.save()
