"""What unknown columns look like, and which list is which."""

from datetime import date, datetime, time

import pytest
from django.utils.translation import override

from leads.resources.column_contents import (
    header_fingerprint,
    headers_of_days,
    propose_columns,
)

EMAILS = ["gross@example.org", "max.klein@example.com", "mailto:info@example.org"]
MOBILES = ["0171 3920012", "+49 171 3920013", "0049 171 3920014", 1713920015]
PHONES = ["030 23125101", "(030) 23125102", "030/23125103"]
VINS = ["WVWZZZ1KZAW000001", "WAUZZZ8K9AA000002", "VF1RFB00X57000003"]
DATES = ["3.2.25", date(2025, 3, 4), "5. März 2025", datetime(2025, 1, 2, 3, 4)]
CODES = ["01067", 50667, "D-10115"]
TOWNS = ["Dresden", "Köln", "Bad Homburg"]


def proposals(headers, *columns):
    with override("de"):
        return propose_columns(headers, list(zip(*columns, strict=True)))


def proposed(*columns):
    """The columns proposed for cells below headers that say nothing."""
    return [one.column for one in proposals([f"Feld {n}" for n in range(len(columns))], *columns)]


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        (EMAILS, "email", "E-Mail-Adressen"),
        (MOBILES, "mobile", "Mobilnummern"),
        (PHONES, "phone", "Telefonnummern"),
        (VINS, "vin", "Fahrgestellnummern"),
        (DATES, "enquired_at", "Datumsangaben"),
        (CODES, "postal_code", "Postleitzahlen"),
        (["01067 Dresden", "D-50667 Köln", "10115 Berlin"], "place", "Postleitzahlen mit Ort"),
        (["Herr", "Frau", "Hr."], "salutation", "Anreden"),
        (["Übungsweg 7", "Hauptstr. 12a", "Am Damm 3-5"], "street", "Straßen mit Hausnummer"),
        (["Musterbau GmbH", "Süß e.K.", "Krüger & Co. KG"], "company", "Firmen"),
        (["1.234,56 €", "21.990,- €", "€ 500"], "vehicle_price", "Geldbeträge"),
        (["60 %", "62,5%", "5 %"], "probability", "Prozentangaben"),
        ([time(14, 5), "9:30 Uhr", "17:00"], "time_of_day", "Uhrzeiten"),
        (["Erika Groß", "Klein, Max", "Dr. Jan Mittel"], "name", "Namen"),
        (["L-2026-000001", "L-2026-000002"], "number", "LeadOffice"),
        (["https://example.org/1", "www.example.org", "http://example.com"], "", "Internet"),
        (["ja", "nein", "x"], "", "Ja oder Nein"),
    ],
)
def test_tells_a_column_by_its_cells(cells, column, words):
    [one] = proposals(["Feld 7"], cells)

    assert one.column == column
    assert words in one.looks_like
    assert f"{len(cells)} von {len(cells)}" in one.reason


@pytest.mark.parametrize(
    "cells",
    [
        [1, 2, 3],
        [19990, 4500.5, 12],
        ["rot", "3 Türen", "Klima, Navi; AHK"],
        ["4711", "0815", "007"],
        ["12345678", "23456789", "34567890"],  # numbers of some system
        [20250301, 20250302, 20250303],
        [None, "", "  "],
        ["=1+1", "?", "-"],
    ],
)
def test_does_not_guess_where_cells_say_nothing(cells):
    [one] = proposals(["Feld 7"], cells)

    assert (one.column, one.confidence) == ("", 0)


@pytest.mark.parametrize(
    ("header", "cells", "words"),
    [
        ("Kd-Nr.", CODES, "Postleitzahlen"),
        ("Geburtsdatum", DATES, "Datumsangaben"),
        ("Nächster Schritt am", DATES, "Datumsangaben"),
        ("EZ", DATES, "Datumsangaben"),
        ("Rabatt", ["5 %", "7 %", "9 %"], "Prozentangaben"),
    ],
)
def test_a_header_that_says_something_else_is_not_overruled(header, cells, words):
    names = ["Groß", "Klein", "Mittel", "Kurz"][: len(cells)]
    one, name = proposals([header, "Name"], cells, names)

    assert (one.column, name.column) == ("", "name")
    assert words in one.looks_like


def test_a_few_strange_cells_do_not_matter_many_do():
    messy = [*EMAILS * 3, "ruft an", None]

    [one] = proposals(["Feld 7"], messy)
    assert (one.column, one.confidence) == ("email", 88)
    assert "9 von 10" in one.reason
    assert proposed([*EMAILS, "ruft an", "später", "-"]) == [""]


def test_few_cells_give_little_confidence():
    [one] = proposals(["Feld 7"], EMAILS[:1])

    assert (one.column, one.confidence) == ("email", 60)


def test_postal_codes_beside_towns_explain_each_other():
    code, town = proposals(["A", "B"], CODES, TOWNS)

    assert (code.column, code.confidence) == ("postal_code", 90)
    assert (town.column, town.confidence) == ("city", 90)
    assert proposed(TOWNS) == [""]


def test_towns_beside_a_named_postal_code():
    assert [one.column for one in proposals(["PLZ", "B"], CODES, TOWNS)] == ["postal_code", "city"]


def test_a_second_number_goes_to_the_other_column():
    assert proposed(MOBILES, MOBILES) == ["mobile", "phone"]
    assert proposed(PHONES, MOBILES[:3]) == ["phone", "mobile"]


def test_no_column_is_proposed_twice():
    [first, second] = proposals(["A", "E-Mail"], EMAILS, EMAILS)

    assert second.column == "email"
    assert first.column == ""
    assert "„E-Mail“" in first.reason
    assert "E-Mail-Adressen" in first.looks_like


def test_the_header_counts_before_the_cells():
    [one] = proposals(["Telefon"], PHONES)

    assert (one.column, one.confidence) == ("phone", 100)


def test_a_header_that_its_cells_contradict_is_doubtful():
    [one] = proposals(["Telefon"], EMAILS)

    assert (one.column, one.confidence) == ("phone", 30)
    assert "„Telefon“" in one.reason
    assert "E-Mail-Adressen" in one.reason


def test_a_text_column_may_hold_anything():
    assert [one.confidence for one in proposals(["Notiz"], DATES)] == [100]


def test_proposals_are_repeatable():
    columns = [EMAILS, VINS, CODES, TOWNS, PHONES]
    headers = ["A", "B", "C", "D", "E"]

    assert proposals(headers, *columns) == proposals(headers, *columns)


def test_the_same_list_has_the_same_fingerprint():
    one = header_fingerprint(["E-Mail", "Straße", "PLZ"])

    assert one == header_fingerprint(["plz", "e mail:", "STRASSE"])
    assert one != header_fingerprint(["E-Mail", "Straße"])
    assert len(one) == 64
    assert header_fingerprint(["Ω"]) != header_fingerprint(["Ж"])


def test_knows_the_columns_of_days():
    assert headers_of_days(["Datum", "Wiedervorlage", "Preis", "?"]) == {"Datum", "Wiedervorlage"}
