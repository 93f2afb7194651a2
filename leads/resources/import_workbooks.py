"""Workbooks about an import for the doors: short ones are written while somebody waits, long ones
by a worker; these are kept as long as the rows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.db import transaction

from leads.background import enqueue
from leads.models.list_import import ListImport, RowOutcome, import_storage
from leads.resources.import_results import write_errors, write_result

RESULT, ERRORS = "result", "errors"
WRITERS: Mapping[str, Callable[[ListImport, BinaryIO], object]] = {
    RESULT: write_result,
    ERRORS: write_errors,
}
_TASKS = {RESULT: "leads.tasks.write_import_result", ERRORS: "leads.tasks.write_import_errors"}
# A bad row with its marks and hints takes as long as so many others.
_COST_OF_BAD = 4


class NotYet(Exception):
    """A worker writes the workbook."""


def open_workbook(list_import: ListImport, kind: str) -> BinaryIO | File:
    """The workbook, open for reading; whoever gets it closes it. `kind`: one of WRITERS. Raises
    NotYet if it is long and was not asked for before, or not long ago."""
    if _cost(list_import, kind) <= settings.IMPORT_WORKBOOK_AT_ONCE:
        target = tempfile.TemporaryFile()  # noqa: SIM115
        WRITERS[kind](list_import, target)
        target.seek(0)
        return target
    if kind not in list_import.workbooks:
        # Asked for twice, it is still written once.
        enqueue(_TASKS[kind], list_import.dealer_id, list_import.pk)
        raise NotYet
    return import_storage().open(list_import.workbooks[kind])


def write_for_download(list_import: ListImport, kind: str) -> None:
    """What a worker does with a long one. Nothing if it is there, or the rows have gone."""
    if kind in list_import.workbooks or list_import.rows_deleted_at is not None:
        return
    with tempfile.TemporaryFile() as target:
        WRITERS[kind](list_import, target)
        target.seek(0)
        name = import_storage().save(uuid4().hex, File(target))
    with transaction.atomic():
        locked = list_import.locked()
        is_needed = kind not in locked.workbooks and locked.rows_deleted_at is None
        if is_needed:
            locked.workbooks[kind] = name
            locked.save(update_fields=["workbooks"])
    if not is_needed:
        import_storage().delete(name)


def _cost(list_import: ListImport, kind: str) -> int:
    if kind == ERRORS:
        return _COST_OF_BAD * int(list_import.outcomes.get(RowOutcome.BAD, 0))
    return list_import.row_count
