"""How a person or company can be named and reached; customers and leads share these columns."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.keys import email_key, fold, phone_key


class Salutation(models.TextChoices):
    MR = "mr", _("Mr")
    MS = "ms", _("Ms")
    DIVERSE = "diverse", _("diverse")


class ContactData(models.Model):
    """Contact data as written, with the matching form of each beside it."""

    salutation = models.CharField(_("salutation"), max_length=10, choices=Salutation, blank=True)
    title = models.CharField(_("academic title"), max_length=40, blank=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    company = models.CharField(_("company"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=100, blank=True)
    mobile = models.CharField(_("mobile"), max_length=100, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True, default="DE")

    email_key = models.CharField(max_length=254, blank=True, editable=False)
    phone_key = models.CharField(max_length=20, blank=True, editable=False)
    mobile_key = models.CharField(max_length=20, blank=True, editable=False)
    name_key = models.CharField(max_length=200, blank=True, editable=False)

    CONTACT_FIELDS = (
        "salutation",
        "title",
        "first_name",
        "last_name",
        "company",
        "email",
        "phone",
        "mobile",
        "street",
        "postal_code",
        "city",
        "country",
    )

    class Meta:
        abstract = True

    def set_contact_keys(self) -> None:
        """Recompute the matching forms; whoever writes contact data in bulk calls this."""
        self.email_key = email_key(self.email) if self.email else ""
        self.phone_key = phone_key(self.phone) if self.phone else ""
        self.mobile_key = phone_key(self.mobile) if self.mobile else ""
        # The whole name: "thomas mueller" finds a handful of people, "mueller" hundreds.
        self.name_key = fold(
            f"{self.first_name} {self.last_name}" if self.last_name else self.company
        )
        self.name_key = self.name_key[:200]

    @property
    def person_name(self) -> str:
        return " ".join(filter(None, [self.title, self.first_name, self.last_name]))

    @property
    def full_name(self) -> str:
        """ "Dr. Jana Testmann", "Musterbau GmbH", or both with a dot between them."""
        return " · ".join(filter(None, [self.person_name, self.company]))

    @property
    def is_contactable(self) -> bool:
        return bool(self.email_key or self.phone or self.mobile)

    @property
    def address(self) -> str:
        place = " ".join(filter(None, [self.postal_code, self.city]))
        return ", ".join(filter(None, [self.street, place]))
