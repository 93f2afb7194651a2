"""A workbook of bad rows that says what is wrong with them, and is read again as it is.

By XlsxWriter, which knows comments. It keeps rows in temporary files, not in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, BinaryIO, Self

import xlsxwriter
from django.utils.translation import gettext as _
from xlsxwriter.format import Format

from leads.resources.cells import cell_text, shortened
from leads.resources.rows import Problem
from leads.resources.worksheet import Kind, is_too_old, width_of

# So many cells get a comment: each makes the file a kilobyte longer. All stand in the second sheet.
_COMMENTS = 2_000
_LETTERS, _LINE = 40, 18  # of a comment: letters in a line, and its height in pixels
_WIDTH, _MARGIN = 300, 16  # pixels
_CLOCK = "hh:mm:ss"
_MARK = {"bg_color": "#FFE0DB", "font_color": "#8A1C0D", "border": 1, "border_color": "#8A1C0D"}


class ErrorWorkbook:
    """A context that writes the rows it is given into a file that is open for bytes.

    The first sheet is the list once more; the second one says of each bad cell what to do.
    """

    def __init__(self, target: BinaryIO, headers: Sequence[str], *, title: str) -> None:
        self._book = xlsxwriter.Workbook(target, {"constant_memory": True})
        self._formats: dict[tuple[str, bool], Format] = {}
        self._width = len(headers)
        self._rows = self._hints = self._comments = 0
        self._list = self._sheet(title, headers)
        self._what_to_do = self._sheet(
            _("Hints"), [_("Row"), _("Row of the list"), _("Column"), _("Value"), _("What to do")]
        )
        self._what_to_do.set_column(2, 3, 30)
        self._what_to_do.set_column(4, 4, 100)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, error: type[BaseException] | None, *_details: object) -> None:
        if error is not None:
            return
        self._list.autofilter(0, 0, max(self._rows, 1), max(self._width - 1, 0))
        self._book.close()

    def add(
        self, number: int, cells: Sequence[Any], problems: Mapping[int, Sequence[Problem]]
    ) -> None:
        """A row that had this number in its list; `problems` by position, those of the whole row
        at the first one."""
        self._rows += 1
        for at, cell in enumerate(cells):
            self._write(self._list, self._rows, at, cell, is_bad=at in problems)
        for at, found in sorted(problems.items()):
            if self._comments < _COMMENTS:
                self._comment(at, "\n".join(problem.reason for problem in found))
        for problem in dict.fromkeys(one for found in problems.values() for one in found):
            self._hints += 1
            hint = [self._rows + 1, number, *problem]
            for at, cell in enumerate(hint):
                self._write(self._what_to_do, self._hints, at, cell or None)

    def _sheet(self, title: str, headers: Sequence[str]) -> Any:
        sheet = self._book.add_worksheet(title)
        bold = self._book.add_format({"bold": True})
        for at, header in enumerate(headers):
            sheet.set_column(at, at, width_of(header))
            sheet.write_string(0, at, header, bold)
        sheet.freeze_panes(1, 0)
        return sheet

    def _write(self, sheet: Any, row: int, at: int, cell: Any, *, is_bad: bool = False) -> None:
        """Each cell as it was, whatever stands above and below it."""
        match cell:
            case None:
                sheet.write_blank(row, at, None, self._format(Kind.TEXT.value, is_bad))
            case bool():
                sheet.write_boolean(row, at, cell, self._format(Kind.ANY.value, is_bad))
            case int() | float():
                sheet.write_number(row, at, cell, self._format(Kind.ANY.value, is_bad))
            case date() if is_too_old(cell):
                self._write(sheet, row, at, cell_text(cell), is_bad=is_bad)
            case datetime():
                sheet.write_datetime(row, at, cell, self._format(Kind.MOMENT.value, is_bad))
            case date():
                sheet.write_datetime(row, at, cell, self._format(Kind.DAY.value, is_bad))
            case time():
                sheet.write_datetime(row, at, cell, self._format(_CLOCK, is_bad))
            case _:
                text = self._format(Kind.TEXT.value, is_bad)
                sheet.write_string(row, at, shortened(cell), text)

    def _comment(self, at: int, text: str) -> None:
        self._comments += 1
        lines = sum(1 + len(line) // _LETTERS for line in text.splitlines())
        options = {"author": "LeadOffice", "width": _WIDTH, "height": _MARGIN + lines * _LINE}
        self._list.write_comment(self._rows, at, shortened(text), options)

    def _format(self, shown: str, is_bad: bool = False) -> Format:
        """One of each: a workbook holds at most 65,000."""
        if (shown, is_bad) not in self._formats:
            wanted = {"num_format": shown, **(_MARK if is_bad else {})}
            if shown == Kind.TEXT.value:
                wanted["quote_prefix"] = True  # "=1+1" stays a text when somebody edits it
            self._formats[shown, is_bad] = self._book.add_format(wanted)
        return self._formats[shown, is_bad]
