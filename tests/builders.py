"""Rows and drafts for tests: believable by themselves, everything can be said otherwise.

Each call makes a new thing; names, addresses and numbers are counted up, so that two of a kind
never match by accident. Mail addresses and phone numbers are those reserved for examples.
"""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.utils import timezone

from integrations.models import Connection, Handover, WebhookEndpoint, WebsiteForm
from integrations.webhooks.signing import new_secret
from leads.models import (
    Activity,
    ApiKey,
    Channel,
    Customer,
    Dealer,
    Enquiry,
    IntakeEntry,
    Lead,
    LeadType,
    Location,
    Membership,
    Role,
    Source,
    Status,
    Task,
    UnmappedName,
    User,
    Vehicle,
)
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft

PASSWORD = "Probefahrt-2026"

_numbers = count(1)
# The landline numbers that the Bundesnetzagentur keeps free for films and examples.
_PHONE_PREFIXES = ("030 23125", "040 66969", "069 90009", "0221 4710", "089 99998")


def unused_phone():
    """One of 5,000 valid numbers that belong to nobody."""
    number = next(_numbers)
    return f"{_PHONE_PREFIXES[number // 1000 % 5]} {number % 1000:03d}"


def _postal_code(number):
    """Not the neighbour's: people with similar names at one place may be the same."""
    return f"{1000 + number % 90_000:05d}"


def shared_source(key="website"):
    return Source.objects.get(dealer=None, key=key)


def shared_status(key="new"):
    return Status.objects.get(dealer=None, key=key)


def shared_lead_type(key):
    return LeadType.objects.get(dealer=None, key=key)


def make_dealer(**values):
    number = next(_numbers)
    defaults = {"name": f"Autohaus Sonnenschein {number} GmbH", "email": "verkauf@example.de"}
    return Dealer.objects.create(**{**defaults, **values})


def make_location(dealer=None, **values):
    number = next(_numbers)
    defaults = {
        "dealer": dealer or make_dealer(),
        "name": f"Filiale {number}",
        "street": "Musterstraße 1",
        "postal_code": "50667",
        "city": "Köln",
        "state": "NW",
        "phone": "0221 4710 100",
    }
    return Location.objects.create(**{**defaults, **values})


def make_user(
    dealer=None,
    *more_dealers,
    role=Role.SELLER,
    sees_creditworthiness=False,
    locations=(),
    **values,
):
    """Someone who works for the dealers in one role; without a dealer, for nobody.

    The operator: make_user(is_superuser=True). Everybody's password is PASSWORD.
    """
    number = next(_numbers)
    defaults = {
        "username": f"nutzer{number}",
        "email": f"nutzer{number}@example.org",
        "first_name": "Sabine",
        "last_name": f"Verkäufer {number}",
        "is_staff": True,
        "password": PASSWORD,
    }
    user = User.objects.create_user(**{**defaults, **values})
    for one in filter(None, [dealer, *more_dealers]):
        make_membership(
            one,
            user,
            role=role,
            sees_creditworthiness=sees_creditworthiness,
            locations=[location for location in locations if location.dealer_id == one.pk],
        )
    return user


def make_membership(dealer, user, *, role=Role.SELLER, locations=(), **values):
    membership = Membership.objects.create(dealer=dealer, user=user, role=role, **values)
    membership.locations.set(locations)
    user.__dict__.pop("active_memberships", None)  # read once per request, here once per test
    return membership


def make_customer(dealer=None, **values):
    number = next(_numbers)
    defaults = {
        "dealer": dealer or make_dealer(),
        "salutation": "ms",
        "first_name": "Jana",
        "last_name": f"Groß{number}",
        "email": f"jana.gross{number}@example.org",
        "phone": unused_phone(),
        "street": f"Übungsweg {number}",
        "postal_code": _postal_code(number),
        "city": "Leipzig",
    }
    return Customer.objects.create(**{**defaults, **values})


def make_vehicle(dealer=None, **values):
    number = next(_numbers)
    defaults = {
        "dealer": dealer or make_dealer(),
        "internal_number": f"T-{number:05d}",
        "vin": f"WTESTER{number:010d}",
        "make": "Škoda",
        "model": "Octavia",
        "variant": "Combi 2.0 TDI",
        "condition": Vehicle.Condition.USED,
        "first_registration": "2022-05",
        "mileage_km": 31_500,
        "power_kw": 110,
        "fuel": "Diesel",
        "price": Decimal("23500.00"),
    }
    return Vehicle.objects.create(**{**defaults, **values})


def make_lead(dealer=None, *, customer=..., **values):
    """A lead with a customer of its own, whose contact data it has; `customer=None` for none.

    `status`, `source` and `lead_type` may be given by key.
    """
    dealer = dealer or (customer.dealer if isinstance(customer, Customer) else make_dealer())
    customer = make_customer(dealer) if customer is ... else customer
    now = timezone.now()
    defaults = {
        "number": f"L-{now.year}-{900_000 + next(_numbers)}",
        "source": "website",
        "status": "new",
        "subject": "Škoda Octavia Combi gesucht",
        "message": "Ist der Wagen noch da?",
        "enquired_at": now - timedelta(minutes=30),
        "received_at": now - timedelta(minutes=29),
    }
    if customer:
        contact = {name: getattr(customer, name) for name in Customer.CONTACT_FIELDS}
        defaults |= {"customer": customer, **contact}
    if vehicle := values.get("vehicle"):
        defaults |= {
            "vehicle_name": f"{vehicle.make} {vehicle.model} {vehicle.variant}".strip(),
            "vehicle_price": vehicle.price,
        }
    values = {**defaults, **values}
    for name, by_key in (
        ("source", shared_source),
        ("status", shared_status),
        ("lead_type", shared_lead_type),
    ):
        if isinstance(values.get(name), str):
            values[name] = by_key(values[name])
    lead = Lead.objects.create(dealer=dealer, **values)
    if lead.external_id:
        make_enquiry(lead=lead, sender=lead.sender, external_id=lead.external_id)
    return lead


def make_enquiry(dealer=None, *, lead=None, **values):
    """One more enquiry of a lead; by default of a new one."""
    lead = lead or make_lead(dealer)
    defaults = {
        "dealer": lead.dealer,
        "source": lead.source,
        "subject": lead.subject,
        "message": lead.message,
        "enquired_at": lead.enquired_at,
        "received_at": lead.received_at,
    }
    return Enquiry.objects.create(lead=lead, **{**defaults, **values})


def make_activity(lead, **values):
    defaults = {
        "dealer": lead.dealer,
        "kind": Activity.Kind.NOTE,
        "at": timezone.now(),
        "text": "Ruft morgen zurück.",
    }
    return Activity.objects.create(lead=lead, **{**defaults, **values})


def make_task(lead, **values):
    now = timezone.now()
    defaults = {
        "dealer": lead.dealer,
        "kind": Task.Kind.FOLLOW_UP,
        "title": "Nachfassen",
        "due_at": now + timedelta(days=1),
        "created_at": now,
    }
    return Task.objects.create(lead=lead, **{**defaults, **values})


def make_entry(dealer=None, **values):
    """A message booked but not processed; `raw` may be given as what becomes JSON."""
    number = next(_numbers)
    now = timezone.now()
    defaults = {
        "dealer": dealer or make_dealer(),
        "channel": Channel.API,
        "sender": "api:website",
        "message_id": f"message-{number}",
        "outside_id": f"web-{number}",
        "content_hash": f"{number:064x}",
        "raw": {"subject": "Škoda Octavia Combi gesucht"},
        "received_at": now,
        "last_received_at": now,
    }
    values = {**defaults, **values}
    if not isinstance(values["raw"], str):
        values["raw"] = json.dumps(values["raw"], ensure_ascii=False)
    return IntakeEntry.objects.create(**values)


def make_unmapped_name(dealer=None, **values):
    """A source that nobody knows, waiting to be assigned."""
    number, now = next(_numbers), timezone.now()
    defaults = {
        "dealer": dealer or make_dealer(),
        "kind": UnmappedName.Kind.SOURCE,
        "name": f"Portal {number}",
        "name_key": f"portal {number}",
        "sender": "api:website",
        "first_seen_at": now,
        "last_seen_at": now,
    }
    return UnmappedName.objects.create(**{**defaults, **values})


def make_connection(dealer=None, *, base="http://127.0.0.1:8901/bdk", **values):
    """A BDK test connection; `base` is where the partner (or its stand-in) answers."""
    number = next(_numbers)
    defaults = {
        "dealer": dealer or make_dealer(),
        "name": f"BDK {number}",
        "base_url": base,
        "token_url": f"{base}/oauth/token",
        "client_id": "leadoffice-demo",
        "client_secret": "demo-secret",
    }
    return Connection.objects.create(**{**defaults, **values})


def make_google_connection(dealer=None, **values):
    """Takes leads of Google's forms, at an address with its `address_key`; key of the samples."""
    defaults = {
        "dealer": dealer or make_dealer(),
        "partner": "google_ads",
        "mode": "live",
        "name": f"Google Ads {next(_numbers)}",
        "client_secret": "leadoffice-sample-google-key",
    }
    return Connection.objects.create(**{**defaults, **values})


def make_meta_connection(dealer=None, *, base="http://127.0.0.1:8901/graph", **values):
    """The page and the app of the samples; `base` is where the Graph API (or its stand-in) is."""
    defaults = {
        "dealer": dealer or make_dealer(),
        "partner": "meta",
        "mode": "live",
        "name": f"Facebook {next(_numbers)}",
        "base_url": base,
        "page_id": "100000000000001",
        "client_secret": "leadoffice-test-app-secret",
        "verify_token": "leadoffice-verify",
        "access_token": "demo-page-token",
    }
    return Connection.objects.create(**{**defaults, **values})


def make_drklein_connection(
    dealer=None, *, base="http://127.0.0.1:8901/drklein", profile="b", **values
):
    """A test account at Dr. Klein; `base` is where the stand-in for both profiles is."""
    mode = values.get("mode", "test")
    access = {
        "a": {"base_url": f"{base}/a", "client_secret": "demo-token-a", "adviser_number": "ABC12"},
        "b": {
            "base_url": f"{base}/b" if mode == "live" else f"{base}/b-test",
            "token_url": f"{base}/oauth2/token",
            "client_id": "leadoffice-demo",
            "client_secret": "demo-secret",
            "case_source": "AUTOHAUS_BEISPIEL",
        },
    }[profile]
    defaults = {
        "dealer": dealer or make_dealer(),
        "partner": "drklein",
        "profile": profile,
        "name": f"Dr. Klein {next(_numbers)}",
        **access,
    }
    return Connection.objects.create(**{**defaults, **values})


def make_handover(lead, **values):
    """One to Dr. Klein that has arrived."""
    now = timezone.now()
    defaults = {
        "dealer": lead.dealer,
        "mode": "test",
        "profile": "b",
        "url": "http://127.0.0.1:9/vorgang",
        "payload": "{}",
        "payload_hash": "1",
        "state": Handover.State.FORWARDED,
        "case_number": "DK0001",
        "notes": "haushalt: nicht übernommen",
        "attempts": 1,
        "ordered_at": now,
        "next_attempt_at": now,
        "settled_at": now,
    }
    if "connection" not in values:
        values["connection"] = make_drklein_connection(lead.dealer)
    return Handover.objects.create(lead=lead, **{**defaults, **values})


def make_consent(**values):
    """As staff write it down on the page of a handover."""
    defaults = {
        "purpose": "finance_forwarding",
        "granted": True,
        "granted_at": (timezone.now() - timedelta(hours=1)).isoformat(),
        "text": "Meine Angaben dürfen zur Finanzierung weitergegeben werden.",
        "via": "phone",
    }
    return {**defaults, **values}


def make_mailbox(dealer=None, *, port=143, **values):
    """A mailbox of the simulator that listens on this port."""
    location = values.pop("location", None) or make_location(dealer)
    defaults = {
        "dealer": location.dealer,
        "location": location,
        "partner": "mail",
        "name": f"Postfach {next(_numbers)}",
        "mail_host": "127.0.0.1",
        "mail_port": port,
        "mail_encryption": "none",
        "client_id": "leads@autohaus.example.org",
        "client_secret": "demo-mail",
    }
    return Connection.objects.create(**{**defaults, **values})


def make_api_key(dealer=None, **values):
    """The key as stored, and the text that a client sends."""
    defaults = {"dealer": dealer or make_dealer(), "name": "Website", "system": "website"}
    return ApiKey.objects.create_key(**{**defaults, **values})


def make_webhook(dealer=None, *, url="http://127.0.0.1:9/hook", **values):
    """A webhook that is told everything; `url` is where the other system answers."""
    defaults = {
        "dealer": dealer or make_dealer(),
        "name": f"CRM {next(_numbers)}",
        "url": url,
        "secret": new_secret(),
    }
    return WebhookEndpoint.objects.create(**{**defaults, **values})


def make_website_form(dealer=None, *, consents=(), **values):
    """A form that https://autohaus.example.org may use; `consents` as (purpose, text) or
    (purpose, text, required)."""
    asked = [(*one, False)[:3] for one in consents]
    defaults = {
        "dealer": dealer or make_dealer(),
        "name": f"Kontakt {next(_numbers)}",
        "allowed_origins": ["https://autohaus.example.org"],
        "consents": [
            {"purpose": purpose, "text": text, "required": required}
            for purpose, text, required in asked
        ],
    }
    return WebsiteForm.objects.create(**{**defaults, **values})


def make_contact(**values):
    """Contact data of a draft."""
    number = next(_numbers)
    defaults = {
        "salutation": "mr",
        "first_name": "Jörg",
        "last_name": f"Weiß{number}",
        "email": f"joerg.weiss{number}@example.org",
        "phone": unused_phone(),
        "postal_code": _postal_code(number),
        "city": "Dresden",
    }
    return ContactDraft(**{**defaults, **values})


def make_draft(*, contact=None, vehicle=None, **values):
    """What a channel hands to `receive`; `contact` and `vehicle` as drafts or as dicts."""
    if not isinstance(contact, ContactDraft):
        contact = make_contact(**(contact or {}))
    if not isinstance(vehicle, VehicleDraft):
        vehicle = VehicleDraft(**(vehicle or {}))
    defaults = {
        "sender": "api:website",
        "external_id": f"web-{next(_numbers)}",
        "subject": "Škoda Octavia Combi gesucht",
        "message": "Ist der Wagen noch da?",
    }
    return LeadDraft(contact=contact, vehicle=vehicle, **{**defaults, **values})
