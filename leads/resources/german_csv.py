"""CSV as German offices write it and as a German Excel opens it."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import tablib

from leads.resources.cells import cell_text
from leads.resources.formulas import neutralise, restore
from leads.resources.sheet import Sheet, SpreadsheetFormat, build_sheet, refuse


class GermanCsv(SpreadsheetFormat):
    """CSV as a German Excel writes and opens it: semicolons, decimal comma, UTF-8 with BOM.

    Read are commas and tabs too, and any encoding with a byte order mark, UTF-8 or Windows-1252.
    """

    def get_title(self) -> str:
        return "csv"

    def get_extension(self) -> str:
        return "csv"

    def get_content_type(self) -> str:
        return "text/csv; charset=utf-8"

    def read(self, data: bytes) -> Sheet:
        text = decode(data)
        if _is_binary(text):
            raise refuse("not_xlsx")
        return build_sheet(self._rows(text), data)

    @staticmethod
    def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
        """(number of the row in Excel, cells); a cell may contain line breaks."""
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        first, _newline, rest = text.lstrip("\n").partition("\n")
        if declared := re.fullmatch(r"\"?sep=(.)\"?", first, re.IGNORECASE):
            delimiter, text = declared[1], rest
        else:
            delimiter = find_delimiter(first)
        number = 0
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            for number, cells in enumerate(reader, 1):
                yield number, [restore(cell) for cell in cells]
        except csv.Error as error:
            raise refuse("quotes", row=number + 1) from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        buffer = io.StringIO(newline="")
        writer = csv.writer(buffer, delimiter=";")
        writer.writerow(neutralise(str(header)) for header in dataset.headers)
        for row in dataset:
            writer.writerow(_written(value) for value in row)
        return codecs.BOM_UTF8 + buffer.getvalue().encode()


def decode(data: bytes) -> str:
    """Byte order mark, else UTF-8, else Windows-1252, which can read anything.

    No guessing by statistics: it calls German Windows-1252 files Czech or DOS.
    """
    if data.startswith(codecs.BOM_UTF8):
        return data[3:].decode("utf-8", "replace")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _is_binary(text: str) -> bool:
    """Whether this is no text at all: a PDF, a picture, a workbook with another name."""
    start = text[:4000]
    if start.lstrip().casefold().startswith(("%pdf", "{\\rtf", "<!doctype", "<html", "<?xml")):
        return True
    odd = sum(unicodedata.category(character) == "Cc" for character in start)
    return odd - sum(map(start.count, "\r\n\t")) > 0


def find_delimiter(header_line: str) -> str:
    """The sign that separates the headers: whichever occurs most, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", header_line)
    return max(";,\t", key=bare.count)


def _written(value: Any) -> str:
    """Text keeps its blanks; numbers and dates as Germans type them."""
    return neutralise(value) if isinstance(value, str) else cell_text(value)
