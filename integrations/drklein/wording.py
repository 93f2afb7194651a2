"""A case in words: every value of the body under a label that people read. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# Name of a property → what people call it. One that is missing is shown under its own name.
_LABELS = {
    "leadquelle": gettext_lazy("Lead source"),
    "kundenbetreuer.partnerId": gettext_lazy("Adviser (partner number)"),
    "eigeneVorgangsnummer": gettext_lazy("Own number"),
    "anrede": gettext_lazy("Salutation"),
    "titel": gettext_lazy("Title"),
    "vorname": gettext_lazy("First name"),
    "nachname": gettext_lazy("Last name"),
    "geburtsdatum": gettext_lazy("Date of birth"),
    "email": gettext_lazy("E-mail"),
    "telefonPrivat": gettext_lazy("Phone (private)"),
    "telefonGeschaeftlich": gettext_lazy("Phone (business)"),
    "telefon": gettext_lazy("Phone"),
    "strasse": gettext_lazy("Street"),
    "hausnummer": gettext_lazy("House number"),
    "plz": gettext_lazy("Postal code"),
    "ort": gettext_lazy("Town"),
    "land": gettext_lazy("Country"),
    "finanzierungszweck": gettext_lazy("Purpose"),
    "anbieter": gettext_lazy("Seller"),
    "marke": gettext_lazy("Make"),
    "modell": gettext_lazy("Model"),
    "kaufpreis": gettext_lazy("Price (EUR)"),
    "erstzulassungsdatum": gettext_lazy("First registration"),
    "laufleistung": gettext_lazy("Mileage (km)"),
    "kw": gettext_lazy("Power (kW)"),
    "ps": gettext_lazy("Power (PS)"),
    "kreditbetrag": gettext_lazy("Loan (EUR)"),
    "laufzeitInMonaten": gettext_lazy("Term (months)"),
    "rateMonatlich": gettext_lazy("Monthly rate (EUR)"),
    "kommentare": gettext_lazy("Comment for the adviser"),
    "externeMitarbeiternummer": gettext_lazy("Staff number"),
    "einwilligungUnterschrieben": gettext_lazy("Consent given"),
    "kundennummer": gettext_lazy("Customer number"),
    "filialId": gettext_lazy("Branch"),
    "telefonTermin": gettext_lazy("Wishes to be called"),
    "vertriebsschluessel": gettext_lazy("Sales key"),
    "organisationsNummer": gettext_lazy("Organisation number"),
}
_WORDS = {
    "HERR": gettext_lazy("Mr"),
    "FRAU": gettext_lazy("Ms"),
    "DOKTOR": gettext_lazy("Doctor"),
    "PROFESSOR": gettext_lazy("Professor"),
    "FAHRZEUGKAUF": gettext_lazy("Buying a car"),
    "HAENDLER": gettext_lazy("Dealer"),
    "SONSTIGE": gettext_lazy("Other"),
}
_CODED = ("anrede", "titel", "finanzierungszweck", "anbieter", "land")
_GROUPS = {
    "antragsteller1": gettext_lazy("Customer"),
    "finanzbedarf": gettext_lazy("Financing"),
    "tippgeber": gettext_lazy("Your salesperson"),
    "partner": gettext_lazy("Further values"),
    "data": gettext_lazy("Further values"),
}

Row = tuple[str, str]


def in_words(payload: dict[str, Any]) -> list[tuple[str, list[Row]]]:
    """(heading, [(label, value)]): every single value that is sent, and nothing else."""
    found: dict[str, list[Row]] = {}
    for path, value in _values(payload, ()):
        group = next((name for name in path if name in _GROUPS), "")
        heading = str(_GROUPS.get(group) or _("Case"))
        found.setdefault(heading, []).append((_label(path), _shown(path[-1], value)))
    return list(found.items())


def _values(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and {"key", "value"} == set(value):  # profile A's own pairs
        yield (*path, value["key"]), value["value"]
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _values(inner, (*path, name))
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, path)
    else:
        yield path, value


def _label(path: tuple[str, ...]) -> str:
    label = _LABELS.get(".".join(path[-2:])) or _LABELS.get(path[-1]) or path[-1]
    return str(label)


def _shown(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        places = 2 if isinstance(value, float) else 0
        return number_format(value, places, force_grouping=True)
    if name in _CODED:
        return str(_WORDS.get(value, value))
    if _ISO_DATE.fullmatch(value):
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
    return str(value)
