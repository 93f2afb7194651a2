"""Deliveries: what is on its way out, to a partner or as a mail to the dealer's own people."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.event import Event
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead


class DeliveryQuerySet(DealerOwnedQuerySet["Delivery"]):
    def pending(self) -> Self:
        return self.filter(state=Delivery.State.PENDING)

    def due_receipts(self, now: datetime) -> Self:
        """Those whose message has an outcome by now: a receipt says what became of it."""
        due = self.pending().filter(kind=Delivery.Kind.RECEIPT, next_attempt_at__lte=now)
        return due.exclude(entry__outcome="")

    def due_reports(self, now: datetime) -> Self:
        """Statuses that may be reported; one waits while an earlier one of its lead does."""
        earlier = self.model._default_manager.pending().filter(
            Q(occurred_at__lt=OuterRef("occurred_at"))
            | Q(occurred_at=OuterRef("occurred_at"), pk__lt=OuterRef("pk")),
            connection=OuterRef("connection"),
            kind=Delivery.Kind.STATUS,
            recipient=OuterRef("recipient"),
            outside_id=OuterRef("outside_id"),
        )
        due = self.pending().filter(kind=Delivery.Kind.STATUS, next_attempt_at__lte=now)
        return due.exclude(Exists(earlier))

    def due_mails(self, now: datetime) -> Self:
        """Those that nobody is sending: who does moves the next attempt on first."""
        return self.pending().filter(kind=Delivery.Kind.MAIL, next_attempt_at__lte=now)


class Delivery(DealerOwned):
    """One message, written with its cause and sent after the commit.

    A receipt says what became of an intake entry; the same message received again makes it
    pending again. A status says how far a lead is; `message_id` is the partner's proof that it is
    the same one when it is repeated. A mail tells one of the dealer's own people something
    (mailing.py); its Message-ID is made of `message_id`.
    """

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("receipt")
        STATUS = "status", _("status report")
        MAIL = "mail", _("mail")

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENT = "sent", _("sent")
        REFUSED = "refused", _("refused")
        DROPPED = "dropped", _("not needed any more")

    connection = models.ForeignKey(
        Connection, models.CASCADE, verbose_name=_("connection"), related_name="deliveries"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.RECEIPT)
    # Which of the partner's addresses it goes to: a Partnernummer. Mails go to the person below.
    recipient = models.CharField(_("recipient"), max_length=40, blank=True)
    message_id = models.UUIDField(_("number of the message"), default=uuid4, editable=False)

    # Receipts
    entry = models.ForeignKey(
        IntakeEntry,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("intake entry"),
        related_name="deliveries",
    )

    # Statuses
    lead = models.ForeignKey(
        Lead, models.CASCADE, null=True, blank=True, verbose_name=_("lead"), related_name="+"
    )
    event = models.ForeignKey(
        Event,
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,  # the constraint below has one
        verbose_name=_("event"),
        related_name="+",
    )
    outside_id = models.CharField(_("number at the partner"), max_length=64, blank=True)
    # In the partner's words.
    status_word = models.CharField(_("status reported"), max_length=20, blank=True)
    reason_word = models.CharField(_("reason reported"), max_length=20, blank=True)
    occurred_at = models.DateTimeField(_("happened"), null=True, blank=True)

    # Mails; they happen when they are written.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("user"),
        related_name="+",
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), blank=True)

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
            models.UniqueConstraint(
                fields=["event", "connection", "recipient", "outside_id"],
                name="delivery_once_per_event",
            ),
            models.CheckConstraint(
                condition=Q(kind="receipt", entry__isnull=False)
                | Q(kind="status", event__isnull=False, occurred_at__isnull=False)
                | Q(kind="mail", user__isnull=False, occurred_at__isnull=False),
                name="delivery_has_its_cause",
            ),
        ]
        indexes = [
            models.Index(
                fields=["connection", "next_attempt_at"],
                name="delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["next_attempt_at"],
                name="delivery_mail_due",
                condition=Q(kind="mail", state="pending"),
            ),
            models.Index(fields=["dealer", "-id"], name="delivery_newest"),
            # What a partner was told last about one of its leads.
            models.Index(
                fields=["connection", "recipient", "outside_id", "occurred_at"],
                name="delivery_status_of_lead",
                condition=Q(kind="status"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.subject or self.outside_id or self.entry_id}"
