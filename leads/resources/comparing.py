"""Cells of a list compared with what is known: which of them say something else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from leads.resources.cells import cell_text, in_windows
from leads.resources.column_table import Column
from leads.resources.columns import BY_NAME
from leads.resources.customer_columns import CUSTOMERS
from leads.resources.known import Base
from leads.resources.readers import Office, Reading
from leads.resources.rows import Conflict, Row
from leads.resources.vehicle_columns import VEHICLES

# Excel takes these for numbers when it opens a CSV, and drops their leading zeros.
_ZEROS = (
    *(BY_NAME["postal_code"], BY_NAME["phone"], BY_NAME["mobile"]),
    *(CUSTOMERS.by_name["external_number"], VEHICLES.by_name["internal_number"]),
)


class ListedCell(NamedTuple):
    """A filled cell: the header above it, what that means, and what stands in it."""

    header: str
    column: Column | None  # None: a further value
    cell: Any


def differing(row: Row, base: Base, office: Office) -> list[ListedCell]:
    """The cells that say something else than the base does."""
    cells = (ListedCell(*one) for one in row.columns)
    return [one for one in cells if not _same(one.column, one.cell, _of(base, one), office)]


def touched(
    row: Row, then: Base, now: Base, office: Office
) -> Iterator[tuple[ListedCell, Conflict | None]]:
    """The cells that somebody changed in a list of ours since it said `then`, as far as that is
    news; with a conflict if they have changed here as well."""
    for one in differing(row, then, office):
        exported, present = _of(then, one), _of(now, one)
        if exported == present:
            yield one, None
        elif not _same(one.column, one.cell, present, office):
            texts = map(cell_text, (exported, one.cell, present))
            yield one, Conflict(one.header, *texts)


def _of(base: Base, one: ListedCell) -> Any:
    return base.cells.get(one.column.name) if one.column else base.further.get(one.header)


def _same(column: Column | None, one: Any, other: Any, office: Office) -> bool:
    """Same text, or what Windows-1252 can hold of it, or read as the same value ("1.234,50 €" and
    1234.5)."""
    if cell_text(one) in (cell_text(other), in_windows(cell_text(other))):
        return True
    if column is None:
        return False
    if column in _ZEROS and cell_text(one) == cell_text(other).lstrip("0"):
        return True
    if other is None:
        return False
    return _meaning(column, one, office) == _meaning(column, other, office)


def _meaning(column: Column, cell: Any, office: Office) -> Any:
    reading = Reading(office)
    try:
        column.read(cell, reading, "")
    except ValueError:
        return cell_text(cell)
    return reading.values, reading.custom_values, reading.warnings
