"""What people and outside systems write into a lead's timeline."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from leads.models.activity import Activity
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.user import User
from leads.services.handling import lock_present
from leads.services.history import remember
from leads.services.retrying import retried
from leads.services.scoring import score_of


@retried
@transaction.atomic
def add_activity(
    lead: Lead, kind: str, text: str, *, by: User | None, now: datetime, sender: str = ""
) -> Activity:
    """Write something into the lead's timeline. The first outgoing activity (call, mail,
    appointment) is the first response; with it, the lead has been looked at. Raises LeadGone."""
    stored = lock_present(lead, "dealer")
    activity = Activity.objects.create(
        dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text, sender=sender
    )
    stored.last_activity_at = now
    # It may have lost points because nothing happened for long.
    before, weights = stored.score, stored.dealer.score_weights
    stored.score = score_of(stored, weights=weights, now=now)
    Lead.objects.filter(pk=lead.pk).update(last_activity_at=now, score=stored.score)
    is_first_answer = kind in Activity.OUTGOING and _answer(stored, by=by, now=now)
    if is_first_answer or stored.score != before:
        remember(Lead, [stored], by=by, now=now)
    for name in ("last_activity_at", "score", "first_response_at", "updated_at", "version"):
        setattr(lead, name, getattr(stored, name))
    return activity


def _answer(lead: Lead, *, by: User | None, now: datetime) -> bool:
    """Whether it is the first; its history is written by the caller."""
    asked_again = Task.objects.filter(lead=lead, kind=Task.Kind.ENQUIRED_AGAIN).open()
    asked_again.update(done_at=now, done_by=by, updated_at=now, version=F("version") + 1)
    unanswered = Lead.objects.filter(pk=lead.pk, first_response_at=None)
    if not unanswered.update(first_response_at=now, updated_at=now, version=F("version") + 1):
        return False
    lead.refresh_from_db(fields=["first_response_at", "updated_at", "version"])
    return True
