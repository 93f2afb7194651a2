"""The outside systems of the demo: their API keys, how much they call, and a webhook."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.models import WebhookEndpoint
from integrations.webhooks import delivering, endpoints
from integrations.webhooks.delivering import settle
from integrations.webhooks.fan_out import fan_out
from integrations.webhooks.sending import Answer
from leads.management.demo.office import Office
from leads.management.demo.times import Calendar
from leads.models import ApiKey, ApiUsage, EventKind, Scope
from leads.services.api_keys import make_key

# Nobody is there: the domain belongs to nobody, and the webhook is switched off in the end.
_URL = "https://crm.example.org/leadoffice"
_KINDS = (
    EventKind.LEAD_CREATED,
    EventKind.LEAD_ENQUIRED_AGAIN,
    EventKind.LEAD_STATUS_CHANGED,
    EventKind.LEAD_REOPENED,
    EventKind.LEAD_MERGED,
)
# system, name, requests on a usual day
_KEYS = (("website", "Website", 90), ("mobile-de", "mobile.de", 140), ("portal", "Börse", 25))
_USED_DAYS = 30
_TAKES_IT = Answer(status=204, duration_ms=86)


def admit_systems(office: Office, calendar: Calendar, rng: Random) -> None:
    """A key for each, with the figures of a month; the one of the exchange may not add to the
    catalogues, and there is one that was taken from its system."""
    boss = office.staff["verwaltung"]
    for system, name, usual in _KEYS:
        key = ApiKey(dealer=office.dealer, name=name, system=system)
        key.creates_entries = system != "portal"
        key.last_used_at = calendar.on(-1, 19, 40)
        make_key(key, by=boss)
        ApiUsage.objects.bulk_create(_month(key, usual, calendar, rng))
    crm = ApiKey(dealer=office.dealer, name="CRM", system="crm", revoked=True)
    crm.scopes = [Scope.LEADS_READ, Scope.CUSTOMERS_READ, Scope.EVENTS_READ]
    make_key(crm, by=boss)


def _month(key: ApiKey, usual: int, calendar: Calendar, rng: Random) -> list[ApiUsage]:
    today = timezone.localdate(calendar.now)
    return [
        ApiUsage(
            dealer_id=key.dealer_id,
            key=key,
            day=today - timedelta(days=ago),
            requests=round(usual * rng.uniform(0.6, 1.5)),
            errors=rng.choice([0, 0, 0, 1, 2]),
        )
        for ago in range(1, _USED_DAYS)
    ]


def make_webhook(office: Office, *, now: datetime) -> WebhookEndpoint:
    endpoint = WebhookEndpoint(dealer=office.dealer, name="CRM", url=_URL, kinds=list(_KINDS))
    endpoints.create_endpoint(endpoint, by=office.staff["verwaltung"], now=now)
    return endpoint


def tell(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """What has happened since becomes deliveries. Nothing is sent: what the other system would
    have said is made up. It stumbles over every fifth."""
    fan_out(now=now)
    with _unsaid():
        _answer_all(endpoint, now=now)


def _answer_all(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    for count, delivery in enumerate(endpoint.deliveries.pending().order_by("pk")):
        at = now + timedelta(seconds=2 * count)
        if count % 5 == 1:
            settle(delivery, _stumble(), now=at)
            at += timedelta(seconds=6)
            delivery.refresh_from_db()
        settle(delivery, _TAKES_IT, now=at)


def fall_silent(endpoint: WebhookEndpoint, *, now: datetime) -> None:
    """A test fails, one more delivery waits, and somebody switches the webhook off: nothing may
    leave the house by the demo."""
    test = endpoints.send_test(endpoint, now=now)
    with _unsaid():
        settle(test, _stumble(), now=now)
    endpoints.send_test(endpoint, now=now + timedelta(minutes=3))
    endpoints.switch_off(endpoint)


def _stumble() -> Answer:
    problem = _("The receiver answered %(n)d.") % {"n": 503}
    return Answer(status=503, text="Service Unavailable", duration_ms=412, problem=problem)


@contextmanager
def _unsaid() -> Iterator[None]:
    """Nothing in the log: it would tell of messages that never were on their way."""
    logger = logging.getLogger(delivering.__name__)
    was_disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was_disabled
