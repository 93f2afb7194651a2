"""Persons, companies and addresses: one form for what is written in many ways."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leads.models import Customer
from leads.models.identity import address_key, company_key, office_domain, person_key

few_examples = settings(max_examples=60)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=100)


# --- persons --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first_name", "last_name"),
    [
        ("Max", "Müller"),
        ("Müller", "Max"),
        ("", "Max Müller"),
        ("", "Müller, Max"),
        ("MAX", "MUELLER"),
        ("Dr. Max", "Müller"),
        ("", "Herr Max Müller"),
    ],
)
def test_the_words_of_a_name_in_any_order_are_one_person(first_name, last_name):
    assert person_key(first_name, last_name) == "max mueller"


@pytest.mark.parametrize("name", [("", "Müller"), ("Max", ""), ("Dr.", "Müller"), ("", "")])
def test_half_a_name_is_nobody(name):
    assert person_key(*name) == ""


# --- companies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "company",
    [
        "Müller & Sohn",
        "Müller und Sohn GmbH",
        "MÜLLER & SOHN GmbH & Co. KG",
        "Müller & Sohn G.m.b.H.",
        "Mueller u. Sohn AG",
        "Müller & Sohn e.K.",
        "Müller & Sohn e. K.",
        "Müller & Sohn UG (haftungsbeschränkt)",
        "Müller & Sohn OHG, Inh. Max Müller",
        "Müller + Sohn GbR",
        "Müller-Sohn KG",
    ],
)
def test_a_company_is_one_whatever_its_legal_form(company):
    assert company_key(company) == "mueller sohn"


@pytest.mark.parametrize(
    ("company", "key"),
    [
        ("", ""),
        ("GmbH", ""),
        ("GmbH & Co. KG", ""),
        ("Inh. Max Müller", "max mueller"),
        ("A. B. Reifen KG", "ab reifen"),
        ("Bäckerei Kg-Straße", "baeckerei strasse"),
    ],
)
def test_what_is_left_of_a_company(company, key):
    assert company_key(company) == key


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "street",
    [
        "Käthe-Kollwitz-Straße 7a",
        "Käthe-Kollwitz-Str. 7 a",
        "Käthe-Kollwitz-Str.7a",
        "Kaethe Kollwitz Strasse 7A",
        "KÄTHE-KOLLWITZ-STRAßE 7 A",
        "Käthe-Kollwitzstr. 7a",
        "Käthe-Kollwitz-Straße, Nr. 7a",
        "Käthe-Kollwitz-Straße Hausnr. 7a",
    ],
)
def test_a_street_is_one_however_it_is_written(street):
    assert address_key("04109", street) == "04109 kaethekollwitzstrasse7a"
    assert address_key("D-04109", f" {street} ") == "04109 kaethekollwitzstrasse7a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Weg 7-9", "Weg 79"),
        ("Weg 7", "Weg 7a"),
        ("Weg 1", "Steg 1"),
        ("Strandweg 1", "Straßeandweg 1"),
        ("Weg 1 11", "Weg 11 1"),
    ],
)
def test_other_houses_stay_apart(one, other):
    assert address_key("04109", one) != address_key("04109", other)
    assert address_key("04109", one) != address_key("04107", one)


def test_a_range_of_numbers_is_one_however_it_is_written():
    assert (
        address_key("1", "Weg 7-9") == address_key("1", "Weg 7 – 9") == address_key("1", "Weg 7/9")
    )


@pytest.mark.parametrize("address", [("", "Weg 1"), ("04109", ""), ("04109", " - "), ("", "")])
def test_half_an_address_is_none(address):
    assert address_key(*address) == ""


# --- mail domains ---------------------------------------------------------------------------------


def test_a_domain_of_ones_own_says_where_somebody_works():
    assert office_domain("max@mueller-bau.de") == "mueller-bau.de"
    assert office_domain("max@gmx.de") == office_domain("max@t-online.de") == ""
    assert office_domain("") == ""


# --- all ------------------------------------------------------------------------------------------


@few_examples
@given(any_text, any_text)
def test_any_text_has_keys_that_fit_their_columns(one, other):
    customer = Customer(
        first_name=one, last_name=other, company=one, postal_code=one[:10], street=other
    )
    customer.set_keys()

    for name in ("phonetic_key", "person_key", "company_key", "address_key"):
        value = getattr(customer, name)
        assert len(value) <= Customer._meta.get_field(name).max_length
        assert value == value.strip()


@pytest.mark.parametrize(
    "text", ["a. " * 3000, "-" * 9000, "1-" * 4000, "str" * 3000, "nr " * 3000]
)
def test_odd_texts_take_no_time(text):
    start = time.perf_counter()
    person_key(text, text), company_key(text), address_key(text, text)

    assert time.perf_counter() - start < 1
