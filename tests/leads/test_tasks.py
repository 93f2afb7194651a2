"""Tasks of the office, run as the worker runs them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads import tasks
from leads.background import run_due_jobs
from leads.models import (
    ApiUsage,
    ChangeBatch,
    EnquiryChange,
    IdempotencyRecord,
    Job,
    JobState,
    JobStatus,
    Schedule,
    Tag,
    TagChange,
    Worker,
)
from tests import builders
from tests.leads.background import examples

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def days_ago(days):
    return NOW - timedelta(days=days)


def make_job(status, finished_at, **values):
    examples.work.enqueue(1)
    job = Job.objects.filter(status=JobStatus.READY).get()
    Job.objects.filter(pk=job.pk).update(status=status, finished_at=finished_at, **values)
    return job.pk


def make_answer(created_at):
    return IdempotencyRecord.objects.create(
        dealer=builders.make_dealer(),
        sender="api:website",
        key="k",
        request_hash="h",
        status_code=201,
        body="{}",
        created_at=created_at,
    ).pk


def prune():
    tasks.prune.enqueue()
    [job] = run_due_jobs()
    assert job.state == JobState.DONE, job.traceback
    Job.objects.filter(pk=job.pk).delete()
    return job.return_value


def test_old_jobs_go_failed_ones_later():
    kept = {
        make_job(JobStatus.SUCCESSFUL, days_ago(13)),
        make_job(JobStatus.FAILED, days_ago(59)),
        make_job(JobStatus.RUNNING, None),
    }
    make_job(JobStatus.SUCCESSFUL, days_ago(15))
    make_job(JobStatus.FAILED, days_ago(61))

    assert prune() == 2
    assert set(Job.objects.values_list("pk", flat=True)) == kept


def test_jobs_that_found_nothing_go_after_a_day_or_as_the_operator_says(settings):
    """Of a schedule of every minute all but a few."""
    kept = {
        make_job(JobStatus.SUCCESSFUL, days_ago(0.9), return_value=0),
        make_job(JobStatus.SUCCESSFUL, days_ago(2), return_value=3),
        make_job(JobStatus.SUCCESSFUL, days_ago(2), return_value=None),
        make_job(JobStatus.FAILED, days_ago(2)),
    }
    make_job(JobStatus.SUCCESSFUL, days_ago(1.5), return_value=0)
    make_job(JobStatus.SUCCESSFUL, days_ago(2.5), return_value=0)

    settings.KEEP_EMPTY_RUNS = timedelta(days=2)
    assert prune() == 1
    settings.KEEP_EMPTY_RUNS = timedelta(days=1)
    assert prune() == 1
    assert set(Job.objects.values_list("pk", flat=True)) == kept


def test_answers_to_the_api_go_after_thirty_days():
    make_answer(days_ago(31))
    kept = make_answer(days_ago(29))

    assert prune() == 1
    assert [record.pk for record in IdempotencyRecord.objects.all()] == [kept]


def test_workers_that_never_came_back_and_dropped_schedules_go(settings):
    settings.SCHEDULES = {"leads.tasks.prune": "0 3 * * *"}
    for name, days in (("old", 8), ("new", 6)):
        Worker.objects.create(name=name, machine="office", process_id=7)
        Worker.objects.filter(name=name).update(seen_at=days_ago(days))
    for path in ("leads.tasks.prune", "leads.tasks.dropped"):
        Schedule.objects.create(task_path=path, last_slot=NOW)

    assert prune() == 2
    assert [worker.name for worker in Worker.objects.all()] == ["new"]
    assert [schedule.task_path for schedule in Schedule.objects.all()] == ["leads.tasks.prune"]


def test_many_rows_go_in_small_steps(monkeypatch):
    monkeypatch.setattr("leads.background.pruning.BATCH", 2)
    for _ in range(5):
        make_job(JobStatus.SUCCESSFUL, days_ago(15))

    assert prune() == 5


def test_what_bulk_changes_remember_goes_when_they_can_no_longer_be_undone():
    lead = builders.make_lead()
    tag = Tag.objects.create(dealer=lead.dealer, name="Messe")
    for until in (days_ago(1), days_ago(-1)):
        batch = ChangeBatch.objects.create(
            dealer=lead.dealer, kind=ChangeBatch.Kind.IMPORT, at=days_ago(20), undo_until=until
        )
        ours = {"dealer": lead.dealer, "change_batch": batch, "lead": lead}
        TagChange.objects.create(**ours, tag=tag, link=1)
        EnquiryChange.objects.create(**ours, enquiry_id=1, values={})

    assert prune() == 2
    assert TagChange.objects.get().change_batch == batch
    assert EnquiryChange.objects.get().change_batch == batch


def test_figures_of_api_keys_are_kept_for_more_than_a_year():
    key, _secret = builders.make_api_key()
    old, recent = (
        ApiUsage.objects.create(dealer=key.dealer, key=key, day=days_ago(days).date())
        for days in (402, 390)
    )

    assert prune() == 1
    assert list(ApiUsage.objects.all()) == [recent]
    assert not ApiUsage.objects.filter(pk=old.pk).exists()
