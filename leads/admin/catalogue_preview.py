"""What a list of catalogue entries would do, or has done, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from import_export.results import Result

from leads.admin.display import badge
from leads.resources.catalogue_rows import EntriesResult
from leads.resources.cells import cell_text

SHOWN = 300  # lines on the page
_LONGEST = 300  # characters of a cell


@dataclass(frozen=True)
class Line:
    """One row of the list. `changes`: header, before, after. `problems`: header, cell, sentence."""

    number: int
    name: str
    badge: SafeString
    remark: str = ""
    changes: Sequence[tuple[str, str, str]] = ()
    problems: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Preview:
    """`sentences`: how many rows of each kind. `faults`: about the list as a whole."""

    sentences: Sequence[str]
    faults: Sequence[str]
    left_out: Sequence[str]
    lines: Sequence[Line]
    more: int  # lines that are not shown
    has_problems: bool


def preview_of(result: EntriesResult) -> Preview:
    """Rows with errors, and nothing else if there are any; else what changes and what is left
    alone. Rows without any change are counted."""
    bad = [row for row in result.rows if row.is_invalid()]
    rows: Iterable[Any] = bad or (row for row in result.rows if row.changes or row.remark)
    lines = [_line(row, result) for row in rows]
    return Preview(
        sentences=_sentences(result),
        faults=[text for one in result.base_errors for text in one.error.messages],
        left_out=result.left_out,
        lines=lines[:SHOWN],
        more=len(lines) - len(lines[:SHOWN]),
        has_problems=bool(bad or result.base_errors),
    )


def has_collided(result: Result) -> bool:
    """Whether somebody has written an entry of the same name at the same moment."""
    return any(isinstance(error, IntegrityError) for error in _errors(result))


def raise_surprises(result: Result) -> None:
    """The package turns whatever happens into a line of its page; a fault of ours stays one."""
    for error in [*(one.error for one in result.base_errors), *_errors(result)]:
        if not isinstance(error, ValidationError):
            raise error


def _errors(result: Result) -> list[Exception]:
    return [error.error for _number, errors in result.row_errors() for error in errors]


def _sentences(result: EntriesResult) -> list[str]:
    rows = result.rows
    left = sum(bool(row.remark) for row in rows)
    bad = _count(rows, "is_invalid")
    counts = [
        (bad, ngettext("%(n)s row with errors.", "%(n)s rows with errors.", bad)),
        (_count(rows, "is_new"), _("%(n)s new.")),
        (_count(rows, "is_update"), _("%(n)s changed.")),
        (_count(rows, "is_skip") - left, _("%(n)s unchanged.")),
        (left, ngettext("%(n)s is left alone.", "%(n)s are left alone.", left)),
    ]
    return [words % {"n": number_format(n)} for n, words in counts if n]


def _count(rows: Iterable[Any], what: str) -> int:
    return sum(getattr(row, what)() for row in rows)


def _line(row: Any, result: EntriesResult) -> Line:
    cells = row.row_values
    naming = cells.get(result.naming)
    return Line(
        number=row.number,
        name=_short(naming),
        badge=_badge(row),
        remark=row.remark,
        changes=[
            (header, _short(old), _short(new))
            for header, old, new in row.changes
            if header != result.naming or not row.is_new()  # it stands beside it
        ],
        problems=_problems(row, result) if row.is_invalid() else (),
    )


def _badge(row: Any) -> SafeString:
    if row.is_invalid():
        return badge(_("Error"), "red")
    if row.remark:
        return badge(_("Stays"), "grey")
    words, tone = (_("new"), "green") if row.is_new() else (_("changed"), "blue")
    return badge(capfirst(words), tone)


def _problems(row: Any, result: EntriesResult) -> list[tuple[str, str, str]]:
    error = row.validation_error
    if not hasattr(error, "error_dict"):
        return [("", "", text) for text in error.messages]
    problems = []
    for name, texts in error.message_dict.items():
        header = result.headers.get(name, "")
        cell = _short(row.row_values.get(header))
        problems += [(header, cell, text) for text in texts]
    return problems


def _short(cell: Any) -> str:
    return Truncator(cell_text(cell)).chars(_LONGEST)
