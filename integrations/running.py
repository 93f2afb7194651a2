"""One run of an inbox: what its steps share, its lease, and how it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from integrations import outbox, patience
from integrations.exchanges import recording
from integrations.http import PartnerError
from integrations.models import Connection, SyncRun
from integrations.models.sync_run import COUNTERS
from leads.models.user import User

logger = logging.getLogger(__name__)

# A run that was killed keeps others away for so long; one that lives renews its lease as it goes.
LEASE = timedelta(minutes=3)
RENEWED = timedelta(minutes=1)  # after so much of it
# A receipt that waits for longer is worth a warning (BDK contract §4.7, rule 8).
LATE_RECEIPT = timedelta(minutes=15)

Progress = Callable[[int], object]


class AlreadyRunning(Exception):
    """Somebody else is fetching from this connection at this moment."""


class TakenOver(Exception):
    """Our lease ended while we stood still, and somebody else fetches now."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked to do. `full`: begin without the cursor. `reconcile`: only what the
    partner has no receipt of, beside the cursor. `anyway`: also what waits or is paused."""

    full: bool = False
    reconcile: bool = False
    anyway: bool = False


@dataclass
class Run:
    """What the steps of one run share."""

    record: SyncRun
    connection: Connection
    now: datetime
    order: Order
    progress: Progress
    lease_until: datetime
    problems: list[str] = field(default_factory=list)
    is_failed: bool = False
    is_unusable: bool = False
    wish: timedelta | None = None  # of the partner, to be left alone
    started_at: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started_at

    @property
    def clock(self) -> datetime:
        return self.now + timedelta(seconds=self.seconds)

    def note(self, error: PartnerError, *, about: str = "") -> None:
        self.problems.append(f"{about}{error} {error.advice}")
        self.heed(error)

    def heed(self, error: PartnerError) -> None:
        self.wish = patience.wished_wait(error, now=self.clock) or self.wish
        self.is_unusable = self.is_unusable or patience.is_unusable(error)

    def hold(self) -> None:
        """Stay the only one; called before each step. Raises TakenOver."""
        if self.lease_until - self.clock > LEASE - RENEWED:
            return
        held, self.lease_until = self.lease_until, self.clock + LEASE
        pk = self.connection.pk
        if not Connection.objects.renew_lease(pk, held=held, until=self.lease_until):
            raise TakenOver


def silent(_messages: int) -> None:
    """Progress that nobody watches."""


@contextmanager
def running(
    connection: Connection,
    *,
    now: datetime,
    order: Order,
    progress: Progress | None = None,
    started_by: User | None = None,
    is_stored: bool = True,
) -> Iterator[Run]:
    """A run, for which the connection is ours alone: as it is now, its calls on record, in the
    language of the office. `is_stored`: False for a rehearsal, which leaves nothing behind.

    Raises AlreadyRunning, and NotYet while the partner is to be left alone.
    """
    if not Connection.objects.take_lease(connection.pk, now=now, for_=LEASE):
        raise AlreadyRunning
    record = SyncRun(
        dealer_id=connection.dealer_id,
        connection=connection,
        started_by=started_by,
        started_at=now,
    )
    run = Run(record, connection, now, order, progress or silent, now + LEASE)
    try:
        with translation.override(settings.LANGUAGE_CODE):
            connection.refresh_from_db()  # another run may have moved the cursors
            patience.check(connection, anyway=order.anyway, now=now)
            if is_stored:
                _begin(record)
            with recording(connection, run=record if is_stored else None):
                yield run
    finally:
        Connection.objects.give_back_lease(connection.pk, until=run.lease_until)


def _begin(record: SyncRun) -> None:
    """Store the run. We hold the lease, so whatever still seems to run was killed."""
    SyncRun.objects.filter(connection=record.connection, state=SyncRun.State.RUNNING).update(
        state=SyncRun.State.FAILED,
        finished_at=record.started_at,
        error=_("The run was interrupted."),
    )
    record.save()


@contextmanager
def told(run: Run, *, is_permanent: Callable[[PartnerError], bool]) -> Iterator[None]:
    """Note on the run what goes wrong inside; what is not the partner's fault is raised as well.
    A permanent error pauses the connection: asking again and again gets an account locked."""
    try:
        yield
    except PartnerError as error:
        run.is_failed = True
        run.note(error)
        if is_permanent(error):
            run.connection.paused_at = run.clock
    except TakenOver:
        run.is_failed = True
        run.problems.append(_("It took too long, and another run has taken over."))
    except BaseException as error:
        run.is_failed = True
        message = _("The run was interrupted (%(error)s).")
        run.problems.append(message % {"error": type(error).__name__})
        raise


# --- the end ---------------------------------------------------------------------------------


def watch(run: Run) -> None:
    """Warnings about what goes wrong for longer than one run."""
    connection = run.connection
    if run.is_unusable:
        connection.unusable_answers = min(connection.unusable_answers + 1, 1000)
    elif run.record.pages:
        connection.unusable_answers = 0
    if connection.unusable_answers >= patience.TOO_MANY_UNUSABLE:
        logger.error("connection %s: unusable answers in a row", connection.pk)
        message = _("%(n)d runs in a row got answers that cannot be used. Please tell BDK.")
        run.problems.append(message % {"n": connection.unusable_answers})
    if outbox.has_late_receipts(connection, before=run.clock - LATE_RECEIPT):
        logger.error("connection %s: receipts wait for too long", connection.pk)
        message = _("Receipts have been waiting for more than %(minutes)d minutes.")
        run.problems.append(message % {"minutes": LATE_RECEIPT // timedelta(minutes=1)})


def close(run: Run) -> None:
    record = run.record
    record.finished_at = run.now + timedelta(seconds=run.seconds)
    record.error = "\n".join(dict.fromkeys(run.problems))
    if run.is_failed:
        record.state = SyncRun.State.FAILED
    elif run.problems or record.quarantined:
        record.state = SyncRun.State.PARTIAL
    else:
        record.state = SyncRun.State.DONE


_HEALTH = [
    *("last_success_at", "last_error", "last_error_at", "newest_lead_at", "totals"),
    *("paused_at", "paused_sites", "retry_at", "is_told_to_wait", "failures"),
    *("unusable_answers", "kept_token"),
]


def note_health(run: Run) -> None:
    connection, record = run.connection, run.record
    is_failed = record.state == SyncRun.State.FAILED
    if not is_failed:
        connection.last_success_at = record.finished_at
        connection.paused_at = None
    connection.last_error = record.error
    if record.error:
        connection.last_error_at = record.finished_at
    patience.note_trouble(connection, wish=run.wish, is_failed=is_failed, now=run.clock)
    totals = connection.totals
    connection.totals = {name: totals.get(name, 0) + getattr(record, name) for name in COUNTERS}
    connection.save(update_fields=_HEALTH)
