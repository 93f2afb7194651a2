"""Texts that a program might run are made harmless, and restored."""

import pytest

from leads.resources.formulas import is_formula_like, neutralise, restore

AWKWARD = [
    "=1+1",
    "+49 30 23125101",
    "-5 Grad",
    "@SUMME(A1)",
    "\tTab",
    "＝1+1",
    "＋1",
    "'=1+1",
    "''",
    "  Blanks around  ",
    "Übergrößenträger",
    'with "quotes"; and ; signs',
    "two\nlines",
    "01067",
    "0171 3920012",
    "4711",
    "1.234",
    "31.12.2026",
    "ja",
    "_x0041_",
    "https://example.org",
    "1E+5",
]


@pytest.mark.parametrize("text", [*AWKWARD, "'", "'''@x", "\r=", "\n+", "－1", "＠x"])
def test_neutralised_texts_are_restored(text):
    assert restore(neutralise(text)) == text
    assert not is_formula_like(text) or neutralise(text).startswith("'")
