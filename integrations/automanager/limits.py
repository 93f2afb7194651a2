"""Where the checks draw the line: every number is an assumption of ours and may be set.

`Connection.limits` holds what is not the usual, and per export what is not even that:
{"missing_hours": 4, "apps": {"export-7": {"file_silent_warning_hours": 170}}}.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_APPS = "apps"
_LARGEST = 100_000
# A warning that comes after the error it warns of: (warning, error, factor to the same unit)
_IN_ORDER = (
    ("file_silent_warning_hours", "file_silent_error_hours", 1),
    ("behind_warning_minutes", "behind_error_hours", 60),
    ("count_off_percent", "count_off_critical_percent", 1),
    ("rare_warning_hours", "rare_critical_days", 24),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """The numbers of the tables of checks (README.md); names say the unit.

    "hours", "minutes", "days": longer than this. "percent", "vehicles" …: README.md.
    """

    lock_near_percent: int = 75  # AM-02, of a known limit
    lock_near_least: int = 5  # AM-02, where the limit is unknown: the larger of these two
    lock_near_stock_percent: int = 10
    file_silent_warning_hours: int = 26  # AM-05
    file_silent_error_hours: int = 50
    behind_warning_minutes: int = 60  # AM-06
    behind_error_hours: int = 24
    behind_together: int = 5  # so many cars are one finding
    unconfirmed_api_hours: int = 2  # AM-07
    unconfirmed_file_hours: int = 24
    count_off_least: int = 2  # AM-08, the larger of these two
    count_off_percent: int = 2
    count_off_critical_percent: int = 10
    unmatched_minutes: int = 60  # AM-09
    rare_warning_hours: int = 24  # AM-10
    rare_critical_days: int = 5
    cause_vehicles: int = 3  # AM-21
    missing_hours: int = 2  # AM-23
    orphan_hours: int = 2  # AM-24
    recreated_days: int = 5  # AM-26
    price_error_percent: int = 5  # AM-27
    bookings_growth_percent: int = 50  # AM-28
    bookings_growth_hours: int = 24
    silent_working_days: int = 3  # AM-40
    silent_history_weeks: int = 8
    silent_expected: int = 3
    unmatched_lead_minutes: int = 60  # AM-43
    keep_days: int = 180  # what was read, and findings that are gone


_NAMES = frozenset(one.name for one in fields(Limits))


def limits_of(stored: Mapping[str, Any], *, app: str = "") -> Limits:
    """What holds for an export, named by its number at the partner; without one, in general."""
    special = stored.get(_APPS, {}).get(app, {})
    said = {**{name: value for name, value in stored.items() if name != _APPS}, **special}
    return Limits(**said)


def checked_limits(said: Any) -> dict[str, Any]:
    """What may be stored as `Connection.limits`: only what differs from the usual.

    Raises ValidationError with a sentence for each mistake.
    """
    if not isinstance(said, Mapping) or not isinstance(said.get(_APPS, {}), Mapping):
        raise ValidationError(_("Limits are names with whole numbers."), code="limits")
    usual = asdict(Limits())
    general = _checked({name: value for name, value in said.items() if name != _APPS}, usual)
    stored: dict[str, Any] = {name: v for name, v in general.items() if v != usual[name]}
    apps = {}
    for app, values in said.get(_APPS, {}).items():
        if not isinstance(values, Mapping):
            raise ValidationError(_("Limits are names with whole numbers."), code="limits")
        special = _checked(values, usual | general)
        if special:
            apps[str(app)] = special
    return {**stored, **({_APPS: apps} if apps else {})}


def _checked(said: Mapping[str, Any], before: Mapping[str, int]) -> dict[str, int]:
    problems = []
    for name, value in said.items():
        if name not in _NAMES:
            problems.append(_("There is no limit called “%(name)s”.") % {"name": name})
        elif isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LARGEST:
            message = _("%(name)s must be a whole number from 1 to %(largest)d.")
            problems.append(message % {"name": name, "largest": _LARGEST})
    if problems:
        raise ValidationError(problems, code="limits")
    whole = {**before, **said}
    for warning, error, factor in _IN_ORDER:
        if whole[warning] > whole[error] * factor:
            message = _("%(warning)s must not be longer than %(error)s.")
            problems.append(message % {"warning": warning, "error": error})
    if problems:
        raise ValidationError(problems, code="limits")
    return dict(said)
