"""A table as read from a file of any format, and the reasons why a file may be refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import tablib
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.formats.base_formats import Format
from xlsxwriter.utility import xl_col_to_name

REASONS = {
    "empty": gettext_lazy("The file is empty. Please choose a list with headers and rows."),
    "too_large": gettext_lazy(
        "The file is too large: %(size)s MB, allowed are %(limit)s MB. Please split it."
    ),
    "too_many_rows": gettext_lazy(
        "The list has more than %(limit)s rows. Please split it into several files."
    ),
    "too_many_columns": gettext_lazy(
        "The list has more than %(limit)s columns. Please delete what is not needed."
    ),
    "too_complex": gettext_lazy(
        "The workbook takes too much memory or time. Please copy the list into a new, empty "
        "workbook and save that as .xlsx."
    ),
    "encrypted": gettext_lazy(
        "The workbook is protected by a password. Please save it without a password."
    ),
    "old": gettext_lazy("This is an old Excel file (.xls). Please save it as .xlsx."),
    "macros": gettext_lazy("The workbook contains macros. Please save it as .xlsx without them."),
    "not_xlsx": gettext_lazy(
        "This is neither an Excel workbook (.xlsx) nor a CSV file. Please save the list as one of "
        "these in Excel."
    ),
    "damaged": gettext_lazy(
        "The workbook is damaged and cannot be read. Please open it in Excel and save it again."
    ),
    "quotes": gettext_lazy(
        "Row %(row)s cannot be read: a quotation mark is missing or out of place."
    ),
    "no_rows": gettext_lazy("The file has no rows below the headers."),
}


def refuse(code: str, **params: Any) -> ValidationError:
    """The error for the upload form; `code` says which reason it is."""
    return ValidationError(REASONS[code], code=code, params=params)


class Sheet(tablib.Dataset):
    """A table that was read: headers, rows of equal length, and where each row stood.

    Cells are None, str, int, float, bool, date, naive datetime or time.
    """

    def __init__(self, *rows: Any, **options: Any) -> None:
        super().__init__(*rows, **options)
        self.row_numbers: list[int] = []  # as Excel counts, one per row
        self.digest = ""  # SHA-256 of the file
        self.left_out: list[str] = []  # names of further sheets, which were not read

    @staticmethod
    def digest_of(dataset: tablib.Dataset) -> str:
        """For tables that came without a file."""
        return hashlib.sha256(repr([dataset.headers, *dataset]).encode()).hexdigest()


def build_sheet(rows: Iterable[tuple[int, Sequence[Any]]], data: bytes) -> Sheet:
    """The first row that is not blank holds the headers; blank rows are left out.

    A column without a header gets its letter, a header that occurs twice a number, so that no
    cell is lost.
    """
    numbered = [(number, list(cells)) for number, cells in rows if not _is_blank(cells)]
    if not numbered:
        raise refuse("empty")
    headers, body = numbered[0][1], numbered[1:]
    if not body:
        raise refuse("no_rows")
    if len(body) > settings.IMPORT_MAX_ROWS:
        raise refuse("too_many_rows", limit=settings.IMPORT_MAX_ROWS)
    width = max(len(_without_blank_end(cells)) for _number, cells in numbered)
    if width > settings.IMPORT_MAX_COLUMNS:
        raise refuse("too_many_columns", limit=settings.IMPORT_MAX_COLUMNS)
    sheet = Sheet(headers=_unique_headers(headers, width))
    for number, cells in body:
        sheet.append((cells + [None] * width)[:width])
        sheet.row_numbers.append(number)
    sheet.digest = hashlib.sha256(data).hexdigest()
    return sheet


def _is_blank(cells: Sequence[Any]) -> bool:
    return not _without_blank_end(cells)


def _without_blank_end(cells: Sequence[Any]) -> Sequence[Any]:
    end = len(cells)
    while end and (cells[end - 1] is None or str(cells[end - 1]).strip() == ""):
        end -= 1
    return cells[:end]


def _unique_headers(cells: Sequence[Any], width: int) -> list[str]:
    headers: list[str] = []
    for position in range(width):
        cell = cells[position] if position < len(cells) else None
        name = " ".join(str(cell).split()) if cell is not None else ""
        name = name or _("Column %(letter)s") % {"letter": xl_col_to_name(position)}
        candidate, count = name, 1
        while candidate in headers:
            count += 1
            candidate = f"{name} ({count})"
        headers.append(candidate)
    return headers


def check_size(size: int) -> None:
    """`size` in bytes, known before anything is read."""
    if not size:
        raise refuse("empty")
    if size > settings.IMPORT_MAX_BYTES:
        megabytes = [number_format(n / 1024**2, 1) for n in (size, settings.IMPORT_MAX_BYTES)]
        raise refuse("too_large", size=megabytes[0], limit=megabytes[1])


class SpreadsheetFormat(Format):
    """What both formats share. Both are read and written as bytes."""

    def __init__(self, encoding: str | None = None) -> None:
        """The library names an encoding; these formats find it themselves."""

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> Sheet:
        """The table in the file; ValidationError with a sentence if it cannot be used."""
        check_size(len(in_stream))
        return self.read(in_stream)

    def read(self, data: bytes) -> Sheet:
        raise NotImplementedError
