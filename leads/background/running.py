"""Doing a job: call its task, note what came of it."""

from __future__ import annotations

import logging
import time
from contextlib import AbstractContextManager, nullcontext
from uuid import uuid4

from django.utils import timezone
from django_tasks_db.compat import TaskContext

from leads.background import queue
from leads.background.errors import error_line
from leads.models.background import Job, JobState

logger = logging.getLogger(__name__)


def run(job: Job, *, guard: AbstractContextManager[object] | None = None) -> JobState:
    """Do a claimed job and note its outcome, which is returned: done, retrying or failed.

    The task itself runs within `guard`, whose exceptions are not the job's. Raises
    django.db.Error if the outcome cannot be written.
    """
    started_at = time.monotonic()
    try:
        value = _call(job, guard or nullcontext())
    except (Exception, SystemExit) as error:
        is_kept = queue.fail(job, error, now=timezone.now())
        problem = error_line(error)
    else:
        is_kept = queue.succeed(job, value, now=timezone.now())
        problem = ""
    seconds = time.monotonic() - started_at
    if not is_kept:
        logger.warning("job %s %s was taken over by another worker", job.pk, job.task_path)
    job.refresh_from_db()
    level = logging.WARNING if problem else logging.INFO
    logger.log(
        level,
        "job %s %s attempt %d: %s %s(%.1f s)",
        *(job.pk, job.task_path, job.attempts, job.state.value, problem and f"{problem} ", seconds),
    )
    return job.state


def run_due_jobs() -> list[Job]:
    """Do all jobs that are due, and those they enqueue, in this thread; each with its outcome.

    For tests: works within a transaction. A failing job does not raise, see `job.traceback`.
    """
    done = []
    worker = f"here-{uuid4()}"
    while (job := queue.claim(worker, now=timezone.now())) is not None:
        run(job)
        done.append(job)
    return done


def _call(job: Job, guard: AbstractContextManager[object]) -> object:
    task = job.task
    args, kwargs = job.args_kwargs["args"], job.args_kwargs["kwargs"]
    if task.takes_context:
        args = [TaskContext(task_result=job.task_result), *args]
    with guard:
        return task.call(*args, **kwargs)
