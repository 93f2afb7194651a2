"""Vehicles: the cars a dealer has, had, or was asked about."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, Location
from leads.models.history import BatchedRecords
from leads.models.keys import search_text


class Vehicle(DealerOwned):
    """A stock car, known by the dealer's own number or by its VIN."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", _("only known from a lead")
        IN_STOCK = "in_stock", _("in stock")
        RESERVED = "reserved", _("reserved")
        SOLD = "sold", _("sold")
        # A whole list of the stock no longer names it (services/whole_stock.py).
        GONE = "gone", _("no longer in stock")

    class Condition(models.TextChoices):
        NEW = "new", _("new")
        USED = "used", _("used")
        DEMO = "demo", _("demonstration car")
        PRE_REGISTERED = "pre_registered", _("one-day registration")

    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, verbose_name=_("location")
    )
    internal_number = models.CharField(_("own number"), max_length=40, blank=True)
    vin = models.CharField(_("VIN"), max_length=17, blank=True)
    make = models.CharField(_("make"), max_length=60, blank=True)
    model = models.CharField(_("model"), max_length=100, blank=True)
    variant = models.CharField(_("variant"), max_length=150, blank=True)
    condition = models.CharField(_("condition"), max_length=20, choices=Condition, blank=True)
    first_registration = models.CharField(
        _("first registration"), max_length=7, blank=True, help_text=_("Year and month: 2024-05")
    )
    mileage_km = models.PositiveIntegerField(_("mileage (km)"), null=True, blank=True)
    power_kw = models.PositiveSmallIntegerField(_("power (kW)"), null=True, blank=True)
    fuel = models.CharField(_("fuel"), max_length=40, blank=True)
    price = models.DecimalField(
        _("price (EUR)"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    url = models.URLField(_("listing"), max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=20, choices=State, default=State.IN_STOCK)
    # Which list of a whole stock it was in last: only that one can say that it is gone.
    stock_source = models.CharField(_("stock list"), max_length=80, blank=True, editable=False)
    search_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = BatchedRecords(excluded_fields=["search_text"], no_db_index=["dealer", "location"])

    class Meta:
        verbose_name = _("vehicle")
        verbose_name_plural = _("vehicles")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("import_vehicle", _("Can import vehicles")),
            ("export_vehicle", _("Can export vehicles")),
        ]
        indexes = [
            models.Index(fields=["dealer", "-created_at", "-id"], name="vehicle_newest"),
            models.Index(fields=["dealer", "-updated_at", "-id"], name="vehicle_by_change"),
            models.Index(fields=["dealer", "vin"], name="vehicle_vin", condition=~Q(vin="")),
            models.Index(
                fields=["dealer", "stock_source"],
                name="vehicle_of_stock",
                condition=~Q(stock_source=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "internal_number"],
                condition=~Q(internal_number=""),
                name="vehicle_once_per_internal_number",
            ),
        ]

    def __str__(self) -> str:
        name = " ".join(filter(None, [self.make, self.model, self.variant]))
        return " · ".join(filter(None, [name, self.internal_number or self.vin]))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_keys()
        super().save(*args, **kwargs)

    def set_keys(self) -> None:
        self.search_text = search_text(
            [self.internal_number, self.vin, self.make, self.model, self.variant]
        )
