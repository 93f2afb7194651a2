"""Leads: one expression of interest each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.catalog import Category, CloseReason, Source, Stage, Status, Tag
from leads.models.contact import ContactData
from leads.models.customer import Customer
from leads.models.dealer import (
    Dealer,
    DealerOwned,
    DealerOwnedQuerySet,
    Location,
    within_places_of,
)
from leads.models.history import BatchedRecords
from leads.models.keys import search_text
from leads.models.lead_type import LeadType
from leads.models.vehicle import Vehicle
from leads.models.wishes import ContactChannel, CustomerKind, FinanceKind, Precheck, Urgency

if TYPE_CHECKING:
    from leads.models.user import User


class Grade(models.TextChoices):
    """The four grades of the score; lower bounds in points (guide „Lead-Qualität“)."""

    HOT = "hot", _("hot")
    WARM = "warm", _("warm")
    COLD = "cold", _("cold")
    UNQUALIFIED = "unqualified", _("unqualified")

    @classmethod
    def of(cls, score: int) -> Grade:
        if score >= 80:
            return cls.HOT
        if score >= 50:
            return cls.WARM
        return cls.COLD if score >= 20 else cls.UNQUALIFIED


class LeadQuerySet(DealerOwnedQuerySet["Lead"]):
    def for_dealer(self, dealer: Dealer | int) -> Self:
        """Without leads in the bin and those that became part of another."""
        return super().for_dealer(dealer).present()

    def ever_of_dealer(self, dealer: Dealer | int) -> Self:
        """Deleted and merged ones too: for what recognises, restores or tells of them."""
        return super().for_dealer(dealer)

    def present(self) -> Self:
        return self.filter(deleted_at=None)

    def for_user(self, user: User) -> Self:
        """Rows of the user's dealers; where a membership names locations, only those.

        A lead without a location is seen by all of the dealer, or nobody would pick it up.
        """
        return self.ever_of_user(user).present()

    def ever_of_user(self, user: User) -> Self:
        """Deleted and merged ones too."""
        return self.filter(within_places_of(user))

    def open(self) -> Self:
        return self.exclude(status__stage__in=Stage.closed())

    def real(self) -> Self:
        """Without test leads: they stay out of figures, assignment and mail."""
        return self.filter(is_test=False)

    def unanswered(self) -> Self:
        """Customers who wait; of an expiring contract nobody has asked anything."""
        return self.open().filter(first_response_at=None, contract_expiring=False)

    def overdue(self, now: datetime) -> Self:
        return self.open().filter(follow_up_at__lt=now)

    def unassigned(self) -> Self:
        return self.open().filter(owner=None)


class Lead(ContactData, DealerOwned):
    """One expression of interest, from one sender, about one vehicle or contract.

    The contact data are those of this enquiry and never overwrite the customer's silently.
    `sender` and `external_id` are those of its first enquiry (see Enquiry); the source is what
    the lead is sorted by and may be corrected by staff, so it identifies nothing.
    """

    number = models.CharField(_("number"), max_length=20, editable=False)
    sender = models.CharField(_("sender"), max_length=80, blank=True, editable=False)
    external_id = models.CharField(_("number at the sender"), max_length=64, blank=True)
    # Counted up with every stored change; the API's ETag.
    version = models.PositiveIntegerField(default=1, editable=False)

    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, verbose_name=_("location")
    )
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,  # lead_of_customer begins with it
        verbose_name=_("customer"),
        related_name="leads",
    )
    vehicle = models.ForeignKey(
        Vehicle,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("vehicle"),
        related_name="leads",
    )
    lead_type = models.ForeignKey(
        LeadType, models.PROTECT, null=True, blank=True, verbose_name=_("lead type")
    )
    lead_type_raw = models.CharField(_("lead type as received"), max_length=40, blank=True)
    lead_type_family = models.CharField(max_length=4, blank=True, editable=False)
    source = models.ForeignKey(Source, models.PROTECT, verbose_name=_("source"))
    status = models.ForeignKey(Status, models.PROTECT, verbose_name=_("status"))
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, verbose_name=_("category")
    )
    tags = models.ManyToManyField(Tag, blank=True, verbose_name=_("tags"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("owner"),
        related_name="+",
    )

    subject = models.CharField(_("subject"), max_length=200)
    message = models.TextField(_("message"), blank=True)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency, default=Urgency.NORMAL)
    expected_value = models.DecimalField(
        _("expected value (EUR)"), max_digits=11, decimal_places=2, null=True, blank=True
    )
    probability = models.PositiveSmallIntegerField(_("probability (%)"), null=True, blank=True)
    budget_from = models.DecimalField(
        _("budget from (EUR)"), max_digits=11, decimal_places=2, null=True, blank=True
    )
    budget_to = models.DecimalField(
        _("budget to (EUR)"), max_digits=11, decimal_places=2, null=True, blank=True
    )
    expected_close_on = models.DateField(_("expected close"), null=True, blank=True)
    desired_start_on = models.DateField(_("desired delivery"), null=True, blank=True)
    follow_up_at = models.DateTimeField(_("follow-up"), null=True, blank=True)
    campaign = models.CharField(_("campaign"), max_length=200, blank=True)
    preferred_channel = models.CharField(
        _("preferred contact"), max_length=10, choices=ContactChannel, blank=True
    )
    preferred_time = models.CharField(_("preferred time"), max_length=100, blank=True)

    test_drive_wished = models.BooleanField(_("test drive wished"), default=False)
    test_drive_on = models.DateField(_("test drive on"), null=True, blank=True)
    test_drive_time = models.CharField(_("test drive at"), max_length=20, blank=True)
    callback_wished = models.BooleanField(_("callback wished"), default=False)
    callback_from = models.DateTimeField(_("callback from"), null=True, blank=True)
    callback_to = models.DateTimeField(_("callback until"), null=True, blank=True)
    trade_in_wished = models.BooleanField(_("trade-in wished"), default=False)
    reservation_hint = models.BooleanField(_("reservation"), default=False)
    customer_kind = models.CharField(
        _("kind of customer"), max_length=10, choices=CustomerKind, blank=True
    )
    precheck = models.CharField(_("credit pre-check"), max_length=10, choices=Precheck, blank=True)
    finance_kind = models.CharField(_("payment"), max_length=10, choices=FinanceKind, blank=True)
    finance_interest = models.BooleanField(_("interested in financing"), null=True, blank=True)
    down_payment = models.DecimalField(
        _("down payment (EUR)"), max_digits=11, decimal_places=2, null=True, blank=True
    )
    term_months = models.PositiveSmallIntegerField(_("term (months)"), null=True, blank=True)
    annual_mileage_km = models.PositiveIntegerField(
        _("mileage per year (km)"), null=True, blank=True
    )
    final_payment = models.DecimalField(
        _("final payment (EUR)"), max_digits=11, decimal_places=2, null=True, blank=True
    )
    monthly_rate = models.DecimalField(
        _("monthly rate (EUR)"), max_digits=9, decimal_places=2, null=True, blank=True
    )
    effective_rate = models.DecimalField(
        _("effective rate (%)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    contract_expiring = models.BooleanField(_("contract expiring"), default=False)
    contract_number = models.CharField(_("contract number"), max_length=64, blank=True)
    contract_ends_on = models.DateField(_("contract ends"), null=True, blank=True)

    # The car as the customer saw it, frozen: the stock car may change its price tomorrow.
    vehicle_name = models.CharField(_("vehicle as named"), max_length=300, blank=True)
    vehicle_price = models.DecimalField(
        _("vehicle price (EUR)"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    offer_number = models.CharField(_("offer number"), max_length=64, blank=True)

    consents = models.JSONField(_("consents"), default=list, blank=True)
    custom_values = models.JSONField(_("further values"), default=dict, blank=True)
    # [{"code": Warning.Code, "value": as received}]; leads/models/warning.py has the words.
    warnings = models.JSONField(_("warnings"), default=list, blank=True, editable=False)
    is_test = models.BooleanField(_("test lead"), default=False)
    is_spam = models.BooleanField(_("suspected spam"), default=False)
    # Columns that staff have set, with the time: an older write from outside leaves them alone.
    # {"status": "2026-03-02T12:29:58+00:00"}
    staff_values: Any = models.JSONField(default=dict, blank=True, editable=False)

    score = models.PositiveSmallIntegerField(_("score"), default=0, editable=False)
    enquired_at = models.DateTimeField(
        _("enquired"), help_text=_("When the customer asked, as the sender says.")
    )
    received_at = models.DateTimeField(
        _("received"), help_text=_("When it arrived in this office.")
    )
    # The same person may ask several times about one case; each is an Enquiry.
    enquiry_count = models.PositiveIntegerField(_("enquiries"), default=1, editable=False)
    last_enquired_at = models.DateTimeField(
        _("last enquiry"), null=True, blank=True, editable=False
    )
    last_activity_at = models.DateTimeField(
        _("last activity"), null=True, blank=True, editable=False
    )
    first_response_at = models.DateTimeField(_("first response"), null=True, blank=True)
    close_reason = models.ForeignKey(
        CloseReason, models.PROTECT, null=True, blank=True, verbose_name=_("close reason")
    )
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # In the bin, or part of another lead. Both can be taken back.
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    deleted_by = models.CharField(_("deleted by"), max_length=80, blank=True, editable=False)
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("merged into"),
        related_name="merged_leads",
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    search_text = models.TextField(blank=True, editable=False)

    # Asked for one lead at a time, so an index for each foreign key would only cost.
    history = BatchedRecords(
        excluded_fields=["search_text"],
        no_db_index=[
            *("dealer", "location", "customer", "vehicle", "lead_type", "source", "status"),
            *("category", "owner", "close_reason", "merged_into"),
        ],
    )
    objects = LeadQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-received_at", "-pk"]
        permissions = [
            ("view_creditworthiness", _("Can see results of credit pre-checks")),
            ("export_lead", _("Can export leads")),
            ("import_lead", _("Can import leads")),
            ("assign_lead", _("Can assign leads to others")),
            ("merge_lead", _("Can merge leads")),
        ]
        indexes = [
            models.Index(fields=["dealer", "-received_at", "-id"], name="lead_newest"),
            models.Index(fields=["dealer", "status", "-received_at"], name="lead_by_status"),
            models.Index(fields=["dealer", "owner", "-received_at"], name="lead_by_owner"),
            models.Index(fields=["dealer", "source", "-received_at"], name="lead_by_source"),
            models.Index(fields=["dealer", "location", "-received_at"], name="lead_by_location"),
            models.Index(fields=["dealer", "lead_type", "-received_at"], name="lead_by_type"),
            models.Index(fields=["dealer", "-score", "-id"], name="lead_by_score"),
            models.Index(fields=["dealer", "follow_up_at"], name="lead_by_follow_up"),
            models.Index(fields=["dealer", "-updated_at", "-id"], name="lead_by_change"),
            models.Index(fields=["customer", "-received_at"], name="lead_of_customer"),
            models.Index(
                fields=["dealer", "-deleted_at"],
                name="lead_deleted",
                condition=~Q(deleted_at=None),
            ),
            # The closed ones soon outnumber the open ones, of which the start page speaks.
            models.Index(
                fields=["dealer", "owner"],
                name="lead_open_by_owner",
                condition=Q(closed_at=None),
            ),
            models.Index(
                fields=["dealer", "follow_up_at"],
                name="lead_open_by_due",
                condition=Q(closed_at=None),
            ),
            models.Index(
                fields=["dealer", "enquired_at"],
                name="lead_unanswered",
                condition=Q(first_response_at=None, closed_at=None),
            ),
            models.Index(
                fields=["lead_type_raw"],
                name="lead_unknown_type",
                condition=Q(lead_type=None) & ~Q(lead_type_raw=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "number"], name="lead_once_per_number"),
            models.CheckConstraint(
                condition=Q(probability=None) | Q(probability__lte=100),
                name="lead_probability_is_percent",
            ),
            models.CheckConstraint(condition=Q(score__lte=100), name="lead_score_up_to_100"),
        ]

    def __str__(self) -> str:
        # Django writes this into its log of admin actions, which outlives an erased person.
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.set_keys()
        super().save(*args, **kwargs)

    def set_keys(self) -> None:
        self.set_contact_keys()
        self.search_text = search_text(
            [
                self.number,
                self.external_id,
                self.person_name,
                self.company,
                self.email,
                self.phone_key,
                self.mobile_key,
                self.postal_code,
                self.city,
                self.subject,
                self.vehicle_name,
                self.offer_number,
            ]
        )

    @property
    def grade(self) -> Grade:
        """A retention task is never "unqualified": the customer could not qualify it."""
        grade = Grade.of(self.score)
        if grade == Grade.UNQUALIFIED and self.contract_expiring:
            return Grade.COLD
        return grade

    @property
    def answer_until(self) -> datetime:
        """By when the customer should have heard of us. No query, if the lead type is loaded."""
        kind = self.lead_type
        minutes = kind.first_response_minutes if kind else LeadType.USUAL_RESPONSE_MINUTES
        return self.enquired_at + timedelta(minutes=minutes)
