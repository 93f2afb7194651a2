"""When a partner is asked again: after trouble later and later, never before it wants to be.

What is noted here stands on the connection, so that it holds across runs, workers and machines.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.http import PartnerError, PartnerRefused
from integrations.models import Connection
from integrations.retry_after import asked_wait
from integrations.signing_in import SignInRefused

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)
# After "too many requests" without a word about how long (BDK contract §4.6).
USUAL_WAIT = timedelta(minutes=1)
# So many unusable answers in a row are no accident any more.
TOO_MANY_UNUSABLE = 3

_TOO_MANY_REQUESTS, _UNAVAILABLE = 429, 503
# About one site, not about us.
SITE_REFUSED = (403, 404)


class NotYet(Exception):
    """The partner is to be left alone; the text says until when, or what a person must do."""


def check(connection: Connection, *, anyway: bool, now: datetime) -> None:
    """Raises NotYet if the partner may not be asked now. A person may ask `anyway`, for example
    because something was put right; but not sooner than the partner itself has said."""
    if connection.paused_at and not anyway:
        message = _("%(connection)s is paused: %(error)s")
        raise NotYet(message % {"connection": connection, "error": connection.last_error})
    if connection.retry_at is None or connection.retry_at <= now:
        return
    at = date_format(timezone.localtime(connection.retry_at), "H:i:s")
    if connection.is_told_to_wait:
        message = _("%(connection)s: the partner wants to be left alone until %(time)s.")
        raise NotYet(message % {"connection": connection, "time": at})
    if not anyway:
        message = _("%(connection)s: the next attempt is at %(time)s.")
        raise NotYet(message % {"connection": connection, "time": at})


def back_off(attempts: int) -> timedelta:
    """Later and later, with some chance in it so that not all come back at once."""
    longest = min(LONGEST_DELAY, FIRST_DELAY * (1 << min(attempts, 10)))
    return longest * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)


def wished_wait(error: PartnerError, *, now: datetime) -> timedelta | None:
    """How long the partner wants to be left alone; None if it does not say."""
    if error.status not in (_TOO_MANY_REQUESTS, _UNAVAILABLE):
        return None
    if asked := asked_wait(error.retry_after, now=now):
        return min(asked, LONGEST_DELAY)
    return USUAL_WAIT if error.status == _TOO_MANY_REQUESTS else None


def is_unusable(error: PartnerError) -> bool:
    """Whether an answer came that nobody can make anything of: no JSON, or of another shape."""
    if isinstance(error, SignInRefused):
        return False
    is_good_status = error.status is not None and 200 <= error.status < 300
    return is_good_status or (isinstance(error, PartnerRefused) and error.status is None)


def is_permanent(error: PartnerError) -> bool:
    """Whether only a person can help, so that asking again would be hammering."""
    return isinstance(error, SignInRefused) and error.code == "invalid_client"


def note_trouble(
    connection: Connection, *, wish: timedelta | None, is_failed: bool, now: datetime
) -> None:
    """Set when the next attempt may be; not stored. `wish`: what the partner said."""
    connection.is_told_to_wait = wish is not None
    if is_failed:
        connection.failures = min(connection.failures + 1, 1000)
        connection.retry_at = now + max(back_off(connection.failures - 1), wish or timedelta(0))
    else:
        connection.failures = 0
        connection.retry_at = now + wish if wish else None
