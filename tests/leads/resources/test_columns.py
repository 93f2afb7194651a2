"""Headers and cells as dealers write them."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils.translation import override

from leads.models.keys import phone_key
from leads.models.warning import WarningCode
from leads.resources.columns import BY_NAME, COLUMNS, LEADS
from leads.resources.readers import Office, Reading
from tests.samples.make_alte_leads import HEADERS

OFFICE = Office(
    owners={"sabine koehler": "sabine@example.org"},
    locations=frozenset({"filiale koeln"}),
    lead_types={"1a": "1a", "juhu.auto standard": "1a"},
)


def understand(name, cell, *, before=None):
    """What a reader makes of a cell."""
    reading = Reading(OFFICE, values=dict(before or {}))
    BY_NAME[name].read(cell, reading, "Spalte")
    return reading


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_every_exported_header_is_understood_in_every_language(language):
    with override(language):
        headers = [column.header for column in COLUMNS]
    with override("de"):
        assert [LEADS.column_for(header) for header in headers] == list(COLUMNS)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Anfrage-Nr.", "external_id"),
        ("Datum", "enquired_at"),
        ("STRASSE", "street"),
        ("Straße", "street"),
        ("PLZ", "postal_code"),
        (" e-mail ", "email"),
        ("E_Mail-Adresse", "email"),
        ("Tel.", "phone"),
        ("Handy", "mobile"),
        ("Verkäufer", "owner"),
        ("Wunsch / Notiz", "message"),
        ("Nächster Kontakt", "follow_up_at"),
        ("WVL", "follow_up_at"),
        ("Firma / Name", "name"),
        ("VK-Preis", "vehicle_price"),
        ("Bem.", "note"),
        ("Wunschfzg.", "vehicle_name"),
        ("naechster kontakt", "follow_up_at"),
        ("Surname", "last_name"),
        ("FIN", "vin"),
        ("LeadOffice-Nr.", "number"),
        ("LeadOffice number", "number"),
        ("Stand", "version"),
        ("Name, Vorname", "name"),
        ("Straße + Hausnr.", "street"),
        ("Tel. privat", "phone"),
        ("E-Mail 1", "email"),
        ("Anfr.-Dat.", "enquired_at"),
        ("VK-Berater", "owner"),
        ("Interesse an", "vehicle_name"),
        ("interne Notiz", "note"),
    ],
)
def test_knows_what_lists_call_a_column(header, name):
    assert LEADS.column_for(header).name == name


def test_the_sample_has_one_unknown_column():
    assert [header for header in HEADERS if LEADS.column_for(header) is None] == ["Wunschfarbe"]


def test_no_synonym_means_two_columns():
    for column in COLUMNS:
        for synonym in column.synonyms:
            assert LEADS.column_for(synonym) is column, synonym


@pytest.mark.parametrize(
    ("name", "cell", "values"),
    [
        ("enquired_at", "3.2.25", {"enquired_at": datetime(2025, 2, 2, 23, tzinfo=UTC)}),
        ("enquired_at", date(2025, 7, 3), {"enquired_at": datetime(2025, 7, 2, 22, tzinfo=UTC)}),
        ("follow_up_at", "03.07.2025", {"follow_up_at": datetime(2025, 7, 3, 7, tzinfo=UTC)}),
        ("time_of_day", "14:05 Uhr", {"time_of_day": time(14, 5)}),
        ("vehicle_price", "1.234,56 €", {"price": Decimal("1234.56")}),
        ("vehicle_price", 19990.0, {"price": Decimal("19990.00")}),
        ("vehicle_price", "21.990,-", {"price": Decimal("21990.00")}),
        ("probability", "60 %", {"probability": 60}),
        ("effective_rate", 4.99, {"effective_rate": Decimal("4.99")}),
        ("effective_rate", "0,25 %", {"effective_rate": Decimal("0.25")}),
        ("annual_mileage_km", "15.000 km", {"annual_mileage_km": 15000}),
        ("test_drive_wished", "x", {"test_drive_wished": True}),
        ("test_drive_wished", "nein", {"test_drive_wished": False}),
        ("salutation", "Frau", {"salutation": "ms"}),
        ("salutation", "Herr Dr.", {"salutation": "mr", "title": "Dr."}),
        ("salutation", "w", {"salutation": "ms"}),
        ("salutation", "Firma", {}),
        ("title", "Prof. Dr.", {"title": "Prof. Dr."}),
        ("title", "Golf gesucht", {"subject": "Golf gesucht"}),
        ("urgency", "hoch", {"urgency": "high"}),
        ("urgency", "dringend", {"urgency": "high"}),
        ("finance_kind", "Leasing", {"finance_kind": "leasing"}),
        ("country", "Österreich", {"country": "AT"}),
        ("country", "de", {"country": "DE"}),
        ("postal_code", "01067", {"postal_code": "01067"}),
        ("place", "01067 Dresden", {"postal_code": "01067", "city": "Dresden"}),
        ("place", "Dresden", {"city": "Dresden"}),
        ("street", "Übungsweg 7", {"street": "Übungsweg 7"}),
        (
            "street",
            "Übungsweg 7, 04109 Leipzig",
            {"street": "Übungsweg 7", "postal_code": "04109", "city": "Leipzig"},
        ),
        (
            "street",
            "Übungsweg 7 a\n04109 Leipzig",
            {"street": "Übungsweg 7 a", "postal_code": "04109", "city": "Leipzig"},
        ),
        ("time_of_day", "9.15 Uhr", {"time_of_day": time(9, 15)}),
        ("time_of_day", "9:15", {"time_of_day": time(9, 15)}),
        ("email", " max@example.org ", {"email": "max@example.org"}),
        ("phone", "0171/3920012", {"phone": "0171/3920012"}),
        ("phone", 1713920012, {"phone": "1713920012"}),
        ("first_name", "Dr. Hans", {"title": "Dr.", "first_name": "Hans"}),
        ("last_name", "Müller, Hans", {"last_name": "Müller", "first_name": "Hans"}),
        ("number", "L-2026-000123", {"number": "L-2026-000123"}),
        ("number", 4711, {"external_id": "4711"}),
        ("owner", "Köhler, Sabine", {}),
        ("owner", "sabine köhler", {"owner_email": "sabine@example.org"}),
        ("location", "Filiale Köln", {"location": "Filiale Köln"}),
        ("lead_type", "juhu.auto Standard", {"lead_type": "1a"}),
        ("lead_type", "9Z", {"lead_type": "9z"}),
        ("tags", "VIP; Eilig, vip", {"tags": ("VIP", "Eilig", "vip")}),
        ("vehicle_name", "VW Golf", {"model": "VW Golf"}),
        ("message", "two\nlines", {"message": "two\nlines"}),
        ("subject", "two\nlines", {"subject": "two lines"}),
    ],
)
def test_reads_a_cell(name, cell, values):
    assert understand(name, cell).values == values


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("enquired_at", "31.02.2025"),
        ("enquired_at", "gestern"),
        ("vehicle_price", "auf Anfrage"),
        ("vehicle_price", -1),
        ("vehicle_price", "99999999999"),
        ("vehicle_price", "9" * 39),
        ("probability", "120 %"),
        ("term_months", "48,5"),
        ("term_months", 40_000),
        ("mobile", "1,76041E+11"),
        ("phone", "1.76041e+11"),
        ("postal_code", 1.5),
        ("time_of_day", "abends"),
        ("external_id", "4" * 65),
        ("vin", "W" * 18),
    ],
)
def test_what_cannot_be_read_is_not_guessed(name, cell):
    with pytest.raises(ValueError, match=r"."):
        understand(name, cell)


@pytest.mark.parametrize(
    ("name", "cell", "code"),
    [
        ("email", "max@", WarningCode.EMAIL_INVALID),
        ("phone", "ruft an", WarningCode.PHONE_INVALID),
        ("postal_code", 1067, WarningCode.EXCEL_CHANGED),
        ("postal_code", "506 67", WarningCode.POSTAL_CODE_ODD),
        ("probability", 0.6, WarningCode.PROBABILITY_AS_SHARE),
        ("effective_rate", 0.0499, WarningCode.RATE_AS_SHARE),
        ("owner", "Horst Altmann", WarningCode.OWNER_UNKNOWN),
        ("location", "Filiale Mond", WarningCode.VALUE_UNKNOWN),
        ("salutation", "Familie", WarningCode.VALUE_UNKNOWN),
        ("test_drive_wished", "am Samstag", WarningCode.VALUE_UNKNOWN),
        ("subject", "x" * 201, WarningCode.TEXT_SHORTENED),
        ("vehicle_name", "x" * 300, WarningCode.TEXT_SHORTENED),
    ],
)
def test_what_is_odd_is_said(name, cell, code):
    assert [warning.code for warning in understand(name, cell).warnings] == [code]


@pytest.mark.parametrize(
    ("name", "cell"),
    [("owner", "Horst Altmann"), ("salutation", "Familie"), ("test_drive_wished", "am Samstag")],
)
def test_what_is_not_understood_is_kept(name, cell):
    assert understand(name, cell).custom_values == {"Spalte": cell}


def test_two_numbers_in_one_cell_are_two_numbers():
    reading = understand("phone", "030 23125101 oder 0171 3920012")

    assert reading.values == {"phone": "030 23125101"}
    assert reading.spare_phones == [("Spalte", "0171 3920012")]


def test_what_a_specific_column_says_stays():
    reading = understand("name", "Frau Erika Muster", before={"last_name": "Musterfrau"})

    assert reading.values == {"salutation": "ms", "first_name": "Erika", "last_name": "Musterfrau"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Dr. Müller, Hans", {"title": "Dr.", "last_name": "Müller", "first_name": "Hans"}),
        ("Müller, Dr. Hans", {"title": "Dr.", "last_name": "Müller", "first_name": "Hans"}),
        ("Hans-Peter Müller", {"first_name": "Hans-Peter", "last_name": "Müller"}),
        (
            "Herr Prof. Dr. Jan van der Berg",
            {
                "salutation": "mr",
                "title": "Prof. Dr.",
                "first_name": "Jan",
                "last_name": "van der Berg",
            },
        ),
        ("Müller", {"last_name": "Müller"}),
        ("Elektro Krüger GmbH & Co. KG", {"company": "Elektro Krüger GmbH & Co. KG"}),
        ("Bäckerei Süß e.K.", {"company": "Bäckerei Süß e.K."}),
    ],
)
def test_splits_a_name(text, parts):
    assert understand("name", text).values == parts


@pytest.mark.parametrize(
    ("name", "cell", "kept"),
    [
        ("phone", "1,76041E+11", "176041"),
        ("mobile", "4.91761E+12", "491761"),
        ("vin", "1,2345E+16", "12345"),
        ("contract_number", 1.2345678901234568e17, "123456789012345"),
        ("external_id", "2,3E+15", "23"),
    ],
)
def test_a_number_that_excel_shortened_is_refused_with_what_is_left_of_it(name, cell, kept):
    with pytest.raises(ValueError, match=kept):
        understand(name, cell)


@pytest.mark.parametrize(
    ("name", "cell", "value", "suggestion"),
    [
        ("postal_code", 1067, "1067", "01067"),
        ("postal_code", "1067", "1067", "01067"),
        ("phone", 1713920012, "1713920012", "01713920012"),
        ("mobile", "1713920012", "1713920012", "01713920012"),
    ],
)
def test_a_lost_zero_is_suggested_and_never_added(name, cell, value, suggestion):
    reading = understand(name, cell)

    assert reading.values == {name: value}
    [warning] = reading.warnings
    assert warning.code == WarningCode.EXCEL_CHANGED
    assert suggestion in warning.value


def test_an_austrian_postal_code_has_lost_nothing():
    assert understand("postal_code", 1010, before={"country": "AT"}).warnings == []


@pytest.mark.parametrize(
    "phone",
    [
        "0171 3920012",
        "0171/3920012",
        "0171-3920012",
        "(0171) 392 00 12",
        "+49 171 3920012",
        "+49 (0)171 3920012",
        "0049 171 3920012",
        "0049(171)3920012",
        "49 171 3920012",
        "'01713920012",
        "\u202a+49 171 3920012\u202c",
        "0171\u00a03920012",
    ],
)
def test_a_phone_in_any_spelling_is_one_number(phone):
    reading = understand("phone", phone)

    assert phone_key(reading.values["phone"]) == "+491713920012"
    assert reading.warnings == []


def test_a_month_without_a_day_is_its_first_day_and_said():
    reading = understand("follow_up_at", "Mrz 26")

    assert reading.values == {"follow_up_at": datetime(2026, 3, 1, 8, tzinfo=UTC)}
    assert [warning.code for warning in reading.warnings] == [WarningCode.DAY_MISSING]
    assert understand("expected_close_on", "März 2026").values == {
        "expected_close_on": date(2026, 3, 1)
    }


def test_a_house_number_that_excel_made_a_day_of_is_not_guessed():
    reading = understand("house_number", date(2026, 5, 3))

    assert reading.values == {}
    assert reading.custom_values == {"Spalte": "03.05.2026"}
    assert "3-5" in reading.warnings[0].value


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("name", "Dr. Müller, Hans"),
        ("name", "Müller, Dr. Hans"),
        ("name", "Dr. Hans Müller"),
        ("last_name", "Dr. Müller, Hans"),
        ("last_name", "Müller, Dr. Hans"),
    ],
)
def test_a_name_with_a_title_is_taken_apart(column, text):
    assert understand(column, text).values == {
        "title": "Dr.",
        "first_name": "Hans",
        "last_name": "Müller",
    }
