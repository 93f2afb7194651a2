"""Rows of a list of customers or vehicles that was exported here: which cells somebody changed.

A row is compared with what the export said (its version tells which state that was), and with what
is here now. Only what somebody changed in the list is news; where the cell has changed here as
well, the list wins only if it was decided so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from leads.models.list_import import ListImport, OnExisting
from leads.resources.comparing import differing, touched
from leads.resources.emptying import find_emptied
from leads.resources.export_kinds import EXPORT_KINDS
from leads.resources.known import Base, Bases
from leads.resources.list_remarks import remark_on_conflict, remarks_on_cells
from leads.resources.readers import Office
from leads.resources.record_columns import own_number
from leads.resources.rows import Conflict, Problem, Row, UnusableRow


@dataclass
class Compared:
    """`cells` to be read, by header, and `emptied` columns of the model. `base`: what is here now,
    which the cells need not say again. `is_exact`: they are exactly what somebody changed in a
    list of ours. `kept`: headers of emptied cells that stay as they are here."""

    cells: Mapping[str, Any]
    emptied: Mapping[str, Any] = field(default_factory=dict)
    base: Mapping[str, Any] = field(default_factory=dict)
    is_exact: bool = False
    conflicts: list[Conflict] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    @property
    def remarks(self) -> list[str]:
        return remarks_on_cells((), self.kept)

    def outcome_remarks(self, *, takes_conflicts: bool) -> list[str]:
        conflicts = () if takes_conflicts else self.conflicts
        return [*self.remarks, *map(remark_on_conflict, conflicts)]


class Comparison:
    """Made once for rows that are looked at together."""

    def __init__(self, list_import: ListImport, rows: Mapping[int, Row], office: Office) -> None:
        self._kind = EXPORT_KINDS[list_import.kind]
        self._takes_conflicts = list_import.takes_conflicts
        self._office = office
        self._numbers = {number: _number_in(row) for number, row in rows.items()}
        named = {(number, rows[key].version) for key, number in self._numbers.items()}
        self._bases = Bases(list_import.dealer, list_import.user, named, self._kind)
        # Whether rows that name a record could only be compared with what is here now.
        self.lacks_versions = False

    def __call__(self, row: Row, decision: OnExisting) -> Compared:
        """Raises UnusableRow."""
        number = self._numbers[row.number]
        now = self._bases.now.get(number)
        if decision == OnExisting.NEW or not number:
            return Compared(row.cells)
        if now is None:
            if row.version:
                reason = _("This is no longer here. Please delete the row or its number.")
                raise UnusableRow(row, [Problem(row.header_of("number"), number, reason)])
            return Compared(row.cells)  # the number of somebody who became part of another
        then = self._bases.exported((number, row.version))
        if decision == OnExisting.UPDATE and then is not None:
            return self._edited(row, then, now)
        self.lacks_versions |= decision == OnExisting.UPDATE
        news = {one.header: one.cell for one in differing(row, now, self._office)}
        return Compared({**self._naming(row), **news}, base=now.cells)

    def _edited(self, row: Row, then: Base, now: Base) -> Compared:
        emptied = find_emptied(row, then, now, self._kind, takes_conflicts=self._takes_conflicts)
        found = Compared(
            cells={},
            emptied=dict(self._emptied(name) for name in emptied.columns),
            base=now.cells,
            is_exact=True,
            conflicts=emptied.conflicts,
            kept=emptied.kept,
        )
        changed = self._naming(row)
        for (header, column, cell), conflict in touched(row, then, now, self._office):
            if column is None or column.shown:
                continue
            if conflict:
                found.conflicts.append(conflict)
            if conflict is None or self._takes_conflicts:
                changed[header] = cell
        found.cells = changed
        return found

    def _naming(self, row: Row) -> dict[str, Any]:
        """The cells that say whom the row means."""
        return {
            header: cell
            for header, column, cell in row.columns
            if column is not None and column.name == "number"
        }

    def _emptied(self, name: str) -> tuple[str, Any]:
        """How the model stores that nothing stands there."""
        stored: Any = self._kind.model._meta.get_field(name)
        return stored.attname, None if stored.null else ""


def _number_in(row: Row) -> str:
    """Of the customer or vehicle that the row names, as exports show it; "" if it names none."""
    return next(filter(None, map(own_number, row.texts_of("number"))), "")
