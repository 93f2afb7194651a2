"""The command palette (Ctrl+K): leads, customers and vehicles by any part of a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from leads.admin.display import money
from leads.admin.wall import matching_text
from leads.models import Customer, Lead, Vehicle
from leads.models.keys import display_phone, fold

MIN_CHARACTERS, MAX_CHARACTERS = 2, 100
MAX_LEADS, MAX_CUSTOMERS, MAX_VEHICLES = 10, 6, 4


def palette(request: HttpRequest) -> HttpResponse:
    """The theme's search, whose results always fit on one page; it fails on any other number."""
    if request.GET.get("page", "1") != "1":
        return HttpResponse()
    answer: HttpResponse = admin.site.search(request)  # type: ignore[attr-defined]
    return answer


def search(request: HttpRequest, search_term: str) -> list[SearchResult]:
    """At most 20 hits, newest first within each kind, from what the user may see; one query per
    kind. Shorter terms than two characters find nothing."""
    search_term = search_term[:MAX_CHARACTERS]
    if len(fold(search_term)) < MIN_CHARACTERS:
        return []
    return [
        *_hits(request, search_term, Lead, _lead, limit=MAX_LEADS, related=["status"]),
        *_hits(request, search_term, Customer, _customer, limit=MAX_CUSTOMERS),
        *_hits(request, search_term, Vehicle, _vehicle, limit=MAX_VEHICLES),
    ]


def _hits(
    request: HttpRequest,
    term: str,
    model: type[Model],
    words_for: Callable[[Any], tuple[str, str]],
    *,
    limit: int,
    related: list[str] | None = None,
) -> list[SearchResult]:
    model_admin = admin.site.get_model_admin(model)
    if not model_admin.has_view_or_change_permission(request):
        return []
    rows = model_admin.get_queryset(request).filter(matching_text(term))
    rows = rows.select_related(*related) if related else rows.select_related(None)
    opts = model._meta
    icon = {Lead: "inbox", Customer: "contacts", Vehicle: "directions_car"}[model]
    hits = []
    for row in rows[:limit]:
        title, description = words_for(row)
        link = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        hits.append(SearchResult(title=title, description=description, link=link, icon=icon))
    return hits


def _line(*parts: object) -> str:
    return " · ".join(str(part) for part in parts if part)


def _lead(lead: Lead) -> tuple[str, str]:
    return lead.full_name or lead.email or lead.number, _line(
        _("Enquiry"), lead.number, lead.status.name, Truncator(lead.subject).chars(40)
    )


def _customer(customer: Customer) -> tuple[str, str]:
    phone = customer.phone or customer.mobile
    place = " ".join(filter(None, [customer.postal_code, customer.city]))
    return customer.full_name or customer.email or str(customer), _line(
        _("Customer"), place, display_phone(phone) if phone else ""
    )


def _vehicle(vehicle: Vehicle) -> tuple[str, str]:
    return str(vehicle), _line(_("Vehicle"), vehicle.get_state_display(), money(vehicle.price))
