"""What the XML of a sheet tells and the reading library does not: hidden rows, errors, far cells.

Runs in the guarded process beside xlsx_reader.py, so it imports nothing of the project. The bytes
are searched as they are unpacked, without a parser: that costs a tenth of the reading.
"""

import re
from typing import Any

SHOWN = 20  # of each oddity so many places are named; all are counted
_MEGABYTE = 1024 * 1024
# What stands within a tag. Without an end, a text made for it keeps a search busy for minutes.
_INSIDE = rb"[^<>]{0,1000}"
_VALUED = rb'"' + _INSIDE + rb"(?<!/)>(?!</c>)"
_CELL = re.compile(rb"<c\b" + _INSIDE + rb'?\br="([A-Z]+)[0-9]+' + _VALUED)
_IS_HIDDEN = rb"(?=" + _INSIDE + rb'\bhidden="(?:1|true)")'
_HIDDEN_ROW = re.compile(rb"<row\b" + _IS_HIDDEN + _INSIDE + rb'\br="([0-9]+)"')
_HIDDEN_COLUMN = re.compile(rb"<col\b" + _IS_HIDDEN + _INSIDE + rb">")
_FORMULA = re.compile(rb"<f[ >/]")
_UNSOLVED = re.compile(rb"(?:</f>|<f\b" + _INSIDE + rb"/>)(?:<v\s*/>|<v></v>)?</c>")
_LONGEST_FORMULA = 64 * 1024  # bytes, with its cell's tag
_PREFIX = re.compile(rb"<(/?)[A-Za-z]+:")


class Marks:
    """What the XML of a sheet tells and the library does not; fed piece by piece."""

    def __init__(self, columns: int) -> None:
        self.rows = self.columns = self.last_row = self.formulas = 0
        self.far = ""  # the first filled cell beyond the allowed columns
        self.hidden_columns: list[tuple[int, int]] = []  # from, to; counted from 0
        self.hidden_rows = Places()
        self.errors = Places()
        self.unsolved = Places()  # formulas without a value
        self._rest = b""
        self._far = re.compile(rb' r="((?:' + beyond(columns) + rb")[0-9]+)" + _VALUED)
        self._in_head = True
        self._is_prefixed: bool | None = None  # "<x:row>" instead of "<row>"

    def feed(self, chunk: bytes, *, is_last: bool) -> None:
        if self._is_prefixed is None:
            self._is_prefixed = b":worksheet" in chunk[:2000]
        buffer = self._rest + (_PREFIX.sub(rb"<\1", chunk) if self._is_prefixed else chunk)
        end = len(buffer)
        if not is_last:
            end = max(buffer.rfind(b"</row>") + 6, buffer.rfind(b"</c>") + 4)
            end = end if end > 6 else 0 if len(buffer) < 16 * _MEGABYTE else len(buffer)
        self._rest = buffer[end:]
        self._see(buffer[:end])

    def _see(self, piece: bytes) -> None:
        if self._in_head:
            head, begin, _body = piece.partition(b"<sheetData")
            self._in_head = not begin
            for match in _HIDDEN_COLUMN.finditer(head):
                span = [int(_attribute(match[0], name) or 0) for name in (b"min", b"max")]
                self.hidden_columns.append((span[0] - 1, span[1] - 1))
        for match in _HIDDEN_ROW.finditer(piece) if b" hidden=" in piece else ():
            self.hidden_rows.add(int(match[1]))
        if not self.far and (far := self._far.search(piece)):
            self.far = far[1].decode()
        self._count_rows(piece)
        self._find_errors(piece)
        if b"<f" in piece:
            self.formulas += len(_FORMULA.findall(piece))
            for match in _UNSOLVED.finditer(piece):
                tag = _tag_before(piece, match.start(), within=_LONGEST_FORMULA)
                if b't="str"' not in tag:  # a text may be empty
                    self.unsolved.add(_attribute(tag, b"r").decode())

    def _count_rows(self, piece: bytes) -> None:
        for part in piece.split(b"</row>"):
            if b"<v" not in part and b"<t" not in part:
                continue
            # A row may stand in two pieces; its number tells.
            begin = part.rfind(b"<row")
            number = int(_attribute(part[begin:], b"r") or 0) if begin >= 0 else self.last_row
            if begin >= 0 or not self.rows:
                self.rows += 1
            self.last_row = max(self.last_row, number or self.rows)
            if self.rows <= 200:
                found = [column_index(letters) for letters in _CELL.findall(part)]
                self.columns = max(self.columns, *(index + 1 for index in found), 0)

    def _find_errors(self, piece: bytes) -> None:
        position = piece.find(b' t="e"')
        while position >= 0:
            if cell := _attribute(_tag_before(piece, position, within=1000), b"r").decode():
                end = piece.find(b"</c>", position)
                value = re.search(rb"<v>([^<]*)</v>", piece[position:end])
                self.errors.add([cell, value[1].decode() if value else ""])
            position = piece.find(b' t="e"', position + 1)


class Places:
    """How many there are of something, and where the first ones stand."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Any] = []

    def add(self, place: Any) -> None:
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(place)


def _attribute(tag: bytes, name: bytes) -> bytes:
    match = re.search(rb"\b" + name + rb'="([^"]*)"', tag[: tag.find(b">")])
    return match[1] if match else b""


def _tag_before(piece: bytes, position: int, *, within: int) -> bytes:
    """The start tag of the cell in which the position lies, if it begins so many bytes before."""
    begin = piece.rfind(b"<c ", max(0, position - within), position)
    return piece[begin : piece.find(b">", begin) + 1] if begin >= 0 else b""


def column_index(letters: bytes | str) -> int:
    """A → 0, Z → 25, AA → 26"""
    text = letters.decode() if isinstance(letters, bytes) else letters
    index = 0
    for letter in text:
        index = index * 26 + ord(letter) - 64
    return index - 1


def column_letters(index: int) -> str:
    letters, index = "", index + 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def beyond(columns: int) -> bytes:
    """A pattern for the letters of all columns after the first `columns`."""
    letters = column_letters(columns - 1)
    size = len(letters)
    parts = [f"[A-Z]{{{size + 1},3}}"] if size < 3 else []
    for at, letter in enumerate(letters):
        if letter < "Z":
            parts.append(f"{letters[:at]}[{chr(ord(letter) + 1)}-Z][A-Z]{{{size - at - 1}}}")
    return "|".join(parts).encode() or b"(?!)"
