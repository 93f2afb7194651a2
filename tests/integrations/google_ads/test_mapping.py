"""Google's words in ours."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from integrations.google_ads.mapping import message_from, parse
from leads.models import Channel, IntakeEntry
from leads.services.intake import Unusable

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)


def entry_of(body, **defaults):
    """As it is booked; `corrected` is what a person made of it."""
    message = message_from(body, defaults)
    return IntakeEntry(
        channel=Channel.GOOGLE_ADS,
        sender="google_ads:1",
        raw=message.raw,
        content_hash=message.content_hash,
        received_at=NOW,
    )


def draft_of(*columns, defaults=None, **values):
    """The draft of a form with these (column_id, string_value)."""
    data = [{"column_id": name, "string_value": value} for name, value in columns]
    body = {"lead_id": "1", "user_column_data": data, **values}
    return parse(entry_of(body, **(defaults or {})))


def sample(name):
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def test_the_sample_is_read_in_full():
    draft = parse(entry_of(sample("google_lead.json")))

    assert draft.sender == "google_ads:1"
    assert draft.external_id == "TeSter-0000-LeadOffice-AAAA-0001"
    assert draft.contact.first_name == "Erika"
    assert draft.contact.last_name == "Müßig"
    assert draft.contact.email == "erika.muessig@example.org"
    assert (draft.contact.phone, draft.contact.mobile) == ("", "+4917604069088")
    assert (draft.contact.postal_code, draft.contact.city) == ("50667", "Köln")
    assert draft.vehicle.model == "Golf"
    assert (draft.finance_kind, draft.finance_interest) == ("finance", True)
    assert draft.enquired_at == datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
    assert draft.campaign == "20000000001"
    assert draft.custom_values["gcl_id"] == "TeSter-gclid-000000000001"
    assert draft.custom_values["form_id"] == "40000000001"
    assert draft.custom_values["campaign_id"] == "20000000001"
    assert draft.custom_values["Wann möchten Sie probefahren?"] == "Samstagvormittag"
    assert "In 1–3 Monaten" in draft.custom_values.values()
    assert not draft.is_test
    assert draft.consents == ()
    assert draft.warnings == ()


def test_the_test_sample_is_a_test_and_its_long_id_still_names_it():
    draft = parse(entry_of(sample("google_lead_test.json")))

    assert draft.is_test
    assert len(draft.external_id) <= 64
    assert draft.external_id.startswith("TeSter-123-ABCDEFGHIJK")
    assert (draft.contact.first_name, draft.contact.last_name) == ("FirstName", "LastName")
    assert draft.campaign == ""
    assert "form_id" not in draft.custom_values


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Zoë Größl-Beispiel", ("Zoë", "Größl-Beispiel")),
        ("Musterfrau, Erika Anna", ("Erika Anna", "Musterfrau")),
        ("Jana von Testmann", ("Jana", "von Testmann")),
        ("Maria Anna Schmidt", ("", "Maria Anna Schmidt")),
        ("Schmidt", ("", "Schmidt")),
    ],
)
def test_a_whole_name_is_taken_apart_only_where_that_is_no_guess(name, parts):
    contact = draft_of(("FULL_NAME", name)).contact

    assert (contact.first_name, contact.last_name) == parts


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Finanzierung", "finance"),
        ("Ballonfinanzierung", "finance"),
        ("Kredit", "finance"),
        ("Leasing", "leasing"),
        ("Leasing oder Finanzierung", "leasing"),
        ("Barzahlung", "cash"),
        ("Cash", "cash"),
    ],
)
def test_payment_is_told_by_keywords(said, kind):
    draft = draft_of(("VEHICLE_PAYMENT_TYPE", said))

    assert draft.finance_kind == kind
    assert draft.finance_interest == (kind != "cash")


@pytest.mark.parametrize("said", ["Weiß noch nicht", "Lasse mich beraten", "Vereinbarung"])
def test_other_words_about_payment_are_kept_as_an_answer(said):
    draft = draft_of(("VEHICLE_PAYMENT_TYPE", said))

    assert (draft.finance_kind, draft.finance_interest) == ("", None)
    assert said in draft.custom_values.values()


def test_private_mail_comes_first_and_what_has_no_place_is_an_answer():
    draft = draft_of(
        ("WORK_EMAIL", "buero@example.org"),
        ("EMAIL", "privat@example.org"),
        ("PHONE_NUMBER", "0221 4710 415"),
        ("WORK_PHONE", "030 23125 101"),
        ("PHONE_NUMBER_VERIFIED", "+4917604069088"),
    )

    assert draft.contact.email == "privat@example.org"
    assert (draft.contact.phone, draft.contact.mobile) == ("0221 4710 415", "+4917604069088")
    assert {"buero@example.org", "030 23125 101"} <= set(draft.custom_values.values())


def test_wishes_about_contact_and_place():
    draft = draft_of(
        ("PREFERRED_CONTACT_METHOD", "WhatsApp"),
        ("PREFERRED_CONTACT_TIME", "abends"),
        ("PREFERRED_DEALERSHIP", "Köln-Süd"),
        ("VEHICLE_CONDITION", "Gebraucht"),
        ("STREET_ADDRESS", "Übungsweg 7"),
        ("COMPANY_NAME", "Musterbau GmbH"),
        defaults={"location": "Zentrale"},
    )

    assert (draft.preferred_channel, draft.preferred_time) == ("whatsapp", "abends")
    assert draft.location == "Köln-Süd"
    assert draft.vehicle.condition == "used"
    assert (draft.contact.street, draft.contact.company) == ("Übungsweg 7", "Musterbau GmbH")


def test_order_and_missing_names_of_columns_do_not_matter():
    draft = draft_of(("mein_wunsch_", "Anhängerkupplung"), ("PRICE_RANGE", "bis 20.000 €"))

    assert draft.custom_values["mein wunsch"] == "Anhängerkupplung"
    assert "bis 20.000 €" in draft.custom_values.values()


def test_a_time_without_sense_is_the_time_of_receipt():
    assert draft_of(lead_submit_time="gestern").enquired_at is None
    draft = draft_of(lead_submit_time="2027-03-02T12:30:00Z")
    assert draft.enquired_at is None
    assert [one.code for one in draft.warnings] == ["time_in_future"]


def test_odd_contact_data_are_warnings():
    draft = draft_of(("EMAIL", "max@"), ("PHONE_NUMBER", "123"), ("FIRST_NAME", {"x": 1}))

    assert {one.code for one in draft.warnings} == {
        "email_invalid",
        "phone_invalid",
        "value_unknown",
    }


def test_an_answer_of_any_length_and_number_fits():
    many = [(f"frage_{number}", "x" * 5000) for number in range(300)]
    draft = draft_of(*many)

    assert len(draft.custom_values) <= 107
    assert all(len(text) <= 2000 for text in draft.custom_values.values())


def test_a_correction_replaces_what_came():
    entry = entry_of({"user_column_data": []})
    with pytest.raises(Unusable):
        parse(entry)
    entry.corrected = json.dumps({"lead_id": "7", "user_column_data": []})

    assert parse(entry).external_id == "7"


@pytest.mark.parametrize("text", ["", "kein JSON", "[]", "5", '{"lead_id": null}', "[" * 100_000])
def test_what_is_no_lead_is_unusable(text):
    with pytest.raises(Unusable):
        parse(IntakeEntry(raw=text, received_at=NOW))


def test_the_same_content_is_the_same_message_in_any_order():
    body = sample("google_lead.json")
    other_order = dict(reversed(list(body.items())))

    assert message_from(body, {}) == message_from(other_order, {})
    assert message_from(body, {}).message_id == message_from(body, {"source": "x"}).message_id
