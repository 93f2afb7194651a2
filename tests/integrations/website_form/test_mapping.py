"""What a visitor sent, as a draft: the sample, flat names, odd values."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from integrations.website_form.mapping import parse
from leads.models import IntakeEntry
from leads.services.drafts import ContactDraft, VehicleDraft
from leads.services.intake import Unusable

SAMPLE = Path(__file__).parents[2] / "samples" / "website_form.json"
NOW = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
FORM = {"name": "Kontakt", "source": "Website", "campaign": "", "location": "Berlin Mitte"}
CAR = {
    "internal_number": "GW-2001",
    "vin": "WMUSTER0000000001",
    "make": "Volkswagen",
    "model": "Golf",
    "variant": "Life",
    "price": "21990.00",
}
PERSON = {"last_name": "Mustermann", "email": "max@example.org", "phone": "0176 04069001"}


@pytest.fixture(autouse=True)
def german():
    with translation.override("de"):
        yield


def entry(fields, **booked):
    raw = {"form": FORM, "vehicle": None, "is_spam": False, "fields": fields, **booked}
    return IntakeEntry(
        sender="form:7",
        outside_id="0123456789abcdef",
        content_hash="c" * 64,
        raw=json.dumps(raw),
        received_at=NOW,
    )


def draft(**fields):
    return parse(entry({**PERSON, **fields}))


def test_the_sample_becomes_the_documented_lead():
    lead = parse(entry(json.loads(SAMPLE.read_text()), vehicle=CAR))

    assert (lead.sender, lead.external_id) == ("form:7", "0123456789abcdef")
    assert lead.contact == ContactDraft(
        first_name="Max",
        last_name="Mustermann",
        email="max.mustermann@example.org",
        phone="0176 / 040690-01",
        postal_code="10115",
        city="Berlin",
    )
    assert lead.vehicle == VehicleDraft(
        internal_number="GW-2001",
        vin="WMUSTER0000000001",
        make="Volkswagen",
        model="Golf",
        variant="Life",
        price=Decimal("21990.00"),
    )
    assert lead.message.splitlines()[0] == "Ist der Golf noch verfügbar?"
    assert (lead.source, lead.location, lead.campaign) == ("Website", "Berlin Mitte", "fruehjahr")
    assert (lead.test_drive_wished, lead.test_drive_on) == (True, date(2026, 3, 7))
    assert lead.trade_in_wished is True
    assert (lead.finance_kind, lead.finance_interest) == ("finance", True)
    assert lead.callback_wished is None
    assert lead.consents == (
        {
            "purpose": "contact_phone",
            "granted": True,
            "granted_at": "2026-03-02T10:14:00+00:00",
            "text": "Ich möchte zu meiner Anfrage angerufen werden.",
            "version": "2026-01",
        },
    )
    assert lead.custom_values == {
        "vehicle_url": "https://autohaus.example.org/fahrzeug/GW-2001",
        "trade_in_make": "Volkswagen",
        "trade_in_model": "Polo",
        "trade_in_first_registration": "2016-04",
        "trade_in_mileage_km": 98000,
        "utm_source": "google",
        "utm_medium": "cpc",
        "gclid": "TeSter-gclid-000000000002",
        "referrer": "https://www.example.org/",
        "copy_to_me": True,
    }
    assert lead.warnings == ()
    assert lead.is_spam is False


def test_flat_names_mean_the_same():
    sample = json.loads(SAMPLE.read_text())
    flat = {}
    for name, value in sample.items():
        if isinstance(value, dict):
            prefix = "" if name == "tracking" else f"{name}_"
            flat |= {f"{prefix}{inner}": one for inner, one in value.items()}
        else:
            flat[name] = value

    assert parse(entry(flat, vehicle=CAR)) == parse(entry(sample, vehicle=CAR))


@pytest.mark.parametrize("section", ["test_drive", "callback", "trade_in"])
@pytest.mark.parametrize("tick", ["on", True, "1", "ja"])
def test_a_ticked_box_is_a_wish(section, tick):
    assert getattr(draft(**{section: tick}), f"{section}_wished") is True


def test_a_day_for_a_test_drive_is_the_wish_for_one():
    lead = draft(test_drive_date="07.03.2026", test_drive_daypart="afternoon")

    assert (lead.test_drive_wished, lead.test_drive_on) == (True, date(2026, 3, 7))


def test_an_unticked_box_is_no_wish():
    assert draft(test_drive="", wishes=[]).test_drive_wished is None


def test_wishes_without_a_column_and_words_of_others_are_kept():
    lead = draft(**{"wishes[]": ["video_chat", "Winterreifen", "callback"]})

    assert lead.callback_wished is True
    assert lead.custom_values["wishes"].endswith(", Winterreifen")
    assert "video_chat" not in lead.custom_values["wishes"]


def test_a_name_in_one_piece_is_split():
    contact = parse(entry({"name": "Frau Dr. Jana von Testmann", "phone": "0221 4710123"})).contact

    assert (contact.salutation, contact.title) == ("ms", "Dr.")
    assert (contact.first_name, contact.last_name) == ("Jana", "von Testmann")


def test_a_car_that_is_not_ours_stays_words_and_fills_no_stock_list():
    lead = draft(vehicle={"ref": "XY-1", "vin": "WMUSTER0000000009"})

    assert lead.vehicle == VehicleDraft(model="XY-1")
    assert lead.custom_values == {"vehicle_ref": "XY-1", "vehicle_vin": "WMUSTER0000000009"}


def test_a_consent_without_its_text_has_the_wording_of_the_form():
    wording = {"purpose": "contact_email", "text": "Ja, per E-Mail.", "version": "3"}
    booked = entry(
        {**PERSON, "consent_contact_email": "on", "consent_marketing": ""},
        form={**FORM, "consents": [wording]},
    )

    agreed, refused = parse(booked).consents
    assert (agreed["text"], agreed["version"], agreed["granted"]) == ("Ja, per E-Mail.", "3", True)
    assert agreed["granted_at"] == NOW.isoformat()
    assert refused["granted"] is False


def test_nobody_agrees_tomorrow():
    sent = {"purpose": "privacy", "granted": True, "text": "…", "at": "2026-03-03T10:00:00Z"}
    lead = draft(consents=[sent])

    assert lead.consents[0]["granted_at"] == NOW.isoformat()
    assert [warning.code for warning in lead.warnings] == ["time_in_future"]


@pytest.mark.parametrize("granted", [None, "", "nein", 0, [], {}])
def test_only_a_plain_yes_is_a_consent(granted):
    lead = draft(consents=[{"purpose": "marketing", "granted": granted, "text": "…"}])

    assert lead.consents[0]["granted"] is False


def test_suspicion_comes_along():
    assert parse(entry(PERSON, is_spam=True)).is_spam is True


def test_technical_fields_are_no_answers():
    lead = draft(website="", elapsed_ms=1, token="x", form_key="lo_pub_0")

    assert lead.custom_values == {}


def test_further_answers_are_plain_and_limited():
    many = {f"frage {number}": "x" * 3000 for number in range(80)}
    lead = draft(**many, liste=["a", {"b": 1}], zahl=10**20)

    assert len(lead.custom_values) == 50
    assert set(map(len, lead.custom_values.values())) == {2000}
    lead = draft(liste=["a", {"b": 1}], zahl=10**20, leer=None)
    assert lead.custom_values == {"liste": '["a", {"b": 1}]', "zahl": str(10**20)}


@pytest.mark.parametrize(
    "odd",
    [
        {"test_drive": {"date": "gestern"}},
        {"callback": {"from": {"a": 1}}},
        {"vehicle": ["GW-1"]},
        {"wishes": {"a": 1}},
        {"consents": "contact_phone"},
        {"tracking": "google"},
        {"salutation": 5},
    ],
)
def test_odd_values_never_stop_a_lead(odd):
    assert draft(**odd).contact.last_name == "Mustermann"


@pytest.mark.parametrize(
    "raw", ["[]", '{"fields": 1}', "not json", "[" * 100_000, '{"fields": {}}']
)
def test_what_names_nobody_is_unusable(raw):
    booked = entry({})
    booked.raw = raw

    with pytest.raises(Unusable):
        parse(booked)


def test_a_correction_replaces_what_came():
    booked = entry({"email": "kaputt"})
    booked.corrected = json.dumps({"form": FORM, "fields": PERSON})

    assert parse(booked).contact.last_name == "Mustermann"
