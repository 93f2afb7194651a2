"""What columns of a list there are: their headers, how their cells are read, what they may mean."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import override

from leads.resources.cells import header_key
from leads.resources.readers import Reader


@dataclass(frozen=True)
class Column:
    """One column. `path` is where an export finds it ("" for columns that only come in).

    A `fixed` column cannot be changed by a list that comes back; a `shown` one is never read.
    """

    name: str
    label: str | Promise
    read: Reader
    path: str = ""
    synonyms: tuple[str, ...] = ()
    fixed: bool = False
    shown: bool = False

    @property
    def header(self) -> str:
        return capfirst(str(self.label))


class ColumnTable:
    """The columns of lists of one kind, in the order in which their cells are read.

    By name: of `telling` columns a list must have one at least, or no row could become anything;
    `fixable` ones may be the same in each row; cells of `valued` ones stand for something that has
    names here; below `days` stand days or moments. A table that `keeps_further` values has a place
    for columns that mean nothing else.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        telling: Collection[str],
        fixable: Sequence[str] = (),
        valued: Sequence[str] = (),
        days: Collection[str] = (),
        keeps_further: bool = False,
    ) -> None:
        self.columns = tuple(columns)
        self.by_name = {column.name: column for column in columns}
        self.assignable = tuple(column.name for column in columns if not column.shown)
        self.telling, self.days = frozenset(telling), frozenset(days)
        self.fixable, self.valued = tuple(fixable), tuple(valued)
        self.keeps_further = keeps_further
        self._positions = {column.name: place for place, column in enumerate(columns)}
        self._known = lru_cache(maxsize=2000)(self._find)

    def column_for(self, header: str) -> Column | None:
        """The column that a header names, or None."""
        return self._known(header)

    def position(self, column: Column | None) -> int:
        """Where the column stands; what is none stands last."""
        return self._positions[column.name] if column else len(self.columns)

    def _find(self, header: str) -> Column | None:
        return self._by_header.get(header_key(header))

    @cached_property
    def _by_header(self) -> dict[str, Column]:
        """Our own labels in every language come first, then what others say."""
        found: dict[str, Column] = {}
        for language, _name in settings.LANGUAGES:
            with override(language):
                for column in self.columns:
                    found.setdefault(header_key(column.header), column)
        for column in self.columns:
            for synonym in column.synonyms:
                found.setdefault(header_key(synonym), column)
        return found
