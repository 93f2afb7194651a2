"""Lists whose rows become customers or vehicles: looked at and taken like those of leads.

What is the same for both stands here; what is not, each kind says in a RecordList.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol

from django.utils.formats import localize
from django.utils.translation import gettext as _

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.list_import import ListImport, ListRow, OnExisting, Plan, RowOutcome
from leads.models.user import User
from leads.models.warning import warning_text
from leads.resources.cell_reading import read_cells
from leads.resources.import_duplicates import hashed
from leads.resources.import_mapping import ListMapping
from leads.resources.known import load_office
from leads.resources.list_remarks import (
    remark_on_leaving,
    remark_on_list,
    remark_on_versions,
    without_contents,
)
from leads.resources.readers import Reading
from leads.resources.record_comparing import Compared, Comparison
from leads.resources.rows import Problem, Row, UnusableRow
from leads.resources.total_rows import is_left_out, remark_on_totals
from leads.services.drafts import DraftWarning
from leads.services.listed_rows import Listed, R, Taken

_PLANS = {
    RowOutcome.CREATED: Plan.NEW,
    RowOutcome.UPDATED: Plan.CHANGED,
    RowOutcome.BAD: Plan.BAD,
}


class Said(NamedTuple):
    """What a row says. `names`: what is the same in rows that mean the same one, strongest first;
    two at most count."""

    values: Mapping[str, Any]  # by column of the model
    title: str
    names: Sequence[tuple[str, ...]]
    pk: int | None = None
    warnings: Sequence[DraftWarning] = ()


class Foresee(Protocol[R]):
    def __call__(self, dealer: Dealer, rows: Sequence[Listed]) -> list[Taken[R]]: ...


class Take(Protocol[R]):
    def __call__(
        self,
        dealer: Dealer,
        rows: Sequence[Listed],
        *,
        now: datetime,
        by: User | None,
        change_batch: ChangeBatch | None,
    ) -> list[Taken[R]]: ...


@dataclass(frozen=True)
class RecordList(Generic[R]):
    """`understand` makes what the cells of a row say into columns of the model; it is made once
    for rows that are looked at together, gets what is here already of a record that the row names
    by its number (cells by the names of columns), and raises UnusableRow. `columns`: of the list,
    by columns of the model that have another name there."""

    model: type[R]
    understand: Callable[[ListImport], Callable[[Row, Reading, Mapping[str, Any]], Said]]
    foresee: Foresee[R]
    take: Take[R]
    shown: Callable[[Dealer], Callable[[str, Any], str]]
    columns: Mapping[str, str]

    def check(self, list_import: ListImport, rows: Sequence[ListRow], *, now: datetime) -> None:
        """Note on the rows what would become of them; not stored."""
        read = self._read(list_import, rows)
        taken = self.foresee(list_import.dealer, read.listed)
        shown = self.shown(list_import.dealer)
        for row in rows:
            row.identity = row.likeness = row.reference = ""
            if row.number in read.problems:
                row.plan = Plan.BAD
                row.notes = {"problems": [list(one) for one in read.problems[row.number]]}
        for row, one in zip(read.usable, taken, strict=True):
            self._note_plan(row, read, one, shown)
        if read.lacks_versions:
            remark_on_list(list_import, remark_on_versions())

    def import_rows(
        self, list_import: ListImport, rows: Sequence[ListRow], *, now: datetime
    ) -> None:
        """Make of the rows what they say, and note what became of them; they are not stored."""
        left = _repeated(list_import, rows)
        left |= {row.number: remark_on_totals() for row in rows if is_left_out(row)}
        for row in rows:
            if row.number in left:
                row.outcome, row.reason = RowOutcome.SKIPPED, left[row.number]
        read = self._read(list_import, [row for row in rows if row.number not in left])
        taken = self.take(
            list_import.dealer,
            read.listed,
            now=now,
            by=list_import.user,
            change_batch=list_import.change_batch,
        )
        for row in rows:
            if row.number in read.problems:
                row.outcome = RowOutcome.BAD
                row.reason = str(UnusableRow(read.rows[row.number], read.problems[row.number]))
        for row, one in zip(read.usable, taken, strict=True):
            self._note_outcome(row, read.rows[row.number], one)
            compared: Compared = read.compared[row.number]
            remarks: list[str] = compared.outcome_remarks(
                takes_conflicts=list_import.takes_conflicts
            )
            row.reason = " ".join([str(row.reason), *remarks])

    def _read(self, list_import: ListImport, rows: Iterable[ListRow]) -> _Read:
        mapping, dealer = ListMapping.of(list_import), list_import.dealer
        office, understand = load_office(dealer), self.understand(list_import)
        read = _Read()
        rows = list(rows)
        read.rows = {row.number: mapping.row_of(row) for row in rows}
        compare = Comparison(list_import, read.rows, office)
        for row in rows:
            listed, decision = read.rows[row.number], row.decision_in(list_import)
            try:
                compared = compare(listed, decision)
                reading = read_cells(listed, compared.cells, office)
                said = understand(listed, reading, compared.base)
            except UnusableRow as error:
                read.problems[row.number] = error.problems
                continue
            read.said[row.number], read.compared[row.number] = said, compared
            read.usable.append(row)
            values = {**compared.emptied, **said.values}
            read.listed.append(Listed(values, said.pk, decision, is_exact=compared.is_exact))
        read.lacks_versions = compare.lacks_versions
        return read

    def _note_plan(
        self,
        row: ListRow,
        read: _Read,
        one: Taken[R],
        shown: Callable[[str, Any], str],
    ) -> None:
        said: Said = read.said[row.number]
        compared: Compared = read.compared[row.number]
        row.plan = _PLANS.get(one.outcome, Plan.UNCHANGED)
        row.notes = {"title": said.title}
        if one.outcome == RowOutcome.BAD:
            row.notes["problems"] = [list(self._problem(read.rows[row.number], one))]
            return
        here = one.twin if one.is_new else one.record
        row.reference = str(here.pk) if here is not None and here.pk else ""
        known_by: Sequence[tuple[str, ...]] = said.names[:2]
        if row.reference:
            known_by = [("here", row.reference)]
        row.identity, row.likeness = [*(hashed(*parts) for parts in known_by), "", ""][:2]
        remarks: list[str] = [warning_text(warning.as_json()) for warning in said.warnings]
        if row.reference and not compared.is_exact:  # each row of an export names its record
            remarks.append(one.reason)
        if one.outcome == RowOutcome.SKIPPED:
            remarks.append(remark_on_leaving())
        row.notes["remarks"] = [*remarks, *compared.remarks]
        if odd := without_contents(said.warnings, compared.remarks):
            row.notes["odd"] = odd
        if compared.conflicts:
            row.notes["conflicts"] = [list(conflict) for conflict in compared.conflicts]
        if one.is_changed:
            row.notes["changes"] = [
                [self._label(column), shown(column, before), shown(column, after)]
                for column, (before, after) in one.changes.items()
            ]

    def _label(self, column: str) -> str:
        field: Any = self.model._meta.get_field(column)
        return str(field.verbose_name)

    def _note_outcome(self, row: ListRow, listed: Row, one: Taken[R]) -> None:
        row.outcome, row.reason = one.outcome, one.reason
        if one.outcome == RowOutcome.BAD:
            row.reason = str(UnusableRow(listed, [self._problem(listed, one)]))
        elif one.outcome == RowOutcome.SKIPPED:
            row.reason = remark_on_leaving()
        if one.record is not None:
            row.reference = str(one.record.pk)

    def _problem(self, listed: Row, one: Taken[R]) -> Problem:
        name = self.columns.get(one.column, one.column)
        texts = listed.texts_of(name)
        return Problem(listed.header_of(name) if texts else "", "".join(texts[:1]), one.reason)


class _Read:
    """Rows that were read together, by number; `usable` and what is `listed` in one order."""

    def __init__(self) -> None:
        self.rows: dict[int, Row] = {}
        self.said: dict[int, Said] = {}
        self.compared: dict[int, Compared] = {}
        self.lacks_versions = False
        self.problems: dict[int, Sequence[Problem]] = {}
        self.usable: list[ListRow] = []
        self.listed: list[Listed] = []


def _repeated(list_import: ListImport, rows: Iterable[ListRow]) -> dict[int, str]:
    """Rows that say what a row above them says, and are not wanted all the same."""
    if list_import.takes_duplicates:
        return {}
    return {
        row.number: _("Says the same as row %(row)s.") % {"row": row.duplicate_of}
        for row in rows
        if row.duplicate_of is not None and row.decision != OnExisting.NEW
    }


def shown_value(model: type[Any], name: str, value: Any) -> str:
    """A column's value as people read it."""
    if value in ("", None):
        return ""
    labels = dict(model._meta.get_field(name).flatchoices)
    return str(labels[value]) if value in labels else str(localize(value))
