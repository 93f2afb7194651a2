"""What comes in by website forms, counted: by day for people, by caller for the limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.website_form import WebsiteForm
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet


class FormDay(DealerOwned):
    """What one form brought on one day (of Berlin)."""

    form = models.ForeignKey(
        WebsiteForm, models.CASCADE, verbose_name=_("website form"), related_name="days"
    )
    day = models.DateField(_("day"))
    received = models.PositiveIntegerField(_("received"), default=0)
    spam = models.PositiveIntegerField(_("suspected spam"), default=0)

    class Meta:
        verbose_name = _("day of a website form")
        verbose_name_plural = _("days of website forms")
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["form", "day"], name="form_day_once_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


class FormAttemptsQuerySet(DealerOwnedQuerySet["FormAttempts"]):
    def outdated(self, now: datetime) -> Self:
        """Those that limit nothing any more."""
        return self.filter(starts_at__lt=now - FormAttempts.KEPT)


class FormAttempts(DealerOwned):
    """How often one caller has sent a form since `starts_at`, within a minute or an hour.

    `caller` is a keyed hash of the address and the day: it tells callers apart for a day and
    leads back to nobody.
    """

    KEPT = timedelta(hours=2)

    class Span(models.TextChoices):
        MINUTE = "minute", _("minute")
        HOUR = "hour", _("hour")

    form = models.ForeignKey(
        WebsiteForm, models.CASCADE, verbose_name=_("website form"), related_name="+"
    )
    caller = models.CharField(max_length=64)
    span = models.CharField(max_length=6, choices=Span)
    starts_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    objects = FormAttemptsQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("attempts to send a website form")
        verbose_name_plural = _("attempts to send website forms")
        constraints = [
            models.UniqueConstraint(
                fields=["form", "caller", "span", "starts_at"], name="form_attempts_once_per_span"
            ),
        ]
        indexes = [models.Index(fields=["starts_at"], name="form_attempts_by_start")]

    def __str__(self) -> str:
        return f"{self.span} {self.starts_at:%H:%M}"
