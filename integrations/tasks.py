"""Background tasks and rounds of the partners; how to declare them: leads/background.

Tasks are enqueued, or named in settings.SCHEDULES; rounds are plain functions named in
settings.ROUNDS. Each reads the clock and calls one function of a partner or of the outbox.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from integrations import arrivals, inbox, mail_inbox, mailing, old_runs, schedules, stock_inbox
from integrations.automanager import retention as export_retention
from integrations.automanager import sync as automanager
from integrations.automanager import telling as export_telling
from integrations.drklein import sending as drklein
from integrations.drklein import telling as drklein_telling
from integrations.meta import sync as meta
from integrations.models import Connection, SyncRun
from integrations.patience import NotYet
from integrations.running import AlreadyRunning, Order
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


def send_handovers() -> int:
    """Leads on their way to Dr. Klein; a round."""
    return drklein.send_next(now=timezone.now())


def tell_of_findings() -> int:
    """Findings on their way to becoming mails; a round."""
    return export_telling.tell_due(now=timezone.now())


def send_mails() -> int:
    """Mails on their way to the dealers' people; a round."""
    return mailing.send_due(now=timezone.now())


def finish_arrivals() -> int:
    """Messages that were booked and then left behind; a round."""
    return arrivals.finish_interrupted(now=timezone.now())


def fetch_announced_leads() -> int:
    """Leads that Meta has announced; a round."""
    return meta.fetch_due(now=timezone.now())


def start_connection_jobs() -> int:
    """Jobs of connections whose time has come; a round."""
    return schedules.start_due(now=timezone.now())


def give_schedules() -> int:
    """Connections without the usual schedules; a round."""
    return schedules.give_schedules(Connection.objects.active(), now=timezone.now())


# --- jobs of connections (integrations/schedules.py); the next slot is another attempt ---------


@task(title=_("Fetch leads from the BDK Leadservice"), retry=Retry(attempts=2))
def fetch_bdk_leads(dealer_id: int, connection_id: int) -> int:
    """How many messages came."""
    connection = _active(dealer_id, connection_id)
    if connection is None:
        return 0
    return _received(inbox.pull, connection, order=Order())


@task(title=_("Look for leads at BDK that were missed"), retry=Retry(attempts=2))
def reconcile_with_bdk(dealer_id: int, connection_id: int) -> int:
    """How many messages BDK had no receipt of."""
    connection = _active(dealer_id, connection_id)
    if connection is None:
        return 0
    return _received(inbox.pull, connection, order=Order(reconcile=True))


def _received(fetch: Callable[..., SyncRun], connection: Connection, **options: Any) -> int:
    """How many messages came; none while somebody else fetches or the partner is left alone."""
    try:
        return fetch(connection, now=timezone.now(), **options).received
    except (AlreadyRunning, NotYet):
        return 0


@task(title=_("Fetch leads from a mailbox"), retry=Retry(attempts=2))
def fetch_mail_leads(dealer_id: int, connection_id: int) -> int:
    """How many mails came."""
    connection = _active(dealer_id, connection_id)
    if connection is None:
        return 0
    return _received(mail_inbox.fetch, connection)


@task(title=_("Fetch the stock from the Marketplace"), retry=Retry(attempts=2))
def fetch_stock(dealer_id: int, connection_id: int) -> int:
    """How many cars were read."""
    connection = _active(dealer_id, connection_id)
    if connection is None:
        return 0
    return _received(stock_inbox.fetch, connection)


@task(title=_("Check the exports of Automanager"), retry=Retry(attempts=2))
def check_automanager_exports(dealer_id: int, connection_id: int) -> int:
    """How many findings are open."""
    connection = _active(dealer_id, connection_id)
    if connection is None:
        return 0
    try:
        report = automanager.check_exports(connection, automanager.Question(), now=timezone.now())
    except (automanager.AlreadyRunning, NotYet):
        return 0
    return len(report.findings)


@task(title=_("Look for leads at Meta that were missed"), retry=Retry(attempts=2))
def look_for_missed_leads(dealer_id: int, connection_id: int) -> int:
    """How many were found."""
    connection = _active(dealer_id, connection_id)
    return meta.look_for_missed([connection], now=timezone.now()).found if connection else 0


def _active(dealer_id: int, connection_id: int) -> Connection | None:
    """None if it was switched off meanwhile."""
    rows = Connection.objects.for_dealer(dealer_id).active().select_related("dealer", "location")
    return rows.filter(pk=connection_id).first()


# --- other tasks -----------------------------------------------------------------------------


@task(
    title=_("Tell the administrators that a webhook was switched off"),
    retry=Retry(attempts=12, longest_delay=timedelta(hours=6)),
)
def tell_that_webhook_is_off(endpoint_id: int) -> int:
    """How many mails were sent."""
    return telling.tell_administrators(endpoint_id)


@task(
    title=_("Tell the administrators that handovers to Dr. Klein are blocked"),
    retry=Retry(attempts=12, longest_delay=timedelta(hours=6)),
)
def tell_that_handovers_are_blocked(connection_id: int) -> int:
    """How many mails were sent."""
    return drklein_telling.tell_administrators(connection_id)


@task(title=_("Delete what was read from Automanager and is old"))
def prune_export_control() -> int:
    """How many rows."""
    return export_retention.prune(now=timezone.now())


@task(title=_("Empty old handovers to Dr. Klein"))
def empty_handovers() -> int:
    """How many."""
    return drklein.empty_old(now=timezone.now())


@task(title=_("Delete old runs"))
def prune_runs() -> int:
    """How many."""
    return old_runs.prune(now=timezone.now())


@task(title=_("Delete old webhook deliveries"))
def prune_webhooks() -> int:
    """How many."""
    return pruning.prune(now=timezone.now())


@task(title=_("Delete old counts of who sent website forms how often"))
def forget_form_attempts() -> int:
    """How many."""
    return throttling.forget_attempts(now=timezone.now())
