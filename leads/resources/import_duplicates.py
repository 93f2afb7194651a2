"""Rows of a list that mean the same, found over the whole list by what they are identified by."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from django.db.models import Q

from leads.models.list_import import ListImport, ListRow
from leads.services.column_updates import update_columns

# Rows whose duplicates are noted together.
_PORTION = 500


def hashed(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def find_duplicates(list_import: ListImport, *, among: Collection[str] = ()) -> None:
    """Note which rows mean the same as one above them. `among`: only rows that have to do with one
    of these identities or likenesses; empty: all."""
    rows = _related(list_import, set(among) - {""})
    seen: dict[str, int] = {}
    twins: dict[int, int] = {}
    for number, identity, likeness, _twin in rows:
        mine = {identity, likeness} - {""}
        if (first := min((seen[one] for one in mine if one in seen), default=None)) is not None:
            twins[number] = first
        for one in mine:
            seen.setdefault(one, number)
    changed = [row[0] for row in rows if row[3] != twins.get(row[0])]
    for start in range(0, len(changed), _PORTION):
        found = list_import.rows.filter(number__in=changed[start : start + _PORTION])
        part = list(found.only("number", "duplicate_of"))
        for row in part:
            row.duplicate_of = twins.get(row.number)
        update_columns(ListRow, part, ["duplicate_of"])


_Named = tuple[int, str, str, int | None]  # row, identity, likeness, same as row


def _related(list_import: ListImport, names: set[str]) -> list[_Named]:
    """In the order of the list. With names also rows that share a name with one that has them."""
    rows = list_import.rows.order_by("number")
    columns = ("number", "identity", "likeness", "duplicate_of")
    if not names:
        return list(rows.values_list(*columns))
    found: list[_Named] = []
    wider = names
    while True:
        is_named = Q(identity__in=wider) | Q(likeness__in=wider)
        found = list(rows.filter(is_named).values_list(*columns))
        known, wider = wider, wider | {name for row in found for name in row[1:3] if name}
        if wider == known:
            return found
