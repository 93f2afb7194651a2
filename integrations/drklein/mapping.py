"""The words of a Vorgang → ours. Pure: what is odd becomes a warning, what is unusable raises
Unusable. Income, household, bank account and tax number are not taken over: they stay in the
encrypted message."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Field
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.answers import Answers
from integrations.drklein.schema import ENVELOPE, Json, Vorgang
from integrations.reading import (
    LARGEST_SMALL_INTEGER,
    Reader,
    column_of,
    fitting_id,
)
from leads.models.contact import Salutation
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.wishes import FinanceKind
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import Message, Unusable, json_of

_SENDER = "drklein:"
_DEFAULT_SOURCE = "Dr. Klein"
_SALUTATIONS = {"HERR": Salutation.MR, "FRAU": Salutation.MS}
_TITLES = {"DOKTOR": "Dr.", "PROFESSOR": "Prof."}
_PS_PER_KW = 1.35962
# Additional values with a place of their own.
_CALLBACK, _SIGNED, _BRANCH = "telefonTermin", "einwilligungUnterschrieben", "filialId"
_NAMESPACE = uuid.UUID("0e0a7f0e-5b0f-5d0c-9a5e-6a2f0c5d1b77")


# --- messages --------------------------------------------------------------------------------


def sender_of(system: str) -> str:
    return f"{_SENDER}{system}"


def message_from(data: dict[str, Json], *, environment: str) -> Message:
    """A Vorgang as a message for the ledger, named by what it says and for which environment."""
    content = {**data, ENVELOPE: {"environment": environment}}
    raw = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    vorgang = Vorgang.from_payload(content)
    digest = hashlib.sha256(raw.encode()).hexdigest()
    # Each call is a message of its own: without a number two equal ones may be two wishes.
    return Message(
        message_id=f"{digest} {uuid.uuid4()}", raw=raw, outside_id=fitting_id(vorgang.own_number)
    )


def vorgang_id(dealer_id: int, number: str, part: str = "") -> str:
    """The same uuid for a lead (or an applicant of it) at every call."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(filter(None, [str(dealer_id), number, part]))))


# --- leads -----------------------------------------------------------------------------------


def parse(entry: IntakeEntry, *, is_strict: bool = False) -> LeadDraft:
    """A booked message as a draft, in the language of the office. Raises Unusable.

    `is_strict`: the adviser's partner number has to be there as KEX demands it. A person who
    processes such a message again takes it without.
    """
    with translation.override(settings.LANGUAGE_CODE):
        data = json_of(entry)
        if not isinstance(data, dict):
            raise Unusable(_("This is a single value, not a lead."))
        vorgang = Vorgang.from_payload(data)
        if is_strict and vorgang.lacks_adviser:
            raise Unusable(_("kundenbetreuer.partnerId is missing."))
        return _draft(vorgang, entry)


def _draft(vorgang: Vorgang, entry: IntakeEntry) -> LeadDraft:
    read, answers = Reader(), Answers()
    contact = _contact(vorgang.applicant, read, answers)
    if contact.is_empty:
        raise Unusable(_("antragsteller1 has neither a name nor contact data that can be used."))
    _add_answers(vorgang, answers)
    wish = vorgang.need.get("finanzierungswunsch", {})
    return LeadDraft(
        sender=entry.sender,
        external_id=_external_id(vorgang),
        content_hash=entry.content_hash,
        source=read.cleaned(vorgang.source, "source")[:80] or _DEFAULT_SOURCE,
        location=read.cleaned(vorgang.custom.get(_BRANCH), "location"),
        contact=contact,
        vehicle=_vehicle(vorgang.need.get("fahrzeugkauf", {}), read),
        message=read.text("\n".join(vorgang.comments), _lead_column("message"), multiline=True),
        finance_kind=FinanceKind.FINANCE,
        finance_interest=True,
        monthly_rate=read.money(wish.get("rateMonatlich"), _lead_column("monthly_rate")),
        term_months=read.whole(
            wish.get("laufzeitInMonaten"),
            _lead_column("term_months"),
            largest=LARGEST_SMALL_INTEGER,
        ),
        consents=_consents(vorgang.custom, entry),
        is_test=not vorgang.is_real,
        **_callback(vorgang.custom, read),
        custom_values=answers.as_dict(),
        warnings=tuple(dict.fromkeys(read.warnings)),
    )


def _external_id(vorgang: Vorgang) -> str:
    """A test and the real thing may have one number; they must not become one lead."""
    number = vorgang.own_number
    return fitting_id(number if vorgang.is_real or not number else f"test:{number}")


def _contact(applicant: Mapping[str, Any], read: Reader, answers: Answers) -> ContactDraft:
    person = applicant.get("personendaten", {})
    address = applicant.get("wohnsituation", {}).get("anschrift", {})
    phone, mobile, others = read.sorted_phones(
        [person.get("telefonPrivat"), person.get("telefonGeschaeftlich")]
    )
    for other in others:
        answers.add(_("Further phone number"), other)
    country = address.get("land", "")
    country = "" if country == "SONSTIGE" else country
    street = [address.get("strasse", ""), address.get("hausnummer", "")]
    return ContactDraft(
        salutation=str(_SALUTATIONS.get(person.get("anrede", ""), "")),
        title=" ".join(_TITLES[one] for one in dict.fromkeys(person.get("titel", []))),
        first_name=read.text(person.get("vorname"), _lead_column("first_name")),
        last_name=read.text(person.get("nachname"), _lead_column("last_name")),
        email=read.email(person.get("email")),
        phone=phone,
        mobile=mobile,
        street=read.text(" ".join(filter(None, street)), _lead_column("street")),
        postal_code=read.postal_code(address.get("plz"), country or "DE"),
        city=read.text(address.get("ort"), _lead_column("city")),
        country=country,
    )


def _vehicle(purchase: Mapping[str, Any], read: Reader) -> VehicleDraft:
    column = partial(column_of, Vehicle)
    power = purchase.get("kw")
    if power is None and purchase.get("ps") is not None:
        power = round(purchase["ps"] / _PS_PER_KW)
    return VehicleDraft(
        make=read.text(purchase.get("marke"), column("make")),
        model=read.text(purchase.get("modell"), column("model")),
        first_registration=purchase.get("erstzulassungsdatum", "")[:7],
        mileage_km=read.whole(purchase.get("laufleistung"), column("mileage_km")),
        power_kw=read.whole(power, column("power_kw"), largest=LARGEST_SMALL_INTEGER),
        price=read.money(purchase.get("kaufpreis"), column("price")),
    )


def _callback(custom: Mapping[str, Json], read: Reader) -> dict[str, Any]:
    at = read.moment(custom.get(_CALLBACK), "callback_from")
    return {"callback_wished": True if at else None, "callback_from": at}


def _consents(custom: Mapping[str, Json], entry: IntakeEntry) -> tuple[Mapping[str, Any], ...]:
    if _SIGNED not in custom:
        return ()
    granted = custom[_SIGNED] is True
    at = entry.received_at.isoformat() if granted else None
    return ({"purpose": "finance", "granted": granted, "granted_at": at, "text": ""},)


def _add_answers(vorgang: Vorgang, answers: Answers) -> None:
    wish = vorgang.need.get("finanzierungswunsch", {})
    answers.add(_("Loan amount (EUR)"), wish.get("kreditbetrag"))
    answers.add(_("Second applicant"), _name(vorgang.second_applicant.get("personendaten", {})))
    tipster = vorgang.tipster
    numbers = [tipster.get(one) for one in ("externeMitarbeiternummer", "partnerId")]
    who = [_name(tipster), *numbers, tipster.get("telefon"), tipster.get("email")]
    answers.add(_("Tipster"), ", ".join(filter(None, who)))
    for key, value in vorgang.custom.items():
        if key not in (_CALLBACK, _SIGNED, _BRANCH):
            answers.add(key, value)


def _name(person: Mapping[str, Any]) -> str:
    return " ".join(filter(None, [person.get("vorname"), person.get("nachname")]))


def _lead_column(name: str) -> Field[Any, Any]:
    return column_of(Lead, name)
