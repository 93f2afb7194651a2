"""Rows of a list, as they came: kept as JSON in the ledger, to be read again at any time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from leads.resources.cells import cell_from_json, cell_to_json, line_text
from leads.resources.column_table import Column, ColumnTable
from leads.resources.columns import LEADS
from leads.resources.readers import LEAD_NUMBER, LEAD_VERSION
from leads.services.intake import Message, Unusable

SENDER = "excel"

# Made once: `json.dumps` makes one for each call that asks for anything unusual.
_as_text = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True)
class Row:
    """One row of a list: its number as Excel counts, and its cells by header, empty ones left
    out. Cells are str, int, float, bool, date, naive datetime or time. `table`: of its kind.

    `means`: what headers mean that do not mean what they say, as names of columns ("": a further
    value). `was`: cells as they came that somebody has corrected or translated; for the record.
    `blank`: columns of an export of ours in which nothing stands, by name.
    """

    number: int
    cells: Mapping[str, Any]
    means: Mapping[str, str] = field(default_factory=dict)
    was: Mapping[str, Any] = field(default_factory=dict)
    table: ColumnTable = LEADS
    blank: Sequence[str] = ()

    @cached_property
    def _layout(self) -> _Layout:
        return _layout_of(self.table, tuple(self.cells), tuple(self.means.items()))

    @property
    def headers(self) -> Sequence[tuple[str, Column | None]]:
        """Header and column, in the order in which they are read. No column: what stands there is
        a further value."""
        return self._layout.columns

    @property
    def columns(self) -> list[tuple[str, Column | None, Any]]:
        """The same with the cell."""
        return [(header, column, self.cells[header]) for header, column in self._layout.columns]

    @cached_property
    def lead_number(self) -> str:
        """Our own number, if the list was exported here."""
        return next((text for text in self.texts_of("number") if LEAD_NUMBER.fullmatch(text)), "")

    @cached_property
    def version(self) -> int:
        """Of the lead when the list was exported here; 0 if the row does not say."""
        return next(
            (int(text) for text in self.texts_of("version") if LEAD_VERSION.fullmatch(text)), 0
        )

    @cached_property
    def outside_id(self) -> str:
        """The list's own number for the enquiry, as the readers will understand it."""
        if self.lead_number:
            return ""
        return next(iter([*self.texts_of("external_id"), *self.texts_of("number")]), "")[:64]

    def header_of(self, name: str) -> str:
        return self._layout.headers[name][0]

    def texts_of(self, name: str) -> list[str]:
        """What stands in the cells of a column."""
        headers = self._layout.headers.get(name, ())
        return [line_text(self.cells[header]) for header in headers]

    def as_message(self, digest: str) -> Message:
        return Message(
            message_id=f"{digest}:{self.number}", raw=self.as_raw(), outside_id=self.outside_id
        )

    def as_raw(self) -> str:
        content: dict[str, Any] = {"row": self.number, "cells": _to_json(self.cells)}
        if self.means:
            content["means"] = self.means
        if self.was:
            content["was"] = _to_json(self.was)
        if self.blank:
            content["blank"] = self.blank
        return _as_text(content)

    @classmethod
    def from_raw(cls, raw: str) -> Row:
        content = json.loads(raw)
        return cls(
            content["row"],
            _from_json(content["cells"]),
            content.get("means", {}),
            _from_json(content.get("was", ())),
            blank=content.get("blank", ()),
        )


class _Layout(NamedTuple):
    """What rows with the same headers have in common: (header, column), in the order in which they
    are read, and the headers by the name of their column."""

    columns: Sequence[tuple[str, Column | None]]
    headers: Mapping[str, Sequence[str]]


@lru_cache(maxsize=1000)  # the rows of a list differ by what is empty in them, in a few ways
def _layout_of(
    table: ColumnTable, headers: tuple[str, ...], means: tuple[tuple[str, str], ...]
) -> _Layout:
    told = {header: table.by_name.get(name) for header, name in means}
    columns = [
        (header, told[header] if header in told else table.column_for(header)) for header in headers
    ]
    columns.sort(key=lambda one: table.position(one[1]))
    by_name: dict[str, list[str]] = {}
    for header, column in columns:
        if column:
            by_name.setdefault(column.name, []).append(header)
    return _Layout(columns, by_name)


def _to_json(cells: Mapping[str, Any]) -> list[list[Any]]:
    return [[header, cell_to_json(cell)] for header, cell in cells.items()]


def _from_json(cells: Iterable[Sequence[Any]]) -> dict[str, Any]:
    return {header: cell_from_json(cell) for header, cell in cells}


class Problem(NamedTuple):
    """Why a row cannot be used: header of the column ("" for the whole row), what stands there,
    and a sentence that says what is wrong with it."""

    header: str
    value: str
    reason: str


class Conflict(NamedTuple):
    """Changed in the list and here since the list was exported: header of the column, and as
    texts what the export said, what the list says and what stands here now."""

    header: str
    exported: str
    listed: str
    now: str


class UnusableRow(Unusable):
    """No lead can be made of this row. The text leaves out the cells, which may be personal."""

    def __init__(self, row: Row, problems: Sequence[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(_sentence(row, problem) for problem in problems))


def _sentence(row: Row, problem: Problem) -> str:
    if not problem.header:
        return _("Row %(row)s: %(reason)s") % {"row": row.number, "reason": problem.reason}
    return _("Row %(row)s, column “%(column)s”: %(reason)s") % {
        "row": row.number,
        "column": problem.header,
        "reason": problem.reason,
    }
