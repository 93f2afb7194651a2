"""A lead becomes the case that Dr. Klein gets: compared with the samples, field by field."""

import json
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from integrations.drklein.outgoing import (
    Account,
    Entries,
    Tipster,
    as_text,
    payload_of,
    split_street,
)
from integrations.drklein.schema import Vorgang
from integrations.drklein.wording import in_words
from leads.models import Dealer, Lead, Location, Vehicle

SAMPLES = settings.BASE_DIR / "tests" / "samples"
BERLIN = ZoneInfo("Europe/Berlin")
ENTRIES = Entries(birth_date=date(1985, 4, 17), comment="Kunde wünscht Rückruf nach 17 Uhr.")
TIPSTER = Tipster(
    first_name="Sabine",
    last_name="Verkäufer",
    salutation="ms",
    staff_number="VK-0042",
    phone="030 23125 200",
    email="sabine.verkaeufer@example.org",
)
ACCOUNTS = {
    "a": Account(profile="a", adviser_number="TEST", values={"organisationsNummer": "123456-121"}),
    "b": Account(
        profile="b",
        lead_source="AUTOHAUS_BEISPIEL",
        values={"vertriebsschluessel": "0001-TEST", "organisationsNummer": "123456-121"},
    ),
}


def sample(name):
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def lead_of_the_sample(**values):
    """What LeadOffice knows of the person and the car in the samples."""
    car = Vehicle(
        make="Volkswagen",
        model="Golf VIII",
        variant="1.5 TSI Life",
        first_registration="2022-05",
        mileage_km=31500,
        power_kw=96,
        price=Decimal("21990.00"),
    )
    defaults = {
        "dealer": Dealer(name="Autohaus Beispiel"),
        "location": Location(name="Berlin"),
        "number": "L26-000123",
        "salutation": "mr",
        "title": "Dr.",
        "first_name": "Max",
        "last_name": "Mustermann",
        "email": "max.mustermann@example.org",
        "mobile": "0176 04069001",
        "street": "Musterstraße 41a",
        "postal_code": "10115",
        "city": "Berlin",
        "vehicle": car,
        "vehicle_name": "Volkswagen Golf",
        "vehicle_price": Decimal("21990.00"),
        "down_payment": Decimal("3000.00"),
        "term_months": 60,
        "monthly_rate": Decimal("355.00"),
        "callback_from": datetime(2026, 3, 5, 17, 30, tzinfo=BERLIN),
    }
    return Lead(**{**defaults, **values})


def payload(profile="b", *, entries=ENTRIES, tipster=TIPSTER, **values):
    lead = lead_of_the_sample(**values)
    return payload_of(lead, entries=entries, tipster=tipster, account=ACCOUNTS[profile])


def known(value, pattern):
    """`value` cut down to what `pattern` has, for comparing with a fuller sample."""
    if isinstance(pattern, dict):
        return {name: known(value[name], inner) for name, inner in pattern.items()}
    return value


def test_profile_b_is_the_envelope_of_the_sample():
    made, expected = payload("b"), sample("drklein_vorgang.json")

    case, like = made["vorgang"], expected["vorgang"]
    assert set(made) == {"vorgang", "tippgeber", "partner"}
    assert case["leadquelle"] == like["leadquelle"]
    assert made["tippgeber"] == expected["tippgeber"]
    values = expected["partner"]["custom"] | {"filialId": "Berlin"}
    assert made["partner"]["custom"] == values
    assert case["antragsteller1"] == known(like["antragsteller1"], case["antragsteller1"])
    assert case["finanzbedarf"] == known(like["finanzbedarf"], case["finanzbedarf"])
    assert case["kommentare"] == [
        "Lead L26-000123 aus LeadOffice, Autohaus Beispiel, Standort Berlin.",
        "Anzahlung 3.000,00 EUR laut Kunde.",
        "Der Kunde wünscht einen Rückruf: 05.03.2026 17:30",
        "Kunde wünscht Rückruf nach 17 Uhr.",
    ]
    assert case["finanzbedarf"]["finanzierungswunsch"] == {
        "kreditbetrag": 18990.0,
        "laufzeitInMonaten": 60,
        "rateMonatlich": 355.0,
    }


def test_profile_a_is_flat_with_its_own_pairs():
    made, expected = payload("a"), sample("drklein_vorgang_flat.json")

    assert made["kundenbetreuer"] == expected["kundenbetreuer"]
    assert made["eigeneVorgangsnummer"] == expected["eigeneVorgangsnummer"]
    assert made["tippgeber"] == expected["tippgeber"]
    assert made["antragsteller1"] == known(expected["antragsteller1"], made["antragsteller1"])
    assert made["finanzbedarf"] == known(expected["finanzbedarf"], made["finanzbedarf"])
    assert [one for one in expected["data"] if one not in made["data"]] == []
    assert made["kommentare"][0] == expected["kommentare"][0]
    assert not {"vorgang", "partner", "leadquelle"} & set(made)
    bare = payload("a", location=None, callback_from=None)
    assert [one["key"] for one in bare["data"]] == [
        "organisationsNummer",
        "einwilligungUnterschrieben",
        "kundennummer",
    ]


def test_the_smallest_case_of_the_sample():
    bare = dict.fromkeys(
        ("salutation", "title", "mobile", "street", "postal_code", "city", "vehicle_name"), ""
    )
    none = dict.fromkeys(
        ("location", "vehicle", "vehicle_price", "down_payment", "term_months", "monthly_rate")
    )
    made = payload(
        entries=Entries(birth_date=date(1985, 4, 17)),
        tipster=Tipster(),
        callback_from=None,
        **bare,
        **none,
    )
    expected = sample("drklein_vorgang_minimal.json")

    comments = made["vorgang"].pop("kommentare")
    assert made.pop("partner")["custom"]["einwilligungUnterschrieben"] is True
    assert made == expected
    assert comments == ["Lead L26-000123 aus LeadOffice, Autohaus Beispiel."]


@pytest.mark.parametrize("profile", ["a", "b"])
def test_our_own_door_takes_it_without_a_word(profile):
    """The inbound half checks against the same tables: types, words, dates."""
    made = Vorgang.from_payload(payload(profile))

    assert made.messages == ()
    assert made.applicant["personendaten"]["nachname"] == "Mustermann"


@pytest.mark.parametrize(
    ("values", "place", "expected"),
    [
        ({"salutation": "diverse"}, "personendaten.anrede", None),
        ({"salutation": "ms"}, "personendaten.anrede", "FRAU"),
        ({"title": "Prof. Dr."}, "personendaten.titel", ["DOKTOR", "PROFESSOR"]),
        ({"title": "Dipl.-Ing."}, "personendaten.titel", None),
        ({"mobile": "", "phone": "030 23125101"}, "personendaten.telefonPrivat", "+49 30 23125101"),
        ({"mobile": "abends, Klingel"}, "personendaten.telefonPrivat", "abends, Klingel"),
        (
            {"phone": "030 23125101", "company": "Musterbau GmbH"},
            "personendaten.telefonGeschaeftlich",
            "+49 30 23125101",
        ),
        ({"phone": "030 23125101"}, "personendaten.telefonGeschaeftlich", None),
        ({"country": "AT"}, "wohnsituation.anschrift.land", "AT"),
        ({"country": "DE"}, "wohnsituation.anschrift.land", None),
        ({"country": "GG"}, "wohnsituation.anschrift.land", "SONSTIGE"),
        ({"street": "Platz ohne Nummer"}, "wohnsituation.anschrift.hausnummer", None),
    ],
)
def test_the_applicant(values, place, expected):
    found = payload(**values)["vorgang"]["antragsteller1"]
    for name in place.split("."):
        found = (found or {}).get(name)

    assert found == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Musterstraße 41a", ("Musterstraße", "41a")),
        ("Straße des 17. Juni 135", ("Straße des 17. Juni", "135")),
        ("Am Ring 3-5", ("Am Ring", "3-5")),
        ("Musterstr.7", ("Musterstr.", "7")),
        ("Hauptstr. 12 b", ("Hauptstr.", "12 b")),
        ("Q7, 24", ("Q7,", "24")),
        ("Platz ohne Nummer", ("Platz ohne Nummer", "")),
        ("C4", ("C4", "")),
        ("  ", ("", "")),
        ("1 " * 100, (("1 " * 100).strip(), "")),
    ],
)
def test_streets_are_split_at_the_number(text, parts):
    assert split_street(text) == parts


@pytest.mark.parametrize(
    ("values", "need"),
    [
        # No car: no purpose is claimed, the wish stays.
        (
            {"vehicle": None, "vehicle_name": "", "vehicle_price": None, "down_payment": None},
            {"finanzierungswunsch": {"laufzeitInMonaten": 60, "rateMonatlich": 355.0}},
        ),
        # Named only, not in stock.
        (
            {"vehicle": None, "term_months": None, "monthly_rate": None, "down_payment": None},
            {
                "finanzierungszweck": "FAHRZEUGKAUF",
                "fahrzeugkauf": {
                    "anbieter": "HAENDLER",
                    "modell": "Volkswagen Golf",
                    "kaufpreis": 21990.0,
                },
                "finanzierungswunsch": {"kreditbetrag": 21990.0},
            },
        ),
    ],
)
def test_the_need(values, need):
    assert payload(**values)["vorgang"]["finanzbedarf"] == need


@pytest.mark.parametrize(
    ("values", "loan"),
    [
        ({"down_payment": Decimal("21990")}, None),
        ({"down_payment": Decimal("0.01")}, 21989.99),
        ({"vehicle_price": None, "down_payment": Decimal("990")}, 21000.0),  # today's price
    ],
)
def test_the_loan_is_what_is_left_of_the_price(values, loan):
    wish = payload(**values)["vorgang"]["finanzbedarf"]["finanzierungswunsch"]

    assert wish.get("kreditbetrag") == loan
    assert "e" not in as_text(wish).partition("kreditbetrag")[2].partition(",")[0]


@pytest.mark.parametrize("month", ["2022", "", "05/2022", "2022-13"])
def test_a_registration_without_its_month_is_left_out(month):
    car = Vehicle(make="VW", model="Golf", first_registration=month)

    assert (
        "erstzulassungsdatum" not in payload(vehicle=car)["vorgang"]["finanzbedarf"]["fahrzeugkauf"]
    )


@pytest.mark.parametrize("profile", ["a", "b"])
def test_nothing_of_the_credit_pre_check_is_sent(profile):
    made = payload(
        profile,
        precheck="negative",
        lead_type_raw="2c",
        subject="Kundenkalkulator mit negativer Kreditvoreinschätzung",
        effective_rate=Decimal("9.99"),
        custom_values={"Bonität": "schlecht"},
    )

    assert made == payload(profile)


@pytest.mark.parametrize("profile", ["a", "b"])
def test_the_preview_has_every_value_and_nothing_else(profile):
    made = payload(profile, phone="030 23125102", test_drive_on=date(2026, 3, 4))
    shown = [value for _heading, rows in in_words(made) for _label, value in rows]

    assert sorted(shown) == sorted(map(in_german, leaves(made)))
    labels = [label for _heading, rows in in_words(made) for label, _value in rows]
    assert [one for one in labels if one[0].islower()] == []  # each has its German name
    assert "Weitere Telefonnummer: +49 30 23125102" in shown


WORDS = {
    True: "ja",
    "HERR": "Herr",
    "FRAU": "Frau",
    "DOKTOR": "Doktor",
    "FAHRZEUGKAUF": "Fahrzeugkauf",
    "HAENDLER": "Händler",
    "1985-04-17": "17.04.1985",
    "2022-05-01": "01.05.2022",
    21990.0: "21.990,00",
    18990.0: "18.990,00",
    355.0: "355,00",
    31500: "31.500",
}


def in_german(value):
    return WORDS.get(value, str(value))


def leaves(value):
    if isinstance(value, dict) and set(value) == {"key", "value"}:
        yield value["value"]
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)
    else:
        yield value
