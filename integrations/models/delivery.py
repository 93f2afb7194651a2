"""Deliveries: what is on its way out to a partner."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.intake import IntakeEntry


class DeliveryQuerySet(DealerOwnedQuerySet["Delivery"]):
    def due(self, now: datetime) -> Self:
        """Pending ones whose message has an outcome by now: a receipt says what became of it."""
        return self.filter(state=Delivery.State.PENDING, next_attempt_at__lte=now).exclude(
            entry__outcome=""
        )


class Delivery(DealerOwned):
    """One message to a partner, written with its cause and sent after the commit.

    For now the only kind is the receipt for an intake entry; the same message received again
    makes its receipt pending again.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("receipt")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")

    connection = models.ForeignKey(
        Connection, models.CASCADE, verbose_name=_("connection"), related_name="deliveries"
    )
    entry = models.ForeignKey(
        IntakeEntry, models.CASCADE, verbose_name=_("intake entry"), related_name="deliveries"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.RECEIPT)
    # Which of the partner's addresses it goes to: the Partnernummer of a receipt.
    recipient = models.CharField(_("recipient"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    answer = models.CharField(_("answer"), max_length=200, blank=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "entry"], name="delivery_once_per_entry"
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "next_attempt_at"],
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["dealer", "-id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.entry_id}"
