"""Warnings in words."""

import pytest
from django.utils import translation

from leads.models.warning import WarningCode, warning_text


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("price", "price (EUR)"),
        ("mileage_km", "mileage (km)"),
        ("external_number", "number at the bank"),
        ("Preis lt. Liste", "Preis lt. Liste"),
        ("activities", "activities"),
        ("", ""),
    ],
)
def test_a_column_has_its_name_and_a_heading_stays(field, words):
    warning = {"code": WarningCode.NUMBER_UNREADABLE, "value": "auf Anfrage", "field": field}

    with translation.override("en"):
        assert warning_text(warning) == f"“auf Anfrage” is not a number ({words})."
