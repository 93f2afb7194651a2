"""Customers: the people and companies behind the leads."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from leads.models.contact import ContactData
from leads.models.dealer import DealerOwned
from leads.models.keys import search_text


class Customer(ContactData, DealerOwned):
    """A person or company of one dealer. A shared e-mail is allowed: families share mailboxes,
    so matching looks addresses up but never forces two people into one row."""

    external_number = models.CharField(_("number at the bank"), max_length=64, blank=True)
    note = models.TextField(_("note"), blank=True)
    search_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = HistoricalRecords(excluded_fields=["search_text"])

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["dealer", "-created_at", "-id"], name="customer_newest"),
            models.Index(
                fields=["dealer", "email_key"], name="customer_email", condition=~Q(email_key="")
            ),
            models.Index(
                fields=["dealer", "phone_key"], name="customer_phone", condition=~Q(phone_key="")
            ),
            models.Index(
                fields=["dealer", "mobile_key"],
                name="customer_mobile",
                condition=~Q(mobile_key=""),
            ),
            models.Index(
                fields=["dealer", "name_key", "postal_code"],
                name="customer_name",
                condition=~Q(name_key=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "external_number"],
                condition=~Q(external_number=""),
                name="customer_once_per_external_number",
            ),
        ]

    def __str__(self) -> str:
        # Django writes this into its log of admin actions, which outlives an erased person.
        return f"{self._meta.verbose_name} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_keys()
        super().save(*args, **kwargs)

    def set_keys(self) -> None:
        self.set_contact_keys()
        self.search_text = search_text(
            [
                self.person_name,
                self.company,
                self.email,
                self.phone_key,
                self.mobile_key,
                self.postal_code,
                self.city,
                self.external_number,
            ]
        )
