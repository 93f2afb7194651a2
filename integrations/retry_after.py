"""The header Retry-After: how long somebody asks us to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(hours=24)


def asked_wait(header: str, *, now: datetime) -> timedelta:
    """In seconds or as a date; nothing for nonsense, at most a day."""
    try:
        asked = timedelta(seconds=int(header)) if header.isdecimal() else _until(header, now)
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
    return min(max(asked, timedelta(0)), LONGEST)


def _until(header: str, now: datetime) -> timedelta:
    at = parsedate_to_datetime(header)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
