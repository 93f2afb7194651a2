"""Lists of any length as files: written row by row, with typed cells and without formulas.

Excel workbooks come from rustpy-xlsxwriter, measured against XlsxWriter with constant_memory
(100,000 × 20 cells: 1.4 s and 12.6 s of CPU time, 21 MB and 24 MB). It writes every text as an
inline string, never as a formula, link or number, and escapes signs that XML does not know. What it
does not do is done here or in export.py: it takes texts longer than Excel does if they hold emoji,
refuses days before 1900, and writes no headers if there is no row.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any, BinaryIO

from django.db.models import DateField, DateTimeField, DecimalField, IntegerField
from django.utils.translation import gettext as _
from rustpy_xlsxwriter import Format, write_worksheet

from leads.models.export import ExportFormat
from leads.resources.cells import cell_text
from leads.resources.columns import Column
from leads.resources.export import field_of, headers
from leads.resources.formulas import neutralise
from leads.resources.german_csv import csv_cell

# Rows of a worksheet below the headers.
EXCEL_ROWS = 1_048_575
CONTENT_TYPES: dict[str, str] = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.CSV_WINDOWS: "text/csv; charset=windows-1252",
}
_FIRST_EXCEL_YEAR = 1900
_NARROWEST, _WIDEST = 12, 40  # columns, in characters


def write_list(
    target: BinaryIO, rows: Iterable[Sequence[Any]], columns: Sequence[Column], file_format: str
) -> None:
    """Write headers and rows (see exported_rows) into a file that is open for bytes."""
    if file_format == ExportFormat.XLSX:
        _write_xlsx(target, rows, columns)
    else:
        _write_csv(target, rows, columns, is_windows=file_format == ExportFormat.CSV_WINDOWS)


def _write_csv(
    target: BinaryIO, rows: Iterable[Sequence[Any]], columns: Sequence[Column], *, is_windows: bool
) -> None:
    """As a German Excel opens it. Signs that Windows-1252 lacks become question marks."""
    if not is_windows:
        target.write(codecs.BOM_UTF8)
    encoding = "cp1252" if is_windows else "utf-8"
    text = io.TextIOWrapper(target, encoding, errors="replace", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(map(neutralise, headers(columns)))
    writer.writerows(map(csv_cell, row) for row in rows)
    text.detach()  # flushes, and leaves the target open


def _write_xlsx(target: BinaryIO, rows: Iterable[Sequence[Any]], columns: Sequence[Column]) -> None:
    names = headers(columns)
    dates = [at for at, one in enumerate(columns) if isinstance(field_of(one), DateField)]
    records = (dict(zip(names, row, strict=True)) for row in _with_old_dates_as_text(rows, dates))
    first = next(records, None) or dict.fromkeys(names)
    write_worksheet(
        chain([first], records),
        target,
        sheet_name=_("Leads"),
        freeze_row=1,
        autofilter=True,
        header_format=Format().set_bold(),
        column_formats=[_format_of(column) for column in columns],
        column_widths=[float(min(max(len(name) + 2, _NARROWEST), _WIDEST)) for name in names],
    )


def _format_of(column: Column) -> Format:
    match field_of(column):
        case DateTimeField():
            return Format().set_num_format("dd.mm.yyyy hh:mm")
        case DateField():
            return Format().set_num_format("dd.mm.yyyy")
        case DecimalField():
            return Format().set_num_format("#,##0.00")
        case IntegerField():
            return Format().set_num_format("0")
    # As text a postal code keeps its zeros, and "=1+1" stays what it is, when somebody edits it.
    return Format().set_num_format("@").set_quote_prefix()


def _with_old_dates_as_text(
    rows: Iterable[Sequence[Any]], dates: Sequence[int]
) -> Iterator[Sequence[Any]]:
    """Excel's calendar begins with the year 1900."""
    for row in rows:
        if any(_is_too_old(row[at]) for at in dates):
            yield [cell_text(cell) if _is_too_old(cell) else cell for cell in row]
        else:
            yield row


def _is_too_old(cell: Any) -> bool:
    return isinstance(cell, date) and cell.year < _FIRST_EXCEL_YEAR
