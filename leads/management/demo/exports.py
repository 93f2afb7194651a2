"""The exports of the demo's dealer, checked once: an interface is locked, a car refused, a source
silent. The simulator gives the same answers, so that the next check finds the same. How it was in
the weeks before is made up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from integrations.automanager.source import AnswerFile
from integrations.automanager.sync import Question, check_exports
from integrations.models import Connection, ExportCheck
from integrations.simulator.automanager import answers_as_of
from leads.management.demo.connections import EXPORTS_NAME
from leads.management.demo.office import Office
from leads.management.demo.times import Calendar

_DAYS = 29
# So many days ago: nobody looked, as the server was off.
_GAP = (12, 13)
# So many days ago something was locked as well.
_LOCKED = (18, 19, 20)
# How many more were open than today, day by day; then from the beginning.
_MORE = {
    "error": (0, 1, 1, 2, 0, -1, 0, 3, 2, 1),
    "warning": (1, 2, 0, -1, -2, 1, 3),
    "info": (0, -1, 1, 0, 2),
}


def check_exports_once(office: Office, *, now: datetime) -> ExportCheck:
    connection = Connection.objects.for_dealer(office.dealer).get(name=EXPORTS_NAME)
    source = AnswerFile(answers_as_of(now))
    return check_exports(connection, Question(), now=now, source=source).record


def remember_checks(check: ExportCheck, calendar: Calendar) -> None:
    """The last check of each day before this one."""
    ExportCheck.objects.bulk_create(_earlier(check, calendar))


def _earlier(check: ExportCheck, calendar: Calendar) -> Iterator[ExportCheck]:
    before = 0
    for back in range(_DAYS, 0, -1):
        if back in _GAP:
            continue
        counts = {place: _then(now, back) for place, now in check.open_counts.items()}
        found = sum(sum(one.values()) for one in counts.values())
        started_at = calendar.on(-back, 18, 30)
        yield ExportCheck(
            dealer_id=check.dealer_id,
            connection_id=check.connection_id,
            started_at=started_at,
            finished_at=started_at + timedelta(seconds=4),
            state=ExportCheck.State.DONE,
            apps=check.apps,
            pages=check.pages,
            read=check.read,
            outcome={"new": max(0, found - before), "closed": max(0, before - found)},
            open_counts=counts,
        )
        before = found


def _then(now: dict[str, int], back: int) -> dict[str, int]:
    """Open findings of a location by severity, so many days ago."""
    counts = {
        severity: max(0, now[severity] + more[back % len(more)])
        for severity, more in _MORE.items()
        if severity in now
    }
    if "critical" in now and back in _LOCKED:
        counts["critical"] = 1
    return {severity: count for severity, count in counts.items() if count}
