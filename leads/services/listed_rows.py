"""What rows of lists say of customers and vehicles, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from leads.models.customer import Customer
from leads.models.list_import import OnExisting, RowOutcome
from leads.models.vehicle import Vehicle

R = TypeVar("R", Customer, Vehicle)


@dataclass(frozen=True, slots=True)
class Listed:
    """One row. `values`: by column, without what it leaves empty, unless it `is_exact`: then they
    are what somebody changed in a list of ours, and are taken as they are. `pk`: the one that it
    names by our own number. `on_existing`: what is to be done if it is here already. `fills`: like
    `values`, for what is empty here."""

    values: Mapping[str, Any]
    pk: int | None = None
    on_existing: OnExisting = OnExisting.UPDATE
    fills: Mapping[str, Any] = field(default_factory=dict)
    is_exact: bool = False


@dataclass(slots=True)
class Taken(Generic[R]):
    """What becomes of a row. `record`: what it names or makes; None if it is refused (BAD), for a
    `reason` that lies in `column` ("": in the whole row). Otherwise `reason` says how the record
    was recognised. `changes`: by column, before and after. `twin`: who or what it names, although
    something new is made of it."""

    outcome: RowOutcome
    record: R | None = None
    twin: R | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""
    column: str = ""

    @property
    def is_new(self) -> bool:
        return self.outcome == RowOutcome.CREATED

    @property
    def is_changed(self) -> bool:
        return self.outcome == RowOutcome.UPDATED


def refused(column: str, reason: str) -> Taken[Any]:
    return Taken(RowOutcome.BAD, reason=reason, column=column)


# Column, what stands there, what the row says: whether both mean the same.
Same = Callable[[str, Any, Any], bool]


def is_equal(_name: str, before: Any, after: Any) -> bool:
    return bool(before == after)


def applied(
    record: R,
    listed: Listed,
    *,
    reason: str,
    is_same: Same = is_equal,
    empty: tuple[Any, ...] = ("", None),
) -> Taken[R]:
    """Set what the row says differently from a record that is here, as far as it was decided so;
    the record is not stored. `empty`: values that filling in may replace."""
    if listed.on_existing == OnExisting.SKIP:
        return Taken(RowOutcome.SKIPPED, record, reason=reason)
    changes = {}
    for name, value in listed.values.items():
        before = getattr(record, name)
        is_kept = listed.on_existing == OnExisting.FILL and before not in empty
        if not is_kept and not is_same(name, before, value):
            setattr(record, name, value)
            changes[name] = (before, value)
    for name, value in listed.fills.items():
        if (before := getattr(record, name)) in empty:
            setattr(record, name, value)
            changes[name] = (before, value)
    outcome = RowOutcome.UPDATED if changes else RowOutcome.UNCHANGED
    return Taken(outcome, record, changes=changes, reason=reason)
