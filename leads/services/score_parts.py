"""What the score is made of: one table of parts, each with its usual points.

The guide publishes only the inputs and the grades („Lead-Qualität“, Anfragen guide §4); the parts
and their points are our proposal, and each dealer may weigh them differently.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead
from leads.models.wishes import CustomerKind, Precheck, Urgency

MAX_WEIGHT = 100
# Days are those of the calendar, so a score changes at midnight and not at every hour of the day.
# For so many a further enquiry counts as a sign of interest.
ASKED_LATELY_DAYS = 7
IDLE_DAYS = 14
LONG_IDLE_DAYS = 30

# How much of its points a lead earns, 0 to 1, at a time.
Share = Callable[[Lead, datetime], Fraction | bool]


class ScoreGroup(models.TextChoices):
    INTENT = "intent", _("Intent")
    DATA = "data", _("Data")
    URGENCY = "urgency", _("Urgency and value")
    RELATION = "relation", _("Relation")
    CREDIT = "credit", _("Creditworthiness")
    DEDUCTION = "deduction", _("Deductions")


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of the score; `points` are the usual most, `key` is what weights name it by."""

    key: str
    group: ScoreGroup
    label: Promise
    points: int
    description: Promise
    share: Share
    is_sensitive: bool = False  # tells something about creditworthiness


def weight_of(key: str, weights: Mapping[str, Any]) -> int:
    """The points of a part: the dealer's if they are valid, otherwise the usual ones."""
    given = weights.get(key)
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= MAX_WEIGHT:
        return given
    return USUAL_WEIGHTS[key]


def all_weights(weights: Mapping[str, Any]) -> Mapping[str, int]:
    """The points of every part."""
    return {key: weight_of(key, weights) for key in USUAL_WEIGHTS} if weights else USUAL_WEIGHTS


def clock_of(lead: Lead, now: datetime) -> datetime:
    """The time at which a lead is judged: for a closed one it stands still."""
    return lead.closed_at or now


# --- what a lead earns --------------------------------------------------------------------------


def _wishes_a_meeting(lead: Lead, at: datetime) -> bool:
    return lead.test_drive_wished or lead.callback_wished or lead.reservation_hint


def _has_calculated(lead: Lead, at: datetime) -> bool:
    return lead.finance_kind in ("finance", "leasing")


def _names_a_vehicle(lead: Lead, at: datetime) -> bool:
    return bool(lead.vehicle_name)


# The family of BDK's configurator for new cars; other lead types may be filed under it too.
_CONFIGURATOR = "6"


def _has_configured(lead: Lead, at: datetime) -> bool:
    return lead.lead_type_family == _CONFIGURATOR


def _has_phone(lead: Lead, at: datetime) -> bool:
    return bool(lead.phone_key or lead.mobile_key)


def _has_email(lead: Lead, at: datetime) -> bool:
    return bool(lead.email_key)


def _has_name(lead: Lead, at: datetime) -> bool:
    return bool(lead.name_key)


def _has_address(lead: Lead, at: datetime) -> bool:
    return bool(lead.street and lead.postal_code)


def _has_agreed(lead: Lead, at: datetime) -> bool:
    return any(isinstance(one, dict) and one.get("granted") for one in lead.consents)


_NONE = Fraction(0)
_URGENCY_SHARES = {
    Urgency.IMMEDIATE: Fraction(1),
    Urgency.HIGH: Fraction(2, 3),
    Urgency.NORMAL: Fraction(1, 3),
}


def _urgency(lead: Lead, at: datetime) -> Fraction:
    return _URGENCY_SHARES.get(Urgency(lead.urgency), _NONE)


# From how many EUR, which share.
_VALUE_STEPS = (
    (Decimal(30_000), Fraction(1)),
    (Decimal(15_000), Fraction(6, 10)),
    (Decimal(5_000), Fraction(3, 10)),
)


def _value(lead: Lead, at: datetime) -> Fraction:
    value = lead.expected_value or lead.vehicle_price or Decimal(0)
    for step, (bound, share) in enumerate(_VALUE_STEPS):
        if value >= bound:
            return share if lead.probability is None else _likely(step, lead.probability)
    return _NONE


@cache  # fractions are exact and slow, and there are three hundred of these
def _likely(step: int, percent: int) -> Fraction:
    return _VALUE_STEPS[step][1] * Fraction(percent, 100)


def _is_existing(lead: Lead, at: datetime) -> bool:
    return lead.customer_kind == CustomerKind.EXISTING


def _is_expiring(lead: Lead, at: datetime) -> bool:
    return lead.contract_expiring


def _asked_again(lead: Lead, at: datetime) -> bool:
    if lead.enquiry_count < 2 or lead.last_enquired_at is None:
        return False
    return _days(lead.last_enquired_at, at) <= ASKED_LATELY_DAYS


def _days(since: datetime, at: datetime) -> int:
    return (_day(at) - _day(since)).days


@lru_cache(1024)  # both deductions ask, and a batch is judged at one time
def _day(moment: datetime) -> date:
    return moment.astimezone(timezone.get_default_timezone()).date()


_PRECHECK_SHARES = {
    Precheck.POSITIVE: Fraction(1),
    Precheck.PERFORMED: Fraction(8, 15),
    Precheck.NEGATIVE: _NONE,
}


def _precheck(lead: Lead, at: datetime) -> Fraction:
    stated = Precheck(lead.precheck) if lead.precheck else Precheck.NONE
    return _PRECHECK_SHARES.get(stated, Fraction(1, 3))


def _idle_days(lead: Lead, at: datetime) -> int:
    """For how long nothing has happened; nobody has to work on a closed lead."""
    if lead.closed_at is not None:
        return 0
    return _days(lead.last_activity_at or lead.received_at, at)


def _is_idle(lead: Lead, at: datetime) -> bool:
    return IDLE_DAYS <= _idle_days(lead, at) < LONG_IDLE_DAYS


def _is_long_idle(lead: Lead, at: datetime) -> bool:
    return _idle_days(lead, at) >= LONG_IDLE_DAYS


# --- the table ----------------------------------------------------------------------------------

_G = ScoreGroup

PARTS: tuple[ScorePart, ...] = (
    ScorePart(
        "wishes",
        _G.INTENT,
        _("Wishes a test drive, callback or reservation"),
        25,
        _("One of the three is enough."),
        _wishes_a_meeting,
    ),
    ScorePart(
        "calculation",
        _G.INTENT,
        _("Calculated financing or leasing"),
        10,
        _("The enquiry is about financing or leasing."),
        _has_calculated,
    ),
    ScorePart(
        "vehicle",
        _G.INTENT,
        _("Asks about a certain vehicle"),
        5,
        _("A vehicle is named."),
        _names_a_vehicle,
    ),
    ScorePart(
        "configuration",
        _G.INTENT,
        _("Configured a new car"),
        5,
        _("The enquiry comes from a configurator for new cars."),
        _has_configured,
    ),
    ScorePart(
        "phone",
        _G.DATA,
        _("Phone number known"),
        8,
        _("A valid phone or mobile number."),
        _has_phone,
    ),
    ScorePart("email", _G.DATA, _("E-mail known"), 5, _("A valid address."), _has_email),
    ScorePart("name", _G.DATA, _("Name known"), 3, _("Of a person or a company."), _has_name),
    ScorePart(
        "address", _G.DATA, _("Address known"), 2, _("Street and postal code."), _has_address
    ),
    ScorePart(
        "consent",
        _G.DATA,
        _("Agreed to be contacted"),
        2,
        _("At least one consent was given."),
        _has_agreed,
    ),
    ScorePart(
        "urgency",
        _G.URGENCY,
        _("Urgency"),
        15,
        _("Immediate: all points, high: two thirds, normal: one third, low: none."),
        _urgency,
    ),
    ScorePart(
        "value",
        _G.URGENCY,
        _("Value of the business"),
        10,
        _(
            "From €30,000 all points, from €15,000 six tenths, from €5,000 three tenths; times the"
            " probability if one is given."
        ),
        _value,
    ),
    ScorePart(
        "existing_customer",
        _G.RELATION,
        _("Existing customer"),
        4,
        _("The sender says so."),
        _is_existing,
    ),
    ScorePart(
        "contract_expiring",
        _G.RELATION,
        _("Contract expires soon"),
        3,
        _("A financing or leasing contract ends."),
        _is_expiring,
    ),
    ScorePart(
        "asked_again",
        _G.RELATION,
        _("Asked again"),
        3,
        _("Another enquiry of the same case within the last 7 days."),
        _asked_again,
    ),
    # Not counted unless the dealer decides so: whoever knows all other parts could reckon it from
    # a score that everybody sees.
    ScorePart(
        "precheck",
        _G.CREDIT,
        _("Credit pre-check"),
        0,
        _(
            "Positive: all points, performed with unknown result: half, none or not stated: one"
            " third, negative: none."
        ),
        _precheck,
        is_sensitive=True,
    ),
)

DEDUCTIONS: tuple[ScorePart, ...] = (
    ScorePart(
        "idle",
        _G.DEDUCTION,
        _("Nothing happened for 14 days"),
        10,
        _("While the lead is open, from the 14th to the 29th day."),
        _is_idle,
    ),
    ScorePart(
        "long_idle",
        _G.DEDUCTION,
        _("Nothing happened for 30 days"),
        20,
        _("While the lead is open, instead of the deduction for 14 days."),
        _is_long_idle,
    ),
)

# What the parts of the intent can earn together.
INTENT_LIMIT = "intent_limit"
INTENT_LIMIT_LABEL = _("Intent together at most")
INTENT_LIMIT_DESCRIPTION = _("Further parts of the intent earn nothing once this is reached.")

USUAL_WEIGHTS: dict[str, int] = {
    **{part.key: part.points for part in (*PARTS, *DEDUCTIONS)},
    INTENT_LIMIT: 40,
}
