"""Syncs that are killed at any moment: every lead once, no receipt before its commit."""

import os
import random
import signal
from collections import Counter
from contextlib import suppress

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations import inbox
from integrations.models import Connection, Delivery, SyncRun
from integrations.running import AlreadyRunning
from leads.models import Customer, Enquiry, IntakeEntry, Lead
from leads.services.handling import set_status
from tests import builders
from tests.integrations.test_inbox import many_leads, receipts, request_ids
from tests.leads.background.processes import forked, until

KILLS = 50
LEADS = 240

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bdk(partner, items, monkeypatch):
    """Small pages and batches, so that there are many moments to be killed at."""
    location = builders.make_location(bdk_partner_number="0012345")
    partner.bdk.items = [*many_leads(items, LEADS), {"leadId": "KAPUTT-1"}]
    partner.bdk.page_size = 4
    monkeypatch.setattr(inbox.BdkMailbox, "max_receipts", 5)
    monkeypatch.setattr("integrations.bdk.sync.MAX_PAGES", 10_000)
    return builders.make_connection(location.dealer, base=f"{partner.url}/bdk")


def begin_run(bdk):
    """A sync in a process of its own; its id."""

    def pull():
        found = Connection.objects.get(pk=bdk.pk)
        with suppress(AlreadyRunning):
            inbox.pull(found, now=timezone.now(), order=inbox.Order(anyway=True))

    return forked(pull)


def progress():
    """Grows with every page booked, every lead made, every receipt and status sent."""
    sent = Delivery.objects.filter(state=Delivery.State.SENT).count()
    return IntakeEntry.objects.count() + Lead.objects.count() + sent


def kill(process):
    """And its lease ends, for which nobody waits here."""
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    Connection.objects.update(lease_until=None)


def watch(partner):
    """The partner looks into the office at every receipt; what was not stored yet."""
    too_early = []

    def look(request):
        if not request.path.endswith("lead-receipts"):
            return
        try:
            ids = set(request_ids(request)) if request.body.endswith(b"}") else set()  # cut short
            done = IntakeEntry.objects.filter(outside_id__in=ids).exclude(outcome="")
            too_early.extend(ids - set(done.values_list("outside_id", flat=True)))
        except Exception as error:
            too_early.append(repr(error))
        finally:
            database.close()

    partner.hook = look
    return too_early


def test_fifty_kills_leave_every_lead_exactly_once_and_no_receipt_too_early(partner, bdk):
    chance = random.Random(2026)
    too_early = watch(partner)
    for _kill in range(KILLS):
        process, before = begin_run(bdk), progress()
        wanted = before + chance.randint(1, 22)
        until(lambda wanted=wanted: progress() >= wanted, every=0.005)
        kill(process)
    assert Delivery.objects.filter(state=Delivery.State.PENDING).exists(), "over too soon"
    partner_numbers = Lead.objects.values_list("external_id", flat=True)[:3]
    chosen = Lead.objects.filter(external_id__in=list(partner_numbers))
    won = builders.shared_status("won")
    set_status(chosen, won, by=None, now=timezone.now())
    os.waitpid(begin_run(bdk), 0)

    run = SyncRun.objects.latest("pk")
    assert run.state != SyncRun.State.FAILED
    assert run.error == ""
    interrupted = SyncRun.objects.exclude(pk=run.pk)
    assert set(interrupted.values_list("state", flat=True)) == {SyncRun.State.FAILED}
    expected = Counter({f"NEU-{n:05d}": 1 for n in range(LEADS)})
    assert Counter(Lead.objects.values_list("external_id", flat=True)) == expected
    assert (
        Enquiry.objects.count()
        == Customer.objects.count()
        == Lead.history.filter(history_type="+").count()
        == LEADS
    )
    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) == {"created", "quarantined"}
    assert too_early == []
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()
    assert {one["leadId"] for one in receipts(partner)} == {*expected, "KAPUTT-1"}
    assert len(partner.bdk.status_events) == 3


def test_several_syncs_at_once_do_the_work_once(partner, bdk):
    processes = [begin_run(bdk) for _ in range(4)]
    for process in processes:
        os.waitpid(process, 0)

    assert Lead.objects.count() == LEADS
    assert SyncRun.objects.exclude(created=0).count() == 1
    assert set(Counter(one["leadId"] for one in receipts(partner)).values()) == {1}
    assert set(IntakeEntry.objects.values_list("times_received", flat=True)) == {1}
