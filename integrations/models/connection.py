"""Connections: one partner account of one dealer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.encrypted import EncryptedTextField


class Partner(models.TextChoices):
    BDK = "bdk", _("BDK Leadservice")


class ConnectionQuerySet(DealerOwnedQuerySet["Connection"]):
    def active(self) -> Self:
        return self.filter(is_active=True, dealer__is_active=True)

    def take_lease(self, pk: int, *, now: datetime, for_: timedelta) -> bool:
        """Whether the caller is now the only one who may run this connection until the lease
        ends. One UPDATE decides, so any number of machines may ask at once."""
        free = self.filter(pk=pk).filter(Q(lease_until=None) | Q(lease_until__lt=now))
        return free.update(lease_until=now + for_) == 1

    def give_back_lease(self, pk: int, *, until: datetime) -> None:
        """End the lease that was taken until then; somebody else's later one stays."""
        self.filter(pk=pk, lease_until=until).update(lease_until=None)


class Connection(DealerOwned):
    """Settings, encrypted secret, switch and health of one partner account.

    `cursors` holds one opaque cursor per Partnernummer: {"0012345": "b3BhcXVl"}.
    """

    class Mode(models.TextChoices):
        TEST = "test", _("test")
        LIVE = "live", _("live")

    partner = models.CharField(_("partner"), max_length=20, choices=Partner, default=Partner.BDK)
    name = models.CharField(_("name"), max_length=100)
    mode = models.CharField(_("operation"), max_length=4, choices=Mode, default=Mode.TEST)
    is_active = models.BooleanField(_("switched on"), default=True)
    base_url = models.URLField(_("address of the service"), max_length=300)
    token_url = models.URLField(_("address for signing in"), max_length=300)
    client_id = models.CharField(_("client id"), max_length=200)
    client_secret = EncryptedTextField(_("client secret"))
    scope = models.CharField(_("scope"), max_length=200, blank=True)

    cursors = models.JSONField(default=dict, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["dealer", "partner", "name"]
        permissions = [("pull_connection", _("Can fetch leads from a partner"))]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "name"], name="connection_once_per_name"),
        ]

    def __str__(self) -> str:
        return self.name
