"""Enquiries: each time a person asked, from which source, when, and about which car."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.catalog import Source
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import DealerOwned
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.vehicle import Vehicle


class Enquiry(DealerOwned):
    """One enquiry as it came. The lead is the case: a person who asks again while it is open, by
    whatever channel, adds an enquiry to it.

    `sender` is the outside system that numbers its enquiries ("bdk:0012345", "api:website").
    This row is the only place that knows which lead an outside number means; `lead.sender` and
    `lead.external_id` are those of its first enquiry, for display.
    """

    lead = models.ForeignKey(
        Lead,
        models.CASCADE,
        db_index=False,  # enquiry_of_lead begins with it
        verbose_name=_("lead"),
        related_name="enquiries",
    )
    sender = models.CharField(_("sender"), max_length=80, blank=True)
    external_id = models.CharField(_("number at the sender"), max_length=64, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    content_hash = models.CharField(max_length=64, blank=True)

    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"))
    lead_type = models.ForeignKey(
        LeadType, models.PROTECT, null=True, blank=True, verbose_name=_("lead type")
    )
    vehicle = models.ForeignKey(
        Vehicle,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("vehicle"),
        related_name="enquiries",
    )
    vehicle_name = models.CharField(_("vehicle as named"), max_length=300, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    message = models.TextField(_("message"), blank=True)
    campaign = models.CharField(_("campaign"), max_length=200, blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("entered by"),
        related_name="+",
    )
    # The import that brought it; taking that back takes it off a lead that was here before.
    change_batch = models.ForeignKey(
        ChangeBatch,
        models.DO_NOTHING,  # batches are never deleted once they have rows
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        verbose_name=_("bulk change"),
        related_name="+",
    )
    # How its customer was recognised, in a sentence.
    reason = models.CharField(_("recognised by"), max_length=200, blank=True)
    # Contact data of this enquiry where they are not those of the lead; names of ContactData.
    contact = models.JSONField(_("contact data"), default=dict, blank=True)
    # Names in it that meant nothing when it came: {UnmappedName.kind: name_key}. Who says later
    # what one means (services/assigning.py) has to find the enquiries that came with it.
    unknown_names = models.JSONField(default=dict, blank=True, editable=False)
    enquired_at = models.DateTimeField(_("enquired"))
    received_at = models.DateTimeField(_("received"))

    class Meta:
        verbose_name = _("enquiry")
        verbose_name_plural = _("enquiries")
        ordering = ["-received_at", "-pk"]
        constraints = [
            # A partner may send the same enquiry twice; the second time must find the first.
            models.UniqueConstraint(
                fields=["dealer", "sender", "external_id"],
                condition=~Q(external_id=""),
                name="enquiry_once_per_sender",
            ),
        ]
        indexes = [
            models.Index(fields=["lead", "-received_at", "-id"], name="enquiry_of_lead"),
            models.Index(fields=["dealer", "source", "-received_at"], name="enquiry_by_source"),
            models.Index(
                fields=["change_batch", "lead"],
                name="enquiry_of_batch",
                condition=~Q(change_batch=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sender} {self.external_id}".strip() or str(self.pk)
