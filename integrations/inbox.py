"""What comes in by asking: page after page into the intake ledger, then into the office."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from integrations import outbox
from integrations.bdk.sync import BdkMailbox, MessagePage
from integrations.http import PartnerError, PartnerRefused, PartnerUnavailable
from integrations.models import Connection, Partner, SyncRun
from leads.models.intake import IntakeEntry, Outcome
from leads.models.user import User
from leads.services import intake

logger = logging.getLogger(__name__)

PULL = {Partner.BDK: BdkMailbox}

# A run that was killed keeps others away for this long; a healthy one gives the lease back.
LEASE = timedelta(minutes=30)
# After this no further page is fetched, so that a run ends before its lease does.
READING_SECONDS = 10 * 60
BATCH = 200  # entries made into leads in one transaction

_COUNTER_OF_OUTCOME = {
    Outcome.CREATED: "created",
    Outcome.UPDATED: "updated",
    Outcome.ATTACHED: "attached",
    Outcome.REPEATED: "repeated",
    Outcome.IGNORED: "repeated",
    Outcome.CONFLICT: "conflicts",
    Outcome.QUARANTINED: "quarantined",
    Outcome.REJECTED: "quarantined",
}

Progress = Callable[[int], object]


class AlreadyRunning(Exception):
    """Somebody else is fetching from this connection at this moment."""


@dataclass
class _Run:
    """What the steps of one run share."""

    record: SyncRun
    connection: Connection
    now: datetime
    full: bool
    progress: Progress
    problems: list[str] = field(default_factory=list)
    is_failed: bool = False
    started_at: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started_at

    def note(self, error: PartnerError, *, about: str = "") -> None:
        self.problems.append(f"{about}{error} {error.advice}")


def pull(
    connection: Connection,
    *,
    now: datetime,
    full: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
    started_by: User | None = None,
) -> SyncRun:
    """Fetch what is new at the partner, make leads of it, then acknowledge it.

    Each page is committed with its receipts and its cursor before anything else happens to it,
    so a crash at any point leads to repetition, never to loss (BDK contract §4.7, rule 1).
    `full` begins without the cursor; `dry_run` reads and parses, stores nothing and returns an
    unsaved run. `progress` hears how many messages each page brought.

    Raises AlreadyRunning. What goes wrong at the partner is told by the run, in the language of
    the office; anything else is noted there and raised.
    """
    if not Connection.objects.take_lease(connection.pk, now=now, for_=LEASE):
        raise AlreadyRunning
    try:
        connection.refresh_from_db()  # another run may have moved the cursors
        record = SyncRun(
            dealer_id=connection.dealer_id,
            connection=connection,
            started_by=started_by,
            started_at=now,
        )
        run = _Run(record, connection, now, full, progress or _silent)
        with translation.override(settings.LANGUAGE_CODE):
            if dry_run:
                _rehearse(run)
            else:
                _perform(run)
        return record
    finally:
        Connection.objects.give_back_lease(connection.pk, until=now + LEASE)


def _silent(_messages: int) -> None:
    pass


def _perform(run: _Run) -> None:
    # We hold the lease, so whatever still seems to run was killed.
    SyncRun.objects.filter(connection=run.connection, state=SyncRun.State.RUNNING).update(
        state=SyncRun.State.FAILED, finished_at=run.now, error=_("The run was interrupted.")
    )
    run.record.save()
    try:
        with PULL[Partner(run.connection.partner)](run.connection) as mailbox:
            _finish_interrupted(run, mailbox)
            _read(run, mailbox, _take_in)
            _acknowledge(run, mailbox)
    except PartnerError as error:
        run.is_failed = True
        run.note(error)
    except BaseException as error:
        run.is_failed = True
        message = _("The run was interrupted (%(error)s).")
        run.problems.append(message % {"error": type(error).__name__})
        raise
    finally:
        _close(run)
        run.record.save()
        _note_health(run)


def _rehearse(run: _Run) -> None:
    try:
        with PULL[Partner(run.connection.partner)](run.connection) as mailbox:
            _read(run, mailbox, _look_at)
    except PartnerError as error:
        run.is_failed = True
        run.note(error)
    _close(run)


# --- steps -----------------------------------------------------------------------------------


def _read(
    run: _Run, mailbox: BdkMailbox, take: Callable[[_Run, BdkMailbox, str, MessagePage], None]
) -> None:
    """Hand every page of every site to `take`. A site that is refused leaves the others alone;
    a partner out of reach ends the reading. Raises PartnerMisconfigured."""
    sites = mailbox.sites()
    if not sites:
        run.problems.append(_("No active location has a Partnernummer. Please enter it there."))
    readable = 0
    for site in sites:
        try:
            for page in mailbox.pages(site, cursor=_cursor(run, site)):
                take(run, mailbox, site, page)
                run.record.pages += 1
                run.record.received += len(page.messages)
                run.progress(len(page.messages))
                if run.seconds > READING_SECONDS:
                    logger.warning("connection %s: out of time", run.connection.pk)
                    break
            readable += 1
        except PartnerRefused as error:
            run.note(error, about=f"{site}: ")
        except PartnerUnavailable as error:
            run.is_failed = True
            run.note(error)
            return
    run.is_failed = run.is_failed or not readable


def _cursor(run: _Run, site: str) -> str:
    return "" if run.full else str(run.connection.cursors.get(site, ""))


def _take_in(run: _Run, mailbox: BdkMailbox, site: str, page: MessagePage) -> None:
    """One transaction: the messages as they came, their receipts, and how far we have read."""
    connection = run.connection
    with transaction.atomic():
        entries = intake.book(
            connection.dealer,
            channel=mailbox.channel,
            sender=mailbox.sender(site),
            messages=page.messages,
            now=run.now,
        )
        acknowledgeable = [entry for entry in entries if entry.outside_id]
        outbox.enqueue(connection, acknowledgeable, recipient=site, now=run.now)
        if page.cursor:
            connection.cursors = {**connection.cursors, site: page.cursor}
            connection.save(update_fields=["cursors"])
    new = {entry.pk: entry for entry in entries if not entry.outcome}
    run.record.repeated += len(entries) - len(new)
    _process(run, mailbox, list(new.values()))


def _finish_interrupted(run: _Run, mailbox: BdkMailbox) -> None:
    """Make leads of what an interrupted run has booked and left behind.

    The ledger lists a page by message_id, version 10 before 9. Taken like that, 9 would be ignored
    and with it what a later version does not clear: its customer, its car, that it is a test.
    In which order two contents of one version came is not known any more; that is a conflict
    in either, for a person to decide.
    """
    waiting = IntakeEntry.objects.for_dealer(run.connection.dealer_id).unprocessed()
    senders = [mailbox.sender(site) for site in mailbox.sites()]
    waiting = waiting.filter(sender__in=senders)
    names = waiting.order_by("pk").values_list("pk", "received_at", "message_id")
    in_order = sorted(names, key=lambda name: (name[1], mailbox.version(name[2])))
    for start in range(0, len(in_order), BATCH):
        batch = [pk for pk, _at, _id in in_order[start : start + BATCH]]
        entries = waiting.in_bulk(batch)
        _process(run, mailbox, [entries[pk] for pk in batch if pk in entries])


def _process(run: _Run, mailbox: BdkMailbox, entries: Sequence[IntakeEntry]) -> None:
    """Make leads of the entries, in this order: a later message may change an earlier one's."""
    for start in range(0, len(entries), BATCH):
        batch = entries[start : start + BATCH]
        intake.process(run.connection.dealer, batch, mailbox.parse, now=run.now)
        for outcome, number in Counter(entry.outcome for entry in batch).items():
            name = _COUNTER_OF_OUTCOME[Outcome(outcome)]
            setattr(run.record, name, getattr(run.record, name) + number)


def _look_at(run: _Run, mailbox: BdkMailbox, site: str, page: MessagePage) -> None:
    """What `_take_in` would do, without storing anything: only readable or not is counted."""
    for message in page.messages:
        entry = IntakeEntry(
            sender=mailbox.sender(site),
            raw=message.raw,
            content_hash=message.content_hash,
            received_at=run.now,
        )
        try:
            mailbox.parse(entry)
        except intake.Unusable:
            run.record.quarantined += 1


def _acknowledge(run: _Run, mailbox: BdkMailbox) -> None:
    delivered = outbox.deliver(run.connection, mailbox, now=run.now)
    run.record.acknowledged += delivered.acknowledged
    for problem in delivered.problems:
        message = _("Receipts are waiting: %(problem)s They are sent again with the next run.")
        run.problems.append(message % {"problem": problem})


# --- the end ---------------------------------------------------------------------------------


def _close(run: _Run) -> None:
    record = run.record
    record.finished_at = run.now + timedelta(seconds=run.seconds)
    record.error = "\n".join(dict.fromkeys(run.problems))
    if run.is_failed:
        record.state = SyncRun.State.FAILED
    elif run.problems or record.quarantined:
        record.state = SyncRun.State.PARTIAL
    else:
        record.state = SyncRun.State.DONE


def _note_health(run: _Run) -> None:
    connection, record = run.connection, run.record
    if record.state != SyncRun.State.FAILED:
        connection.last_success_at = record.finished_at
    connection.last_error = record.error
    if record.error:
        connection.last_error_at = record.finished_at
    connection.save(update_fields=["last_success_at", "last_error", "last_error_at"])
