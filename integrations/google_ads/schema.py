"""What Google sends for one lead form (lead form webhook), in Google's own words.

A tolerant reader: unknown properties and columns stay, values are kept as they came and judged
by mapping.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Self

# Any JSON value: nobody has promised us types.
Json = Any

KEY = "google_key"
# Ours, beside Google's own properties: what the connection says about its leads.
DEFAULTS = "leadoffice"

# `"google_key": "…"` in a body that is no JSON; it ends with its quotation mark or the line.
_KEY_IN_TEXT = re.compile(r'("google_key"\s*:\s*)"(?:[^"\\\n]|\\.)*"?')


@dataclass(frozen=True, slots=True)
class Column:
    """One answer of the form. `id` is Google's in upper case, or made from an own question."""

    id: str
    value: Json
    name: str = ""

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        name = data.get("column_name")
        return cls(
            id=str(data.get("column_id") or name or ""),
            value=data.get("string_value"),
            name=name if isinstance(name, str) else "",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FormLead:
    """One lead. Ids arrive as number or text."""

    lead_id: Json = None
    user_column_data: Json = None
    is_test: Json = None
    form_id: Json = None
    campaign_id: Json = None
    adgroup_id: Json = None
    creative_id: Json = None
    asset_group_id: Json = None  # Performance Max only
    gcl_id: Json = None
    lead_submit_time: Json = None
    lead_stage: Json = None

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        return cls(**{one.name: data.get(one.name) for one in fields(cls)})

    def columns(self) -> Iterator[Column]:
        given = self.user_column_data if isinstance(self.user_column_data, list) else []
        return (Column.from_payload(one) for one in given if isinstance(one, dict))


def key_in(data: dict[str, Json]) -> str:
    """The key that proves who is calling, "" if there is none."""
    key = data.get(KEY)
    return key if isinstance(key, str) else ""


def without_key(data: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in data.items() if name != KEY}


def text_without_key(text: str) -> str:
    """The same for a body that nobody could read."""
    return _KEY_IN_TEXT.sub(r'\1"…"', text)


def canonical(data: dict[str, Json]) -> str:
    """The same text for the same content, in whatever order the properties come."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
