"""What staff do with leads: assign, change the status, close, note, answer.

Every function writes history and timeline. Those that take many leads stay behind the wall of
each lead's dealer, return how many they changed, and need the same number of queries for any.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import CloseReason, Status
from leads.models.dealer import Membership
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.scoring import score_of

# Rows in one statement; a whole list may be selected.
_WRITTEN_TOGETHER = 1000


@transaction.atomic
def assign_leads(
    leads: QuerySet[Lead], owner: User | None, *, by: User | None, now: datetime
) -> int:
    """Give the leads to `owner` (None: to nobody). Leads of dealers that the owner does not
    work for stay as they are, as do those that are the owner's already."""
    rows = _lock(leads.exclude(owner=owner))
    if owner is not None:
        here = _dealers_of(owner, rows)
        rows = [lead for lead in rows if lead.dealer_id in here]
    for lead in rows:
        lead.owner = owner
    _store(rows, ["owner"], by=by, now=now)
    name = str(owner) if owner else _("nobody")
    text = _("Assigned to %(name)s.") % {"name": name}
    _write(rows, Activity.Kind.ASSIGNED, text, by=by, now=now)
    return len(rows)


def _dealers_of(user: User, leads: Iterable[Lead]) -> set[int]:
    memberships = Membership.objects.filter(
        user=user,
        user__is_active=True,
        is_active=True,
        dealer__in={lead.dealer_id for lead in leads},
    )
    return set(memberships.values_list("dealer_id", flat=True))


@transaction.atomic
def set_status(leads: QuerySet[Lead], status: Status, *, by: User | None, now: datetime) -> int:
    """Put the leads into `status`; closing and reopening follow from its stage. A dealer's own
    status reaches only that dealer's leads. The reason for another ending is taken away."""
    rows = [lead for lead in _lock(leads.exclude(status=status)) if _fits(status, lead)]
    for lead in rows:
        if lead.status.stage != status.stage:
            lead.close_reason = None
    return _move(rows, {lead.pk: status for lead in rows}, by=by, now=now)


@transaction.atomic
def close_leads(
    leads: QuerySet[Lead], reason: CloseReason, *, by: User | None, now: datetime
) -> int:
    """Close the leads for `reason`, with the first active status of the reason's outcome.
    Closed leads stay as they are."""
    rows = [lead for lead in _lock(leads.open()) if _fits(reason, lead)]  # type: ignore[attr-defined]
    statuses = _closing_statuses(reason, {lead.dealer_id for lead in rows})
    for lead in rows:
        lead.close_reason = reason
    targets = {lead.pk: statuses[lead.dealer_id] for lead in rows if lead.dealer_id in statuses}
    return _move([lead for lead in rows if lead.pk in targets], targets, by=by, now=now)


def _closing_statuses(reason: CloseReason, dealers: Collection[int]) -> dict[int, Status]:
    """Per dealer: its own first, otherwise the one for all."""
    found = Status.objects.active().filter(stage=reason.outcome).order_by("-position")
    by_dealer = {status.dealer_id: status for status in found}
    chosen = {dealer: by_dealer.get(dealer, by_dealer.get(None)) for dealer in dealers}
    return {dealer: status for dealer, status in chosen.items() if status is not None}


def _fits(entry: Status | CloseReason, lead: Lead) -> bool:
    return entry.dealer_id in (None, lead.dealer_id)


def _move(
    rows: Sequence[Lead], targets: dict[int, Status], *, by: User | None, now: datetime
) -> int:
    activities = []
    for lead in rows:
        before, lead.status = lead.status, targets[lead.pk]
        activities.append(_status_activity(lead, before, by=by, now=now))
        follow_status(lead, now=now)
    _store(rows, ["status", "close_reason", "closed_at"], by=by, now=now)
    Activity.objects.bulk_create(activities, batch_size=_WRITTEN_TOGETHER)
    return len(rows)


def _status_activity(lead: Lead, before: Status, *, by: User | None, now: datetime) -> Activity:
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
        lead.closed_at, lead.close_reason = None, None
    elif lead.closed_at is None:
        lead.closed_at = now


@transaction.atomic
def add_activity(lead: Lead, kind: str, text: str, *, by: User | None, now: datetime) -> Activity:
    """Write something into the lead's timeline. The first outgoing activity (call, mail,
    appointment) is the first response."""
    activity = Activity.objects.create(
        dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text
    )
    if kind in Activity.OUTGOING:
        unanswered = Lead.objects.filter(pk=lead.pk, first_response_at=None)
        if unanswered.update(first_response_at=now, updated_at=now):
            lead.first_response_at = now
            Lead.history.bulk_history_create([lead], update=True, default_user=by, default_date=now)
    return activity


@transaction.atomic
def record_change(
    lead: Lead, changed_fields: Collection[str], *, by: User | None, now: datetime
) -> int:
    """Save a lead that was edited in a form and tell its timeline what changed."""
    if not changed_fields:
        return 0
    [before] = lock_leads([lead.pk], "status")
    follow_status(lead, now=now)
    lead.set_keys()  # the score counts them
    lead.score = score_of(lead)
    lead._history_user, lead._history_date = by, now  # type: ignore[attr-defined]
    lead.save()
    del lead._history_user, lead._history_date  # type: ignore[attr-defined]
    if "status" in changed_fields:
        _status_activity(lead, before.status, by=by, now=now).save()
    if "owner" in changed_fields:
        name = str(lead.owner) if lead.owner else _("nobody")
        text = _("Assigned to %(name)s.") % {"name": name}
        _write([lead], Activity.Kind.ASSIGNED, text, by=by, now=now)
    labels = [
        str(Lead._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
        for name in changed_fields
        if name not in ("status", "owner")
    ]
    if labels:
        text = _("Changed: %(fields)s.") % {"fields": ", ".join(labels)}
        _write([lead], Activity.Kind.CHANGED, text, by=by, now=now)
    return 1


def lock_leads(pks: Collection[int], *related: str) -> list[Lead]:
    """The leads as they are once nobody else is changing them, and until the end of the
    transaction; always in the same order, so that nobody waits in a circle.

    Locked without joins: PostgreSQL leaves a row out if, while it waits for the lock, somebody
    puts the row into another status.
    """
    rows = Lead.objects.filter(pk__in=pks).order_by("pk")
    locked = list(rows.select_for_update().values_list("pk", flat=True))
    return list(rows.filter(pk__in=locked).select_related(*related))


def _lock(leads: QuerySet[Lead]) -> list[Lead]:
    """The selected leads, locked; those that left the selection while we waited are left out."""
    selected = leads.order_by("pk").values_list("pk", flat=True)
    locked = lock_leads(list(selected), "status", "close_reason")
    still_selected = set(selected.filter(pk__in=[lead.pk for lead in locked]))
    return [lead for lead in locked if lead.pk in still_selected]


def _store(rows: Sequence[Lead], columns: Sequence[str], *, by: User | None, now: datetime) -> None:
    if not rows:
        return
    for lead in rows:
        lead.updated_at = now
    Lead.objects.bulk_update(rows, [*columns, "updated_at"], batch_size=_WRITTEN_TOGETHER)
    Lead.history.bulk_history_create(
        rows, update=True, default_user=by, default_date=now, batch_size=_WRITTEN_TOGETHER
    )


def _write(rows: Iterable[Lead], kind: str, text: str, *, by: User | None, now: datetime) -> None:
    activities = [
        Activity(dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text)
        for lead in rows
    ]
    Activity.objects.bulk_create(activities, batch_size=_WRITTEN_TOGETHER)
