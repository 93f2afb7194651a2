"""Scores computed anew: at midnight, when they age, and after a change of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from leads.background import enqueue
from leads.models.dealer import Dealer
from leads.models.lead import Lead
from leads.services.handling import lock_leads
from leads.services.history import remember
from leads.services.score_parts import USUAL_WEIGHTS
from leads.services.scoring import score_of

# Leads read, locked and written together.
BATCH = 1000


def rescore(dealer: Dealer, *, now: datetime, with_closed: bool = False) -> int:
    """Compute the score of each open lead anew; how many have another one now.

    Closed leads are left out, since the time no longer changes their score; new weights do, so
    after those they are taken `with_closed`. The old score stays in the history.

    A score that ages is no change that somebody made: `version` and `updated_at` stay as they
    are, nothing is written into the timeline, and no event is recorded, or each night every
    outside system would fetch every lead again.

    Each thousand leads is one query, or a transaction of four more if scores have changed. Safe
    to run twice, and while others work.
    """
    rows = Lead.objects.for_dealer(dealer).defer("search_text").order_by("pk")
    if not with_closed:
        rows = rows.filter(closed_at=None)
    weights = Dealer.objects.values_list("score_weights", flat=True).get(pk=dealer.pk)
    changed, last = 0, 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        last = batch[-1].pk
        aged = [lead.pk for lead in batch if score_of(lead, weights=weights, now=now) != lead.score]
        if aged:
            changed += _write(aged, weights, now=now)
    return changed


@transaction.atomic
def _write(pks: list[int], weights: Mapping[str, Any], *, now: datetime) -> int:
    """Locked and computed once more: somebody may have changed a lead since it was read."""
    aged = []
    for lead in lock_leads(pks):
        score = score_of(lead, weights=weights, now=now)
        if score != lead.score:
            lead.score = score
            aged.append(lead)
    if aged:
        Lead.objects.bulk_update(aged, ["score"])
        remember(Lead, aged, now=now)
    return len(aged)


@transaction.atomic
def weigh(dealer: Dealer, weights: Mapping[str, int]) -> bool:
    """Give the parts of the score their points and have a worker compute all scores anew; whether
    anything is different now. Only what differs from the usual is kept, so what is usual may
    change later; what is not mentioned is usual."""
    kept = {key: points for key, points in weights.items() if points != USUAL_WEIGHTS[key]}
    locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
    dealer.score_weights = kept
    if locked.score_weights == kept:
        return False
    Dealer.objects.filter(pk=dealer.pk).update(score_weights=kept)
    enqueue("leads.tasks.rescore_every_lead", dealer.pk)
    return True
