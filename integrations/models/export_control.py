"""Export control: a dealer's exports to the marketplaces, their runs and what was sent per car.

Automanager forgets after five days; what was read stays here (automanager/retention.py).
"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet, Location, within_places_of
from leads.models.user import User
from leads.models.vehicle import Vehicle

# Characters of ids and numbers that others give to things.
ID_LENGTH = 100


def names_of(vehicle: Vehicle) -> Q:
    """Rows that mean this car: its own number, or its VIN where they have no number."""
    named = Q(pk__in=[])
    if vehicle.internal_number:
        named |= Q(vehicle_number=vehicle.internal_number)
    if vehicle.vin:
        named |= Q(vehicle_number="", vin=vehicle.vin)
    return named


class Action(models.TextChoices):
    CREATE = "create", _("creation")
    CHANGE = "change", _("change")
    DELETE = "delete", _("deletion")


class ExportAppQuerySet(DealerOwnedQuerySet["ExportApp"]):
    def for_user(self, user: User) -> Self:
        """Rows of the user's dealers; where a membership names locations, only those."""
        return self.filter(within_places_of(user))


class ExportApp(DealerOwned):
    """One export of one location to one platform, as Automanager last told it.

    What Automanager did not tell is empty (None, ""). `limits` remembers the limits that locks have
    told: {"delete": 6}. Who is told about a lock is counted, not named.
    """

    class Mode(models.TextChoices):
        API = "api", _("single cars by API")
        FILE = "file", _("whole stock as a file")

    class State(models.TextChoices):
        INACTIVE = "inactive", _("switched off")
        RECONCILING = "reconciling", _("first reconciliation")
        ACTIVE = "active", _("active")
        LOCKED = "locked", _("locked")

    class Reconciliation(models.TextChoices):
        NONE = "none", _("none")
        OPEN = "open", _("open")
        DONE = "done", _("done")

    connection = models.ForeignKey(
        Connection,
        models.CASCADE,
        db_index=False,  # the constraint below has one
        verbose_name=_("connection"),
        related_name="export_apps",
    )
    location = models.ForeignKey(
        Location, models.PROTECT, verbose_name=_("location"), related_name="+"
    )
    external_id = models.CharField(_("number at the partner"), max_length=ID_LENGTH)
    platform = models.CharField(_("platform"), max_length=60)
    mode = models.CharField(_("way of sending"), max_length=4, choices=Mode, blank=True)
    dealer_number = models.CharField(_("dealer number"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, blank=True)
    provider_registered = models.BooleanField(_("data provider registered"), null=True)
    dealer_number_valid = models.BooleanField(_("dealer number valid"), null=True)

    lock_since = models.DateTimeField(_("locked since"), null=True)
    lock_action = models.CharField(_("locked by"), max_length=10, choices=Action, blank=True)
    lock_limit = models.PositiveIntegerField(_("limit"), null=True)
    lock_actual = models.PositiveIntegerField(_("actual number"), null=True)
    limits: Any = models.JSONField(default=dict)
    pending_create = models.PositiveIntegerField(_("waiting creations"), null=True)
    pending_change = models.PositiveIntegerField(_("waiting changes"), null=True)
    pending_delete = models.PositiveIntegerField(_("waiting deletions"), null=True)
    told_count = models.PositiveIntegerField(_("people to be told"), null=True)
    told_active_count = models.PositiveIntegerField(_("of them active"), null=True)
    reconciliation = models.CharField(
        _("reconciliation"), max_length=10, choices=Reconciliation, blank=True
    )
    unmatched_listings = models.PositiveIntegerField(_("unmatched listings"), null=True)
    unmatched_since = models.DateTimeField(_("unmatched since"), null=True)
    released_vehicles = models.PositiveIntegerField(_("released cars"), null=True)
    expected_interval_minutes = models.PositiveIntegerField(_("sends every (min)"), null=True)

    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    # No longer among the exports of the connection.
    gone_at = models.DateTimeField(_("gone"), null=True)
    # Its transmissions are known without a gap from … until.
    read_from = models.DateTimeField(null=True)
    read_until = models.DateTimeField(null=True)
    listings_at = models.DateTimeField(_("listings as of"), null=True)
    checked_at = models.DateTimeField(_("last checked"), null=True)

    objects = ExportAppQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["platform", "dealer_number"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="export_app_once_per_connection"
            ),
        ]
        indexes = [models.Index(fields=["dealer", "location"], name="export_app_of_location")]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.platform, self.dealer_number]))


class ExportRun(DealerOwned):
    """One time that an export was sent; file exports carry the whole stock each time."""

    class Kind(models.TextChoices):
        DELTA = "delta", _("changes")
        FULL = "full", _("whole stock")
        INITIAL = "initial", _("first run")

    class Result(models.TextChoices):
        PENDING = "pending", _("waiting")
        OK = "ok", _("confirmed")
        PARTIAL = "partial", _("partly confirmed")
        ERROR = "error", _("failed")
        LOCKED = "locked", _("locked")

    app = models.ForeignKey(
        ExportApp,
        models.CASCADE,
        db_index=False,  # the constraint below has one
        verbose_name=_("export"),
        related_name="runs",
    )
    external_id = models.CharField(_("number at the partner"), max_length=ID_LENGTH)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    result = models.CharField(_("result"), max_length=10, choices=Result, blank=True)
    created = models.PositiveIntegerField(_("creations"), default=0)
    changed = models.PositiveIntegerField(_("changes"), default=0)
    deleted = models.PositiveIntegerField(_("deletions"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    total = models.PositiveIntegerField(_("cars"), null=True)
    message = models.CharField(_("message"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("export run")
        verbose_name_plural = _("export runs")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["app", "external_id"], name="export_run_once_per_app"),
        ]
        indexes = [models.Index(fields=["app", "-sent_at"], name="export_run_newest")]

    def __str__(self) -> str:
        return f"{self.external_id}"


class TransmissionQuerySet(DealerOwnedQuerySet["Transmission"]):
    def of_vehicle(self, vehicle: Vehicle) -> Self:
        """Newest first."""
        return self.for_dealer(vehicle.dealer_id).filter(names_of(vehicle)).order_by("-at", "-pk")


class Transmission(DealerOwned):
    """What one export told its platform about one car, and what came back.

    `key` is how it is recognised when it is read again: Automanager's own number, otherwise dealer
    number, car, time and action. `feedback`: [{"severity", "code", "field", "text"}],
    `bookings`: [{"code", "label", "status"}]; `booked` counts those that cost.
    """

    class Result(models.TextChoices):
        PENDING = "pending", _("waiting")
        OK = "ok", _("no error")
        WARNING = "warning", _("accepted with a warning")
        ERROR = "error", _("refused")

    app = models.ForeignKey(
        ExportApp,
        models.CASCADE,
        db_index=False,  # the constraint below has one
        verbose_name=_("export"),
        related_name="transmissions",
    )
    key = models.CharField(max_length=ID_LENGTH + 3, editable=False)
    run_number = models.CharField(_("run"), max_length=ID_LENGTH, blank=True)
    at = models.DateTimeField(_("time"))
    vehicle_external_id = models.CharField(max_length=ID_LENGTH, blank=True)
    vehicle_number = models.CharField(_("own number"), max_length=ID_LENGTH, blank=True)
    vin = models.CharField(_("VIN"), max_length=40, blank=True)
    action = models.CharField(_("action"), max_length=10, choices=Action, blank=True)
    result = models.CharField(_("result"), max_length=10, choices=Result, blank=True)
    listing_id = models.CharField(_("listing"), max_length=ID_LENGTH, blank=True)
    listing_url = models.CharField(_("address of the listing"), max_length=500, blank=True)
    bookings: Any = models.JSONField(_("bookings"), default=list)
    booked = models.PositiveSmallIntegerField(_("paid bookings"), default=0)
    feedback: Any = models.JSONField(_("feedback"), default=list)

    objects = TransmissionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("transmission")
        verbose_name_plural = _("transmissions")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["app", "key"], name="transmission_once_per_app"),
        ]
        indexes = [
            models.Index(fields=["app", "-at"], name="transmission_newest"),
            models.Index(fields=["dealer", "vehicle_number", "-at"], name="transmission_of_car"),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, [self.vehicle_number or self.vin, self.get_action_display()]))
