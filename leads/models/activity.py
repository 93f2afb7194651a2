"""What was done with a lead."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned
from leads.models.lead import Lead


class Activity(DealerOwned):
    """Something that was done with a lead, by people or by another system. What the customer
    asked is an Enquiry; the lead's page shows both, newest first."""

    class Kind(models.TextChoices):
        UPDATED = "updated", _("Updated by the sender")
        CONFLICT = "conflict", _("Conflicting content received")
        NOTE = "note", _("Note")
        CALL = "call", _("Call")
        MAIL = "mail", _("E-mail")
        MAIL_RECEIVED = "mail_received", _("E-mail received")
        APPOINTMENT = "appointment", _("Appointment")
        STATUS_CHANGED = "status_changed", _("Status changed")
        ASSIGNED = "assigned", _("Assigned")
        CLOSED = "closed", _("Closed")
        REOPENED = "reopened", _("Reopened")
        CHANGED = "changed", _("Changed")
        MERGED = "merged", _("Merged")
        DELETED = "deleted", _("Deleted")
        RESTORED = "restored", _("Restored")
        FORWARDED = "forwarded", _("Handed over")

    OUTGOING = (Kind.CALL, Kind.MAIL, Kind.APPOINTMENT)

    lead = models.ForeignKey(
        Lead, models.CASCADE, verbose_name=_("lead"), related_name="activities"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.NOTE)
    at = models.DateTimeField(_("time"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("user"),
        related_name="+",
    )
    text = models.TextField(_("text"), blank=True)
    # The outside system that wrote it; empty: staff or LeadOffice itself.
    sender = models.CharField(_("sender"), max_length=80, blank=True, editable=False)
    # What changed, for machines and for the timeline: {"from": "Neu", "to": "Kontaktiert"}
    data = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["lead", "-at", "-id"], name="activity_timeline"),
            models.Index(fields=["dealer", "-at"], name="activity_newest"),
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
