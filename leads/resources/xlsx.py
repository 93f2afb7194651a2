"""Excel workbooks: read by a guarded process, written with typed cells and without formulas."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import tablib
import xlsxwriter
from django.conf import settings

from leads.resources.cells import cell_from_json, cell_text
from leads.resources.formulas import is_formula_like
from leads.resources.sheet import Sheet, SpreadsheetFormat, build_sheet, refuse

_READER = Path(__file__).with_name("xlsx_reader.py")
_READER_SECONDS = 30
_READER_MEMORY_BYTES = 1024**3
_MAX_PARTS = 500


class Xlsx(SpreadsheetFormat):
    """Excel workbooks: read by a guarded process, written with typed cells and no formulas."""

    def get_title(self) -> str:
        return "xlsx"

    def get_extension(self) -> str:
        return "xlsx"

    def get_content_type(self) -> str:
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def read(self, data: bytes) -> Sheet:
        answer = self._ask_reader(data)
        if code := answer.get("error"):
            limits = {
                "too_many_rows": settings.IMPORT_MAX_ROWS,
                "too_many_columns": settings.IMPORT_MAX_COLUMNS,
            }
            raise refuse(code, limit=limits.get(code))
        rows = (
            (number, [cell_from_json(cell) for cell in cells]) for number, cells in answer["rows"]
        )
        sheet = build_sheet(rows, data)
        sheet.left_out = answer["left_out"]
        return sheet

    @staticmethod
    def _ask_reader(data: bytes) -> dict[str, Any]:
        limits = {
            "memory_bytes": _READER_MEMORY_BYTES,
            "seconds": _READER_SECONDS,
            "parts": _MAX_PARTS,
            "unpacked_bytes": settings.IMPORT_MAX_UNPACKED_BYTES,
            "rows": settings.IMPORT_MAX_ROWS,
            "columns": settings.IMPORT_MAX_COLUMNS,
        }
        try:
            done = subprocess.run(  # noqa: S603 - our own script; the upload goes in by stdin
                [sys.executable, "-I", str(_READER), json.dumps(limits)],
                input=data,
                capture_output=True,
                env={},
                timeout=2 * _READER_SECONDS,
                check=True,
            )
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            raise refuse("too_complex") from error
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer

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
