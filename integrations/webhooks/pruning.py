"""Deliveries that nobody asks about any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from integrations.models import WebhookAttempt, WebhookDelivery

# As long as the API remembers; receivers may answer with personal data, so not for ever.
KEEP = timedelta(days=30)
BATCH = 1000  # rows deleted in one transaction


def prune(*, now: datetime) -> int:
    """Delete what has ended and is older, in small transactions; how many deliveries."""
    old = WebhookDelivery.objects.exclude(state=WebhookDelivery.State.PENDING)
    old = old.filter(created_at__lt=now - KEEP).order_by("pk")
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:BATCH]):
        WebhookAttempt.objects.filter(delivery__in=ids).delete()
        deleted += WebhookDelivery.objects.filter(pk__in=ids).delete()[0]
    return deleted
