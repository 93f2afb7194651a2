"""How the connections are: a light, what is wrong and what to do; for pages, commands, monitoring.

Rules. Red: switched off by the partner (paused), an error and no success for a day, or no success
in the last three slots of the schedule. Amber: an error after a recent success, silence, something
that waits for a person. Grey: switched off, or nothing yet. Green: none of these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cronsim import CronSimError
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.models import Connection, ConnectionSchedule, Delivery, Handover, Partner
from integrations.models.connection import ConnectionQuerySet
from integrations.schedules import JOBS
from leads.background import crontab
from leads.models.intake import Channel, IntakeEntry

# A connection that brought nothing and said nothing for this long is worth a look.
QUIET = timedelta(days=1)
# Receipts are repeated for minutes; what waits longer is stuck.
STUCK = timedelta(hours=1)
REFUSED_LATELY = timedelta(days=7)
MISSED_SLOTS = 3

_CHANNELS = {
    Partner.BDK: Channel.BDK,
    Partner.GOOGLE_ADS: Channel.GOOGLE_ADS,
    Partner.META: Channel.META,
    Partner.MAIL: Channel.MAIL,
}
# Never read for this: nobody needs to decrypt anything to see a light.
SECRETS = (
    *("client_secret", "previous_secret", "verify_token", "access_token"),
    *("push_secret", "kept_token"),
)


class Light(StrEnum):
    """As the badges are called; the worst first."""

    RED = "red"
    AMBER = "amber"
    GREY = "grey"
    GREEN = "green"


_ORDER = list(Light)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """`code` is for machines, `text` says what is wrong, `advice` what to do."""

    light: Light
    code: str
    text: str = ""
    advice: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """What waits at a connection; quarantine is that of its channel at its dealer."""

    waiting: int = 0
    stuck: int = 0
    refused: int = 0
    unclear: int = 0
    unmailed: int = 0
    quarantined: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    connection: Connection
    word: str
    counts: Counts = Counts()
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def light(self) -> Light:
        lights = [one.light for one in self.troubles] or [Light.GREEN]
        return min(lights, key=_ORDER.index)

    @property
    def code(self) -> str:
        """Why the light is as it is."""
        worst = (one.code for one in self.troubles if one.light == self.light)
        return next(worst, "ok")

    @property
    def schedule(self) -> ConnectionSchedule | None:
        """That of the job for which the connection is there."""
        return _main_schedule(self.connection)


def health_of(connections: ConnectionQuerySet, *, now: datetime) -> list[Health]:
    """Each connection's health, the worst first; always the same number of queries."""
    rows = list(connections.select_related("dealer").prefetch_related("schedules").defer(*SECRETS))
    counts = _counts(rows, now=now)
    found = [judge(one, now=now, counts=counts[one.pk]) for one in rows]
    return sorted(found, key=lambda one: (_ORDER.index(one.light), str(one.connection)))


def judge(connection: Connection, *, now: datetime, counts: Counts | None = None) -> Health:
    """The health of one connection; without counts, what waits is left out of it."""
    counts = counts or Counts()
    if not (connection.is_active and connection.dealer.is_active):
        off = Trouble(light=Light.GREY, code="off")
        return Health(connection=connection, word=_("Off"), counts=counts, troubles=[off])
    troubles = [
        *_state(connection, now),
        *_missed(connection, now),
        *_waiting(counts),
    ]
    health = Health(connection=connection, word="", counts=counts, troubles=troubles)
    return Health(
        connection=connection, word=_word(health), counts=counts, troubles=health.troubles
    )


def _word(health: Health) -> str:
    if health.code == "paused":
        return _("Paused")
    if health.light == Light.GREY:
        return _unused(health.connection)
    return {
        Light.RED: _("Failing"),
        Light.AMBER: _("Irregular"),
        Light.GREEN: _("Running"),
    }[health.light]


def _unused(connection: Connection) -> str:
    if connection.is_pulled:
        return _("Not fetched yet")
    if connection.partner == Partner.AUTOMANAGER:
        return _("Not checked yet")
    return _("Nothing received yet") if connection.is_called else _("Nothing sent yet")


# --- what can be wrong -----------------------------------------------------------------------


def _state(connection: Connection, now: datetime) -> Iterable[Trouble]:
    """What the last success and the last error say."""
    success = connection.last_success_at
    if connection.paused_at:
        advice = _("Please enter the access data anew; then what was missed is fetched.")
        yield Trouble(light=Light.RED, code="paused", text=connection.last_error, advice=advice)
    elif fails(connection):
        recently = success is not None and now - success < QUIET
        light = Light.AMBER if recently else Light.RED
        # Errors come with what to do.
        yield Trouble(light=light, code="failing", text=connection.last_error)
    elif success is None:
        yield Trouble(light=Light.GREY, code="never")
    # Whoever is asked regularly is heard of regularly; the others come when they have something.
    elif connection.is_pulled and now - success >= QUIET and not _lines(connection):
        text = _("Nothing heard for more than a day.")
        advice = _("Nothing is fetched by itself: please enter a schedule, or fetch by hand.")
        yield Trouble(light=Light.AMBER, code="silent", text=text, advice=advice)


def fails(connection: Connection) -> bool:
    """Whether the newest news is an error."""
    error, success = connection.last_error_at, connection.last_success_at
    # Equal: a run that brought leads although something went wrong.
    return error is not None and (success is None or error >= success)


def _missed(connection: Connection, now: datetime) -> Iterable[Trouble]:
    """No success in the last three slots is an alarm of its own: maybe nobody runs at all."""
    schedule = _main_schedule(connection)
    if schedule is None or connection.paused_at:
        return
    try:
        slots = crontab.last_slots(schedule.lines, now, MISSED_SLOTS)
    except CronSimError:
        text = _("The schedule cannot be read.")
        advice = _("Please enter it again in the settings of the connection.")
        yield Trouble(light=Light.RED, code="bad_schedule", text=text, advice=advice)
        return
    since = max(filter(None, [connection.last_success_at, schedule.changed_at]))
    if len(slots) == MISSED_SLOTS and since < slots[-1]:
        text = _("No success in the last three times of its schedule.")
        advice = _("Please check whether a background process runs, then fetch by hand.")
        yield Trouble(light=Light.RED, code="overdue", text=text, advice=advice)


def _waiting(counts: Counts) -> Iterable[Trouble]:
    if counts.unclear:
        text = ngettext(
            "%(n)d handover is unclear.", "%(n)d handovers are unclear.", counts.unclear
        )
        advice = _("Please ask the partner whether it has arrived, and note the answer there.")
        yield _amber("unclear", text % {"n": counts.unclear}, advice)
    if counts.stuck:
        text = ngettext(
            "%(n)d delivery has been waiting for more than an hour.",
            "%(n)d deliveries have been waiting for more than an hour.",
            counts.stuck,
        )
        advice = _("They are sent again by themselves with the next run.")
        yield _amber("stuck", text % {"n": counts.stuck}, advice)
    if counts.refused:
        text = ngettext(
            "The partner has refused %(n)d delivery in the last seven days.",
            "The partner has refused %(n)d deliveries in the last seven days.",
            counts.refused,
        )
        yield _amber("refused", text % {"n": counts.refused}, _("The deliveries say why."))
    if counts.unmailed:
        text = ngettext(
            "%(n)d mail to your people has not got through.",
            "%(n)d mails to your people have not got through.",
            counts.unmailed,
        )
        advice = _("The deliveries say why. The mail server is set by the operator.")
        yield _amber("unmailed", text % {"n": counts.unmailed}, advice)


def _amber(code: str, text: str, advice: str) -> Trouble:
    return Trouble(light=Light.AMBER, code=code, text=text, advice=advice)


# --- what it is judged by --------------------------------------------------------------------


def _main_schedule(connection: Connection) -> ConnectionSchedule | None:
    jobs = JOBS.get(connection.partner)
    if not jobs:
        return None
    named = {one.job: one for one in connection.schedules.all() if one.crontab}
    return named.get(jobs[0].name)


def _lines(connection: Connection) -> list[str]:
    schedule = _main_schedule(connection)
    return schedule.lines if schedule else []


def _counts(connections: Iterable[Connection], *, now: datetime) -> Mapping[int, Counts]:
    ids = [one.pk for one in connections]
    dealers = {one.dealer_id for one in connections}
    pending = Q(state=Delivery.State.PENDING)
    refused = Q(state=Delivery.State.REFUSED, next_attempt_at__gte=now - REFUSED_LATELY)
    mails = Q(kind=Delivery.Kind.MAIL)
    deliveries = (
        Delivery.objects.filter(pending | refused, connection__in=ids)
        .order_by()
        .values("connection")
        .annotate(
            waiting=Count("pk", filter=pending),
            # Its next attempt is set at each try, at most a quarter of an hour ahead.
            stuck=Count("pk", filter=pending & ~mails & Q(next_attempt_at__lt=now - STUCK)),
            refused=Count("pk", filter=refused & ~mails),
            unmailed=Count(
                "pk", filter=mails & (refused | pending & Q(occurred_at__lt=now - STUCK))
            ),
        )
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for row in deliveries:
        found[row["connection"]] |= {
            name: row[name] for name in ("waiting", "stuck", "refused", "unmailed")
        }
    unclear = Handover.objects.filter(connection__in=ids, state=Handover.State.UNKNOWN)
    for connection, number in _grouped(unclear, "connection"):
        found[connection]["unclear"] = number
    aside = IntakeEntry.objects.quarantined().filter(dealer__in=dealers)
    by_channel = _grouped(aside, "dealer", "channel")
    quarantined = {(dealer, channel): number for dealer, channel, number in by_channel}
    for one in connections:
        place = (one.dealer_id, _CHANNELS.get(Partner(one.partner), ""))
        found[one.pk]["quarantined"] = quarantined.get(place, 0)
    return {pk: Counts(**found[pk]) for pk in ids}


def _grouped(rows: QuerySet[Any], *names: str) -> Iterable[tuple[Any, ...]]:
    """(value of each name …, how many rows)"""
    counted = rows.order_by().values(*names).annotate(number=Count("pk"))
    found: Iterable[tuple[Any, ...]] = counted.values_list(*names, "number")
    return found
