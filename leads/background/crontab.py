"""Crontab lines: five fields, in the zone of the office, read as by Debian's cron (cronsim).

On the night when clocks go back a fixed time comes once, when they go forward none is left out;
"every ten minutes" is every ten minutes all night long. Schedules of several lines are due
whenever one of them is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

from cronsim import CronSim, CronSimError
from django.utils import timezone
from django.utils.dates import MONTHS, WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_LENGTH = 100  # of a line
_LINE = re.compile(r"[0-9A-Za-z*,/#-]+( [0-9A-Za-z*,/#-]+){4}")
# More times than these are told by their fields.
_MAX_TIMES = 4
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class BadCrontab(ValueError):
    """The text says in the language of the reader what is wrong."""


def lines_of(text: str) -> list[str]:
    """The lines of a schedule, each with single blanks; empty ones are left out."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def check(line: str, *, now: datetime) -> None:
    """Raises BadCrontab for what is no crontab line, or for one that never comes."""
    if line.startswith("@"):
        raise BadCrontab(_("Please write five fields instead of “%(line)s”.") % {"line": line[:20]})
    if len(line) > MAX_LENGTH or not _LINE.fullmatch(line):
        message = _("“%(line)s” is no crontab line: minute, hour, day, month and weekday expected.")
        raise BadCrontab(message % {"line": line[:40]})
    try:
        upcoming = next_slots([line], now, 1)
    except CronSimError as error:
        words = {
            "Bad minute": _("the minute (0–59)"),
            "Bad hour": _("the hour (0–23)"),
            "Bad day-of-month": _("the day (1–31)"),
            "Bad month": _("the month (1–12)"),
            "Bad day-of-week": _("the weekday (0–7, Sunday is 0 and 7)"),
        }
        message = _("“%(line)s”: %(field)s is not right.")
        wrong = words.get(str(error), _("the number of fields"))
        raise BadCrontab(message % {"line": line, "field": wrong}) from error
    if not upcoming:
        raise BadCrontab(_("“%(line)s” never comes.") % {"line": line})


def last_slot(expression: str, now: datetime) -> datetime:
    """The last time, up to now, at which the line says to run. Raises CronSimError."""
    return next(_backwards(expression, now))


def last_slots(lines: Iterable[str], now: datetime, count: int) -> list[datetime]:
    """The last times up to now, the latest first. Raises CronSimError."""
    found = {slot for line in lines for slot in islice(_backwards(line, now), count)}
    return sorted(found, reverse=True)[:count]


def next_slots(lines: Iterable[str], now: datetime, count: int) -> list[datetime]:
    """The next times after now, the first one first. Raises CronSimError."""
    found: set[datetime] = set()
    for line in lines:
        slots = (slot.astimezone(UTC) for slot in CronSim(line, timezone.localtime(now)))
        # In the hour that comes twice the library names a fixed time that is over.
        found.update(islice((slot for slot in slots if slot > now), count))
    return sorted(found)[:count]


def _backwards(line: str, now: datetime) -> Iterator[datetime]:
    # The library looks strictly before its start, unless that has a fraction of a second.
    start = timezone.localtime(now) + timedelta(microseconds=not now.microsecond)
    # In UTC: Python takes both 02:30 of that night for the same.
    return (slot.astimezone(UTC) for slot in CronSim(line, start, reverse=True))


# --- in words --------------------------------------------------------------------------------


def describe(line: str) -> str:
    """ "*/5 7-19 * * 1-6" → "alle 5 Minuten, von 7:00 bis 19:55 Uhr, Montag bis Samstag"

    For a line that `check` takes. What has no simple words is told field by field.
    """
    minute, hour, day, month, weekday = line.upper().split()
    times = _times_in_words(minute, hour)
    days = _days_in_words(day, month, weekday)
    if times is None or days is None:
        return _(
            "minute %(minute)s, hour %(hour)s, day %(day)s, month %(month)s, weekday %(weekday)s"
        ) % {"minute": minute, "hour": hour, "day": day, "month": month, "weekday": weekday}
    is_told_by_hours = len(times) == 1 and hour != "*" and not hour.startswith("*/")
    return ", ".join([*times, *(days or ([_("daily")] if is_told_by_hours else []))])


def _times_in_words(minute: str, hour: str) -> list[str] | None:
    minutes, hours = _numbers(minute, range(60)), _numbers(hour, range(24))
    if minutes is None or hours is None:
        return None
    if len(minutes) * len(hours) <= _MAX_TIMES:
        times = [f"{one}:{two:02}" for one in hours for two in minutes]
        return [_("at %(times)s") % {"times": _listed(times)}]
    all_day = len(hours) == 24
    if step := _rhythm(minutes, 60):
        words = ngettext("every minute", "every %(n)d minutes", step) % {"n": step}
    elif len(minutes) <= _MAX_TIMES:
        step = _rhythm(hours, 24)
        all_day = step is not None
        words = _("%(hourly)s at minute %(minutes)s") % {
            "hourly": ngettext("every hour", "every %(n)d hours", step or 1) % {"n": step or 1},
            "minutes": _listed(map(str, minutes)),
        }
    else:
        return None
    if all_day:
        return [words]
    if hours == list(range(hours[0], hours[-1] + 1)):
        ends = {
            "first": f"{hours[0]}:{minutes[0]:02}",
            "last": f"{hours[-1]}:{minutes[-1]:02}",
        }
        return [words, _("from %(first)s to %(last)s o’clock") % ends]
    return None


def _rhythm(numbers: list[int], total: int) -> int | None:
    """The step of several numbers in equal distances all around; None for others."""
    if len(numbers) == 1:
        return None
    steps = {two - one for one, two in pairwise([*numbers, numbers[0] + total])}
    return steps.pop() if len(steps) == 1 else None


def _days_in_words(day: str, month: str, weekday: str) -> list[str] | None:
    days = [] if day == "*" else _numbers(day, range(1, 32))
    months = [] if month == "*" else _numbers(month, range(1, 13), _MONTHS, first=1)
    weekdays = [] if weekday == "*" else _numbers(weekday, range(8), _DAYS)
    if days is None or months is None or weekdays is None:
        return None
    if days and weekdays:  # "or", unless one of them begins with a star: too much for a few words
        return None
    words = []
    if days:
        numbers = _listed(f"{one}." for one in days)
        words.append(_("on the %(days)s of the month") % {"days": numbers})
    if weekdays:
        words.append(_spans(sorted({(one - 1) % 7 for one in weekdays}), WEEKDAYS))
    if months:
        words.append(_spans(months, MONTHS))
    return words


def _numbers(
    field: str, allowed: range, names: tuple[str, ...] = (), *, first: int = 0
) -> list[int] | None:
    """ "1-3,7" → [1, 2, 3, 7]; None for what has marks of its own (L, #)."""
    found: set[int] = set()
    for part in field.split(","):
        span, _slash, step = part.partition("/")
        start, _dash, end = span.partition("-")
        ends = [_number(one, names, first) for one in (start, end or start)]
        if span == "*":
            numbers = list(allowed)
        elif None in ends:
            return None
        else:
            last = allowed[-1] if step and not end else ends[1]
            numbers = list(range(ends[0] or 0, (last or 0) + 1))
        found |= set(numbers[:: int(step or 1)])
    return sorted(found)


def _number(word: str, names: tuple[str, ...], first: int) -> int | None:
    if word in names:
        return names.index(word) + first
    return int(word) if word.isdecimal() else None


def _spans(numbers: list[int], names: Mapping[int, object]) -> str:
    """[0, 1, 2, 5] → "Montag bis Mittwoch und Samstag" """
    spans: list[list[int]] = []
    for number in numbers:
        if spans and spans[-1][-1] == number - 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    words = []
    for span in spans:
        if len(span) > 2:
            ends = {"first": names[span[0]], "last": names[span[-1]]}
            words.append(_("%(first)s to %(last)s") % ends)
        else:
            words += [str(names[number]) for number in span]
    return _listed(words)


def _listed(words: Iterable[str]) -> str:
    *before, last = words
    if not before:
        return last
    return _("%(before)s and %(last)s") % {"before": ", ".join(before), "last": last}
