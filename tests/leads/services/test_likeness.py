"""How alike two customers are, one observation at a time."""

import pytest

from leads.models import Customer
from leads.services import likeness


def person(**values):
    one = Customer(**values)
    one.set_keys()
    return one


def named(name):
    """ "Max Müller": the last word is the last name; "Müller," has no first name."""
    first_name, _blank, last_name = name.rpartition(" ")
    return person(first_name=first_name, last_name=last_name)


def both_ways(observe, one, other):
    found = observe(one, other)
    assert observe(other, one) == found
    return found


# --- first names ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Max Groß", "max Groß"),
        ("Jörg Groß", "Joerg Groß"),
        ("M. Groß", "Max Groß"),
        ("M Groß", "Max Groß"),
        ("Hans-Peter Groß", "Hans Peter Groß"),
        ("Hans Groß", "Hans-Peter Groß"),
        ("H. P. Groß", "Hans Peter Groß"),
        ("Stefan Groß", "Stephan Groß"),
        ("Sofia Groß", "Sophia Groß"),
        ("Kathrin Groß", "Katrin Groß"),
        ("Philipp Groß", "Phillip Groß"),
        ("Max Groß", "Maximilian Groß"),
        ("Alex Groß", "Alexander Groß"),
        ("Micheal Groß", "Michael Groß"),
        ("Dr. Max Groß", "Max Groß"),
        ("Max Groß", "Groß"),
        ("Max Groß", "Groß Max"),
    ],
)
def test_may_be_one_person(one, other):
    assert not both_ways(likeness.other_first_name, named(one), named(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Max Groß", "Eva Groß"),
        ("Daniel Groß", "Daniela Groß"),
        ("Mario Groß", "Maria Groß"),
        ("Andrea Groß", "Andreas Groß"),
        ("Simon Groß", "Simone Groß"),
        ("Jan Groß", "Jana Groß"),
        ("Jan Groß", "Janine Groß"),
        ("Stefan Groß", "Stefanie Groß"),
        ("Christian Groß", "Christina Groß"),
        ("Paul Groß", "Pauline Groß"),
        ("Jens Groß", "Jonas Groß"),
        ("Hans-Peter Groß", "Hans-Georg Groß"),
        ("M. Groß", "Eva Groß"),
    ],
)
def test_are_two_people(one, other):
    assert both_ways(likeness.other_first_name, named(one), named(other))


# --- last names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Meier", "Meyer"),
        ("Meier", "Mayr"),
        ("Schmidt", "Schmitt"),
        ("Müller", "Mueller"),
        ("Größling", "Groessling"),
        ("Meier-Groß", "Meier Groß"),
        ("Max Müller", "Müller Max"),
    ],
)
def test_last_names_are_similar(one, other):
    assert both_ways(likeness.similar_last_name, named(one), named(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Schmidt", "Schmitz"),
        ("Müller", "Weber"),
        ("Li", "Lau"),
        ("Müller", ""),
        ("", ""),
        ("Max Müller", "Max Weber"),
    ],
)
def test_last_names_are_others(one, other):
    assert not both_ways(likeness.similar_last_name, named(one), named(other))


def test_a_company_without_a_person_is_compared_without_its_legal_form():
    one, other = person(company="Bau GmbH"), person(company="BAU GmbH & Co. KG")

    assert both_ways(likeness.similar_last_name, one, other)
    assert not both_ways(likeness.similar_last_name, one, person(company="Tiefbau AG"))


def test_names_are_swapped_only_if_their_order_differs():
    assert both_ways(likeness.names_swapped, named("Max Müller"), named("Müller Max"))
    assert both_ways(likeness.names_swapped, named("Max Müller"), named("Mueller M."))
    assert both_ways(likeness.names_swapped, named("Max Müller"), named("Muller Max"))
    assert not both_ways(likeness.names_swapped, named("Max Müller"), named("Müller Eva"))
    assert not both_ways(likeness.names_swapped, named("M. Müller"), named("Weber Max"))
    assert not both_ways(likeness.names_swapped, named("Karl Karlsson"), named("Karl Karlsson"))
    assert not both_ways(likeness.names_swapped, named("Max Müller"), named("max Mueller"))
    assert not both_ways(likeness.names_swapped, named("H-P Groß"), named("H P Groß"))
    assert not both_ways(likeness.names_swapped, named("Müller"), named("Müller"))


# --- companies ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"company": "Bau AG", "postal_code": "04109"}, True),
        ({"company": "Bau AG", "email": "eva@bau.example.de"}, True),
        ({"company": "Bau AG", "postal_code": "04107"}, False),
        ({"company": "Bau AG"}, False),
        ({"company": "Tiefbau AG", "postal_code": "04109"}, False),
    ],
)
def test_a_company_is_known_by_name_and_place_or_domain(other, expected):
    one = person(company="Bau GmbH", postal_code="04109", email="max@bau.example.de")

    assert both_ways(likeness.same_company, one, person(**other)) == expected


def test_a_domain_where_everybody_has_a_mailbox_is_no_company():
    one, other = (person(company="Bau", email=f"{name}@gmx.de") for name in ("max", "eva"))

    assert not both_ways(likeness.same_company, one, other)
