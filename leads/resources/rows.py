"""Rows of a list, as they came: kept as JSON in the ledger, to be read again at any time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from leads.models.keys import clean_text
from leads.resources.cells import cell_from_json, cell_text, cell_to_json
from leads.resources.columns import column_for
from leads.resources.readers import LEAD_NUMBER
from leads.services.intake import Message, Unusable

SENDER = "excel"


@dataclass(frozen=True)
class Row:
    """One row of a list: its number as Excel counts, and its cells by header, empty ones left
    out. Cells are str, int, float, bool, date, naive datetime or time."""

    number: int
    cells: Mapping[str, Any]

    @property
    def lead_number(self) -> str:
        """Our own number, if the list was exported here."""
        return next((text for text in self._texts("number") if LEAD_NUMBER.fullmatch(text)), "")

    @property
    def outside_id(self) -> str:
        """The list's own number for the enquiry, as the readers will understand it."""
        if self.lead_number:
            return ""
        return next(iter([*self._texts("external_id"), *self._texts("number")]), "")[:64]

    def header_of(self, name: str) -> str:
        return next(h for h in self.cells if (column := column_for(h)) and column.name == name)

    def _texts(self, name: str) -> list[str]:
        return [
            clean_text(cell_text(cell))
            for header, cell in self.cells.items()
            if (column := column_for(header)) and column.name == name
        ]

    def as_message(self, digest: str) -> Message:
        return Message(
            message_id=f"{digest}:{self.number}", raw=self.as_raw(), outside_id=self.outside_id
        )

    def as_raw(self) -> str:
        cells = [[header, cell_to_json(cell)] for header, cell in self.cells.items()]
        return json.dumps({"row": self.number, "cells": cells}, ensure_ascii=False)

    @classmethod
    def from_raw(cls, raw: str) -> Row:
        content = json.loads(raw)
        cells = {header: cell_from_json(cell) for header, cell in content["cells"]}
        return cls(content["row"], cells)


def rows_of(
    headers: Sequence[str], body: Iterable[Sequence[Any]], numbers: Sequence[int]
) -> Iterator[Row]:
    """The rows of a table, without their empty cells."""
    for number, cells in zip(numbers, body, strict=True):
        yield Row(
            number,
            {
                header: cell
                for header, cell in zip(headers, cells, strict=True)
                if cell is not None and cell_text(cell) != ""
            },
        )


class Problem(NamedTuple):
    """Why a row cannot be used: header of the column ("" for the whole row), what stands there,
    and a sentence that says what is wrong with it."""

    header: str
    value: str
    reason: str


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
