"""Ending in time: the job in hand may go on for a while, then it is interrupted.

SIGTERM or SIGINT asks; after the grace, or asked a second time, `Interrupted` is raised in the job.
A job that does not let itself be interrupted ends with the process, a few seconds later.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Self

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)
# Exit status of a process whose job had to be cut off.
CUT_OFF = 3
# Seconds that an interrupted job has to clean up, and that giving it back may take after that.
CLEANING_UP = 3.0
GIVING_BACK = 3.0


class Interrupted(BaseException):
    """The worker must end at once. Not an Exception, so that no task swallows it."""


class Stopping:
    """A context of the main thread in which the process ends as described above.

    `last_words` is called from another thread when the job has to be cut off.
    """

    def __init__(self, *, grace: float, last_words: Callable[[], object]) -> None:
        self._grace = grace
        self._last_words = last_words
        self._asked = threading.Event()
        self._ended = threading.Event()
        self._is_over = False
        self._may_interrupt = False
        self._handlers: dict[int, Any] = {}

    @property
    def is_asked(self) -> bool:
        return self._asked.is_set()

    def wait(self, seconds: float) -> None:
        """Sleep, or until asked to end."""
        self._asked.wait(seconds)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raises Interrupted, if need be at any instruction within."""
        self._may_interrupt = True
        try:
            if self._is_over:
                raise Interrupted
            yield
        finally:
            self._may_interrupt = False

    def __enter__(self) -> Self:
        # The system writes each signal here at once, even while Python is busy in a library.
        self._heard, heard = os.pipe()
        os.set_blocking(heard, False)
        self._old_fd = signal.set_wakeup_fd(heard, warn_on_full_buffer=False)
        self._new_fd = heard
        self._handlers = {one: signal.signal(one, self._ask) for one in SIGNALS}
        self._handlers[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._time_is_over)
        self._watch = threading.Thread(target=self._watching, name="stopping", daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_error: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_fd)
        self._ended.set()
        os.close(self._new_fd)
        self._watch.join()
        os.close(self._heard)

    # In the main thread

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._is_over or signal.getitimer(signal.ITIMER_REAL)[0]:
            self._time_is_over(number, frame)
        else:
            # Again and again, in case the first one is swallowed.
            signal.setitimer(signal.ITIMER_REAL, max(self._grace, 0.001), 1)

    def _time_is_over(self, number: int, frame: FrameType | None) -> None:
        self._is_over = True
        if self._may_interrupt:
            raise Interrupted

    # In a thread of its own

    def _watching(self) -> None:
        while not self._asked.is_set():
            select.select([self._heard], [], [])
            numbers = os.read(self._heard, 100)
            if not numbers:  # closed
                return
            if set(numbers) & set(SIGNALS):
                logger.info("asked to end")
                self._asked.set()
        if self._ended.wait(self._grace + CLEANING_UP):
            return
        words = threading.Thread(target=self._last_words, daemon=True)
        words.start()
        words.join(GIVING_BACK)
        logger.error("the job did not end and is cut off")
        os._exit(CUT_OFF)
