"""What the export control found, where people meet the leads and cars it is about.

A finding is shown with the row it is about: whoever sees that row, and may see findings at its
dealer, sees it. Only lists of findings themselves go by location.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from integrations.admin.finding_words import notice, shown
from integrations.models import Finding, Severity
from leads.admin.display import badge
from leads.admin.finding_rows import VIEW, seen_findings
from leads.admin.wall import has_right_at
from leads.models import Lead, User, Vehicle

_SHOWN = 20  # findings on one page: a car seldom has more than three


# --- on a page -------------------------------------------------------------------------------


def findings_of_lead(lead: Lead, *, user: User, now: datetime) -> list[dict[str, Any]]:
    """What whoever answers this open lead should know: about the lead itself first, then what is
    wrong with its car. What nobody has acknowledged stands before the rest."""
    if not lead.status.is_open or not has_right_at(user, VIEW, lead.dealer_id):
        return []
    rows = Finding.objects.of_lead(lead)
    if lead.vehicle is not None:
        of_car = Finding.objects.of_vehicle(lead.vehicle).filter(lead=None)
        rows |= of_car.filter(severity__gte=Severity.WARNING)
    return _notices(rows, now=now)


def findings_of_vehicle(vehicle: Vehicle, *, user: User, now: datetime) -> list[dict[str, Any]]:
    """What is wrong with the car; what that means for a lead stands with the lead."""
    if not has_right_at(user, VIEW, vehicle.dealer_id):
        return []
    return _notices(Finding.objects.of_vehicle(vehicle).filter(lead=None), now=now)


def _notices(rows: Any, *, now: datetime) -> list[dict[str, Any]]:
    found = list(rows.open().worst_first().select_related("app", "acknowledged_by")[:_SHOWN])
    found.sort(key=lambda one: (one.is_quiet, one.lead_id is None))  # the worst first, in each part
    return [notice(one, now=now) for one in found]


# --- in a list -------------------------------------------------------------------------------


def lead_chips(leads: Iterable[Lead], *, user: User) -> dict[int, SafeString]:
    """One chip for each open lead with a finding that nobody has acknowledged, by the lead's pk;
    one query."""
    pks = [lead.pk for lead in leads if lead.status.is_open]
    rows: Any = seen_findings(user).filter(lead__in=pks)
    worst: dict[int, Finding] = {}
    for finding in rows.loud().worst_first():
        worst.setdefault(finding.lead_id, finding)
    return {pk: _lead_chip(finding) for pk, finding in worst.items()}


def _lead_chip(finding: Finding) -> SafeString:
    words = {
        "AM-41": _("Car is gone"),
        "AM-42": _("Check the car"),
        "AM-43": _("Car not known"),
    }
    said = shown(finding)
    title = f"{said['sentence']} {said['step']}"
    return badge(words.get(finding.check_code, said["title"]), said["tone"], title=title)


def vehicle_chips(vehicles: Iterable[Vehicle], *, user: User) -> dict[int, SafeString]:
    """One chip for each car with findings that nobody has acknowledged, by the car's pk: the worst,
    and how many more there are. One query for all."""
    cars = list(vehicles)
    by_number = {(car.dealer_id, car.internal_number): car for car in cars if car.internal_number}
    by_vin = {(car.dealer_id, car.vin): car for car in cars if car.vin}
    named = Q(vehicle_number__in=[number for _dealer, number in by_number])
    named |= Q(vehicle_number="", vin__in=[vin for _dealer, vin in by_vin])
    rows: Any = seen_findings(user).filter(named, dealer__in={car.dealer_id for car in cars})
    found: dict[int, list[Finding]] = {}
    for finding in rows.loud().filter(lead=None).worst_first():
        number = finding.vehicle_number
        name, among = (number, by_number) if number else (finding.vin, by_vin)
        car = among.get((finding.dealer_id, name))
        if car is not None:
            found.setdefault(car.pk, []).append(finding)
    return {pk: _vehicle_chip(findings) for pk, findings in found.items()}


def _vehicle_chip(findings: list[Finding]) -> SafeString:
    said = [shown(one) for one in findings]
    more = f" +{len(said) - 1}" if len(said) > 1 else ""
    title = "\n".join(f"{one['title']}: {one['sentence']}" for one in said)
    return badge(f"{said[0]['title']}{more}", said[0]["tone"], title=title)
