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
from leads.resources.cells import cell_from_json, cell_text, header_key, is_empty
from leads.resources.column_table import ColumnTable
from leads.resources.column_tables import TABLES
from leads.resources.columns import LEADS
from leads.resources.rows import Row

# Instead of the name of a column: kept as a further value under its own header, or left out.
FURTHER, LEFT_OUT = "", "-"
# How the cells of several columns become one; others are joined by a blank.
_JOINED_BY = {
    **dict.fromkeys(("message", "note", "custom_values"), "\n"),
    **dict.fromkeys(("phone", "mobile", "tags"), ", "),
}


def unknown_in(table: ColumnTable) -> str:
    """What becomes of a column that means nothing else."""
    return FURTHER if table.keeps_further else LEFT_OUT


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
    value, what it means; "": nothing. `table`: the columns that there are. `tells_blank`: its rows
    say where nothing stands, which means something in a list that was exported here."""

    headers: tuple[str, ...]
    columns: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    table: ColumnTable = LEADS
    tells_blank: bool = False

    @classmethod
    def of(cls, list_import: ListImport) -> ListMapping:
        """As stored; columns that nothing is known about are further values, or left out."""
        stored, headers = list_import.mapping, tuple(list_import.headers)
        table = TABLES[list_import.kind]
        columns = tuple(stored.get("columns", ())) or (unknown_in(table),) * len(headers)
        return cls(
            headers,
            columns,
            stored.get("fixed", {}),
            stored.get("values", {}),
            table,
            # What cannot be read counts as empty, but nobody has emptied it.
            _is_export(columns) and not list_import.info.get("has_unreadable_cells"),
        )

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
        cells = [cell_from_json(cell) if type(cell) is dict else cell for cell in stored.cells]
        width, was = len(cells), {}
        for at, text in stored.corrected.items():
            position = int(at)
            was[self.headers[position]] = cells[position]
            cells[position] = text
        found, means, blank = {}, {}, []
        for positions, header, column, meaning in self._sources:
            if len(positions) == 1:
                cell = cells[positions[0]] if positions[0] < width else None
            else:
                cell = _joined(column, [cells[at] for at in positions if at < width])
            if is_empty(cell):
                blank.append(column)
                continue
            if column in self.values:
                translated = self.values[column].get(fold(cell_text(cell)))
                if translated is not None:
                    was.setdefault(header, cell)
                    cell = translated
                if cell == "":
                    continue
            found[header] = cell
            if meaning is not None:
                means[header] = meaning
        for name, text in self.fixed.items():
            self._fill(name, text, found, means)
        return Row(stored.number, found, means, was, self.table, self._told(blank))

    def _told(self, blank: Sequence[str]) -> Sequence[str]:
        """Of the columns in which nothing stands, those of which the row says so."""
        if not self.tells_blank:
            return ()
        return [name for name in blank if name in self.table.by_name and name not in self.fixed]

    @cached_property
    def _sources(self) -> list[_Source]:
        sources = []
        for at, column in enumerate(self.columns):
            if column == LEFT_OUT:
                continue
            together = [at] if column == FURTHER else self.positions_of(column)
            if at == together[0]:
                name = " + ".join(self.headers[one] for one in together)
                says = known.name if (known := self.table.column_for(name)) else FURTHER
                means = None if says == column else column
                sources.append(_Source(tuple(together), name, column, means))
        return sources

    def _fill(self, name: str, text: str, found: dict[str, Any], means: dict[str, str]) -> None:
        """A fixed value, unless the row itself says something for that column."""
        own = {source.header for source in self._sources if source.column == name}
        if own.isdisjoint(found):
            header = self.table.by_name[name].header
            found[header] = text
            means[header] = name


def _joined(column: str, cells: Sequence[Any]) -> str:
    """What stands in several columns that mean the same one."""
    return _JOINED_BY.get(column, " ").join(filter(None, map(cell_text, cells)))


def _is_export(columns: Sequence[str]) -> bool:
    """Whether a list with these columns says of its rows which version of which lead they show."""
    return {"number", "version"} <= set(columns)
