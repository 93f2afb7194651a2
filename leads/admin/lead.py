"""Leads: the list people work from, the page of one lead, and typing in a new one."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin import filters, lead_filters
from leads.admin.histories import DealerHistoryAdmin
from leads.admin.lead_bin import LeadBin
from leads.admin.lead_forms import LeadForm, NewLeadForm
from leads.admin.lead_handover import LeadHandover
from leads.admin.lead_list import LeadChangeList
from leads.admin.lead_page import lead_page
from leads.admin.lead_steps import LeadSteps
from leads.admin.lead_tasks import LeadTasks
from leads.admin.list_export import ListExport
from leads.admin.wall import has_right_at, sees_creditworthiness, user_of
from leads.models import Lead
from leads.services.by_hand import SENDER, receive_by_hand
from leads.services.handling import record_change

_CONTACT = [
    "customer",
    ("salutation", "title"),
    ("first_name", "last_name"),
    "company",
    ("phone", "mobile"),
    ("email", "street"),
    ("postal_code", "city"),
    "country",
    ("preferred_channel", "preferred_time"),
]
_SECTIONS: list[tuple[Promise, list[Any]]] = [
    (
        gettext_lazy("Work"),
        [
            ("status", "close_reason"),
            ("owner", "location"),
            "follow_up_at",
            ("source", "lead_type"),
            ("urgency", "category"),
            "tags",
        ],
    ),
    (gettext_lazy("Contact"), _CONTACT),
    (gettext_lazy("Enquiry"), ["subject", "message", ("campaign", "is_test")]),
    (
        gettext_lazy("Vehicle"),
        ["vehicle", ("vehicle_name", "vehicle_price"), "offer_number"],
    ),
    (
        gettext_lazy("Wishes"),
        [
            ("test_drive_wished", "callback_wished"),
            ("test_drive_on", "test_drive_time"),
            "callback_from",
            "callback_to",
            ("trade_in_wished", "reservation_hint"),
            "customer_kind",
        ],
    ),
    (
        gettext_lazy("Value"),
        [
            ("expected_value", "probability"),
            ("budget_from", "budget_to"),
            ("expected_close_on", "desired_start_on"),
        ],
    ),
    (
        gettext_lazy("Financing and contract"),
        [
            "precheck",
            ("finance_kind", "finance_interest"),
            ("down_payment", "final_payment"),
            ("term_months", "annual_mileage_km"),
            ("monthly_rate", "effective_rate"),
            ("contract_number", "contract_ends_on"),
            "contract_expiring",
        ],
    ),
]
# In the address: the form below the overview stands open.
_EDIT = "edit"
# Sections that stay open although nobody filled them: one of them is always the next to fill.
_ALWAYS_OPEN = 2


@admin.register(Lead)
class LeadAdmin(ListExport, LeadSteps, LeadBin, LeadTasks, LeadHandover, DealerHistoryAdmin):
    import_export_change_list_template = "admin/leads/lead/change_list.html"
    form = LeadForm
    list_display = [
        "customer_cell",
        "enquiry_cell",
        "origin_cell",
        "status_cell",
        "owner_cell",
        "due_cell",
    ]
    list_display_links = None  # the cells carry their own link, which covers the row
    list_select_related = ["status", "source", "lead_type", "owner", "location"]
    list_filter = [
        lead_filters.QuickFilter,
        lead_filters.StageFilter,
        lead_filters.StatusFilter,
        lead_filters.SourceFilter,
        lead_filters.LeadTypeFilter,
        filters.LocationFilter,
        filters.OwnerFilter,
        lead_filters.TagFilter,
        ("received_at", filters.DaysFilter),
        lead_filters.TestLeadFilter,
        lead_filters.CustomerFilter,
        lead_filters.VehicleFilter,
    ]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    empty_text = gettext_lazy(
        "Leads come from your connections, by Excel import, or are entered by hand."
    )
    search_fields = ["search_text"]
    search_help_text = gettext_lazy("Name, phone, e-mail, subject, number")
    autocomplete_fields = ["customer", "vehicle", "source", "tags"]
    creditworthiness_fields = ["precheck"]
    change_form_outer_before_template = "admin/leads/lead/page.html"
    change_form_before_template = "admin/leads/lead/form_start.html"
    change_form_outer_after_template = "admin/leads/lead/form_end.html"
    fieldsets: ClassVar[Any] = [(title, {"fields": fields}) for title, fields in _SECTIONS]
    add_fieldsets = [
        (gettext_lazy("Who is asking?"), {"fields": _CONTACT[:-2]}),
        (
            gettext_lazy("What about?"),
            {
                "fields": [
                    ("source", "location"),
                    "subject",
                    "message",
                    ("vehicle", "vehicle_name"),
                    ("test_drive_wished", "callback_wished"),
                    "trade_in_wished",
                ]
            },
        ),
        (gettext_lazy("Who takes care?"), {"fields": ["owner", "follow_up_at"]}),
    ]

    class Media:
        js = ["leads/admin.js"]

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LeadChangeList]:
        return LeadChangeList

    @display(description=gettext_lazy("customer"))
    def customer_cell(self, lead: Any) -> SafeString:
        return lead.row.customer()

    @display(description=gettext_lazy("enquiry"))
    def enquiry_cell(self, lead: Any) -> SafeString:
        return lead.row.enquiry()

    @display(description=gettext_lazy("lead type · source"))
    def origin_cell(self, lead: Any) -> SafeString:
        return lead.row.origin()

    @display(description=gettext_lazy("status · score"), ordering="score")
    def status_cell(self, lead: Any) -> SafeString:
        return lead.row.status()

    @display(description=gettext_lazy("owner · location"))
    def owner_cell(self, lead: Any) -> SafeString:
        return lead.row.owner()

    @display(description=gettext_lazy("due · next step"), ordering="follow_up_at")
    def due_cell(self, lead: Any) -> SafeString:
        return lead.row.due()

    def choice_label(self, request: HttpRequest, obj: Lead) -> str:
        return " · ".join(filter(None, [obj.number, obj.full_name, obj.subject]))

    # The page of one lead

    def get_fieldsets(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        if obj is None:
            return super().get_fieldsets(request, obj)
        fieldsets = super().get_fieldsets(request, obj)
        for position, (_title, options) in enumerate(fieldsets):
            if position >= _ALWAYS_OPEN and not _is_filled(obj, options["fields"]):
                options["classes"] = ["collapse"]
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Lead | None = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        if obj is not None and not sees_creditworthiness(user_of(request), obj):
            # Types that differ only in the pre-check have the same name for this user.
            fields.append("lead_type")
        return fields

    def get_form(
        self, request: HttpRequest, obj: Lead | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewLeadForm
            kwargs["fields"] = [*(kwargs.get("fields") or []), "token"]
        form = super().get_form(request, obj, change=change, **kwargs)
        self._limit_owner(request, form, obj)
        return form

    def _limit_owner(self, request: HttpRequest, form: Any, obj: Lead | None) -> None:
        """Without the right to assign, one may take a lead or leave it where it is."""
        dealer_id = obj.dealer_id if obj else getattr(form.sole_dealer, "pk", None)
        owner = form.base_fields.get("owner")
        if owner is None or has_right_at(user_of(request), "leads.assign_lead", dealer_id):
            return
        allowed = Q(pk=user_of(request).pk) | Q(pk=obj.owner_id if obj else None)
        owner.queryset = owner.queryset.filter(allowed)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"owner": user_of(request).pk, **super().get_changeform_initial_data(request)}

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        lead = kwargs.get("obj")
        if lead is not None:
            now = timezone.now()
            # The form may have changed the instance without being valid.
            stored = self.get_queryset(request).select_related(
                "status",
                "source",
                "lead_type",
                "owner",
                "location",
                "vehicle",
                "customer",
                "dealer",
            )
            context["page"] = {
                **lead_page(stored.get(pk=lead.pk), user=user_of(request), now=now),
                "merges": self.merged_lines(request, lead, now=now),
                "is_editing": _EDIT in request.GET,
                "edit_url": _with_form_open(request.get_full_path()),
            }
            context["title"] = context["page"]["name"]
            context["subtitle"] = lead.number
        context["show_save_and_add_another"] = False
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving

    def save_model(self, request: HttpRequest, obj: Lead, form: Any, change: bool) -> None:
        now = timezone.now()
        if change:
            record_change(obj, form.changed_data, by=user_of(request), now=now)
            return
        token = form.cleaned_data.get("token") or form.fields["token"].initial
        entry = receive_by_hand(
            obj.dealer, form.draft(sender=SENDER), token=token, by=user_of(request), now=now
        )
        if entry.lead is not None:
            obj.__dict__.update(entry.lead.__dict__)

    def response_add(self, request: HttpRequest, obj: Lead, *args: Any, **kwargs: Any) -> Any:
        if obj.pk is None:
            message = _("The lead could not be stored. The intake ledger has what you typed.")
            self.message_user(request, message, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:leads_lead_changelist"))
        message = _("Lead %(number)s was created.") % {"number": obj.number}
        self.message_user(request, message, messages.SUCCESS)
        return HttpResponseRedirect(reverse("admin:leads_lead_change", args=[obj.pk]))

    def response_change(self, request: HttpRequest, obj: Lead) -> HttpResponse:
        response = super().response_change(request, obj)
        if "_continue" in request.POST and isinstance(response, HttpResponseRedirect):
            return HttpResponseRedirect(_with_form_open(response.url))
        return response

    def log_addition(self, request: HttpRequest, obj: Lead, message: Any) -> Any:
        return super().log_addition(request, obj, message) if obj.pk else None


def _with_form_open(url: str) -> str:
    path, _mark, query = url.partition("?")
    asked = QueryDict(query, mutable=True)
    asked[_EDIT] = "1"
    return f"{path}?{asked.urlencode()}"


def _is_filled(lead: Lead, rows: list[Any]) -> bool:
    """Whether somebody filled in one of the fields; switches that are off do not count."""
    names = [name for row in rows for name in ([row] if isinstance(row, str) else row)]
    return any(getattr(lead, name) not in ("", None, False, []) for name in names)
