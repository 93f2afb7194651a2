"""Whoever dies, and however many fetch at once: each mail is one lead and lies in one folder."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database
from django.utils import timezone

from integrations import mail_inbox
from integrations.models import Connection, SyncRun
from integrations.running import LEASE, AlreadyRunning
from leads.models import IntakeEntry, Lead
from tests.integrations.mail.letters import mail
from tests.integrations.webhooks.nursery import database_url

ROOT = Path(__file__).parents[3]
MAILS = 30


def many(number=MAILS):
    return [
        mail(From=f"person{n}@example.net", Message_ID=f"<{n}@example.net>") for n in range(number)
    ]


def wait_until(condition):
    ends_at = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < ends_at, "waited too long"
        time.sleep(0.01)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at", ["BODY.PEEK[]", "MOVE"])
def test_a_run_that_is_killed_loses_and_doubles_nothing(server, connection, at):
    server.put(*many(25))
    server.faults = [{"hang": at, "after": 22 if at == "BODY.PEEK[]" else 1}]
    process = subprocess.Popen(
        [sys.executable, "manage.py", "fetch_mail_leads"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": database_url(database.settings_dict)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        wait_until(lambda: server.is_hanging or process.poll() is not None)
        assert server.is_hanging, process.stdout.read()
        process.send_signal(signal.SIGKILL)
    finally:
        process.stdout.close()
        process.kill()
        process.wait()
    assert (Lead.objects.count(), len(server.mails())) == ((20, 5) if at != "MOVE" else (20, 25))

    later = timezone.now() + LEASE + timedelta(minutes=1)
    run = mail_inbox.fetch(Connection.objects.get(), now=later)

    assert (run.state, Lead.objects.count()) == (SyncRun.State.DONE, 25)
    assert IntakeEntry.objects.count() == 25
    assert (len(server.mails()), len(server.mails("LeadOffice"))) == (0, 25)
    assert connection.runs.exclude(pk=run.pk).get().error == "Der Lauf wurde unterbrochen."


@pytest.mark.django_db(transaction=True)
def test_what_was_booked_and_left_behind_is_made_a_lead(server, connection):
    server.put(*many(3))
    mail_inbox.fetch(connection, now=timezone.now())
    Lead.objects.all().delete()
    IntakeEntry.objects.update(outcome="", attempts=0, processed_at=None)

    mail_inbox.fetch(connection, now=timezone.now())

    assert Lead.objects.count() == 3


@pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_several_at_once_take_each_mail_once(server, connection):
    server.put(*many())
    now = timezone.now()
    failures = []

    def work(number):
        later = now + number * 2 * LEASE
        try:
            # As if the lease of the one before had run out in the middle of its work.
            with suppress(AlreadyRunning):
                mail_inbox.fetch(Connection.objects.get(pk=connection.pk), now=later)
            mail_inbox.fetch(Connection.objects.get(pk=connection.pk), now=later + 10 * LEASE)
        except AlreadyRunning:
            pass  # those who are later by the clock have overtaken it
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=120)
    mail_inbox.fetch(connection, now=now + 50 * LEASE)

    assert failures == []
    assert (Lead.objects.count(), IntakeEntry.objects.count()) == (MAILS, MAILS)
    assert (len(server.mails()), len(server.mails("LeadOffice"))) == (0, MAILS)
