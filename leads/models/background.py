"""Background work: jobs, the workers that do them, and what recurs by the clock.

Rows of the system, without a dealer: a job holds nothing but ids, and looks behind a dealer's wall
only through the service that it calls.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.core.exceptions import SuspiciousOperation
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django_tasks_db.compat import TaskResultStatus
from django_tasks_db.models import DBTaskResult, get_date_max

JobStatus = TaskResultStatus


class JobState(models.TextChoices):
    """Where a job stands, in more detail than the queue's own status."""

    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    RETRYING = "retrying", _("waiting for another attempt")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class JobQuerySet(models.QuerySet["Job"]):
    def due(self, now: datetime) -> Self:
        """Waiting, and the time has come; the most urgent first."""
        # The queue's way to say "at once" is a date in the far future, not NULL.
        return self.filter(
            Q(run_after=get_date_max()) | Q(run_after__lte=now), status=JobStatus.READY
        )

    def ready(self) -> Self:
        """Waiting, for their time too."""
        return self.filter(status=JobStatus.READY)

    def running(self) -> Self:
        return self.filter(status=JobStatus.RUNNING)

    def at_rest(self) -> Self:
        """In nobody's hands."""
        return self.exclude(status=JobStatus.RUNNING)

    def in_state(self, state: JobState) -> Self:
        match state:
            case JobState.WAITING:
                return self.ready().filter(exception_class_path="")
            case JobState.RETRYING:
                return self.ready().exclude(exception_class_path="")
            case JobState.RUNNING:
                return self.running()
            case JobState.DONE:
                return self.filter(status=JobStatus.SUCCESSFUL)
        is_cancelled = Q(exception_class_path=Job.CANCELLED)
        failed = self.filter(status=JobStatus.FAILED)
        return failed.filter(is_cancelled if state == JobState.CANCELLED else ~is_cancelled)


class Job(DBTaskResult):
    """One row of the queue: a task with the ids it is about, done by a worker at least once.

    A job that failed waits for its next attempt with `traceback` filled; leads/background/queue.py
    is the only place that moves jobs from state to state.
    """

    # Stands in `exception_class_path` of a job that a person called off: for the queue it failed.
    CANCELLED = "cancelled"

    objects = JobQuerySet.as_manager()  # type: ignore[assignment,misc]

    class Meta:
        proxy = True
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """What it does, in words; a task that this version does not have goes by its name."""
        try:
            title = getattr(self.task, "title", "")
        except (ImportError, SuspiciousOperation):
            title = ""
        return str(title or capfirst(self.task_name.replace("_", " ")))

    @property
    def attempts(self) -> int:
        return len(self.worker_ids)

    @property
    def due_at(self) -> datetime | None:
        """When it may run; None: at once."""
        return None if self.run_after == get_date_max() else self.run_after

    @property
    def state(self) -> JobState:
        match self.status:
            case JobStatus.RUNNING:
                return JobState.RUNNING
            case JobStatus.SUCCESSFUL:
                return JobState.DONE
            case JobStatus.FAILED:
                is_cancelled = self.exception_class_path == self.CANCELLED
                return JobState.CANCELLED if is_cancelled else JobState.FAILED
        return JobState.RETRYING if self.exception_class_path else JobState.WAITING

    @property
    def error(self) -> str:
        """The last line of the last attempt's traceback."""
        return self.traceback.strip().rpartition("\n")[2]


class WorkerQuerySet(models.QuerySet["Worker"]):
    def alive(self, lease: timedelta) -> Self:
        """Seen within the lease, by the clock of the database, which all machines share."""
        return self.filter(seen_at__gte=Now() - lease)


class Worker(models.Model):
    """A process that does jobs; the row goes when it ends in order, and stays when it is killed."""

    name = models.CharField(_("name"), max_length=64, unique=True)
    machine = models.CharField(_("machine"), max_length=255)
    process_id = models.PositiveIntegerField(_("process"))
    started_at = models.DateTimeField(_("started"), db_default=Now())
    seen_at = models.DateTimeField(_("last seen"), db_default=Now())
    # What goes wrong between its jobs: rounds with the kind of their error.
    trouble = models.CharField(_("trouble"), max_length=300, blank=True)

    objects = WorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("background process")
        verbose_name_plural = _("background processes")
        ordering = ["machine", "process_id"]

    def __str__(self) -> str:
        return f"{self.machine}:{self.process_id}"


class Schedule(models.Model):
    """How far a task of settings.SCHEDULES has come; one row decides which worker enqueues it."""

    task_path = models.CharField(_("task"), max_length=200, unique=True)
    last_slot = models.DateTimeField(_("last time"))

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering = ["task_path"]

    def __str__(self) -> str:
        return self.task_path
