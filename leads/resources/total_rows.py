"""Rows that are no entries of a list: they sum up what stands above them ("Summe", "Anzahl: 120"),
or divide it ("Januar 2025", "Seite 1 von 3").

They are set aside, in sight: somebody may say that one of them is an entry all the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from leads.models.keys import fold
from leads.models.list_import import ListImport, ListRow, OnExisting, Plan
from leads.resources.former_rows import added_in
from leads.resources.import_mapping import ListMapping

_TOTALS = frozenset(
    {"summe", "summen", "gesamt", "insgesamt", "gesamtsumme", "zwischensumme", "endsumme"}
    | {"teilsumme", "tagessumme", "wochensumme", "monatssumme", "jahressumme", "quartalssumme"}
    | {"gesamtergebnis", "teilergebnis", "zwischenergebnis", "endergebnis", "gesamtbetrag"}
    | {"gesamtzahl", "gesamtanzahl", "gesamtwert", "anzahl", "stueckzahl", "durchschnitt"}
    | {"mittelwert", "uebertrag", "total", "totals", "subtotal", "sum", "count", "average", "σ"}
)
# "Golf Ergebnis": so Excel calls the partial results that it inserts.
_OF_GROUPS = frozenset(("ergebnis", "summe", "gesamt", "anzahl", "mittelwert", "total"))
_LONGEST_GROUP = 4  # words
_PERIODS = frozenset(
    {"januar", "februar", "maerz", "april", "mai", "juni", "juli", "august", "september"}
    | {"oktober", "november", "dezember", "monat", "quartal", "jahr", "woche", "kw"}
)
_BESIDE = frozenset(
    {"eur", "euro", "netto", "brutto", "mwst", "ust", "inkl", "exkl", "zzgl", "stueck", "stk", "st"}
    | {"aller", "alle", "der", "des", "die", "von", "bis", "im", "in", "seite", "km", "kw", "ps"}
    | {"kunden", "anfragen", "leads", "fahrzeuge", "datensaetze", "eintraege", "zeilen", "kontakte"}
    | {"vorgaenge", "angebote", "vertraege", "positionen", "personen", "preise", "werte", "umsatz"}
    | {"interessenten", "ergebnis", "grand"}
    | _PERIODS
)
# Above or below a part of a list, with a date or number.
_MARGINS = frozenset(
    {"stand", "gedruckt", "ausgedruckt", "erstellt", "exportiert", "druckdatum", "seite"}
    | {"am", "vom", "von", "um", "uhr"}
)
_VOCABULARY = _TOTALS | _BESIDE
_WORD = re.compile(r"[^\W\d_]+")
_COUNTED = re.compile(r"\d{1,4}\s+[^\W\d_]+\.?")  # "12 Interessenten"
_LONGEST = 60  # signs; what sums up is said in a few words
# A number in one of these names or reaches somebody: then the row is an entry.
_NAMING = frozenset(
    {"number", "version", "external_id", "external_number", "internal_number", "vin"}
    | {"street", "house_number", "postal_code", "city", "place"}
)
_REACHING = frozenset(("phone", "mobile", "fax"))
_DIGITS_OF_PHONES = 5


def remark_on_totals() -> str:
    return _("Looks like totals or a heading within the list and is not imported.")


def is_left_out(row: ListRow) -> bool:
    """Whether a row that was looked at is to be set aside."""
    return row.plan == Plan.TOTAL and row.decision != OnExisting.NEW


def total_rows(list_import: ListImport, rows: Sequence[ListRow]) -> list[ListRow]:
    """Those that only sum up or divide others."""
    mapping, added = ListMapping.of(list_import), added_in(list_import.headers) or ()
    naming = frozenset(at for at, name in enumerate(mapping.columns) if name in _NAMING)
    reaching = frozenset(at for at, name in enumerate(mapping.columns) if name in _REACHING)
    return [
        row
        for row in rows
        if _sums_up(_filled(row, added), naming, reaching) or _divides(_filled(row, added))
    ]


def note_totals(row: ListRow) -> None:
    """That it is none; unless somebody wants it all the same, also that nothing becomes of it."""
    if row.decision != OnExisting.NEW:
        row.plan, row.notes = Plan.TOTAL, {"remarks": [remark_on_totals()]}
        row.identity = row.likeness = row.reference = ""
    row.notes["totals"] = True


def _filled(row: ListRow, added: Collection[int]) -> Iterator[tuple[int, Any]]:
    """Positions and cells, as corrected, without empty ones and those that we have added."""
    corrected = row.corrected
    for at, cell in enumerate(row.cells):
        if corrected:
            cell = corrected.get(str(at), cell)
        if cell is not None and cell != "" and at not in added:
            yield at, cell


def _sums_up(
    cells: Iterable[tuple[int, Any]], naming: frozenset[int], reaching: frozenset[int]
) -> bool:
    """One cell says so at least, the others say so too or hold numbers."""
    says_so = False
    for at, cell in cells:
        if isinstance(cell, str) and _is_total(cell):
            says_so = True
        elif at in naming or not _is_count(cell) or (at in reaching and _is_phone(cell)):
            return False
    return says_so


def _divides(cells: Iterable[tuple[int, Any]]) -> bool:
    """Nothing but a month or a date stands in it, or what is printed at the end of a page."""
    first = [cell for _at, cell in islice(cells, 2)]
    if len(first) != 1 or not isinstance(first[0], str) or len(first[0]) > _LONGEST:
        return False
    words = set(_WORD.findall(fold(first[0])))
    if words and _PERIODS.issuperset(words):
        return True
    is_dated = any(map(str.isdigit, first[0])) and not _MARGINS.isdisjoint(words)
    return is_dated and (_MARGINS | _PERIODS).issuperset(words)


def _is_phone(cell: Any) -> bool:
    return sum(map(str.isdigit, str(cell))) >= _DIGITS_OF_PHONES


def _is_total(text: str) -> bool:
    if len(text) > _LONGEST or "@" in text:
        return False
    words = _WORD.findall(fold(text))
    if not words:
        return text.strip(" :=") == "∑"
    if words[-1] in _OF_GROUPS and len(words) <= _LONGEST_GROUP:
        return True
    return not _TOTALS.isdisjoint(words) and _VOCABULARY.issuperset(words)


def _is_count(cell: Any) -> bool:
    """A number, perhaps written as text: "12.345,00 €", "120 Kunden"."""
    if not isinstance(cell, str):
        return isinstance(cell, int | float) and not isinstance(cell, bool)
    if len(cell) > _LONGEST or not any(map(str.isdigit, cell)):
        return False
    return _BESIDE.issuperset(_WORD.findall(fold(cell))) or bool(_COUNTED.fullmatch(cell.strip()))
