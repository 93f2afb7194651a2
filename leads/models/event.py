"""Events: what happened to leads and customers, append-only, for other systems."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned


class EventKind(models.TextChoices):
    """Names on the wire: the change feed and webhooks use them as they are."""

    LEAD_CREATED = "lead.created", _("lead created")
    LEAD_UPDATED = "lead.updated", _("lead changed")
    LEAD_ENQUIRED_AGAIN = "lead.enquired_again", _("another enquiry for a lead")
    LEAD_STATUS_CHANGED = "lead.status_changed", _("status changed")
    LEAD_ASSIGNED = "lead.assigned", _("lead assigned")
    LEAD_CLOSED = "lead.closed", _("lead closed")
    LEAD_REOPENED = "lead.reopened", _("lead reopened")
    LEAD_MERGED = "lead.merged", _("lead merged into another")
    LEAD_DELETED = "lead.deleted", _("lead deleted")
    LEAD_RESTORED = "lead.restored", _("lead restored")
    LEAD_FORWARDED = "lead.forwarded", _("lead handed over to a partner")
    CUSTOMER_CREATED = "customer.created", _("customer created")
    CUSTOMER_UPDATED = "customer.updated", _("customer changed")
    CUSTOMER_MERGED = "customer.merged", _("customer merged into another")
    CUSTOMER_RESTORED = "customer.restored", _("customer restored")
    CUSTOMER_DELETED = "customer.deleted", _("customer deleted")


class Event(DealerOwned):
    """One thing that happened, written in the transaction in which it happened.

    It names rows by number only, so that it can outlive them; `data` is thin and holds no
    personal data: {"changed": ["status"], "merged_into": 17}.

    `position` orders the change feed. It is given out after the commit (services/feed.py), so a
    reader who has seen position 17 can never miss an event that was committed later.
    """

    kind = models.CharField(_("kind"), max_length=40, choices=EventKind)
    lead_id = models.BigIntegerField(_("lead"), null=True, blank=True)
    customer_id = models.BigIntegerField(_("customer"), null=True, blank=True)
    data: Any = models.JSONField(_("details"), default=dict, blank=True)
    at = models.DateTimeField(_("time"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("user"),
        related_name="+",
    )
    # The outside system that caused it; empty: staff or LeadOffice itself.
    sender = models.CharField(_("sender"), max_length=80, blank=True)
    position = models.PositiveBigIntegerField(_("position"), null=True, blank=True)
    # Whether the outbox has made deliveries of it.
    is_fanned_out = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "position"], name="event_once_per_position"),
        ]
        indexes = [
            models.Index(
                fields=["dealer", "id"], name="event_unplaced", condition=Q(position=None)
            ),
            models.Index(fields=["id"], name="event_to_send", condition=Q(is_fanned_out=False)),
            models.Index(fields=["dealer", "lead_id"], name="event_of_lead"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.lead_id or self.customer_id}"
