"""Lead types: what kind of enquiry it is. The 25 of BDK are seeded by a migration."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.catalog import CATALOG_ACTIONS, CatalogQuerySet
from leads.models.dealer import Dealer
from leads.models.wishes import CustomerKind, FinanceKind, Precheck, Urgency


class LeadType(models.Model):
    """A kind of enquiry with what follows from it. Facts: BDK Leadservice, table of lead types.

    The letter of a BDK id means something else in each family, so meaning is never derived
    from the id, only read from these columns. Empty text columns mean "the type says nothing".
    """

    USUAL_RESPONSE_MINUTES = 120

    dealer = models.ForeignKey(
        Dealer,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("dealer"),
        related_name="+",
        help_text=_("Empty: for all dealers."),
    )
    key = models.CharField(_("id"), max_length=20)
    title = models.CharField(_("title"), max_length=120)
    public_title = models.CharField(
        _("title without creditworthiness"),
        max_length=120,
        help_text=_("Shown to those who may not see results of credit pre-checks."),
    )
    description = models.CharField(_("description"), max_length=300, blank=True)
    sender = models.CharField(_("sender of the mail"), max_length=120, blank=True)
    family = models.CharField(_("family"), max_length=4, blank=True)
    channel = models.CharField(_("channel"), max_length=40, blank=True)
    origin = models.CharField(_("origin"), max_length=40, blank=True)
    test_drive_wished = models.BooleanField(_("test drive wished"), default=False)
    callback_wished = models.BooleanField(_("callback wished"), default=False)
    reservation_hint = models.BooleanField(_("reservation"), default=False)
    precheck = models.CharField(_("credit pre-check"), max_length=10, choices=Precheck, blank=True)
    finance_kind = models.CharField(_("payment"), max_length=10, choices=FinanceKind, blank=True)
    finance_interest = models.BooleanField(_("interested in financing"), null=True, blank=True)
    customer_kind = models.CharField(
        _("kind of customer"), max_length=10, choices=CustomerKind, blank=True
    )
    contract_expiring = models.BooleanField(
        _("contract expiring"),
        default=False,
        help_text=_("A retention task: the customer did not ask for anything."),
    )
    vehicle_kind = models.CharField(_("kind of vehicle"), max_length=20, blank=True)
    suggested_urgency = models.CharField(
        _("urgency"), max_length=10, choices=Urgency, default=Urgency.NORMAL
    )
    first_response_minutes = models.PositiveIntegerField(
        _("first response within (minutes)"), default=USUAL_RESPONSE_MINUTES
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    aliases: Any = models.JSONField(
        _("other spellings"),
        default=list,
        blank=True,
        help_text=_("Names used by partners and in Excel lists that mean this lead type."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = CatalogQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead type")
        verbose_name_plural = _("lead types")
        default_permissions = CATALOG_ACTIONS
        ordering = ["key"]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "key"],
                condition=Q(dealer__isnull=False),
                name="lead_type_once_per_dealer",
            ),
            models.UniqueConstraint(
                fields=["key"], condition=Q(dealer=None), name="lead_type_once_for_all"
            ),
        ]

    def __str__(self) -> str:
        # Without the right to see creditworthiness this is all that may be shown.
        return self.public_title or self.title

    def title_for(self, *, sees_creditworthiness: bool) -> str:
        return self.title if sees_creditworthiness else str(self)
