"""The lead score: 0–100, explained in words (Anfragen guide, „Lead-Qualität“, §4).

The parts and their weights are our proposal; the guide publishes only the inputs and the grades.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead
from leads.models.wishes import CustomerKind, Precheck, Urgency

# Nobody can be called or written to: whatever else is true, it cannot become a sale soon.
MAX_WITHOUT_CONTACT = 10


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One line of the breakdown."""

    label: Promise
    points: int
    is_sensitive: bool = False  # tells something about creditworthiness


def score_of(lead: Lead) -> int:
    """0–100 from the lead's own columns; deterministic, no query."""
    if lead.is_test:
        return 0
    total = max(0, min(100, sum(part.points for part in _parts(lead))))
    return total if lead.is_contactable else min(total, MAX_WITHOUT_CONTACT)


def explain(lead: Lead, *, sees_creditworthiness: bool) -> list[ScorePart]:
    """The lines that make up the score, best first, without those nobody earned. What a test
    lead or an unreachable customer loses is the last one."""
    parts = [part for part in _parts(lead) if part.points]
    if not sees_creditworthiness:
        parts = [part for part in parts if not part.is_sensitive]
    parts.sort(key=lambda part: -part.points)
    if lead.is_test or not lead.is_contactable:
        # From what is shown, or the difference would tell what is hidden.
        lost = score_of(lead) - sum(part.points for part in parts)
        label = _("Test lead") if lead.is_test else _("Cannot be reached")
        parts += [ScorePart(label, lost)] if lost < 0 else []
    return parts


def _parts(lead: Lead) -> list[ScorePart]:
    return [
        *_intent(lead),
        _finance_readiness(lead),
        *_data(lead),
        _urgency(lead),
        _value(lead),
        *_relation(lead),
    ]


def _intent(lead: Lead) -> list[ScorePart]:
    """At most 30: a wish for a meeting 20, a calculation 10, a car 5 (the last are capped)."""
    parts = []
    left = 30
    wishes = lead.test_drive_wished or lead.callback_wished or lead.reservation_hint
    for label, points, is_earned in (
        (_("Wishes a test drive, callback or reservation"), 20, wishes),
        (_("Calculated financing or leasing"), 10, lead.finance_kind in ("finance", "leasing")),
        (_("Asks about a certain vehicle"), 5, bool(lead.vehicle_name)),
    ):
        earned = min(points, left) if is_earned else 0
        left -= earned
        parts.append(ScorePart(label, earned))
    return parts


_PRECHECK_POINTS = {Precheck.POSITIVE: 15, Precheck.PERFORMED: 8, Precheck.NEGATIVE: 0}


def _finance_readiness(lead: Lead) -> ScorePart:
    points = _PRECHECK_POINTS.get(Precheck(lead.precheck), 5) if lead.precheck else 5
    return ScorePart(_("Credit pre-check"), points, is_sensitive=True)


def _data(lead: Lead) -> list[ScorePart]:
    return [
        ScorePart(_("Phone number known"), 8 if lead.phone_key or lead.mobile_key else 0),
        ScorePart(_("E-mail known"), 5 if lead.email_key else 0),
        ScorePart(_("Name known"), 3 if lead.name_key else 0),
        ScorePart(_("Address known"), 2 if lead.street and lead.postal_code else 0),
        ScorePart(
            _("Agreed to be contacted"),
            2 if any(consent.get("granted") for consent in lead.consents) else 0,
        ),
    ]


_URGENCY_POINTS = {
    Urgency.IMMEDIATE: 15,
    Urgency.HIGH: 10,
    Urgency.NORMAL: 5,
    Urgency.LOW: 0,
}


def _urgency(lead: Lead) -> ScorePart:
    return ScorePart(_("Urgency"), _URGENCY_POINTS[Urgency(lead.urgency)])


def _value(lead: Lead) -> ScorePart:
    """Steps by value in EUR, times the probability if one is given."""
    value = lead.expected_value or lead.vehicle_price or Decimal(0)
    steps = ((30_000, 10), (15_000, 6), (5_000, 3))
    points = next((points for bound, points in steps if value >= bound), 0)
    if lead.probability is not None:
        points = round(points * lead.probability / 100)
    return ScorePart(_("Value of the business"), points)


def _relation(lead: Lead) -> list[ScorePart]:
    is_existing = lead.customer_kind == CustomerKind.EXISTING
    return [
        ScorePart(_("Existing customer"), 4 if is_existing else 0),
        ScorePart(_("Contract expires soon"), 3 if lead.contract_expiring else 0),
    ]
