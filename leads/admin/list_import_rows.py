"""Rows of a list as its pages show them, and one page of them after another.

A page begins at the number of a row, so that the last of 100,000 rows is found as fast as the
first, and a page stays what it was although rows leave the filter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leads.admin.display import badge
from leads.admin.list_import_texts import TEXTS
from leads.admin.wall import visible_rows
from leads.models import ListImport, ListRow, OnExisting, Plan, RowOutcome, User
from leads.resources.cells import cell_from_json, cell_text
from leads.resources.import_mapping import ListMapping
from leads.resources.list_kinds import kind_of

PER_PAGE = 50
DUPLICATE = "duplicate"
CONFLICT = "conflict"
# In the order of the chips.
TONES_OF_PLAN = {
    Plan.NEW: "green",
    Plan.CHANGED: "blue",
    Plan.UNCHANGED: "grey",
    DUPLICATE: "amber",
    Plan.TOTAL: "grey",
    Plan.BAD: "red",
}
TONES_OF_OUTCOME = {
    RowOutcome.CREATED: "green",
    RowOutcome.UPDATED: "blue",
    RowOutcome.UNCHANGED: "grey",
    RowOutcome.SKIPPED: "amber",
    RowOutcome.BAD: "red",
}
# More digits are no row of a sheet.
_ROW_NUMBER = re.compile("[0-9]{1,7}")
_NAMING = (
    *("first_name", "last_name", "name", "company", "email", "subject"),
    *("make", "model", "internal_number", "vin", "vehicle_name", "mobile", "phone"),
)
_NAMES_SHOWN = 2
# A select of a row: as with all others.
AS_ALL = ""


@dataclass(frozen=True)
class RowsPage:
    """`before`, `after`: with which row the pages beside this one begin; None: there is none."""

    rows: Sequence[ListRow]
    before: int | None
    after: int | None

    @property
    def first(self) -> int:
        return self.rows[0].number if self.rows else 0

    @property
    def last(self) -> int:
        return self.rows[-1].number if self.rows else 0


def number_in(asked: QueryDict, name: str) -> int:
    """The number of a row in the address; 0 if there is none."""
    text = asked.get(name, "")
    return int(text) if _ROW_NUMBER.fullmatch(text) else 0


def page_of(rows: QuerySet[ListRow], start: int) -> RowsPage:
    """From the row with this number on; `rows` already filtered."""
    found = list(rows.filter(number__gte=start).order_by("number")[: PER_PAGE + 1])
    if not found and start:
        # The last row of a page has left the filter, or somebody asked for too much.
        return page_of(rows, _start_before(rows, start) or 0)
    after = found[PER_PAGE].number if len(found) > PER_PAGE else None
    return RowsPage(found[:PER_PAGE], _start_before(rows, start), after)


def _start_before(rows: QuerySet[ListRow], start: int) -> int | None:
    """With which row the page before begins."""
    if not start:
        return None
    above = rows.filter(number__lt=start).order_by("-number")
    numbers = list(above.values_list("number", flat=True)[:PER_PAGE])
    return numbers[-1] if numbers else None


def with_plan(list_import: ListImport, kind: str) -> QuerySet[ListRow]:
    """The rows behind a chip of the preview; as import_checking.counted counts them."""
    rows = ListRow.objects.filter(list_import=list_import)
    if kind == DUPLICATE:
        return rows.exclude(duplicate_of=None).exclude(plan=Plan.BAD)
    if kind == CONFLICT:
        return rows.filter(has_conflict=True)
    if kind == Plan.BAD:
        return rows.filter(plan=Plan.BAD)
    if kind in Plan.values:
        return rows.filter(plan=kind, duplicate_of=None)
    return rows


def with_outcome(list_import: ListImport, kind: str) -> QuerySet[ListRow]:
    rows = ListRow.objects.filter(list_import=list_import)
    return rows.filter(outcome=kind) if kind in RowOutcome.values else rows


def reference_urls(
    user: User, list_import: ListImport, rows: Iterable[ListRow]
) -> Mapping[str, str]:
    """By reference, the pages of what rows name or became, if this user may open them."""
    kind = kind_of(list_import)
    named = {row.reference for row in rows} - {""}
    found = visible_rows(kind.model, user).filter(dealer=list_import.dealer_id)
    found = found.filter(**{f"{kind.named_by}__in": named})
    page = f"admin:leads_{kind.model._meta.model_name}_change"
    return {
        str(reference): reverse(page, args=[pk])
        for reference, pk in found.order_by().values_list(kind.named_by, "pk")
    }


def shown_reference(list_import: ListImport, row: ListRow) -> str:
    """ "L-2026-000017", "Kunde 17" """
    return TEXTS[list_import.kind].reference % {"number": row.reference} if row.reference else ""


@dataclass(frozen=True)
class Cell:
    """A cell that can be corrected; `was`: what stood there, if somebody has. `is_bad`: it is why
    the row cannot be imported."""

    position: int
    header: str
    text: str
    was: str | None
    is_bad: bool = False

    @property
    def is_long(self) -> bool:
        return "\n" in self.text or len(self.text) > 80


def cells_of(mapping: ListMapping, row: ListRow, positions: Iterable[int]) -> list[Cell]:
    cells = []
    named = [_positions(mapping, problem[0]) for problem in row.notes.get("problems", ())]
    bad = {position for positions in named for position in positions}
    for at in positions:
        stood = cell_text(cell_from_json(row.cells[at])) if at < len(row.cells) else ""
        corrected = row.corrected.get(str(at))
        is_other = corrected is not None and corrected != stood
        cells.append(
            Cell(
                at,
                mapping.headers[at],
                stood if corrected is None else corrected,
                stood if is_other else None,
                at in bad,
            )
        )
    return cells


def _positions(mapping: ListMapping, header: str) -> list[int]:
    """The cells that a problem speaks of; a header may be made of several of the list's."""
    if header in mapping.headers:
        return [mapping.headers.index(header)]
    for name in mapping.names:
        if header == " + ".join(mapping.headers_of(name)):
            return mapping.positions_of(name)
    return []


def shown_row(
    list_import: ListImport,
    mapping: ListMapping,
    row: ListRow,
    urls: Mapping[str, str],
    *,
    may_go_on: bool,
    is_open: bool = False,
) -> dict[str, Any]:
    """What the preview shows of a row."""
    is_duplicate = row.duplicate_of is not None and row.plan != Plan.BAD
    notes, problems = row.notes, []
    for header, value, reason in notes.get("problems", ()):
        positions = _positions(mapping, header) if may_go_on and not is_open else []
        problems.append(
            {
                "header": header,
                "value": value,
                "reason": reason,
                "cells": cells_of(mapping, row, positions),
            }
        )
    return {
        "number": row.number,
        "url": reverse("admin:leads_listimport_row", args=[list_import.pk, row.number]),
        "title": title_of(mapping, row),
        "reference": shown_reference(list_import, row),
        "reference_url": urls.get(row.reference, ""),
        "badge": _plan_badge(row, is_duplicate=is_duplicate),
        "problems": problems,
        "changes": [(capfirst(one[0]), *one[1:]) for one in notes.get("changes", ())]
        if row.plan == Plan.CHANGED
        else [],
        "conflicts": notes.get("conflicts", ()),
        "remarks": _remarks(row, notes, is_duplicate=is_duplicate),
        "is_open": is_open,
        "cells": cells_of(mapping, row, range(len(mapping.headers))) if is_open else [],
        "decisions": _decisions(list_import, row, is_duplicate=is_duplicate) if may_go_on else [],
        "is_corrected": bool(row.corrected),
    }


def title_of(mapping: ListMapping, row: ListRow) -> str:
    """Whom the row is about; if nobody understands it, the first cells that name somebody, or the
    first ones at all."""
    if title := row.notes.get("title"):
        return str(title)
    naming = [at for name in _NAMING for at in mapping.positions_of(name)]
    for positions in (naming, range(len(mapping.headers))):
        texts = filter(None, (cell.text for cell in cells_of(mapping, row, positions)))
        if title := " ".join(list(texts)[:_NAMES_SHOWN]):
            return title
    return ""


def _plan_badge(row: ListRow, *, is_duplicate: bool) -> Any:
    if is_duplicate and row.decision != OnExisting.NEW:
        return badge(_("Duplicate"), TONES_OF_PLAN[DUPLICATE])
    plan = Plan(row.plan)
    return badge(capfirst(str(plan.label)), TONES_OF_PLAN[plan])


def _remarks(row: ListRow, notes: Mapping[str, Any], *, is_duplicate: bool) -> list[str]:
    remarks = list(notes.get("remarks", ()))
    if is_duplicate:
        remarks.insert(0, _("Says the same as row %(row)s.") % {"row": row.duplicate_of})
    return remarks


def _decisions(
    list_import: ListImport, row: ListRow, *, is_duplicate: bool
) -> list[tuple[str, str, bool]]:
    """Value, label, whether it is chosen; none for rows about which nothing is to be decided."""
    choices: list[tuple[str, str]] = []
    if row.plan != Plan.BAD and row.reference:
        choices = [(value, capfirst(str(label))) for value, label in OnExisting.choices]
    elif is_duplicate or row.notes.get("totals"):
        choices = [(OnExisting.NEW.value, _("Import it all the same"))]
    if not choices:
        return []
    as_all = _("Leave it out") if row.notes.get("totals") else _("As with all others")
    choices.insert(0, (AS_ALL, as_all))
    return [(value, label, value == row.decision) for value, label in choices]
