"""Runs that nobody asks about any more: with a schedule of every minute most bring nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from integrations.models import SyncRun
from integrations.models.sync_run import COUNTERS

KEEP = timedelta(days=400)  # figures: the same month of the year before
BATCH = 1000  # rows deleted in one transaction


def prune(*, now: datetime) -> int:
    """Delete them in small transactions; how many runs. Their exchanges stay."""
    empty = SyncRun.objects.filter(
        started_at__lt=now - settings.KEEP_EMPTY_RUNS,
        state=SyncRun.State.DONE,
        **dict.fromkeys(COUNTERS, 0),
    )
    old = SyncRun.objects.filter(started_at__lt=now - KEEP).exclude(state=SyncRun.State.RUNNING)
    return _delete(empty) + _delete(old)


def _delete(runs: QuerySet[SyncRun]) -> int:
    deleted = 0
    while ids := list(runs.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        SyncRun.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
