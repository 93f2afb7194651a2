"""What became of a list, as workbooks: all rows with their outcome, or the bad ones to correct.

Rows are read in portions, so memory does not grow with the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from itertools import chain
from typing import Any, BinaryIO

from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.text import capfirst

from leads.models.list_import import ListImport, ListRow, Plan, RowOutcome
from leads.resources.cells import cell_from_json, cell_text, shortened
from leads.resources.error_workbook import ErrorWorkbook
from leads.resources.former_rows import NUMBER, OUTCOME, REASON, ROW, added_in, reference
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping
from leads.resources.reading import unique_headers
from leads.resources.rows import Problem
from leads.resources.worksheet import Kind, write_sheet

# Rows in hand at a time. By the first ones the columns are known: days, numbers or texts.
CHUNK = 2000

_WHOLE_ROW = [0]  # what is wrong with all of it stands at its first cell

_BAD = Q(outcome=RowOutcome.BAD) | Q(outcome="", plan=Plan.BAD)


def write_result(list_import: ListImport, target: BinaryIO) -> None:
    """All rows as they were listed or corrected, each with its outcome, the number of its lead
    and the reason, into a file that is open for bytes. In the list's language."""
    own = _own_places(list_import)
    portions = _portions(list_import.rows.defer("notes"))
    first = next(portions, [])
    kinds = _kinds([_cells(row, own) for row in first], len(own))
    with translation.override(list_import.language):
        # A list that is read once more finds its leads by this number, and its rows by their name.
        added = [str(one) for one in (OUTCOME, NUMBER, REASON, ROW)]
        names = _headers(list_import, own, added)
        rows = _with_outcomes(list_import, chain([first], portions), own, kinds)
        all_kinds = [*kinds, *[Kind.TEXT] * len(added)]
        write_sheet(target, rows, names, all_kinds, title=_title(list_import))


def _own_places(list_import: ListImport) -> list[int]:
    """Where the list's own columns stand; those that an earlier workbook of ours has added are
    written anew."""
    headers = list_import.headers
    added = added_in(headers) or ()
    return [at for at in range(len(headers)) if at not in added]


def _headers(list_import: ListImport, own: Sequence[int], added: Sequence[str]) -> list[str]:
    names = [*(list_import.headers[at] for at in own), *added]
    return unique_headers(names, range(len(names)))


def _with_outcomes(
    list_import: ListImport,
    portions: Iterable[Sequence[ListRow]],
    own: Sequence[int],
    kinds: Sequence[Kind],
) -> Iterator[list[Any]]:
    outcomes = {value: str(label) for value, label in RowOutcome.choices}
    for row in chain.from_iterable(portions):
        cells = map(_fitting, _cells(row, own), kinds)
        about = [outcomes.get(row.outcome), row.reference, shortened(row.reason)]
        yield [*cells, *about, reference(list_import, row)]


def write_errors(list_import: ListImport, target: BinaryIO) -> None:
    """The rows that cannot be imported, to be corrected and uploaded as they are, into a file that
    is open for bytes. Bad cells are marked and say what is wrong with them. In the list's
    language."""
    own, places = _own_places(list_import), _places(list_import)
    bad = chain.from_iterable(_portions(list_import.rows.filter(_BAD)))
    with translation.override(list_import.language), _errors(list_import, own, target) as book:
        for row in bad:
            problems: dict[int, list[Problem]] = {}
            for problem in _problems(row):
                for at in places.get(problem.header, _WHOLE_ROW):
                    shown = own.index(at) if at in own else 0
                    problems.setdefault(shown, []).append(problem)
            book.add(row.number, [*_cells(row, own), reference(list_import, row)], problems)


def _title(list_import: ListImport) -> str:
    return capfirst(str(list_import.get_kind_display()))


def _errors(list_import: ListImport, own: Sequence[int], target: BinaryIO) -> ErrorWorkbook:
    names = _headers(list_import, own, [str(ROW)])
    return ErrorWorkbook(target, names, title=_title(list_import))


def _portions(rows: QuerySet[ListRow]) -> Iterator[list[ListRow]]:
    last = 0
    while portion := list(rows.filter(number__gt=last).order_by("number")[:CHUNK]):
        last = portion[-1].number
        yield portion


def _cells(row: ListRow, places: Iterable[int]) -> list[Any]:
    """Those at these places, corrected ones as somebody has corrected them."""
    cells: list[Any] = []
    for at in places:
        if (text := row.corrected.get(str(at))) is not None:
            cells.append(text or None)
        else:
            cells.append(cell_from_json(row.cells[at]) if at < len(row.cells) else None)
    return cells


def _kinds(rows: Sequence[Sequence[Any]], width: int) -> list[Kind]:
    return [_kind({type(row[at]) for row in rows}) for at in range(width)]


def _kind(types: set[type]) -> Kind:
    if datetime in types:
        return Kind.MOMENT
    if date in types:
        return Kind.DAY
    return Kind.ANY if types & {int, float} else Kind.TEXT


def _fitting(cell: Any, kind: Kind) -> Any:
    """The cell as a column of this kind can show it."""
    match cell:
        case str():
            return shortened(cell)
        case datetime():
            return cell if kind == Kind.MOMENT else cell_text(cell)
        case date():
            if kind == Kind.MOMENT:
                return datetime.combine(cell, time.min)
            return cell if kind == Kind.DAY else cell_text(cell)
        case time():
            return cell_text(cell)
    return cell


def _problems(row: ListRow) -> list[Problem]:
    found = [Problem(*one) for one in row.notes.get("problems", ())]
    return found or [Problem("", "", row.reason)]


def _places(list_import: ListImport) -> dict[str, list[int]]:
    """By what rows call their columns, where those stand. Several that are put together have one
    name."""
    mapping = ListMapping.of(list_import)
    places = {header: [at] for at, header in enumerate(list_import.headers)}
    for name in set(mapping.columns) - {FURTHER, LEFT_OUT}:
        places[" + ".join(mapping.headers_of(name))] = mapping.positions_of(name)
    return places
