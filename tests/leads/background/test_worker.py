"""Workers as real processes: killed, asked to end, without a database, several at once."""

import signal
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from leads.models import Job, JobState, Worker
from tests.leads.background import examples
from tests.leads.background.examples import traces
from tests.leads.background.processes import until

pytestmark = pytest.mark.django_db(transaction=True)


def state_of_the_job():
    return Job.objects.get().state


def test_does_what_was_committed_and_ends(workers):
    examples.work.enqueue(1)
    examples.work.enqueue(2)

    assert workers.start("--burst").wait(30) == 0

    assert [job.state for job in Job.objects.all()] == ["done", "done"]
    assert (traces("work 1"), traces("work 2")) == (1, 1)
    assert not Worker.objects.exists()


def test_a_burst_says_that_jobs_were_given_up(workers):
    examples.fail_once_and_for_all.enqueue(1)

    assert workers.start("--burst").wait(30) == 1

    assert state_of_the_job() == JobState.FAILED


def test_the_job_of_a_killed_worker_is_done_by_another(workers):
    examples.wait_for_gate.enqueue(1)
    first = workers.start()
    until(workers.started)

    first.send_signal(signal.SIGKILL)
    first.wait()
    workers.open_gate()
    workers.start()

    until(lambda: state_of_the_job() == JobState.DONE)
    assert traces("begun 1") == 2
    assert traces("through 1") == 1
    assert Job.objects.get().attempts == 2


def test_a_job_in_the_hands_of_a_living_worker_is_left_to_it(workers):
    examples.wait_for_gate.enqueue(1)
    workers.start()
    until(workers.started)
    workers.start()
    until(lambda: Worker.objects.count() == 2)
    examples.work.enqueue(2)

    until(lambda: traces("work 2"))  # the second one is at work
    later = Job.objects.running().get().started_at + timedelta(seconds=3)  # three leases
    until(lambda: Worker.objects.filter(seen_at__gt=later).count() == 2)
    workers.open_gate()

    until(lambda: traces("through 1"))
    assert traces("begun 1") == 1


def test_asked_to_end_a_worker_finishes_what_it_can(workers):
    examples.wait_for_gate.enqueue(1)
    worker = workers.start(WORKER_GRACE="20")
    until(workers.started)

    worker.send_signal(signal.SIGTERM)
    workers.open_gate()

    assert worker.wait(10) == 0
    assert state_of_the_job() == JobState.DONE
    assert not Worker.objects.exists()


def test_asked_to_end_a_worker_gives_back_what_it_cannot_finish(workers):
    examples.wait_for_gate.enqueue(1)
    worker = workers.start()
    until(workers.started)

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(10) == 0
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    assert not Worker.objects.exists()


def test_asked_to_end_a_worker_interrupts_a_round_too(workers):
    worker = workers.start(ROUNDS="tests.leads.background.examples.wait_long")
    until(workers.started)

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(10) == 0


def test_asked_twice_a_worker_does_not_wait(workers):
    examples.wait_for_gate.enqueue(1)
    worker = workers.start(WORKER_GRACE="60")
    until(workers.started)

    worker.send_signal(signal.SIGINT)
    until(lambda: "asked to end" in workers.log())
    worker.send_signal(signal.SIGINT)

    assert worker.wait(10) == 0
    assert state_of_the_job() == JobState.WAITING


def test_a_job_that_cannot_be_interrupted_is_cut_off_and_given_back(workers):
    examples.ignore_everything.enqueue(1)
    worker = workers.start()
    until(workers.started)
    asked_at = time.monotonic()

    worker.send_signal(signal.SIGTERM)

    assert worker.wait(20) == 3
    assert time.monotonic() - asked_at < 10
    job = Job.objects.get()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


def test_an_idle_worker_ends_at_once(workers):
    worker = workers.start()
    until(Worker.objects.exists)
    asked_at = time.monotonic()

    worker.send_signal(signal.SIGINT)

    assert worker.wait(10) == 0
    assert time.monotonic() - asked_at < 3


def test_several_workers_do_each_job_once_and_do_not_lock_each_other_out(workers):
    for number in range(100):
        examples.work.enqueue(number)

    processes = [workers.start("--burst") for _ in range(3)]

    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert {job.state for job in Job.objects.all()} == {JobState.DONE}
    assert {job.attempts for job in Job.objects.all()} == {1}
    assert traces("work") == 100
    assert "no database" not in workers.log()
    assert "no heartbeat" not in workers.log()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is a file, never away")
def test_a_database_that_is_away_is_waited_for(workers):
    worker = workers.start()
    until(Worker.objects.exists)

    with no_database():
        until(lambda: "no database" in workers.log())
    examples.work.enqueue(1)

    until(lambda: traces("work 1"))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(10) == 0


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite is a file, never away")
def test_a_job_whose_outcome_could_not_be_written_is_done_again(workers):
    examples.wait_for_gate.enqueue(1)
    workers.start()
    until(workers.started)

    with no_database():
        workers.open_gate()
        until(lambda: "no database" in workers.log())

    until(lambda: state_of_the_job() == JobState.DONE)
    assert traces("begun 1") == 2


@contextmanager
def no_database():
    """All connections are cut, and none is let in."""
    name = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            yield
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
