"""Tasks by the clock."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as project_settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import Task

from leads.background import rounds
from leads.background.crontab import last_slot
from leads.background.schedules import enqueue_due
from leads.models import Job, Schedule

pytestmark = pytest.mark.django_db

NIGHTLY = "tests.leads.background.examples.by_the_clock"


@pytest.fixture(autouse=True)
def nightly(settings):
    settings.SCHEDULES = {NIGHTLY: "0 3 * * *"}


def at(text):
    """A time of the office: "2026-03-02 03:00"."""
    return timezone.make_aware(datetime.fromisoformat(text))


def test_a_new_schedule_waits_for_its_time():
    assert enqueue_due(now=at("2026-03-02 12:00")) == 0
    assert enqueue_due(now=at("2026-03-03 02:59")) == 0
    assert enqueue_due(now=at("2026-03-03 03:00")) == 1
    assert enqueue_due(now=at("2026-03-03 03:00")) == 0
    assert Job.objects.get().task_path == NIGHTLY


def test_what_was_missed_runs_once():
    enqueue_due(now=at("2026-03-02 12:00"))

    assert enqueue_due(now=at("2026-03-09 12:00")) == 1
    assert enqueue_due(now=at("2026-03-09 12:05")) == 0
    assert enqueue_due(now=at("2026-03-10 03:01")) == 1


def test_what_cannot_be_enqueued_is_not_ticked_off(settings):
    enqueue_due(now=at("2026-03-02 12:00"))
    settings.SCHEDULES = {"leads.tasks.no_such_task": "0 3 * * *", **settings.SCHEDULES}
    enqueue_due(now=at("2026-03-02 12:00"))
    before = Schedule.objects.get(task_path="leads.tasks.no_such_task").last_slot

    with pytest.raises(ImportError):
        enqueue_due(now=at("2026-03-03 12:00"))

    assert Schedule.objects.get(task_path="leads.tasks.no_such_task").last_slot == before
    assert Job.objects.count() == 1  # the others are not held up


@pytest.mark.parametrize(
    ("expression", "now", "slot"),
    [
        ("17 3 * * *", "2026-03-02 12:00", "2026-03-02 03:17"),
        ("17 3 * * *", "2026-03-02 03:17", "2026-03-02 03:17"),
        ("17 3 * * *", "2026-03-02 03:16", "2026-03-01 03:17"),
        ("*/10 * * * *", "2026-03-02 12:34", "2026-03-02 12:30"),
        ("0 8 * * MON", "2026-03-05 12:00", "2026-03-02 08:00"),
    ],
)
def test_times_are_those_of_the_office(expression, now, slot):
    assert last_slot(expression, at(now)) == at(slot)


def test_a_night_has_one_run_when_the_clocks_change():
    def runs(day):
        moment, found = day, set()
        while moment < day + timedelta(hours=30):
            found.add(last_slot("30 2 * * *", moment))
            moment += timedelta(minutes=10)
        return len(found)

    start = datetime(2026, 10, 24, 12, tzinfo=UTC)  # 02:30 comes twice
    assert runs(start) == 2  # yesterday's and tonight's
    assert runs(datetime(2026, 3, 28, 12, tzinfo=UTC)) == 2  # 02:30 does not come


@pytest.mark.django_db(transaction=True)
def test_each_time_runs_once_with_any_number_of_workers():
    enqueue_due(now=at("2026-03-02 12:00"))
    barrier = threading.Barrier(6)

    def ask():
        try:
            barrier.wait()
            enqueue_due(now=at("2026-03-03 12:00"))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Job.objects.count() == 1


# The office's own tables


OWN = {name: getattr(project_settings, name) for name in ("SCHEDULES", "ROUNDS")}


@pytest.mark.parametrize("path", OWN["SCHEDULES"])
def test_every_schedule_names_a_task_and_a_time(path):
    assert isinstance(import_string(path), Task)
    assert last_slot(OWN["SCHEDULES"][path], at("2026-03-02 12:00"))


@pytest.mark.parametrize("path", OWN["ROUNDS"])
def test_every_round_names_a_function(path):
    assert callable(import_string(path))
    assert 0 < OWN["ROUNDS"][path] <= rounds.LONGEST_PAUSE
