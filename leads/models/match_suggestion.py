"""Two customers who may be the same: never joined by themselves, shown to staff with a reason."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.customer import Customer
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet


class MatchReason(models.TextChoices):
    """Evidence that is too weak to link (Anfragen guide, §5)."""

    SAME_EMAIL_SEVERAL = "same_email_several", _("same e-mail")
    # Linked at once if it comes in with an enquiry; of customers made by hand it is suggested.
    SAME_PHONE = "same_phone", _("same phone, similar name")
    SAME_PHONE_OTHER_NAME = "same_phone_other_name", _("same phone, other name")
    SAME_SHARED_MAILBOX = "same_shared_mailbox", _("same shared mailbox")
    SAME_NAME_AND_ADDRESS = "same_name_and_address", _("same name and address")
    SAME_HOUSEHOLD = "same_household", _("same household")
    SAME_COMPANY = "same_company", _("same company")
    NAMES_SWAPPED = "names_swapped", _("first and last name swapped")
    SIMILAR_NAME_AND_PLACE = "similar_name_and_place", _("name sounds alike, same place")
    SAME_NAME = "same_name", _("same name")
    BY_HAND = "by_hand", _("compared by hand")


class MatchSuggestionQuerySet(DealerOwnedQuerySet["MatchSuggestion"]):
    def open(self) -> Self:
        """Those that wait for a decision; who was deleted or merged meanwhile needs none."""
        return self.filter(decision="", customer__deleted_at=None, candidate__deleted_at=None)

    def naming(self, customer: Customer | int) -> Self:
        """Those about one customer, whichever of the two it is."""
        return self.filter(Q(customer=customer) | Q(candidate=customer))


class MatchSuggestion(DealerOwned):
    """`customer` may be the same as the older `candidate`. The decision is kept: a pair that
    somebody called different is not suggested again, whichever of the two comes first."""

    class Decision(models.TextChoices):
        """Empty: nobody has decided yet."""

        DIFFERENT = "different", _("are different")
        MERGED = "merged", _("merged")

    customer = models.ForeignKey(
        Customer, models.CASCADE, verbose_name=_("customer"), related_name="suggestions"
    )
    candidate = models.ForeignKey(
        Customer, models.CASCADE, verbose_name=_("may be the same as"), related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=30, choices=MatchReason)
    created_at = models.DateTimeField(_("created"))
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("decided by"),
        related_name="+",
    )

    objects = MatchSuggestionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "candidate"], name="suggestion_once_per_pair"
            ),
            models.CheckConstraint(
                condition=~Q(customer=models.F("candidate")),
                name="suggestion_of_two_customers",
            ),
        ]
        indexes = [
            models.Index(fields=["dealer", "-created_at"], name="suggestion_newest"),
            models.Index(
                fields=["dealer", "-created_at"],
                name="suggestion_open",
                condition=Q(decision=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} – {self.candidate_id}"
