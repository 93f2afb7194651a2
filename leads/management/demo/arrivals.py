"""Enquiries of the last week that took the real way in: people who asked more than once, and
systems that use names which nobody here knows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from integrations.bdk.mapping import message_from, sender_of
from leads.admin.readers import parsers
from leads.management.demo.office import Office
from leads.models import Channel, Dealer, Lead
from leads.services.catalogue import resolve_catalogue
from leads.services.drafts import LeadDraft
from leads.services.intake import Message, book, process
from leads.services.unmapped import note_unmapped

Body = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Asker:
    """Somebody who writes; contact data in the words of our own API."""

    salutation: str
    first_name: str
    last_name: str
    email: str = ""
    phone: str = ""
    address: Mapping[str, str] = field(default_factory=dict)

    def for_api(self) -> Body:
        names = ("salutation", "first_name", "last_name", "email", "phone")
        contact = {name: value for name in names if (value := getattr(self, name))}
        return {"contact": contact, "address": dict(self.address)}

    def for_bdk(self) -> Body:
        return {
            "salutation": {"mr": "HERR", "ms": "FRAU"}[self.salutation],
            "firstName": self.first_name,
            "lastName": self.last_name,
            "email": self.email,
            "phone": self.phone,
        }


KIRSTEN = Asker(
    salutation="ms",
    first_name="Kirsten",
    last_name="Wällenbrock",
    email="kirsten.waellenbrock@example.org",
    phone="030 23125 802",
)
OLE = Asker(
    salutation="mr",
    first_name="Ole",
    last_name="Feddersen-Süß",
    email="ole.feddersen-suess@example.org",
    phone="069 90009 803",
)
_HOME = {"street": "Übungsweg 12", "postal_code": "58507", "city": "Lüdenscheid"}
# One person who was taken for two: she wrote first and telephoned later.
HENRIKE = Asker(
    salutation="ms",
    first_name="Henrike",
    last_name="Größing",
    email="henrike.groessing@example.com",
    address=_HOME,
)
HENRIKE_AGAIN = Asker(
    salutation="ms",
    first_name="Henrike",
    last_name="Größing",
    phone="089 99998 804",
    address=_HOME,
)
ADVERTISER = Asker(
    salutation="mr", first_name="Kai", last_name="Werbefuchs", email="werbung@example.com"
)
_MALTE = Asker(
    salutation="mr",
    first_name="Malte",
    last_name="Knäbelmann",
    email="malte.knaebelmann@example.de",
)
_SILKE = Asker(salutation="ms", first_name="Silke", last_name="Oelzenbach", phone="040 66969 805")
_DOERTE = Asker(
    salutation="ms",
    first_name="Dörte",
    last_name="Eickhoffer",
    email="doerte.eickhoffer@example.org",
    phone="0221 4710 806",
)


@dataclass(frozen=True, kw_only=True)
class _Arrival:
    """`system` sent this so many days ago; "bdk" is the bank, the others call our API."""

    days_ago: int
    system: str
    number: str
    asker: Asker
    said: Mapping[str, Any]


_ARRIVALS = (
    _Arrival(
        days_ago=6,
        system="mobile-de",
        number="MB-900001",
        asker=KIRSTEN,
        said={
            "source": "mobile_de",
            "subject": "Kombi für die Familie gesucht",
            "message": "Ist der Wagen noch da? Wir könnten am Wochenende vorbeikommen.",
        },
    ),
    _Arrival(
        days_ago=6,
        system="website",
        number="WEB-900002",
        asker=HENRIKE,
        said={
            "source": "website",
            "subject": "Jahreswagen mit Anhängerkupplung",
            "message": "Gibt es das Fahrzeug auch mit Anhängerkupplung?",
        },
    ),
    _Arrival(
        days_ago=6,
        system="website",
        number="WEB-900003",
        asker=OLE,
        said={
            "source": "website",
            "subject": "Leasing für ein Elektroauto",
            "message": "Bitte um ein Angebot über 36 Monate.",
            "wishes": {"finance_kind": "leasing"},
        },
    ),
    _Arrival(
        days_ago=6,
        system="website",
        number="WEB-900004",
        asker=ADVERTISER,
        said={
            "source": "website",
            "subject": "Mehr Besucher für Ihre Seite",
            "message": "Wir bringen Ihren Betrieb auf den ersten Platz der Suchmaschinen.",
        },
    ),
    _Arrival(
        days_ago=2,
        system="website",
        number="WEB-900005",
        asker=KIRSTEN,
        said={
            "source": "website",
            "subject": "Probefahrt am Samstag",
            "message": "Noch keine Antwort bekommen. Ginge eine Probefahrt am Samstag?",
            "wishes": {"test_drive": True},
        },
    ),
    _Arrival(
        days_ago=2,
        system="website",
        number="WEB-900006",
        asker=HENRIKE_AGAIN,
        said={
            "source": "website",
            "subject": "Rückruf zur Anhängerkupplung",
            "message": "Bitte um Rückruf, ich hatte schon geschrieben.",
            "wishes": {"callback": True},
        },
    ),
    _Arrival(
        days_ago=2,
        system="portal",
        number="GB-900007",
        asker=_MALTE,
        said={
            "source": "Gebrauchtwagenbörse Süd",
            "location": "Filiale Attendorn",
            "subject": "Preis verhandelbar?",
            "message": "Wäre beim Preis noch etwas möglich?",
        },
    ),
    _Arrival(
        days_ago=2,
        system="portal",
        number="GB-900008",
        asker=_SILKE,
        said={
            "source": "Gebrauchtwagenbörse Süd",
            "status": "Rückfrage offen",
            "subject": "Besichtigung vereinbaren",
            "message": "Wann kann ich mir den Wagen ansehen?",
        },
    ),
    _Arrival(
        days_ago=2,
        system="bdk",
        number="DLC-2026-590011",
        asker=_DOERTE,
        said={"bdkLeadTypeId": "9z", "comment": "Bitte um ein Angebot."},
    ),
    _Arrival(
        days_ago=1,
        system="bdk",
        number="DLC-2026-590012",
        asker=KIRSTEN,
        said={"bdkLeadTypeId": "1b", "comment": "Finanzierung über 48 Monate gewünscht."},
    ),
    _Arrival(
        days_ago=1,
        system="mobile-de",
        number="MB-900009",
        asker=OLE,
        said={
            "source": "mobile_de",
            "subject": "Doch noch Interesse",
            "message": "Ist das Angebot noch gültig? Ich würde es mir gern ansehen.",
        },
    ),
)


def take_in_arrivals(office: Office, *, days_ago: int, now: datetime) -> None:
    """Book and process what came on that day; `now` is the time of day at which it did."""
    of_day = [one for one in _ARRIVALS if one.days_ago == days_ago]
    for system, group in groupby(of_day, key=lambda one: one.system):
        channel = Channel.BDK if system == "bdk" else Channel.API
        partner = office.company.places[0].bdk_partner_number
        sender = sender_of(partner) if system == "bdk" else f"api:{system}"
        messages = [_message(one, partner, now) for one in group]
        entries = book(office.dealer, channel=channel, sender=sender, messages=messages, now=now)
        process(office.dealer, entries, parsers(now)[channel], now=now)


def _message(arrival: _Arrival, partner: str, now: datetime) -> Message:
    if arrival.system == "bdk":
        asked_at = now - timedelta(minutes=20)
        item = {
            "leadId": arrival.number,
            "version": 1,
            "partnernummer": partner,
            "createdAt": asked_at.isoformat(timespec="seconds"),
            "customer": arrival.asker.for_bdk(),
            **arrival.said,
        }
        return message_from(item)
    body = {"external_id": arrival.number, **arrival.said, **arrival.asker.for_api()}
    raw = json.dumps(body, ensure_ascii=False)
    return Message(message_id=arrival.number, raw=raw, outside_id=arrival.number)


def note_unknown_types(dealer: Dealer, *, now: datetime) -> None:
    """The unknown lead types of the demo's other leads belong into the tray as well."""
    leads = _of_unknown_type(dealer)
    drafts = [LeadDraft(sender=lead.sender, lead_type=lead.lead_type_raw) for lead in leads]
    catalogue = resolve_catalogue(dealer, drafts, now=now)
    note_unmapped(dealer, drafts, leads, catalogue, now=now)


def _of_unknown_type(dealer: Dealer) -> Sequence[Lead]:
    rows = Lead.objects.for_dealer(dealer).filter(lead_type=None).exclude(lead_type_raw="")
    return list(rows.order_by("pk"))
