"""The other system is a small real server on loopback; nothing is mocked."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.webhooks.delivering import deliver_due
from integrations.webhooks.fan_out import fan_out
from leads.background import run_due_jobs
from leads.models import EventKind
from leads.services.events import lead_event, record
from tests.builders import make_lead, make_webhook
from tests.integrations.rough_partner import Partner, says


@pytest.fixture
def receiver(settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = True
    with Partner() as receiver:
        receiver.answers = [says(204, b"")]
        yield receiver


@pytest.fixture
def crm(db, receiver):
    """A webhook of a dealer who has a lead, and what happens with them, at the times given."""
    endpoint = make_webhook(url=f"{receiver.url}/hook")
    lead = make_lead(endpoint.dealer)
    now = timezone.now()

    def happens(kind=EventKind.LEAD_UPDATED, lead=lead, *, now=now, **data):
        record([lead_event(kind, lead, now=now, **data)])
        fan_out(now=now)
        return WebhookDelivery.objects.order_by("-pk").first()

    def deliver(now=now):
        return deliver_due(now=now)

    def stored(delivery=None):
        if delivery:
            return WebhookDelivery.objects.get(pk=delivery.pk)
        return WebhookEndpoint.objects.get(pk=endpoint.pk)

    return SimpleNamespace(
        endpoint=endpoint,
        dealer=endpoint.dealer,
        lead=lead,
        now=now,
        happens=happens,
        deliver=deliver,
        stored=stored,
    )


def ids_of(receiver):
    """The numbers of the messages that arrived, in their order."""
    return [headers["webhook-id"] for _method, _path, headers, _body in receiver.requests]


@pytest.fixture
def run_jobs(db):
    """Does what was put into the background; all of it has to work."""

    def run():
        jobs = run_due_jobs()
        assert [job.traceback for job in jobs if job.traceback] == []

    return run
