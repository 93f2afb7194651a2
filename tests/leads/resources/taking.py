"""A table goes the whole way of a list into the office, for tests."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import tablib
import xlsxwriter

from leads.models import ListRow, RowOutcome
from leads.resources.column_contents import headers_of_days
from leads.resources.list_remarks import remark_on_conflict
from leads.resources.reading import open_list
from leads.resources.rows import Conflict, Problem
from tests.leads.resources.importing import check, run, upload


class Sheet(tablib.Dataset):
    """A table with the number of each row, as Excel counts."""

    def __init__(self, *rows, **options):
        super().__init__(*rows, **options)
        self.row_numbers = []
        self.info = None

    @property
    def numbers(self):
        return self.row_numbers or range(2, len(self) + 2)


def read(data):
    """The whole list of a file."""
    with open_list(data) as found:
        sheet = Sheet(headers=found.info.headers)
        for number, cells in found.rows(date_headers=headers_of_days(found.info.headers)):
            sheet.append(cells)
            sheet.row_numbers.append(number)
    sheet.info = found.info
    return sheet


def as_workbook(sheet):
    """The table as Excel would store it, every cell where and as it is."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        page = book.add_worksheet()
        formats = {
            kind: book.add_format({"num_format": text})
            for kind, text in {
                datetime: "dd.mm.yyyy hh:mm:ss",
                date: "dd.mm.yyyy",
                time: "hh:mm:ss",
            }.items()
        }
        page.write_row(0, 0, sheet.headers)
        for number, cells in zip(sheet.numbers, sheet, strict=True):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    page.write_string(number - 1, column, cell)
                elif cell is not None:
                    page.write(number - 1, column, cell, formats.get(type(cell)))
    return buffer.getvalue()


class Taken:
    """What became of a list."""

    def __init__(self, found):
        self.found = found
        self.rows = list(found.rows.all())
        self.remarks = found.info["remarks"]
        for row in self.rows:
            row.problems = [Problem(*one) for one in row.notes.get("problems", ())]
            row.changes = row.notes.get("changes", [])
            conflicts = [Conflict(*one) for one in row.notes.get("conflicts", ())]
            row.remarks = [*row.notes.get("remarks", ()), *map(remark_on_conflict, conflicts)]
            row.title = row.notes.get("title", "")

    def of(self, *outcomes) -> list[ListRow]:
        return [row for row in self.rows if row.outcome in outcomes]

    @property
    def new(self):
        return self.of(RowOutcome.CREATED)

    @property
    def changed(self):
        return self.of(RowOutcome.UPDATED)

    @property
    def unchanged(self):
        """Those that say nothing new, duplicates within the list among them."""
        return self.of(RowOutcome.UNCHANGED, RowOutcome.SKIPPED)

    @property
    def bad(self):
        return self.of(RowOutcome.BAD)

    @property
    def counts(self):
        kinds = ("new", "changed", "unchanged", "bad")
        return {kind: len(getattr(self, kind)) for kind in kinds}


def take(sheet, dealer, user=None, **options):
    """All steps with what is proposed. `sheet`: a Sheet, or the bytes of a file; `user`: None for
    the operator; `options` as those of `importing.check`."""
    data = sheet if isinstance(sheet, bytes) else as_workbook(sheet)
    return Taken(run(check(upload(dealer, data=data, user=user), **options)))
