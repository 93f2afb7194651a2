"""Jobs from enqueueing to their end, in the thread of the test."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from leads.background import Retry, enqueue, queue, run_due_jobs
from leads.background.tasks import NotAnId
from leads.models import Job, JobState, JobStatus, Worker
from tests.leads.background import examples
from tests.leads.background.examples import traces

pytestmark = pytest.mark.django_db

LEASE = timedelta(seconds=20)
on_postgresql = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"
)


def let_time_pass():
    Job.objects.filter(status=JobStatus.READY).update(run_after=timezone.now())


def claim(worker="somebody"):
    return queue.claim(worker, now=timezone.now())


def sweep(worker="sweeper"):
    return queue.sweep(worker=worker, lease=LEASE, now=timezone.now())


def make_worker(name, seen=timedelta(0)):
    """A worker that was last seen so long ago."""
    worker = Worker.objects.create(name=name, machine="office", process_id=7)
    Worker.objects.filter(pk=worker.pk).update(seen_at=timezone.now() - seen)


def test_a_job_is_done_once():
    examples.work.enqueue(7)

    [job] = run_due_jobs()

    assert job.state == JobState.DONE
    assert (job.attempts, job.return_value) == (1, 7)
    assert traces("work 7") == 1
    assert run_due_jobs() == []


def test_what_was_rolled_back_never_runs():
    with transaction.atomic():
        examples.work.enqueue(1)
        transaction.set_rollback(True)

    assert run_due_jobs() == []


def test_rooms_below_the_doors_enqueue_by_path():
    job = enqueue("tests.leads.background.examples.work", 7)

    assert [done.pk for done in run_due_jobs()] == [job]
    assert traces("work 7") == 1


def test_a_job_for_later_waits():
    enqueue(
        "tests.leads.background.examples.work", 7, run_after=timezone.now() + timedelta(hours=1)
    )

    assert run_due_jobs() == []
    let_time_pass()
    assert len(run_due_jobs()) == 1


@pytest.mark.parametrize("value", ["Jana Groß", "jana@example.org", {"id": 1}, 1.5, ["Groß"]])
def test_only_ids_become_part_of_the_queue(value):
    with pytest.raises(NotAnId):
        examples.work.enqueue(value)

    assert not Job.objects.exists()


def test_a_failing_job_is_tried_again_later_and_later_until_it_is_given_up():
    examples.fail.enqueue(1)
    waits = []
    for _attempt in range(2):
        [job] = run_due_jobs()
        waits.append((job.run_after - timezone.now()).total_seconds())
        assert job.state == JobState.RETRYING
        assert run_due_jobs() == []
        let_time_pass()

    [job] = run_due_jobs()

    assert 2 < waits[0] < 5 < waits[1] < 10
    assert job.state == JobState.FAILED
    assert job.attempts == traces("fail 1") == 3
    let_time_pass()
    assert run_due_jobs() == []


def test_an_error_is_kept_without_what_strangers_wrote(caplog):
    examples.fail.enqueue(1)

    [job] = run_due_jobs()

    assert job.error == "ValueError"
    assert "examples.py" in job.traceback
    assert "max@example.org" not in job.traceback + caplog.text


def test_a_later_success_takes_the_error_away():
    examples.fail.enqueue(1)
    run_due_jobs()
    Job.objects.update(task_path="tests.leads.background.examples.work", run_after=timezone.now())

    [job] = run_due_jobs()

    assert (job.state, job.error) == (JobState.DONE, "")


def test_a_task_that_this_version_does_not_know_waits_for_one_that_does():
    examples.work.enqueue(1)
    Job.objects.update(task_path="leads.tasks.no_such_task")

    [job] = run_due_jobs()

    assert job.state == JobState.RETRYING


@pytest.mark.parametrize(
    ("attempts", "longest"), [(1, 5), (2, 10), (3, 20), (8, 640), (9, 900), (1000, 900)]
)
def test_pauses_grow_up_to_a_limit(attempts, longest):
    pauses = {Retry().delay(attempts).total_seconds() for _ in range(50)}

    assert longest / 2 <= min(pauses) < max(pauses) <= longest


# --- lost jobs ------------------------------------------------------------------------------------


def test_the_job_of_a_worker_that_fell_silent_is_taken_up_again():
    examples.work.enqueue(1)
    make_worker("silent", seen=LEASE + timedelta(seconds=1))
    lost = claim("silent")

    assert sweep() == 1

    [job] = run_due_jobs()
    assert (job.pk, job.state, job.attempts) == (lost.pk, JobState.DONE, 2)


def test_the_job_of_a_living_worker_is_left_alone():
    examples.work.enqueue(1)
    make_worker("busy", seen=LEASE - timedelta(seconds=5))
    claim("busy")

    assert sweep() == 0
    assert run_due_jobs() == []


def test_a_worker_takes_up_its_own_job_whose_outcome_it_could_not_write():
    examples.work.enqueue(1)
    make_worker("me")
    claim("me")

    assert sweep("me") == 1


def test_a_job_that_kills_its_workers_is_given_up():
    examples.fail.enqueue(1)  # three attempts
    for number in range(3):
        assert claim(f"victim {number}")
        assert sweep() == 1

    job = Job.objects.get()
    assert job.state == JobState.FAILED
    assert job.error == "WorkerLost: The worker was gone before the job was done."
    assert run_due_jobs() == []


def test_a_worker_that_comes_back_does_not_overwrite_what_another_did():
    examples.work.enqueue(1)
    late = claim("slow")
    sweep()
    [job] = run_due_jobs()

    assert not queue.fail(late, ValueError(), now=timezone.now())
    assert not queue.give_back(late)

    job.refresh_from_db()
    assert job.state == JobState.DONE


# --- by hand --------------------------------------------------------------------------------------


def test_a_given_up_job_can_be_run_again_with_all_its_attempts():
    examples.fail.enqueue(1)
    Job.objects.update(worker_ids=["a", "b"])
    run_due_jobs()
    assert Job.objects.get().state == JobState.FAILED

    assert queue.run_again(Job.objects.all()) == 1

    [job] = run_due_jobs()
    assert (job.state, job.attempts) == (JobState.RETRYING, 1)


def test_a_waiting_job_can_be_called_off():
    examples.work.enqueue(1)

    assert queue.cancel(Job.objects.all(), now=timezone.now()) == 1

    assert run_due_jobs() == []
    assert Job.objects.get().state == JobState.CANCELLED


def test_a_running_job_can_neither_be_called_off_nor_run_again():
    examples.work.enqueue(1)
    claim()

    assert queue.cancel(Job.objects.all(), now=timezone.now()) == 0
    assert queue.run_again(Job.objects.all()) == 0
    assert Job.objects.get().state == JobState.RUNNING


# --- at once --------------------------------------------------------------------------------------


def at_once(count, work):
    """Do work(0), work(1) … at the same time; their results."""
    barrier = threading.Barrier(count)
    results = [None] * count

    def run(number):
        try:
            barrier.wait()
            results[number] = work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_each_job_has_one_worker(self):
        for number in range(4):
            examples.work.enqueue(number)

        jobs = at_once(8, lambda number: claim(str(number)))

        assert len({job.pk for job in jobs if job}) == len([job for job in jobs if job]) <= 4
        assert Job.objects.running().count() == len([job for job in jobs if job])

    def test_two_sweepers_take_up_a_job_once(self):
        examples.fail.enqueue(1)
        claim("gone")

        assert sorted(at_once(4, lambda number: sweep(str(number)))) == [0, 0, 0, 1]

    @on_postgresql
    def test_nobody_waits_for_a_job_that_another_is_just_taking(self):
        examples.work.enqueue(1)
        examples.work.enqueue(2)
        with transaction.atomic():
            first = claim("slow")
            [second] = at_once(1, lambda _number: claim("quick"))

        assert {first.args_kwargs["args"][0], second.args_kwargs["args"][0]} == {1, 2}
