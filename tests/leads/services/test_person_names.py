"""Names in one piece, as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leads.services.person_names import split_name, split_salutation


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("Erika Musterfrau", ("", "", "Erika", "Musterfrau", "")),
        ("Musterfrau, Erika", ("", "", "Erika", "Musterfrau", "")),
        ("Frau Erika Musterfrau", ("ms", "", "Erika", "Musterfrau", "")),
        (
            "Herr Prof. Dr. Max Müller-Lüdenscheidt",
            ("mr", "Prof. Dr.", "Max", "Müller-Lüdenscheidt", ""),
        ),
        ("Dr. med. Jana Testmann", ("", "Dr. med.", "Jana", "Testmann", "")),
        ("Karl Theodor von der Heide", ("", "", "Karl Theodor", "von der Heide", "")),
        ("Musterfrau", ("", "", "", "Musterfrau", "")),
        ("Herr Mustermann", ("mr", "", "", "Mustermann", "")),
        ("Herr", ("", "", "", "Herr", "")),
        ("Musterbau GmbH & Co. KG", ("", "", "", "", "Musterbau GmbH & Co. KG")),
        ("Fa. Beispiel", ("", "", "", "", "Fa. Beispiel")),
        ("Musterfrau, Dr. Erika", ("", "Dr.", "Erika", "Musterfrau", "")),
        ("Prof. Musterfrau, Dr. Erika", ("", "Prof. Dr.", "Erika", "Musterfrau", "")),
        ("Musterfrau, Frau Erika", ("ms", "", "Erika", "Musterfrau", "")),
        ("Dipl.-Ing. Hans-Peter Müller", ("", "Dipl.-Ing.", "Hans-Peter", "Müller", "")),
        ("Frau Dr.", ("ms", "", "", "Dr.", "")),
        ("bäckerei süß e.k.", ("", "", "", "", "bäckerei süß e.k.")),
        ("Elektro Krüger Gmbh", ("", "", "", "", "Elektro Krüger Gmbh")),
        ("Agnes Ag", ("", "", "Agnes", "Ag", "")),
        ("Agnes Kgata", ("", "", "Agnes", "Kgata", "")),
        ("", ("", "", "", "", "")),
    ],
)
def test_takes_a_name_apart(written, parts):
    assert split_name(written) == parts


@given(st.lists(st.sampled_from(["Erika", "von", "Dr.", "Musterfrau", "GmbH", "Jean-Luc", "x"])))
def test_no_word_of_a_name_is_lost(words):
    _salutation, *parts = split_name(" ".join(words))

    assert sorted(" ".join(parts).split()) == sorted(words)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Frau Prof. Dr. Erika Groß", ("ms", "Prof. Dr.", "Erika Groß")),
        ("Frau Dr.", ("ms", "Dr.", "")),
        ("Golf gesucht", ("", "", "Golf gesucht")),
        ("", ("", "", "")),
    ],
)
def test_takes_off_what_stands_before_a_name(text, parts):
    assert split_salutation(text) == parts
