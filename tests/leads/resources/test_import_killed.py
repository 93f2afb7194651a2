"""Workers that are killed while they import: no row is doubled, none is missing."""

import os
import random
import signal
from collections import Counter

import pytest
from django.utils import timezone

from leads.background import worker
from leads.models import Customer, Enquiry, ImportState, IntakeEntry, Lead, ListImport, ListRow
from leads.resources.import_running import start
from tests import builders
from tests.leads.background.processes import forked, until
from tests.leads.resources.importing import check, upload

KILLS = 20
ROWS = 800

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatient(settings, monkeypatch):
    """Small portions, and workers that soon take up what a dead one has left."""
    settings.IMPORT_PORTION = 10
    settings.WORKER_HEARTBEAT, settings.WORKER_LEASE = 0.1, 0.4
    settings.WORKER_HOUSEKEEPING = 0.05
    settings.ROUNDS, settings.SCHEDULES = {}, {}
    monkeypatch.setattr(worker, "IDLE", 0.05)


def begin_worker():
    """A worker in a process of its own; its id."""
    return forked(lambda: worker.WorkerProcess().run())


def end(process, how):
    os.kill(process, how)
    os.waitpid(process, 0)


def done(found):
    return ListImport.objects.values_list("done_count", flat=True).get(pk=found.pk)


def test_twenty_kills_leave_every_row_exactly_once():
    chance = random.Random(2026)
    rows = [(f"Name {number}", f"n{number}@example.org", "Golf") for number in range(ROWS)]
    found = check(upload(builders.make_dealer(), ("Nachname", "E-Mail", "Fahrzeug"), *rows))
    start(found, now=timezone.now())

    for _kill in range(KILLS):
        process, before = begin_worker(), done(found)
        until(lambda before=before: done(found) > before)
        # Somewhere within the next portions.
        wait_until = before + chance.randint(10, 25)
        until(lambda least=wait_until: done(found) >= least)
        end(process, signal.SIGKILL)
    assert done(found) < ROWS, "it was over before the last kill"
    last = begin_worker()
    until(lambda: done(found) == ROWS and not ListImport.objects.get(pk=found.pk).is_moving)
    end(last, signal.SIGTERM)

    found.refresh_from_db()
    assert (found.state, found.outcomes) == (ImportState.DONE, {"created": ROWS})
    expected = Counter({name: 1 for name, *_rest in rows})
    assert Counter(Lead.objects.values_list("last_name", flat=True)) == expected
    assert Counter(Customer.objects.values_list("last_name", flat=True)) == expected
    assert Enquiry.objects.count() == Lead.history.count() == ROWS
    assert IntakeEntry.objects.filter(times_received=1, lead__isnull=False).count() == ROWS
    named = {row.reference: row.cells[0] for row in ListRow.objects.all()}
    assert named == dict(Lead.objects.values_list("number", "last_name"))
    assert found.change_batch.created_count == ROWS
