"""Possible duplicates: two customers who may be the same, with the evidence."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from leads.admin.base import DealerAdmin
from leads.admin.display import ago, phone_link, two_lines
from leads.admin.filters import MatchReasonFilter
from leads.models import Customer, MatchSuggestion


@admin.register(MatchSuggestion)
class MatchSuggestionAdmin(DealerAdmin):
    list_display = ["customer_cell", "candidate_cell", "reason_cell", "created_cell"]
    list_display_links = None
    list_select_related = ["customer", "candidate"]
    list_filter = [MatchReasonFilter]
    list_filter_submit = True
    empty_text = gettext_lazy("Two customers who may be the same person are shown here.")
    fields: ClassVar[Any] = list_display
    readonly_fields: ClassVar[Any] = list_display

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("customer"))
    def customer_cell(self, suggestion: MatchSuggestion) -> SafeString:
        return _person(suggestion.customer)

    @display(description=gettext_lazy("may be the same as"))
    def candidate_cell(self, suggestion: MatchSuggestion) -> SafeString:
        return _person(suggestion.candidate)

    @display(description=gettext_lazy("reason"))
    def reason_cell(self, suggestion: MatchSuggestion) -> str:
        return capfirst(suggestion.get_reason_display())

    @display(description=gettext_lazy("found"))
    def created_cell(self, suggestion: MatchSuggestion) -> str:
        return ago(suggestion.created_at, now=timezone.now())


def _person(customer: Customer) -> SafeString:
    name = customer.full_name or customer.email or _("Without a name")
    url = reverse("admin:leads_customer_change", args=[customer.pk])
    link = format_html('<a class="lo-link" href="{}">{}</a>', url, name)
    place = " ".join(filter(None, [customer.postal_code, customer.city]))
    contact = [phone_link(customer.phone or customer.mobile) or customer.email, place]
    below = format_html("{}", contact[0]) if not place else format_html("{} · {}", *contact)
    return two_lines(link, below if contact[0] else place)
