"""When a location is open: its week, and the days on which it stays shut.

services/calendar.py makes a calendar of both, with the holidays of the federal state.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, Location


class Weekday(models.IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpeningHours(DealerOwned):
    """One stretch of the week in which a location is open; a break makes two of a day."""

    location = models.ForeignKey(
        Location,
        models.CASCADE,
        db_index=False,  # the constraint below begins with it
        verbose_name=_("location"),
        related_name="opening_hours",
    )
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday)
    opens = models.TimeField(_("opens at"))
    closes = models.TimeField(_("closes at"))

    class Meta:
        verbose_name = _("opening time")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "weekday", "opens"], name="opening_hours_begin_once"
            ),
            models.CheckConstraint(
                condition=Q(closes__gt=F("opens")), name="opening_hours_end_after_they_begin"
            ),
        ]

    def __str__(self) -> str:
        opens, closes = (time_format(one, "TIME_FORMAT") for one in (self.opens, self.closes))
        return f"{self.get_weekday_display()} {opens} – {closes}"

    def clean(self) -> None:
        if self.opens and self.closes and self.closes <= self.opens:
            raise ValidationError({"closes": _("It must close after it opens.")})


class ClosedDay(DealerOwned):
    """Days on which a location stays shut although it is no holiday."""

    location = models.ForeignKey(
        Location,
        models.CASCADE,
        db_index=False,  # the one below begins with it
        verbose_name=_("location"),
        related_name="closed_days",
    )
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("until"), blank=True, help_text=_("Empty: this day only."))
    name = models.CharField(_("name"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("closed day")
        verbose_name_plural = _("closed days")
        ordering = ["first_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="closed_day_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["location", "last_on"], name="closed_day_of_location")]

    def __str__(self) -> str:
        first, last = (date_format(one, "SHORT_DATE_FORMAT") for one in self._ends())
        days = first if first == last else f"{first} – {last}"
        return f"{self.name} {days}".strip()

    def _ends(self) -> tuple[Any, Any]:
        return self.first_on, self.last_on or self.first_on

    def clean(self) -> None:
        if self.first_on and self.last_on and self.last_on < self.first_on:
            raise ValidationError({"last_on": _("It must not end before it begins.")})
        self.last_on = self.last_on or self.first_on
