"""Whether what a former value refers to is still there: entries are merged, cars deleted. And what
refers to rows that came with a bulk change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import ForeignKey, Model

from leads.models.lead import Lead
from leads.services.undo_trace import CELLS, Trace

Reference = tuple[type[Model], int]


def referred(field: Any) -> type[Model] | None:
    """What a column refers to, if it does."""
    return field.remote_field.model if isinstance(field, ForeignKey) else None


_OF_CELL: Mapping[str, Sequence[type[Model] | None]] = {
    cell: [referred(Lead._meta.get_field(name)) for name in names] for cell, names in CELLS.items()
}


def former_references(trace: Trace, cell: str) -> list[Reference]:
    """What a cell would refer to if it became what it was."""
    values = trace.former[cell].of(cell)
    pairs = zip(_OF_CELL[cell], values, strict=True)
    return [(model, value) for model, value in pairs if model is not None and value is not None]


def missing(references: Collection[Reference]) -> set[Reference]:
    """Those that are gone; a query for each table that is referred to."""
    wanted: dict[type[Model], set[int]] = defaultdict(set)
    for model, pk in references:
        wanted[model].add(pk)
    found = {
        (model, pk)
        for model, pks in wanted.items()
        for pk in model._default_manager.filter(pk__in=pks).values_list("pk", flat=True)
    }
    return set(references) - found


def referring(model: type[Model], pks: Collection[int], *, also_hidden: bool = False) -> set[int]:
    """Those of these rows that others refer to, in this app or another; `also_hidden`: by keys that
    have no way back, too, as those of histories. A query for each key."""
    found: set[int] = set()
    relations: Sequence[Any] = model._meta.get_fields(include_hidden=also_hidden)
    for relation in relations:
        if not pks or not (relation.auto_created and relation.one_to_many):
            continue
        column = relation.field.attname
        rows = relation.related_model._base_manager.filter(**{f"{column}__in": pks})
        found |= set(rows.order_by().values_list(column, flat=True).distinct())
    return found
