"""The queue on Redis instead of in the database, for very large installations (django-tasks-rq).

Jobs are done by `manage.py rqworker`; `manage.py worker` still runs for schedules and rounds. What
it costs, and when it pays: docs/operating.md. A job is sent once its cause is committed, so a
process that dies in that very moment loses it, which the queue in the database never does.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any
from uuid import uuid4

import django_rq
from django.db import transaction
from django_tasks.base import TaskResult, TaskResultStatus
from django_tasks_rq import Job, RQBackend
from rq import Retry as RqRetry
from rq import Worker
from rq.job import JobStatus

from leads.background.errors import error_line, error_text
from leads.background.tasks import HouseTask, Retry, check_ids

logger = logging.getLogger(__name__)

KEEP_DONE = 24 * 60 * 60  # seconds
KEEP_FAILED = 60 * 24 * 60 * 60
LOOKED_FOR_LOST = 60  # seconds


class TaskFailed(Exception):
    """What is kept of a failure: its kind, no values of strangers."""


class HouseJob(Job):
    """settings.RQ names it, so that workers make these."""

    def _execute(self) -> Any:
        try:
            value = super()._execute()
        except Exception as error:
            # Redis would keep the message of whatever failed.
            logger.warning("job %s %s failed:\n%s", self.id, self.func_name, error_text(error))
            raise TaskFailed(error_line(error)) from None
        return value if isinstance(value, int) else None


class HouseWorker(Worker):
    """settings.RQ names it. It looks every minute for jobs of workers that were killed; the
    library's own takes ten, and much longer while there is nothing else to do."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"maintenance_interval": LOOKED_FOR_LOST, **options})

    @property
    def dequeue_timeout(self) -> int:
        return min(super().dequeue_timeout, LOOKED_FOR_LOST)


class RedisBackend(RQBackend):
    """The queue of the library, with our kind of task, after the commit."""

    task_class: Any = HouseTask
    supports_async_task = False

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        """Raises NotAnId. After a rollback nothing is sent."""
        check_ids(task, args, kwargs)
        self.validate_task(task)
        result: Any = TaskResult(
            task=task,
            id=str(uuid4()),
            status=TaskResultStatus.READY,
            enqueued_at=None,
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        transaction.on_commit(partial(self._send, task, args, kwargs, result.id))
        return result

    def _send(self, task: Any, args: Any, kwargs: Any, job_id: str) -> None:
        queue = django_rq.get_queue(task.queue_name, job_class=HouseJob)
        job = queue.create_job(
            task.module_path,
            args=args,
            kwargs=kwargs,
            job_id=job_id,
            status=JobStatus.SCHEDULED if task.run_after else JobStatus.QUEUED,
            retry=_retry(task.retry),
            result_ttl=KEEP_DONE,
            failure_ttl=KEEP_FAILED,
            meta={"backend_name": self.alias},
        )
        if task.run_after is None:
            queue.enqueue_job(job)
        else:
            queue.schedule_job(job, task.run_after)


def _retry(policy: Retry) -> RqRetry | None:
    """As often and as long as in the database; the pauses need `rqworker --with-scheduler`."""
    if policy.attempts <= 1:
        return None
    again = range(1, policy.attempts)
    pauses = [round(policy.delay(attempt).total_seconds()) for attempt in again]
    return RqRetry(max=len(pauses), interval=pauses)
