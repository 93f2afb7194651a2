"""Numbers, dates and words as Germans write them."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from leads.services.german_values import (
    BERLIN,
    from_excel_day,
    parse_bool,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_int,
    parse_month,
    parse_percent,
    parse_postal_code,
)

NBSP = "\N{NO-BREAK SPACE}"
PARSERS = [
    parse_bool,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_int,
    parse_month,
    parse_percent,
    parse_postal_code,
]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.234,56 €", "1234.56"),
        (f"1.234,56{NBSP}€", "1234.56"),
        ("€ 1.234,56", "1234.56"),
        ("EUR 1.234,56", "1234.56"),
        ("1.234,56 euro", "1234.56"),
        ("1234.56", "1234.56"),
        ("1234,56", "1234.56"),
        ("21.990,00", "21990"),
        ("21.990", "21990"),
        ("1.234", "1234"),  # the German reading
        ("0.123", "0.123"),  # no group of thousands begins with zero
        ("1,234", "1.234"),
        ("1,234.56", "1234.56"),
        ("1 234,56", "1234.56"),
        ("1.234.567,8", "1234567.8"),
        ("1'234.50", "1234.5"),
        ("21’990", "21990"),
        ("19.990,- €", "19990"),
        ("21990", "21990"),
        ("21.990,-", "21990"),
        ("21.990,– €", "21990"),
        ("-12,5", "-12.5"),
        ("\N{MINUS SIGN}12,5", "-12.5"),
        ("+7", "7"),
        ("007", "7"),
        ("0", "0"),
        (21990, "21990"),
        (21990.0, "21990"),
        (0.1, "0.1"),
        (Decimal("21990.00"), "21990"),
    ],
)
def test_reads_a_number(written, number):
    assert parse_decimal(written) == Decimal(number)


@pytest.mark.parametrize(
    "written",
    [
        "", " ", "€", "abc", "1.23.4", "12.34.567", "1,2,3", "1..5", "1.234.56", "1,234,567",
        "01.234,00", "1e5", "0x10", "١٢٣", "NaN", "Infinity", "-", "5-", "1.234,56,7", "1 23",
        "9" * 41, True, None, [], {}, float("nan"), float("inf"), Decimal("NaN"), 10**60,
        Decimal("1E+60"), b"1", date(2026, 1, 1), "12 km",
    ],
)  # fmt: skip
def test_refuses_what_is_no_number(written):
    with pytest.raises(ValueError, match=r"."):
        parse_decimal(written)


@pytest.mark.parametrize(
    ("written", "number"), [("45.000", 45000), (45000.0, 45000), ("12", 12), ("3,0", 3), ("-3", -3)]
)
def test_reads_a_whole_number(written, number):
    result = parse_int(written)

    assert result == number
    assert isinstance(result, int)


def test_reads_a_whole_number_with_its_unit():
    assert parse_int("45.000 km", units=("km",)) == 45000


@pytest.mark.parametrize("written", ["3,5", 3.5, "45.000 km", "", True, None, "12 €"])
def test_refuses_what_is_no_whole_number(written):
    with pytest.raises(ValueError, match=r"."):
        parse_int(written)


@pytest.mark.parametrize(
    ("written", "percent", "was_share"),
    [
        ("60 %", 60, False),
        ("60%", 60, False),
        (f"60{NBSP}%", 60, False),
        ("60 Prozent", 60, False),
        ("60", 60, False),
        (60, 60, False),
        (60.0, 60, False),
        ("62,5 %", 63, False),
        (0.6, 60, True),
        ("0,6", 60, True),
        ("0.6", 60, True),
        ("0,6 %", 1, False),
        (0, 0, False),
        (1, 1, False),
        (100, 100, False),
    ],
)
def test_reads_a_percentage(written, percent, was_share):
    assert parse_percent(written) == (percent, was_share)


@pytest.mark.parametrize(
    "written", [101, "101 %", -1, "-5 %", 100.01, "", "viel", None, True, "%", float("nan")]
)
def test_refuses_what_is_no_percentage(written):
    with pytest.raises(ValueError, match=r"."):
        parse_percent(written)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("31.12.2026", date(2026, 12, 31)),
        ("1.3.26", date(2026, 3, 1)),
        ("01.03.2026", date(2026, 3, 1)),
        ("1. 3. 2026", date(2026, 3, 1)),
        ("1.3.69", date(2069, 3, 1)),
        ("1.3.70", date(1970, 3, 1)),
        ("29.02.2028", date(2028, 2, 29)),
        ("2026-12-31", date(2026, 12, 31)),
        ("2026-12-31 00:00:00", date(2026, 12, 31)),
        ("31.12.2026 14:30", date(2026, 12, 31)),
        (" 31.12.2026 ", date(2026, 12, 31)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 30), date(2026, 12, 31)),
        # Half an hour before midnight in Greenwich the next day has begun in Berlin.
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
        (46387, date(2026, 12, 31)),
        (46387.6, date(2026, 12, 31)),
        ("3. März 2026", date(2026, 3, 3)),
        ("03. MÄRZ 2026", date(2026, 3, 3)),
        ("3 Maerz 2026", date(2026, 3, 3)),
        ("3. Mär 26", date(2026, 3, 3)),
        ("3-Mrz-26", date(2026, 3, 3)),
        ("03.Mrz.2026", date(2026, 3, 3)),
        ("24. Dez. 2025", date(2025, 12, 24)),
        ("1. Jänner 2026", date(2026, 1, 1)),
        ("5 May 2026", date(2026, 5, 5)),
        ("30. Sept. '25", date(2025, 9, 30)),
        ("Dienstag, 3. März 2026", date(2026, 3, 3)),
        ("Di., 3.3.2026", date(2026, 3, 3)),
        ("Mo 02.03.26", date(2026, 3, 2)),
        (f"3.{NBSP}März{NBSP}2026", date(2026, 3, 3)),
    ],
)
def test_reads_a_date(written, day):
    result = parse_date(written)

    assert result == day
    assert not isinstance(result, datetime)


@pytest.mark.parametrize(
    "written",
    [
        "", "31.02.2026", "29.02.2027", "32.12.2026", "12/31/2026", "31/12/2026", "31.12.",
        "2026-13-01", "2026-1-1", "20261231", "0001-01-01", "9999-12-31", "31.12.0026", "morgen",
        "31.12.2026 25:00", "46387", 1999, 31, 10**9, True, None, [], float("nan"), "1.1.2026; x",
        date.max, datetime.max, "3. Foo 2026", "31. Februar 2026", "März 2026", "Mrz 26", "3. März",
        "Dienstag", "0. Mai 2026",
    ],
)  # fmt: skip
def test_refuses_what_is_no_date(written):
    with pytest.raises(ValueError, match=r"."):
        parse_date(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("31.12.2026 14:30", "2026-12-31T13:30:00+00:00"),
        ("31.12.26, 9:05 Uhr", "2026-12-31T08:05:00+00:00"),
        ("31.12.2026 14:30:15", "2026-12-31T13:30:15+00:00"),
        ("31.12.2026 14.30 Uhr", "2026-12-31T13:30:00+00:00"),
        ("31.12.2026 um 14 Uhr", "2026-12-31T13:00:00+00:00"),
        ("Do., 31.12.2026 14:30 Uhr", "2026-12-31T13:30:00+00:00"),
        ("2026-07-01T14:30", "2026-07-01T12:30:00+00:00"),
        ("2026-07-01 14:30:15.123456", "2026-07-01T12:30:15+00:00"),
        ("2026-07-01T14:30:00Z", "2026-07-01T14:30:00+00:00"),
        ("2026-07-01T14:30:00+02:00", "2026-07-01T12:30:00+00:00"),
        ("2026-07-01T14:30:00-0500", "2026-07-01T19:30:00+00:00"),
        (datetime(2026, 7, 1, 14, 30), "2026-07-01T12:30:00+00:00"),
        (datetime(2026, 7, 1, 14, 30, tzinfo=UTC), "2026-07-01T14:30:00+00:00"),
        (46387.604166666664, "2026-12-31T13:30:00+00:00"),
        # The clock goes back at 03:00: the first 02:30 is meant, unless an offset is written.
        ("25.10.2026 02:30", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00+00:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00+00:00"),
        # The clock goes forward at 02:00: 02:30 does not exist and is half past three.
        ("29.03.2026 02:30", "2026-03-29T01:30:00+00:00"),
    ],
)
def test_reads_a_time(written, moment):
    result = parse_datetime(written)

    assert result == datetime.fromisoformat(moment)
    assert result.tzinfo is UTC


def test_the_skipped_hour_is_read_as_the_clock_shows_it():
    moment = parse_datetime("29.03.2026 02:30")

    assert moment.astimezone(BERLIN).strftime("%H:%M") == "03:30"


def test_both_half_past_two_of_october_stay_apart():
    first = parse_datetime("2026-10-25T02:30:00+02:00")
    second = parse_datetime("2026-10-25T02:30:00+01:00")

    assert {moment.astimezone(BERLIN).strftime("%H:%M") for moment in (first, second)} == {"02:30"}
    assert second - first == timedelta(hours=1)


@pytest.mark.parametrize("written", ["06.03.2026", "6. März 2026", "2026-03-06", date(2026, 3, 6)])
def test_a_day_alone_gets_the_time_asked_for(written):
    assert parse_datetime(written) == datetime(2026, 3, 6, tzinfo=BERLIN)
    assert parse_datetime(written, time_of_day=time(9)) == datetime(2026, 3, 6, 9, tzinfo=BERLIN)


@pytest.mark.parametrize(
    "written",
    [
        "", "14:30", "31.12.2026 24:00", "31.12.2026 14:60", "31.12.2026T14:30", "31.02.2026",
        "31.02.2026 14:30", "2026-07-01T14:30:00+99:00", "2026-07-01T14:30:00 CET", "jetzt", None,
        True, 12, float("inf"), [], datetime.max.replace(tzinfo=UTC),
    ],
)  # fmt: skip
def test_refuses_what_is_no_time(written):
    with pytest.raises(ValueError, match=r"."):
        parse_datetime(written)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Mrz 26", date(2026, 3, 1)),
        ("März 2026", date(2026, 3, 1)),
        ("Sept. 2025", date(2025, 9, 1)),
        ("Okt-25", date(2025, 10, 1)),
        ("03/2026", date(2026, 3, 1)),
        ("3.2026", date(2026, 3, 1)),
    ],
)
def test_a_month_alone_is_its_first_day(written, day):
    assert parse_month(written) == day


@pytest.mark.parametrize(
    "written", ["3. März 2026", "13/2026", "2026", "Golf 7", "Foo 26", "3.3.2026", 46387, None, ""]
)
def test_refuses_what_is_no_month(written):
    with pytest.raises(ValueError, match=r"."):
        parse_month(written)


@pytest.mark.parametrize(
    ("number", "is_1904", "day"),
    [
        (46387, False, date(2026, 12, 31)),
        (46387 - 1462, True, date(2026, 12, 31)),
        (46387.5, False, datetime(2026, 12, 31, 12)),
        (46387.5 - 1462, True, datetime(2026, 12, 31, 12)),
    ],
)
def test_excel_counts_days_in_two_ways(number, is_1904, day):
    assert from_excel_day(number, is_1904=is_1904) == day


@pytest.mark.parametrize(
    "written", ["ja", "Ja.", "ja!", "☑", "JA ", "j", "x", "X", "wahr", "true", "1", 1, 1.0, True]
)
def test_reads_a_yes(written):
    assert parse_bool(written) is True


@pytest.mark.parametrize(
    "written", ["nein", "Nein.", "nö", "☐", "Nein", "n", "falsch", "FALSE", "0", 0, 0.0, False]
)
def test_reads_a_no(written):
    assert parse_bool(written) is False


@pytest.mark.parametrize("written", ["", "vielleicht", "?", "-", "jaja", 2, -1, None, [], "00"])
def test_an_unknown_word_is_not_a_no(written):
    with pytest.raises(ValueError, match=r"."):
        parse_bool(written)


@pytest.mark.parametrize(
    ("written", "text", "is_odd"),
    [
        ("50667", "50667", False),
        ("01067", "01067", False),
        ("D-50667", "50667", False),
        ("de-01067", "01067", False),
        (50667, "50667", False),
        (50667.0, "50667", False),
        # Excel took the zero away, or the place lies in Austria: shown, not guessed.
        (1067, "1067", True),
        ("1067", "1067", True),
        ("00123", "00123", True),
        ("506 67", "506 67", True),
        ("SW1A 1AA", "SW1A 1AA", True),
    ],
)
def test_reads_a_postal_code(written, text, is_odd):
    assert parse_postal_code(written) == (text, is_odd)


def test_a_foreign_postal_code_is_not_odd():
    assert parse_postal_code("1010", country="AT") == ("1010", False)


@pytest.mark.parametrize(
    "written", ["", "-", None, True, 1.5, -5, 10**11, "12345678901", [], float("nan")]
)
def test_refuses_what_is_no_postal_code(written):
    with pytest.raises(ValueError, match=r"."):
        parse_postal_code(written)


def test_the_sentence_is_translated_when_it_is_shown():
    with pytest.raises(ValueError, match=r".") as caught:
        parse_bool("vielleicht")

    with translation.override("en"):
        assert str(caught.value) == "This is neither yes nor no."


def test_the_sentence_never_repeats_the_value():
    for parse in PARSERS:
        with pytest.raises(ValueError, match=r".") as caught:
            parse("Erika Musterfrau")
        assert "Erika" not in str(caught.value)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.decimals(), st.datetimes(), st.dates()))
def test_any_value_is_read_or_refused(value):
    for parse in PARSERS:
        try:
            parse(value)
        except ValueError:
            continue


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_german_amount_reads_as_what_it_was_written_from(amount):
    english = f"{amount:,.2f}"
    german = english.translate(str.maketrans(",.", ".,"))

    assert parse_decimal(f"{german} €") == amount
