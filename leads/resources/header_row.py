"""Finds the row that holds the headers when titles, notes or groups of columns stand above it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from leads.resources.column_table import ColumnTable

# Headers are looked for among so many rows that are not blank.
HEAD_ROWS = 50
# A heading is a word or two.
_LONGEST_HEADER = 60
# Of the cells that most rows fill, so many are filled by the row of the headers.
_FILLED = 0.6
# So many headers that we know tell a row of headers, and so many columns a table.
_ENOUGH = 2


def find_header(rows: Sequence[Sequence[Any]], columns: ColumnTable) -> int:
    """The position among `rows` (the first ones of a list, none of them blank).

    The row with the most headers that we know, if there are two of them; else the first one
    that is filled like those below and holds nothing but words; else the first.
    """
    known = [_known(cells, columns) for cells in rows]
    best = max(known)
    if best >= _ENOUGH:
        return known.index(best)
    if known[0]:
        return 0
    width = _usual_width(rows)
    for at, cells in enumerate(rows[:-1]):
        texts = [cell for cell in cells if not _is_blank(cell)]
        if len(texts) >= max(width * _FILLED, 1) and all(map(_is_heading, texts)):
            return at
    return 0


class Likeness(IntEnum):
    """How much the first rows of a sheet look like a list."""

    NONE = 0
    TABLE = 1  # a row of headings over rows that are filled like it
    LIST = 2  # headers that we know, of which one says who or what a row is about


def looks_like_list(rows: Sequence[Sequence[Any]], columns: ColumnTable) -> Likeness:
    """Of a cover sheet or notes: hardly. `rows` as in find_header; there may be none."""
    at = find_header(rows, columns) if rows else 0
    if at + 1 >= len(rows):
        return Likeness.NONE
    names = _names(rows[at], columns)
    if len(names) >= _ENOUGH and names & columns.telling:
        return Likeness.LIST
    width = _usual_width(rows[at:])
    texts = [cell for cell in rows[at] if not _is_blank(cell)]
    is_table = width >= _ENOUGH and len(texts) >= width * _FILLED and all(map(_is_heading, texts))
    return Likeness.TABLE if is_table else Likeness.NONE


def _known(cells: Sequence[Any], columns: ColumnTable) -> int:
    """How many different columns of ours the cells name."""
    return len(_names(cells, columns))


def _names(cells: Sequence[Any], columns: ColumnTable) -> set[str]:
    return {
        column.name
        for cell in cells
        if isinstance(cell, str) and _is_heading(cell) and (column := columns.column_for(cell))
    }


def _usual_width(rows: Sequence[Sequence[Any]]) -> int:
    """How many cells most rows fill, the wider one if two are as frequent."""
    widths = Counter(sum(not _is_blank(cell) for cell in cells) for cells in rows)
    return max(widths, key=lambda width: (widths[width], width))


def _is_heading(cell: Any) -> bool:
    return (
        isinstance(cell, str)
        and len(cell) <= _LONGEST_HEADER
        and any(sign.isalpha() for sign in cell)
        and "@" not in cell
    )


def _is_blank(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())
