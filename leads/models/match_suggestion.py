"""Two customers who may be the same: never joined by themselves, shown to staff with a reason."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.customer import Customer
from leads.models.dealer import DealerOwned


class MatchReason(models.TextChoices):
    """Evidence that is too weak to link (Anfragen guide, §5)."""

    SAME_EMAIL_SEVERAL = "same_email_several", _("same e-mail as several customers")
    SAME_PHONE_OTHER_NAME = "same_phone_other_name", _("same phone, other name")
    SAME_SHARED_MAILBOX = "same_shared_mailbox", _("same shared mailbox")
    SAME_NAME_AND_ADDRESS = "same_name_and_address", _("same name and address")
    SAME_NAME = "same_name", _("same name")


class MatchSuggestion(DealerOwned):
    """`customer` may be the same as the older `candidate`."""

    customer = models.ForeignKey(
        Customer, models.CASCADE, verbose_name=_("customer"), related_name="suggestions"
    )
    candidate = models.ForeignKey(
        Customer, models.CASCADE, verbose_name=_("may be the same as"), related_name="+"
    )
    reason = models.CharField(_("reason"), max_length=30, choices=MatchReason)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "candidate"], name="suggestion_once_per_pair"
            ),
            models.CheckConstraint(
                condition=~models.Q(customer=models.F("candidate")),
                name="suggestion_of_two_customers",
            ),
        ]
        indexes = [models.Index(fields=["dealer", "-created_at"], name="suggestion_newest")]

    def __str__(self) -> str:
        return f"{self.customer_id} – {self.candidate_id}"
