"""The columns of a stock list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models.keys import clean_text
from leads.models.vehicle import Vehicle
from leads.resources.cells import cell_text, header_key
from leads.resources.column_table import Column, ColumnTable
from leads.resources.readers import (
    Reader,
    Reading,
    read_location,
    read_vehicle,
    reads_choice,
    reads_money,
    reads_text,
    reads_whole,
    refuse_shortened,
    spellings_of,
)
from leads.resources.record_columns import NUMBER, VERSION
from leads.services.german_values import parse_date, parse_decimal, parse_month

_KW_PER_HP = 0.73549875  # metric horsepower: PS
_MOST_KW = 32_767
_VIN_LENGTH = 17

_NO_MONTH = _("This is not a month. Write it like 05/2024.")
_NO_POWER = _("This is not a power. Write it like 110 kW or 150 PS.")
_NO_ADDRESS = _("This is not a web address.")
_NO_VIN = _("A VIN has letters and digits only, at most 17 of them.")


def read_vin(cell: Any, row: Reading, header: str) -> None:
    """In capitals and without the blanks that some write for readability."""
    refuse_shortened(cell)
    vin = re.sub(r"[\s-]", "", cell_text(cell)).upper()
    if not re.fullmatch(rf"[0-9A-Z]{{1,{_VIN_LENGTH}}}", vin):
        raise ValueError(_NO_VIN)
    row.put("vin", vin)


def read_first_registration(cell: Any, row: Reading, header: str) -> None:
    """Year and month; lists write "05/2024", "05.2024", "2024-05" or the whole day."""
    text = clean_text(cell_text(cell))
    if match := re.fullmatch(r"((?:19|20)[0-9]{2})-([0-9]{1,2})", text):
        text = f"{match[2]}/{match[1]}"
    elif match := re.fullmatch(r"([0-9]{1,2})\.((?:19|20)[0-9]{2})", text):
        text = f"{match[1]}/{match[2]}"
    try:
        day = cell if isinstance(cell, date) else _month(text, cell)
    except ValueError as error:
        raise ValueError(_NO_MONTH) from error
    row.put("first_registration", f"{day:%Y-%m}")


def _month(text: str, cell: Any) -> date:
    try:
        return parse_month(text)
    except ValueError:
        return parse_date(cell)


def read_power(cell: Any, row: Reading, header: str) -> None:
    """ "110", "110 kW", "110 kW (150 PS)", "150 PS" """
    text = clean_text(cell_text(cell))
    if match := re.search(r"([0-9.,]+)\s*kw", text, re.IGNORECASE):
        text = match[1]
    elif match := re.fullmatch(r"([0-9.,]+)\s*(?:ps|hp)", text, re.IGNORECASE):
        _put_power(row, match[1], factor=_KW_PER_HP)
        return
    _put_power(row, text)


def read_horsepower(cell: Any, row: Reading, header: str) -> None:
    text = re.sub(r"\s*(?:ps|hp)$", "", clean_text(cell_text(cell)), flags=re.IGNORECASE)
    _put_power(row, text, factor=_KW_PER_HP)


def _put_power(row: Reading, text: str, *, factor: float = 1) -> None:
    try:
        power = round(float(parse_decimal(text)) * factor)
    except ValueError as error:
        raise ValueError(_NO_POWER) from error
    if not 0 <= power <= _MOST_KW:
        raise ValueError(_NO_POWER)
    row.put("power_kw", power)


def read_url(cell: Any, row: Reading, header: str) -> None:
    text = clean_text(cell_text(cell))
    address = text if "://" in text else f"https://{text}"
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError as error:
        raise ValueError(_NO_ADDRESS) from error
    reads_text("url", exact=True)(address, row, header)


_STATE_WORDS = {
    "bestand": "in_stock",
    "imbestand": "in_stock",
    "lager": "in_stock",
    "auflager": "in_stock",
    "verfuegbar": "in_stock",
    "frei": "in_stock",
    "aktiv": "in_stock",
    "available": "in_stock",
    "reserviert": "reserved",
    "vorgemerkt": "reserved",
    "option": "reserved",
    "verkauft": "sold",
    "ausgeliefert": "sold",
    "abverkauft": "sold",
}
_CONDITION_WORDS = {
    "neuwagen": "new",
    "neufahrzeug": "new",
    "nw": "new",
    "n": "new",
    "gebraucht": "used",
    "gebrauchtwagen": "used",
    "gebrauchtfahrzeug": "used",
    "gw": "used",
    "g": "used",
    "jahreswagen": "used",
    "dienstwagen": "used",
    "werkswagen": "used",
    "vorfuehrwagen": "demo",
    "vorfuehrfahrzeug": "demo",
    "vfw": "demo",
    "tageszulassung": "pre_registered",
    "kurzzulassung": "pre_registered",
    "tz": "pre_registered",
}


_reads_state = reads_choice("state", Vehicle.State, _STATE_WORDS)
_reads_condition = reads_choice("condition", Vehicle.Condition, _CONDITION_WORDS)


def _means(cell: Any, choices: type[TextChoices], words: Mapping[str, str]) -> bool:
    key = header_key(cell_text(cell))
    return key in spellings_of(choices) or key in words


def read_state(cell: Any, row: Reading, header: str) -> None:
    """ "Zustand" may be "verkauft" in one list and "gebraucht" in the next."""
    is_condition = _means(cell, Vehicle.Condition, _CONDITION_WORDS)
    (_reads_condition if is_condition else _reads_state)(cell, row, header)


def read_condition(cell: Any, row: Reading, header: str) -> None:
    is_state = _means(cell, Vehicle.State, _STATE_WORDS)
    (_reads_state if is_state else _reads_condition)(cell, row, header)


def _label(name: str) -> str | Promise:
    return Vehicle._meta.get_field(name).verbose_name  # type: ignore[union-attr]


def _own(name: str, read: Reader | None, *synonyms: str, path: str = "") -> Column:
    return Column(name, _label(name), read or reads_text(name), path or name, synonyms)


_read_price, _read_mileage = reads_money("price"), reads_whole("mileage_km", 9_999_999, "km")

VEHICLES = ColumnTable(
    (
        NUMBER,
        _own(
            "internal_number",
            reads_text("internal_number", exact=True),
            *("Eigene Nummer", "Fahrzeugnummer", "Fahrzeug-Nr.", "Fzg.-Nr.", "Interne Nummer"),
            *("Interne Nr.", "Bestandsnummer", "Lagernummer", "Lager-Nr.", "Wagennummer"),
            *("Kommissionsnummer", "Komm.-Nr.", "Stock number", "Nummer", "Vehicle number"),
        ),
        _own(
            "vin",
            read_vin,
            *("FIN", "VIN", "FIN/VIN", "Fahrgestellnummer", "Fahrgestell-Nr."),
            *("Fahrzeugidentnummer", "Fahrzeugidentifikationsnummer", "Fahrzeug-Ident-Nr."),
        ),
        _own("make", None, "Marke", "Hersteller", "Fabrikat", "Brand"),
        _own("model", None, "Modell", "Baureihe", "Model"),
        _own(
            "variant", None, "Variante", "Ausstattung", "Ausstattungslinie", "Ausführung", "Version"
        ),
        Column(
            "vehicle_name",
            _("name of the vehicle"),
            read_vehicle,
            synonyms=("Fahrzeug", "Bezeichnung", "Fahrzeugbezeichnung", "Modellbezeichnung"),
        ),
        _own(
            "condition",
            read_condition,
            *("Zustand", "State", "Fahrzeugzustand", "Fahrzeugart", "Neu/Gebraucht"),
        ),
        _own(
            "first_registration",
            read_first_registration,
            *("Erstzulassung", "EZ", "Erstzul.", "Datum Erstzulassung", "Registration"),
        ),
        _own(
            "mileage_km",
            _read_mileage,
            *("Kilometerstand", "km-Stand", "Kilometer", "km", "Laufleistung", "Mileage"),
        ),
        _own("power_kw", read_power, "Leistung", "kW", "Leistung in kW", "Power"),
        Column("power_hp", _("power (PS)"), read_horsepower, synonyms=("PS", "Leistung in PS")),
        _own("fuel", None, "Kraftstoff", "Kraftstoffart", "Treibstoff", "Antrieb", "Antriebsart"),
        _own(
            "price",
            _read_price,
            *("Preis", "Verkaufspreis", "VK-Preis", "VK brutto", "Bruttopreis", "Preis brutto"),
            *("Fahrzeugpreis", "Endpreis", "Price"),
        ),
        _own("url", read_url, "Inserat", "Link", "URL", "Internetadresse", "Webseite"),
        Column(
            "state",
            _("state of the stock"),  # "Zustand", as it is called elsewhere, has two meanings here
            read_state,
            "state",
            synonyms=("Status", "Bestandsstatus", "Verfügbarkeit", "Verfügbar", "Availability"),
        ),
        _own(
            "location",
            read_location,
            *("Standort", "Filiale", "Betrieb", "Haus", "Hof", "Lagerort"),
            path="location__name",
        ),
        VERSION,
        # Of stock lists in a marketplace's format (mobilede_reading.py).
        Column(
            "stock_account",
            _("customer number (mobile.de)"),
            reads_text("stock_account", limit=40),
            synonyms=("Kundennummer (mobile.de)",),
            shown=True,
        ),
        Column(
            "trouble",
            _("reading error"),
            reads_text("trouble"),
            synonyms=("Lesefehler",),
            shown=True,
        ),
    ),
    telling=("number", "internal_number", "vin"),
    fixable=("state", "condition", "location", "make"),
    valued=("state", "condition", "location"),
    days=("first_registration",),
)
