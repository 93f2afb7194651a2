"""Single values as any partner may send them; none of these tests knows a partner or a database.

What BDK's items become of it is tested in bdk/test_mapping.py.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from integrations.reading import LARGEST_SMALL_INTEGER, Reader, column_of
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode

CITY, RATE, TERM, PRECHECK, CONTRACT = (
    column_of(Lead, name)
    for name in ("city", "monthly_rate", "term_months", "precheck", "contract_number")
)
URL, FIRST_REGISTRATION = (column_of(Vehicle, name) for name in ("url", "first_registration"))
ODD = [True, [1], {"a": 1}]

READINGS = [
    pytest.param(lambda read, value: read.text(value, CITY), "Köln", "Köln", id="text"),
    pytest.param(lambda read, value: read.text(value, CITY), 4711, "4711", id="number as text"),
    pytest.param(lambda read, value: read.code(value, CONTRACT), "V-1", "V-1", id="code"),
    pytest.param(
        lambda read, value: read.choice(value, PRECHECK, {"GUT": "positive"}),
        "gut",
        "positive",
        id="choice",
    ),
    pytest.param(lambda read, value: read.country(value), "at", "AT", id="country"),
    pytest.param(lambda read, value: read.email(value), "a@b.de", "a@b.de", id="e-mail"),
    pytest.param(
        lambda read, value: read.postal_code(value, "DE"), "01067", "01067", id="postal code"
    ),
    pytest.param(
        lambda read, value: read.month(value, FIRST_REGISTRATION), "2024-05", "2024-05", id="month"
    ),
    pytest.param(
        lambda read, value: read.url(value, URL), "https://a.de/1", "https://a.de/1", id="url"
    ),
    pytest.param(
        lambda read, value: read.money(value, RATE), "249.5", Decimal("249.5"), id="money"
    ),
    pytest.param(lambda read, value: read.whole(value, TERM), 36.0, 36, id="whole"),
    pytest.param(
        lambda read, value: read.day(value, "day"), "31.12.2026", date(2026, 12, 31), id="day"
    ),
    pytest.param(
        lambda read, value: read.moment(value, "at"),
        "2026-07-01T12:00:00",
        datetime(2026, 7, 1, 10, tzinfo=UTC),
        id="moment",
    ),
]


@pytest.mark.parametrize(("reading", "value", "read"), READINGS)
def test_a_value_is_read_without_a_warning(reading, value, read):
    reader = Reader()

    assert reading(reader, value) == read
    assert reader.warnings == []


@pytest.mark.parametrize(("reading", "_value", "_read"), READINGS)
@pytest.mark.parametrize("nothing", [None, ""])
def test_what_is_not_said_is_not_odd(reading, _value, _read, nothing):
    reader = Reader()

    assert reading(reader, nothing) in ("", None)
    assert reader.warnings == []


@pytest.mark.parametrize(("reading", "_value", "_read"), READINGS)
@pytest.mark.parametrize("odd", ODD, ids=str)
def test_what_cannot_be_read_is_empty_and_shown_as_it_came(reading, _value, _read, odd):
    reader = Reader()

    assert reading(reader, odd) in ("", None)
    [warning] = reader.warnings
    assert warning.value in ("true", "[1]", '{"a": 1}')


def test_a_number_too_long_for_its_column_is_left_out_but_a_text_is_shortened():
    reader = Reader()
    long = "x" * 500

    assert reader.code(long, CONTRACT) == ""
    assert reader.text(long, CITY) == "x" * CITY.max_length
    assert [(one.code, one.field) for one in reader.warnings] == [
        (WarningCode.VALUE_UNKNOWN, "contract_number"),
        (WarningCode.TEXT_SHORTENED, "city"),
    ]


def test_a_whole_number_is_no_larger_than_asked_for():
    reader = Reader()

    assert reader.whole(32767, TERM, largest=LARGEST_SMALL_INTEGER) == 32767
    assert reader.whole(32768, TERM, largest=LARGEST_SMALL_INTEGER) is None
    assert [one.code for one in reader.warnings] == [WarningCode.NUMBER_UNREADABLE]


def test_the_second_number_of_a_phone_field_goes_to_the_other_one():
    reader = Reader()

    assert reader.phones("030 23125 139 / 0176 04069039", None) == (
        "030 23125 139",
        "0176 04069039",
    )
    assert [(one.code, one.field) for one in reader.warnings] == [
        (WarningCode.PHONE_SPLIT, "phone")
    ]


@dataclass(frozen=True)
class Car:
    make: Any = None

    @classmethod
    def from_payload(cls, data):
        return cls(make=data.get("marke"))


def test_a_section_is_read_by_what_the_partner_says_it_holds():
    reader = Reader()

    assert reader.section({"marke": "Opel", "x": 1}, "vehicle", Car) == Car(make="Opel")
    assert reader.section(None, "vehicle", Car) == Car()
    assert reader.warnings == []
    assert reader.section("Opel", "vehicle", Car) == Car()
    assert [(one.value, one.field) for one in reader.warnings] == [("Opel", "vehicle")]
