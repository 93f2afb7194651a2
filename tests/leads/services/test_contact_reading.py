"""Phones, mail addresses and postal codes, read alike for every channel."""

import pytest

from leads.models.warning import WarningCode as Code
from leads.services.contact_reading import (
    place_phones,
    read_email,
    read_phones,
    read_postal_code,
)


@pytest.mark.parametrize(
    ("text", "numbers", "odd"),
    [
        ("", (), None),
        ("030 23125 101", ("030 23125 101",), None),
        ("0171/3920012", ("0171/3920012",), None),
        ("0171 / 3920012", ("0171 / 3920012",), None),
        ("030 23125 101 / 0171 3920012", ("030 23125 101", "0171 3920012"), Code.PHONE_SPLIT),
        ("030 23125 101; abends", ("030 23125 101",), Code.PHONE_SPLIT),
        ("privat oder Büro", ("privat",), Code.PHONE_SPLIT),
        ("ruft an", ("ruft an",), Code.PHONE_INVALID),
        (";", (), None),
        ("tel:+49-331-20 20 20", ("+49-331-20 20 20",), None),
    ],
)
def test_numbers_are_told_apart_but_none_is_torn(text, numbers, odd):
    assert read_phones(text) == (numbers, odd)


@pytest.mark.parametrize(
    ("phone", "mobile", "placed"),
    [
        (["1"], [], ("1", "", ())),
        (["1", "2"], [], ("1", "2", ())),
        ([], ["1", "2"], ("2", "1", ())),
        (["1", "2"], ["3"], ("1", "3", ("2",))),
        (["1", "2", "3"], [], ("1", "2", ("3",))),
        ([], [], ("", "", ())),
    ],
)
def test_a_second_number_goes_where_there_is_room(phone, mobile, placed):
    assert place_phones(phone, mobile) == placed


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("", ("", None)),
        ("max@example.org", ("max@example.org", None)),
        ("mailto:max@example.org", ("max@example.org", None)),
        ("MAILTO:max@example.org", ("max@example.org", None)),
        ("max@", ("", Code.EMAIL_INVALID)),
        (
            f"max@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 20}.de",
            ("", Code.EMAIL_INVALID),
        ),
    ],
)
def test_what_is_no_address_is_not_kept(text, read):
    assert read_email(text) == read


@pytest.mark.parametrize(
    ("value", "country", "read"),
    [
        ("", "DE", ("", None)),
        (None, "DE", ("", None)),
        ("01067", "DE", ("01067", None)),
        ("D-50667", "DE", ("50667", None)),
        ("1067", "DE", ("1067", Code.POSTAL_CODE_ODD)),
        (1067, "DE", ("1067", Code.POSTAL_CODE_ODD)),
        ("1010", "AT", ("1010", None)),
        ("---", "DE", ("", Code.POSTAL_CODE_ODD)),
    ],
)
def test_postal_codes_are_read_by_country(value, country, read):
    assert read_postal_code(value, country=country) == read
