"""Which columns of a list have few different values, and how often each occurs.

Counted while the list is read, so that the page about values needs not look at all rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from leads.resources.cells import cell_text

# A column with more different values, or longer ones, holds no names of entries.
MOST_DIFFERENT = 200
_LONGEST = 200  # characters
_MOST_COLUMNS = 60  # those with the fewest different values


class ValueCounts:
    """`width`: how many columns there are."""

    def __init__(self, width: int) -> None:
        self._counters: dict[int, Counter[Any]] = {at: Counter() for at in range(width)}

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        for at, counter in list(self._counters.items()):
            counter.update(_countable(row[at] for row in rows))
            if len(counter) > MOST_DIFFERENT:
                del self._counters[at]

    def as_json(self) -> dict[str, list[list[Any]]]:
        """By position: [[text, rows], …]; without columns that have many different values."""
        found = {str(at): _texts(counter) for at, counter in self._counters.items()}
        named = {
            at: texts
            for at, texts in found.items()
            if all(len(text) <= _LONGEST for text, _rows in texts)
        }
        fewest = sorted(named, key=lambda at: len(named[at]))[:_MOST_COLUMNS]
        return {at: named[at] for at in fewest}


def _countable(cells: Iterable[Any]) -> Iterable[Any]:
    """1 and True are one key in Python, but not one value."""
    return (cell_text(cell) if isinstance(cell, bool) else cell for cell in cells)


def _texts(counter: Counter[Any]) -> list[list[Any]]:
    texts: Counter[str] = Counter()
    for cell, rows in counter.items():
        texts[cell_text(cell)] += rows
    return [[text, rows] for text, rows in texts.items() if text]
