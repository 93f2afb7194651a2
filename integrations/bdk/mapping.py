"""BDK's words → ours. Pure: what is odd becomes a warning, what is unusable raises Unusable."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Field
from django.utils.translation import gettext as _

from integrations.bdk.schema import (
    ContractItem,
    CustomerItem,
    FinanceItem,
    Json,
    LeadItem,
    TestDriveItem,
    VehicleItem,
)
from integrations.bdk_sources import source_of
from integrations.reading import LARGEST_INTEGER, LARGEST_SMALL_INTEGER, Reader, column_of
from leads.models.contact import Salutation
from leads.models.customer import Customer
from leads.models.intake import IntakeEntry
from leads.models.keys import clean_text
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode
from leads.models.wishes import ContactChannel, FinanceKind, Precheck
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import Message, Unusable, json_of

_SENDER = "bdk:"

_SALUTATIONS = {"HERR": Salutation.MR, "FRAU": Salutation.MS, "DIVERS": Salutation.DIVERSE}
_CHANNELS = {
    "PHONE": ContactChannel.PHONE,
    "EMAIL": ContactChannel.EMAIL,
    "WHATSAPP": ContactChannel.WHATSAPP,
    "POST": ContactChannel.POST,
}
_CONDITIONS = {
    "NEW": Vehicle.Condition.NEW,
    "USED": Vehicle.Condition.USED,
    "DEMO": Vehicle.Condition.DEMO,
    "PRE_REGISTERED": Vehicle.Condition.PRE_REGISTERED,
}
_FINANCE_KINDS = {
    "CASH": FinanceKind.CASH,
    "FINANCE": FinanceKind.FINANCE,
    "LEASING": FinanceKind.LEASING,
}
_PRECHECKS = {
    "POSITIVE": Precheck.POSITIVE,
    "NEGATIVE": Precheck.NEGATIVE,
    "PERFORMED": Precheck.PERFORMED,
    "NONE": Precheck.NONE,
}

_VERSION = re.compile(r"[0-9]{1,10}")
_MAX_CONSENTS = 50


# --- messages --------------------------------------------------------------------------------


def sender_of(partner_number: str) -> str:
    return f"{_SENDER}{partner_number}"


def partner_number_of(sender: str) -> str:
    return sender.removeprefix(_SENDER)


def message_from(item: Json) -> Message:
    """An item of a page as a message for the ledger, readable or not.

    Its raw text is canonical JSON, so that the same content has the same hash in whatever order
    the properties come. It is named leadId:version:hash, or by its hash if it has no leadId.
    """
    raw = json.dumps(item, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half a character (a lone surrogate) cannot be stored; as an escape it can.
    raw = raw.encode("utf-8", "backslashreplace").decode()
    digest = hashlib.sha256(raw.encode()).hexdigest()
    lead_id = _lead_id(item.get("leadId")) if isinstance(item, dict) else ""
    if not lead_id:
        return Message(message_id=digest, raw=raw)
    version = _version(item.get("version")) or 1
    return Message(message_id=f"{lead_id}:{version}:{digest}", raw=raw, outside_id=lead_id)


def version_in(message_id: str) -> int:
    """The version within the name of a message; 0 if it has no leadId."""
    _name, *rest = message_id.rsplit(":", 2)
    return int(rest[0]) if rest else 0


def _lead_id(value: Json) -> str:
    """The id as we can store and repeat it, or ""."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value) > 64 or clean_text(value) != value:
        return ""
    return value


def _version(value: Json) -> int | None:
    """1 if none is given, None if it is not a number from 1."""
    if value is None:
        return 1
    if isinstance(value, str) and _VERSION.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 1 <= value <= LARGEST_INTEGER else None


# --- leads -----------------------------------------------------------------------------------


def parse(entry: IntakeEntry) -> LeadDraft:
    """A booked message as a draft; raises Unusable."""
    return lead_draft(
        json_of(entry),
        partner_number=partner_number_of(entry.sender),
        content_hash=entry.content_hash,
        received_at=entry.received_at,
    )


def lead_draft(
    data: Json, *, partner_number: str, content_hash: str, received_at: datetime
) -> LeadDraft:
    """A raw item as a draft. `partner_number` is the one it was fetched for, `received_at` the
    moment it was booked. Raises Unusable (contract §4.7, rules 4 and 7)."""
    item = _usable_item(data, partner_number)
    read = Reader()
    lead_type = _lead_type(item, read)
    customer = read.section(item.customer, "customer", CustomerItem)
    return LeadDraft(
        sender=sender_of(partner_number),
        external_id=_lead_id(item.lead_id),
        version=_version(item.version) or 1,
        content_hash=content_hash,
        is_complete=True,
        location=partner_number,
        lead_type=lead_type,
        source=source_of(lead_type),
        contact=_contact(customer, read),
        preferred_channel=read.choice(
            customer.preferred_channel, _lead_column("preferred_channel"), _CHANNELS
        ),
        preferred_time=read.text(customer.preferred_time, _lead_column("preferred_time")),
        vehicle=_vehicle(read.section(item.vehicle, "vehicle", VehicleItem), read),
        message=read.text(item.comment, _lead_column("message"), multiline=True),
        campaign=_campaign(item.campaign, read),
        consents=tuple(_consents(item.consents, read)),
        is_test=item.is_test is True or item.is_test == "true",
        enquired_at=read.asked_at(item.created_at, received_at),
        **_test_drive(item.test_drive, read),
        **_callback(item.callback, read),
        **_money_matters(item, read),
        warnings=tuple(dict.fromkeys(read.warnings)),
    )


def _usable_item(data: Json, partner_number: str) -> LeadItem:
    if not isinstance(data, dict):
        raise Unusable(_("This is a single value, not a lead."))
    item = LeadItem.from_payload(data)
    if not _lead_id(item.lead_id):
        raise Unusable(_("It has no usable leadId, so it cannot be acknowledged either."))
    if _version(item.version) is None:
        raise Unusable(_("Its version is not a number."))
    if item.partnernummer not in (None, "", partner_number):
        raise Unusable(
            _("It belongs to another Partnernummer than %(number)s, for which it was fetched.")
            % {"number": partner_number}
        )
    if not isinstance(item.customer, dict):
        raise Unusable(_("It has no customer."))
    return item


def _lead_type(item: LeadItem, read: Reader) -> str:
    """Trimmed and in lower case. Of the two spellings of the property the right one wins."""
    column = _lead_column("lead_type_raw")
    proper = read.text(item.bdk_lead_type_id, column).lower()
    misread = read.text(item.misread_lead_type_id, column).lower()
    if proper and misread and proper != misread:
        read.warn(WarningCode.TYPE_SPELLINGS_DIFFER, f"{proper}, {misread}", "lead_type")
    return proper or misread


def _contact(customer: CustomerItem, read: Reader) -> ContactDraft:
    country = read.country(customer.country)
    street = read.text(customer.street, _lead_column("street"))
    house_number = read.text(customer.house_number, _lead_column("street"))
    phone, mobile = read.phones(customer.phone, customer.mobile)
    email = read.email(customer.email)
    if email and not phone and not mobile:
        read.warn(WarningCode.NO_PHONE)
    return ContactDraft(
        salutation=read.choice(customer.salutation, _lead_column("salutation"), _SALUTATIONS),
        title=read.text(customer.title, _lead_column("title")),
        first_name=read.text(customer.first_name, _lead_column("first_name")),
        last_name=read.text(customer.last_name, _lead_column("last_name")),
        company=read.text(customer.company, _lead_column("company")),
        email=email,
        phone=phone,
        mobile=mobile,
        street=read.text(f"{street} {house_number}", _lead_column("street")),
        postal_code=read.postal_code(customer.postal_code, country or "DE"),
        city=read.text(customer.city, _lead_column("city")),
        country=country,
        external_number=read.code(
            customer.bdk_customer_number, column_of(Customer, "external_number")
        ),
    )


def _vehicle(vehicle: VehicleItem, read: Reader) -> VehicleDraft:
    column = partial(column_of, Vehicle)
    price = read.money(vehicle.price, column("price"))
    currency = read.cleaned(vehicle.currency, "price").upper() or "EUR"
    if price is not None and currency != "EUR":
        read.warn(WarningCode.VALUE_UNKNOWN, currency, "price")
        price = None
    return VehicleDraft(
        internal_number=read.code(vehicle.internal_number, column("internal_number")),
        vin=read.code(vehicle.vin, column("vin")).upper(),
        make=read.text(vehicle.make, column("make")),
        model=read.text(vehicle.model, column("model")),
        variant=read.text(vehicle.variant, column("variant")),
        condition=read.choice(vehicle.condition, column("condition"), _CONDITIONS),
        first_registration=read.month(vehicle.first_registration, column("first_registration")),
        mileage_km=read.whole(vehicle.mileage_km, column("mileage_km")),
        power_kw=read.whole(vehicle.power_kw, column("power_kw"), largest=LARGEST_SMALL_INTEGER),
        fuel=read.text(vehicle.fuel, column("fuel")),
        price=price,
        url=read.url(vehicle.url, column("url")),
        offer_number=read.code(vehicle.offer_id, _lead_column("offer_number")),
    )


def _campaign(value: Json, read: Reader) -> str:
    """ "Frühjahrsaktion Gebrauchtwagen (KMP-2026-03)" """
    column = _lead_column("campaign")
    if not isinstance(value, dict):
        return read.text(value, column)
    name, number = read.text(value.get("name"), column), read.text(value.get("id"), column)
    return read.text(f"{name} ({number})" if name and number else name or number, column)


def _consents(value: Json, read: Reader) -> Iterator[Mapping[str, Any]]:
    """Each as {"purpose", "granted", "granted_at", "text"}; only a plain true is a consent."""
    if value is None:
        return
    if not isinstance(value, list):
        read.warn(WarningCode.VALUE_UNKNOWN, value, "consents")
        return
    for consent in value[:_MAX_CONSENTS]:
        if not isinstance(consent, dict):
            read.warn(WarningCode.VALUE_UNKNOWN, consent, "consents")
            continue
        granted_at = read.moment(consent.get("grantedAt"), "consents")
        yield {
            "purpose": read.cleaned(consent.get("purpose"), "consents").lower(),
            "granted": consent.get("granted") is True,
            "granted_at": granted_at.isoformat() if granted_at else None,
            "text": read.cleaned(consent.get("text"), "consents", multiline=True),
        }


def _test_drive(value: Json, read: Reader) -> dict[str, Any]:
    wish = read.section(value, "test_drive_wished", TestDriveItem)
    return {
        "test_drive_wished": True if _is_given(value) else None,
        "test_drive_on": read.day(wish.wished_date, "test_drive_on"),
        "test_drive_time": read.text(wish.wished_time, _lead_column("test_drive_time")),
    }


def _callback(value: Json, read: Reader) -> dict[str, Any]:
    window = value if isinstance(value, dict) else {}
    if value is not None and not isinstance(value, dict):
        read.warn(WarningCode.VALUE_UNKNOWN, value, "callback_wished")
    return {
        "callback_wished": True if _is_given(value) else None,
        "callback_from": read.moment(window.get("from"), "callback_from"),
        "callback_to": read.moment(window.get("to"), "callback_to"),
    }


def _is_given(value: Json) -> bool:
    return isinstance(value, dict) and bool(value)


def _money_matters(item: LeadItem, read: Reader) -> dict[str, Any]:
    """Payment, pre-check and the expiring contract."""
    finance = read.section(item.finance, "finance_kind", FinanceItem)
    contract = read.section(item.contract, "contract_number", ContractItem)
    column = _lead_column
    kind = read.choice(finance.kind, column("finance_kind"), _FINANCE_KINDS)
    contract_kind = read.choice(contract.kind, column("finance_kind"), _FINANCE_KINDS)
    final_payment = read.money(finance.final_payment, column("final_payment"))
    if final_payment is None:
        final_payment = read.money(contract.final_payment, column("final_payment"))
    return {
        "finance_kind": kind or contract_kind,
        "finance_interest": kind != FinanceKind.CASH if kind else None,
        "precheck": _precheck(finance.precheck, read),
        "down_payment": read.money(finance.down_payment, column("down_payment")),
        "term_months": read.whole(
            finance.term_months, column("term_months"), largest=LARGEST_SMALL_INTEGER
        ),
        "annual_mileage_km": read.whole(finance.annual_mileage_km, column("annual_mileage_km")),
        "final_payment": final_payment,
        "monthly_rate": read.money(finance.monthly_rate, column("monthly_rate")),
        "effective_rate": read.money(finance.effective_rate_percent, column("effective_rate")),
        "contract_number": read.text(contract.contract_number, column("contract_number")),
        "contract_ends_on": read.day(contract.end_date, "contract_ends_on"),
    }


def _precheck(value: Json, read: Reader) -> str:
    result = value.get("result") if isinstance(value, dict) else value
    return read.choice(result, _lead_column("precheck"), _PRECHECKS)


def _lead_column(name: str) -> Field[Any, Any]:
    return column_of(Lead, name)
