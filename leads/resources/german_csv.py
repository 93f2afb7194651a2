"""CSV as German offices write it and as a German Excel opens it."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Any

import tablib

from leads.resources.cells import cell_text
from leads.resources.formulas import neutralise
from leads.resources.sheet import SpreadsheetFormat


class GermanCsv(SpreadsheetFormat):
    """CSV as a German Excel writes and opens it: semicolons, decimal comma, UTF-8 with BOM.

    Read are other delimiters and encodings too: csv_reading.py.
    """

    def get_title(self) -> str:
        return "csv"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=";")
        writer.writerow(neutralise(str(header)) for header in dataset.headers)
        for row in dataset:
            writer.writerow(map(csv_cell, row))
        return codecs.BOM_UTF8 + buffer.getvalue().encode()


def csv_cell(value: Any) -> str:
    """Text keeps its blanks; numbers and dates as Germans type them."""
    return neutralise(value) if isinstance(value, str) else cell_text(value)
