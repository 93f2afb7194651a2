"""ADF's words in ours."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.adf.mapping import message_from, parse
from integrations.adf.schema import prospects_in
from integrations.loose_xml import text_from
from leads.models import Channel, IntakeEntry
from leads.services.intake import Unusable

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
PERSON = "<customer><contact><name part='last'>Weiß</name></contact></customer>"


def entry_of(text):
    message = message_from(text)
    return IntakeEntry(
        channel=Channel.ADF,
        sender="adf:portal",
        raw=message.raw,
        content_hash=message.content_hash,
        received_at=NOW,
    )


def draft_of(inner, *, person=PERSON):
    return parse(entry_of(f"<prospect>{inner}{person}</prospect>"))


def drafts_of(sample):
    text = text_from((SAMPLES / sample).read_bytes())
    return [parse(entry_of(one)) for one in prospects_in(text)]


def test_the_clean_sample_is_read_in_full():
    [draft] = drafts_of("adf.xml")

    assert draft.sender == "adf:portal"
    assert draft.external_id == "portal.example.org:P-2026-000815"
    assert draft.version == 1
    assert (draft.contact.first_name, draft.contact.last_name) == ("Jürgen", "Müßiggänger")
    assert draft.contact.email == "juergen.mg@example.org"
    assert (draft.contact.phone, draft.contact.mobile) == ("", "0176 04069027")
    assert draft.contact.street == "Weiße-Höfe-Straße 3"
    assert (draft.contact.postal_code, draft.contact.city) == ("99096", "Erfurt")
    assert draft.contact.country == "DE"
    assert draft.preferred_channel == "phone"
    assert draft.preferred_time
    assert draft.vehicle.name == "Volkswagen Golf VIII 1.5 TSI Life"
    assert draft.vehicle.vin == "WMUSTER0000000001"
    assert draft.vehicle.internal_number == "GW-2001"
    assert draft.vehicle.condition == "used"
    assert draft.vehicle.mileage_km == 31500
    assert draft.vehicle.price == Decimal("21990.00")
    assert (draft.finance_kind, draft.finance_interest) == ("finance", True)
    assert (draft.down_payment, draft.monthly_rate) == (Decimal("3000.00"), Decimal("360.00"))
    assert draft.message == (
        "Probefahrt am Wochenende möglich? Grüße & danke!\n\nBitte mit Winterrädern anbieten."
    )
    assert draft.trade_in_wished
    assert draft.test_drive_wished is None
    assert draft.source == "Beispielportal"
    assert draft.location == "0012345"
    assert draft.enquired_at == datetime(2026, 3, 2, 13, 20, tzinfo=UTC)
    answers = draft.custom_values.values()
    assert "Volkswagen Polo, 2016, 98000 km, good" in answers
    assert "Innerhalb von 4 Wochen, 2026-03-05 – 2026-03-30" in answers
    assert {"2022", "5", "M", "Weiß", "Schwarz", "Fahrzeuganfrage", "C-5501"} <= set(answers)
    assert draft.consents == ()
    assert draft.warnings == ()


def test_the_awkward_sample_is_read_all_the_same():
    first, second = drafts_of("adf_awkward.txt")

    assert first.external_id == ""
    assert first.source == "Beispielportal"
    assert (first.contact.first_name, first.contact.last_name) == ("Erika", "Musterfrau")
    assert (first.contact.phone, first.contact.mobile) == ("0221 4710 415", "0171 3920012")
    assert first.vehicle.name == "Opel Corsa"
    assert first.vehicle.mileage_km == 42100
    assert "42.100 km" in first.custom_values.values()
    assert first.vehicle.price == Decimal("15480.00")
    assert first.test_drive_wished
    assert first.message == "Kommentar steht falsch direkt unter prospect."
    assert first.enquired_at == datetime(2026, 3, 2, 13, 20, tzinfo=UTC)
    assert first.warnings == ()
    assert second.external_id == "portal.example.org:P-2026-000815"
    assert second.version == 0
    assert second.vehicle.name == ""


@pytest.mark.parametrize(
    ("interest", "wishes"),
    [
        ("buy", (None, None, "")),
        ("", (None, None, "")),
        ("unheard-of", (None, None, "")),
        ("test-drive", (True, None, "")),
        ("lease", (None, None, "leasing")),
        ("LEASE", (None, None, "leasing")),
        ("trade-in", (None, True, "")),
        ("sell", (None, True, "")),
    ],
)
def test_the_interest_tells_the_wish(interest, wishes):
    draft = draft_of(f"<vehicle interest='{interest}'><make>Opel</make></vehicle>")

    assert (draft.test_drive_wished, draft.trade_in_wished, draft.finance_kind) == wishes
    assert draft.vehicle.make == ("" if wishes[1] else "Opel")


def test_further_vehicles_are_listed():
    draft = draft_of(
        "<vehicle interest='trade-in'><make>Fiat</make></vehicle>"
        "<vehicle><make>Opel</make><model>Corsa</model></vehicle>"
        "<vehicle><make>Opel</make><model>Astra</model><price>9.990 €</price></vehicle>"
        "<vehicle><make>Opel</make><model>Mokka</model></vehicle>"
    )

    assert draft.vehicle.name == "Opel Corsa"
    assert draft.trade_in_wished
    assert {"Fiat", "Opel Astra, 9.990 €, Opel Mokka"} <= set(draft.custom_values.values())


@pytest.mark.parametrize(
    ("element", "km"),
    [
        ("<odometer>31500</odometer>", 31500),
        ("<odometer units='mi'>1000</odometer>", 1609),
        ("<odometer>1.000 mi</odometer>", 1609),
        ("<odometer units='km'>42.100 km</odometer>", 42100),
        ("<odometer>ca. 45 Tkm</odometer>", None),
        ("<odometer>-5</odometer>", None),
        ("<odometer>99999999999999</odometer>", None),
    ],
)
def test_the_odometer_in_all_its_forms(element, km):
    draft = draft_of(f"<vehicle>{element}</vehicle>")

    assert draft.vehicle.mileage_km == km
    assert [one.code for one in draft.warnings] == ([] if km else ["number_unreadable"])


def test_another_currency_is_not_taken_for_euros():
    draft = draft_of("<vehicle><price currency='USD'>20000</price></vehicle>")

    assert draft.vehicle.price is None
    assert [one.value for one in draft.warnings] == ["USD"]


def test_finance_in_the_wrong_place_counts():
    draft = draft_of(
        "<vehicle><make>Opel</make></vehicle><finance><method>Lease</method>"
        "<amount type='downpayment'>1.500,00 €</amount><balance type='residual'>8000</balance>"
        "</finance>"
    )

    assert draft.finance_kind == "leasing"
    assert (draft.down_payment, draft.final_payment) == (Decimal("1500.00"), Decimal("8000.00"))


@pytest.mark.parametrize("written", ["gestern", "2026-13-45", "", "2026-03-02T99:99"])
def test_a_broken_date_is_the_time_of_receipt(written):
    assert draft_of(f"<requestdate>{written}</requestdate>").enquired_at is None


def test_contact_in_all_its_forms():
    person = """<customer><contact>
      <name part="first">Anna</name><name part="middle">Maria</name><name part="last">Weiß</name>
      <name part="full" type="business">Musterbau GmbH</name>
      <email preferredcontact="1">a@example.org</email><email>b@example.org</email>
      <phone type="work">030 23125 101</phone><phone type="voice">0221 4710 415</phone>
      <phone type="fax">030 23125 102</phone>
      <address><street line="1">Weg 1</street><street line="2">Hof</street>
        <apartment>3a</apartment><country>Deutschland</country></address>
    </contact></customer>"""
    draft = draft_of("", person=person)

    assert (draft.contact.first_name, draft.contact.last_name) == ("Anna Maria", "Weiß")
    assert draft.contact.company == "Musterbau GmbH"
    assert draft.contact.email == "a@example.org"
    assert draft.preferred_channel == "email"
    assert (draft.contact.phone, draft.contact.mobile) == ("030 23125 101", "")
    assert (draft.contact.street, draft.contact.country) == ("Weg 1 Hof 3a", "DE")
    answers = set(draft.custom_values.values())
    assert {"b@example.org", "0221 4710 415", "030 23125 102"} <= answers


@pytest.mark.parametrize(
    "text",
    [
        "",
        "kein XML",
        "<adf></adf>",
        "<prospect></prospect>",
        "<prospect><customer></prospect>",
        "<prospect><vehicle><year>2020</year></prospect>",
        "<prospect>" + "<a>" * 40 + "</a>" * 40 + "</prospect>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><prospect>&x;" + PERSON + "</prospect>",
        f"<prospect>{PERSON}</prospect>" * 2,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_no_lead_is_unusable(text):
    with pytest.raises(Unusable) as unusable:
        parse(IntakeEntry(raw=text, received_at=NOW, sender="adf:portal"))
    assert str(unusable.value)


def test_a_correction_replaces_what_came():
    entry = entry_of("<prospect><customer></prospect>")
    entry.corrected = f"<prospect>{PERSON}</prospect>"

    assert parse(entry).contact.last_name == "Weiß"


def test_blanks_make_no_other_message():
    one = "<prospect><id source='a'>1</id></prospect>"
    other = "<prospect>\n  <id source='a'>1</id>\r\n</prospect>"

    assert message_from(one).message_id == message_from(one).message_id
    assert message_from(f" {one} ").message_id == message_from(one).message_id
    assert message_from(other).outside_id == message_from(one).outside_id == "a:1"


# --- where prospects stand ---------------------------------------------------------------------

PROSPECT = f"<prospect>{PERSON}</prospect>"


@pytest.mark.parametrize(
    "text",
    [
        PROSPECT,
        f"<adf>{PROSPECT}</adf>",
        f'<?ADF VERSION "1.0"?><?xml version="1.0"?><adf>{PROSPECT}</adf>',
        f"Sehr geehrte Damen und Herren,\nanbei & < 5 >:\n{PROSPECT}\nGrüße",
        f"<!DOCTYPE html><html><body><pre><adf>{PROSPECT}</adf></pre><br></body></html>",
        f"<html>&lt;adf&gt;{PROSPECT.replace('<', '&lt;').replace('>', '&gt;')}</html>",
        PROSPECT.replace("prospect>", "PROSPECT>"),
    ],
    ids=lambda text: text[:24],
)
def test_a_prospect_is_found_wherever_it_stands(text):
    [found] = prospects_in(text)

    assert parse(entry_of(found)).contact.last_name == "Weiß"


@pytest.mark.parametrize(
    "text", ["<prospect>" * 90_000, "<prospect " * 90_000, "</prospect" * 90_000, "<" * 900_000]
)
def test_a_megabyte_of_beginnings_takes_no_time(text):
    began_at = time.process_time()

    assert prospects_in(text) == []
    assert time.process_time() - began_at < 2
