"""What a bulk change did to each of its leads, read from their history. Pure: no database.

A cell is what people fill in as one thing: mostly one column; a status together with its reason
for closing. Columns that follow from others are no cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from leads.models.lead import Lead

BIN = "deleted_at"  # the cell that says whether a lead lies in the bin
TAGS = "tags"  # no cell, but staff set them like one

_TOGETHER: dict[str, tuple[str, ...]] = {
    "status": ("status", "close_reason", "closed_at"),
    "lead_type": ("lead_type", "lead_type_raw", "lead_type_family"),
    BIN: ("deleted_at", "deleted_by"),
}
# Numbers of the row, what is computed, and what merges take back themselves.
_NO_CELLS = frozenset(
    {"id", "dealer", "number", "version", "updated_at", "score", "search_text", "merged_into"}
    | {"email_key", "phone_key", "mobile_key", "name_key", "staff_values", "warnings"}
    | {"enquiry_count", "last_enquired_at", "last_activity_at", "first_response_at"}
)

Values = tuple[Any, ...]
# By cell, in the order of the table: its fields.
CELLS: Mapping[str, tuple[str, ...]] = {
    **{
        one.name: (one.name,)
        for one in Lead._meta.concrete_fields
        if one.name not in _NO_CELLS and not any(one.name in names for names in _TOGETHER.values())
    },
    **_TOGETHER,
}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    cell: tuple(str(Lead._meta.get_field(name).attname) for name in names)  # type: ignore[union-attr]
    for cell, names in CELLS.items()
}
COLUMNS = tuple(column for columns in _COLUMNS.values() for column in columns)
# What is read of each version besides, before the columns.
VERSION = (
    *("id", "history_type", "history_user_id", "history_date", "change_batch_id"),
    *("enquiry_count", "staff_values", "warnings"),
)


def _places() -> Iterator[tuple[str, slice]]:
    start = 0
    for cell, columns in _COLUMNS.items():
        yield cell, slice(start, start + len(columns))
        start += len(columns)


_PLACES = dict(_places())


class State(NamedTuple):
    """How a lead is or was: its cells' columns (COLUMNS), what staff had set, its enquiries, what
    was odd about it."""

    values: Values
    staff_values: Mapping[str, str]
    enquiry_count: int
    warnings: Sequence[Mapping[str, str]]

    def of(self, cell: str) -> Values:
        return self.values[_PLACES[cell]]

    def stamps(self, cell: str) -> Values:
        """When staff have set it; None: they have not."""
        return tuple(self.staff_values.get(name) for name in CELLS[cell])

    def differing(self, other: State, cells: Iterable[str] = CELLS) -> list[str]:
        if self.values == other.values:
            return []
        return [cell for cell in cells if self.of(cell) != other.of(cell)]


class Change(NamedTuple):
    """Somebody changed a cell afterwards."""

    user_id: int | None
    at: datetime


@dataclass
class Trace:
    """What the batch did to one lead, and who has changed that since.

    `former`: cell → how the lead was before the batch first changed it. `after`: how the batch
    left the lead. `written_at`: the times at which it did so. `is_known`: its version before the
    batch is in the history.
    """

    lead_id: int
    is_new: bool = False
    is_known: bool = True
    former: dict[str, State] = field(default_factory=dict)
    after: State | None = None
    written_at: list[datetime] = field(default_factory=list)
    later: dict[str, Change] = field(default_factory=dict)

    def contested(self, now: State) -> list[str]:
        """The cells of the batch that are no longer as it left them, or that staff have set
        anew."""
        after = self.after
        if after is None:
            return []
        cells = CELLS if self.is_new else self.former
        return [
            cell
            for cell in cells
            if now.of(cell) != after.of(cell) or now.stamps(cell) != after.stamps(cell)
        ]


def traces(versions: Iterable[Sequence[Any]], batch_id: int) -> Iterator[Trace]:
    """One trace per lead. `versions`: rows of VERSION + COLUMNS, by lead and in their order."""
    for lead_id, rows in groupby(versions, key=itemgetter(0)):
        yield _trace(lead_id, rows, batch_id)


def _trace(lead_id: int, rows: Iterable[Sequence[Any]], batch_id: int) -> Trace:
    trace, before = Trace(lead_id), None
    for row in rows:
        _id, kind, user_id, at, batch, *besides = row[: len(VERSION)]
        enquiry_count, staff_values, warnings = besides
        state = State(tuple(row[len(VERSION) :]), staff_values, enquiry_count, warnings)
        if batch == batch_id:
            _note_own(trace, before, state, is_new=kind == "+")
            trace.written_at.append(at)
        elif trace.after is not None and before is not None:
            cells = CELLS if trace.is_new else trace.former
            for cell in state.differing(before, cells):
                trace.later[cell] = Change(user_id, at)
            if state.staff_values.get(TAGS) != before.staff_values.get(TAGS):
                trace.later[TAGS] = Change(user_id, at)
        before = state
    return trace


def _note_own(trace: Trace, before: State | None, state: State, *, is_new: bool) -> None:
    trace.after = state
    if is_new:
        trace.is_new = True
    elif before is None:
        trace.is_known = False
    elif not trace.is_new:
        for cell in state.differing(before):
            trace.former.setdefault(cell, before)
