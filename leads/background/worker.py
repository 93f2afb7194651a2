"""A worker: round after round, job after job, until it is asked to end."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connections,
)
from django.utils import timezone
from django.utils.module_loading import import_string

from leads.background import queue, schedules
from leads.background.heartbeat import Heartbeat
from leads.background.rounds import Round
from leads.background.running import run
from leads.background.stopping import Interrupted, Stopping
from leads.models.background import Job, JobState

logger = logging.getLogger(__name__)

IDLE = 1.0  # seconds between two looks into an empty queue
LONGEST_WAIT = 30.0  # seconds, for a database that is away

# The database is away, or too busy: what failed here works again later.
_AWAY = (OperationalError, InterfaceError)


class WorkerProcess:
    """One worker, in the main thread of a process.

    `is_burst`: ends when nothing is due. Otherwise it waits for work, and for a database that is
    away, until SIGTERM or SIGINT.
    """

    def __init__(self, *, is_burst: bool = False) -> None:
        self.name = uuid4().hex
        self.failed = 0  # jobs given up for good
        self._is_burst = is_burst
        self._job: Job | None = None
        self._wait = 0.0
        self._stopping = Stopping(grace=settings.WORKER_GRACE, last_words=self._give_back)
        self._heartbeat = Heartbeat(self.name, seconds=settings.WORKER_HEARTBEAT)
        often = settings.WORKER_HOUSEKEEPING
        self._sweep = Round(name="lost jobs", function=self._swept, seconds=often)
        self._rounds = [
            self._sweep,
            Round(name="schedules", function=_scheduled, seconds=often),
            *(
                Round(name=path, function=import_string(path), seconds=seconds)
                for path, seconds in settings.ROUNDS.items()
            ),
        ]

    def run(self) -> None:
        """Raises django.db.OperationalError or InterfaceError in a burst only."""
        with self._stopping:
            logger.info("worker %s begins", self.name)
            while not self._stopping.is_asked:
                try:
                    with self._heartbeat:
                        self._work()
                    break
                except _AWAY as error:  # at the first beat
                    self._wait_for_database(error)
            logger.info("worker %s ends", self.name)

    def _work(self) -> None:
        while not self._stopping.is_asked:
            try:
                close_old_connections()
                is_busy = self._step()
            except _AWAY as error:
                self._wait_for_database(error)
                continue
            except Interrupted:
                _new_connection()
                self._give_back()
                return
            self._wait = 0.0
            if is_busy:
                continue
            if self._is_burst:
                return
            self._stopping.wait(IDLE)

    def _step(self) -> bool:
        """Each round whose turn it is, and one job; whether there was anything to do."""
        is_busy = False
        for one in self._rounds:
            if self._stopping.is_asked:
                return False
            is_busy |= one.go(self._stopping.interruptible())
        self._heartbeat.trouble = "; ".join(
            f"{one.name}: {one.trouble}" for one in self._rounds if one.trouble
        )
        if self._stopping.is_asked:
            return False
        self._job = queue.claim(self.name, now=timezone.now())
        if self._job is None:
            return is_busy
        state = run(self._job, guard=self._stopping.interruptible())
        self.failed += state == JobState.FAILED
        self._job = None
        return True

    def _give_back(self) -> None:
        if self._job is None:
            return
        try:
            queue.give_back(self._job)
            logger.warning("job %s given back", self._job.pk)
        except _AWAY:
            logger.warning("job %s is left to the others", self._job.pk)

    def _wait_for_database(self, error: Exception) -> None:
        """Raises the error in a burst: whoever started it will start it again."""
        if self._is_burst:
            raise error
        self._wait = min(LONGEST_WAIT, max(1.0, self._wait * 2))
        logger.warning("no database (%s), next try in %d s", type(error).__name__, self._wait)
        _new_connection()
        # The heartbeats of the others were held up as well.
        self._sweep.next_at = time.monotonic() + self._wait + settings.WORKER_LEASE
        self._stopping.wait(self._wait)

    def _swept(self) -> int:
        lease = timedelta(seconds=settings.WORKER_LEASE)
        return queue.sweep(worker=self.name, lease=lease, now=timezone.now())


def _scheduled() -> int:
    return schedules.enqueue_due(now=timezone.now())


def _new_connection() -> None:
    """Forget the connection of this thread: it is broken, or was interrupted in mid-sentence."""
    connections[DEFAULT_DB_ALIAS].close()
    del connections[DEFAULT_DB_ALIAS]
