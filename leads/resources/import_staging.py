"""A list is uploaded and read: its file goes into the storage, its rows into the database.

Small files are read at once, others by a worker. Reading again (another sheet, another header row)
replaces the rows; it starts from the file, which is kept until the import begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from leads.background import enqueue
from leads.models.dealer import Dealer
from leads.models.list_import import ImportOrigin, ImportState, ListImport, ListRow
from leads.models.list_kind import ListKind
from leads.models.user import User
from leads.resources.cells import cell_to_json
from leads.resources.column_contents import SAMPLE_ROWS, header_fingerprint, headers_of_days
from leads.resources.column_tables import TABLES
from leads.resources.former_rows import bare
from leads.resources.import_counting import ValueCounts
from leads.resources.import_deciding import OPEN_STATES, NoLongerPossible
from leads.resources.import_proposing import propose_mapping
from leads.resources.list_info import Choice, NumberedRow, SheetInfo
from leads.resources.list_remarks import remarks_on
from leads.resources.reading import FoundList, open_list
from leads.services.inserting import append, blank
from leads.services.table_statistics import refresh_statistics

# Rows written together.
_PORTION = 2_000


def order_import(
    dealer: Dealer,
    upload: BinaryIO,
    *,
    file_name: str,
    size: int,
    user: User | None,
    now: datetime,
    kind: ListKind = ListKind.LEADS,
    origin: ImportOrigin = ImportOrigin.PAGE,
    choice: Choice = Choice(),  # noqa: B008 - frozen
) -> ListImport:
    """Keep the file and read it, now or soon: see the state. `user`: None for the operator's
    command line, which reads at once whatever the size. `size` in bytes, as checked."""
    ordered = ListImport(
        dealer=dealer,
        user=user,
        kind=kind,
        origin=origin,
        language=translation.get_language() or "",
        created_at=now,
        touched_at=now,
        file_name=file_name[:200],
        size=size,
        choice=asdict(choice),
    )
    upload.seek(0)
    ordered.store_file(upload)
    ordered.save()
    _read_now_or_soon(ordered, now=now)
    return ordered


def read_again(list_import: ListImport, choice: Choice, *, now: datetime) -> None:
    """Read the file in another way; what was decided about its columns is forgotten. Raises
    NoLongerPossible."""
    with transaction.atomic():
        locked = list_import.locked()
        if locked.state not in (ImportState.UNREADABLE, *OPEN_STATES):
            raise NoLongerPossible(_("The list is being read or imported already."))
        locked.choice = asdict(choice)
        locked.state, locked.mapping, locked.trouble = ImportState.READING, {}, ""
        locked.found_values, locked.touched_at = {}, now
        locked.save()
    list_import.refresh_from_db()
    _read_now_or_soon(list_import, now=now)


def _read_now_or_soon(list_import: ListImport, *, now: datetime) -> None:
    is_small = list_import.size <= settings.IMPORT_READ_AT_ONCE_BYTES
    if is_small or list_import.origin == ImportOrigin.COMMAND:
        read_list(list_import, now=now)
    else:
        enqueue("leads.tasks.read_list", list_import.dealer_id, list_import.pk)


def read_list(list_import: ListImport, *, now: datetime) -> None:
    """Read the file into rows, and propose what its columns mean. What is wrong with the file is
    noted as a sentence. Done twice it is as good as once."""
    if list_import.state != ImportState.READING:
        return  # the job comes once more: its worker died after the work was done
    with translation.override(list_import.language):
        try:
            with list_import.open_file() as file, _opened(list_import, file) as found:
                _take_over(list_import, found, now=now)
        except FileNotFoundError:
            _refuse(list_import, _("The file is gone. Please upload it once more."), now=now)
        except ValidationError as error:
            _refuse(list_import, " ".join(error.messages), now=now)


def _opened(list_import: ListImport, file: File) -> AbstractContextManager[FoundList]:
    choice = Choice(**list_import.choice)
    return open_list(file, choice, columns=TABLES[list_import.kind])


@transaction.atomic
def _refuse(list_import: ListImport, reason: str, *, now: datetime) -> None:
    """Unless another worker could read it, or somebody has cancelled it, which deletes the file."""
    locked = list_import.locked()
    if locked.state == ImportState.READING:
        locked.state, locked.trouble = ImportState.UNREADABLE, reason
        locked.touched_at = now
        locked.save()
    list_import.refresh_from_db()


@transaction.atomic
def _take_over(list_import: ListImport, found: FoundList, *, now: datetime) -> None:
    """All rows or none."""
    locked = list_import.locked()
    if locked.state != ImportState.READING:
        list_import.refresh_from_db()
        return  # another worker was faster, or somebody has cancelled it
    info = found.info
    locked.rows.all().delete()
    sample: list[list[Any]] = []
    count, values = 0, ValueCounts(len(info.headers))
    rows = found.rows(date_headers=headers_of_days(info.headers, TABLES[locked.kind]))
    for portion in _portions(rows, _PORTION):
        sample += [cells for _number, cells in portion[: SAMPLE_ROWS - len(sample)]]
        count += len(portion)
        values.add([cells for _number, cells in portion])
        append(ListRow, [_staged(locked, number, cells) for number, cells in portion])
    locked.headers, locked.row_count = list(info.headers), count
    locked.fingerprint, locked.digest = header_fingerprint(bare(info.headers)), info.digest
    locked.info = _shown(info)
    locked.mapping, proposals = propose_mapping(locked, sample)
    locked.info["proposals"] = [asdict(proposal) for proposal in proposals]
    locked.info["samples"] = _samples(sample, len(info.headers))
    locked.info["values"] = values.as_json()
    locked.checked_count = locked.done_count = 0
    locked.state, locked.touched_at = ImportState.MAPPING, now
    locked.save()
    refresh_statistics(ListRow)
    list_import.refresh_from_db()


def _portions(rows: Iterator[NumberedRow], size: int) -> Iterator[list[NumberedRow]]:
    while portion := list(islice(rows, size)):
        yield portion


def _staged(list_import: ListImport, number: int, cells: Iterable[Any]) -> ListRow:
    row = blank(ListRow)
    row.dealer_id, row.list_import_id, row.number = list_import.dealer_id, list_import.pk, number
    row.cells = [cell_to_json(cell) for cell in cells]
    return row


def _shown(info: SheetInfo) -> dict[str, Any]:
    """What pages show and let people change."""
    return {
        "kind": info.kind,
        "sheet": info.sheet,
        "sheets": [asdict(sheet) for sheet in info.sheets],
        "header_row": info.header_row,
        "encoding": info.encoding,
        "delimiter": info.delimiter,
        "layout": info.layout,
        "accounts": list(info.accounts),
        "has_unreadable_cells": bool(info.errors.count or info.unsolved.count),
        "remarks": remarks_on(info),
    }


_SAMPLES = 3  # filled cells shown of each column


def _samples(rows: list[list[Any]], width: int) -> list[list[Any]]:
    """Per column, its first different filled cells."""
    found: list[list[Any]] = []
    for at in range(width):
        cells = (cell_to_json(row[at]) for row in rows if row[at] not in (None, ""))
        different: list[Any] = []
        for cell in cells:
            if cell not in different:
                different.append(cell)
            if len(different) == _SAMPLES:
                break
        found.append(different)
    return found
