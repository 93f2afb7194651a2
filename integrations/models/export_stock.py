"""The stock as Automanager knows it, for which exports it is released, and its ads outside.

Kept beside leads.Vehicle, which is the dealer's own and may be known from elsewhere: this is what a
partner says, and what the exports are measured by.
"""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from integrations.models.export_control import ID_LENGTH, ExportApp, names_of
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet, Location
from leads.models.vehicle import Vehicle


class StockCarQuerySet(DealerOwnedQuerySet["StockCar"]):
    def of_vehicle(self, vehicle: Vehicle) -> Self:
        return self.for_dealer(vehicle.dealer_id).filter(names_of(vehicle))


class StockCar(DealerOwned):
    """One car of the stock. A reservation does not take it offline."""

    class Status(models.TextChoices):
        IN_STOCK = "in_stock", _("in stock")
        SOLD = "sold", _("sold")
        DELETED = "deleted", _("deleted")

    connection = models.ForeignKey(
        Connection,
        models.CASCADE,
        db_index=False,  # the constraint below has one
        verbose_name=_("connection"),
        related_name="+",
    )
    location = models.ForeignKey(
        Location, models.PROTECT, verbose_name=_("location"), related_name="+"
    )
    external_id = models.CharField(_("number at the partner"), max_length=ID_LENGTH)
    vehicle_number = models.CharField(_("own number"), max_length=ID_LENGTH, blank=True)
    vin = models.CharField(_("VIN"), max_length=40, blank=True)
    title = models.CharField(_("name"), max_length=200, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    status = models.CharField(_("state"), max_length=10, choices=Status, blank=True)
    # Since we noticed the state; at first sight, when the car was last changed.
    status_since = models.DateTimeField()
    reserved_until = models.DateTimeField(_("reserved until"), null=True)
    online = models.BooleanField(_("online"), null=True)
    updated_at = models.DateTimeField(_("changed"), null=True)
    # No longer part of the stock that is sent to us.
    gone_at = models.DateTimeField(_("gone"), null=True)

    objects = StockCarQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("car of the stock")
        verbose_name_plural = _("cars of the stock")
        ordering = ["vehicle_number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"], name="stock_car_once_per_connection"
            ),
        ]
        indexes = [
            models.Index(fields=["dealer", "vehicle_number"], name="stock_car_by_number"),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.title, self.vehicle_number or self.vin]))


class Release(DealerOwned):
    """Whether one car may go out through one export, since when, and with what."""

    app = models.ForeignKey(
        ExportApp,
        models.CASCADE,
        db_index=False,  # the constraint below has one
        verbose_name=_("export"),
        related_name="releases",
    )
    car = models.ForeignKey(
        StockCar, models.CASCADE, verbose_name=_("car"), related_name="releases"
    )
    is_released = models.BooleanField(_("released"))
    since = models.DateTimeField(_("since"))
    individual_price = models.DecimalField(
        _("price there"), max_digits=12, decimal_places=2, null=True
    )
    # Codes: ["TOP"]
    bookings_wanted: Any = models.JSONField(_("bookings wanted"), default=list)

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.UniqueConstraint(fields=["app", "car"], name="release_once_per_car"),
        ]

    def __str__(self) -> str:
        return f"{self.app_id} {self.car_id}"


class ListingQuerySet(DealerOwnedQuerySet["Listing"]):
    def live(self) -> Self:
        """Those that buyers can see now."""
        return self.filter(is_live=True, gone_at=None)

    def of_vehicle(self, vehicle: Vehicle) -> Self:
        return self.for_dealer(vehicle.dealer_id).filter(names_of(vehicle))


class Listing(DealerOwned):
    """One ad on a platform."""

    app = models.ForeignKey(
        ExportApp,
        models.CASCADE,
        db_index=False,  # the constraint below has one
        verbose_name=_("export"),
        related_name="listings",
    )
    listing_id = models.CharField(_("listing"), max_length=ID_LENGTH)
    vehicle_number = models.CharField(_("own number"), max_length=ID_LENGTH, blank=True)
    vin = models.CharField(_("VIN"), max_length=40, blank=True)
    price = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    is_live = models.BooleanField(_("online"))
    created_at = models.DateTimeField(_("created"), null=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    gone_at = models.DateTimeField(_("gone"), null=True)

    objects = ListingQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("listing")
        verbose_name_plural = _("listings")
        ordering = ["-first_seen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["app", "listing_id"], name="listing_once_per_app"),
        ]
        indexes = [
            models.Index(fields=["dealer", "vehicle_number"], name="listing_of_car"),
            models.Index(fields=["dealer", "listing_id"], name="listing_by_id"),
        ]

    def __str__(self) -> str:
        return self.listing_id
