"""What is known about a list that was opened, and what people may decide about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from leads.resources.xlsx_marks import SHOWN

NumberedRow = tuple[int, list[Any]]


class Layout(StrEnum):
    """What is laid out in a way of its own (mobilede_reading.py), and any other table."""

    MOBILE_DE = "mobile.de"
    PLAIN = "plain"


@dataclass(frozen=True)
class Choice:
    """What people decided about a file; "" and 0: as found. `header_row` as Excel counts."""

    sheet: str = ""
    header_row: int = 0
    encoding: str = ""
    delimiter: str = ""
    layout: str = ""  # Layout


@dataclass(frozen=True)
class SheetSize:
    """A sheet of the workbook. Rows that hold something, headers included."""

    name: str
    rows: int
    columns: int
    is_hidden: bool = False


@dataclass(frozen=True)
class Places:
    """How many there are of something, and where the first of them stand (rows or cells)."""

    count: int = 0
    first: tuple[str, ...] = ()

    @classmethod
    def of(cls, numbers: Sequence[int]) -> Places:
        return cls(len(numbers), tuple(map(str, numbers[:SHOWN])))


@dataclass(frozen=True)
class SheetInfo:
    """What is known about a list before its first row is read.

    `positions` are the columns of the file (0 is A) that the headers stand for; columns without
    any cell are left out. `above`: row number and text of what stands above the headers.
    Of a `layout` of its own `accounts` are the customer numbers in it ("": none is said).
    `errors` are cells such as "D5 (#DIV/0!)", `unsolved` formulas without a stored value; both
    are read as empty. `ragged` rows of a CSV have more cells than there are headers.
    """

    kind: str  # "xlsx" or "csv"
    digest: str  # SHA-256 of the file
    headers: tuple[str, ...]
    positions: tuple[int, ...]
    header_row: int
    row_count: int
    above: tuple[tuple[int, str], ...] = ()
    sheets: tuple[SheetSize, ...] = ()
    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    layout: str = Layout.PLAIN
    accounts: tuple[str, ...] = ()
    is_1904: bool = False
    hidden_columns: tuple[str, ...] = ()  # headers
    hidden_rows: Places = Places()
    merged: Places = Places()
    formulas: int = 0
    unsolved: Places = Places()
    errors: Places = Places()
    invisible: Places = Places()
    ragged: Places = Places()


@dataclass(frozen=True)
class RawTable:
    """What a format read: rows that are not blank, from the top, each time `rows` is called.

    `used`: positions of columns with a cell below the first HEAD_ROWS rows. `facts` are fields of
    SheetInfo; `hidden` positions (from, to); `widths`: which rows have so many cells, if cells may
    have gone astray.
    """

    kind: str
    rows: Callable[[], Iterator[NumberedRow]]
    row_count: int
    used: Collection[int]
    hidden: Collection[tuple[int, int]] = ()
    widths: Mapping[int, Sequence[int]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
