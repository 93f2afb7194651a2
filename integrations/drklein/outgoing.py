"""A lead → the case ("Vorgang") that Dr. Klein gets. Pure: all that is needed is given.

Source: the field table in README.md here. What a bank has said about the customer's
creditworthiness is never part of it, nor is the lead type, whose name may tell it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import phonenumbers
from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from integrations.checking import COUNTRIES
from integrations.models import Connection
from leads.models.contact import Salutation
from leads.models.keys import phone_key
from leads.models.lead import Lead

_SALUTATIONS = {Salutation.MR: "HERR", Salutation.MS: "FRAU"}
_TITLES = (("DOKTOR", re.compile(r"\bdr\b", re.I)), ("PROFESSOR", re.compile(r"\bprof", re.I)))
# "Musterstraße 41a", "Straße des 17. Juni 135", "Am Ring 3-5": the number is the last word.
_STREET = re.compile(
    r"(?P<street>.+?[^\s\d])(?:\s+|(?<=\.))(?P<number>\d+ ?[a-z]?(?: ?[-/+] ?\d+ ?[a-z]?)*)", re.I
)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_PS_PER_KW = Decimal("1.35962")

# Values with a name of their own that come from the lead.
OWN_VALUES = ("einwilligungUnterschrieben", "kundennummer", "filialId", "telefonTermin")

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tipster:
    """Who at the dealer's passes the lead on; `salutation` as ours."""

    first_name: str = ""
    last_name: str = ""
    salutation: str = ""
    staff_number: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entries:
    """What somebody says on the page of the handover. `again`: although it was handed over
    before."""

    birth_date: date | None = None
    comment: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How the dealer is known to Dr. Klein: the settings of a connection."""

    profile: str
    lead_source: str = ""
    adviser_number: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection) -> Account:
        return cls(
            profile=connection.profile,
            lead_source=connection.case_source,
            adviser_number=connection.adviser_number,
            values=connection.case_values,
        )


def payload_of(lead: Lead, *, entries: Entries, tipster: Tipster, account: Account) -> Payload:
    """The body for the profile of the account; the lead with its customer, vehicle, location and
    dealer. Only what is known is in it."""
    with translation.override(settings.LANGUAGE_CODE):  # the adviser reads the comments
        case = {
            "antragsteller1": _applicant(lead, entries.birth_date),
            "finanzbedarf": _need(lead),
        }
        comments = list(_comments(lead, entries.comment))
        values = {**account.values, **_values(lead)}
    person = _tipster(tipster)
    if account.profile == Connection.Profile.B:
        return _filled(
            {
                "vorgang": {"leadquelle": account.lead_source, **case, "kommentare": comments},
                "tippgeber": person,
                "partner": {"custom": values},
            }
        )
    pairs = _filled(values).items()
    return _filled(
        {
            "kundenbetreuer": {"partnerId": account.adviser_number},
            "eigeneVorgangsnummer": lead.number,
            **case,
            "tippgeber": person,
            "data": [{"key": key, "value": value} for key, value in pairs],
            "kommentare": comments,
        }
    )


def as_text(payload: Payload) -> str:
    """The body as it is sent, and as it is shown."""
    return json.dumps(payload, ensure_ascii=False, indent=2)


# --- the applicant ---------------------------------------------------------------------------


def _applicant(lead: Lead, birth_date: date | None) -> Payload:
    at_home, at_work, _left = _phones(lead)
    return {
        "personendaten": {
            "anrede": _SALUTATIONS.get(Salutation(lead.salutation)) if lead.salutation else None,
            "titel": [word for word, pattern in _TITLES if pattern.search(lead.title)],
            "vorname": lead.first_name,
            "nachname": lead.last_name,
            "geburtsdatum": birth_date.isoformat() if birth_date else None,
            "email": lead.email,
            "telefonPrivat": at_home,
            "telefonGeschaeftlich": at_work,
        },
        "wohnsituation": {"anschrift": _address(lead)},
    }


def _phones(lead: Lead) -> tuple[str, str, str]:
    """(private, business, what has no place there). There is no field for a mobile number, and
    none of ours says whose landline it is, but a company's is at work."""
    landline, mobile = _international(lead.phone), _international(lead.mobile)
    if landline and lead.company:
        return mobile, landline, ""
    return mobile or landline, "", landline if mobile else ""


def _international(phone: str) -> str:
    """ "+49 30 23125101"; what is no number stays as it was written."""
    key = phone_key(phone)
    if not key:
        return phone.strip()
    form = phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(phonenumbers.parse(key), form)


def _address(lead: Lead) -> Payload:
    street, number = split_street(lead.street)
    country = lead.country if lead.country in COUNTRIES else "SONSTIGE"
    return {
        "strasse": street,
        "hausnummer": number,
        "plz": lead.postal_code,
        "ort": lead.city,
        "land": country if lead.country not in ("", "DE") else None,
    }


def split_street(text: str) -> tuple[str, str]:
    """ "Musterstraße 41a" → ("Musterstraße", "41a"); all in the first if there is no number."""
    found = _STREET.fullmatch(text.strip())
    return (found["street"], found["number"]) if found else (text.strip(), "")


# --- the car and the money -------------------------------------------------------------------


def _need(lead: Lead) -> Payload:
    price = _price(lead)
    has_car = lead.vehicle is not None or bool(lead.vehicle_name)
    return {
        "finanzierungszweck": "FAHRZEUGKAUF" if has_car else None,
        "fahrzeugkauf": _purchase(lead, price) if has_car else None,
        "finanzierungswunsch": {
            "kreditbetrag": _money(_loan(price, lead.down_payment)),
            "laufzeitInMonaten": lead.term_months,
            "rateMonatlich": _money(lead.monthly_rate),
        },
    }


def _price(lead: Lead) -> Decimal | None:
    """The price that the customer saw; that of the stock car may have changed since."""
    if lead.vehicle_price is not None:
        return lead.vehicle_price
    return lead.vehicle.price if lead.vehicle else None


def _purchase(lead: Lead, price: Decimal | None) -> Payload:
    car = lead.vehicle
    if car is None:
        return {"anbieter": "HAENDLER", "modell": lead.vehicle_name, "kaufpreis": _money(price)}
    month = car.first_registration
    power = car.power_kw
    return {
        "anbieter": "HAENDLER",
        "marke": car.make,
        "modell": " ".join(filter(None, [car.model, car.variant])),
        "kaufpreis": _money(price),
        # Only the month is known.
        "erstzulassungsdatum": f"{month}-01" if _MONTH.fullmatch(month) else None,
        "laufleistung": car.mileage_km,
        "kw": power,
        "ps": round(power * _PS_PER_KW) if power else None,
    }


def _loan(price: Decimal | None, down_payment: Decimal | None) -> Decimal | None:
    if price is None:
        return None
    loan = price - (down_payment or 0)
    return loan if loan > 0 else None


def _money(value: Decimal | None) -> float | None:
    # Two places in nine digits: the shortest text of the float is the amount itself.
    return None if value is None else float(value)


# --- who, and what else ----------------------------------------------------------------------


def _tipster(tipster: Tipster) -> Payload:
    salutation = tipster.salutation
    return {
        "externeMitarbeiternummer": tipster.staff_number,
        "vorname": tipster.first_name,
        "nachname": tipster.last_name,
        "anrede": _SALUTATIONS.get(Salutation(salutation)) if salutation else None,
        "telefon": _international(tipster.phone),
        "email": tipster.email,
    }


def _values(lead: Lead) -> Payload:
    """The values with a name of their own; without a consent nothing is sent at all."""
    return {
        "einwilligungUnterschrieben": True,
        "kundennummer": lead.number,
        "filialId": lead.location.name if lead.location else "",
        "telefonTermin": _local(lead.callback_from).strftime("%Y-%m-%d %H:%M:%S")
        if lead.callback_from
        else "",
    }


def _comments(lead: Lead, comment: str) -> Iterator[str]:
    places = [str(lead.dealer), _("location %(name)s") % {"name": lead.location}]
    words = {"number": lead.number, "places": ", ".join(places if lead.location else places[:1])}
    yield _("Lead %(number)s from LeadOffice, %(places)s.") % words
    if lead.down_payment:
        amount = number_format(lead.down_payment, 2, force_grouping=True)
        # No field of theirs means exactly this.
        yield _("Down payment EUR %(amount)s according to the customer.") % {"amount": amount}
    if lead.callback_from:
        yield _("The customer would like to be called: %(time)s") % {"time": _period(lead)}
    if lead.test_drive_on:
        day = date_format(lead.test_drive_on, "SHORT_DATE_FORMAT")
        yield _("Test drive: %(time)s") % {"time": f"{day} {lead.test_drive_time}".strip()}
    if left := _phones(lead)[2]:
        yield _("Further phone number: %(phone)s") % {"phone": left}
    if comment.strip():
        yield comment.strip()


def _period(lead: Lead) -> str:
    ends = [_local(one) for one in (lead.callback_from, lead.callback_to) if one]
    shown = [f"{date_format(one, 'SHORT_DATE_FORMAT')} {date_format(one, 'H:i')}" for one in ends]
    return " – ".join(shown)


def _local(at: datetime) -> datetime:
    return timezone.localtime(at)


# --- leaving out -----------------------------------------------------------------------------


def _filled(payload: Mapping[str, Any]) -> Payload:
    """Without what is empty, and without what is empty after that."""
    inner = (
        (name, _filled(value) if isinstance(value, Mapping) else value)
        for name, value in payload.items()
    )
    return {name: value for name, value in inner if value not in (None, "", [], {})}
