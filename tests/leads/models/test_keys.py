"""One spelling per e-mail, phone, name and search word, whatever people write."""

import time
import unicodedata

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from leads.models.keys import (
    catalog_key,
    clean_text,
    display_phone,
    email_key,
    fold,
    is_shared_mailbox,
    phone_key,
    search_terms,
    search_text,
    split_phones,
)

LONE_SURROGATE = "\ud83d"
any_text = st.text(st.characters(), max_size=60)  # with surrogates and control characters
few_examples = settings(max_examples=60)


# --- phones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    [
        "030 23125 101",
        "030/23125-101",
        "(030) 23125101",
        "0 30 23 12 51 01",
        "030–23125101",
        "+49 30 23125101",
        "+49 (0)30 23125101",
        "+49 (0) 30 / 23 12 51 01",
        "0049 30 23125101",
        "  030 23125101\n",
        "030 23125101 Durchwahl 12",
        "030 23125101 ext. 5",
    ],
)
def test_a_number_has_one_key_however_it_is_written(written):
    assert phone_key(written) == "+493023125101"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("0171 1234567", "+491711234567"),
        ("171 1234567", "+491711234567"),  # Excel took the zero away
        ("+43 1 5880446", "+4315880446"),
        ("0043 1 5880446", "+4315880446"),
        ("+33 1 09 75 83 51", "+33109758351"),
        ("٠١٧١ ١٢٣٤٥٦٧", "+491711234567"),  # the digits of an Arabic keyboard
    ],
)
def test_mobile_and_foreign_numbers(written, key):
    assert phone_key(written) == key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("49 171 1234567", "+491711234567"),
        ("491711234567", "+491711234567"),
        ("49171/1234567", "+491711234567"),
        ("(49) 171 1234567", "+491711234567"),
        ("49 (0)171 1234567", "+491711234567"),
        ("4917612345678", "+4917612345678"),
        ("49 30 23125101", "+493023125101"),
        ("493023125101", "+493023125101"),
        ("49 221 4710123", "+492214710123"),
        ("492214710123", "+492214710123"),
    ],
)
def test_a_country_code_without_its_plus_is_no_area_code(written, key):
    assert phone_key(written) == key


def test_area_codes_that_begin_like_the_country_code_keep_working():
    assert phone_key("0491 7112345") == "+494917112345"
    assert phone_key("491 7112345") == "+494917112345"
    assert phone_key("04952 123456") == "+494952123456"


def test_what_may_be_a_lost_plus_or_a_lost_zero_is_not_guessed():
    assert phone_key("4952123456") == ""


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "-",
        "keine",
        "0800 FLOWERS",
        "0171-MEIN-AUTO",
        "0171 1234567 privat",
        "1,76041E+11",
        "110",
        "0171 12345",
        "+49",
        "49",
        "030 23125 101 oder 0171 1234567",
        "030 23125101 / 0171 1234567",
        "0" * 300,
        "９" * 300,
        LONE_SURROGATE,
    ],
)
def test_what_is_not_exactly_one_number_has_no_key(written):
    assert phone_key(written) == ""


@few_examples
@given(st.text("0123456789 +-/()49e.\x00", max_size=25))
def test_a_phone_key_is_its_own_key(written):
    key = phone_key(written)

    assert key == "" or phone_key(key) == key
    assert len(key) <= 20  # what the column holds


@given(st.from_regex(r"(0|\+49[ /-]?)[1-9][0-9 /()-]{3,30}", fullmatch=True))
@settings(max_examples=400)
def test_a_plain_number_is_what_the_library_takes_it_for(written):
    try:
        number = phonenumbers.parse(written, "DE")
        valid = phonenumbers.is_valid_number(number)
    except phonenumbers.NumberParseException:
        valid = False
    expected = phonenumbers.format_number(number, PhoneNumberFormat.E164) if valid else ""

    assert phone_key(written) == expected


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("030 23125101", ["030 23125101"]),
        ("030/23125101", ["030/23125101"]),
        ("030 23125101 oder 0171 1234567", ["030 23125101", "0171 1234567"]),
        ("030 23125101 Oder 0171 1234567", ["030 23125101", "0171 1234567"]),
        ("030 23125101  und  0171 1234567", ["030 23125101", "0171 1234567"]),
        ("030 23125101 bzw. 0171 1234567", ["030 23125101", "0171 1234567"]),
        ("030 23125101 / 0171 1234567", ["030 23125101", "0171 1234567"]),
        ("030 23125101, 0171 1234567;", ["030 23125101", "0171 1234567"]),
        ("030 23125101\n0171 1234567", ["030 23125101", "0171 1234567"]),
        (" , ", []),
        ("", []),
    ],
)
def test_a_field_with_several_numbers_is_taken_apart(written, numbers):
    assert split_phones(written) == numbers


def test_a_long_field_is_taken_apart_in_no_time():
    started_at = time.perf_counter()

    split_phones(" " * 200_000)
    phone_key("0171" + " " * 200_000 + "x")

    assert time.perf_counter() - started_at < 1  # seconds; in quadratic time it took minutes


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("+491701234567", "0170 1234567"),
        ("0170/1234567", "0170 1234567"),
        ("+43 1 5880446", "+43 1 5880446"),
        ("nur abends", "nur abends"),
        ("", ""),
    ],
)
def test_numbers_are_shown_as_germans_write_them(written, shown):
    assert display_phone(written) == shown


# --- e-mail ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Jana.Gross@Example.ORG", "jana.gross@example.org"),
        ("  jana@example.org\n", "jana@example.org"),
        ("jana+auto@example.org", "jana+auto@example.org"),
        ("jörg@example.org", "jörg@example.org"),
        ("jo\u0308rg@example.org", "jörg@example.org"),  # decomposed, as from a Mac
        ("a@xn--mller-kva.de", "a@müller.de"),
        ("a@MÜLLER.de", "a@müller.de"),
    ],
)
def test_an_address_has_one_key(written, key):
    assert email_key(written) == key


@pytest.mark.parametrize(
    "written",
    [
        "",
        "jana",
        "jana@",
        "@example.org",
        "jana@example",
        "jana@@example.org",
        "jana gross@example.org",
        "Jana <jana@example.org>",
        "jana@example.org, max@example.org",
        "jana@example.org\nBcc: max@example.org",
        "\x00jana@example.org",
        f"{LONE_SURROGATE}@example.org",
        "a" * 300 + "@example.org",
    ],
)
def test_what_is_no_address_has_no_key(written):
    assert email_key(written) == ""


ADDRESS = (
    r"[A-Za-z0-9_+.-]{1,20}@([A-Za-z0-9-]{1,12}\.){1,3}(de|com|test|arpa|local|onion|[a-z]{1,9})"
)


@given(st.from_regex(ADDRESS, fullmatch=True))
@settings(max_examples=400)
def test_a_plain_address_is_what_the_library_takes_it_for(written):
    try:
        checked = validate_email(written, check_deliverability=False, test_environment=True)
        expected = checked.normalized.casefold()
    except EmailNotValidError:
        expected = ""

    assert email_key(written) == expected


@pytest.mark.parametrize("local", ["info", "verkauf", "anfragen", "noreply", "no-reply", "buero"])
def test_an_office_mailbox_is_recognised(local):
    assert is_shared_mailbox(email_key(f"{local.upper()}@Example.org"))


@pytest.mark.parametrize("address", ["infos@example.org", "jana@info.example.org", "", "i@x.de"])
def test_a_personal_mailbox_is_not_taken_for_an_office(address):
    assert not is_shared_mailbox(email_key(address))


# --- names and search -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Größling", "Groessling"),
        ("GRÖẞLING", "größling"),
        ("Müller", "Mueller"),
        ("Mu\u0308ller", "Müller"),
        ("Weiß", "Weiss"),
        ("Škoda", "skoda"),
        ("Łukasz", "Lukasz"),
        ("Søren", "Soeren"),
        ("Işık", "isik"),
        ("José  de\tla Cruz ", "jose de la cruz"),
        ("ＡＢＣ ℡", "abc tel"),
    ],
)
def test_names_are_folded_to_one_spelling(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("Müller", "Möller"), ("Meier", "Meyer"), ("A", "B")])
def test_different_names_stay_different(one, other):
    assert fold(one) != fold(other)


@few_examples
@given(any_text)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


def test_a_part_of_any_word_finds_the_row():
    text = search_text(["L-2026-000123", "Jörg Größling", "", "+491711234567", "Köln"])

    for query in ("groessl", "GRÖSSL", "jorg größ".replace("jorg", "jörg"), "000123", "1711234"):
        assert all(term in text for term in search_terms(query))


def test_search_text_and_terms_are_bounded():
    assert len(search_text([f"wort{number}" for number in range(1000)])) == 1000
    assert len(search_terms("a " * 100)) == 8
    assert search_terms("  ") == []


def test_a_search_text_says_each_part_once():
    assert search_text(["Köln", "köln", "KOELN"]) == "koeln"


# --- texts at the edge ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        ("Jo\u0308rg", "Jörg"),
        ("Jo\x00\u0308rg", "Jörg"),  # the accent finds its letter when the NUL has gone
        ("a\x00b", "ab"),
        (f"a{LONE_SURROGATE}b", "ab"),
        ("a\x1b[31mb", "a[31mb"),
        ("  a \t b\r\n c ", "a b c"),
        ("😀", "😀"),
        ("\x00\x01", ""),
    ],
)
def test_a_short_text_is_cleaned(came, kept):
    assert clean_text(came) == kept


def test_a_long_text_keeps_its_lines():
    came = " Hallo,\r\n\tist der\rWagen\x00 da?\n "

    assert clean_text(came, multiline=True) == "Hallo,\n\tist der\nWagen da?"


@few_examples
@given(any_text, st.booleans())
def test_a_cleaned_text_can_be_stored_and_stays_as_it_is(text, multiline):
    cleaned = clean_text(text, multiline=multiline)

    assert clean_text(cleaned, multiline=multiline) == cleaned
    assert "\x00" not in cleaned
    assert cleaned.encode().decode() == cleaned
    assert unicodedata.is_normalized("NFC", cleaned)


@pytest.mark.parametrize(
    "other", ["Mobile.de", " MOBILE.DE ", "mobile.de\x00", "mobile.de\u00a0", "mobile.de"]
)
def test_a_catalogue_name_has_one_key(other):
    assert catalog_key(other) == "mobile.de"


def test_umlauts_tell_catalogue_names_apart():
    assert catalog_key("Größe") == catalog_key("GRO\u0308SSE")
    assert catalog_key("schön") != catalog_key("schoen")
