"""Leads, customers and vehicles as rows of a list: the columns that were chosen, in their order.

Results of credit pre-checks are no column: an exported list leaves the house.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial
from itertools import islice
from typing import Any

from django.db.models import BooleanField, CharField, DateTimeField, QuerySet, TextField
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models.lead import Lead
from leads.models.list_kind import ListKind
from leads.resources.cells import MAX_CELL_TEXT, shortened
from leads.resources.column_table import Column
from leads.resources.export_kinds import EXPORT_KINDS, ExportKind, export_kind_of, with_version
from leads.services.lead_changes import told

EXPORTED = EXPORT_KINDS[ListKind.LEADS].columns
# Records in hand at a time, however long the list is.
CHUNK = 2000


def headers(columns: Sequence[Column] = EXPORTED) -> list[str]:
    """In the language of whoever exports; an import knows them in every language."""
    return [column.header for column in columns]


def exported_rows(
    records: QuerySet[Any], columns: Sequence[Column] = EXPORTED
) -> Iterator[list[Any]]:
    """One list of cells per record: None, text, bool as yes or no, numbers, dates, naive times.

    `records`: or rows of their history, which have the same columns and the tags that the leads
    have now. One query, and one for the tags of each CHUNK of leads.
    """
    # Whatever a list needs to show its rows (related rows, annotations) is not needed here.
    plain = with_version(records.select_related(None).prefetch_related(None))
    waiting = plain.values_list("id", *_paths(columns)).iterator(chunk_size=CHUNK)
    to_cells = _cells_of(columns, export_kind_of(records.model))
    while some := list(islice(waiting, CHUNK)):
        yield from to_cells(some)


def rows_in_order(
    records: QuerySet[Any], ids: Sequence[int], columns: Sequence[Column] = EXPORTED
) -> Iterator[list[Any]]:
    """The same for these in this order; those that are not among `records` (any more) are left
    out. Reads a CHUNK at a time, so neither memory nor a cursor is held for long."""
    to_cells = _cells_of(columns, export_kind_of(records.model))
    plain = with_version(records.order_by().select_related(None))
    found = plain.values_list("pk", *_paths(columns))
    for start in range(0, len(ids), CHUNK):
        wanted = ids[start : start + CHUNK]
        by_id = {row[0]: row for row in found.filter(pk__in=wanted)}
        yield from to_cells([by_id[pk] for pk in wanted if pk in by_id])


def _paths(columns: Sequence[Column]) -> list[str]:
    return [column.path for column in columns if column.path]


def _cells_of(
    columns: Sequence[Column], kind: ExportKind
) -> Callable[[Sequence[Sequence[Any]]], Iterator[list[Any]]]:
    """Turns rows (id of the record, values by _paths) into rows of cells."""
    tags_at = next((at for at, column in enumerate(columns) if not column.path), None)
    changed = [(at, change) for at, one in enumerate(columns) if (change := _change_of(one, kind))]

    def cells(rows: Sequence[Sequence[Any]]) -> Iterator[list[Any]]:
        tags = _tags_of([row[0] for row in rows]) if tags_at is not None else {}
        for pk, *values in rows:
            if tags_at is not None:
                values.insert(tags_at, tags.get(pk))
            for at, change in changed:
                if values[at] is not None:
                    values[at] = change(values[at])
            yield values

    return cells


def _tags_of(ids: Iterable[int]) -> Mapping[int, str]:
    names: dict[int, list[str]] = defaultdict(list)
    tagged = Lead.tags.through._default_manager.filter(lead__in=ids)
    for pk, name in tagged.order_by("tag__name").values_list("lead_id", "tag__name"):
        names[pk].append(name)
    return {pk: ", ".join(tags) for pk, tags in names.items()}


def _change_of(column: Column, kind: ExportKind) -> Callable[[Any], Any] | None:
    """What a value of this column is turned into for a cell; None: it stays as it is."""
    field = kind.field_of(column)
    match field:
        case None:
            return None
        case _ if field.name == "custom_values":
            return further_values_text
        case _ if field.choices:
            return partial(_label, {value: str(label) for value, label in field.flatchoices})
        case BooleanField():
            return {True: _("yes"), False: _("no")}.__getitem__
        case CharField() if field.max_length and field.max_length <= MAX_CELL_TEXT // 2:
            return None  # always fits, whatever signs it is made of
        case CharField() | TextField():
            return shortened
        case DateTimeField():
            return partial(_local, timezone.get_current_timezone())
    return None


def _label(labels: Mapping[str, str], value: str) -> str | None:
    return labels.get(value, value) or None


def _local(zone: tzinfo, moment: datetime) -> datetime:
    """Excel knows no zones; seconds get lost in it all too easily."""
    return moment.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)


def further_values_text(values: Mapping[str, Any]) -> str | None:
    """{"Farbe": "rot"} → "Farbe: rot"; one line each, what is no text as JSON."""
    lines = (f"{name}: {told(value)}" for name, value in values.items())
    text = "\n".join(" ".join(line.split()) for line in lines)
    # JSON may hold half a sign; no file format knows how to write it.
    return shortened(text.encode("utf-8", "replace").decode()) or None
