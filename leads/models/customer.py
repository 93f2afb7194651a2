"""Customers: the people and companies behind the leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.contact import ContactData
from leads.models.dealer import Dealer, DealerOwned, DealerOwnedQuerySet
from leads.models.history import BatchedRecords
from leads.models.identity import address_key, company_key, person_key
from leads.models.keys import search_text
from leads.models.phonetics import cologne_code

if TYPE_CHECKING:
    from leads.models.user import User


class CustomerQuerySet(DealerOwnedQuerySet["Customer"]):
    def for_dealer(self, dealer: Dealer | int) -> Self:
        """Without customers in the bin and those that became part of another."""
        return super().for_dealer(dealer).present()

    def ever_of_dealer(self, dealer: Dealer | int) -> Self:
        return super().for_dealer(dealer)

    def for_user(self, user: User) -> Self:
        return self.ever_of_user(user).present()

    def ever_of_user(self, user: User) -> Self:
        return super().for_user(user)

    def present(self) -> Self:
        return self.filter(deleted_at=None)


class Customer(ContactData, DealerOwned):
    """A person or company of one dealer. A shared e-mail is allowed: families share mailboxes,
    so matching looks addresses up but never forces two people into one row."""

    external_number = models.CharField(_("number at the bank"), max_length=64, blank=True)
    note = models.TextField(_("note"), blank=True)
    # Further matching forms; phonetics.py and identity.py say what each is.
    phonetic_key = models.CharField(max_length=60, blank=True, editable=False)
    person_key = models.CharField(max_length=200, blank=True, editable=False)
    company_key = models.CharField(max_length=200, blank=True, editable=False)
    address_key = models.CharField(max_length=220, blank=True, editable=False)
    # Counted up with every stored change; the API's ETag.
    version = models.PositiveIntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.CharField(_("deleted by"), max_length=80, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("merged into"),
        related_name="merged_customers",
    )
    search_text = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    history = BatchedRecords(excluded_fields=["search_text"], no_db_index=["dealer", "merged_into"])
    objects = CustomerQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("merge_customer", _("Can merge customers")),
            ("import_customer", _("Can import customers")),
            ("export_customer", _("Can export customers")),
        ]
        indexes = [
            models.Index(fields=["dealer", "-created_at", "-id"], name="customer_newest"),
            # The next ones end with the id, so that the newest of many with one key are found
            # without looking at the others (services/candidates.py).
            models.Index(
                fields=["dealer", "email_key", "-id"],
                name="customer_email",
                condition=~Q(email_key=""),
            ),
            models.Index(
                fields=["dealer", "phone_key", "-id"],
                name="customer_phone",
                condition=~Q(phone_key=""),
            ),
            models.Index(
                fields=["dealer", "mobile_key", "-id"],
                name="customer_mobile",
                condition=~Q(mobile_key=""),
            ),
            models.Index(
                fields=["dealer", "name_key", "-id"],
                name="customer_name",
                condition=~Q(name_key=""),
            ),
            models.Index(
                fields=["dealer", "person_key", "-id"],
                name="customer_person",
                condition=~Q(person_key=""),
            ),
            models.Index(
                fields=["dealer", "phonetic_key", "postal_code", "-id"],
                name="customer_phonetic",
                condition=~Q(phonetic_key=""),
            ),
            models.Index(
                fields=["dealer", "company_key", "-id"],
                name="customer_company",
                condition=~Q(company_key=""),
            ),
            models.Index(
                fields=["dealer", "address_key", "-id"],
                name="customer_address",
                condition=~Q(address_key=""),
            ),
            models.Index(fields=["dealer", "-updated_at", "-id"], name="customer_by_change"),
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
        self.set_matching_forms()
        self.set_search_text()

    def set_matching_forms(self) -> None:
        """What customers are recognised by."""
        self.set_contact_keys()
        self.phonetic_key = cologne_code(self.last_name)[:60]
        self.person_key = person_key(self.first_name, self.last_name)[:200]
        self.company_key = company_key(self.company)[:200]
        self.address_key = address_key(self.postal_code, self.street)[:220]

    def set_search_text(self) -> None:
        """Once the matching forms are set."""
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
