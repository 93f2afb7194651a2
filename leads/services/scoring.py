"""The lead score: 0–100, explained in words (Anfragen guide, „Lead-Qualität“, §4).

What it is made of stands in score_parts.py, as a table; here it is added up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models.lead import Lead
from leads.services.score_parts import (
    DEDUCTIONS,
    INTENT_LIMIT,
    PARTS,
    ScoreGroup,
    ScorePart,
    all_weights,
    clock_of,
)

MAX_SCORE = 100
# Nobody can be called or written to: whatever else is true, it cannot become a sale soon.
MAX_WITHOUT_CONTACT = 10


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One line of the breakdown: what was earned of what can be earned."""

    label: Promise
    points: int  # below 0: a deduction
    most: int = 0  # 0 for deductions and limits
    is_sensitive: bool = False  # tells something about creditworthiness


def score_of(lead: Lead, *, weights: Mapping[str, Any], now: datetime) -> int:
    """0–100 from the lead's own columns and the dealer's weights; no query.

    `weights` is `dealer.score_weights`: points by part, where they differ from the usual. The
    same lead, weights and time always give the same score; the score of a closed lead no longer
    depends on the time.
    """
    return _limited(lead, sum(points for _part, _most, points in _points(lead, weights, now)))


def breakdown(
    lead: Lead, *, weights: Mapping[str, Any], now: datetime, sees_creditworthiness: bool
) -> list[ScoreLine]:
    """Every part that counts, earned or not, in the order of the table; deductions and what a
    limit takes away come last. Unless the credit pre-check has points, which it has only where
    the dealer gives it some, the lines add up to the score for everybody."""
    lines = [
        line
        for line in _lines(lead, weights, now)
        if sees_creditworthiness or not line.is_sensitive
    ]
    # From what is shown, or the difference would tell what is hidden.
    total = sum(line.points for line in lines)
    change = _limited(lead, total) - total
    shown = [line for line in lines if line.most or line.points]
    return [*shown, ScoreLine(_limit_label(lead, total), change)] if change else shown


def explain(
    lead: Lead, *, weights: Mapping[str, Any], now: datetime, sees_creditworthiness: bool
) -> list[ScoreLine]:
    """The lines of the breakdown that change the score, best first."""
    lines = breakdown(lead, weights=weights, now=now, sees_creditworthiness=sees_creditworthiness)
    return sorted((line for line in lines if line.points), key=lambda line: -line.points)


def _lines(lead: Lead, weights: Mapping[str, Any], now: datetime) -> list[ScoreLine]:
    return [
        ScoreLine(part.label, points, most, part.is_sensitive)
        for part, most, points in _points(lead, weights, now)
    ]


def _points(
    lead: Lead, weights: Mapping[str, Any], now: datetime
) -> Iterator[tuple[ScorePart, int, int]]:
    """(part, what it may earn, what it has earned); of deductions (part, 0, what is lost)."""
    at = clock_of(lead, now)
    weighed = all_weights(weights)
    left = weighed[INTENT_LIMIT]
    for part in PARTS:
        most = weighed[part.key]
        points = _earned(most, part.share(lead, at)) if most else 0
        if part.group == ScoreGroup.INTENT:
            points = min(points, left)
            left -= points
        yield part, most, points
    for part in DEDUCTIONS:
        most = weighed[part.key]
        yield part, 0, -_earned(most, part.share(lead, at)) if most else 0


def _earned(most: int, share: Fraction | bool) -> int:
    """Whole points, halves rounded up."""
    if isinstance(share, bool):
        return most * share
    # Fractions are exact, but slow to reckon with.
    return (2 * most * share.numerator + share.denominator) // (2 * share.denominator)


def _limited(lead: Lead, total: int) -> int:
    if lead.is_test or lead.is_spam:
        return 0
    return max(0, min(total, MAX_SCORE if lead.is_contactable else MAX_WITHOUT_CONTACT))


def _limit_label(lead: Lead, total: int) -> Promise:
    if lead.is_test:
        return _("Test lead")
    if lead.is_spam:
        return _("Suspected spam")
    if total < 0:
        return _("Not below 0")
    return _("Not above 100") if lead.is_contactable else _("Cannot be reached")
