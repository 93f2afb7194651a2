"""How a list is to be understood: which column means what, what is the same in every row, and what
values mean. Pure; makes the rows that are parsed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from leads.models.keys import fold
from leads.models.list_import import ListImport, ListRow
from leads.resources.cells import cell_from_json, cell_text, header_key
from leads.resources.columns import BY_NAME, COLUMNS, column_for
from leads.resources.rows import Row

# Instead of the name of a column: kept as a further value under its own header, or left out.
FURTHER, LEFT_OUT = "", "-"
# What a header may be assigned to, in the order of the table, and what may be the same in each row.
ASSIGNABLE: tuple[str, ...] = tuple(one.name for one in COLUMNS if not one.shown)
FIXABLE = ("source", "status", "owner", "location", "category", "lead_type", "campaign", "tags")
# Columns whose cells stand for something that has names here.
VALUED = (
    *("status", "source", "owner", "location", "lead_type", "category", "close_reason"),
    *("salutation", "urgency", "finance_kind", "preferred_channel"),
)
# How the cells of several columns become one; others are joined by a blank.
_JOINED_BY = {
    **dict.fromkeys(("message", "note", "custom_values"), "\n"),
    **dict.fromkeys(("phone", "mobile", "tags"), ", "),
}


class _Source(NamedTuple):
    """One cell of a row: from which positions of the list, under which header, meaning what."""

    positions: tuple[int, ...]
    header: str
    column: str  # name, or FURTHER
    means: str | None  # None: the header says so itself


@dataclass(frozen=True)
class ListMapping:
    """`columns`: per header the name of a column, FURTHER or LEFT_OUT. `fixed`: by name of a
    column, the text for rows that say nothing else. `values`: by name of a column and folded
    value, what it means; "": nothing."""

    headers: tuple[str, ...]
    columns: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, list_import: ListImport) -> ListMapping:
        """As stored; columns that nothing is known about are further values."""
        stored, headers = list_import.mapping, tuple(list_import.headers)
        columns = tuple(stored.get("columns", ())) or (FURTHER,) * len(headers)
        return cls(headers, columns, stored.get("fixed", {}), stored.get("values", {}))

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "fixed": dict(self.fixed),
            "values": {name: dict(meanings) for name, meanings in self.values.items()},
        }

    @property
    def by_key(self) -> dict[str, str]:
        """What is remembered for other lists: by header_key, the name of the column."""
        pairs = zip(self.headers, self.columns, strict=True)
        return {header_key(header) or header: column for header, column in pairs}

    @property
    def names(self) -> set[str]:
        """Of the columns that rows may fill."""
        return (set(self.columns) | set(self.fixed)) - {FURTHER, LEFT_OUT}

    def positions_of(self, name: str) -> list[int]:
        return [at for at, column in enumerate(self.columns) if column == name]

    def headers_of(self, name: str) -> list[str]:
        return [self.headers[at] for at in self.positions_of(name)]

    def row_of(self, stored: ListRow) -> Row:
        """The row as it is to be read: corrected, put together, translated."""
        cells = [cell_from_json(cell) for cell in stored.cells]
        was = {}
        for at, text in stored.corrected.items():
            position = int(at)
            was[self.headers[position]] = cells[position]
            cells[position] = text
        found, means = {}, {}
        for source in self._sources:
            cell, written = self._cell(source, cells), None
            if cell is None:
                continue
            if (meaning := self._meaning(source.column, cell)) is not None:
                written, cell = cell, meaning
            if written is not None:
                was.setdefault(source.header, written)
            if cell == "":
                continue
            found[source.header] = cell
            if source.means is not None:
                means[source.header] = source.means
        for name, text in self.fixed.items():
            self._fill(name, text, found, means)
        return Row(stored.number, found, means, was)

    @cached_property
    def _sources(self) -> list[_Source]:
        sources = []
        for at, column in enumerate(self.columns):
            if column == LEFT_OUT:
                continue
            together = [at] if column == FURTHER else self.positions_of(column)
            if at == together[0]:
                name = " + ".join(self.headers[one] for one in together)
                says = known.name if (known := column_for(name)) else FURTHER
                means = None if says == column else column
                sources.append(_Source(tuple(together), name, column, means))
        return sources

    def _cell(self, source: _Source, cells: Sequence[Any]) -> Any:
        """None if nothing stands there."""
        if len(source.positions) == 1:
            cell = cells[source.positions[0]] if source.positions[0] < len(cells) else None
            return None if cell is None or cell_text(cell) == "" else cell
        texts = [cell_text(cells[at]) for at in source.positions if at < len(cells)]
        return _JOINED_BY.get(source.column, " ").join(filter(None, texts)) or None

    def _meaning(self, column: str, cell: Any) -> str | None:
        meanings = self.values.get(column)
        return meanings.get(fold(cell_text(cell))) if meanings else None

    def _fill(self, name: str, text: str, found: dict[str, Any], means: dict[str, str]) -> None:
        """A fixed value, unless the row itself says something for that column."""
        own = {source.header for source in self._sources if source.column == name}
        if own.isdisjoint(found):
            header = BY_NAME[name].header
            found[header] = text
            means[header] = name
