"""Rows and files of lists are kept for a while and then deleted; the line about each list stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from leads.models.list_import import ListImport, ListRow, import_storage
from leads.resources.import_running import cancel
from leads.services.forgotten_files import delete_forgotten

# A file that is being stored has no row yet.
_STORED_WITHIN = timedelta(days=1)


def delete_old_rows(*, now: datetime) -> int:
    """Of how many imports. Those that nobody has finished are called off by it: what they have
    imported stays."""
    deleted = sum(_delete_rows_of(one, now=now) for one in ListImport.objects.with_old_rows(now))
    delete_forgotten(import_storage(), known=_known_files(), stored_before=now - _STORED_WITHIN)
    return deleted


@transaction.atomic
def _delete_rows_of(list_import: ListImport, *, now: datetime) -> bool:
    """Whether they went: somebody may have gone on with it at this moment."""
    locked = list_import.locked()
    if locked.touched_at != list_import.touched_at:
        return False
    if not locked.is_over:
        cancel(locked, now=now)
    locked.delete_file()
    locked.delete_workbooks()
    ListRow.objects.for_dealer(locked.dealer_id).filter(list_import=locked).delete()
    # All of these quote cells.
    locked.info, locked.found_values, locked.mapping = {}, {}, {}
    locked.rows_deleted_at = now
    locked.save()
    return True


def _known_files() -> set[str]:
    known: set[str] = set()
    for file, workbooks in ListImport.objects.values_list("file", "workbooks"):
        known |= {file, *workbooks.values()}
    return known
