"""From what a visitor sent to the lead: booked, then processed, then answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.text import slugify

from integrations import arrivals
from integrations.models import FormDay, WebsiteForm
from integrations.website_form.schema import TOKEN, FormPayload, Json
from leads.models.dealer import Location
from leads.models.intake import Channel, IntakeEntry
from leads.models.keys import catalog_key, clean_text
from leads.models.vehicle import Vehicle
from leads.services.intake import Message

# The same content again within this time is the same message: a second click, a lost answer.
DUPLICATE_WINDOW = timedelta(minutes=10)
# Of a reference: letters that spell no words and are not taken for digits.
_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"


class KeyUsedOtherwise(Exception):
    """This Idempotency-Key came before with other content."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What the visitor may know: the reference of this one enquiry ("K7QX-9D3M-2PHB").

    Not the number of the lead: two enquiries with the same one would tell a stranger who writes
    under somebody's address that this person has an open case.
    """

    reference: str


def submit(
    form: WebsiteForm,
    fields: Mapping[str, Json],
    *,
    is_spam: bool,
    idempotency_key: str = "",
    now: datetime,
) -> Submission:
    """Book what was sent (committed), then make a lead of it. Raises KeyUsedOtherwise.

    Call it outside of a transaction: the sender hears of success only after the message is kept,
    whatever happens then. `fields` are those that a door has checked, as they were sent.
    """
    content = {name: value for name, value in fields.items() if name != TOKEN}
    message_id = _message_id(form, content, idempotency_key, now)
    message = Message(
        message_id=message_id,
        raw=text_to_book(form, content, is_spam=is_spam),
        # The same message booked before keeps its own. Processed again, perhaps corrected, it
        # means the same enquiry.
        outside_id=_new_reference(),
        idempotency_key=idempotency_key,
    )
    [arrival] = arrivals.take_in(
        form.dealer, channel=Channel.FORM, sender=form.sender, messages=[message], now=now
    )
    entry = arrival.entry
    if idempotency_key and _fingerprint(_fields_of(entry)) != _fingerprint(content):
        raise KeyUsedOtherwise
    if not arrival.is_repeat:
        _count(form, is_spam=is_spam, now=now)
    return Submission(entry.outside_id)


def _new_reference() -> str:
    """Random, so that it tells nothing; staff find the enquiry by it (number at the sender)."""
    return "-".join(get_random_string(4, _ALPHABET) for _part in range(3))


# --- the same message ------------------------------------------------------------------------


def _message_id(
    form: WebsiteForm, content: Mapping[str, Json], idempotency_key: str, now: datetime
) -> str:
    """The client's own key, or the content and the ten minutes in which it came first."""
    if idempotency_key:
        return f"key {idempotency_key}"[:200]
    fingerprint = _fingerprint(content)
    window = int(now.timestamp() // DUPLICATE_WINDOW.total_seconds())
    before = f"{fingerprint} {window - 1}"
    lately = IntakeEntry.objects.for_dealer(form.dealer_id).filter(
        sender=form.sender, message_id=before, received_at__gt=now - DUPLICATE_WINDOW
    )
    return before if lately.exists() else f"{fingerprint} {window}"


def _fingerprint(content: Mapping[str, Json]) -> str:
    """The same for a second click: without how long it took and when boxes were ticked."""
    payload = FormPayload.from_payload(content)
    consents = [{**asdict(one), "at": None} for one in payload.consents]
    plain = {**asdict(payload), "consents": consents}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _fields_of(entry: IntakeEntry) -> Mapping[str, Json]:
    fields: Mapping[str, Json] = json.loads(entry.raw)["fields"] if entry.raw else {}
    return fields


# --- what is booked --------------------------------------------------------------------------


def text_to_book(form: WebsiteForm, content: Mapping[str, Json], *, is_spam: bool) -> str:
    """Everything that the mapping needs, so that it can be repeated without form and stock."""
    payload = FormPayload.from_payload(content)
    booked = {
        "form": {
            "name": form.name,
            "source": form.source,
            "campaign": form.campaign,
            "location": _location(form, payload.values.get("location")),
            "consents": _wordings(form, payload),
        },
        "vehicle": _stock_car(form, payload.values),
        "is_spam": is_spam,
        "fields": content,
    }
    return json.dumps(booked, ensure_ascii=False)


def _location(form: WebsiteForm, sent: Json) -> str:
    """The name of the location that the website names by its name or another spelling, or as
    "berlin-mitte"; otherwise that of the form."""
    key = catalog_key(sent) if isinstance(sent, str) else ""
    if key:
        for location in Location.objects.for_dealer(form.dealer_id).filter(is_active=True):
            spellings = [location.name, *location.aliases]
            if key in map(catalog_key, spellings) or key in map(slugify, spellings):
                return location.name
    return form.location.name if form.location else ""


def _wordings(form: WebsiteForm, payload: FormPayload) -> list[dict[str, str]]:
    """The wordings of those consents that came without their text."""
    found = []
    for consent in payload.consents:
        wording = None if consent.text else form.wording(consent.purpose, consent.version)
        if wording is not None:
            text, version = wording
            found.append({"purpose": consent.purpose, "text": text, "version": version})
    return found


def _stock_car(form: WebsiteForm, values: Mapping[str, Json]) -> dict[str, Any] | None:
    """The car that the website names by our own number or by its VIN."""
    cars = Vehicle.objects.for_dealer(form.dealer_id).exclude(state=Vehicle.State.UNKNOWN)
    for column, name in (("internal_number", "vehicle_ref"), ("vin", "vehicle_vin")):
        sent = values.get(name)
        said = clean_text(sent) if isinstance(sent, str) else ""
        car = cars.filter(**{column: said}).order_by("-pk").first() if said else None
        if car is not None:
            return {
                "internal_number": car.internal_number,
                "vin": car.vin,
                "make": car.make,
                "model": car.model,
                "variant": car.variant,
                "price": str(car.price) if car.price is not None else None,
            }
    return None


def _count(form: WebsiteForm, *, is_spam: bool, now: datetime) -> None:
    day, _is_new = FormDay.objects.get_or_create(
        form=form, day=timezone.localdate(now), defaults={"dealer_id": form.dealer_id}
    )
    same = FormDay.objects.for_dealer(form.dealer_id).filter(pk=day.pk)
    same.update(received=F("received") + 1, spam=F("spam") + int(is_spam))
