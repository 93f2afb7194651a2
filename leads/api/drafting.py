"""Validated fields of a request → LeadDraft. Pure: no database, no clock.

What is merely odd becomes a warning; its `field` is the canonical path in the request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from leads.api.clearing import cleared_columns
from leads.models.warning import WarningCode
from leads.services.contact_reading import (
    place_phones,
    read_email,
    read_phones,
    read_postal_code,
)
from leads.services.drafts import ContactDraft, DraftWarning, LeadDraft, VehicleDraft
from leads.services.german_values import parse_datetime
from leads.services.person_names import split_name

# A follow-up given as a day is due when the office opens.
_FOLLOW_UP_AT = time(9)
# Clocks differ a little; what lies further ahead is an error of the sender.
_CLOCK_DIFFERENCE = timedelta(minutes=5)

_TEXTS = (
    "external_id",
    "subject",
    "message",
    "note",
    "status",
    "close_reason",
    "source",
    "category",
    "location",
    "urgency",
    "campaign",
)
_VALUES = (
    "expected_value",
    "expected_close_on",
    "desired_start_on",
)
_WISHED = {"test_drive": "test_drive_wished", "callback": "callback_wished"}
_WISHED |= {"trade_in": "trade_in_wished"}
_WISH_TEXTS = (
    "test_drive_time",
    "finance_kind",
    "contract_number",
    "preferred_channel",
    "preferred_time",
)
_WISH_VALUES = (
    "test_drive_on",
    "callback_from",
    "callback_to",
    "finance_interest",
    "down_payment",
    "term_months",
    "annual_mileage_km",
    "final_payment",
    "monthly_rate",
    "contract_ends_on",
)

Fields = Mapping[str, Any]


def draft_lead(
    fields: Fields,
    *,
    sender: str,
    now: datetime,
    content_hash: str = "",
    creates_entries: bool = True,
    overrides_staff: bool = False,
) -> LeadDraft:
    """The draft of a valid LeadCreateSerializer; see there for the fields."""
    warnings: list[DraftWarning] = []
    budget_from, budget_to = _budget(fields, warnings)
    texts: dict[str, Any] = {name: _text(fields, name) for name in _TEXTS}
    values: dict[str, Any] = {name: fields.get(name) for name in _VALUES}
    return LeadDraft(
        sender=sender,
        content_hash=content_hash,
        creates_entries=creates_entries,
        overrides_staff=overrides_staff,
        changed_at=_not_in_future(fields, "changed_at", warnings, now),
        contact=_contact(fields, warnings),
        customer_id=(fields.get("customer") or {}).get("id"),
        vehicle=_vehicle(fields.get("vehicle") or {}, warnings),
        tags=_tags(fields.get("tags") or []),
        owner_email=_text(fields, "owner"),
        lead_type=_text(fields, "lead_type").lower(),
        probability=_probability(fields, warnings),
        budget_from=budget_from,
        budget_to=budget_to,
        follow_up_at=_follow_up_at(fields),
        consents=tuple(map(_consent, fields.get("consents") or [])),
        custom_values=fields.get("custom_values") or {},
        is_test=bool(fields.get("is_test")),
        enquired_at=_not_in_future(fields, "enquired_at", warnings, now),
        **texts,
        **values,
        **_wishes(fields.get("wishes") or {}),
        warnings=tuple(warnings),
    )


def draft_change(
    fields: Fields, *, sender: str, now: datetime, creates_entries: bool = True
) -> LeadDraft:
    """The draft of a valid LeadChangeSerializer: what shall be different about a lead."""
    draft = draft_lead(fields, sender=sender, now=now, creates_entries=creates_entries)
    return replace(
        draft,
        tags=draft.tags + _tags(fields.get("tags_add") or []),
        removed_tags=_tags(fields.get("tags_remove") or []),
        cleared=cleared_columns(fields),
    )


def _text(fields: Fields, name: str) -> str:
    return fields.get(name) or ""


def _contact(fields: Fields, warnings: list[DraftWarning]) -> ContactDraft:
    """Contact, customer and address in one; the contact's own words win over the customer's,
    and names given apart win over a name in one piece."""
    contact: Fields = fields.get("contact") or {}
    customer: Fields = fields.get("customer") or {}
    address: Fields = fields.get("address") or {}
    names = {
        name: _text(contact, name) or _text(customer, name)
        for name in ("salutation", "title", "first_name", "last_name", "company")
    }
    in_one_piece = split_name(_text(contact, "name"))
    has_person = names["first_name"] or names["last_name"]
    for name, value in in_one_piece._asdict().items():
        if not (has_person and name in ("first_name", "last_name")):
            names[name] = names[name] or value[: _MAX_NAME_PART[name]]
    phone, mobile = _phones(contact, warnings)
    country = _text(address, "country").strip().upper()
    return ContactDraft(
        **names,
        email=_email(contact, warnings),
        phone=phone,
        mobile=mobile,
        street=_text(address, "street"),
        postal_code=_postal_code(address, country or "DE", warnings),
        city=_text(address, "city"),
        country=country,
    )


_MAX_NAME_PART = {
    "salutation": 10,
    "title": 40,
    "first_name": 100,
    "last_name": 100,
    "company": 200,
}


def _email(contact: Fields, warnings: list[DraftWarning]) -> str:
    written = _text(contact, "email")
    email, odd = read_email(written)
    if odd:
        warnings.append(DraftWarning(odd, written, "contact.email"))
    return email


def _phones(contact: Fields, warnings: list[DraftWarning]) -> tuple[str, str]:
    """(phone, mobile) as written; what finds no place stands in the warning."""
    read = {name: read_phones(_text(contact, name)) for name in ("phone", "mobile")}
    for name, (_numbers, odd) in read.items():
        if odd:
            warnings.append(DraftWarning(odd, _text(contact, name), f"contact.{name}"))
    phone, mobile, _left = place_phones(read["phone"].numbers, read["mobile"].numbers)
    return phone, mobile


def _postal_code(address: Fields, country: str, warnings: list[DraftWarning]) -> str:
    written = _text(address, "postal_code")
    code, odd = read_postal_code(written, country=country)
    if odd:
        warnings.append(DraftWarning(odd, written, "address.postal_code"))
    return code


def _vehicle(vehicle: Fields, warnings: list[DraftWarning]) -> VehicleDraft:
    vin = _text(vehicle, "vin").replace(" ", "").upper()
    if vin and (len(vin) != 17 or not vin.isalnum()):
        warnings.append(DraftWarning(WarningCode.VALUE_UNKNOWN, vin, "vehicle.vin"))
    texts = ("internal_number", "make", "model", "variant", "condition", "fuel", "url")
    return VehicleDraft(
        vin=vin,
        first_registration=_year_and_month(_text(vehicle, "first_registration").strip()),
        mileage_km=vehicle.get("mileage_km"),
        power_kw=vehicle.get("power_kw"),
        price=vehicle.get("price"),
        offer_number=_text(vehicle, "offer_number"),
        **{name: _text(vehicle, name) for name in texts},
    )


def _year_and_month(text: str) -> str:
    """ "05/2024" → "2024-05"; the serializer lets only these two forms pass."""
    return text if text[4:5] in ("-", "") else f"{text[3:]}-{text[:2]}"


def _tags(tags: list[str]) -> tuple[str, ...]:
    """Each once, whatever its case; the first spelling stays."""
    unique: dict[str, str] = {}
    for tag in filter(None, tags):
        unique.setdefault(tag.casefold(), tag)
    return tuple(unique.values())


def _probability(fields: Fields, warnings: list[DraftWarning]) -> int | None:
    percent = fields.get("probability")
    if percent is None:
        return None
    if percent.was_share:
        warnings.append(
            DraftWarning(WarningCode.PROBABILITY_AS_SHARE, f"{percent.value} %", "probability")
        )
    return percent.value


def _budget(fields: Fields, warnings: list[DraftWarning]) -> tuple[Decimal | None, Decimal | None]:
    low, high = fields.get("budget_from"), fields.get("budget_to")
    if low is not None and high is not None and low > high:
        warnings.append(
            DraftWarning(WarningCode.RANGE_SWAPPED, f"{low:.0f} – {high:.0f}", "budget_from")
        )
        return high, low
    return low, high


def _follow_up_at(fields: Fields) -> datetime | None:
    if day := fields.get("follow_up_on"):
        return parse_datetime(day, time_of_day=_FOLLOW_UP_AT)
    return fields.get("follow_up_at")


def _not_in_future(
    fields: Fields, name: str, warnings: list[DraftWarning], now: datetime
) -> datetime | None:
    """None where nothing is said; nobody has asked or changed anything tomorrow."""
    moment = fields.get(name)
    if moment and moment > now + _CLOCK_DIFFERENCE:
        shown = moment.astimezone(UTC).isoformat()
        warnings.append(DraftWarning(WarningCode.TIME_IN_FUTURE, shown, name))
        return None
    return moment


def _wishes(wishes: Fields) -> dict[str, Any]:
    return {
        **{column: wishes.get(name) for name, column in _WISHED.items()},
        **{name: _text(wishes, name) for name in _WISH_TEXTS},
        **{name: wishes.get(name) for name in _WISH_VALUES},
    }


def _consent(consent: Fields) -> dict[str, Any]:
    """As stored on the lead, whatever channel it came by."""
    return {
        "purpose": consent["purpose"].lower(),
        "granted": consent["granted"],
        "granted_at": consent["at"].isoformat() if consent.get("at") else None,
        "text": _text(consent, "text"),
        "version": _text(consent, "version"),
    }
