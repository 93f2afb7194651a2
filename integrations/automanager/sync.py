"""One look at the exports of one connection: read, keep, check, note what was found.

Read only: nothing is ever unlocked, transferred or booked there, each of which may cost the dealer
money. What is checked and where the lines are drawn stands in README.md.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.utils import translation
from django.utils.translation import gettext as _

from integrations import patience
from integrations.automanager import findings as life
from integrations.automanager.findings import Outcome
from integrations.automanager.judging import Judgement, judge_exports, judge_leads
from integrations.automanager.reading import Part, Reading, read
from integrations.automanager.source import Automanager, Source
from integrations.automanager.tape import Tape
from integrations.exchanges import recording
from integrations.models import Connection, ExportApp, ExportCheck, Finding, Severity

# A check that was killed keeps others away for this long; a healthy one gives the lease back.
LEASE = timedelta(minutes=30)


class AlreadyRunning(Exception):
    """Somebody else is checking this connection at this moment."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked: the exports of one number or of one dealer number, or all; transmissions of
    so many hours at least."""

    app: str = ""
    dealer_number: str = ""
    hours: int = 24

    @property
    def is_part(self) -> bool:
        return bool(self.app or self.dealer_number)

    def wants(self, app: ExportApp) -> bool:
        return self.app in ("", app.external_id) and self.dealer_number in ("", app.dealer_number)


@dataclass
class Report:
    """What came of it. `findings` are the open ones of what was asked, worst first."""

    record: ExportCheck
    outcome: Outcome
    findings: list[Finding]
    is_failed: bool
    wish: timedelta | None = None  # of the partner, to be left alone

    def loud(self, severity: Severity) -> list[Finding]:
        """Those that nobody has acknowledged, of this severity or worse."""
        return [one for one in self.findings if one.severity >= severity and not one.is_quiet]


def check_exports(
    connection: Connection,
    question: Question,
    *,
    now: datetime,
    source: Source | None = None,
    dry_run: bool = False,
    anyway: bool = False,
) -> Report:
    """Look at the exports of one connection. `source`: instead of Automanager itself.

    `dry_run` reads and checks, and stores nothing. `anyway`, as a person may ask: also while we
    wait after failures. Raises AlreadyRunning, and NotYet while Automanager is to be left alone;
    what goes wrong at the partner is told by the report, in the language of the office.
    """
    if not Connection.objects.take_lease(connection.pk, now=now, for_=LEASE):
        raise AlreadyRunning
    try:
        connection.refresh_from_db()
        with translation.override(settings.LANGUAGE_CODE), recording(connection):
            if source is None:
                patience.check(connection, anyway=anyway, now=now)
            look = _rehearse if dry_run else _perform
            return look(connection, question, source, now=now)
    finally:
        Connection.objects.give_back_lease(connection.pk, until=now + LEASE)


def _perform(
    connection: Connection, question: Question, source: Source | None, *, now: datetime
) -> Report:
    # We hold the lease, so whatever still seems to run was killed.
    ExportCheck.objects.filter(connection=connection, state=ExportCheck.State.RUNNING).update(
        state=ExportCheck.State.FAILED, finished_at=now, error=_("The run was interrupted.")
    )
    record = ExportCheck.objects.create(
        dealer_id=connection.dealer_id, connection=connection, started_at=now
    )
    try:
        with source or Automanager(connection) as opened:
            report = _look(connection, question, opened, record, now=now)
    except BaseException as error:
        message = _("The run was interrupted (%(error)s).") % {"error": type(error).__name__}
        record.state, record.error = ExportCheck.State.FAILED, message
        record.finished_at = now
        record.save()
        raise
    record.save()
    _note_health(connection, record)
    if source is None:
        _note_patience(connection, report, now=now)
    return report


def _rehearse(
    connection: Connection, question: Question, source: Source | None, *, now: datetime
) -> Report:
    record = ExportCheck(dealer_id=connection.dealer_id, connection=connection, started_at=now)
    with source or Automanager(connection) as opened:
        tape = Tape(opened, now=now)
    with tape, transaction.atomic():
        report = _look(connection, question, tape, record, now=now)
        transaction.set_rollback(True)
    return report


def _look(
    connection: Connection,
    question: Question,
    source: Source,
    record: ExportCheck,
    *,
    now: datetime,
) -> Report:
    started_at = time.monotonic()
    reading = Reading(
        connection=connection,
        now=now,
        as_of=source.as_of(now),
        hours=question.hours,
        wanted=question.wants,
    )
    read(reading, source)
    judged = judge_exports(reading)
    _note_checked(reading)
    outcome = life.keep(connection, judged.found, judged.covered, now=now)
    of_leads = judge_leads(reading, is_part=question.is_part)
    outcome += life.keep(connection, of_leads.found, of_leads.covered, now=now)
    _close(record, reading, [judged, of_leads], outcome)
    record.finished_at = now + timedelta(seconds=time.monotonic() - started_at)
    found = _open_findings(connection, question)
    return Report(record, outcome, found, reading.is_failed, wish=reading.wish)


def _note_checked(reading: Reading) -> None:
    """Exports of which everything that is to be had was read; an address that does not exist
    cannot be missed."""
    parts = (Part.RUNS, Part.TRANSMISSIONS)
    whole = [
        app.pk
        for app in reading.apps
        if all((part, app.pk) in reading.known | reading.missing for part in parts)
    ]
    ExportApp.objects.filter(pk__in=whole).update(checked_at=reading.as_of)


def _close(
    record: ExportCheck, reading: Reading, judgements: list[Judgement], outcome: Outcome
) -> None:
    record.apps, record.pages = len(reading.apps), reading.pages
    record.read = dict(reading.counts)
    record.skipped = [one for judgement in judgements for one in judgement.skipped]
    record.outcome = outcome.counts()
    record.error = "\n".join(dict.fromkeys(reading.problems))
    record.open_counts = _open_counts(record.connection)
    if reading.is_cut_off:
        record.state = ExportCheck.State.FAILED
    elif reading.is_failed or reading.problems:
        record.state = ExportCheck.State.PARTIAL
    else:
        record.state = ExportCheck.State.DONE


def _open_counts(connection: Connection) -> dict[str, dict[str, int]]:
    """Open findings of this connection, by location and severity."""
    rows = Finding.objects.for_dealer(connection.dealer_id).open().filter(connection=connection)
    counts: dict[str, dict[str, int]] = {}
    counted = rows.order_by().values_list("location_id", "severity").annotate(Count("pk"))
    for location_id, severity, number in counted:
        counts.setdefault(str(location_id or ""), {})[Severity(severity).word] = number
    return counts


def _open_findings(connection: Connection, question: Question) -> list[Finding]:
    rows = Finding.objects.for_dealer(connection.dealer_id).open().worst_first()
    found = rows.filter(connection=connection).select_related("app", "lead", "location")
    if not question.is_part:
        return list(found)
    return [one for one in found if one.app is None or question.wants(one.app)]


def _note_health(connection: Connection, record: ExportCheck) -> None:
    if record.state != ExportCheck.State.FAILED:
        connection.last_success_at = record.finished_at
    connection.last_error = record.error
    if record.error:
        connection.last_error_at = record.finished_at
    connection.save(update_fields=["last_success_at", "last_error", "last_error_at"])


def _note_patience(connection: Connection, report: Report, *, now: datetime) -> None:
    """When Automanager is asked again; whoever breaks the contract is asked as usual."""
    is_out_of_reach = report.record.state == ExportCheck.State.FAILED
    patience.note_trouble(connection, wish=report.wish, is_failed=is_out_of_reach, now=now)
    connection.save(update_fields=["retry_at", "is_told_to_wait", "failures"])
