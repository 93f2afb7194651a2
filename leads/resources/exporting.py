"""Exports of leads, customers and vehicles, for all doors: who gets what, written at once or by a
worker, kept for a day.

Which ones is decided when somebody asks; what they say, and whether they still may be seen, when
they are written.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from django.db.models import QuerySet
from django.utils import translation

from leads.access import may_at
from leads.models.dealer import Dealer
from leads.models.export import FILES_KEPT, Export, ExportState, export_storage
from leads.models.user import User
from leads.resources.column_table import Column
from leads.resources.export import rows_in_order
from leads.resources.export_kinds import EXPORT_KINDS, ExportKind, export_kind_of
from leads.resources.list_writer import write_list
from leads.services.forgotten_files import delete_forgotten

# Seconds between two notes of how far a worker is.
_NOTE_EVERY = 1.0

Progress = Callable[[int], object]  # called with the number of rows written since


class NotAllowed(Exception):
    """Who asked for the list may not export (any more)."""


def columns_named(names: Sequence[str], kind: ExportKind) -> list[Column]:
    """Those of the names that can be exported, in this order; all of them if none is."""
    return known_columns(names, kind) or list(kind.columns)


def known_columns(names: Sequence[str], kind: ExportKind) -> list[Column]:
    """Those of the names that can be exported, in this order."""
    by_name = {column.name: column for column in kind.columns}
    return [by_name[name] for name in dict.fromkeys(names) if name in by_name]


def order_export(
    dealer: Dealer, rows: QuerySet[Any], *, user: User | None, now: datetime, **values: Any
) -> Export:
    """Note that these leads, customers or vehicles of the dealer, in their order, are to be
    exported. `user`: for whom, None for the operator's command line. `values`: origin, format,
    columns (names), filters."""
    kind = export_kind_of(rows.model)
    export = Export(
        dealer=dealer,
        kind=kind.kind,
        user=user,
        created_at=now,
        language=translation.get_language() or "",
        **values,
    )
    ids = rows.filter(kind.present, dealer=dealer).values_list("pk", flat=True)
    export.remember_rows(ids.iterator())
    export.total = len(export.remembered_rows())
    export.save()
    return export


def write_export(export: Export, target: BinaryIO, *, progress: Progress = lambda n: None) -> int:
    """Write the ordered rows into a file that is open for bytes; how many. Raises NotAllowed."""
    kind = EXPORT_KINDS[export.kind]
    columns = columns_named(export.columns, kind)
    with translation.override(export.language):
        rows = rows_in_order(_still_visible(export, kind), export.remembered_rows(), columns)
        counted = _Counted(rows, progress)
        write_list(target, counted, columns, export.format, kind=kind)
    return counted.number


def note_done(export: Export, *, written: int, now: datetime) -> None:
    export.state = ExportState.DONE
    export.written = written
    export.finished_at = now
    export.row_ids = None
    export.save()


def write_for_download(export: Export, *, clock: Callable[[], datetime]) -> int:
    """What a worker does with a large export; how many rows. Written twice it is as good as once.

    Raises whatever goes wrong, noted in the export as well.
    """
    if export.state == ExportState.DONE or export.row_ids is None:
        return export.written
    mine = Export.objects.for_dealer(export.dealer_id).filter(pk=export.pk)
    mine.update(state=ExportState.RUNNING, written=0)
    try:
        with tempfile.TemporaryFile() as target:
            written = write_export(export, target, progress=_noting(mine))
            export.size = target.tell()
            target.seek(0)
            export.store_file(target)
        note_done(export, written=written, now=clock())
    except Exception:
        mine.update(state=ExportState.FAILED)
        raise
    return written


def delete_old_files(*, now: datetime) -> int:
    """Delete what waited for a day, fetched or not, and files that nobody knows; how many."""
    old = list(Export.objects.with_old_file(now).defer("row_ids"))
    for export in old:
        export.delete_file()
        is_lost = not export.is_over
        Export.objects.filter(pk=export.pk).update(
            file="", row_ids=None, state=ExportState.FAILED if is_lost else export.state
        )
    # Those that are waited for have gone by then.
    forgotten = delete_forgotten(export_storage(), stored_before=now - 2 * FILES_KEPT)
    return len(old) + forgotten


def _still_visible(export: Export, kind: ExportKind) -> QuerySet[Any]:
    rows = kind.model.objects
    if export.user is None:
        return rows.for_dealer(export.dealer_id)
    if not may_at(export.user, kind.right, export.dealer_id):
        raise NotAllowed(f"export {export.pk}")
    return rows.for_user(export.user).filter(dealer=export.dealer_id)


class _Counted:
    """Rows that are counted while somebody takes them."""

    def __init__(self, rows: Iterator[list[Any]], progress: Progress) -> None:
        self._rows = rows
        self._progress = progress
        self.number = 0

    def __iter__(self) -> Iterator[list[Any]]:
        told = 0
        for row in self._rows:
            yield row
            self.number += 1
            if self.number - told == 1000:
                self._progress(1000)
                told = self.number
        self._progress(self.number - told)


def _noting(export: QuerySet[Export]) -> Progress:
    """Notes in the row how far it is, so that its page can show it."""
    written, noted_at = 0, time.monotonic()

    def note(number: int) -> None:
        nonlocal written, noted_at
        written += number
        if time.monotonic() - noted_at >= _NOTE_EVERY:
            export.update(written=written)
            noted_at = time.monotonic()

    return note
