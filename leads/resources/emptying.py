"""What a record loses by cells that somebody has emptied in a list of ours."""

from __future__ import annotations

from dataclasses import dataclass, field

from leads.resources.cells import cell_text
from leads.resources.column_table import Column
from leads.resources.export_kinds import ExportKind
from leads.resources.known import Base
from leads.resources.rows import Conflict, Row

# Its columns tell of a vehicle; that the lead means it, none of them says.
_VEHICLE = "vehicle"


@dataclass
class Emptied:
    """`columns` of the model; whether the `tags` go; headers of what is `kept`, since no list can
    empty it; and where the cell has changed here as well."""

    columns: list[str] = field(default_factory=list)
    tags: bool = False
    kept: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def find_emptied(
    row: Row, then: Base, now: Base, kind: ExportKind, *, takes_conflicts: bool
) -> Emptied:
    """`then`: what the list said when it was exported, `now`: what it would say."""
    found = Emptied()
    for name in row.blank:
        column = kind.table.by_name[name]
        exported, present = then.cells.get(name), now.cells.get(name)
        if not cell_text(exported) or not cell_text(present):
            continue
        # Of tags nobody knows what they were when the row was exported.
        if name == "tags" and then is now:
            found.tags = True
        elif not (emptied := _emptied_by(column, kind)):
            found.kept += [] if column.shown else [column.header]
        elif exported == present:
            found.columns.append(emptied)
        else:
            texts = cell_text(exported), "", cell_text(present)
            found.conflicts.append(Conflict(column.header, *texts))
            found.columns += [emptied] if takes_conflicts else []
    return found


def _emptied_by(column: Column, kind: ExportKind) -> str:
    """The model's column that goes with a cell; "" if it stays."""
    name = column.path.partition("__")[0]
    is_kept = column.fixed or name in kind.needed or name == _VEHICLE
    return "" if is_kept else name
