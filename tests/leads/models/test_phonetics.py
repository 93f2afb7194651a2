"""Kölner Phonetik: codes as published for the procedure and in common implementations of it."""

import pytest

from leads.models.phonetics import cologne_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Müller-Lüdenscheidt", "65752682"),
        ("Wikipedia", "3412"),
        ("Breschnew", "17863"),
        ("bergisch-gladbach", "174845214"),
        ("Mönchengladbach", "664645214"),
        ("Heinz", "068"),
        ("Classen", "4586"),
        ("Schmidt", "862"),
        ("Schneider", "8627"),
        ("Fischer", "387"),
        ("Weber", "317"),
        ("Wagner", "3467"),
        ("Becker", "147"),
        ("Hoffmann", "0366"),
        ("Schäfer", "837"),
        ("Eberhard", "01772"),
        ("Xanthippe", "48621"),
        ("Zacharias", "8478"),
        ("Celsius", "8588"),
        ("Arbeitsamt", "071862"),
        ("Christstollen", "478256"),
        ("Aychlmajr", "04567"),
        ("Deutz", "28"),
        ("Pharma", "376"),
        ("cl", "45"),
        ("cx", "48"),
        ("ax", "048"),
        ("Ac", "08"),
        ("h", ""),
        ("ha", "0"),
    ],
)
def test_codes_are_those_published(name, code):
    assert cologne_code(name) == cologne_code(name.upper()) == code


@pytest.mark.parametrize(
    "names",
    [
        ("Meyer", "Meier", "Maier", "Mayr", "Mair"),
        ("Schmidt", "Schmitt", "Schmid"),
        ("Müller", "Mueller", "Muller", "Möller"),
        ("Größling", "Groessling", "Grösling"),
    ],
)
def test_names_that_sound_alike_have_one_code(names):
    assert len({cologne_code(name) for name in names}) == 1


@pytest.mark.parametrize("name", ["", "123", "小鹿", "Łódź"[:0], "-- .", "'"])
def test_what_has_no_sound_has_no_code(name):
    assert cologne_code(name) == ""
