"""The Eingangsbuch: everything that ever came in, raw, with its outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.encrypted import EncryptedTextField
from leads.models.lead import Lead


class Channel(models.TextChoices):
    API = "api", _("API")
    BDK = "bdk", _("BDK Leadservice")
    FORM = "form", _("website form")
    GOOGLE_ADS = "google_ads", _("Google Ads")
    META = "meta", _("Meta Lead Ads")
    ADF = "adf", _("ADF/XML")
    MAIL = "mail", _("e-mail")
    DRKLEIN = "drklein", _("Dr. Klein Vorgang")
    EXCEL = "excel", _("Excel")
    MANUAL = "manual", _("entered by hand")


class Outcome(models.TextChoices):
    """What became of a message. Empty: booked, not yet processed."""

    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    ATTACHED = "attached", _("added to an open lead")
    REPEATED = "repeated", _("repeated, nothing new")
    CONFLICT = "conflict", _("conflict")
    IGNORED = "ignored", _("ignored, older version")
    QUARANTINED = "quarantined", _("quarantined")
    REJECTED = "rejected", _("rejected")
    # No enquiry, or none that anybody wants: nobody was refused anything.
    SET_ASIDE = "set_aside", pgettext_lazy("outcome of a message", "set aside")
    UNDONE = "undone", _("undone")

    @classmethod
    def of_requests(cls) -> list[tuple[str, str | Promise]]:
        """As choices, those with which a request to the API may be answered."""
        later = (cls.SET_ASIDE, cls.UNDONE)
        return [(one.value, one.label) for one in cls if one not in later]


class IntakeEntryQuerySet(DealerOwnedQuerySet["IntakeEntry"]):
    def unprocessed(self) -> Self:
        return self.filter(outcome="")

    def quarantined(self) -> Self:
        return self.filter(outcome=Outcome.QUARANTINED)


class IntakeEntry(DealerOwned):
    """One message as it came, and what became of it.

    `message_id` names the message within its sender, so that the same one booked twice is one
    row: BDK "leadId:version:hash", API the idempotency key, Excel "hash of the file:row".
    `outside_id` is the sender's number for the lead, if it has one. Raw bodies are encrypted.
    """

    channel = models.CharField(_("channel"), max_length=20, choices=Channel)
    sender = models.CharField(_("sender"), max_length=80)
    message_id = models.CharField(_("message"), max_length=200)
    outside_id = models.CharField(_("number at the sender"), max_length=64, blank=True)
    idempotency_key = models.CharField(_("idempotency key"), max_length=200, blank=True)
    content_hash = models.CharField(max_length=64, editable=False)
    raw = EncryptedTextField(_("as received"), editable=False)
    # What a person made of it, where it could not be used as it came; replaces it when it is
    # processed again.
    corrected = EncryptedTextField(_("as corrected"), blank=True, editable=False)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        verbose_name=_("corrected by"),
        related_name="+",
    )
    corrected_at = models.DateTimeField(_("corrected"), null=True, blank=True, editable=False)
    # When message and correction were deleted; hash and outcome stay.
    raw_deleted_at = models.DateTimeField(
        _("message deleted"), null=True, blank=True, editable=False
    )
    # It changes a lead that was here instead of bringing an enquiry. It is never processed again:
    # its sender has heard what was wrong, and by then the lead may have been changed further.
    is_change = models.BooleanField(_("change of a lead"), default=False, editable=False)
    received_at = models.DateTimeField(_("received"))
    last_received_at = models.DateTimeField(_("last received"))
    times_received = models.PositiveIntegerField(_("times received"), default=1)
    outcome = models.CharField(_("outcome"), max_length=20, choices=Outcome, blank=True)
    # Sentences in the language of the office, without personal data.
    reason = models.TextField(_("reason"), blank=True)
    # What read it last, with its version ("mail/adf 1"); empty where there is but one way.
    parser = models.CharField(_("read by"), max_length=40, blank=True, editable=False)
    processed_at = models.DateTimeField(_("processed"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lead = models.ForeignKey(
        Lead,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("lead"),
        related_name="intake_entries",
    )

    objects = IntakeEntryQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("intake entry")
        verbose_name_plural = _("intake ledger")
        ordering = ["-received_at", "-pk"]
        permissions = [
            ("view_raw", _("Can see messages as received")),
            ("replay_intakeentry", _("Can process messages again")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "sender", "message_id"], name="intake_entry_once_per_message"
            ),
        ]
        indexes = [
            models.Index(fields=["dealer", "-received_at", "-id"], name="intake_newest"),
            models.Index(fields=["dealer", "outcome", "-received_at"], name="intake_by_outcome"),
            models.Index(fields=["dealer", "sender", "outside_id"], name="intake_by_outside_id"),
            models.Index(fields=["sender", "id"], name="intake_waiting", condition=Q(outcome="")),
            models.Index(
                fields=["dealer", "received_at"],
                name="intake_with_raw",
                condition=Q(raw_deleted_at=None),
            ),
        ]

    def note_outcome(
        self, outcome: str, lead: Lead | None, reasons: Iterable[str], *, now: datetime
    ) -> None:
        """Set what became of the message; not stored."""
        self.outcome, self.lead, self.reason = outcome, lead, " ".join(reasons)
        self.processed_at, self.attempts = now, self.attempts + 1

    @property
    def text(self) -> str:
        """What is to be processed: the correction, if there is one."""
        return self.corrected or self.raw

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.outside_id or self.pk}"
