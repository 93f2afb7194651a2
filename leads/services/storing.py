"""What a batch of drafts writes: each kind of row in one statement, and none twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leads.models.activity import Activity
from leads.models.catalog import Tag
from leads.models.lead import Lead
from leads.models.user import User


@dataclass
class Writes:
    """Rows to be written, collected while the drafts are looked at one by one."""

    new: list[Lead] = field(default_factory=list)
    changed: list[Lead] = field(default_factory=list)
    tags: list[tuple[Lead, Tag]] = field(default_factory=list)
    activities: list[Activity] = field(default_factory=list)


def present_tags(leads: Iterable[Lead]) -> set[tuple[int | None, int]]:
    """(lead, tag) of the tags that these leads have."""
    rows = Lead.tags.through.objects.filter(lead__in=[lead.pk for lead in leads])
    return set(rows.values_list("lead_id", "tag_id"))


def present_notes(leads: Iterable[Lead]) -> set[tuple[int | None, str]]:
    """(lead, text) of the notes in the timelines of these leads."""
    rows = Activity.objects.filter(lead__in=[lead.pk for lead in leads])
    return set(rows.filter(kind=Activity.Kind.NOTE).values_list("lead_id", "text"))


def store(writes: Writes, *, now: datetime, actor: User | None) -> None:
    """Write leads with their history, tags and timeline. Changed leads must be locked."""
    if writes.new:
        Lead.objects.bulk_create(writes.new)
        Lead.history.bulk_history_create(writes.new, default_user=actor, default_date=now)
    if writes.changed:
        _update(writes.changed)
        Lead.history.bulk_history_create(
            writes.changed, update=True, default_user=actor, default_date=now
        )
    if writes.tags:
        _add_tags(writes.tags)
    if writes.activities:
        Activity.objects.bulk_create(writes.activities)


def _update(leads: Sequence[Lead]) -> None:
    """One upsert: Django's bulk_update writes a CASE per row and column and is far slower."""
    columns = [field.name for field in Lead._meta.concrete_fields if not field.primary_key]
    Lead.objects.bulk_create(
        leads, update_conflicts=True, unique_fields=["pk"], update_fields=columns
    )


def _add_tags(tags: Sequence[tuple[Lead, Tag]]) -> None:
    through = Lead.tags.through
    rows = sorted({(lead.pk, tag.pk) for lead, tag in tags})
    through.objects.bulk_create(
        [through(lead_id=lead, tag_id=tag) for lead, tag in rows],
        # Staff may give a lead the same tag at this moment.
        ignore_conflicts=True,
    )
