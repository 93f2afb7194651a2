"""What people and programs do with webhooks: make, change, switch, test, send again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.models.webhook import TEST_KIND
from integrations.webhooks.fan_out import new_delivery
from integrations.webhooks.signing import new_secret
from leads.background import enqueue
from leads.models.user import User

# For so long the secret before signs too, if nothing else is said.
OVERLAP = timedelta(hours=24)

State = WebhookDelivery.State


class SwitchedOff(Exception):
    """Nothing is sent to a webhook that is switched off."""


class ChangedMeanwhile(Exception):
    """Somebody has changed the webhook since it was read."""


def create_endpoint(
    endpoint: WebhookEndpoint, *, by: User | None = None, sender: str = "", now: datetime
) -> None:
    """Store a new webhook with a secret, which is to be shown once.

    Its address has passed `check_address`, which asks the network and so stays out of
    transactions. Raises IntegrityError if the dealer has a webhook of this name.
    """
    endpoint.secret = new_secret()
    endpoint.created_by, endpoint.sender, endpoint.created_at = by, sender, now
    endpoint.save(force_insert=True)


@transaction.atomic
def change_endpoint(
    endpoint: WebhookEndpoint, *, name: str, url: str, kinds: Sequence[str]
) -> WebhookEndpoint:
    """Raises IntegrityError. The address has been checked; a new one gets a new chance."""
    stored = _locked(endpoint)
    if stored.url != url:
        stored.failing_since = stored.resume_at = None
    stored.name, stored.url, stored.kinds = name, url, list(kinds)
    return _saved(stored)


@transaction.atomic
def renew_secret(
    endpoint: WebhookEndpoint,
    *,
    version: int | None = None,
    now: datetime,
    overlap: timedelta = OVERLAP,
) -> WebhookEndpoint:
    """A new secret, to be shown once; until the overlap ends the one before signs as well.

    Raises ChangedMeanwhile if the webhook is no longer at `version`: renewed twice by mistake,
    the secret that the other system has would be forgotten.
    """
    stored = _locked(endpoint)
    if version not in (None, stored.version):
        raise ChangedMeanwhile
    stored.previous_secret, stored.secret = stored.secret, new_secret()
    stored.previous_secret_ends_at = now + overlap
    return _saved(stored)


@transaction.atomic
def switch_on(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """From now on it is told again; what happened meanwhile it finds in the change feed."""
    stored = _locked(endpoint)
    stored.is_active = True
    stored.disabled_at = stored.failing_since = stored.resume_at = None
    stored.disabled_reason = ""
    return _saved(stored)


@transaction.atomic
def switch_off(
    endpoint: WebhookEndpoint, *, reason: str = "", now: datetime | None = None
) -> WebhookEndpoint:
    """Nothing more goes there; what waits is cancelled and can be sent again later.

    With a `reason`, LeadOffice did it (`now`), and the dealer's administrators get a mail.
    """
    stored = _locked(endpoint)
    was_active, stored.is_active = stored.is_active, False
    if reason and was_active:
        stored.disabled_at, stored.disabled_reason = now, reason
        enqueue("integrations.tasks.tell_that_webhook_is_off", stored.pk)
    stored.deliveries.pending().update(state=State.CANCELLED, lease_until=None)
    return _saved(stored)


@transaction.atomic
def send_test(endpoint: WebhookEndpoint, *, now: datetime) -> WebhookDelivery:
    """Queue a message of kind "webhook.test"; it is tried once. Raises SwitchedOff."""
    stored = _locked(endpoint)
    if not stored.is_active:
        raise SwitchedOff
    delivery = new_delivery(stored, TEST_KIND, {"dealer": stored.dealer_id}, now=now)
    delivery.save()
    return delivery


@transaction.atomic
def send_again(deliveries: QuerySet[WebhookDelivery], *, now: datetime) -> int:
    """Put deliveries on their way at once, with all attempts; how many.

    Those of webhooks that are switched off stay as they are. The messages keep their number.
    """
    endpoints = WebhookEndpoint.objects.active().filter(
        pk__in=deliveries.order_by().values("endpoint")
    )
    # Locked like everywhere else: the webhook first, then its deliveries.
    active = [one.pk for one in endpoints.order_by("pk").select_for_update(no_key=True)]
    WebhookEndpoint.objects.filter(pk__in=active).update(resume_at=None)
    rows = WebhookDelivery.objects.filter(
        pk__in=list(deliveries.order_by().values_list("pk", flat=True)), endpoint__in=active
    )
    return rows.update(state=State.PENDING, attempts=0, next_attempt_at=now)


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """The webhook as it is stored now; nobody else changes it in this transaction."""
    return WebhookEndpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)


def _saved(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    endpoint.version += 1
    endpoint.save()
    return endpoint
