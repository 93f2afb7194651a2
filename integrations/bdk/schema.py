"""What BDK sends and takes, in BDK's own words (contract §4.2 to §4.5).

A tolerant reader: unknown properties are ignored, values are kept as they came and judged by
mapping.py. Only answers of the wrong shape as a whole are refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from django.utils.translation import gettext as _

from integrations.http import PartnerRefused

# Any JSON value: nobody has promised us types.
Json = Any

_LIST_NAMES = ("leads", "content", "items")
_MAX_CURSOR = 2000  # characters
_MAX_SITE = 20
_HUMP = re.compile(r"_([a-z])")


# --- pages -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadPage:
    """One page of raw items, and where the next one begins."""

    items: Sequence[Json]
    next_cursor: str = ""
    has_more: bool = False

    @classmethod
    def from_payload(cls, data: Json, *, partner_number: str) -> Self:
        if not isinstance(data, dict):
            raise PartnerRefused(_("The answer of BDK is not a page of leads."))
        items = next((data[name] for name in _LIST_NAMES if name in data), None)
        if not isinstance(items, list):
            raise PartnerRefused(_("The answer of BDK holds no list of leads."))
        # Items without a number of their own would land at a location they are not meant for.
        if data.get("partnernummer") not in (None, partner_number):
            raise PartnerRefused(_("BDK answered with leads of another Partnernummer."))
        cursor = data.get("nextCursor")
        if cursor is not None and (not isinstance(cursor, str) or len(cursor) > _MAX_CURSOR):
            raise PartnerRefused(_("BDK sent a cursor that cannot be used."))
        return cls(items=items, next_cursor=cursor or "", has_more=data.get("hasMore") is True)


def pushed_items(data: dict[str, Json]) -> list[Json]:
    """What BDK brings at once: a list like that of a page, or one lead as it is."""
    lists = (data[name] for name in _LIST_NAMES if isinstance(data.get(name), list))
    return next(lists, [data])


def site_named(item: Json, envelope: dict[str, Json]) -> str:
    """The Partnernummer that a pushed item is meant for, as it or what it came in says; "" if none
    does so usably. Whether it is one of the dealer's is up to others."""
    said = item.get("partnernummer") if isinstance(item, dict) else None
    said = said or envelope.get("partnernummer")
    is_usable = isinstance(said, str) and len(said) <= _MAX_SITE and said.isalnum()
    return str(said) if is_usable else ""


# --- leads -----------------------------------------------------------------------------------


class _Section:
    """Reads the properties that the dataclass names; snake_case here is camelCase there."""

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        return cls(**{one.name: data.get(_camel(one.name)) for one in fields(cls)})  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class CustomerItem(_Section):
    salutation: Json = None  # HERR, FRAU, DIVERS
    title: Json = None
    first_name: Json = None
    last_name: Json = None
    company: Json = None
    email: Json = None
    phone: Json = None
    mobile: Json = None
    street: Json = None
    house_number: Json = None
    postal_code: Json = None
    city: Json = None
    country: Json = None  # ISO 3166 alpha-2
    preferred_channel: Json = None  # PHONE, EMAIL, WHATSAPP, POST
    preferred_time: Json = None
    bdk_customer_number: Json = None


@dataclass(frozen=True, kw_only=True)
class VehicleItem(_Section):
    offer_id: Json = None
    internal_number: Json = None
    vin: Json = None
    make: Json = None
    model: Json = None
    variant: Json = None
    condition: Json = None  # NEW, USED, DEMO, PRE_REGISTERED
    first_registration: Json = None  # YYYY-MM
    mileage_km: Json = None
    power_kw: Json = None
    fuel: Json = None
    price: Json = None  # decimal as text
    currency: Json = None
    url: Json = None


@dataclass(frozen=True, kw_only=True)
class FinanceItem(_Section):
    kind: Json = None  # CASH, FINANCE, LEASING
    down_payment: Json = None
    term_months: Json = None
    annual_mileage_km: Json = None
    final_payment: Json = None
    monthly_rate: Json = None
    effective_rate_percent: Json = None
    precheck: Json = None  # {"result": POSITIVE, NEGATIVE, PERFORMED, NONE, "checkedAt"}


@dataclass(frozen=True, kw_only=True)
class TestDriveItem(_Section):
    __test__ = False  # pytest takes the name for its own

    wished_date: Json = None
    wished_time: Json = None


@dataclass(frozen=True, kw_only=True)
class ContractItem(_Section):
    contract_number: Json = None
    kind: Json = None
    end_date: Json = None
    final_payment: Json = None


@dataclass(frozen=True, kw_only=True)
class LeadItem(_Section):
    """One lead. The sections are raw here; mapping.py reads those that are objects."""

    lead_id: Json = None
    version: Json = None
    bdk_lead_type_id: Json = None
    partnernummer: Json = None
    created_at: Json = None
    is_test: Json = None
    customer: Json = None
    vehicle: Json = None
    finance: Json = None
    test_drive: Json = None
    callback: Json = None  # {"from", "to"}
    contract: Json = None
    campaign: Json = None  # {"id", "name"}
    comment: Json = None
    consents: Json = None  # [{"purpose", "granted", "grantedAt", "text"}]
    # The same property with a small L for the last capital I, as BDK's own paper prints it.
    misread_lead_type_id: Json = None

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        return super().from_payload({**data, "misreadLeadTypeId": data.get("bdkLeadTypeld")})


def _camel(name: str) -> str:
    return _HUMP.sub(lambda match: match[1].upper(), name)


# --- receipts and status events --------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadReceipt:
    """What became of one version of a lead. `result` is STORED or REJECTED."""

    lead_id: str
    version: int
    result: str
    received_at: datetime
    crm_reference: str = ""
    reason_code: str = ""
    reason: str = ""

    def to_payload(self) -> dict[str, Json]:
        payload: dict[str, Json] = {
            "leadId": self.lead_id,
            "version": self.version,
            "result": self.result,
            "receivedAt": self.received_at.isoformat(timespec="seconds"),
        }
        optional = {
            "crmReference": self.crm_reference,
            "reasonCode": self.reason_code,
            "reason": self.reason,
        }
        return payload | {name: value for name, value in optional.items() if value}


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptResult:
    """BDK's answer to one receipt: ACKNOWLEDGED, ALREADY_ACKNOWLEDGED, UNKNOWN_LEAD."""

    lead_id: str
    version: int
    status: str

    @classmethod
    def list_from_payload(cls, data: Json) -> list[Self]:
        results = data.get("results") if isinstance(data, dict) else None
        if not isinstance(results, list):
            raise PartnerRefused(_("BDK's answer to the receipts holds no results."))
        return [cls._from_payload(result) for result in results if isinstance(result, dict)]

    @classmethod
    def _from_payload(cls, data: dict[str, Json]) -> Self:
        version = data.get("version")
        return cls(
            lead_id=str(data.get("leadId")),
            version=version if isinstance(version, int) else 1,
            status=str(data.get("status"))[:40],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusEvent:
    """How far a lead is, in BDK's steps (RECEIVED, CONTACTED, WON …); no free text by default."""

    event_id: UUID
    status: str
    occurred_at: datetime
    reason_code: str | None = None
    comment: str | None = field(default=None, repr=False)

    def to_payload(self) -> dict[str, Json]:
        return {
            "status": self.status,
            "reasonCode": self.reason_code,
            "occurredAt": self.occurred_at.isoformat(timespec="seconds"),
            "comment": self.comment,
        }
