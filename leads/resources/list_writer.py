"""Lists of any length as files, in the formats that people choose."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from django.db.models import DateField, DateTimeField, DecimalField, Field, IntegerField

from leads.models.export import ExportFormat
from leads.models.list_kind import ListKind
from leads.resources.cells import cell_text
from leads.resources.column_table import Column
from leads.resources.export import headers
from leads.resources.export_kinds import EXPORT_KINDS, ExportKind
from leads.resources.formulas import neutralise
from leads.resources.worksheet import Kind, write_sheet

CONTENT_TYPES: dict[str, str] = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.CSV_WINDOWS: "text/csv; charset=windows-1252",
}


def write_list(
    target: BinaryIO,
    rows: Iterable[Sequence[Any]],
    columns: Sequence[Column],
    file_format: str,
    *,
    kind: ExportKind = EXPORT_KINDS[ListKind.LEADS],
) -> None:
    """Write headers and rows (see exported_rows) into a file that is open for bytes."""
    if file_format == ExportFormat.XLSX:
        _write_xlsx(target, rows, columns, kind)
    else:
        is_windows = file_format == ExportFormat.CSV_WINDOWS
        write_csv(target, headers(columns), rows, is_windows=is_windows)


def write_csv(
    target: BinaryIO, names: Iterable[str], rows: Iterable[Sequence[Any]], *, is_windows: bool
) -> None:
    """As a German Excel opens it. Signs that Windows-1252 lacks become question marks."""
    if not is_windows:
        target.write(codecs.BOM_UTF8)
    encoding = "cp1252" if is_windows else "utf-8"
    text = io.TextIOWrapper(target, encoding, errors="replace", newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(map(neutralise, names))
    writer.writerows(map(_csv_cell, row) for row in rows)
    text.detach()  # flushes, and leaves the target open


def _csv_cell(value: Any) -> str:
    """Text keeps its blanks; numbers and dates as Germans type them."""
    return neutralise(value) if isinstance(value, str) else cell_text(value)


def _write_xlsx(
    target: BinaryIO, rows: Iterable[Sequence[Any]], columns: Sequence[Column], kind: ExportKind
) -> None:
    kinds = [_kind_of(kind.field_of(column)) for column in columns]
    write_sheet(target, rows, headers(columns), kinds, title=str(kind.title))


def _kind_of(field: Field[Any, Any] | None) -> Kind:
    match field:
        case DateTimeField():
            return Kind.MOMENT
        case DateField():
            return Kind.DAY
        case DecimalField():
            return Kind.MONEY
        case IntegerField():
            return Kind.WHOLE
    return Kind.TEXT
