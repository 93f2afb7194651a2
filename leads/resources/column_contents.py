"""What the columns of a list mean: by their headers, and by their cells where those say nothing.

Pure and repeatable: the same headers and rows give the same proposals.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from leads.models.keys import fold
from leads.resources.cells import cell_text, header_key
from leads.resources.column_table import Column, ColumnTable
from leads.resources.columns import LEADS
from leads.resources.content_kinds import KINDS, Kind

# So many rows are looked at.
SAMPLE_ROWS = 200
# Of the filled cells so many must look alike.
_SHARE = 0.8
# Fewer cells than these may look like anything.
_ENOUGH = 3
_WITH_FEW = 60  # percent, at most
_BESIDE = 90  # percent: a postal code beside a town explains both
_CONTRADICTED = 30  # percent
_TOWNS = ("word", "name")  # kinds that a column of towns may seem to be


@dataclass(frozen=True)
class Proposal:
    """What a column may be. `column`: name in its table, "" if none is proposed.
    `looks_like`: the kind of its cells in words, "" if they say nothing."""

    header: str
    column: str
    confidence: int  # percent
    reason: str
    looks_like: str = ""


@dataclass(frozen=True)
class _Look:
    kind: Kind
    matching: int
    filled: int

    @property
    def confidence(self) -> int:
        confidence = self.kind.certainty * self.matching // self.filled
        return confidence if self.filled >= _ENOUGH else min(confidence, _WITH_FEW)

    @property
    def reason(self) -> str:
        return _("%(matching)d of %(filled)d cells look like %(kind)s.") % {
            "matching": self.matching,
            "filled": self.filled,
            "kind": self.kind.label,
        }


def header_fingerprint(headers: Iterable[str]) -> str:
    """The same for lists with the same headers in any order and spelling (SHA-256, hex)."""
    keys = sorted({header_key(header) or header for header in headers})
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def headers_of_days(headers: Iterable[str], table: ColumnTable = LEADS) -> frozenset[str]:
    """Those headers below which days or moments stand."""
    known = ((header, table.column_for(header)) for header in headers)
    return frozenset(header for header, column in known if column and column.name in table.days)


def propose_columns(
    headers: Sequence[str],
    rows: Sequence[Sequence[Any]],
    *,
    names: Mapping[str, str] = MappingProxyType({}),
    table: ColumnTable = LEADS,
) -> list[Proposal]:
    """One proposal per header, in their order; no column is proposed twice. `names`: what further
    headers mean, as names of columns by header_key."""

    def says(header: str) -> Column | None:
        named = table.by_name.get(names.get(header_key(header), ""))
        return named or table.column_for(header)

    looks = [_look(column) for column in _columns(headers, rows)]
    taken: dict[str, str] = {}  # column → header
    found: dict[int, Proposal] = {}
    for at, header in enumerate(headers):
        column = says(header)
        if column and column.name not in taken:
            taken[column.name] = header
            found[at] = _named(header, column, looks[at])
    # Those that say most choose first.
    order = sorted(range(len(headers)), key=lambda at: -_confidence(looks[at]))
    for at in (one for one in order if one not in found):
        found[at] = _guessed(headers[at], looks[at], taken, table, after=_kind(looks, at + 1))
        if found[at].column:
            taken[found[at].column] = headers[at]
    for at in range(1, len(headers)):
        is_town = _kind(looks, at) in _TOWNS and found[at - 1].column == "postal_code"
        if is_town and not says(headers[at]) and "city" not in taken:
            taken["city"] = headers[at]
            reason = _("It stands beside postal codes.")
            found[at] = Proposal(headers[at], "city", _BESIDE, reason, found[at].looks_like)
    return [found[at] for at in range(len(headers))]


def _columns(headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    sample = rows[:SAMPLE_ROWS]
    cells = [[row[at] for row in sample if at < len(row)] for at in range(len(headers))]
    return [[cell for cell in column if cell_text(cell).strip()] for column in cells]


def _look(cells: Sequence[Any]) -> _Look | None:
    """The first kind that most of the cells are of."""
    for kind in KINDS if cells else ():
        matching = sum(kind.fits(cell) for cell in cells)
        if matching >= len(cells) * _SHARE:
            return _Look(kind, matching, len(cells))
    return None


def _kind(looks: Sequence[_Look | None], at: int) -> str:
    look = looks[at] if at < len(looks) else None
    return look.kind.name if look else ""


def _confidence(look: _Look | None) -> int:
    return look.confidence if look else 0


def _named(header: str, column: Column, look: _Look | None) -> Proposal:
    name = column.name
    expected = {column for kind in KINDS if name in kind.columns for column in kind.columns}
    if look and expected and look.kind.is_distinct and name not in look.kind.columns:
        reason = _("The header says “%(column)s”, but %(looks)s") % {
            "column": column.header,
            "looks": look.reason,
        }
        return Proposal(header, name, _CONTRADICTED, reason, str(look.kind.label))
    reason = _("The header says so.")
    return Proposal(header, name, 100, reason, str(look.kind.label) if look else "")


def _guessed(
    header: str, look: _Look | None, taken: dict[str, str], table: ColumnTable, *, after: str
) -> Proposal:
    if look is None:
        return Proposal(header, "", 0, _("Neither the header nor the cells say what this is."))
    label = str(look.kind.label)
    possible = [name for name in look.kind.columns if name in table.by_name]
    if look.kind.not_below and look.kind.not_below.search(fold(header)):
        return Proposal(header, "", look.confidence, look.reason, label)
    free = next((name for name in possible if name not in taken), "")
    if not free:
        reason = look.reason
        if possible:
            other = taken[possible[0]]
            reason += " " + _("The column “%(header)s” holds that already.") % {"header": other}
        return Proposal(header, "", look.confidence, reason, label)
    confidence = look.confidence
    if free == "postal_code" and after in _TOWNS:
        confidence = max(confidence, _BESIDE)
    return Proposal(header, free, confidence, look.reason, label)
