"""The demo's intake ledger: each lead as it came in, and a few messages that were no use."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _

from integrations.bdk.mapping import lead_draft, message_from, sender_of
from leads import models
from leads.management.demo.enquiry import Enquiry
from leads.management.demo.office import Office
from leads.management.demo.times import Calendar
from leads.models import Channel, IntakeEntry, Lead, Outcome
from leads.services.intake import Message, Unusable

# Items of a BDK page that are no use; why, says the mapping.
_USELESS_ITEMS: tuple[Any, ...] = (
    {
        "leadId": "DLC-2026-590001",
        "version": 1,
        "bdkLeadTypeId": "1a",
        "partnernummer": "0099999",
        "createdAt": "2026-01-12T09:30:00+01:00",
        "customer": {"lastName": "Fährmann", "email": "verirrt@example.org"},
    },
    {
        "leadId": "DLC-2026-590002",
        "version": 1,
        "bdkLeadTypeId": "7a",
        "createdAt": "2026-01-13T18:05:00+01:00",
        "customer": None,
        "comment": "Bitte um Rückruf",
    },
    {
        "version": 1,
        "bdkLeadTypeId": "8c",
        "createdAt": "2026-01-14T11:20:00+01:00",
        "customer": {"firstName": "Jörg", "lastName": "Süß", "email": "ohne.nummer@example.org"},
    },
    "Wartungsfenster am Sonntag zwischen 2 und 4 Uhr",
    {"leadId": "DLC-2026-590005", "version": "zwei", "customer": {"lastName": "Grünwald"}},
)
# Calls of the API that were answered with an error.
_REJECTED_BODIES = (
    ({"titel": "Probefahrt mit dem Corsa", "farbe": "blau"}, "farbe: ", _("Unknown field.")),
    (
        {"external_id": "WEB-990002", "titel": "", "kontakt": {}},
        "",
        _("Give at least a subject or contact data that can be used."),
    ),
)


class Ledger:
    """The entries of one dealer, not stored."""

    def __init__(self, office: Office) -> None:
        self.entries: list[IntakeEntry] = []
        self.enquiries: list[models.Enquiry] = []
        self._office = office

    def write_leads(self, enquiries: Iterable[Enquiry]) -> None:
        """The message that each lead was made from; its enquiry remembers the hash."""
        for enquiry in enquiries:
            lead, origin = enquiry.lead, enquiry.origin
            message = _message(enquiry)
            stored = _stored(lead, origin.channel, message)
            stored.reason = enquiry.recognised()
            self.enquiries.append(stored)
            entry = self._add(message, origin.channel, origin.sender, at=lead.received_at)
            entry.outcome, entry.reason = Outcome.CREATED, enquiry.recognised()
            entry.lead = lead

    def write_useless(self, calendar: Calendar) -> None:
        """Messages of the last days that no lead could be made of."""
        number = self._office.company.places[0].bdk_partner_number
        for days_ago, item in enumerate(_USELESS_ITEMS, start=1):
            at = calendar.on(-days_ago, 6 + days_ago, 10 * days_ago)
            entry = self._add(message_from(item), Channel.BDK, sender_of(number), at=at)
            entry.outcome, entry.reason = Outcome.QUARANTINED, _complaint(item, number, at)
        for days_ago, (body, field, sentence) in enumerate(_REJECTED_BODIES, start=2):
            raw = json.dumps(body, ensure_ascii=False)
            message = Message(message_id=f"rejected {days_ago}", raw=raw)
            at = calendar.on(-days_ago, 20, 15)
            entry = self._add(message, Channel.API, "api:website", at=at)
            entry.outcome, entry.reason = Outcome.REJECTED, f"{field}{sentence}"

    def _add(self, message: Message, channel: str, sender: str, *, at: datetime) -> IntakeEntry:
        entry = IntakeEntry(
            dealer=self._office.dealer,
            channel=channel,
            sender=sender,
            message_id=message.message_id,
            outside_id=message.outside_id,
            content_hash=message.content_hash,
            raw=message.raw,
            received_at=at,
            last_received_at=at,
            processed_at=at,
            attempts=1,
        )
        self.entries.append(entry)
        return entry


def _stored(lead: Lead, channel: str, message: Message) -> models.Enquiry:
    return models.Enquiry(
        dealer=lead.dealer,
        lead=lead,
        sender=lead.sender,
        external_id=lead.external_id,
        content_hash="" if channel == Channel.MANUAL else message.content_hash,
        source=lead.source,
        lead_type=lead.lead_type,
        vehicle=lead.vehicle,
        vehicle_name=lead.vehicle_name,
        subject=lead.subject,
        message=lead.message,
        campaign=lead.campaign,
        enquired_at=lead.enquired_at,
        received_at=lead.received_at,
    )


def _complaint(item: Any, number: str, at: datetime) -> str:
    try:
        lead_draft(item, partner_number=number, content_hash="", received_at=at)
    except Unusable as error:
        return str(error)
    raise AssertionError("a lead could have been made of this")


def _message(enquiry: Enquiry) -> Message:
    lead, origin = enquiry.lead, enquiry.origin
    if origin.channel == Channel.BDK:
        return message_from(_filled(_bdk_item(enquiry)))
    raw = json.dumps(_filled(_api_body(lead)), cls=DjangoJSONEncoder, ensure_ascii=False)
    # Its sender's number names a lead; what is typed by hand is named by its form.
    return Message(
        message_id=lead.external_id or f"form {lead.number}", raw=raw, outside_id=lead.external_id
    )


def _bdk_item(enquiry: Enquiry) -> dict[str, Any]:
    """The lead in BDK's words (contract §4.3)."""
    lead = enquiry.lead
    return {
        "leadId": lead.external_id,
        "version": 1,
        "bdkLeadTypeId": lead.lead_type_raw,
        "partnernummer": lead.sender.removeprefix("bdk:"),
        "createdAt": lead.enquired_at.isoformat(timespec="seconds"),
        "isTest": lead.is_test,
        "customer": _bdk_customer(lead),
        "vehicle": _bdk_vehicle(lead),
        "finance": {
            "kind": lead.finance_kind.upper(),
            "downPayment": _text(lead.down_payment),
            "termMonths": lead.term_months,
            "annualMileageKm": lead.annual_mileage_km,
            "finalPayment": None if lead.contract_expiring else _text(lead.final_payment),
            "monthlyRate": _text(lead.monthly_rate),
            "effectiveRatePercent": _text(lead.effective_rate),
            "precheck": {"result": lead.precheck.upper()},
        },
        "testDrive": {
            "wishedDate": _text(lead.test_drive_on),
            "wishedTime": lead.test_drive_time,
        },
        "callback": {"from": _moment(lead.callback_from), "to": _moment(lead.callback_to)},
        "contract": {
            "contractNumber": lead.contract_number,
            "endDate": _text(lead.contract_ends_on),
            "finalPayment": _text(lead.final_payment) if lead.contract_expiring else None,
        },
        "campaign": {"name": lead.campaign},
        "comment": lead.message,
        "consents": [
            {
                "purpose": str(consent["purpose"]).upper(),
                "granted": True,
                "grantedAt": consent["granted_at"],
                "text": consent["text"],
            }
            for consent in lead.consents
        ],
    }


def _bdk_customer(lead: Lead) -> dict[str, Any]:
    street, _blank, house_number = lead.street.rpartition(" ")
    invalid = [one["value"] for one in lead.warnings if one["code"] == "email_invalid"]
    return {
        "salutation": {"mr": "HERR", "ms": "FRAU"}.get(lead.salutation),
        "title": lead.title,
        "firstName": lead.first_name,
        "lastName": lead.last_name,
        "company": lead.company,
        "email": lead.email or "".join(invalid),
        "phone": lead.phone,
        "mobile": lead.mobile,
        "street": street,
        "houseNumber": house_number,
        "postalCode": lead.postal_code,
        "city": lead.city,
        "country": lead.country,
        "preferredChannel": lead.preferred_channel.upper(),
        "preferredTime": lead.preferred_time,
    }


def _bdk_vehicle(lead: Lead) -> dict[str, Any]:
    vehicle = lead.vehicle
    if vehicle is None:
        return {"make": lead.vehicle_name.partition(" ")[0], "price": _text(lead.vehicle_price)}
    return {
        "offerId": lead.offer_number,
        "internalNumber": vehicle.internal_number,
        "vin": vehicle.vin,
        "make": vehicle.make,
        "model": vehicle.model,
        "variant": vehicle.variant,
        "condition": vehicle.condition.upper(),
        "firstRegistration": vehicle.first_registration,
        "mileageKm": vehicle.mileage_km,
        "powerKw": vehicle.power_kw,
        "fuel": vehicle.fuel,
        "price": _text(lead.vehicle_price),
        "currency": "EUR",
    }


def _api_body(lead: Lead) -> dict[str, Any]:
    """The lead as our own API takes it."""
    return {
        "external_id": lead.external_id,
        "subject": lead.subject,
        "message": lead.message,
        "source": lead.source.key,
        "contact": {
            "salutation": lead.salutation,
            "title": lead.title,
            "first_name": lead.first_name,
            "last_name": lead.last_name,
            "company": lead.company,
            "email": lead.email,
            "phone": lead.phone,
            "mobile": lead.mobile,
        },
        "address": {
            "street": lead.street,
            "postal_code": lead.postal_code,
            "city": lead.city,
        },
        "vehicle": {
            "internal_number": lead.vehicle.internal_number if lead.vehicle else "",
            "price": lead.vehicle_price,
            "offer_number": lead.offer_number,
        },
        "wishes": {
            "test_drive": lead.test_drive_wished or None,
            "callback": lead.callback_wished or None,
            "finance_kind": lead.finance_kind,
        },
        "is_test": lead.is_test or None,
    }


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing, sections included."""
    kept = {name: _filled(one) if isinstance(one, dict) else one for name, one in value.items()}
    return {name: one for name, one in kept.items() if one not in ("", None, {}, [])}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value else None
