"""What our checks of the exports found, and when they looked."""

from __future__ import annotations

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from integrations.models.export_control import ID_LENGTH, ExportApp, names_of
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet, Location, within_places_of
from leads.models.lead import Lead
from leads.models.severity import Severity
from leads.models.user import User
from leads.models.vehicle import Vehicle


class FindingQuerySet(DealerOwnedQuerySet["Finding"]):
    def for_user(self, user: User) -> Self:
        """Rows of the user's dealers; where a membership names locations, only those and what is
        wrong at none in particular."""
        return self.filter(within_places_of(user))

    def open(self) -> Self:
        return self.filter(closed_at=None)

    def loud(self) -> Self:
        """Open, and nobody has acknowledged them."""
        return self.open().filter(acknowledged_at=None)

    def worst_first(self) -> Self:
        return self.order_by("-severity", "-opened_at", "-pk")

    def of_vehicle(self, vehicle: Vehicle) -> Self:
        return self.for_dealer(vehicle.dealer_id).filter(names_of(vehicle))

    def of_lead(self, lead: Lead) -> Self:
        """What those who work on the lead should know."""
        return self.for_dealer(lead.dealer_id).filter(lead=lead)


class Finding(DealerOwned):
    """One thing that is wrong, from the time it was noticed until it is gone.

    `key` names check, connection, export, dealer number and car, so that the next look finds the
    same row. `facts` are the figures of its sentence (automanager/wording.py), never personal data.
    Acknowledged, it stays quiet until it becomes worse than `acknowledged_severity`.
    """

    connection = models.ForeignKey(
        Connection,
        models.CASCADE,
        db_index=False,
        verbose_name=_("connection"),
        related_name="findings",
    )
    check_code = models.CharField(_("check"), max_length=10)
    key = models.CharField(max_length=360, editable=False)
    severity = models.PositiveSmallIntegerField(_("severity"), choices=Severity)
    location = models.ForeignKey(
        Location,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,  # finding_of_location has it
        verbose_name=_("location"),
        related_name="+",
    )
    app = models.ForeignKey(
        ExportApp,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("export"),
        related_name="findings",
    )
    dealer_number = models.CharField(_("dealer number"), max_length=40, blank=True)
    vehicle_number = models.CharField(_("own number"), max_length=ID_LENGTH, blank=True)
    vin = models.CharField(_("VIN"), max_length=40, blank=True)
    lead = models.ForeignKey(
        Lead,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("lead"),
        related_name="findings",
    )
    facts: Any = models.JSONField(_("facts"), default=dict, blank=True)

    # When those who are named are told that it is new, back or worse; empty: they were.
    tell_at = models.DateTimeField(null=True, blank=True, editable=False)
    opened_at = models.DateTimeField(_("since"))
    last_seen_at = models.DateTimeField(_("last seen"))
    closed_at = models.DateTimeField(_("gone"), null=True, blank=True)
    reopened_count = models.PositiveIntegerField(_("came back"), default=0)
    acknowledged_at = models.DateTimeField(_("acknowledged"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("acknowledged by"),
        related_name="+",
    )
    acknowledged_severity = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    objects = FindingQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ["-severity", "-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "key"], name="finding_once_per_key"),
        ]
        indexes = [
            models.Index(
                fields=["dealer", "-severity", "-opened_at", "-id"],
                name="finding_open",
                condition=Q(closed_at=None),
            ),
            models.Index(
                fields=["location", "-severity"],
                name="finding_of_location",
                condition=Q(closed_at=None),
            ),
            models.Index(fields=["connection", "check_code"], name="finding_of_connection"),
            models.Index(
                fields=["tell_at"], name="finding_to_tell", condition=Q(tell_at__isnull=False)
            ),
            models.Index(
                fields=["dealer", "vehicle_number"],
                name="finding_of_car",
                condition=~Q(vehicle_number=""),
            ),
            models.Index(fields=["dealer", "-last_seen_at", "-id"], name="finding_newest"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.check_code, self.vehicle_number]))

    @property
    def is_quiet(self) -> bool:
        return self.acknowledged_at is not None


class ExportCheck(DealerOwned):
    """One look at the exports of one connection, and what it brought.

    `read`: rows by list, {"transmissions": 412}. `skipped`: [{"check", "app", "reason"}].
    `outcome`: {"new": 2, "known": 5, "reopened": 0, "closed": 1}. `open_counts`: open findings by
    location ("" without one) and severity, {"3": {"critical": 1}}; a chart is drawn from these.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        PARTIAL = "partial", _("partly done")
        FAILED = "failed", _("failed")

    connection = models.ForeignKey(
        Connection,
        models.CASCADE,
        db_index=False,  # export_check_newest begins with it
        verbose_name=_("connection"),
        related_name="export_checks",
    )
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    apps = models.PositiveIntegerField(_("exports"), default=0)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    read: Any = models.JSONField(_("read"), default=dict)
    skipped: Any = models.JSONField(_("checks left out"), default=list)
    outcome: Any = models.JSONField(_("outcome"), default=dict)
    open_counts: Any = models.JSONField(_("open findings"), default=dict)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("check of the exports")
        verbose_name_plural = _("checks of the exports")
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="export_check_newest"),
            models.Index(fields=["dealer", "-started_at"], name="export_check_of_dealer"),
        ]

    def __str__(self) -> str:
        started = date_format(timezone.localtime(self.started_at), "SHORT_DATETIME_FORMAT")
        return f"{self.connection} {started}"
