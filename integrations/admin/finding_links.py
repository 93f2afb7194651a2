"""Where a finding leads: to the page of its car and of its lead, as far as one may open them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from integrations.models import Finding
from leads.models import Lead, User, Vehicle


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    url: str


def links_of(findings: Iterable[Finding], user: User) -> dict[int, list[Link]]:
    """Car and lead of each finding by its pk. Two queries, however many findings."""
    rows = list(findings)
    cars, leads = _cars(rows, user), _leads(rows, user)
    return {
        row.pk: [link for link in (_car_link(row, cars), leads.get(row.lead_id or 0)) if link]
        for row in rows
    }


def _car_link(finding: Finding, cars: dict[tuple[int, str], int]) -> Link | None:
    """A finding means a car by its own number, by VIN only without one (names_of)."""
    name = finding.vehicle_number or finding.vin
    pk = cars.get((finding.dealer_id, name)) if name else None
    if pk is None:
        return None
    url = reverse("admin:leads_vehicle_change", args=[pk])
    return Link(_("Vehicle %(number)s") % {"number": name}, url)


def _cars(findings: list[Finding], user: User) -> dict[tuple[int, str], int]:
    """(dealer, number or VIN) → vehicle"""
    numbers = {one.vehicle_number for one in findings if one.vehicle_number}
    vins = {one.vin for one in findings if one.vin and not one.vehicle_number}
    if not numbers and not vins:
        return {}
    named = Q(internal_number__in=numbers) | Q(vin__in=vins)
    dealers = {one.dealer_id for one in findings}
    rows = Vehicle.objects.for_user(user).filter(named, dealer__in=dealers).order_by("pk")
    found: dict[tuple[int, str], int] = {}
    for pk, dealer_id, number, vin in rows.values_list("pk", "dealer", "internal_number", "vin"):
        for name in filter(None, (number, vin)):
            found[dealer_id, name] = pk
    return found


def _leads(findings: list[Finding], user: User) -> dict[int, Link]:
    pks = {one.lead_id for one in findings if one.lead_id}
    if not pks:
        return {}
    rows = Lead.objects.for_user(user).filter(pk__in=pks)
    return {
        pk: Link(
            _("Lead %(number)s") % {"number": number},
            reverse("admin:leads_lead_change", args=[pk]),
        )
        for pk, number in rows.values_list("pk", "number")
    }
