"""What a merge remembers, so that it can be taken back: the JSON in Merge.before."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from leads.models.customer import Customer
from leads.models.lead import Lead
from leads.services.merge_fields import is_empty

Row = TypeVar("Row", Customer, Lead)

# Counted anew, derived, or remembered entry by entry.
_NOT_REMEMBERED = frozenset(
    {"id", "dealer", "version", "updated_at", "search_text", "score", "deleted_at", "deleted_by"}
    | {"merged_into", "consents", "custom_values", "staff_values"}
    | {"enquiry_count", "enquired_at", "received_at", "last_enquired_at"}
)


@dataclass
class Memory:
    """What one merge did to the row it kept.

    `values`: column → [before, after]. `moved`: relation → ids of the rows that followed.
    `entries`: JSON column → key → [after] if it was not there, otherwise [before, after].
    `tags` and `consents`: what was added. `decided`: suggestions that the merge answered.
    """

    values: dict[str, list[Any]] = field(default_factory=dict)
    moved: dict[str, list[int]] = field(default_factory=dict)
    entries: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    tags: list[int] = field(default_factory=list)
    consents: list[Any] = field(default_factory=list)
    decided: list[int] = field(default_factory=list)

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Memory:
        return cls(**json.loads(text))

    def rebase(self, earlier: Memory, differing: Iterable[str]) -> list[str]:
        """An earlier merge into the same row is taken back; some of its columns have changed
        since. Where we did that, what was there before us is now what was there before both.
        The columns that somebody else changed."""
        left = []
        for column in differing:
            before, after = earlier.values[column]
            if column in self.values and self.values[column][0] == after:
                self.values[column][0] = before
            else:
                left.append(column)
        return left

    def let_go(self, lower: Memory) -> Memory:
        """The row that we merged gives back what an earlier merge, `lower`, brought it. We no
        longer bring that either: forget it, and tell what has to be taken from our kept row."""
        for name, ids in lower.moved.items():
            gone = set(ids)
            self.moved[name] = [pk for pk in self.moved.get(name, []) if pk not in gone]
        return Memory(
            values=self._let_go_values(lower),
            entries=self._let_go_entries(lower),
            tags=_remove_common(self.tags, lower.tags),
            consents=_remove_common(self.consents, lower.consents),
        )

    def _let_go_values(self, lower: Memory) -> dict[str, list[Any]]:
        taken: dict[str, list[Any]] = {}
        for column, (before, after) in lower.values.items():
            if column not in self.values or self.values[column][1] != after:
                continue
            ours = self.values[column][0]
            # As if the merged row had never had it.
            instead = ours if is_empty(before) else before
            taken[column] = [instead, after]
            self.values[column][1] = instead
        return taken

    def _let_go_entries(self, lower: Memory) -> dict[str, dict[str, list[Any]]]:
        taken: dict[str, dict[str, list[Any]]] = {}
        for column, entries in lower.entries.items():
            ours = self.entries.get(column, {})
            for key, change in entries.items():
                if key in ours and ours[key][-1] == change[-1]:
                    taken.setdefault(column, {})[key] = ours.pop(key)
        return taken


def _remove_common(ours: list[Any], lower: list[Any]) -> list[Any]:
    common = [one for one in lower if one in ours]
    for one in common:
        ours.remove(one)
    return common


def snapshot(row: Row) -> dict[str, Any]:
    """Column → value as JSON knows it, of the columns that a merge remembers one by one."""
    return {
        one.name: _as_json(getattr(row, one.attname))
        for one in row._meta.concrete_fields
        if one.name not in _NOT_REMEMBERED and not one.name.endswith("_key")
    }


def differences(before: Mapping[str, Any], row: Row) -> dict[str, list[Any]]:
    """Column → [before, after] of what has changed since the snapshot."""
    after = snapshot(row)
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def give_back(row: Row, memory: Memory) -> list[str]:
    """Set the columns back that still are what the merge set. Those that are not any more."""
    now = snapshot(row)
    differing = []
    for column, (before, after) in memory.values.items():
        if now[column] == after:
            _set(row, column, before)
        else:
            differing.append(column)
    for column, entries in memory.entries.items():
        setattr(row, column, _without(getattr(row, column), entries))
    if memory.consents and isinstance(row, Lead):
        row.consents = [one for one in row.consents if one not in memory.consents]
    return differing


def _without(current: Mapping[str, Any], entries: Mapping[str, list[Any]]) -> dict[str, Any]:
    """The dict as it was before the entries came, where they still are as they came."""
    kept = dict(current)
    for key, change in entries.items():
        if kept.get(key) != change[-1]:
            continue
        if len(change) > 1:
            kept[key] = change[0]
        else:
            del kept[key]
    return kept


def merge_entries(
    kept: Mapping[str, Any], merged: Mapping[str, Any], *, wins: bool = False
) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Both dicts in one, and what was changed in the first; `wins`: the second one's values do."""
    result, changes = dict(kept), {}
    for key, value in merged.items():
        if key not in kept:
            changes[key] = [value]
        elif wins and kept[key] != value:
            changes[key] = [kept[key], value]
        else:
            continue
        result[key] = value
    return result, changes


def _as_json(value: Any) -> Any:
    if isinstance(value, date):  # and datetime, whose form keeps microseconds and zone
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _set(row: Row, name: str, value: Any) -> None:
    column = next(one for one in row._meta.concrete_fields if one.name == name)
    setattr(row, column.attname, column.to_python(value))
