"""Receipts on their way out: none is lost, none stops anything else."""

import copy
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from integrations import inbox, outbox
from integrations.bdk.sync import BdkMailbox
from integrations.models import Connection, Delivery, SyncRun
from leads.models import Lead
from tests.builders import make_connection, make_location

pytestmark = pytest.mark.django_db
NOW = timezone.now()
State = Delivery.State


@pytest.fixture
def bdk(partner):
    location = make_location(bdk_partner_number="0012345")
    return make_connection(location.dealer, base=f"{partner.url}/bdk")


def pull(connection, *, later=timedelta(0)):
    found = Connection.objects.get(pk=connection.pk)
    return inbox.pull(found, now=NOW + later, order=inbox.Order(anyway=True))


def receipt_calls(partner):
    return [entry for entry in partner.log if entry["path"].endswith("lead-receipts")]


def states():
    return set(Delivery.objects.values_list("state", flat=True))


@pytest.mark.parametrize("fault", [{"status": 503}, {"html": True}, {"cut": True}])
def test_receipts_that_fail_do_not_hold_up_the_leads(partner, bdk, fault):
    partner.faults["lead-receipts"] = [fault]
    run = pull(bdk)

    assert (run.created, run.acknowledged) == (46, 0)
    assert run.state == SyncRun.State.PARTIAL
    assert run.error
    assert states() == {State.PENDING}
    assert all(one.next_attempt_at > NOW for one in Delivery.objects.all())
    assert len(receipt_calls(partner)) == 1  # a POST is not repeated at once

    pull(bdk)  # too early
    assert len(receipt_calls(partner)) == 1
    again = pull(bdk, later=timedelta(seconds=5))

    assert (again.created, again.acknowledged) == (0, 50)
    assert states() == {State.SENT}


def test_each_attempt_waits_longer_up_to_a_quarter_of_an_hour(partner, bdk, items):
    partner.bdk.items = items[:1]
    partner.faults["lead-receipts"] = [{"status": 500}] * 12
    now, waits = timedelta(0), []
    for _attempt in range(12):
        pull(bdk, later=now)
        delivery = Delivery.objects.get()
        waits.append((delivery.next_attempt_at - NOW - now).total_seconds())
        now += timedelta(minutes=20)

    assert 1 <= waits[0] <= 4
    assert waits[4] > waits[0]
    assert 450 <= waits[-1] <= 900
    assert delivery.attempts == 12
    assert pull(bdk, later=now).acknowledged == 1


def test_receipts_that_are_refused_are_marked_and_not_repeated(partner, bdk, items):
    partner.bdk.items = items[:2]
    partner.faults["lead-receipts"] = [{"status": 422, "json": {"code": "INVALID_REQUEST"}}]
    run = pull(bdk)
    pull(bdk, later=timedelta(hours=1))

    assert run.state == SyncRun.State.PARTIAL
    assert states() == {State.REFUSED}
    assert Delivery.objects.first().answer == "422 INVALID_REQUEST"
    assert len(receipt_calls(partner)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "json": {"code": "PARTNER_NOT_ALLOWED"}},
        {"status": 404, "json": {"code": "UNKNOWN_PARTNER"}},
        {"status": 200, "json": {"done": True}},
        {"status": 200, "json": {"results": []}},
    ],
)
def test_receipts_wait_until_the_partner_is_set_right(partner, bdk, items, fault):
    partner.bdk.items = items[:2]
    partner.faults["lead-receipts"] = [fault]
    pull(bdk)

    assert states() == {State.PENDING}
    assert pull(bdk, later=timedelta(hours=1)).acknowledged == 2


def test_a_lead_unknown_there_is_not_tried_again(partner, bdk, items):
    partner.bdk.items = items[:2]
    answer = {"results": [{"leadId": "DLC-2026-000101", "version": 1, "status": "UNKNOWN_LEAD"}]}
    partner.faults["lead-receipts"] = [{"status": 200, "json": answer}]
    pull(bdk)

    refused, waiting = Delivery.objects.order_by("entry__outside_id")
    assert (refused.state, refused.answer) == (State.REFUSED, "UNKNOWN_LEAD")
    assert (waiting.state, waiting.attempts) == (State.PENDING, 1)


def test_at_most_two_hundred_receipts_go_at_once(partner, bdk, items):
    leads = []
    for n in range(230):
        lead = copy.deepcopy(items[8])
        lead["leadId"] = f"NEU-{n}"
        lead["customer"] = {"lastName": f"Kunde {n}", "email": f"kunde{n}@example.org"}
        leads.append(lead)
    partner.bdk.items = leads
    run = pull(bdk)

    assert (run.created, run.acknowledged, Lead.objects.count()) == (230, 230, 230)
    assert [len(entry["noted"]) for entry in receipt_calls(partner)] == [200, 30]


def test_a_message_that_came_again_is_acknowledged_again(partner, bdk, items):
    partner.bdk.items = items[:1]
    pull(bdk)
    Connection.objects.update(cursors={})
    run = pull(bdk)

    assert (run.repeated, run.acknowledged) == (1, 1)
    assert Delivery.objects.count() == 1
    assert Delivery.objects.get().attempts == 1


def test_what_changes_while_its_receipt_is_on_its_way_is_told_as_well(partner, bdk, items):
    """Somebody settles a message while the partner is still answering about it."""
    partner.bdk.items = items[:2]
    partner.faults["lead-receipts"] = [{"status": 503}]
    pull(bdk)
    later = NOW + timedelta(minutes=1)

    class Slow(BdkMailbox):
        def send_receipts(self, recipient, entries):
            words = super().send_receipts(recipient, entries)
            with transaction.atomic():
                outbox.acknowledge_again(bdk.dealer, entries[:1], now=later)
            return words

    with Slow(bdk) as mailbox:
        outbox.deliver(bdk, mailbox, now=later - timedelta(seconds=1))

    assert sorted(Delivery.objects.values_list("state", flat=True)) == [State.PENDING, State.SENT]
    assert pull(bdk, later=timedelta(minutes=2)).acknowledged == 1
    assert states() == {State.SENT}


def test_a_receipt_names_our_lead_or_the_reason(partner, bdk, items):
    partner.bdk.items = [items[0], items[49]]
    bodies = []

    def read(request):
        if request.path.endswith("lead-receipts"):
            bodies.append(request.body.decode())

    partner.hook = read
    pull(bdk)

    assert Lead.objects.get().number in bodies[0]
    assert '"result": "REJECTED"' in bodies[0]
    assert '"reasonCode": "UNUSABLE"' in bodies[0]


def test_what_has_no_outcome_yet_is_not_acknowledged(partner, bdk, items):
    partner.bdk.items = items[:1]
    pull(bdk)
    delivery = Delivery.objects.get()
    outbox.enqueue(bdk, [delivery.entry], recipient="0012345", now=NOW)
    type(delivery.entry).objects.update(outcome="")

    assert not Delivery.objects.due_receipts(NOW).exists()
