"""A whole list in memory, as the library's pages want it, and what its formats share."""

from __future__ import annotations

import hashlib
from typing import Any, BinaryIO

import tablib
from django.conf import settings
from import_export.formats.base_formats import Format

from leads.resources.column_contents import headers_of_days
from leads.resources.list_info import Choice, SheetInfo
from leads.resources.reading import open_list
from leads.resources.refusals import refuse


class Sheet(tablib.Dataset):
    """A table that was read: headers, rows of equal length, and where each row stood.

    Cells are None, str, int, float, bool, date, naive datetime or time.
    """

    def __init__(self, *rows: Any, **options: Any) -> None:
        super().__init__(*rows, **options)
        self.row_numbers: list[int] = []  # as Excel counts, one per row
        self.digest = ""  # SHA-256 of the file
        self.info: SheetInfo | None = None  # None: it did not come from a file

    @staticmethod
    def digest_of(dataset: tablib.Dataset) -> str:
        """For tables that came without a file."""
        return hashlib.sha256(repr([dataset.headers, *dataset]).encode()).hexdigest()


def read_sheet(source: BinaryIO | bytes, choice: Choice) -> Sheet:
    """The whole list in memory, for pages whose reader waits: settings.IMPORT_ROWS_AT_ONCE."""
    with open_list(source, choice) as found:
        if found.info.row_count > settings.IMPORT_ROWS_AT_ONCE:
            raise refuse("too_many_rows", limit=settings.IMPORT_ROWS_AT_ONCE)
        sheet = Sheet(headers=found.info.headers)
        for number, cells in found.rows(date_headers=headers_of_days(found.info.headers)):
            sheet.append(cells)
            sheet.row_numbers.append(number)
    sheet.digest = found.info.digest
    sheet.info = found.info
    return sheet


class SpreadsheetFormat(Format):
    """What both formats share. Both are read and written as bytes."""

    def __init__(self, encoding: str | None = None) -> None:
        """The library names an encoding; these formats find it themselves."""
        self.choice = Choice()

    def can_import(self) -> bool:
        return True

    def can_export(self) -> bool:
        return True

    def create_dataset(self, in_stream: bytes) -> Sheet:
        """The table in the file; ValidationError with a sentence if it cannot be used."""
        return read_sheet(in_stream, self.choice)
