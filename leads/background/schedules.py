"""Tasks by the clock: settings.SCHEDULES, task path → cron expression."""

from __future__ import annotations

from datetime import datetime, timedelta

from cronsim import CronSim
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from leads.background.queue import enqueue
from leads.models.background import Schedule


def last_slot(expression: str, now: datetime) -> datetime:
    """The last time, up to now, at which the expression says to run; in the zone of the office.

    On the night when clocks go back a fixed time comes once, when they go forward none is left
    out, as with Debian's cron. Raises CronSimError.
    """
    # The library looks strictly before its start, unless that has a fraction of a second.
    start = timezone.localtime(now) + timedelta(microseconds=not now.microsecond)
    return next(CronSim(expression, start, reverse=True))


def enqueue_due(*, now: datetime) -> int:
    """Enqueue each task whose time has come since it was enqueued last; how many.

    Any number of workers may ask at once: whoever moves the row on enqueues, in one transaction.
    However many times were missed, the task runs once. A task seen for the first time waits for
    its next time. Raises ImportError for a task that is not there, after all others had theirs.
    """
    known = dict(Schedule.objects.values_list("task_path", "last_slot"))
    enqueued = 0
    missing: ImportError | None = None
    for path, expression in settings.SCHEDULES.items():
        slot = last_slot(expression, now)
        if path not in known:
            Schedule.objects.get_or_create(task_path=path, defaults={"last_slot": slot})
        elif known[path] < slot:
            try:
                enqueued += _enqueue_once(path, slot)
            except ImportError as error:
                missing = error
    if missing is not None:
        raise missing
    return enqueued


@transaction.atomic
def _enqueue_once(path: str, slot: datetime) -> bool:
    is_first = Schedule.objects.filter(task_path=path, last_slot__lt=slot).update(last_slot=slot)
    if is_first:
        enqueue(path)
    return bool(is_first)
