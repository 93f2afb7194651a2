"""What the values of a list mean: "offen" is the status "Neu", "Meier" one of the sellers.

For columns whose cells stand for something that has names here. What people decide is remembered
for all lists of the dealer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count
from django.db.models.fields.json import KeyTransform

from leads.models.import_memory import ListValue, values_of
from leads.models.keys import fold
from leads.models.list_import import ListImport
from leads.resources.cells import cell_from_json, cell_text
from leads.resources.import_mapping import ListMapping
from leads.resources.import_words import CATALOGS, Option, Words

# Different values of a column that are shown and kept; of more the most frequent ones.
MOST_VALUES = 200


@dataclass(frozen=True)
class FoundValue:
    """A value of the list. `meaning`: as the mapping keeps it; None: as it stands there. `means`:
    what that is here, in words; "": nothing is known by this name. `is_guess`: proposed, and for
    people to look at."""

    written: str
    rows: int
    meaning: str | None = None
    means: str = ""
    is_guess: bool = False

    @property
    def key(self) -> str:
        return fold(self.written)


@dataclass(frozen=True)
class ValuedColumn:
    """A column of the list with what stands in it. `creates`: unknown names become new entries."""

    name: str
    header: str
    values: Sequence[FoundValue]
    options: Sequence[Option]
    creates: bool
    more: int  # different values that are not shown

    @property
    def unknown(self) -> list[FoundValue]:
        return [one for one in self.values if not one.means and one.meaning != ""]


def find_values(list_import: ListImport, mapping: ListMapping) -> dict[str, list[list[object]]]:
    """By column, its different values and in how many rows they stand, the most frequent first."""
    found = {}
    for name in mapping.table.valued:
        counted: dict[str, list[object]] = {}
        for position in mapping.positions_of(name):
            counts = list_import.info.get("values", {}).get(str(position))
            for written, rows in counts or _different(list_import, position):
                known = counted.setdefault(fold(written), [written, 0])
                known[1] = int(str(known[1])) + rows
        if counted:
            found[name] = sorted(counted.values(), key=lambda one: -int(str(one[1])))
    return found


def _different(list_import: ListImport, position: int) -> Iterable[tuple[str, int]]:
    """For columns that were not counted when the list was read. Of the rows as uploaded; what
    somebody corrects in the preview is read as it stands."""
    rows = list_import.rows.annotate(cell=KeyTransform(str(position), "cells")).order_by()
    for cell, count in rows.values_list("cell").annotate(count=Count("pk")):
        text = cell_text(cell_from_json(cell))
        if text:
            yield text, count


def valued_columns(list_import: ListImport) -> list[ValuedColumn]:
    """What the values of this list mean so far, with what they may mean instead."""
    mapping = ListMapping.of(list_import)
    dealer = list_import.dealer
    words = Words(dealer, mapping.table)
    columns = []
    for name in mapping.table.valued:
        counted = list_import.found_values.get(name, [])
        if not counted:
            continue
        decided = mapping.values.get(name, {})
        columns.append(
            ValuedColumn(
                name=name,
                header=" + ".join(mapping.headers_of(name)),
                values=[
                    _judge(words, name, written, rows, decided.get(fold(written)))
                    for written, rows in counted[:MOST_VALUES]
                ],
                options=words.options(name),
                creates=name in CATALOGS,
                more=max(len(counted) - MOST_VALUES, 0),
            )
        )
    return columns


def _judge(words: Words, name: str, written: str, rows: int, meaning: str | None) -> FoundValue:
    if meaning is None:
        return FoundValue(written, rows, None, words.means(name, written))
    is_guess = meaning != "" and meaning == words.guess(name, written)
    return FoundValue(written, rows, meaning, words.means(name, meaning), is_guess)


def propose_values(list_import: ListImport, mapping: ListMapping) -> ListMapping:
    """What was decided before, and what old lists usually mean by words that are unknown here."""
    words = Words(list_import.dealer, mapping.table)
    remembered = values_of(list_import.dealer, list_import.kind, list_import.found_values)
    values: dict[str, dict[str, str]] = {}
    for name, counted in list_import.found_values.items():
        known = remembered.get(name, {})
        for written, _rows in counted:
            key = fold(written)
            if key in known:
                values.setdefault(name, {})[key] = known[key]
            elif not words.means(name, written) and (guess := words.guess(name, written)):
                values.setdefault(name, {})[key] = guess
    return replace(mapping, values=values)


def remember_values(
    list_import: ListImport, values: Mapping[str, Mapping[str, str]], *, now: datetime
) -> None:
    """For the next lists of the dealer and kind; values that mean what they say are forgotten."""
    rows, said = [], []
    for name, counted in list_import.found_values.items():
        meanings = values.get(name, {})
        for written, _rows in counted:
            key = fold(written)[:200]
            said.append((name, key))
            if (meaning := meanings.get(fold(written))) is not None:
                rows.append(
                    ListValue(
                        dealer=list_import.dealer,
                        kind=list_import.kind,
                        column=name,
                        key=key,
                        written=written[:200],
                        meaning=meaning[:200],
                    )
                )
    mine = ListValue.objects.for_dealer(list_import.dealer)
    for name in {column for column, _key in said}:
        keys = [key for column, key in said if column == name]
        mine.filter(kind=list_import.kind, column=name, key__in=keys).delete()
    ListValue.objects.bulk_create(rows)
