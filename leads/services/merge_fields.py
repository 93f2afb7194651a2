"""What can be chosen when two rows become one: which columns, and which side they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from leads.models.customer import Customer
from leads.models.lead import Lead

Side = Literal["kept", "merged"]

Row = TypeVar("Row", Customer, Lead)


@dataclass(frozen=True, slots=True)
class Choice:
    """Columns that only make sense together, named by the first: nobody lives in the street of
    one customer and the town of the other."""

    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.columns[0]


class UnknownChoice(ValueError):
    """A name that is no choice, or a side that is neither "kept" nor "merged"."""


def _choices(*columns: str | tuple[str, ...]) -> tuple[Choice, ...]:
    return tuple(Choice((one,) if isinstance(one, str) else one) for one in columns)


_CONTACT = _choices(
    "salutation",
    "title",
    "first_name",
    "last_name",
    "company",
    "phone",
    "mobile",
    "email",
    ("street", "postal_code", "city", "country"),
)
# Without the number at the bank: it stays where it is and leads to the customer that was kept.
OF_CUSTOMER = (*_CONTACT, *_choices("note"))
# The first ones are those that people work with.
OF_LEAD = (
    *_choices(
        ("status", "close_reason", "closed_at"),
        "owner",
        "location",
        "follow_up_at",
        ("lead_type", "lead_type_raw", "lead_type_family"),
        ("source", "campaign"),
        "category",
        "urgency",
        "subject",
        "message",
        ("vehicle", "vehicle_name", "vehicle_price", "offer_number"),
        ("test_drive_wished", "test_drive_on", "test_drive_time"),
        ("callback_wished", "callback_from", "callback_to"),
        "trade_in_wished",
        "reservation_hint",
        "customer_kind",
        ("preferred_channel", "preferred_time"),
        "expected_value",
        "probability",
        ("budget_from", "budget_to"),
        "expected_close_on",
        "desired_start_on",
        "precheck",
        (
            "finance_kind",
            "finance_interest",
            "down_payment",
            "term_months",
            "annual_mileage_km",
            "final_payment",
            "monthly_rate",
            "effective_rate",
        ),
        ("contract_number", "contract_ends_on", "contract_expiring"),
    ),
    *_CONTACT,
)
# Filled in by itself, so it says nothing about whether somebody knows the address.
_USUAL = {"country"}


def is_empty(value: Any) -> bool:
    """Nothing said; a wish that nobody ticked is none."""
    return value in ("", None, False)


def default_side(choice: Choice, kept: Row, merged: Row) -> Side:
    """The kept row's, unless the merged one knows all of that and more."""
    pairs = [
        (_value(kept, column), _value(merged, column))
        for column in choice.columns
        if column not in _USUAL
    ]
    knows_all = all(is_empty(ours) or ours == theirs for ours, theirs in pairs)
    knows_more = any(ours != theirs for ours, theirs in pairs)
    return "merged" if knows_all and knows_more else "kept"


def choose(
    choices: tuple[Choice, ...], kept: Row, merged: Row, values: Mapping[str, str]
) -> list[str]:
    """Set the kept row's columns; `values` is the name of a choice → side, what it leaves out
    takes its default. The columns that changed. Raises UnknownChoice."""
    _check(choices, values)
    changed = []
    for choice in choices:
        side = values.get(choice.name) or default_side(choice, kept, merged)
        if side == "merged":
            changed += [column for column in choice.columns if _take(column, kept, merged)]
    return changed


def _check(choices: tuple[Choice, ...], values: Mapping[str, str]) -> None:
    names = {choice.name for choice in choices}
    for name, side in values.items():
        if name not in names or side not in ("kept", "merged"):
            raise UnknownChoice(name)


def _take(column: str, kept: Row, merged: Row) -> bool:
    value = _value(merged, column)
    if _value(kept, column) == value:
        return False
    setattr(kept, _attribute(kept, column), value)
    return True


def _value(row: Row, column: str) -> Any:
    """Related rows as their numbers: no query."""
    return getattr(row, _attribute(row, column))


def _attribute(row: Row, column: str) -> str:
    attribute: str = row._meta.get_field(column).attname  # type: ignore[union-attr]
    return attribute
