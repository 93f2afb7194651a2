"""How much each API key is used: the limit per minute and the figures per day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import F
from django.utils import timezone

from leads.models.api_key import ApiKey, ApiUsage

WINDOW = 60  # seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """Where a key stands within the current minute."""

    limit: int  # requests per window
    used: int  # this one included
    seconds_left: int  # until the next window, at least 1
    window: int = WINDOW  # seconds

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)

    @property
    def is_exceeded(self) -> bool:
        return self.used > self.limit


# One statement, so that any number of processes count together. A process whose clock is behind
# counts into the newer minute: falling back would open a new window with each of its requests.
_COUNT = """
INSERT INTO leads_apiusage AS known
    (dealer_id, key_id, day, requests, errors, refused, minute, in_minute)
VALUES (%(dealer)s, %(key)s, %(day)s, 1, 0, 0, %(minute)s, 1)
ON CONFLICT (key_id, day) DO UPDATE SET
    requests = known.requests + 1,
    refused = known.refused + CASE
        WHEN excluded.minute <= known.minute AND known.in_minute >= %(limit)s THEN 1 ELSE 0 END,
    in_minute = CASE WHEN excluded.minute > known.minute THEN 1 ELSE known.in_minute + 1 END,
    minute = CASE WHEN excluded.minute > known.minute THEN excluded.minute ELSE known.minute END
RETURNING in_minute
"""


def count_request(key: ApiKey, *, now: datetime) -> Rate:
    """Count a request of this key, and say where it stands. One query; called outside of the
    transaction of the request's work, so that a request that fails has still been counted."""
    seconds = int(now.timestamp())
    values: dict[str, int | str] = {
        "dealer": key.dealer_id,
        "key": key.pk,
        "day": _day(now),
        "minute": seconds // WINDOW,
        "limit": key.rate_per_minute,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        [used] = cursor.fetchone()
    return Rate(limit=key.rate_per_minute, used=used, seconds_left=WINDOW - seconds % WINDOW)


def count_error(key: ApiKey, *, now: datetime) -> None:
    """The request was answered with an error (4xx or 5xx, but not for being one too many)."""
    today = ApiUsage.objects.for_dealer(key.dealer_id).filter(key=key, day=_day(now))
    today.update(errors=F("errors") + 1)


def usage_today(key: ApiKey, *, now: datetime) -> ApiUsage:
    """The figures of this day; all are 0 where there were no requests."""
    rows = ApiUsage.objects.for_dealer(key.dealer_id).filter(key=key, day=_day(now))
    return rows.first() or ApiUsage(dealer_id=key.dealer_id, key=key, day=timezone.localdate(now))


def usage_of(key: ApiKey, *, days: int, now: datetime) -> list[ApiUsage]:
    """The figures of the last days, today included, oldest first; all are 0 on a day without
    requests."""
    today = timezone.localdate(now)
    wanted = [today - timedelta(days=ago) for ago in reversed(range(days))]
    rows = ApiUsage.objects.for_dealer(key.dealer_id).filter(key=key, day__gte=wanted[0])
    found = {row.day: row for row in rows}
    nothing = {"dealer_id": key.dealer_id, "key": key}
    return [found.get(day) or ApiUsage(day=day, **nothing) for day in wanted]


def _day(now: datetime) -> str:
    """The office's day, as both databases read it."""
    return timezone.localdate(now).isoformat()
