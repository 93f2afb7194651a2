"""Tasks by the clock: settings.SCHEDULES, task path → cron expression."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import transaction

from leads.background.crontab import last_slot
from leads.background.queue import enqueue
from leads.models.background import Schedule


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
