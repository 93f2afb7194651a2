"""JSON against a tree of kinds: what is dropped, and how it is named."""

import pytest

from integrations.checking import (
    COUNTRIES,
    COUNTRY,
    DATE,
    FLAG,
    MAX_MESSAGES,
    NUMBER,
    TEXT,
    WHOLE,
    Check,
    Choice,
    ListOf,
)

TREE = {
    "name": TEXT,
    "born": DATE,
    "sum": NUMBER,
    "count": WHOLE,
    "yes": FLAG,
    "land": COUNTRY,
    "word": Choice.of("A B"),
    "inner": {"list": ListOf({"name": TEXT})},
}


def read(value):
    check = Check()
    return check.read(value, TREE), [one.partition(":")[0] for one in check.messages]


def test_what_is_as_agreed_stays():
    value = {
        "name": "x",
        "born": "1985-04-17",
        "sum": 1.5,
        "count": 3,
        "yes": False,
        "land": "DE",
        "word": "B",
        "inner": {"list": [{"name": "y"}]},
    }

    assert read(value) == (value, [])


def test_what_nobody_knows_is_left_out_in_silence():
    assert read({"future": {"x": 1}, "name": None}) == ({}, [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", True),
        ("name", ["x"]),
        ("born", "17.04.1985"),
        ("born", "1985-02-30"),
        ("born", 19850417),
        ("sum", "200,00"),
        ("sum", "200"),
        ("sum", True),
        ("sum", float("inf")),
        ("count", 1.5),
        ("count", "1"),
        ("yes", "1"),
        ("yes", 1),
        ("land", "GG"),
        ("land", "de"),
        ("land", "Deutschland"),
        ("word", "C"),
        ("word", ["A"]),
        ("inner", "x"),
        ("inner", []),
    ],
)
def test_what_is_not_as_agreed_is_dropped_and_named(name, value):
    kept, paths = read({name: value, "word" if name != "word" else "name": "A"})

    assert kept.get(name) in (None, {})
    assert paths == [name]


def test_a_number_is_taken_as_text_and_it_is_said():
    assert read({"name": 10115}) == ({"name": "10115"}, ["name"])


def test_paths_lead_into_lists():
    kept, paths = read({"inner": {"list": [{"name": "a"}, 5, {"name": []}]}})

    assert kept == {"inner": {"list": [{"name": "a"}, {}, {}]}}
    assert paths == ["inner.list[1]", "inner.list[2].name"]


def test_a_message_never_quotes_the_value():
    check = Check()
    check.read({"born": "DE89370400440532013000"}, TREE)

    assert "DE89" not in check.messages[0]


def test_the_number_of_messages_is_limited():
    check = Check()
    check.read({"inner": {"list": [5] * 10_000}}, TREE)

    assert len(check.messages) == MAX_MESSAGES


def test_europace_knows_199_countries():
    assert len(COUNTRIES) == 199
    assert {"DE", "AT", "XK", "SONSTIGE"} <= COUNTRIES
    assert not {"GG", "AQ", "YT", "ZZ"} & COUNTRIES
