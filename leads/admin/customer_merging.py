"""Customers side by side: their data, their leads, and why they may be the same."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from leads.admin.display import moment, status_badge
from leads.admin.merge_pages import MergePages, back_url, may_merge, with_button
from leads.admin.wall import user_of
from leads.models import Customer, Lead
from leads.services.duplicates import DecisionRefused, mark_different, suggestions_of_pair

_SHOWN_LEADS = 5  # of each side


class CustomerMerging(MergePages):
    merge_kind = "customer"
    merge_title = gettext_lazy("Merge customers")

    def get_urls(self) -> list[Any]:
        view = require_POST(self.different_view)
        own = self.address("<int:kept>/different/<int:merged>/", "different", view)
        return [own, *super().get_urls()]

    def side(self, request: HttpRequest, row: Customer, *, now: datetime) -> dict[str, Any]:
        leads = Lead.objects.for_user(user_of(request)).filter(customer=row)
        newest = leads.select_related("status").order_by("-received_at", "-pk")
        return {
            "name": self.name_of(row),
            "url": reverse("admin:leads_customer_change", args=[row.pk]),
            "lines": [
                _("Customer since %(at)s") % {"at": moment(row.created_at, now=now)},
                *(
                    [_("Number at the bank: %(number)s") % {"number": row.external_number}]
                    if row.external_number
                    else []
                ),
            ],
            "list_title": _("Leads"),
            "list_empty": _("No leads yet."),
            "list": [
                {
                    "badge": status_badge(lead.status),
                    "text": lead.subject,
                    "url": reverse("admin:leads_lead_change", args=[lead.pk]),
                    "at": moment(lead.received_at, now=now),
                }
                for lead in newest[:_SHOWN_LEADS]
            ],
            "more": max(0, leads.count() - _SHOWN_LEADS),
        }

    def compared(self, request: HttpRequest, kept: Customer, merged: Customer) -> dict[str, Any]:
        suggestions = list(suggestions_of_pair(kept, merged))
        numbers = {kept.external_number, merged.external_number} - {""}
        return {
            "reasons": [capfirst(str(one.get_reason_display())) for one in suggestions],
            "decided": any(one.decision == "different" for one in suggestions),
            "different_url": reverse("admin:leads_customer_different", args=[kept.pk, merged.pk]),
            "note": _("Both numbers at the bank lead to the customer that is kept.")
            if len(numbers) == 2
            else "",
        }

    def name_of(self, row: Customer) -> str:
        return row.full_name or row.email or _("Without a name")

    def merged_text(self, kept: Customer, merged: Customer) -> str:
        return _("The customers are merged.")

    def forwarded_text(self, pk: int) -> str:
        return _("The customer you asked for was merged with this one.")

    def different_view(self, request: HttpRequest, kept: int, merged: int) -> HttpResponse:
        one, other = self._pair(request, kept, merged)
        user = user_of(request)
        if not may_merge(user, self.merge_kind, one.dealer_id):
            raise PermissionDenied
        page = self._page_url(one.pk)
        try:
            suggestion = mark_different(one, other, by=user, now=timezone.now())
        except DecisionRefused as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(back_url(request, page))
        undo = reverse("admin:leads_matchsuggestion_reopen", args=[suggestion.pk])
        back = back_url(request, page)
        text = with_button(
            request, _("Remembered: these are two different customers."), url=undo, back=back
        )
        self.message_user(request, text, messages.SUCCESS)
        return HttpResponseRedirect(back)
