"""Deliveries on their way: who is next, what came of it, when to try again.

At least once: a delivery is leased, sent, and marked when its answer is there; the lease of a
worker that dies ends, and the message goes out again under the same number.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.addresses import Resolver, resolve
from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from integrations.models.webhook import TEST_KIND
from integrations.retry_after import asked_wait
from integrations.webhooks.endpoints import switch_off
from integrations.webhooks.sending import Answer, post
from integrations.webhooks.signing import signed_headers

logger = logging.getLogger(__name__)

# How long a delivery waits before its first, second, third … attempt; then it is given up.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_JITTER = 0.2  # up to so much of the wait is added, so that not all come back at once
# A webhook through which nothing got for so long is switched off.
SWITCH_OFF_AFTER = timedelta(days=5)
# While nothing gets through, the webhook as a whole is left alone between two attempts.
_SHORTEST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=5)

AT_ONCE = 8  # by one worker
AT_ONCE_TO_ONE = 4  # by all workers, roughly: a slow receiver does not hold up the others
LEASE = timedelta(minutes=1)  # longer than an exchange and asking for the host's address
# Then what is on its way is waited for: workers must end in time.
_CLAIMS_FOR = timedelta(seconds=2)

State = WebhookDelivery.State
_GONE = 410


def deliver_due(*, now: datetime, limit: int = 100, resolve: Resolver = resolve) -> int:
    """Send what is due, several at once, and note each answer; how many were sent.

    Returns after two seconds and the longest exchange begun in them, or `limit` deliveries.
    Threads do the sending, this one all that concerns the database.
    """
    began_at = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began_at)

    taken = 0
    on_the_way: dict[Future[Answer], WebhookDelivery] = {}
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhooks")
    try:
        while True:
            room = min(AT_ONCE - len(on_the_way), limit - taken)
            if room and clock() < now + _CLAIMS_FOR:
                claimed = claim(now=clock(), limit=room)
                taken += len(claimed)
                on_the_way |= {pool.submit(_send, one, clock(), resolve): one for one in claimed}
            if not on_the_way:
                return taken
            for answered in wait(on_the_way, return_when=FIRST_COMPLETED).done:
                settle(on_the_way.pop(answered), answered.result(), now=clock())
    finally:
        # Interrupted: the answers of those on the way are not waited for, their leases will end.
        pool.shutdown(wait=False, cancel_futures=True)


# --- who is next -----------------------------------------------------------------------------


def claim(*, now: datetime, limit: int) -> list[WebhookDelivery]:
    """Lease up to `limit` due deliveries; the receivers that wait longest come first."""
    # Most looks find nothing; they take no lock, which on SQLite would keep all writers waiting.
    endpoints = list(_endpoints_with_work(now)[:limit])
    return _take(endpoints, now=now, limit=limit) if endpoints else []


@transaction.atomic
def _take(endpoints: Sequence[Any], *, now: datetime, limit: int) -> list[WebhookDelivery]:
    taken: list[WebhookDelivery] = []
    for endpoint in endpoints:
        room = min(endpoint.at_once - endpoint.on_the_way, limit - len(taken))
        due = WebhookDelivery.objects.due(now).filter(endpoint=endpoint)
        due = due.select_for_update(skip_locked=True, of=("self",))
        for delivery in due.order_by("next_attempt_at", "pk")[:room]:
            delivery.endpoint = endpoint
            delivery.lease_until = now + LEASE
            taken.append(delivery)
    leased = WebhookDelivery.objects.filter(pk__in=[one.pk for one in taken])
    leased.update(lease_until=now + LEASE)
    return taken


def _endpoints_with_work(now: datetime) -> QuerySet[WebhookEndpoint]:
    """Webhooks with something due and room for it: `at_once` less what is `on_the_way`."""
    due = WebhookDelivery.objects.due(now).filter(endpoint=OuterRef("pk"))
    leased = WebhookDelivery.objects.pending().filter(endpoint=OuterRef("pk"), lease_until__gt=now)
    counted = leased.order_by().values("endpoint").annotate(n=Count("pk")).values("n")
    return (
        WebhookEndpoint.objects.active()
        .filter(Q(resume_at=None) | Q(resume_at__lte=now))
        .annotate(
            due_since=Subquery(due.order_by("next_attempt_at").values("next_attempt_at")[:1]),
            on_the_way=Coalesce(Subquery(counted), 0),
            at_once=Case(When(failing_since=None, then=AT_ONCE_TO_ONE), default=1),
        )
        .filter(due_since__isnull=False, on_the_way__lt=F("at_once"))
        .order_by("due_since")
    )


def _send(delivery: WebhookDelivery, now: datetime, resolve: Resolver) -> Answer:
    """In a thread of the pool: without the database."""
    endpoint = delivery.endpoint
    headers = signed_headers(
        delivery.message_id, delivery.body, secrets=endpoint.secrets(now), now=now
    )
    headers["Content-Type"] = "application/json"
    with translation.override(settings.LANGUAGE_CODE):  # staff will read what went wrong
        return post(endpoint.url, delivery.body.encode(), headers, resolve=resolve)


# --- what came of it -------------------------------------------------------------------------


@transaction.atomic
def settle(delivery: WebhookDelivery, answer: Answer, *, now: datetime) -> None:
    """Note an attempt and what follows from it. `delivery` is as it was claimed."""
    # The webhook first, here and everywhere, so that nobody waits for each other in a circle.
    endpoints = WebhookEndpoint.objects.select_for_update(no_key=True)
    endpoint = endpoints.filter(pk=delivery.endpoint_id).first()
    stored = WebhookDelivery.objects.select_for_update().filter(pk=delivery.pk).first()
    if endpoint is None or stored is None:
        return  # deleted meanwhile
    WebhookAttempt.objects.create(
        dealer_id=stored.dealer_id,
        delivery=stored,
        at=now,
        status_code=answer.status,
        duration_ms=answer.duration_ms,
        error=answer.problem,
        answer=answer.text,
    )
    is_ours = stored.state == State.PENDING and stored.lease_until == delivery.lease_until
    stored.attempts += 1
    stored.last_status = answer.status
    if answer.is_good:
        stored.state, stored.sent_at = State.SENT, now
    elif is_ours and _is_last(stored):
        stored.state = State.FAILED
    elif is_ours:
        stored.next_attempt_at = now + max(
            wait_before(stored.attempts), asked_wait(answer.retry_after, now=now)
        )
    if is_ours or answer.is_good:
        stored.lease_until = None
    stored.save()
    logger.info("webhook delivery %s: %s %s", stored.pk, answer.status, stored.state)
    if answer.is_good:
        _note_health(endpoint, failing_since=None, resume_at=None)
    elif endpoint.is_active:
        _draw_conclusions(endpoint, stored, answer, now=now)


def _draw_conclusions(
    endpoint: WebhookEndpoint, delivery: WebhookDelivery, answer: Answer, *, now: datetime
) -> None:
    """What a failure says about the webhook as a whole."""
    if answer.status == _GONE:
        with translation.override(settings.LANGUAGE_CODE):
            reason = _("The receiver answered 410: it does not want to be told any more.")
        switch_off(endpoint, reason=reason, now=now)
        return
    if delivery.kind == TEST_KIND:
        return
    failing_since = endpoint.failing_since or now
    if now - failing_since >= SWITCH_OFF_AFTER:
        with translation.override(settings.LANGUAGE_CODE):
            reason = _("Nothing got through for %(n)d days.") % {"n": SWITCH_OFF_AFTER.days}
        switch_off(endpoint, reason=f"{reason} {answer.problem}", now=now)
        return
    pause = min(max((now - failing_since) / 10, _SHORTEST_PAUSE), _LONGEST_PAUSE)
    pause = max(pause, asked_wait(answer.retry_after, now=now))
    _note_health(endpoint, failing_since=failing_since, resume_at=now + pause)


def _note_health(
    endpoint: WebhookEndpoint, *, failing_since: datetime | None, resume_at: datetime | None
) -> None:
    if (endpoint.failing_since, endpoint.resume_at) != (failing_since, resume_at):
        stored = WebhookEndpoint.objects.filter(pk=endpoint.pk)
        stored.update(failing_since=failing_since, resume_at=resume_at)


# --- when to try again -----------------------------------------------------------------------


def wait_before(attempts: int) -> timedelta:
    """How long a delivery waits after so many failed attempts."""
    return SCHEDULE[attempts] * random.uniform(1, 1 + _JITTER)  # noqa: S311 (spreads load)


def _is_last(delivery: WebhookDelivery) -> bool:
    """Whether there is no further attempt; a person who tests looks at the first one."""
    return delivery.kind == TEST_KIND or delivery.attempts >= len(SCHEDULE)
