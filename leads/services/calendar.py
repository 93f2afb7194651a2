"""The business calendar: when a location is open, and how much working time lies between moments.

Opening hours and closed days are kept per location (models/opening.py); holidays are those of its
federal state. Everything is reckoned in German time, so a day on which the clocks change has the
hours of any other. Moments are aware, results are in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone
from holidays import country_holidays  # loads the countries only when it is asked

from leads.models.dealer import Location
from leads.models.opening import ClosedDay, OpeningHours, Weekday

Hours = tuple[time, time]  # opens, closes; of one day
Span = tuple[datetime, datetime]

_WORKDAY: tuple[Hours, ...] = ((time(8), time(18)),)
# Of a location of which nobody has said anything. The page of a location names these in words.
USUAL_WEEK: Mapping[int, Sequence[Hours]] = {
    **dict.fromkeys(range(Weekday.MONDAY, Weekday.SATURDAY), _WORKDAY),
    Weekday.SATURDAY: ((time(9), time(13)),),
}
_EVES = ((12, 24), (12, 31))
# Whoever has not been open for so long is not asked any more.
_LONGEST_CLOSED = 400  # days
_DAY = timedelta(days=1)


@lru_cache(maxsize=256)
def holidays_of(state: str, year: int) -> frozenset[date]:
    """Public holidays of a federal state by its code; without one, those of all of Germany.
    What only some places of a state keep is none: that is a closed day."""
    return frozenset(country_holidays("DE", subdiv=state or None, years=year))


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """When one location is open. `week`: by weekday, Monday is 0; `closed`: first and last day."""

    week: Mapping[int, Sequence[Hours]]
    closed: Sequence[tuple[date, date]] = ()
    state: str = ""
    closed_on_eves: bool = True

    def hours_on(self, day: date) -> Sequence[Hours]:
        if self.closed_on_eves and (day.month, day.day) in _EVES:
            return ()
        if day in holidays_of(self.state, day.year):
            return ()
        if any(first <= day <= last for first, last in self.closed):
            return ()
        return self.week.get(day.weekday(), ())


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Open while at least one of the openings is: that of a location, or those of a dealer."""

    openings: Sequence[Opening]

    def is_open(self, moment: datetime) -> bool:
        return any(start <= moment < end for start, end in self._spans_on(_day_of(moment)))

    def is_working_day(self, day: date) -> bool:
        return bool(self._spans_on(day))

    def next_open(self, moment: datetime) -> datetime | None:
        """The moment itself if it is open then, or the next opening; None: not within a year."""
        span = next(self._spans_from(moment), None)
        return span[0] if span else None

    def closes_at(self, moment: datetime) -> datetime | None:
        """When it closes, if it is open then."""
        span = next(self._spans_from(moment), None)
        return span[1] if span and span[0] <= moment else None

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How long it is open between two moments; nothing if `end` comes first."""
        found = timedelta()
        day, last = _day_of(start), _day_of(end)
        while day <= last:
            for opens, closes in self._spans_on(day):
                found += max(min(closes, end) - max(opens, start), timedelta())
            day += _DAY
        return found

    def add_working_time(self, moment: datetime, span: timedelta) -> datetime | None:
        """When it has been open for so long since the moment, at the earliest; None: not in sight.
        At the end of a day that is the end of that day, not the next morning."""
        if span <= timedelta():
            return moment
        for opens, closes in self._spans_from(moment):
            if span <= closes - opens:
                return opens + span
            span -= closes - opens
        return None

    def _spans_from(self, moment: datetime) -> Iterator[Span]:
        """What is left of the span that holds the moment, then those after it; ends where it
        stays closed for more than a year."""
        moment = moment.astimezone(UTC)
        day = _day_of(moment)
        latest = day
        while (day - latest).days <= _LONGEST_CLOSED:
            for opens, closes in self._spans_on(day):
                if moment < closes:
                    latest = day
                    yield max(opens, moment), closes
            day += _DAY

    def _spans_on(self, day: date) -> list[Span]:
        """In UTC, in order and without overlaps."""
        spans = sorted(
            (_moment(day, opens), _moment(day, closes))
            for opening in self.openings
            for opens, closes in opening.hours_on(day)
        )
        merged: list[Span] = []
        for opens, closes in spans:
            if merged and opens <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], closes))
            elif opens < closes:  # an hour that the clocks leave out is none
                merged.append((opens, closes))
        return merged


def _day_of(moment: datetime) -> date:
    return timezone.localdate(moment, timezone.get_default_timezone())


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, timezone.get_default_timezone()).astimezone(UTC)


# --- from what is stored ---------------------------------------------------------------------


def calendars_of(locations: Iterable[Location]) -> dict[int, BusinessCalendar]:
    """By the id of each location. Two queries for any number of them."""
    by_pk = {location.pk: location for location in locations}
    weeks: dict[int, dict[int, list[Hours]]] = defaultdict(lambda: defaultdict(list))
    hours = OpeningHours.objects.filter(location__in=by_pk).order_by()
    for pk, weekday, opens, closes in hours.values_list("location", "weekday", "opens", "closes"):
        weeks[pk][weekday].append((opens, closes))
    closed: dict[int, list[tuple[date, date]]] = defaultdict(list)
    days = ClosedDay.objects.filter(location__in=by_pk).order_by()
    for pk, first, last in days.values_list("location", "first_on", "last_on"):
        closed[pk].append((first, last))
    return {
        pk: BusinessCalendar(
            [
                Opening(
                    week=weeks.get(pk, USUAL_WEEK),
                    closed=closed.get(pk, ()),
                    state=location.state,
                    closed_on_eves=location.closed_on_eves,
                )
            ]
        )
        for pk, location in by_pk.items()
    }


@dataclass(frozen=True, slots=True)
class DealerCalendars:
    """The calendars of a dealer's locations that are active, by their ids."""

    by_location: Mapping[int, BusinessCalendar]

    @property
    def of_any(self) -> BusinessCalendar:
        """Open while one of the locations is; without any, as is usual."""
        openings = [one for calendar in self.by_location.values() for one in calendar.openings]
        return BusinessCalendar(openings or [Opening(week=USUAL_WEEK)])

    def of(self, location_id: int | None) -> BusinessCalendar:
        """That of a location; what belongs to none, or to one that is switched off, has that of
        all of them."""
        return self.by_location.get(location_id or 0) or self.of_any


def dealer_calendars(dealer_id: int) -> DealerCalendars:
    """Three queries for any number of locations."""
    locations = Location.objects.for_dealer(dealer_id).filter(is_active=True)
    return DealerCalendars(calendars_of(locations.only("state", "closed_on_eves")))
