"""Into the bin and out of it. Nothing is lost: only the data-protection function deletes for good.

Both stay behind the wall of each lead's dealer and return how many leads they changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from leads.models.activity import Activity
from leads.models.change_batch import ChangeBatch
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.handling import lock_leads
from leads.services.storing import Happened, Writes, store

# Rows in one statement; a whole list may be selected.
_WRITTEN_TOGETHER = 500


@transaction.atomic
def delete_leads(
    leads: QuerySet[Lead],
    *,
    now: datetime,
    by: User | None = None,
    sender: str = "",
    check: Callable[[Lead], None] = lambda lead: None,
    change_batch: ChangeBatch | None = None,
) -> int:
    """Put the leads into the bin; those that lie there already stay as they are.

    `sender`: the outside system that deletes them. It alone gets them back by sending them again;
    what a colleague has deleted stays deleted until a colleague takes it out. `check` is asked
    about each lead once nobody else can change it, and raises what speaks against it.
    """
    rows = [lead for lead in _lock(leads) if lead.deleted_at is None]
    for lead in rows:
        check(lead)
        lead.deleted_at, lead.deleted_by = now, sender
    kinds = Activity.Kind.DELETED, EventKind.LEAD_DELETED
    return _store(rows, *kinds, now=now, by=by, sender=sender, change_batch=change_batch)


@transaction.atomic
def restore_leads(
    leads: QuerySet[Lead],
    *,
    now: datetime,
    by: User | None = None,
    sender: str = "",
    change_batch: ChangeBatch | None = None,
) -> int:
    """Take the leads out of the bin. Those that became part of another are no such leads."""
    rows = [lead for lead in _lock(leads) if lead.deleted_at and lead.merged_into_id is None]
    for lead in rows:
        lead.deleted_at, lead.deleted_by = None, ""
    kinds = Activity.Kind.RESTORED, EventKind.LEAD_RESTORED
    return _store(rows, *kinds, now=now, by=by, sender=sender, change_batch=change_batch)


def _lock(leads: QuerySet[Lead]) -> list[Lead]:
    return lock_leads(list(leads.order_by("pk").values_list("pk", flat=True)))


def _store(
    rows: list[Lead],
    kind: Activity.Kind,
    event: EventKind,
    *,
    now: datetime,
    by: User | None,
    sender: str,
    change_batch: ChangeBatch | None,
) -> int:
    for start in range(0, len(rows), _WRITTEN_TOGETHER):
        some = rows[start : start + _WRITTEN_TOGETHER]
        activities = [
            Activity(dealer_id=one.dealer_id, lead=one, kind=kind, at=now, user=by, sender=sender)
            for one in some
        ]
        happened = [Happened(event, one, sender, {}) for one in some]
        writes = Writes(activities=activities, happened=happened)
        for lead in some:
            writes.change(lead)
        store(writes, now=now, actor=by, change_batch=change_batch)
    return len(rows)
