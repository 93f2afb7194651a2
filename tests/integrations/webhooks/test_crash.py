"""Workers die at any instruction; every event arrives all the same, and nothing else does."""

import json
import os
import signal
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from integrations.models import WebhookDelivery
from integrations.webhooks.delivering import deliver_due
from integrations.webhooks.fan_out import fan_out
from leads.models import Event, EventKind
from leads.services.events import lead_event, record
from tests.builders import make_lead, make_webhook
from tests.integrations.rough_partner import says
from tests.integrations.webhooks.conftest import ids_of
from tests.integrations.webhooks.nursery import NAME, nursery

EVENTS, KILLS = 200, 20
PATIENCE = 180  # seconds; on a machine with other work


@pytest.mark.django_db(transaction=True)
def test_workers_killed_in_mid_delivery_lose_nothing(receiver):
    leads = [make_lead() for _n in range(20)]
    for lead in leads:
        make_webhook(lead.dealer, url=receiver.url)
    receiver.answers = [slowly(says(204, b""))]
    with nursery() as start_worker:
        for kill in range(KILLS):
            happen(leads, first=kill * 10, n=EVENTS // KILLS)
            arrived = len(receiver.requests)
            worker = start_worker()
            wait_until(lambda arrived=arrived: len(receiver.requests) >= arrived + 8)
            os.kill(worker, signal.SIGKILL)
            wait_until(lambda worker=worker: not is_alive(worker) and not is_connected())
            let_leases_end()
        worker = start_worker()
        wait_until(lambda: not Event.objects.filter(is_fanned_out=False).exists())
        wait_until(lambda: not WebhookDelivery.objects.pending().exists())
        os.kill(worker, signal.SIGTERM)
        wait_until(lambda: not is_alive(worker))

    numbers = defaultdict(set)
    for _method, _path, headers, body in receiver.requests:
        if len(body) == int(headers["Content-Length"]):  # not cut off in the middle
            numbers[json.loads(body)["data"]["n"]].add(headers["webhook-id"])
    assert sorted(numbers) == list(range(EVENTS))  # all of them, and none that was rolled back
    assert {len(ids) for ids in numbers.values()} == {1}
    assert len({one for ids in numbers.values() for one in ids}) == EVENTS


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_send_each_message_once(receiver):
    leads = [make_lead() for _n in range(12)]
    for lead in leads:
        make_webhook(lead.dealer, url=receiver.url)
    for number in range(72):
        tell(leads[number % 12], number)
    fan_out(now=timezone.now())

    def work():
        try:
            while deliver_due(now=timezone.now()):
                pass
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=PATIENCE)
    deliver_due(now=timezone.now())  # a worker ends when the others have taken the rest

    assert len(receiver.requests) == 72
    assert len(set(ids_of(receiver))) == 72
    assert not WebhookDelivery.objects.pending().exists()
    arrived = [json.loads(body)["data"] for *_head, body in receiver.requests]
    for lead in leads:
        numbers = [data["n"] for data in arrived if data["lead"] == lead.pk]
        assert numbers == sorted(numbers)


def happen(leads, *, first, n):
    """Things happen, each in its transaction, and each time something that is rolled back."""
    for number in range(first, first + n):
        lead = leads[number % len(leads)]
        with transaction.atomic():
            tell(lead, number)
        with transaction.atomic():
            tell(lead, -number - 1)
            transaction.set_rollback(True)


def tell(lead, number):
    record([lead_event(EventKind.LEAD_UPDATED, lead, now=timezone.now(), n=number)])


def let_leases_end():
    """As if a minute had passed."""
    over = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.objects.exclude(lease_until=None).update(lease_until=over)


def slowly(answer):
    def send(handler):
        time.sleep(0.02)
        with suppress(OSError):  # the worker has died meanwhile
            answer(handler)

    return send


def wait_until(condition):
    ends_at = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends_at, "waited too long"
        time.sleep(0.005)


def is_connected():
    """Whether the database still carries out what a dead worker said last."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            [NAME],
        )
        return cursor.fetchone()[0] > 0


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
