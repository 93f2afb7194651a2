"""What people decide about a list before it is imported: columns, values, single cells, what to do
with leads that are here already. Each decision is remembered for the next list of its kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leads.models.import_memory import ImportTemplate
from leads.models.list_import import ImportState, ListImport, ListRow, OnExisting
from leads.models.user import User
from leads.resources.cells import MAX_CELL_TEXT, cell_text
from leads.resources.column_tables import TABLES
from leads.resources.import_checking import begin_check, check_again
from leads.resources.import_mapping import FURTHER, LEFT_OUT, ListMapping
from leads.resources.import_proposing import with_template
from leads.resources.import_values import find_values, propose_values, remember_values

# Before the import begins everything can be changed.
OPEN_STATES = (ImportState.MAPPING, ImportState.CHECKING, ImportState.READY)


class NoLongerPossible(Exception):
    """The import has begun meanwhile, or is over. The text is a sentence for people."""


@transaction.atomic
def assign_columns(
    list_import: ListImport,
    columns: Sequence[str],
    fixed: Mapping[str, str],
    *,
    by: User | None,
    now: datetime,
) -> None:
    """`columns` per header, `fixed` as in ListMapping. Values are proposed anew. Raises
    ValidationError with a sentence, and NoLongerPossible."""
    locked = _lock(list_import)
    table = TABLES[locked.kind]
    # An export of ours has columns that are only compared.
    known = {*table.by_name, LEFT_OUT, *([FURTHER] if table.keeps_further else [])}
    if len(columns) != len(locked.headers) or not known.issuperset(columns):
        raise ValidationError(_("These columns do not belong to this list."))
    fixed = {name: text.strip() for name, text in fixed.items() if text.strip()}
    if not fixed.keys() <= set(table.fixable):
        raise ValidationError(_("This column cannot have a fixed value."))
    mapping = ListMapping(tuple(locked.headers), tuple(columns), fixed, table=table)
    if not mapping.names & table.telling:
        raise ValidationError(
            _(
                "Please assign one column at least that says who asks or what about, for example "
                "“Nachname”, “E-Mail”, “Telefon” or “Betreff”."
            )
        )
    locked.found_values = find_values(locked, mapping)
    locked.mapping = propose_values(locked, mapping).as_json()
    locked.state, locked.touched_at = ImportState.MAPPING, now
    locked.save()
    remember(locked, mapping, by=by, now=now)
    list_import.refresh_from_db()


@transaction.atomic
def assign_values(
    list_import: ListImport,
    values: Mapping[str, Mapping[str, str]],
    *,
    now: datetime,
) -> None:
    """`values` as in ListMapping: all that do not mean what they say. Raises NoLongerPossible."""
    locked = _lock(list_import)
    mapping = replace(ListMapping.of(locked), values=values)
    locked.mapping, locked.touched_at = mapping.as_json(), now
    locked.state = ImportState.MAPPING
    locked.save()
    remember_values(locked, values, now=now)
    list_import.refresh_from_db()


@transaction.atomic
def look_at_rows(list_import: ListImport, *, now: datetime) -> None:
    """Check all rows with what was decided about columns and values. Raises NoLongerPossible."""
    locked = _lock(list_import)
    begin_check(locked, now=now)
    list_import.refresh_from_db()


@transaction.atomic
def decide(
    list_import: ListImport,
    *,
    on_existing: OnExisting,
    takes_duplicates: bool,
    takes_conflicts: bool,
    now: datetime,
    accepts_vanishing: bool = False,
) -> None:
    """What is done with leads that are here already, with rows that say the same, with cells that
    both sides have changed, and with many cars that are missing; the rows are looked at anew.
    Raises NoLongerPossible."""
    locked = _lock(list_import)
    before = (locked.on_existing, locked.takes_conflicts)
    locked.on_existing = on_existing
    locked.takes_duplicates, locked.takes_conflicts = takes_duplicates, takes_conflicts
    locked.accepts_vanishing = accepts_vanishing
    locked.save()
    memory = ImportTemplate.objects.for_dealer(locked.dealer_id).remembered(
        locked.kind, locked.fingerprint
    )
    memory.update(on_existing=on_existing)
    if locked.state != ImportState.READY or before != (on_existing, takes_conflicts):
        begin_check(locked, now=now)
    list_import.refresh_from_db()


@transaction.atomic
def correct_cell(
    list_import: ListImport, number: int, position: int, text: str, *, now: datetime
) -> ListRow:
    """Put something else into a cell, and look at its row anew. `position`: of its header. Raises
    ValidationError, ListRow.DoesNotExist and NoLongerPossible."""
    locked = _lock(list_import)
    row = _row(locked, number)
    if not 0 <= position < len(locked.headers):
        raise ValidationError(_("This list has no such column."))
    if len(text) > MAX_CELL_TEXT:
        raise ValidationError(_("This is longer than %(n)s characters.") % {"n": MAX_CELL_TEXT})
    row.corrected = {**row.corrected, str(position): cell_text(text)}
    check_again(locked, row, now=now)
    return row


@transaction.atomic
def decide_row(
    list_import: ListImport, number: int, decision: OnExisting | None, *, now: datetime
) -> ListRow:
    """What is to be done with this row; None: as with all others. Raises as `correct_cell`."""
    locked = _lock(list_import)
    row = _row(locked, number)
    row.decision = decision or ""
    check_again(locked, row, now=now)
    return row


@transaction.atomic
def use_template(list_import: ListImport, template: ImportTemplate, *, now: datetime) -> None:
    """Take over what the template says; what it does not know stays. Raises NoLongerPossible."""
    locked = _lock(list_import)
    mapping = with_template(ListMapping.of(locked), template)
    locked.mapping, locked.on_existing = mapping.as_json(), template.on_existing
    locked.found_values = {}  # of the columns as they were
    locked.state, locked.touched_at = ImportState.MAPPING, now
    locked.save()
    list_import.refresh_from_db()


def save_template(
    list_import: ListImport, name: str, *, by: User | None, now: datetime
) -> ImportTemplate:
    """Under this name for all colleagues; one that is there already is replaced."""
    return _keep(list_import, ListMapping.of(list_import), name, by=by, now=now)


def remember(
    list_import: ListImport, mapping: ListMapping, *, by: User | None, now: datetime
) -> None:
    """For the next list with the same headers."""
    _keep(list_import, mapping, "", by=by, now=now)


def _keep(
    list_import: ListImport,
    mapping: ListMapping,
    name: str,
    *,
    by: User | None,
    now: datetime,
) -> ImportTemplate:
    template, _is_new = ImportTemplate.objects.update_or_create(
        dealer=list_import.dealer,
        kind=list_import.kind,
        name=name,
        fingerprint="" if name else list_import.fingerprint,
        defaults={
            "columns": mapping.by_key,
            "fixed": dict(mapping.fixed),
            "on_existing": list_import.on_existing,
            "changed_by": by,
            "changed_at": now,
        },
    )
    return template


def _lock(list_import: ListImport) -> ListImport:
    locked = list_import.locked()
    if locked.state not in OPEN_STATES:
        raise NoLongerPossible(_("The import has begun already; nothing can be changed any more."))
    return locked


def _row(list_import: ListImport, number: int) -> ListRow:
    return ListRow.objects.select_for_update().get(list_import=list_import, number=number)
