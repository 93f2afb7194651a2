"""Deliveries do not pile up for ever."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import WebhookAttempt, WebhookDelivery
from integrations.webhooks import pruning
from integrations.webhooks.fan_out import new_delivery
from tests.builders import make_webhook

NOW = timezone.now()
State = WebhookDelivery.State


@pytest.mark.django_db
def test_what_has_ended_is_kept_for_thirty_days(monkeypatch):
    monkeypatch.setattr(pruning, "BATCH", 2)
    endpoint = make_webhook()
    kept = []
    for days in (1, 29, 31, 40):
        for state in State:
            delivery = new_delivery(endpoint, "lead.created", {}, now=NOW - timedelta(days=days))
            delivery.state = state
            delivery.save()
            WebhookAttempt.objects.create(
                dealer=endpoint.dealer, delivery=delivery, at=NOW, duration_ms=1
            )
            if days < 30 or state == State.PENDING:
                kept.append(delivery)

    assert pruning.prune(now=NOW) == 6
    assert pruning.prune(now=NOW) == 0
    assert set(WebhookDelivery.objects.all()) == set(kept)
    assert WebhookAttempt.objects.count() == len(kept)
