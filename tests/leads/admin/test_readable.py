"""Messages laid out for people, whatever they are."""

import time

import pytest

from leads.admin.readable import json_error, readable


def test_json_stands_on_indented_lines():
    assert readable('{"b": "ä", "a": 1}') == '{\n  "b": "ä",\n  "a": 1\n}'


def test_xml_stands_on_indented_lines():
    text = "<?xml version='1.0'?><adf><name part='full'>Groß &amp; Söhne</name><leer/><x></x></adf>"

    assert readable(text).split("\n") == [
        "<?xml version='1.0'?>",
        "<adf>",
        "  <name part='full'>Groß &amp; Söhne</name>",
        "  <leer/>",
        "  <x></x>",
        "</adf>",
    ]


def test_what_stands_in_cdata_is_no_element():
    assert "<![CDATA[<b>Hallo</b>]]>" in readable("<a><![CDATA[<b>Hallo</b>]]></a>")


def test_a_form_has_a_line_for_each_field():
    assert readable("name=J%C3%B6rg+Gro%C3%9F&email=&x=1") == "name: Jörg Groß\nemail: \nx: 1"


@pytest.mark.parametrize(
    "text",
    ["Guten Tag,\nich suche = einen Kia.", "[" * 100_000, '{"a":', "", "<", "a=" + "%" * 10],
)
def test_all_else_is_shown_as_it_came_or_nearly(text):
    assert readable(text).replace("a: ", "a=") == text


@pytest.mark.parametrize("part", ["<", "<a>", "<![CDATA[", "</a>", "a=b&", "=", "<a"])
def test_a_megabyte_of_anything_takes_no_time(part):
    began = time.monotonic()
    readable(part * (1_000_000 // len(part)))
    assert time.monotonic() - began < 20  # a quadratic way would take hours


def test_says_where_json_ends():
    assert json_error('{"a": 1}') is None
    assert json_error('{"a": 1,\n  }') == (2, 3)
    assert json_error("[" * 100_000) == (1, 1)
