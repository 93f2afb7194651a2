"""What would become of the rows of a list: looked at in portions, only the answer is stored.

How, each kind of list knows (list_kinds.py): by the road of the import itself, which stops before
anything is written, so that the preview says what the import will do. Rows that mean the same are
found over the whole list at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import translation

from leads.background import enqueue
from leads.models.list_import import (
    ImportOrigin,
    ImportState,
    ListImport,
    ListRow,
    OnExisting,
    Plan,
)
from leads.resources.import_duplicates import find_duplicates
from leads.resources.list_kinds import kind_of
from leads.resources.total_rows import note_totals, total_rows
from leads.services.column_updates import update_columns

# What a look at a row writes down.
CHECKED = ("plan", "identity", "likeness", "notes", "has_conflict", "reference")


def begin_check(list_import: ListImport, *, now: datetime) -> None:
    """Look at all rows anew: at once if there are few, otherwise soon by a worker. The command line
    does it itself."""
    list_import.state, list_import.checked_count = ImportState.CHECKING, 0
    list_import.step_started_at, list_import.step_started_with = now, 0
    list_import.touched_at = now
    list_import.save()
    if list_import.origin == ImportOrigin.COMMAND:
        return
    if list_import.row_count <= settings.IMPORT_CHECK_AT_ONCE:
        while check_portion(list_import, now=now):
            pass
    else:
        enqueue("leads.tasks.check_list", list_import.dealer_id, list_import.pk)


@transaction.atomic
def check_portion(list_import: ListImport, *, now: datetime) -> bool:
    """Look at the next rows; whether there may be more. Stopped at any time, it goes on there."""
    locked = list_import.locked()
    if locked.state != ImportState.CHECKING:
        list_import.refresh_from_db()
        return False
    if not locked.checked_count:  # of 100,000 rows it takes longer than a page may
        locked.rows.exclude(plan="").update(plan="")
    # As in import_running.py: so many are behind.
    rest = locked.rows.filter(plan="", number__gt=locked.checked_count)
    rows = list(rest.order_by("number")[: settings.IMPORT_PORTION])
    if rows:
        _check(locked, rows, now=now)
        update_columns(ListRow, rows, CHECKED)
        locked.checked_count += len(rows)
    else:
        find_duplicates(locked)
        locked.state = ImportState.READY
    locked.touched_at = now
    locked.save()
    list_import.refresh_from_db()
    return bool(rows)


def check_again(list_import: ListImport, row: ListRow, *, now: datetime) -> None:
    """One row, after somebody has corrected it or decided about it."""
    before = {row.identity, row.likeness}
    _check(list_import, [row], now=now)
    row.save(update_fields=["corrected", "decision", *CHECKED])
    find_duplicates(list_import, among=before | {row.identity, row.likeness})
    row.refresh_from_db()


def _check(list_import: ListImport, rows: Sequence[ListRow], *, now: datetime) -> None:
    """Note on the rows, and on the list, what would become of them; not stored."""
    with translation.override(list_import.language):
        totals = total_rows(list_import, rows)
        left = {row.number for row in totals if row.decision != OnExisting.NEW}
        others = [row for row in rows if row.number not in left]
        kind_of(list_import).check(list_import, others, now=now)
        for row in totals:
            note_totals(row)
    for row in rows:
        row.has_conflict = "conflicts" in row.notes


def counted(list_import: ListImport) -> dict[str, int]:
    """Rows by plan, and as "duplicate" those that would be new or changed but say what another
    row says."""
    found = dict.fromkeys([*Plan.values, "duplicate"], 0)
    # Counted is what stands in the indexes: a page may not read 100,000 rows.
    by_plan = list_import.rows.order_by().values_list("plan").annotate(rows=Count("number"))
    found |= dict(by_plan.exclude(plan=""))
    for plan, rows in by_plan.exclude(duplicate_of=None).exclude(plan__in=["", Plan.BAD]):
        found[plan] -= rows
        found["duplicate"] += rows
    return found
