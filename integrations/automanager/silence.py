"""AM-40: a source that has brought nothing for days, measured by what it usually brings.

Each source is compared with itself: with the same hours of the same weekdays in the eight weeks
before, and with what it brought then for each hour in which the dealer was open. So a quiet weekend
or holiday is no silence, and a source that brings little is left alone. The window is made of
working days, on which at least one location of the dealer is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Q
from django.utils import timezone

from integrations.automanager.limits import Limits
from integrations.automanager.situation import Found
from integrations.models import Severity
from leads.models.enquiry import Enquiry
from leads.services.by_hand import SENDER as BY_HAND
from leads.services.calendar import BusinessCalendar

# A longer window would overlap with the one a week before.
_LONGEST = timedelta(days=7)


class Window(NamedTuple):
    """The time that is looked at, and how many working days lie in it."""

    start: datetime
    days: int


def silent_sources(
    dealer_id: int,
    window: Window,
    calendar: BusinessCalendar,
    *,
    limits: Limits,
    now: datetime,
) -> Iterator[Found]:
    """One query, whatever the number of leads. What staff typed in or imported has no rhythm."""
    start = window.start
    weeks = range(1, limits.silent_history_weeks + 1)
    open_then = sum(
        (
            calendar.working_time_between(_weeks_before(start, week), _weeks_before(now, week))
            for week in weeks
        ),
        timedelta(),
    )
    if not open_then:
        return
    # In a week with a holiday less is to be expected. 1, if all weeks are alike.
    share = calendar.working_time_between(start, now) * len(weeks) / open_then
    oldest = _weeks_before(start, limits.silent_history_weeks)
    rows = Enquiry.objects.for_dealer(dealer_id).filter(
        received_at__gt=oldest,
        received_at__lte=now,
        entered_by=None,
        change_batch=None,
        lead__is_test=False,
    )
    rows = rows.exclude(sender__in=["", BY_HAND]).order_by()
    in_week = {
        f"week_{week}": Count(
            "pk",
            filter=Q(
                received_at__gt=_weeks_before(start, week),
                received_at__lte=_weeks_before(now, week),
            ),
        )
        for week in weeks
    }
    counted: Iterable[Mapping[str, Any]] = rows.values("source", "source__name").annotate(
        now=Count("pk", filter=Q(received_at__gt=start)), last=Max("received_at"), **in_week
    )
    for row in counted:
        usual = sum(row[name] for name in in_week) / len(weeks) * share
        if not row["now"] and usual >= limits.silent_expected:
            yield Found(
                check="AM-40",
                severity=Severity.ERROR,
                subject=f"source:{row['source']}",
                facts={
                    "source": row["source__name"],
                    "usual": round(usual),
                    "days": window.days,
                    "last_at": row["last"].isoformat(),
                },
            )


def working_days_before(now: datetime, days: int, calendar: BusinessCalendar) -> Window:
    """So many working days earlier, by the clock of the office; in a week full of holidays there
    are fewer. A day is named by its beginning."""
    start = local = timezone.localtime(now).replace(tzinfo=None)
    found = 0
    while found < days and local - start < _LONGEST:
        start -= timedelta(days=1)
        found += calendar.is_working_day(start.date())
    return Window(timezone.make_aware(start), found)


def _weeks_before(moment: datetime, weeks: int) -> datetime:
    """The same weekday and time of day."""
    local = timezone.localtime(moment).replace(tzinfo=None)
    return timezone.make_aware(local - timedelta(weeks=weeks))
