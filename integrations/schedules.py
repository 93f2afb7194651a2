"""Which jobs the connections have, and starting them when their time has come.

A partner's job is a line in JOBS: its task in integrations/tasks.py takes the ids of dealer and
connection. When it runs is set per connection, in its page of the admin (ConnectionSchedule).
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cronsim import CronSimError
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.models import Connection, ConnectionSchedule, Partner
from integrations.models.connection import ConnectionQuerySet
from leads.background import enqueue
from leads.models.background import Job, JobStatus

logger = logging.getLogger(__name__)

_AT_ONCE = 500  # schedules started in one round


@dataclass(frozen=True, kw_only=True, slots=True)
class ConnectionJob:
    """`crontab` is for new connections, `command` does the same by hand; `--connection ID`."""

    name: str  # kept with each schedule
    title: str | Promise
    crontab: str
    task: str
    command: str


# The first job of a partner is what its connections are for: without it they are not well.
JOBS: dict[str, tuple[ConnectionJob, ...]] = {
    Partner.BDK: (
        ConnectionJob(
            name="fetch",
            title=_("Fetch leads"),
            crontab="* * * * *",  # contract §4.7
            task="integrations.tasks.fetch_bdk_leads",
            command="sync_bdk_leads",
        ),
        ConnectionJob(
            name="reconcile",
            title=_("Look for leads that were missed"),
            crontab="23 2 * * *",
            task="integrations.tasks.reconcile_with_bdk",
            command="sync_bdk_leads --reconcile",
        ),
    ),
    Partner.MAIL: (
        ConnectionJob(
            name="fetch",
            title=_("Fetch mails"),
            crontab="*/5 * * * *",
            task="integrations.tasks.fetch_mail_leads",
            command="fetch_mail_leads",
        ),
    ),
    Partner.AUTOMANAGER: (
        ConnectionJob(
            name="check",
            title=_("Check the exports"),
            crontab="*/30 * * * *",
            task="integrations.tasks.check_automanager_exports",
            command="check_automanager_exports",
        ),
    ),
    Partner.MARKETPLACE: (
        ConnectionJob(
            name="fetch",
            title=_("Fetch the stock"),
            crontab="17 * * * *",
            task="integrations.tasks.fetch_stock",
            command="fetch_stock",
        ),
    ),
    Partner.META: (
        ConnectionJob(
            name="catch_up",
            title=_("Look for leads that were missed"),
            crontab="41 2 * * *",
            task="integrations.tasks.look_for_missed_leads",
            command="catch_up_meta_leads",
        ),
    ),
}


def job_of(schedule: ConnectionSchedule) -> ConnectionJob | None:
    """None for a job that this version does not have."""
    jobs = JOBS.get(schedule.connection.partner, ())
    return next((job for job in jobs if job.name == schedule.job), None)


def start_due(*, now: datetime) -> int:
    """Enqueue the jobs whose time has come; how many. A round of the workers.

    Any number of workers may ask at once, each slot starts once. However many slots were missed
    while all were down, the job starts once; if it still waits or runs, it is not put behind
    itself.
    """
    due = ConnectionSchedule.objects.due(now).select_related("connection").order_by("next_at", "pk")
    return sum(_start(schedule, now=now) for schedule in due[:_AT_ONCE])


@transaction.atomic
def _start(schedule: ConnectionSchedule, *, now: datetime) -> bool:
    job = job_of(schedule)
    then = _after(schedule, now) if job else None
    if not ConnectionSchedule.objects.move_on(schedule, to=then):
        return False  # somebody else has
    if job is None or _is_unfinished(schedule.last_job):
        return False
    started = enqueue(job.task, schedule.dealer_id, schedule.connection_id)
    ConnectionSchedule.objects.filter(pk=schedule.pk).update(last_job=started)
    return True


@transaction.atomic
def start_now(connection: Connection, job: ConnectionJob, *, now: datetime) -> bool:
    """Put a job into the queue out of turn; False if it waits or runs already."""
    schedules = ConnectionSchedule.objects.filter(connection=connection, job=job.name)
    if not schedules.exists():  # the round that gives them comes later
        give_schedules(Connection.objects.filter(pk=connection.pk), now=now)
    schedule = schedules.select_for_update().get()
    if _is_unfinished(schedule.last_job):
        return False
    schedules.update(last_job=enqueue(job.task, connection.dealer_id, connection.pk))
    return True


def _is_unfinished(job_id: UUID | None) -> bool:
    unfinished = [JobStatus.READY, JobStatus.RUNNING]
    if job_id is None:
        return False
    return Job.objects.filter(pk=job_id, status__in=unfinished).exists()


def _after(schedule: ConnectionSchedule, now: datetime) -> datetime | None:
    try:
        return schedule.slot_after(now)
    except CronSimError:  # written past the form
        logger.error("schedule %s: no crontab", schedule.pk)
        return None


def give_schedules(connections: ConnectionQuerySet, *, now: datetime) -> int:
    """The usual schedule for each job of these connections that has none yet; how many.

    However a connection came to be, it has its schedules with the next round of the workers.
    """
    given = 0
    for partner, jobs in JOBS.items():
        for job in jobs:
            without = connections.filter(partner=partner).exclude(schedules__job=job.name)
            given += len(_given(job, without.only("dealer_id"), now=now))
    return given


def _given(
    job: ConnectionJob, connections: Iterable[Connection], *, now: datetime
) -> list[ConnectionSchedule]:
    schedules = []
    for connection in connections:
        schedule = ConnectionSchedule(
            dealer_id=connection.dealer_id, connection=connection, job=job.name
        )
        schedule.set_crontab(job.crontab, now=now)
        schedules.append(schedule)
    # Somebody else may give it at this moment.
    return ConnectionSchedule.objects.bulk_create(schedules, ignore_conflicts=True)
