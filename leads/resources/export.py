"""Leads as rows of a list, in the order of the table of columns.

Results of credit pre-checks are no column: an exported list leaves the house. Two queries for any
number of leads.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models.lead import Lead
from leads.resources.cells import MAX_CELL_TEXT
from leads.resources.columns import COLUMNS, Column

EXPORTED: tuple[Column, ...] = tuple(
    column for column in COLUMNS if column.path or column.name == "tags"
)
_PATHS = ["pk", *(column.path for column in EXPORTED if column.path)]
_CHUNK = 2000


def headers() -> list[str]:
    """In the language of whoever exports; an import knows them in every language."""
    return [column.header for column in EXPORTED]


def exported_rows(leads: QuerySet[Lead]) -> Iterator[list[Any]]:
    """One list of cells per lead: None, text, bool as yes or no, numbers, dates, naive times."""
    tags = _tags_of(leads)
    cell_of = {column.name: _writer(column) for column in EXPORTED}
    # Whatever a list needs to show its rows (related rows, annotations) is not needed here.
    rows = leads.select_related(None).prefetch_related(None).values_list(*_PATHS)
    for pk, *values in rows.iterator(chunk_size=_CHUNK):
        cells = iter(values)
        yield [
            tags.get(pk) if column.name == "tags" else cell_of[column.name](next(cells))
            for column in EXPORTED
        ]


def _tags_of(leads: QuerySet[Lead]) -> Mapping[int, str]:
    names: dict[int, list[str]] = defaultdict(list)
    tagged = Lead.tags.through._default_manager.filter(lead__in=leads.order_by().values("pk"))
    for pk, name in tagged.order_by("tag__name").values_list("lead_id", "tag__name"):
        names[pk].append(name)
    return {pk: ", ".join(tags) for pk, tags in names.items()}


def _writer(column: Column) -> Callable[[Any], Any]:
    if column.path == "custom_values":
        return further_values_text
    fields = {field.name: field for field in Lead._meta.concrete_fields}
    field = fields.get(column.path)
    if field is not None and field.choices:
        return partial(_label, {value: str(label) for value, label in field.flatchoices})
    return _cell


def _label(labels: Mapping[str, str], value: str) -> str | None:
    return labels.get(value, value) or None


def _cell(value: Any) -> Any:
    match value:
        case bool():
            return _("yes") if value else _("no")
        case str():
            return value if len(value) <= MAX_CELL_TEXT else f"{value[:MAX_CELL_TEXT]}…"
        case datetime():
            # Excel knows no zones; seconds get lost in it all too easily.
            return timezone.localtime(value).replace(tzinfo=None, second=0, microsecond=0)
    return value


def further_values_text(values: Mapping[str, Any]) -> str | None:
    """{"Farbe": "rot"} → "Farbe: rot"; one line each, what is no text as JSON."""
    lines = (
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in values.items()
    )
    return _cell("\n".join(" ".join(line.split()) for line in lines)) or None
