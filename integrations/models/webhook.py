"""Webhooks: addresses of other systems that are told what happened, and what they were told."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.encrypted import EncryptedTextField
from leads.models.event import Event, EventKind

TEST_KIND = "webhook.test"


class WebhookEndpointQuerySet(DealerOwnedQuerySet["WebhookEndpoint"]):
    def active(self) -> Self:
        return self.filter(is_active=True, dealer__is_active=True)


class WebhookEndpoint(DealerOwned):
    """An address that is told about events of one dealer.

    `kinds` names the events it wants ("lead.created"); empty: all of them. For some time after a
    new secret was made the previous one signs too.
    """

    name = models.CharField(_("name"), max_length=100)
    url = models.URLField(
        _("address"),
        max_length=500,
        help_text=_("Begins with https:// and answers from the internet."),
    )
    kinds: Any = models.JSONField(_("events"), default=list, blank=True)
    secret = EncryptedTextField(_("secret"), editable=False)
    previous_secret = EncryptedTextField(blank=True, editable=False)
    previous_secret_ends_at = models.DateTimeField(null=True, blank=True, editable=False)

    is_active = models.BooleanField(_("switched on"), default=True)
    # Why it was switched off, if LeadOffice did that and nobody has switched it on again.
    disabled_at = models.DateTimeField(_("switched off"), null=True, blank=True, editable=False)
    disabled_reason = models.CharField(_("reason"), max_length=300, blank=True, editable=False)

    # Since when nothing gets through; empty: the last attempt did, or there was none.
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    # Nothing is sent before this time: the receiver asked for a pause, or seems to be down.
    resume_at = models.DateTimeField(null=True, blank=True, editable=False)

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    # Who made it: a person, or an outside system through the API ("api:crm").
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("created by"),
        related_name="+",
    )
    sender = models.CharField(_("created by"), max_length=80, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "name"], name="webhook_once_per_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def wants(self, kind: str) -> bool:
        return not self.kinds or kind in self.kinds

    def secrets(self, now: datetime) -> list[str]:
        """What messages are signed with now, the newest first."""
        if self.previous_secret_ends_at and self.previous_secret_ends_at > now:
            return [self.secret, self.previous_secret]
        return [self.secret]


class WebhookDeliveryQuerySet(DealerOwnedQuerySet["WebhookDelivery"]):
    def pending(self) -> Self:
        return self.filter(state=WebhookDelivery.State.PENDING)

    def due(self, now: datetime) -> Self:
        """Those that may be sent now and that nobody is sending.

        What concerns one lead goes out in the order in which it happened: a delivery waits while
        an earlier one to the same address is pending.
        """
        earlier = self.model._default_manager.pending().filter(
            endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), event__lt=OuterRef("event")
        )
        return (
            self.pending()
            .filter(Q(lease_until=None) | Q(lease_until__lte=now), next_attempt_at__lte=now)
            .filter(Q(subject="") | ~Exists(earlier))
        )


class WebhookDelivery(DealerOwned):
    """One message to one address; written by the fan-out, sent at least once by a worker.

    `message_id` and `body` never change, so that the receiver can tell a repetition.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("waiting")
        SENT = "sent", _("sent")
        FAILED = "failed", _("given up")
        CANCELLED = "cancelled", _("cancelled")

    # Empty: a test message.
    event = models.ForeignKey(
        Event,
        models.CASCADE,
        null=True,
        blank=True,
        db_index=False,  # the constraint below has one
        verbose_name=_("event"),
        related_name="+",
    )
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.CASCADE,
        db_index=False,  # those below begin with it
        verbose_name=_("webhook"),
        related_name="deliveries",
    )
    kind = models.CharField(
        _("event"),
        max_length=40,
        choices=[*EventKind.choices, (TEST_KIND, _("test message"))],
    )
    # What it is about, for the order: "lead 17", "customer 5"; empty: nothing in particular.
    subject = models.CharField(max_length=40, blank=True)
    message_id = models.CharField(_("number of the message"), max_length=40, unique=True)
    body = models.TextField(_("content"))
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    # Since it was last put on its way; all of them stand in the log below it.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_status = models.PositiveSmallIntegerField(_("last answer"), null=True, blank=True)
    created_at = models.DateTimeField(_("created"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "endpoint"], name="webhook_delivery_once_per_event"
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_attempt_at"],
                name="webhook_delivery_due",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["endpoint", "subject", "event"],
                name="webhook_delivery_in_order",
                condition=Q(state="pending"),
            ),
            models.Index(
                fields=["endpoint"],
                name="webhook_delivery_on_its_way",
                condition=Q(lease_until__isnull=False),
            ),
            models.Index(fields=["dealer", "-created_at", "-id"], name="webhook_delivery_newest"),
            models.Index(
                fields=["endpoint", "-created_at", "-id"], name="webhook_delivery_of_endpoint"
            ),
        ]

    def __str__(self) -> str:
        """ "Lead angelegt 7f3d2c1b" """
        return f"{self.get_kind_display()} {self.message_id[4:12]}"


class WebhookAttempt(DealerOwned):
    """One try to send a delivery, and what the receiver said."""

    delivery = models.ForeignKey(
        WebhookDelivery,
        models.CASCADE,
        db_index=False,  # the one below begins with it
        verbose_name=_("delivery"),
        related_name="log",
    )
    at = models.DateTimeField(_("time"))
    # Empty: there was no answer.
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"))
    error = models.CharField(_("problem"), max_length=300, blank=True)
    # The first kilobyte, as text; it comes from outside and is only ever shown as text.
    answer = models.TextField(_("content of the answer"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["delivery", "-id"], name="webhook_attempt_newest")]

    def __str__(self) -> str:
        return f"{self.status_code or '–'}"
