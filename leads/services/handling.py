"""What staff do with leads: assign, change the status, close, note, answer.

Every function writes history, timeline and events, and remembers which columns staff have set.
Those that take many leads stay behind the wall of each lead's dealer, return how many they
changed, and need the same number of queries for any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import CloseReason, Status
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Membership
from leads.models.event import Event, EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.column_updates import update_columns
from leads.services.events import lead_event, record
from leads.services.history import remember
from leads.services.inserting import append
from leads.services.retrying import retried
from leads.services.scoring import score_of


class LeadGone(Exception):
    """It was deleted or became part of another since it was looked up."""


@retried
@transaction.atomic
def assign_leads(
    leads: QuerySet[Lead],
    owner: User | None,
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> int:
    """Give the leads to `owner` (None: to nobody). Leads of dealers that the owner does not
    work for stay as they are, as do those that are the owner's already."""
    rows = _lock(leads.exclude(owner=owner))
    if owner is not None:
        here = _dealers_of(owner, rows)
        rows = [lead for lead in rows if lead.dealer_id in here]
    for lead in rows:
        lead.owner = owner
    _store(rows, ["owner"], by=by, now=now, change_batch=change_batch)
    _write(rows, Activity.Kind.ASSIGNED, _assigned(owner), by=by, now=now)
    record(lead_event(EventKind.LEAD_ASSIGNED, lead, by=by, now=now) for lead in rows)
    return len(rows)


def _assigned(owner: User | None) -> str:
    return _("Assigned to %(name)s.") % {"name": str(owner) if owner else _("nobody")}


def _dealers_of(user: User, leads: Iterable[Lead]) -> set[int]:
    memberships = Membership.objects.filter(
        user=user,
        user__is_active=True,
        is_active=True,
        dealer__in={lead.dealer_id for lead in leads},
    )
    return set(memberships.values_list("dealer_id", flat=True))


@retried
@transaction.atomic
def set_status(
    leads: QuerySet[Lead],
    status: Status,
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> int:
    """Put the leads into `status`; closing and reopening follow from its stage. A dealer's own
    status reaches only that dealer's leads. The reason for another ending is taken away."""
    rows = [lead for lead in _lock(leads.exclude(status=status)) if _fits(status, lead)]
    for lead in rows:
        if lead.status.stage != status.stage:
            lead.close_reason = None
    targets = {lead.pk: status for lead in rows}
    return _move(rows, targets, by=by, now=now, change_batch=change_batch)


@retried
@transaction.atomic
def close_leads(
    leads: QuerySet[Lead],
    reason: CloseReason,
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> int:
    """Close the leads for `reason`, with the first active status of the reason's outcome.
    Closed leads stay as they are."""
    rows = [lead for lead in _lock(leads.open()) if _fits(reason, lead)]  # type: ignore[attr-defined]
    statuses = _closing_statuses(reason, {lead.dealer_id for lead in rows})
    for lead in rows:
        lead.close_reason = reason
    targets = {lead.pk: statuses[lead.dealer_id] for lead in rows if lead.dealer_id in statuses}
    closed = [lead for lead in rows if lead.pk in targets]
    return _move(closed, targets, by=by, now=now, change_batch=change_batch)


def _closing_statuses(reason: CloseReason, dealers: Collection[int]) -> dict[int, Status]:
    """Per dealer: its own first, otherwise the one for all."""
    found = Status.objects.active().filter(stage=reason.outcome).order_by("-position")
    by_dealer = {status.dealer_id: status for status in found}
    chosen = {dealer: by_dealer.get(dealer, by_dealer.get(None)) for dealer in dealers}
    return {dealer: status for dealer, status in chosen.items() if status is not None}


def _fits(entry: Status | CloseReason, lead: Lead) -> bool:
    return entry.dealer_id in (None, lead.dealer_id)


def _move(
    rows: Sequence[Lead],
    targets: dict[int, Status],
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None,
) -> int:
    activities, events = [], []
    for lead in rows:
        before, lead.status = lead.status, targets[lead.pk]
        activities.append(status_activity(lead, before, by=by, now=now))
        events += status_events(lead, before, by=by, now=now)
        follow_status(lead, now=now)
    columns = ["status", "close_reason", "closed_at"]
    _store(rows, columns, by=by, now=now, change_batch=change_batch)
    append(Activity, activities)
    record(events)
    return len(rows)


def status_events(
    lead: Lead, before: Status, *, by: User | None, now: datetime, sender: str = ""
) -> list[Event]:
    """What others are told when a lead has come from one status into another."""
    kinds = [EventKind.LEAD_STATUS_CHANGED]
    if before.is_open and not lead.status.is_open:
        kinds.append(EventKind.LEAD_CLOSED)
    elif lead.status.is_open and not before.is_open:
        kinds.append(EventKind.LEAD_REOPENED)
    return [
        lead_event(kind, lead, by=by, sender=sender, now=now, stage=lead.status.stage)
        for kind in kinds
    ]


def status_activity(lead: Lead, before: Status, *, by: User | None, now: datetime) -> Activity:
    """What the timeline says of a lead that has come from one status into another; not stored."""
    kind = Activity.Kind.STATUS_CHANGED
    if not lead.status.is_open:
        kind = Activity.Kind.CLOSED
    elif not before.is_open:
        kind = Activity.Kind.REOPENED
    text = f"{before} → {lead.status}"
    if kind == Activity.Kind.CLOSED and lead.close_reason:
        text = f"{text} ({lead.close_reason})"
    return Activity(dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text)


def follow_status(lead: Lead, *, now: datetime) -> None:
    """A lead is closed, and has a reason for it, exactly as long as its status says so."""
    if lead.status.is_open:
        lead.closed_at, lead.close_reason_id = None, None
    elif lead.closed_at is None:
        lead.closed_at = now


def _score(lead: Lead, *, now: datetime) -> int:
    return score_of(lead, weights=lead.dealer.score_weights, now=now)


@retried
@transaction.atomic
def record_change(
    lead: Lead, changed_fields: Collection[str], *, by: User | None, now: datetime
) -> int:
    """Save a lead that was edited in a form and tell its timeline what changed. What somebody
    else has changed in other columns since the form was opened stays. Raises LeadGone."""
    if not changed_fields:
        return 0
    before = lock_present(lead, "status", "dealer")
    _take_over(lead, before, changed_fields)
    follow_status(lead, now=now)
    lead.set_keys()  # the score counts them
    lead.score = score_of(lead, weights=before.dealer.score_weights, now=now)
    _mark([lead], changed_fields, by=by, now=now)
    lead._history_user, lead._history_date = by, now  # type: ignore[attr-defined]
    lead.save()
    del lead._history_user, lead._history_date  # type: ignore[attr-defined]
    if "status" in changed_fields:
        status_activity(lead, before.status, by=by, now=now).save()
    if "owner" in changed_fields:
        _write([lead], Activity.Kind.ASSIGNED, _assigned(lead.owner), by=by, now=now)
    if labels := _labels(changed_fields):
        text = _("Changed: %(fields)s.") % {"fields": ", ".join(labels)}
        _write([lead], Activity.Kind.CHANGED, text, by=by, now=now)
    record(_change_events(lead, before, changed_fields, by=by, now=now))
    return 1


def _take_over(lead: Lead, stored: Lead, changed_fields: Collection[str]) -> None:
    for field in Lead._meta.concrete_fields:
        if field.name not in changed_fields:
            setattr(lead, field.attname, getattr(stored, field.attname))


def _labels(changed_fields: Collection[str]) -> list[str]:
    return [
        str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in changed_fields
        if name not in ("status", "owner")
    ]


def _change_events(
    lead: Lead, before: Lead, changed_fields: Collection[str], *, by: User | None, now: datetime
) -> list[Event]:
    changed = sorted(changed_fields)
    events = [lead_event(EventKind.LEAD_UPDATED, lead, by=by, now=now, changed=changed)]
    if "status" in changed_fields:
        events += status_events(lead, before.status, by=by, now=now)
    if "owner" in changed_fields:
        events.append(lead_event(EventKind.LEAD_ASSIGNED, lead, by=by, now=now))
    return events


def lock_leads(pks: Collection[int], *related: str) -> list[Lead]:
    """The leads as they are once nobody else is changing them, and until the end of the
    transaction; always in the same order, so that nobody waits in a circle.

    Locked without joins: PostgreSQL leaves a row out if, while it waits for the lock, somebody
    puts the row into another status.
    """
    rows = Lead.objects.filter(pk__in=pks).order_by("pk")
    locked = list(rows.select_for_update().values_list("pk", flat=True))
    return list(rows.filter(pk__in=locked).select_related(*related))


def lock_present(lead: Lead, *related: str) -> Lead:
    """The lead as it is now, locked like `lock_leads` does. Raises LeadGone."""
    found = lock_leads([lead.pk], *related)
    if not found or found[0].deleted_at is not None:
        raise LeadGone
    return found[0]


def _lock(leads: QuerySet[Lead]) -> list[Lead]:
    """The selected leads, locked; those that left the selection while we waited are left out."""
    selected = leads.order_by("pk").values_list("pk", flat=True)
    locked = lock_leads(list(selected), "status", "close_reason", "dealer")
    still_selected = set(selected.filter(pk__in=[lead.pk for lead in locked]))
    return [lead for lead in locked if lead.pk in still_selected]


def _store(
    rows: Sequence[Lead],
    columns: Sequence[str],
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None,
) -> None:
    if not rows:
        return
    _mark(rows, columns, by=by, now=now)
    for lead in rows:  # waiting and being open count
        lead.score = _score(lead, now=now)
    marked = ["updated_at", "last_activity_at", "version", "staff_values", "score"]
    update_columns(Lead, rows, [*columns, *marked])
    remember(Lead, rows, by=by, now=now, change_batch=change_batch)


def _mark(
    rows: Iterable[Lead], columns: Collection[str], *, by: User | None, now: datetime
) -> None:
    """Note the change itself, and what staff have set: older writes from outside respect it."""
    for lead in rows:
        lead.updated_at = lead.last_activity_at = now
        lead.version += 1
        if by is not None:
            lead.staff_values = lead.staff_values | dict.fromkeys(columns, now.isoformat())


def _write(rows: Iterable[Lead], kind: str, text: str, *, by: User | None, now: datetime) -> None:
    activities = [
        Activity(dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text)
        for lead in rows
    ]
    append(Activity, activities)
