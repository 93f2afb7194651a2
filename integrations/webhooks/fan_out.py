"""From events to deliveries: who is to be told what."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from integrations import outbox
from integrations.models import WebhookDelivery, WebhookEndpoint
from leads.models.event import Event
from leads.services.events import told_data


def fan_out(*, now: datetime, limit: int = 500) -> int:
    """Make the deliveries of the oldest events that have none yet; how many events those were.

    Events appear here only once their transaction is through. Any number of workers may do this
    at once: each takes events of its own, and an event and its deliveries are one transaction.
    """
    # Most looks find nothing; they take no lock, which on SQLite would keep all writers waiting.
    if not Event.objects.filter(is_fanned_out=False).exists():
        return 0
    with transaction.atomic():
        events = list(
            Event.objects.filter(is_fanned_out=False)
            .select_for_update(skip_locked=True)
            .order_by("pk")[:limit]
        )
        endpoints = _endpoints_of({event.dealer_id for event in events})
        WebhookDelivery.objects.bulk_create(
            [
                new_delivery(endpoint, event.kind, _data(event), event=event, now=now)
                for event in events
                for endpoint in endpoints[event.dealer_id]
                if endpoint.wants(event.kind)
            ],
            batch_size=1000,
        )
        outbox.tell_partners(events, now=now)
        Event.objects.filter(pk__in=[event.pk for event in events]).update(is_fanned_out=True)
    return len(events)


def new_delivery(
    endpoint: WebhookEndpoint,
    kind: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
    event: Event | None = None,
) -> WebhookDelivery:
    """A delivery that is due at once, not stored yet. The body is final: it is signed as it is."""
    at = event.at if event else now
    body = {"type": kind, "timestamp": at.isoformat(), "data": data}
    return WebhookDelivery(
        dealer_id=endpoint.dealer_id,
        endpoint=endpoint,
        event=event,
        kind=kind,
        subject=_subject(event),
        message_id=f"msg_{uuid4().hex}",
        body=json.dumps(body, ensure_ascii=False, separators=(",", ":")),
        next_attempt_at=now,
        created_at=now,
    )


def _endpoints_of(dealer_ids: Iterable[int]) -> dict[int, list[WebhookEndpoint]]:
    found: dict[int, list[WebhookEndpoint]] = defaultdict(list)
    active = WebhookEndpoint.objects.active().filter(dealer__in=dealer_ids)
    for endpoint in active.only("dealer_id", "kinds"):
        found[endpoint.dealer_id].append(endpoint)
    return found


def _data(event: Event) -> dict[str, Any]:
    """Numbers only: who wants to know more asks the API, where rights apply."""
    ids = {"dealer": event.dealer_id, "lead": event.lead_id, "customer": event.customer_id}
    return {**told_data(event), **{name: pk for name, pk in ids.items() if pk is not None}}


def _subject(event: Event | None) -> str:
    """What the event is about, as far as the order of messages goes."""
    if event is None:
        return ""
    return f"lead {event.lead_id}" if event.lead_id else f"customer {event.customer_id}"
