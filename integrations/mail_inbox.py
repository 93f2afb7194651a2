"""Mails of a mailbox → the intake ledger → leads; only then are they moved away in the mailbox.

A mail lies either in the folder that is read, or it is in our database. Whatever dies between two
steps leaves it in both, and the next run finds its entry again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from integrations import letters
from integrations.adf import mapping as adf
from integrations.http import PartnerError
from integrations.mail.client import LoginRefused, Mailbox
from integrations.mail.envelope import Settings, message_from, sender_of
from integrations.mail.schema import Letter
from integrations.models import Connection, SyncRun
from integrations.running import Order, Progress, Run, close, note_health, running, told
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.models.user import User
from leads.services import intake

logger = logging.getLogger(__name__)

READING_SECONDS = 4 * 60  # then no further mail is fetched
MAX_MAILS = 1000  # of one run
_TOGETHER = 20  # mails that are booked and moved together, unless they are large
_TOGETHER_BYTES = 8 * 1024**2
# A person should look at these, so they lie apart in the mailbox too.
_ASIDE = ("", Outcome.QUARANTINED, Outcome.SET_ASIDE)


@dataclass(frozen=True, slots=True)
class _Mail:
    uid: str
    raw: bytes
    is_cut: bool


def fetch(
    connection: Connection,
    *,
    now: datetime,
    anyway: bool = False,
    progress: Progress | None = None,
    started_by: User | None = None,
) -> SyncRun:
    """Take in what lies in the mailbox; the run says what came of it, in the language of the
    office. `anyway`, as a person may ask: also before the next attempt is due.

    Raises AlreadyRunning and NotYet; what is not the mail server's fault is noted and raised.
    """
    order = Order(anyway=anyway or started_by is not None)
    with running(connection, now=now, order=order, progress=progress, started_by=started_by) as run:
        _perform(run)
        return run.record


def _folders(connection: Connection) -> tuple[str, str]:
    return connection.mail_done_folder, connection.mail_aside_folder


def _perform(run: Run) -> None:
    connection = run.connection
    try:
        with told(run, is_permanent=_is_login_refused):
            _process(run, _left_behind(run))
            with Mailbox(connection) as mailbox:
                mailbox.open(connection.mail_folder)
                mailbox.prepare(*_folders(connection))
                _take_in_all(run, mailbox)
            connection.cursors = {}
    finally:
        close(run)
        run.record.save()
        connection.save(update_fields=["cursors"])
        note_health(run)


def _is_login_refused(error: PartnerError) -> bool:
    return isinstance(error, LoginRefused)


def _left_behind(run: Run) -> Sequence[IntakeEntry]:
    """What an interrupted run has booked."""
    waiting = IntakeEntry.objects.for_dealer(run.connection.dealer_id).unprocessed()
    own = sender_of(run.connection.pk)
    senders = [own, adf.sender_of(own)]
    return list(waiting.filter(sender__in=senders).order_by("pk")[:MAX_MAILS])


def _take_in_all(run: Run, mailbox: Mailbox) -> None:
    together: list[_Mail] = []
    size = 0
    for uid in _in_order(run.connection, mailbox.uids())[:MAX_MAILS]:
        if run.seconds > READING_SECONDS:
            logger.warning("mailbox %s: out of time", run.connection.pk)
            break
        run.hold()
        try:
            mail = mailbox.fetch(uid)
        except PartnerError:
            run.connection.cursors = {_STUCK: uid}
            _take_in(run, together)  # they are moved when they are met again
            raise
        if mail is None:
            continue
        together.append(_Mail(uid, *mail))
        size += len(mail[0])
        if len(together) >= _TOGETHER or size >= _TOGETHER_BYTES:
            _move(run, mailbox, _take_in(run, together))
            together, size = [], 0
    _move(run, mailbox, _take_in(run, together))


_STUCK = "stuck"  # in Connection.cursors


def _in_order(connection: Connection, uids: Sequence[str]) -> list[str]:
    """The one at which the last run broke off comes last: it must not keep the others waiting."""
    stuck = connection.cursors.get(_STUCK)
    return sorted(uids, key=lambda uid: (uid == stuck, int(uid)))


def _take_in(run: Run, mails: Sequence[_Mail]) -> tuple[list[str], list[str]]:
    """Book, commit, make leads, commit. The uids of those that are done, and of those that a
    person should look at."""
    if not mails:
        return [], []
    entries = _book(run, mails)
    new = {entry.pk: entry for one in entries for entry in one if not entry.outcome}
    run.record.pages += 1
    run.record.received += len(mails)
    run.record.repeated += sum(1 for one in entries if one[0].pk not in new)
    _process(run, list(new.values()))
    done: list[str] = []
    aside: list[str] = []
    for mail, booked in zip(mails, entries, strict=True):
        # Of several prospects each has its entry; the mail itself is set aside for them.
        outcomes = [entry.outcome for entry in booked[1:] or booked]
        needs_look = any(one in _ASIDE for one in outcomes)
        (aside if needs_look else done).append(mail.uid)
    run.progress(len(mails))
    return done, aside


def _move(run: Run, mailbox: Mailbox, uids: tuple[list[str], list[str]]) -> None:
    for moved, folder in zip(uids, _folders(run.connection), strict=True):
        if moved:
            mailbox.move(moved, folder)


def _book(run: Run, mails: Sequence[_Mail]) -> list[list[IntakeEntry]]:
    """For each mail its entry, followed by those of its prospects if it holds several."""
    connection = run.connection
    settings, own = Settings.of(connection), sender_of(connection.pk)
    messages = [message_from(one.raw, settings, is_cut=one.is_cut) for one in mails]
    several = [_prospects(one) for one in mails]
    flat = [prospect for prospects in several for prospect in prospects]
    with transaction.atomic(durable=True):
        entries = intake.book(
            connection.dealer, channel=Channel.MAIL, sender=own, messages=messages, now=run.now
        )
        parts = iter(
            intake.book(
                connection.dealer,
                channel=Channel.ADF,
                sender=adf.sender_of(own),
                messages=flat,
                now=run.now,
            )
            if flat
            else []
        )
    return [
        [entry, *(next(parts) for _prospect in prospects)]
        for entry, prospects in zip(entries, several, strict=True)
    ]


def _prospects(mail: _Mail) -> list[intake.Message]:
    """Those of a mail that holds more than one."""
    found = [] if mail.is_cut else letters.prospects_of(Letter.from_bytes(mail.raw))
    return [adf.message_from(one) for one in found] if len(found) > 1 else []


def _process(run: Run, entries: Sequence[IntakeEntry]) -> None:
    for channel, parse in ((Channel.ADF, adf.parse), (Channel.MAIL, letters.parse)):
        batch = [entry for entry in entries if entry.channel == channel]
        if not batch:
            continue
        intake.process(run.connection.dealer, batch, parse, now=run.now)
        run.record.count(entry.outcome for entry in batch)
