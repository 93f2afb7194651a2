"""Which columns of a lead a change empties: null, empty text and empty lists mean "not known"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Path in a change → the columns of the lead that hold it. What is left out here cannot be emptied
# (status, source) or is only ever added (note).
_COLUMNS: dict[str, tuple[str, ...]] = {
    "subject": ("subject",),
    "contact.salutation": ("salutation",),
    "contact.title": ("title",),
    "contact.first_name": ("first_name",),
    "contact.last_name": ("last_name",),
    "contact.name": ("first_name", "last_name"),
    "contact.company": ("company",),
    "contact.email": ("email",),
    "contact.phone": ("phone",),
    "contact.mobile": ("mobile",),
    "customer.id": ("customer",),
    "address.street": ("street",),
    "address.postal_code": ("postal_code",),
    "address.city": ("city",),
    "address.country": ("country",),
    "close_reason": ("close_reason",),
    "category": ("category",),
    "tags": ("tags",),
    "location": ("location",),
    "lead_type": ("lead_type", "lead_type_raw", "lead_type_family"),
    "expected_value": ("expected_value",),
    "probability": ("probability",),
    "urgency": ("urgency",),
    "owner": ("owner",),
    "follow_up_on": ("follow_up_at",),
    "follow_up_at": ("follow_up_at",),
    "expected_close_on": ("expected_close_on",),
    "desired_start_on": ("desired_start_on",),
    "budget_from": ("budget_from",),
    "budget_to": ("budget_to",),
    "message": ("message",),
    "campaign": ("campaign",),
    "vehicle.internal_number": ("vehicle",),
    "vehicle.vin": ("vehicle",),
    "vehicle.model": ("vehicle_name",),
    "vehicle.price": ("vehicle_price",),
    "vehicle.offer_number": ("offer_number",),
    "wishes.test_drive": ("test_drive_wished",),
    "wishes.test_drive_on": ("test_drive_on",),
    "wishes.test_drive_time": ("test_drive_time",),
    "wishes.callback": ("callback_wished",),
    "wishes.callback_from": ("callback_from",),
    "wishes.callback_to": ("callback_to",),
    "wishes.trade_in": ("trade_in_wished",),
    "wishes.finance_kind": ("finance_kind",),
    "wishes.finance_interest": ("finance_interest",),
    "wishes.down_payment": ("down_payment",),
    "wishes.term_months": ("term_months",),
    "wishes.annual_mileage_km": ("annual_mileage_km",),
    "wishes.final_payment": ("final_payment",),
    "wishes.monthly_rate": ("monthly_rate",),
    "wishes.contract_number": ("contract_number",),
    "wishes.contract_ends_on": ("contract_ends_on",),
    "wishes.preferred_channel": ("preferred_channel",),
    "wishes.preferred_time": ("preferred_time",),
    "consents": ("consents",),
    "custom_values": ("custom_values",),
    "is_test": ("is_test",),
}
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def cleared_columns(fields: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns that a valid change empties. A list of all tags empties first: those that are
    not in it go. An object that is null empties everything in it."""
    columns = [column for path in _emptied(fields) for column in _under(path)]
    return tuple(dict.fromkeys(columns))


def _emptied(fields: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in fields.items():
        path = f"{above}{name}"
        if value in _NOTHING or path == "tags" or (path == "is_test" and value is False):
            yield path
        elif isinstance(value, dict) and path != "custom_values":
            yield from _emptied(value, f"{path}.")


def _under(path: str) -> Iterator[str]:
    for known, columns in _COLUMNS.items():
        if known == path or known.startswith(f"{path}."):
            yield from columns
