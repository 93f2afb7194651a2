"""Rows that nobody looks at any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Model, QuerySet

from leads.models.api_key import ApiUsage, IdempotencyRecord
from leads.models.background import Job, JobStatus, Schedule, Worker
from leads.models.batch_memory import EnquiryChange, EntryChange, TagChange

KEEP_DONE = timedelta(days=14)
KEEP_FAILED = timedelta(days=60)
KEEP_WORKERS = timedelta(days=7)  # that ended without saying so
KEEP_USAGE = timedelta(days=400)  # figures of API keys: the same month of the year before
KEEP_ANSWERS = timedelta(days=30)  # API: how long an Idempotency-Key is remembered

BATCH = 1000  # rows deleted in one transaction


def prune(*, now: datetime) -> int:
    """Delete old jobs (soon those that found nothing to do: a schedule of every minute makes many
    of them), lost workers, dropped schedules, stored answers, figures, what bulk changes remember;
    how many rows."""
    finished = Job.objects.order_by("pk")
    return sum(
        map(
            _delete,
            [
                finished.filter(status=JobStatus.SUCCESSFUL, finished_at__lt=now - KEEP_DONE),
                finished.filter(
                    status=JobStatus.SUCCESSFUL,
                    return_value=0,
                    finished_at__lt=now - settings.KEEP_EMPTY_RUNS,
                ),
                finished.filter(status=JobStatus.FAILED, finished_at__lt=now - KEEP_FAILED),
                Worker.objects.filter(seen_at__lt=now - KEEP_WORKERS),
                Schedule.objects.exclude(task_path__in=settings.SCHEDULES),
                IdempotencyRecord.objects.filter(created_at__lt=now - KEEP_ANSWERS),
                ApiUsage.objects.filter(day__lt=(now - KEEP_USAGE).date()),
                # By then the bulk change can no longer be undone.
                TagChange.objects.filter(change_batch__undo_until__lt=now),
                EnquiryChange.objects.filter(change_batch__undo_until__lt=now),
                EntryChange.objects.filter(change_batch__undo_until__lt=now),
            ],
        )
    )


def _delete(rows: QuerySet[Model]) -> int:
    """Delete rows in small transactions, so that nobody waits for long."""
    deleted = 0
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        deleted += rows.model._default_manager.filter(pk__in=ids).delete()[0]
    return deleted
