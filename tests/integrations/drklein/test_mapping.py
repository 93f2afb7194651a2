"""A Vorgang in our words."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from integrations.drklein.mapping import message_from, parse, vorgang_id
from integrations.drklein.schema import Vorgang
from leads.models import Channel, IntakeEntry
from leads.services.intake import Unusable

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)


def sample(name):
    return json.loads((SAMPLES / f"drklein_vorgang{name}.json").read_text(encoding="utf-8"))


def draft_of(data, environment="PRODUCTION"):
    message = message_from(data, environment=environment)
    return parse(
        IntakeEntry(
            channel=Channel.DRKLEIN,
            sender="drklein:finanz",
            raw=message.raw,
            content_hash=message.content_hash,
            received_at=NOW,
        )
    )


def person(**values):
    return {"antragsteller1": {"personendaten": {"nachname": "Weiß", **values}}}


def paths_of(data):
    return [one.partition(": ")[0] for one in Vorgang.from_payload(data).messages]


@pytest.mark.parametrize("name", ["", "_flat"])
def test_envelope_and_flat_form_say_the_same(name):
    draft = draft_of(sample(name))

    assert draft.contact.salutation == "mr"
    assert draft.contact.title == "Dr."
    assert (draft.contact.first_name, draft.contact.last_name) == ("Max", "Mustermann")
    assert draft.contact.email == "max.mustermann@example.org"
    assert (draft.contact.mobile, draft.contact.phone) == ("+49 176 04069001", "+49 30 23125101")
    assert draft.contact.street == "Musterstraße 41a"
    assert (draft.contact.postal_code, draft.contact.city) == ("10115", "Berlin")
    assert draft.vehicle.name == "Volkswagen Golf VIII 1.5 TSI Life"
    assert draft.vehicle.price == Decimal("21990.00")
    assert draft.vehicle.first_registration == "2022-05"
    assert (draft.vehicle.mileage_km, draft.vehicle.power_kw) == (31500, 96)
    assert (draft.finance_kind, draft.finance_interest) == ("finance", True)
    assert (draft.monthly_rate, draft.term_months) == (Decimal("355.00"), 60)
    assert draft.message.splitlines()[1] == "Anzahlung 3.000 EUR laut Kunde."
    assert draft.callback_wished
    assert draft.callback_from == datetime(2026, 3, 5, 16, 30, tzinfo=UTC)
    assert [(one["purpose"], one["granted"]) for one in draft.consents] == [("finance", True)]
    answers = " ".join(draft.custom_values.values())
    assert "Sabine Verkäufer" in answers
    assert "18990.0" in answers
    assert draft.custom_values["organisationsNummer"] == "123456-121"
    assert draft.warnings == ()
    assert paths_of(sample(name)) == []


def test_what_only_the_envelope_says():
    draft = draft_of(sample(""))

    assert draft.source == "AUTOHAUS_BEISPIEL"
    assert draft.location == "B01"
    assert draft.custom_values["vertriebsschluessel"] == "0001-TEST"
    assert "Erika Mustermann" in draft.custom_values.values()
    assert draft.external_id == ""


def test_what_only_the_flat_form_says():
    draft = draft_of(sample("_flat"))

    assert draft.external_id == "L26-000123"
    assert draft.source == "Dr. Klein"


def test_the_smallest_one_is_a_lead():
    draft = draft_of(sample("_minimal"))

    assert (draft.contact.first_name, draft.contact.last_name) == ("Max", "Mustermann")
    assert draft.source == "AUTOHAUS_BEISPIEL"


def test_the_awkward_one_is_a_lead_and_everything_odd_is_named():
    draft = draft_of(sample("_awkward"))

    assert (draft.contact.first_name, draft.contact.last_name) == ("Zoë", "Größl")
    assert draft.contact.street == "Platz ohne Nummer"
    assert draft.contact.postal_code == "10115"
    assert draft.contact.salutation == draft.contact.title == ""
    assert draft.vehicle.name == ""
    assert draft.message == "nur ein Text statt Liste"
    assert draft.consents == ()
    assert draft.custom_values["vertriebsschluessel"] == "0001-TEST"
    applicant = "antragsteller1"
    assert sorted(paths_of(sample("_awkward"))) == [
        f"{applicant}.beschaeftigung.rentner",
        f"{applicant}.herkunft.staatsangehoerigkeit",
        f"{applicant}.personendaten.anrede",
        f"{applicant}.personendaten.geburtsdatum",
        f"{applicant}.personendaten.titel",
        f"{applicant}.wohnsituation.anschrift.plz",
        f"{applicant}.wohnsituation.anzahlPkw",
        f"{applicant}.wohnsituation.gemeinsamerHaushalt",
        "data[0].value",
        "data[1]",
        "finanzbedarf.fahrzeugkauf",
        "haushalt.ausgaben.unterhaltsverpflichtungen[0].betragMonatlich",
        "haushalt.ausgaben.unterhaltsverpflichtungen[0].gehoertZuAntragsteller",
        "kommentare",
    ]


def test_income_household_account_and_tax_number_are_on_no_draft():
    draft = draft_of(sample(""))

    for sensitive in ("2850", "31000", "DE8937", "Musterbank", "00000000000", "980", "Bauleiter"):
        assert sensitive not in repr(draft)


@pytest.mark.parametrize("environment", ["", "TEST", "production", "PRODUCTION "])
def test_without_the_word_production_it_is_a_test(environment):
    assert draft_of(sample("_minimal"), environment).is_test


def test_a_body_cannot_say_by_itself_that_it_is_real():
    data = {**sample("_minimal"), "leadoffice": {"environment": "PRODUCTION"}}

    assert draft_of(data, "").is_test
    assert not draft_of(sample("_minimal")).is_test


def test_test_and_real_business_with_one_number_are_two_leads():
    data = {**person(), "eigeneVorgangsnummer": "7"}

    assert draft_of(data).external_id != draft_of(data, "").external_id


def test_additional_values_in_all_their_shapes():
    data = {
        **person(),
        "data": [{"key": "a", "value": 1}, {"key": "datum", "value": date(2026, 3, 2).isoformat()}],
        "custom": {"b": True},
        "partner": {"custom": [{"key": "c", "value": "x"}, {"key": "d", "value": {}}]},
        "vertriebsschlüssel": "0001",
    }

    assert draft_of(data).custom_values == {
        "a": "1",
        "datum": "2026-03-02",
        "b": "true",
        "c": "x",
        "vertriebsschluessel": "0001",
    }
    assert paths_of(data) == ["partner.custom[1].value"]


def test_comments_at_both_levels():
    data = {"vorgang": {**person(), "kommentare": ["innen"]}, "kommentare": ["außen"]}

    assert draft_of(data).message == "innen\naußen"


def test_both_kinds_of_tipster():
    assert (
        "ABC12"
        in draft_of({**person(), "tippgeber": {"partnerId": "ABC12"}}).custom_values.values()
    )
    inner = {"vorgang": {**person(), "tippgeber": {"vorname": "Sabine"}}}
    assert "Sabine" in draft_of(inner).custom_values.values()


def test_horse_powers_are_kilowatts():
    need = {"finanzierungszweck": "FAHRZEUGKAUF", "fahrzeugkauf": {"ps": 131}}

    assert draft_of({**person(), "finanzbedarf": need}).vehicle.power_kw == 96


@pytest.mark.parametrize(
    "applicant",
    [
        {},
        {"personendaten": {}},
        {"personendaten": "x"},
        {"personendaten": {"anrede": "HERR", "geburtsdatum": "1985-04-17"}},
        {"personendaten": {"email": "kaputt"}},
    ],
)
def test_without_a_name_or_contact_it_is_unusable(applicant):
    with pytest.raises(Unusable):
        draft_of({"antragsteller1": applicant})


@pytest.mark.parametrize("text", ["", "x", "[]", "[" * 100_000])
def test_what_is_no_vorgang_is_unusable(text):
    with pytest.raises(Unusable):
        parse(IntakeEntry(raw=text, received_at=NOW))


def test_ids_are_stable_and_tell_dealers_apart():
    assert vorgang_id(1, "L-1") == vorgang_id(1, "L-1")
    assert len({vorgang_id(1, "L-1"), vorgang_id(2, "L-1"), vorgang_id(1, "L-1", "x")}) == 3
