"""Excel workbooks: read by a guarded process, written with typed cells and without formulas."""

from __future__ import annotations

import io
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import tablib
import xlsxwriter

from leads.resources.cells import cell_text
from leads.resources.formulas import is_formula_like
from leads.resources.sheet import SpreadsheetFormat


class Xlsx(SpreadsheetFormat):
    """Excel workbooks: read by a guarded process, written with typed cells and no formulas."""

    def get_title(self) -> str:
        return "xlsx"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        buffer = io.BytesIO()
        with xlsxwriter.Workbook(buffer, {"in_memory": True}) as workbook:
            sheet = workbook.add_worksheet()
            writer = _CellWriter(workbook, sheet)
            for column, header in enumerate(dataset.headers):
                sheet.write_string(0, column, str(header), writer.bold)
                sheet.set_column(column, column, min(max(len(str(header)) + 2, 12), 40))
            for number, row in enumerate(dataset, 1):
                for column, value in enumerate(row):
                    writer.write(number, column, value)
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, len(dataset), max(len(dataset.headers) - 1, 0))
        return buffer.getvalue()


class _CellWriter:
    """Writes Python values as typed cells; text never becomes a formula, a link or a number."""

    # Postal codes, phones: as text cells they keep their zeros when somebody edits them.
    _NUMBER_LIKE = re.compile(r"[+0-9][0-9 ()/.\-]{0,40}")

    def __init__(self, workbook: xlsxwriter.Workbook, sheet: Any) -> None:
        self.sheet = sheet
        self.bold = workbook.add_format({"bold": True})
        self.date = workbook.add_format({"num_format": "dd.mm.yyyy"})
        self.datetime = workbook.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        self.time = workbook.add_format({"num_format": "hh:mm"})
        self.money = workbook.add_format({"num_format": "#,##0.00"})
        self.text = workbook.add_format({"num_format": "@"})
        self.quoted = workbook.add_format({"quote_prefix": True})
        self.quoted_text = workbook.add_format({"quote_prefix": True, "num_format": "@"})

    def write(self, row: int, column: int, value: Any) -> None:
        match value:
            case None | "":
                pass
            case bool():
                self.sheet.write_boolean(row, column, value)
            case int() | float():
                self.sheet.write_number(row, column, value)
            case Decimal():
                self.sheet.write_number(row, column, float(value), self.money)
            case date() if value.year < 1900:
                self._write_text(row, column, cell_text(value))  # before Excel's calendar
            case datetime():
                self.sheet.write_datetime(row, column, value, self.datetime)
            case date():
                self.sheet.write_datetime(row, column, value, self.date)
            case time():
                self.sheet.write_datetime(row, column, value, self.time)
            case _:
                self._write_text(row, column, str(value))

    def _write_text(self, row: int, column: int, text: str) -> None:
        number_like = bool(self._NUMBER_LIKE.fullmatch(text))
        if is_formula_like(text):
            style = self.quoted_text if number_like else self.quoted
        else:
            style = self.text if number_like else None
        self.sheet.write_string(row, column, text, style)
