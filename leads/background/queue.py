"""The states of a job. Each step is one UPDATE that holds only if nobody else was there first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from django.utils.module_loading import import_string
from django_tasks_db.models import get_date_max

from leads.background.errors import error_text
from leads.background.tasks import HouseTask, Retry
from leads.models.background import Job, JobQuerySet, JobStatus, Worker


class WorkerLost(Exception):
    """The worker was gone before the job was done."""


def enqueue(path: str, *ids: object, run_after: datetime | None = None) -> UUID:
    """Put a task into the queue by its dotted path; the id of the job.

    For rooms that may not import the doors in which tasks are declared. Part of the transaction
    around it. Raises ImportError and NotAnId.
    """
    task = import_string(path)
    return UUID(task.using(run_after=run_after).enqueue(*ids).id)


def claim(worker: str, *, now: datetime) -> Job | None:
    """Take the next due job for this worker; None if there is none. No other worker gets it."""
    # Most looks find nothing; they take no lock, which on SQLite would keep all writers waiting.
    if not Job.objects.due(now).exists():
        return None
    with transaction.atomic():
        job = Job.objects.due(now).select_for_update(skip_locked=True).first()
        if job is not None:
            job.claim(worker)
    return job


def succeed(job: Job, value: object, *, now: datetime) -> bool:
    """Note that the job is done. Of what the task returned only a number is kept."""
    return _move(
        job,
        status=JobStatus.SUCCESSFUL,
        finished_at=now,
        return_value=value if isinstance(value, int) else None,
        exception_class_path="",
        traceback="",
    )


def fail(job: Job, error: BaseException, *, now: datetime) -> bool:
    """Note a failed attempt: the job waits for the next one, or is given up."""
    is_over = job.attempts >= policy_of(job).attempts
    step = _given_up(now) if is_over else _waiting(now + policy_of(job).delay(job.attempts))
    return _move(job, **step, **_words_on(error))


def give_back(job: Job) -> bool:
    """Let another worker do the job. The attempt does not count, the job did not fail."""
    return _move(job, status=JobStatus.READY, worker_ids=job.worker_ids[:-1], started_at=None)


def sweep(*, worker: str, lease: timedelta, now: datetime) -> int:
    """Take up again what workers left behind that are gone; how many jobs. Any number may sweep.

    The worker that asks has nothing in hand, so a running job under its own name is lost too:
    the database was away when its outcome should have been written.
    """
    # First the jobs, then the living: whoever takes a job has signed on before.
    running = list(Job.objects.running().order_by("pk"))
    if not running:
        return 0
    alive = set(Worker.objects.alive(lease).exclude(name=worker).values_list("name", flat=True))
    lost = [job for job in running if not job.worker_ids or job.worker_ids[-1] not in alive]
    return sum(_lost(job, now=now) for job in lost)


def run_again(jobs: JobQuerySet) -> int:
    """Let all of these jobs run at once that are not running, with all attempts; how many."""
    return jobs.at_rest().update(
        status=JobStatus.READY,
        run_after=get_date_max(),
        worker_ids=[],
        started_at=None,
        finished_at=None,
        return_value=None,
        exception_class_path="",
        traceback="",
    )


def cancel(jobs: JobQuerySet, *, now: datetime) -> int:
    """Call off those of these jobs that still wait; how many."""
    return jobs.ready().update(
        status=JobStatus.FAILED, finished_at=now, exception_class_path=Job.CANCELLED
    )


def policy_of(job: Job) -> Retry:
    """The task's own policy; the usual one for a task that this version does not have."""
    try:
        task = job.task
    except (ImportError, SuspiciousOperation):
        return Retry()
    return task.retry if isinstance(task, HouseTask) else Retry()


def _lost(job: Job, *, now: datetime) -> bool:
    is_over = job.attempts >= policy_of(job).attempts
    # At once: nothing says that the job itself went wrong.
    step = _given_up(now) if is_over else _waiting(get_date_max())
    return _move(job, **step, **_words_on(WorkerLost(WorkerLost.__doc__)))


def _waiting(run_after: datetime) -> dict[str, Any]:
    return {"status": JobStatus.READY, "run_after": run_after}


def _given_up(now: datetime) -> dict[str, Any]:
    return {"status": JobStatus.FAILED, "finished_at": now}


def _words_on(error: BaseException) -> dict[str, str]:
    kind = type(error)
    return {
        "exception_class_path": f"{kind.__module__}.{kind.__qualname__}",
        "traceback": error_text(error),
    }


def _move(job: Job, **values: Any) -> bool:
    """Change a running job, unless it was taken from us meanwhile. The start is the token."""
    mine = Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING, started_at=job.started_at)
    return mine.update(**values) == 1
