"""Schedules: when the jobs of a connection run by themselves."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from leads.background import crontab
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet

SPREAD = 50  # seconds after the full minute, so a slot still begins in its minute
_GOLDEN = (5**0.5 - 1) / 2  # multiples of it keep their distance, however many there are


class ScheduleQuerySet(DealerOwnedQuerySet["ConnectionSchedule"]):
    def due(self, now: datetime) -> Self:
        """Those whose time has come, of connections that are switched on."""
        return self.filter(
            next_at__lte=now, connection__is_active=True, connection__dealer__is_active=True
        )

    def move_on(self, schedule: ConnectionSchedule, *, to: datetime | None) -> bool:
        """Whether the caller is the one who starts the slot that it has seen. One UPDATE decides,
        so any number of schedulers may ask at once."""
        mine = self.filter(pk=schedule.pk, next_at=schedule.next_at)
        return mine.update(last_slot=F("next_at"), next_at=to) == 1


class ConnectionSchedule(DealerOwned):
    """One job of one connection by the clock; integrations/schedules.py says which jobs there are.

    `crontab` has a line or several, in Berlin time; without one the job runs only when somebody
    starts it. `next_at` is kept with it: the time of the line and the connection's `delay`.
    """

    connection = models.ForeignKey(
        Connection, models.CASCADE, verbose_name=_("connection"), related_name="schedules"
    )
    job = models.CharField(_("job"), max_length=20, editable=False)
    crontab = models.TextField(_("when"), blank=True, max_length=500)
    changed_at = models.DateTimeField(_("valid since"), db_default=Now(), editable=False)
    next_at = models.DateTimeField(_("next time"), null=True, blank=True, editable=False)
    last_slot = models.DateTimeField(_("last time"), null=True, blank=True, editable=False)
    # The job of the last slot: while it waits for a worker, no further one is put behind it.
    last_job = models.UUIDField(null=True, blank=True, editable=False)

    objects = ScheduleQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("schedule of a connection")
        verbose_name_plural = _("schedules of connections")
        ordering = ["connection", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "job"], name="connection_schedule_once_per_job"
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="connection_schedule_due",
                condition=Q(next_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.job

    @property
    def lines(self) -> list[str]:
        return crontab.lines_of(self.crontab)

    @property
    def delay(self) -> timedelta:
        """So many whole seconds after the full minute its slots begin, always the same: the jobs
        of many dealers must not ask one partner in the same second (BDK contract §4.6)."""
        return timedelta(seconds=int(self.connection_id * _GOLDEN % 1 * SPREAD))

    def set_crontab(self, text: str, *, now: datetime) -> None:
        """Raises crontab.BadCrontab. What was missed before is not made up for."""
        lines = crontab.lines_of(text)
        for line in lines:
            crontab.check(line, now=now)
        self.crontab = "\n".join(lines)
        self.changed_at = now
        self.next_at = self.slot_after(now)

    def slot_after(self, now: datetime) -> datetime | None:
        """The first time after now; None without a line."""
        slot = next(iter(crontab.next_slots(self.lines, now - self.delay, 1)), None)
        return slot + self.delay if slot else None
