"""Opens a list of any format: what was found in it, and its rows one after another.

    with open_list(upload) as found:
        found.info                    # SheetInfo: headers, sheets, encoding, oddities
        for number, cells in found.rows(): …

What was found can be changed: open the same file again with a Choice. The file and its rows lie
in unnamed temporary files meanwhile, so memory does not grow with the list. Everything that is
wrong with a file is said at once, as a ValidationError of refusals.py, before a row is seen.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from leads.resources.column_table import ColumnTable
from leads.resources.columns import LEADS
from leads.resources.csv_reading import read_csv
from leads.resources.header_row import HEAD_ROWS, find_header
from leads.resources.list_info import Choice, NumberedRow, Places, RawTable, SheetInfo
from leads.resources.mobilede_reading import read_mobilede
from leads.resources.refusals import check_size, refuse
from leads.resources.vehicle_columns import VEHICLES
from leads.resources.xlsx_reading import is_workbook, read_workbook
from leads.services.german_values import from_excel_day

Source = BinaryIO | File | bytes

_CHUNK = 1024 * 1024  # bytes
_LONGEST_TEXT = 120  # of what stands above the headers


@dataclass(frozen=True)
class FoundList:
    """An open list. Cells are None, str, int, float, bool, date, naive datetime or time."""

    info: SheetInfo
    _raw: RawTable

    def rows(self, *, date_headers: Collection[str] = ()) -> Iterator[NumberedRow]:
        """(number as Excel counts, one cell per header); one iteration at a time.

        In a workbook that counts days from 1904, numbers below `date_headers` become days: the
        file does not say that they are, and as numbers they would mean a day four years earlier.
        """
        info = self.info
        counted = [at for at, one in enumerate(info.headers) if one in date_headers]
        for number, cells in self._raw.rows():
            if number <= info.header_row:
                continue
            width = len(cells)
            row = [cells[at] if at < width else None for at in info.positions]
            if info.is_1904:
                for at in counted:
                    row[at] = _day_since_1904(row[at])
            if any(cell is not None for cell in row):
                yield number, row


def _day_since_1904(cell: Any) -> Any:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell
    try:
        return from_excel_day(cell, is_1904=True)
    except ValueError:
        return cell


@contextmanager
def open_list(
    source: Source,
    choice: Choice = Choice(),  # noqa: B008 - frozen
    *,
    columns: ColumnTable = LEADS,
) -> Iterator[FoundList]:
    """`columns`: by which the row of the headers is known. Raises ValidationError with a sentence
    if the file cannot be used."""
    with tempfile.TemporaryFile() as data, tempfile.TemporaryFile() as spool:
        digest = _copy(source, data)
        data.seek(0)
        start = data.read(8)
        data.seek(0)
        if is_workbook(start):
            raw = read_workbook(data, spool, choice, columns)
        else:
            stock = read_mobilede(data, choice) if columns is VEHICLES else None
            raw = stock or read_csv(data, choice)
        yield FoundList(_describe(raw, digest, choice, columns), raw)


def _copy(source: Source, data: BinaryIO) -> str:
    """Returns the digest. The limit is counted: what a sender says about the size may be wrong."""
    digest, size = hashlib.sha256(), 0
    chunks = [source] if isinstance(source, bytes) else iter(lambda: source.read(_CHUNK), b"")
    for chunk in chunks:
        size += len(chunk)
        if size > settings.IMPORT_MAX_BYTES:
            check_size(size)
        digest.update(chunk)
        data.write(chunk)
    check_size(size)
    return digest.hexdigest()


def _describe(raw: RawTable, digest: str, choice: Choice, columns: ColumnTable) -> SheetInfo:
    head = list(islice(raw.rows(), HEAD_ROWS))
    if not head:
        raise refuse("empty")
    at = find_header([cells for _number, cells in head], columns)
    if choice.header_row and "layout" not in raw.facts:
        numbers = [number for number, _cells in head]
        if choice.header_row not in numbers:
            raise refuse("no_such_row", row=choice.header_row)
        at = numbers.index(choice.header_row)
    below = raw.row_count - at - 1
    if not below:
        raise refuse("no_rows")
    if below > settings.IMPORT_MAX_ROWS:
        raise refuse("too_many_rows", limit=settings.IMPORT_MAX_ROWS)
    positions = _positions(raw.used, [cells for _number, cells in head[at:]])
    if positions[-1] >= settings.IMPORT_MAX_COLUMNS:
        raise refuse("too_many_columns", limit=settings.IMPORT_MAX_COLUMNS)
    headers = unique_headers(head[at][1], positions)
    wide = [n for width, rows in raw.widths.items() if width > len(head[at][1]) for n in rows]
    return SheetInfo(
        kind=raw.kind,
        digest=digest,
        headers=tuple(headers),
        positions=tuple(positions),
        header_row=head[at][0],
        row_count=below,
        above=tuple((number, _text_of(cells)) for number, cells in head[:at]),
        hidden_columns=tuple(
            header
            for header, position in zip(headers, positions, strict=True)
            if any(first <= position <= last for first, last in raw.hidden)
        ),
        ragged=Places.of(sorted(number for number in wide if number > head[at][0])),
        **{**raw.facts, "merged": _below(raw.facts.get("merged", Places()), head[at][0])},
    )


def _below(merged: Places, header_row: int) -> Places:
    """Without the merged cells of titles, which nobody reads."""
    kept = [one for one in merged.first if int(re.sub(".*[A-Z]", "", one)) > header_row]
    return Places(merged.count - len(merged.first) + len(kept), tuple(kept))


def _positions(used: Collection[int], rows: Sequence[Sequence[Any]]) -> list[int]:
    """Columns that have a header or a cell below it."""
    found = set(used)
    for cells in rows:
        found.update(at for at, cell in enumerate(cells) if not _is_blank(cell))
    return sorted(found)


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _text_of(cells: Sequence[Any]) -> str:
    text = " ".join(" ".join(str(cell).split()) for cell in cells if not _is_blank(cell))
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"


def unique_headers(cells: Sequence[Any], positions: Sequence[int]) -> list[str]:
    """A column without a header gets its letter, a header that occurs twice a number, so that
    no cell is lost."""
    headers: list[str] = []
    taken: set[str] = set()
    for position in positions:
        cell = cells[position] if position < len(cells) else None
        name = " ".join(str(cell).split()) if cell is not None else ""
        name = name or _("Column %(letter)s") % {"letter": xl_col_to_name(position)}
        candidate, count = name, 1
        while candidate in taken:
            count += 1
            candidate = f"{name} ({count})"
        taken.add(candidate)
        headers.append(candidate)
    return headers
