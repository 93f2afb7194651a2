"""Handovers: leads that somebody passes on to Dr. Klein, each step of the way."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from integrations.models.connection import Connection
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.encrypted import EncryptedTextField
from leads.models.lead import Lead

if TYPE_CHECKING:
    from leads.models.user import User


class HandoverQuerySet(DealerOwnedQuerySet["Handover"]):
    def for_user(self, user: User) -> Self:
        """Those of leads that the user may see: somebody may see some locations only."""
        return super().for_user(user).filter(lead__in=Lead.objects.ever_of_user(user).order_by())

    def waiting(self, now: datetime) -> Self:
        return self.filter(state=Handover.State.WAITING, next_attempt_at__lte=now)

    def abandoned(self, now: datetime) -> Self:
        """Somebody was sending them and has not come back."""
        return self.filter(state=Handover.State.SENDING, lease_until__lte=now)

    def open(self) -> Self:
        return self.filter(state__in=Handover.OPEN)

    def arrived(self) -> Self:
        return self.filter(state__in=Handover.ARRIVED)

    def of_lead(self, lead: Lead) -> Self:
        """Also those of leads that have become part of it, merges of merges included."""
        ids, found = {lead.pk}, {lead.pk}
        while found:
            merged = Lead.objects.ever_of_dealer(lead.dealer_id).filter(merged_into__in=found)
            found = set(merged.values_list("pk", flat=True)) - ids
            ids |= found
        return self.for_dealer(lead.dealer_id).filter(lead__in=ids)


class Handover(DealerOwned):
    """One order to pass a lead on, sent at most once: the partner makes a new case of every call.

    `payload` is, byte for byte, what somebody has looked at and confirmed, `url` where it goes,
    so a test can never become real business. Both stand fast before anything is sent.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        FORWARDED = "forwarded", _("handed over")
        UNCONFIRMED = "unconfirmed", _("handed over, without a case number")
        REJECTED = "rejected", _("rejected")
        BLOCKED = "blocked", _("blocked")
        # It may have arrived. Never sent again by itself; a person asks the partner.
        UNKNOWN = "unknown", _("unclear")
        NOT_ARRIVED = "not_arrived", _("did not arrive")
        WITHDRAWN = "withdrawn", _("withdrawn")
        GIVEN_UP = "given_up", _("given up")

    # No further order for the lead before these are settled.
    OPEN = (State.WAITING, State.SENDING, State.UNKNOWN)
    ARRIVED = (State.FORWARDED, State.UNCONFIRMED)

    lead = models.ForeignKey(Lead, models.CASCADE, verbose_name=_("lead"), related_name="handovers")
    connection = models.ForeignKey(
        Connection, models.PROTECT, verbose_name=_("connection"), related_name="handovers"
    )
    mode = models.CharField(_("operation"), max_length=4, choices=Connection.Mode)
    profile = models.CharField(_("profile"), max_length=1, choices=Connection.Profile)
    url = models.CharField(_("address"), max_length=400)
    # Emptied when the dealer's period for messages is over; the hash stays.
    payload = EncryptedTextField(_("content"))
    payload_hash = models.CharField(_("fingerprint of the content"), max_length=64)

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.WAITING)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        verbose_name=_("ordered by"),
        related_name="+",
    )
    ordered_at = models.DateTimeField(_("order given"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    # How often it was tried; the attempts themselves stand in the log below.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)
    case_number = models.CharField(_("case number"), max_length=64, blank=True)
    # What the partner could not take over, one note per line; it may quote the customer.
    notes = EncryptedTextField(_("notes of the partner"), blank=True)
    problem = models.TextField(_("problem"), blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("decided by"),
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = HandoverQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        ordering = ["-ordered_at", "-pk"]
        constraints = [
            # Two clicks, or two people at once: one order.
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(state__in=["waiting", "sending", "unknown"]),
                name="handover_one_open_per_lead",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"], name="handover_waiting", condition=Q(state="waiting")
            ),
            models.Index(
                fields=["lease_until"], name="handover_sending", condition=Q(state="sending")
            ),
            models.Index(fields=["dealer", "-ordered_at", "-id"], name="handover_newest"),
            models.Index(fields=["dealer", "case_number"], name="handover_by_case_number"),
        ]

    def __str__(self) -> str:
        # Django writes this into its log of admin actions.
        return str(self.pk)

    @property
    def is_test(self) -> bool:
        return self.mode == Connection.Mode.TEST

    @property
    def note_lines(self) -> list[str]:
        return self.notes.splitlines()


class HandoverAttempt(DealerOwned):
    """One try to send a handover, written before anything goes out.

    Without `ended_at` the worker is on it, or died on it.
    """

    handover = models.ForeignKey(
        Handover, models.CASCADE, verbose_name=_("handover"), related_name="log"
    )
    # Header X-TraceId, by which the partner finds the call.
    trace_id = models.UUIDField(_("trace id"), unique=True)
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # Empty: there was no answer.
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    state = models.CharField(_("outcome"), max_length=12, choices=Handover.State, blank=True)
    problem = models.TextField(_("problem"), blank=True)
    # As it came, at most 64 KB; it comes from outside and is only ever shown as text.
    answer = EncryptedTextField(_("content of the answer"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.status_code or '–'}"
