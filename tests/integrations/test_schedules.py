"""Jobs of connections by the clock."""

import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection as database
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import Task

from integrations import schedules
from integrations.models import Connection, ConnectionSchedule
from integrations.models.schedule import SPREAD
from leads.background import crontab, queue, run_due_jobs
from leads.models import Job, JobStatus, Lead
from tests.builders import make_connection, make_dealer, make_location
from tests.leads.background.processes import database_url

pytestmark = pytest.mark.django_db

HOURLY = "0 * * * *"


def at(text):
    return timezone.make_aware(datetime.fromisoformat(text))


def begun(text):
    """When the slots of this minute have begun, each connection's with its own delay."""
    return at(text) + timedelta(seconds=SPREAD)


@pytest.fixture
def bank():
    return make_connection()


@pytest.fixture
def hourly(bank):
    """The bank's leads at every full hour; set at half past eleven."""
    schedules.give_schedules(Connection.objects.all(), now=at("2026-03-02 11:30"))
    schedule = bank.schedules.get(job="fetch")
    schedule.set_crontab(HOURLY, now=at("2026-03-02 11:30"))
    schedule.save()
    return schedule


def jobs_of(connection):
    asked = [job.args_kwargs["args"] for job in Job.objects.all()]
    return [one for one in asked if one == [connection.dealer_id, connection.pk]]


def finish():
    while (job := queue.claim("somebody", now=timezone.now())) is not None:
        queue.succeed(job, 0, now=timezone.now())


def test_a_new_connection_gets_the_usual_schedules_of_its_partner(bank):
    given = schedules.give_schedules(Connection.objects.all(), now=at("2026-03-02 11:30"))

    expected = {job.name: job.crontab for job in schedules.JOBS[bank.partner]}
    assert dict(bank.schedules.values_list("job", "crontab")) == expected
    assert given == len(expected)
    assert schedules.give_schedules(Connection.objects.all(), now=timezone.now()) == 0


def test_a_schedule_starts_its_job_once_per_slot(bank, hourly):
    assert schedules.start_due(now=at("2026-03-02 11:59")) == 0
    assert schedules.start_due(now=begun("2026-03-02 12:00")) >= 1
    assert schedules.start_due(now=begun("2026-03-02 12:00")) == 0
    finish()
    assert schedules.start_due(now=at("2026-03-02 12:59")) == 0
    schedules.start_due(now=begun("2026-03-02 13:00"))

    hourly.refresh_from_db()
    assert [bank.dealer_id, bank.pk] in jobs_of(bank)
    assert hourly.last_slot == at("2026-03-02 13:00") + hourly.delay
    assert hourly.next_at == at("2026-03-02 14:00") + hourly.delay


def test_many_dealers_do_not_ask_the_bank_in_the_same_second():
    """Each minute each of them once, always at the same second of it and within the minute."""
    dealer = make_dealer()
    banks = [make_connection(dealer) for _number in range(50)]
    schedules.give_schedules(Connection.objects.all(), now=at("2026-03-02 11:59:59"))
    ConnectionSchedule.objects.exclude(job="fetch").update(next_at=None)

    def asked(minute):
        """The seconds at which each connection was asked."""
        seconds = {}
        for second in range(60):
            now = at(minute) + timedelta(seconds=second)
            for path, [_dealer, pk] in newly_started(now):
                assert (path, pk) not in seconds  # once in a minute
                seconds[path, pk] = second
        return seconds

    def newly_started(now):
        schedules.start_due(now=now)
        jobs = Job.objects.filter(status=JobStatus.READY)
        found = [(job.task_path, job.args_kwargs["args"]) for job in jobs]
        finish()
        return found

    first, second = asked("2026-03-02 12:00"), asked("2026-03-02 12:01")
    assert len(first) == len(banks)
    assert first == second
    at_once = Counter(first.values())
    assert max(at_once.values()) <= 3, at_once
    assert len(at_once) >= len(banks) / 2


def started(bank):
    return Job.objects.filter(task_path=schedules.JOBS[bank.partner][0].task).count()


def test_what_was_missed_starts_once(bank, hourly):
    schedules.start_due(now=at("2026-03-09 12:20"))
    finish()
    schedules.start_due(now=at("2026-03-09 12:25"))

    assert started(bank) == 1
    schedule = ConnectionSchedule.objects.get(pk=hourly.pk)
    assert schedule.next_at == at("2026-03-09 13:00") + hourly.delay


def test_a_job_that_still_waits_is_not_put_behind_itself(bank, hourly):
    for hour in range(12, 20):
        schedules.start_due(now=begun(f"2026-03-02 {hour}:00"))

    assert started(bank) == 1
    finish()
    schedules.start_due(now=begun("2026-03-02 20:00"))
    assert started(bank) == 2


@pytest.mark.parametrize("off", ["connection", "dealer", "line"])
def test_what_is_switched_off_is_not_started(bank, hourly, off):
    if off == "line":
        hourly.set_crontab("", now=at("2026-03-02 11:40"))
        hourly.save()
    else:
        row = bank if off == "connection" else bank.dealer
        row.is_active = False
        row.save()

    schedules.start_due(now=at("2026-03-02 18:00"))
    assert started(bank) == 0


def test_what_was_written_past_the_form_stops_nobody_else(bank, hourly):
    ConnectionSchedule.objects.filter(pk=hourly.pk).update(crontab="nonsense here * * *")
    other = make_connection()
    schedules.give_schedules(Connection.objects.all(), now=at("2026-03-02 11:30"))

    schedules.start_due(now=begun("2026-03-02 12:00"))
    finish()
    schedules.start_due(now=begun("2026-03-02 13:00"))

    assert jobs_of(other)
    assert ConnectionSchedule.objects.get(pk=hourly.pk).next_at is None


def test_a_bad_line_is_refused_and_changes_nothing(hourly):
    with pytest.raises(crontab.BadCrontab):
        hourly.set_crontab("*/5 * * * *\n0 25 * * *", now=timezone.now())
    assert hourly.crontab == HOURLY


@pytest.mark.django_db(transaction=True)
def test_the_bank_is_asked_by_the_clock(partner):
    """From the line to the leads, with nothing in between but a worker."""
    connection = make_connection(base=f"{partner.url}/bdk")
    make_location(connection.dealer, bdk_partner_number="0012345")
    minute_ago = timezone.now() - timedelta(minutes=2)
    schedules.give_schedules(Connection.objects.all(), now=minute_ago)
    connection.schedules.exclude(job="fetch").update(next_at=None)

    schedules.start_due(now=timezone.now())
    [job] = run_due_jobs()

    assert job.traceback == ""
    assert Lead.objects.for_dealer(connection.dealer).count() > 40
    assert connection.runs.count() == 1


@pytest.mark.django_db(transaction=True)
def test_each_slot_starts_once_with_any_number_of_schedulers(bank, hourly):
    ready = threading.Barrier(6)

    def ask():
        try:
            ready.wait()
            schedules.start_due(now=begun("2026-03-02 12:00"))
        finally:
            database.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert started(bank) == 1


@pytest.mark.django_db(transaction=True)
def test_each_slot_starts_once_with_several_processes():
    connections = [make_connection() for _ in range(20)]
    schedules.give_schedules(Connection.objects.all(), now=at("2026-03-02 11:30"))
    ConnectionSchedule.objects.exclude(job="fetch").delete()
    ask = "from integrations.tasks import start_connection_jobs as start; input(); start()"
    processes = [
        subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", ask],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url()},
            stdin=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    for process in processes:
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait(60) for process in processes] == [0, 0, 0]

    asked = sorted(job.args_kwargs["args"][1] for job in Job.objects.all())
    assert asked == sorted(one.pk for one in connections)


@pytest.mark.parametrize(
    "job", [job for jobs in schedules.JOBS.values() for job in jobs], ids=lambda job: job.task
)
def test_every_job_names_a_task_and_a_time(job):
    assert isinstance(import_string(job.task), Task)
    crontab.check(job.crontab, now=timezone.now())
