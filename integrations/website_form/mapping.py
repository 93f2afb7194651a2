"""A visitor's words → ours. Pure: what is odd becomes a warning, what is unusable Unusable."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Field
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.reading import Reader, column_of
from integrations.website_form.schema import (
    SECTIONS,
    ConsentItem,
    FormPayload,
    Json,
)
from leads.models.contact import Salutation
from leads.models.intake import IntakeEntry
from leads.models.keys import clean_text
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode
from leads.models.wishes import FinanceKind
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.intake import Unusable, json_of
from leads.services.person_names import split_name

_SALUTATIONS = {
    "MR": Salutation.MR,
    "HERR": Salutation.MR,
    "MS": Salutation.MS,
    "MRS": Salutation.MS,
    "FRAU": Salutation.MS,
    "DIVERSE": Salutation.DIVERSE,
    "DIVERS": Salutation.DIVERSE,
}
_MAX_CONSENTS = 50
_MAX_FURTHER = 50
_FURTHER_NAME, _FURTHER_VALUE = 80, 2000  # characters
_CLOCK_TOLERANCE = timedelta(minutes=5)


class Wish(models.TextChoices):
    """What visitors can tick; other words are kept as they came."""

    TEST_DRIVE = "test_drive", gettext_lazy("Test drive")
    CALLBACK = "callback", gettext_lazy("Callback")
    TRADE_IN = "trade_in", gettext_lazy("Trade in my car")
    FINANCE = "finance", gettext_lazy("Financing")
    LEASING = "leasing", gettext_lazy("Leasing")
    RESERVATION = "reservation", gettext_lazy("Reservation")
    CONSULTATION = "consultation", gettext_lazy("Consultation")
    VIDEO_CHAT = "video_chat", gettext_lazy("Video chat")
    OFFER = "offer", gettext_lazy("Offer")
    INFORMATION = "information", gettext_lazy("More information")

    @classmethod
    def offered(cls) -> list[tuple[str, Any]]:
        """Those on our page; the others only add words to a message there."""
        spared = (cls.CONSULTATION, cls.INFORMATION)
        return [(wish.value, wish.label) for wish in cls if wish not in spared]


class DayPart(models.TextChoices):
    MORNING = "morning", gettext_lazy("in the morning")
    AFTERNOON = "afternoon", gettext_lazy("in the afternoon")


# These have columns of their own.
_STORED_WISHES = {Wish.TEST_DRIVE, Wish.CALLBACK, Wish.TRADE_IN, Wish.FINANCE, Wish.LEASING}


def parse(entry: IntakeEntry) -> LeadDraft:
    """A booked message (see sync.submit) as a draft; raises Unusable."""
    booked = json_of(entry)
    if not isinstance(booked, dict) or not isinstance(booked.get("fields"), dict):
        raise Unusable(_("It has no fields of a form."))
    return lead_draft(
        booked,
        sender=entry.sender,
        external_id=entry.outside_id,
        content_hash=entry.content_hash,
        received_at=entry.received_at,
    )


def lead_draft(
    booked: Mapping[str, Json],
    *,
    sender: str,
    external_id: str,
    content_hash: str,
    received_at: datetime,
) -> LeadDraft:
    """`booked` is {"fields": as sent, "form": {…}, "vehicle": {…}, "is_spam": bool}: what the
    form and the stock said at the time is part of it, so that this asks nobody."""
    read = Reader()
    form = _object(booked.get("form"))
    payload = FormPayload.from_payload(booked["fields"])
    contact = _contact(payload.values, read)
    message = read.text(payload.values.get("message"), column_of(Lead, "message"), multiline=True)
    if contact.is_empty and not message:
        raise Unusable(_("It says neither who is asking nor what for."))
    vehicle, unknown_car = _vehicle(booked.get("vehicle"), payload.values, read)
    return LeadDraft(
        sender=sender,
        external_id=external_id,
        content_hash=content_hash,
        contact=contact,
        vehicle=vehicle,
        message=message,
        source=_said(form, "source"),
        location=_said(form, "location"),
        campaign=_campaign(payload.tracking.get("utm_campaign"), form, read),
        consents=tuple(_consents(payload.consents, form, received_at, read)),
        custom_values=_further(payload, unknown_car),
        is_spam=booked.get("is_spam") is True,
        **_wishes(payload, read),
        warnings=tuple(dict.fromkeys(read.warnings)),
    )


def _object(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _said(form: Mapping[str, Json], name: str) -> str:
    return str(form.get(name) or "")


def _contact(values: Mapping[str, Json], read: Reader) -> ContactDraft:
    """Names given apart win over a name in one piece."""
    parts: dict[str, str] = {
        name: read.text(values.get(name), column_of(Lead, name))
        for name in ("first_name", "last_name", "company", "street", "city")
    }
    salutation = read.choice(values.get("salutation"), column_of(Lead, "salutation"), _SALUTATIONS)
    title = ""
    if not parts["first_name"] and not parts["last_name"]:
        whole = split_name(read.text(values.get("name"), column_of(Lead, "company")))
        parts |= {"first_name": whole.first_name[:100], "last_name": whole.last_name[:100]}
        parts["company"] = parts["company"] or whole.company
        salutation, title = salutation or whole.salutation, whole.title[:40]
    phone, mobile = read.phones(values.get("phone"), None)
    return ContactDraft(
        salutation=salutation,
        title=title,
        email=read.email(values.get("email")),
        phone=phone,
        mobile=mobile,
        postal_code=read.postal_code(values.get("postal_code"), "DE"),
        **parts,
    )


def _vehicle(
    stock: Json, values: Mapping[str, Json], read: Reader
) -> tuple[VehicleDraft, dict[str, str]]:
    """The car of our stock that was meant; one that we do not have stays words: a stranger's
    form must not fill the stock list."""
    said = {
        f"vehicle_{name}": text
        for name in SECTIONS["vehicle"]
        if (text := read.cleaned(values.get(f"vehicle_{name}"), "vehicle_name")[:500])
    }
    if isinstance(stock, dict):
        car = VehicleDraft(
            internal_number=_said(stock, "internal_number"),
            vin=_said(stock, "vin"),
            make=_said(stock, "make"),
            model=_said(stock, "model"),
            variant=_said(stock, "variant"),
            price=read.money(stock.get("price"), column_of(Vehicle, "price")),
        )
        return car, {name: text for name, text in said.items() if name == "vehicle_url"}
    named = said.get("vehicle_ref") or said.get("vehicle_vin") or ""
    return VehicleDraft(model=named[:100]), said


def _campaign(sent: Json, form: Mapping[str, Json], read: Reader) -> str:
    return read.text(sent, column_of(Lead, "campaign")) or _said(form, "campaign")


def _wishes(payload: FormPayload, read: Reader) -> dict[str, Any]:
    values = payload.values
    words = _wished_words(payload)

    def is_wished(name: Wish) -> bool | None:
        details = [values.get(f"{name}_{inner}") for inner in SECTIONS[name]]
        return True if name in words or any(one not in (None, "") for one in details) else None

    day_part = read.text(values.get("test_drive_daypart"), _lead_column("test_drive_time"))
    kind = next((one for one in (FinanceKind.FINANCE, FinanceKind.LEASING) if one in words), "")
    return {
        "test_drive_wished": is_wished(Wish.TEST_DRIVE),
        "test_drive_on": read.day(values.get("test_drive_date"), "test_drive_on"),
        "test_drive_time": _label(DayPart, day_part)[:20],
        "callback_wished": is_wished(Wish.CALLBACK),
        "callback_from": read.moment(values.get("callback_from"), "callback_from"),
        "callback_to": read.moment(values.get("callback_to"), "callback_to"),
        "trade_in_wished": is_wished(Wish.TRADE_IN),
        "finance_kind": kind,
        "finance_interest": True if kind else None,
    }


def _wished_words(payload: FormPayload) -> list[str]:
    """Ours in our spelling, others as they came."""
    said = [clean_text(one) for one in payload.wishes if isinstance(one, str)]
    return [one.casefold() if one.casefold() in Wish.values else one for one in said]


def _lead_column(name: str) -> Field[Any, Any]:
    return column_of(Lead, name)


def _label(choices: type[models.TextChoices], word: str) -> str:
    """What we call it; a word that we do not know stays."""
    return str(dict(choices.choices).get(word.casefold(), word))


# --- consents --------------------------------------------------------------------------------


def _consents(
    sent: tuple[ConsentItem, ...], form: Mapping[str, Json], received_at: datetime, read: Reader
) -> Iterator[dict[str, Any]]:
    """As stored with every lead. The wording that the visitor saw is the one sent along; our own
    page and flat clients send none, then the one that the form had is part of the message."""
    wordings = {
        one["purpose"]: one
        for one in form.get("consents") or []
        if isinstance(one, dict) and "purpose" in one
    }
    for consent in sent[:_MAX_CONSENTS]:
        purpose = clean_text(consent.purpose).casefold()[:80]
        ours = {} if consent.text else wordings.get(purpose, {})
        yield {
            "purpose": purpose,
            "granted": consent.granted,
            "granted_at": _granted_at(consent.at, received_at, read).isoformat(),
            "text": clean_text(consent.text or _said(ours, "text"), multiline=True)[:2000],
            "version": clean_text(_said(ours, "version") or consent.version)[:40],
        }


def _granted_at(sent: Json, received_at: datetime, read: Reader) -> datetime:
    """When it was given, which is not later than we heard of it."""
    moment = read.moment(sent, "consents")
    if moment is None:
        return received_at
    if moment > received_at + _CLOCK_TOLERANCE:
        read.warn(WarningCode.TIME_IN_FUTURE, sent, "consents")
    return min(moment, received_at)


# --- everything else -------------------------------------------------------------------------


def _further(payload: FormPayload, unknown_car: Mapping[str, str]) -> dict[str, Json]:
    """Further answers: what has no column, by its name; plain values, limited in number."""
    found: dict[str, Json] = {**unknown_car}
    for name in SECTIONS["trade_in"]:
        found[f"trade_in_{name}"] = payload.values.get(f"trade_in_{name}")
    others = [word for word in _wished_words(payload) if word not in _STORED_WISHES]
    found["wishes"] = ", ".join(_label(Wish, word) for word in dict.fromkeys(others))
    found |= {name: one for name, one in payload.tracking.items() if name != "utm_campaign"}
    found |= payload.further
    plain = {_name(name): _plain(value) for name, value in found.items()}
    kept = [(name, value) for name, value in plain.items() if name and value not in (None, "")]
    return dict(kept[:_MAX_FURTHER])


def _name(name: str) -> str:
    return clean_text(name)[:_FURTHER_NAME]


def _plain(value: Json) -> Json:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) >= 10**15:  # beyond, programs lose digits
        value = str(value)
    return clean_text(value, multiline=True)[:_FURTHER_VALUE] if isinstance(value, str) else value
