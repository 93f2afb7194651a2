"""A column of a lead that became different, and how people read that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from leads.models.lead import Lead

# Previews are also shown to people who may not see results of credit pre-checks; the id of some
# lead types tells them as well.
_SENSITIVE_COLUMNS = ("precheck", "lead_type_raw")
_HIDDEN = "•••"


@dataclass(frozen=True, slots=True)
class Change:
    """One column of a lead that became different. Texts for people are made when somebody asks:
    nobody does for a new lead, where every column is a change."""

    field: str
    was: Any
    is_now: Any
    title: str = ""  # of what is not a column; both values are texts then

    @property
    def label(self) -> str:
        return self.title or str(Lead._meta.get_field(self.field).verbose_name)  # type: ignore[union-attr]

    @property
    def before(self) -> str:
        return self.was if self.title else _shown(self.field, _apart(self.was, self.is_now))

    @property
    def after(self) -> str:
        return self.is_now if self.title else _shown(self.field, _apart(self.is_now, self.was))


def set_column(lead: Lead, name: str, value: Any) -> list[Change]:
    """Set one column of the lead; no change if it has this value already."""
    before = getattr(lead, name)
    if before == value:
        return []
    setattr(lead, name, value)
    return [Change(name, before, value)]


def _apart(value: Any, other: Any) -> Any:
    """Of further values those that differ; anything else as it is."""
    if not (isinstance(value, dict) and isinstance(other, dict)):
        return value
    return {key: one for key, one in value.items() if other.get(key) != one}


def _shown(name: str, value: Any) -> str:
    """A column's value as people read it."""
    if value in ("", None, {}):
        return ""
    if name in _SENSITIVE_COLUMNS:
        return _HIDDEN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str):
        labels = dict(Lead._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
        return str(labels.get(value, value))
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    if name == "custom_values":
        return ", ".join(f"{key}: {told(one)}" for key, one in value.items())
    return str(formats.localize(value))


def told(value: Any) -> str:
    """A further value as people read it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
