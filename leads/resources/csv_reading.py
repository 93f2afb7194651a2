"""CSV in: encoding and delimiter found by what stands in the file, rows one after another."""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Self

from django.conf import settings

from leads.resources.cells import MAX_CELL_TEXT
from leads.resources.formulas import restore
from leads.resources.header_row import HEAD_ROWS
from leads.resources.invisible import has_invisible
from leads.resources.list_info import Choice, NumberedRow, Places, RawTable
from leads.resources.refusals import refuse

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252", "iso8859-15")
DELIMITERS = (";", ",", "\t", "|")
_CHUNK = 1024 * 1024  # bytes
_SAMPLE = 20_000  # characters at the begin, by which format and delimiter are told
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# Of the first bytes of a text in UTF-16 every second one is mostly zero.
_ZEROS = 0.5
_BLANK_ROWS = 10  # times as many as others, then no further row is looked for
_DECLARED = re.compile(r"\"?sep=(.)\"?\r?\n?", re.IGNORECASE)
_BINARY = ("%pdf", "{\\rtf", "<!doctype", "<html", "<?xml")


def read_csv(data: BinaryIO, choice: Choice) -> RawTable:
    """Reads all of it once, so that everything wrong is known before the first row is used."""
    encoding = choice.encoding or find_encoding(data)
    if encoding not in ENCODINGS:
        raise refuse("encoding", encoding=encoding)
    with decoded(data, encoding) as text:
        sample = text.read(_SAMPLE)
    if is_binary(sample):
        raise refuse("not_xlsx")
    declared = _DECLARED.match(sample)
    delimiter = choice.delimiter or (declared[1] if declared else find_delimiter(sample))

    def rows() -> Iterator[NumberedRow]:
        with decoded(data, encoding) as text:
            if declared:
                text.readline()
            yield from _rows(text, delimiter)

    return _survey(rows, encoding, delimiter)


def _survey(rows: Callable[[], Iterator[NumberedRow]], encoding: str, delimiter: str) -> RawTable:
    count = 0
    used: set[int] = set()
    invisible: list[int] = []
    widths: dict[int, list[int]] = {}
    for number, cells in rows():
        count += 1
        if count > settings.IMPORT_MAX_ROWS + HEAD_ROWS:
            raise refuse("too_many_rows", limit=settings.IMPORT_MAX_ROWS)
        if len(cells) > settings.IMPORT_MAX_COLUMNS:
            raise refuse("too_many_columns", limit=settings.IMPORT_MAX_COLUMNS)
        if count > HEAD_ROWS and len(used) < settings.IMPORT_MAX_COLUMNS:
            used.update(at for at, cell in enumerate(cells) if cell is not None)
        widths.setdefault(len(cells), []).append(number)
        if any(cell and has_invisible(cell) for cell in cells):
            invisible.append(number)
    return RawTable(
        kind="csv",
        rows=lambda: _storable(rows()),
        row_count=count,
        used=used,
        widths=widths,
        facts={
            "encoding": encoding,
            "delimiter": delimiter,
            "invisible": Places.of(invisible),
        },
    )


def _storable(rows: Iterator[NumberedRow]) -> Iterator[NumberedRow]:
    """Without NUL, which no database takes; that it was there has been noted."""
    for number, cells in rows:
        yield number, [cell and (cell.replace("\0", "") or None) for cell in cells]


@contextmanager
def decoded(data: BinaryIO, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The file from its begin, with line breaks as "\n"; it stays open."""
    mark = next((one for one, name in _MARKS.items() if name == encoding), b"")
    data.seek(0)
    data.seek(len(mark) if mark and data.read(len(mark)) == mark else 0)
    text = io.TextIOWrapper(data, encoding, errors="replace")
    try:
        yield text
    finally:
        text.detach()


class Lines:
    """The lines of a text. Raises ValidationError where a row, which may have several, is longer
    than all of its cells may be: its millions of cells would take all memory before anybody could
    count them."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.begin_row()

    def begin_row(self) -> None:
        self._left = settings.IMPORT_MAX_COLUMNS * MAX_CELL_TEXT

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        self._left -= len(line)
        if self._left < 0:
            raise refuse("too_many_columns", limit=settings.IMPORT_MAX_COLUMNS)
        if not line:
            raise StopIteration
        return line


def _rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[NumberedRow]:
    """(number of the row in Excel, cells); a cell may contain line breaks."""
    number = 0
    lines, most = Lines(text), _BLANK_ROWS * (settings.IMPORT_MAX_ROWS + HEAD_ROWS)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            lines.begin_row()
            if number > most:
                raise refuse("too_many_rows", limit=settings.IMPORT_MAX_ROWS)
            found = [None if not cell or cell.isspace() else restore(cell) for cell in cells]
            while found and found[-1] is None:
                found.pop()
            if found:
                yield number, found
    except csv.Error as error:
        raise refuse("quotes", row=number + 1) from error


def find_encoding(data: BinaryIO) -> str:
    """Byte order mark, else UTF-16 by its zeros, else UTF-8, else Windows-1252, which can read
    anything. No guessing by statistics: it calls German Windows-1252 files Czech or DOS."""
    data.seek(0)
    start = data.read(4000)
    for mark, encoding in _MARKS.items():
        if start.startswith(mark):
            return encoding
    half = len(start) // 2
    if half and start[1::2].count(0) > half * _ZEROS and not start[0::2].count(0):
        return "utf-16-le"
    if half and start[0::2].count(0) > half * _ZEROS and not start[1::2].count(0):
        return "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    data.seek(0)
    try:
        while chunk := data.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def is_binary(start: str) -> bool:
    """Whether this is no text at all: a PDF, a picture, a workbook with another name. A stray
    control character does not make it so."""
    if start.lstrip("\ufeff \t\n").casefold().startswith(_BINARY):
        return True
    odd = sum(unicodedata.category(character) == "Cc" for character in start)
    return odd - sum(map(start.count, "\r\n\t")) > len(start) / 100


def find_delimiter(sample: str) -> str:
    """The sign that cuts most rows into the same, largest number of cells."""
    return max(DELIMITERS, key=lambda delimiter: _order(sample, delimiter))


def _order(sample: str, delimiter: str) -> float:
    lines = sample.splitlines(keepends=True)[:HEAD_ROWS]
    try:
        found = csv.reader(lines, delimiter=delimiter)
        widths = Counter(len(cells) for cells in found if any(cells))
    except csv.Error:
        return 0
    if not widths:
        return 0
    usual = max(widths, key=lambda width: (widths[width], width))
    return (usual - 1) * widths[usual] / widths.total()
