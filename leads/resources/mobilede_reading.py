"""Stock lists in mobile.de's upload format: which columns there are, and its rows as a table.

Source: mobile.de, "Upload-Interface CSV" (services.mobile.de/manual): ";", ISO-8859-15, one line
per car, fixed columns, no line breaks within a cell; what we assume beyond that stands in
integrations/automanager/README.md. Only what a vehicle has here is taken over, under our own
headers. A line that cannot be cut into cells stays a row, with what is wrong with it, so that the
others can be taken.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _
from xlsxwriter.utility import xl_col_to_name

from leads.resources.csv_reading import Lines, decoded, find_encoding, is_binary
from leads.resources.list_info import Choice, Layout, NumberedRow, RawTable
from leads.resources.refusals import refuse

DELIMITER, ENCODING = ";", "iso8859-15"

# Position in the file without headers → the format's own name. Those up to AE are documented or
# the same wherever the format is written; CQ, DF and DI are assumptions (README.md).
_POSITIONS = {
    "kundennummer": 0,
    "interne_nummer": 1,
    "kategorie": 2,
    "marke": 3,
    "modell": 4,
    "leistung": 5,
    "ez": 8,
    "kilometer": 9,
    "preis": 10,
    "vin": 14,
    "jahreswagen": 20,
    "neufahrzeug": 21,
    "waehrung": 28,
    "vorfuehrfahrzeug": 50,
    "reserviert": 94,
    "kraftstoffart": 109,
    "tageszulassung": 112,
}
_RESERVED = (7, 12)  # H and M are always empty
# By these names a row of headers is known, together with the number.
_NAMES = frozenset(_POSITIONS) | {"hu", "mwst", "oldtimer", "farbe", "klima", "bemerkung"}
_ENOUGH_NAMES = 8
_FUELS = {
    "1": "Benzin",
    "2": "Diesel",
    "3": "Autogas (LPG)",
    "4": "Erdgas (CNG)",
    "6": "Elektro",
    "7": "Hybrid (Benzin/Elektro)",
    "8": "Wasserstoff",
    "9": "Ethanol",
    "10": "Hybrid (Diesel/Elektro)",
}
_CONDITIONS = (
    ("tageszulassung", "Tageszulassung"),
    ("vorfuehrfahrzeug", "Vorführwagen"),
    ("neufahrzeug", "Neuwagen"),
    ("jahreswagen", "Jahreswagen"),
)
_EURO = ("", "EUR", "€")
# What the rows have here: names that the columns of vehicle lists know (vehicle_columns.py).
ACCOUNT, NUMBER, TROUBLE = "Kundennummer (mobile.de)", "Interne Nummer", "Lesefehler"
HEADERS = (
    *(ACCOUNT, NUMBER, "Marke", "Modell", "Leistung", "EZ", "Kilometer", "Preis", "FIN"),
    *("Zustand", "Kraftstoff", "Status", TROUBLE),
)

_HEAD_LINES = 50
_SURE = 0.6  # of the first lines, so many look like cars of this format
_FEWEST_COLUMNS = 15
_MOST_COLUMNS = 2000
_OWN_NUMBER = re.compile(r"[A-Za-z0-9_-]{1,40}")
_MONTH = re.compile(r"(?:0?[1-9]|1[0-2])\.(?:19|20)[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_LOOKED_AT = 10_000  # characters of a line, for what is wrong with it
_C1 = bytes(range(0x80, 0xA0))  # no text in ISO-8859-15, € and quotation marks in Windows-1252


@dataclass(frozen=True)
class _Form:
    """How this file is laid out. `header_row`: 0 if it has none. `width`: of most rows."""

    encoding: str
    header_row: int
    positions: Mapping[str, int]
    width: int


def is_own_number(text: str) -> bool:
    """Whether mobile.de would take it as the number of a car."""
    return bool(_OWN_NUMBER.fullmatch(text))


def read_mobilede(data: BinaryIO, choice: Choice) -> RawTable | None:
    """None if this is another kind of file, and nobody has said that it is one of these."""
    if choice.layout == Layout.PLAIN:
        return None
    is_said = choice.layout == Layout.MOBILE_DE
    encoding = choice.encoding or find_stock_encoding(data)
    head = list(islice(_lines(data, encoding), _HEAD_LINES))
    if is_binary("".join(line for _number, line in head)):
        return None
    form = _form_of(head, encoding)
    if not is_said and not form.header_row and not _looks_like_cars(head):
        return None
    if form.width > _MOST_COLUMNS:
        raise refuse("too_many_columns", limit=_MOST_COLUMNS)
    accounts: set[str] = set()
    count = 0
    for _number, cells in _rows(data, form):
        count += 1
        if count > settings.IMPORT_MAX_ROWS:
            raise refuse("too_many_rows", limit=settings.IMPORT_MAX_ROWS)
        if not cells[-1]:
            accounts.add(cells[0] or "")
    if not count:
        raise refuse("no_vehicles")

    def rows() -> Iterator[NumberedRow]:
        yield form.header_row, list(HEADERS)
        yield from _rows(data, form)

    return RawTable(
        kind="csv",
        rows=rows,
        row_count=count + 1,
        used=range(len(HEADERS)),
        facts={
            "encoding": encoding,
            "delimiter": DELIMITER,
            "layout": Layout.MOBILE_DE,
            "accounts": tuple(sorted(accounts)),
        },
    )


def find_stock_encoding(data: BinaryIO) -> str:
    """ISO-8859-15 as the format says, unless the bytes are those of another encoding."""
    found = find_encoding(data)
    if found != "cp1252":
        return found
    data.seek(0)
    while chunk := data.read(1024 * 1024):
        if len(chunk) != len(chunk.translate(None, _C1)):
            return found
    return ENCODING


def _lines(data: BinaryIO, encoding: str) -> Iterator[tuple[int, str]]:
    """(number from 1, line) without blank ones, which may hold delimiters."""
    with decoded(data, encoding) as text:
        lines = Lines(text)
        for number, line in enumerate(lines, 1):
            lines.begin_row()
            line = line.rstrip("\n").replace("\0", "")  # which no database takes
            if line.strip('; \t"') and not line.casefold().startswith("sep="):
                yield number, line


def _cut(line: str) -> list[str]:
    """Raises csv.Error if a quotation mark is missing or out of place."""
    [cells] = csv.reader([line], delimiter=DELIMITER, strict=True)
    return [cell.strip() for cell in cells]


def _form_of(head: Sequence[tuple[int, str]], encoding: str) -> _Form:
    first_number, first = head[0] if head else (0, "")
    try:
        names = [name.casefold() for name in _cut(first)] if first else []
    except csv.Error:
        names = []
    if "interne_nummer" in names and len(_NAMES & set(names)) >= _ENOUGH_NAMES:
        positions = {name: names.index(name) for name in _POSITIONS if name in names}
        return _Form(encoding, first_number, positions, len(names))
    widths: Counter[int] = Counter()
    for _number, line in head:
        try:
            widths[len(_cut(line))] += 1
        except csv.Error:
            continue
    width = max(widths, key=lambda one: (widths[one], one), default=0)
    return _Form(encoding, 0, _POSITIONS, width)


def _looks_like_cars(head: Sequence[tuple[int, str]]) -> bool:
    likely = 0
    for _number, line in head:
        try:
            cells = _cut(line)
        except csv.Error:
            continue
        likely += (
            len(cells) >= _FEWEST_COLUMNS
            and is_own_number(cells[_POSITIONS["interne_nummer"]])
            and not any(cells[at] for at in _RESERVED)
            and bool(cells[_POSITIONS["marke"]])
            and _fits(_MONTH, cells[_POSITIONS["ez"]])
            and bool(_AMOUNT.fullmatch(cells[_POSITIONS["preis"]]))
        )
    return bool(head) and likely >= len(head) * _SURE


def _fits(pattern: re.Pattern[str], text: str) -> bool:
    return not text or bool(pattern.fullmatch(text))


# --- rows ------------------------------------------------------------------------------------


def _rows(data: BinaryIO, form: _Form) -> Iterator[NumberedRow]:
    for number, line in _lines(data, form.encoding):
        if number <= form.header_row:
            continue
        try:
            cells = _cut(line)
            trouble = "" if len(cells) == form.width else _wrong_width(len(cells), form.width)
        except csv.Error:
            cells, trouble = [], _broken_quotes(line, form)
        yield number, _unreadable(line, form, trouble) if trouble else _table_row(cells, form)


def _wrong_width(found: int, expected: int) -> str:
    return _(
        "The row has %(found)d columns instead of %(expected)d. Mostly a text contains a semicolon"
        " and is not in quotation marks."
    ) % {"found": found, "expected": expected}


def _broken_quotes(line: str, form: _Form) -> str:
    """Naming the column behind the last one that can be read."""
    at, start = 0, line[:_LOOKED_AT]
    for end in (place for place, sign in enumerate(start) if sign == DELIMITER):
        with suppress(csv.Error):
            at = len(_cut(start[:end]))
    name = next((one for one, place in form.positions.items() if place == at), "")
    column = f"{xl_col_to_name(at)} ({name})" if name else xl_col_to_name(at)
    return _(
        "Column %(column)s: a quotation mark is missing or out of place. Within a text each has to"
        ' be doubled: 17"" Felgen.'
    ) % {"column": column}


def _unreadable(line: str, form: _Form, trouble: str) -> list[str | None]:
    """Whose car it is, as far as that can be seen, and what is wrong; the rest may be shifted."""
    cells = [cell.strip(' \t"') for cell in line.split(DELIMITER)]
    found: dict[str, str] = {TROUBLE: trouble}
    account, number = (_cell(cells, form, name) for name in ("kundennummer", "interne_nummer"))
    if is_own_number(number):
        found |= {ACCOUNT: account, NUMBER: number}
    return [found.get(header) or None for header in HEADERS]


def _table_row(cells: Sequence[str], form: _Form) -> list[str | None]:
    said = {name: _cell(cells, form, name) for name in _POSITIONS}
    price, currency = said["preis"], said["waehrung"].upper()
    if price and currency not in _EURO:
        price = f"{price} {currency}"  # refused by the column, which is in euro
    fuel = said["kraftstoffart"]
    row = [
        *(said["kundennummer"], said["interne_nummer"], said["marke"], said["modell"]),
        *(said["leistung"], said["ez"], said["kilometer"], price, said["vin"]),
        _condition(said),
        "" if fuel.isdecimal() and fuel not in _FUELS else _FUELS.get(fuel, fuel),
        {"1": "reserviert", "0": "im Bestand"}.get(said["reserviert"], ""),
        "",
    ]
    return [cell or None for cell in row]


def _condition(said: Mapping[str, str]) -> str:
    for name, word in _CONDITIONS:
        if said[name] == "1":
            return word
    return "Gebrauchtwagen" if said["neufahrzeug"] == "0" else ""


def _cell(cells: Sequence[str], form: _Form, name: str) -> str:
    at = form.positions.get(name, -1)
    return cells[at] if 0 <= at < len(cells) else ""
