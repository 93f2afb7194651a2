"""Customers: the people and companies behind the leads."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin.customer_bin import BinFilter, CustomerBin
from leads.admin.customer_merging import CustomerMerging
from leads.admin.display import ago, mail_link, moment, phone_link, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.leads_of import LeadsOfAdmin
from leads.admin.list_export import ListExport
from leads.admin.match_suggestion import possible_twins
from leads.models import Customer

_SHOWN_SUGGESTIONS = 10


@admin.register(Customer)
class CustomerAdmin(ListExport, CustomerMerging, CustomerBin, LeadsOfAdmin):
    import_export_change_list_template = "admin/leads/customer/change_list.html"
    lead_column = "customer"
    actions = ["merge_selected", "restore_selected"]
    list_display = ["name_cell", "contact_cell", "place_cell", "leads_cell", "since_cell"]
    list_display_links = ["name_cell"]
    list_filter = [BinFilter, ("created_at", DaysFilter)]
    list_filter_submit = True
    empty_text = gettext_lazy("Customers come with their first lead, or with a list.")
    search_fields = ["search_text"]
    search_help_text = gettext_lazy("Name, company, phone, e-mail, place")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("salutation", "title"),
                    ("first_name", "last_name"),
                    "company",
                    ("phone", "mobile"),
                    ("email", "street"),
                    ("postal_code", "city"),
                    ("country", "external_number"),
                    "note",
                ]
            },
        )
    ]
    change_form_outer_before_template = "admin/leads/customer/page.html"

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        now = timezone.now()
        for customer in changelist.result_list:
            customer.seen_at = now
        return changelist

    @display(description=gettext_lazy("name"))
    def name_cell(self, customer: Customer) -> str:
        return customer.full_name or _("Without a name")

    @display(description=gettext_lazy("phone · e-mail"))
    def contact_cell(self, customer: Customer) -> SafeString:
        phone = phone_link(customer.phone or customer.mobile)
        return two_lines(
            phone or mail_link(customer.email), mail_link(customer.email) if phone else ""
        )

    @display(description=gettext_lazy("place"))
    def place_cell(self, customer: Customer) -> str:
        return " ".join(filter(None, [customer.postal_code, customer.city])) or "–"

    @display(description=gettext_lazy("last enquiry"))
    def since_cell(self, customer: Any) -> str:
        last = customer.counts["last"]
        return ago(last, now=customer.seen_at) if last else "–"

    def choice_label(self, request: HttpRequest, obj: Customer) -> str:
        place = " ".join(filter(None, [obj.postal_code, obj.city]))
        return " · ".join(filter(None, [obj.full_name or obj.email or str(obj), place]))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        customer = kwargs.get("obj")
        if customer is not None:
            context["page"] = self._page(request, customer)
            context["title"] = customer.full_name or _("Without a name")
            context["subtitle"] = None
        return super().render_change_form(request, context, *args, **kwargs)

    def _page(self, request: HttpRequest, customer: Customer) -> dict[str, Any]:
        now = timezone.now()
        return {
            "customer": customer,
            **self.newest_leads(request, customer, now=now),
            "suggestions": possible_twins(
                customer.pk, customer.dealer_id, limit=_SHOWN_SUGGESTIONS
            ),
            "merges": self.merged_lines(request, customer, now=now),
            "phones": [phone_link(one) for one in (customer.phone, customer.mobile) if one],
            "mail": mail_link(customer.email),
            "address": customer.address,
            "since": moment(customer.created_at, now=now),
            "may_add_lead": request.user.has_perm("leads.add_lead", customer),
        }
