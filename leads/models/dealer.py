"""Dealers, their locations, and who may work for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.contact import Salutation
from leads.models.severity import Severity

if TYPE_CHECKING:
    from leads.models.user import User


class Dealer(models.Model):
    """A legal entity that sells cars. The wall: no data crosses from one dealer to another."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # Only `receive` counts it up, holding the row's lock; gaps are harmless.
    last_lead_number = models.PositiveIntegerField(_("last lead number"), default=0, editable=False)
    last_event_position = models.PositiveBigIntegerField(default=0, editable=False)

    reopen_days = models.PositiveSmallIntegerField(
        _("reopen closed leads for (days)"),
        default=30,
        help_text=_(
            "A customer who asks again within this time reopens the closed lead; 0: never."
        ),
    )
    raw_days = models.PositiveSmallIntegerField(
        _("keep messages as received for (days)"),
        default=180,
        validators=[MinValueValidator(1)],
        help_text=_("After this the message itself is deleted; its outcome stays."),
    )
    # Points by part of the score, where they differ from the usual; services/scoring.py
    score_weights: Any = models.JSONField(
        _("weights of the score"), default=dict, blank=True, editable=False
    )

    class Meta:
        verbose_name = _("dealer")
        verbose_name_plural = _("dealers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


M = TypeVar("M", bound=models.Model, covariant=True)


class DealerOwnedQuerySet(models.QuerySet[M]):
    """Rows behind a dealer's wall; everything but system jobs starts with one of these two."""

    def for_dealer(self, dealer: Dealer | int) -> Self:
        return self.filter(dealer=dealer)

    def for_user(self, user: User) -> Self:
        """What this user may see: rows of the dealers they work for; the operator sees all."""
        if user.is_superuser:
            return self.all()
        return self.filter(dealer__in=user.dealer_ids())


class DealerOwned(models.Model):
    """A row with business data: it belongs to exactly one dealer.

    The column has no index of its own: those of large tables begin with it, as their questions do.
    """

    dealer = models.ForeignKey(
        Dealer, models.PROTECT, db_index=False, verbose_name=_("dealer"), related_name="+"
    )

    objects = DealerOwnedQuerySet.as_manager()

    class Meta:
        abstract = True


def within_places_of(user: User, name: str = "location") -> Q:
    """Rows of the user's dealers; where a membership names locations, only those and the ones
    without a location, or nobody would pick them up; the operator sees all. `name` leads to the
    location."""
    if user.is_superuser:
        return Q()
    visible = Q(pk__in=[])
    for membership in user.active_memberships:
        here = Q(dealer=membership.dealer_id)
        if locations := membership.locations.all():
            places = [location.pk for location in locations]
            here &= Q(**{f"{name}__in": places}) | Q(**{name: None})
        visible |= here
    return visible


class State(models.TextChoices):
    """The sixteen German states; holidays depend on them. Codes: ISO 3166-2:DE."""

    BW = "BW", "Baden-Württemberg"
    BY = "BY", "Bayern"
    BE = "BE", "Berlin"
    BB = "BB", "Brandenburg"
    HB = "HB", "Bremen"
    HH = "HH", "Hamburg"
    HE = "HE", "Hessen"
    MV = "MV", "Mecklenburg-Vorpommern"
    NI = "NI", "Niedersachsen"
    NW = "NW", "Nordrhein-Westfalen"
    RP = "RP", "Rheinland-Pfalz"
    SL = "SL", "Saarland"
    SN = "SN", "Sachsen"
    ST = "ST", "Sachsen-Anhalt"
    SH = "SH", "Schleswig-Holstein"
    TH = "TH", "Thüringen"


class Location(DealerOwned):
    """An address of a dealer. Partners know it by their own number."""

    name = models.CharField(_("name"), max_length=200)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=10, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    state = models.CharField(_("federal state"), max_length=2, choices=State, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    bdk_partner_number = models.CharField(
        _("BDK partner number"),
        max_length=20,
        blank=True,
        help_text=_("As shown in the BDK dealer portal, with leading zeros."),
    )
    automanager_code = models.CharField(
        _("Automanager code"),
        max_length=40,
        blank=True,
        help_text=_("The short name of the location in Automanager."),
    )
    aliases: Any = models.JSONField(
        _("other spellings"),
        default=list,
        blank=True,
        help_text=_("Names used by partners and in Excel lists that mean this location."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    closed_on_eves = models.BooleanField(
        _("closed on 24 and 31 December"),
        default=True,
        help_text=_("Switched off, both are days like any other."),
    )

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "name"], name="location_once_per_dealer"),
            # A lead is routed by this number alone, so it must never point to two locations.
            models.UniqueConstraint(
                fields=["bdk_partner_number"],
                condition=~Q(bdk_partner_number=""),
                name="location_once_per_bdk_partner_number",
            ),
            # Exports and stock are filed by this code alone.
            models.UniqueConstraint(
                fields=["dealer", "automanager_code"],
                condition=~Q(automanager_code=""),
                name="location_once_per_automanager_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def names(self) -> list[str]:
        """Whatever it is called: by us, by the bank, by partners and in lists."""
        return [str(one) for one in (self.name, self.bdk_partner_number, *self.aliases) if one]


class Role(models.TextChoices):
    """What someone does for a dealer; leads/access.py says what that allows."""

    SELLER = "seller", _("seller")
    MANAGER = "manager", _("sales manager")
    ADMINISTRATOR = "administrator", _("administrator")
    AUDITOR = "auditor", _("auditor")


class Membership(DealerOwned):
    """One user works for one dealer in one role, perhaps only at some locations."""

    dealer = models.ForeignKey(
        Dealer, models.CASCADE, verbose_name=_("dealer"), related_name="memberships"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=_("user"),
        related_name="memberships",
    )
    role = models.CharField(_("role"), max_length=20, choices=Role, default=Role.SELLER)
    locations = models.ManyToManyField(
        Location,
        verbose_name=_("locations"),
        blank=True,
        help_text=_("Leave empty for all locations of the dealer."),
    )
    sees_creditworthiness = models.BooleanField(
        _("sees creditworthiness"),
        default=False,
        help_text=_("Results of credit pre-checks; only for those who need them for their work."),
    )
    # Those who are named by it are mailed, each about what they may see.
    told_of_findings_from = models.PositiveSmallIntegerField(
        _("mail about findings of the export control"),
        choices=[(None, _("no mails")), *Severity.choices],
        null=True,
        blank=True,
        help_text=_(
            "From which severity on. Mails come inside opening hours, about locked interfaces "
            "at any time; each finding is told once."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)

    # As partners are told who handed a lead over.
    salutation = models.CharField(_("salutation"), max_length=10, choices=Salutation, blank=True)
    staff_number = models.CharField(_("staff number"), max_length=40, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["dealer", "user"]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "user"], name="membership_once_per_dealer"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"

    def is_for_all_locations(self) -> bool:
        return not self.locations.all()

    def clean(self) -> None:
        if self.told_of_findings_from and self.user_id and not self.user.email:
            message = _("This user has no e-mail address yet; the operator can enter one.")
            raise ValidationError({"told_of_findings_from": message})
