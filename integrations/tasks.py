"""Background tasks and rounds of the partners; how to declare them: leads/background.

Tasks are enqueued, or named in settings.SCHEDULES; rounds are plain functions named in
settings.ROUNDS. Each reads the clock and calls one function of a partner or of the outbox.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from integrations import arrivals
from integrations.meta import sync as meta
from integrations.webhooks import delivering, pruning, telling
from integrations.webhooks import fan_out as fanning_out
from integrations.website_form import throttling
from leads.background import Retry


def fan_out_webhooks() -> int:
    """Events on their way to becoming deliveries; a round."""
    return fanning_out.fan_out(now=timezone.now())


def deliver_webhooks() -> int:
    """Deliveries on their way out; a round."""
    return delivering.deliver_due(now=timezone.now())


def finish_arrivals() -> int:
    """Messages that were booked and then left behind; a round."""
    return arrivals.finish_interrupted(now=timezone.now())


def fetch_announced_leads() -> int:
    """Leads that Meta has announced; a round."""
    return meta.fetch_due(now=timezone.now())


@task(title=_("Look for leads at Meta that were missed"))
def look_for_missed_leads() -> int:
    """How many were found."""
    return meta.catch_up_all(now=timezone.now())


@task(
    title=_("Tell the administrators that a webhook was switched off"),
    retry=Retry(attempts=12, longest_delay=timedelta(hours=6)),
)
def tell_that_webhook_is_off(endpoint_id: int) -> int:
    """How many mails were sent."""
    return telling.tell_administrators(endpoint_id)


@task(title=_("Delete old webhook deliveries"))
def prune_webhooks() -> int:
    """How many."""
    return pruning.prune(now=timezone.now())


@task(title=_("Delete old counts of who sent website forms how often"))
def forget_form_attempts() -> int:
    """How many."""
    return throttling.forget_attempts(now=timezone.now())
