"""What spreadsheet programs do to numbers without being asked."""

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.services.broken_numbers import (
    before_it_was_a_date,
    kept_digits,
    with_phone_zero,
    with_postal_zero,
)


@pytest.mark.parametrize(
    ("cell", "digits"),
    [
        ("1,76041E+11", "176041"),
        ("1.76041E+11", "176041"),
        ("1,76041e+11", "176041"),
        ("'4,91761E+12", "491761"),
        (" 4,9176E+12 ", "49176"),
        ("1E+17", "1"),
        ("2,3E16", "23"),
        (1.2345678901234568e17, "123456789012345"),
        (491713920012345678, "491713920012345"),
        # Nothing is lost of these.
        ("176041000000", ""),
        (176041000000, ""),
        (491713920012.0, ""),
        ("5E4", ""),
        ("1E5", ""),
        ("WVWZZZ1KZAW000001", ""),
        ("0171 3920012", ""),
        ("E+11", ""),
        ("", ""),
        (None, ""),
        (True, ""),
    ],
)
def test_tells_what_is_left_of_a_shortened_number(cell, digits):
    assert kept_digits(cell) == digits


@pytest.mark.parametrize(
    ("text", "whole"),
    [("1067", "01067"), ("9999", "09999"), ("50667", ""), ("0106", ""), ("106", ""), ("A106", "")],
)
def test_suggests_the_zero_of_a_postal_code(text, whole):
    assert with_postal_zero(text) == whole


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("1713920012", "01713920012"),
        ("3023125101", "03023125101"),
        ("491713920012", ""),  # has lost its plus, which changes nothing
        ("01713920012", ""),
        ("+491713920012", ""),
        ("171 3920012", ""),  # nobody took this for a number
        ("12345", ""),
        ("ruft an", ""),
        ("", ""),
    ],
)
def test_suggests_the_zero_of_a_phone_number(text, whole):
    assert with_phone_zero(text) == whole


def test_a_house_number_that_became_a_day():
    assert before_it_was_a_date(date(2026, 5, 3)) == "3-5"
    assert before_it_was_a_date(datetime(2026, 12, 7)) == "7-12"
    assert before_it_was_a_date("7 a") == before_it_was_a_date(7) == ""


@given(st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.dates()))
def test_any_cell_may_be_asked_about(cell):
    assert isinstance(kept_digits(cell), str)
    assert isinstance(with_phone_zero(str(cell)) + with_postal_zero(str(cell)), str)
