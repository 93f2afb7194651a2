"""What a worker does again and again between its jobs: settings.ROUNDS and its own housekeeping."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError

from leads.background.errors import error_line, error_text

logger = logging.getLogger(__name__)

LONGEST_PAUSE = 60.0  # seconds that a failing round waits


@dataclass(kw_only=True)
class Round:
    """A function, how often it is called, and when it is its turn again (monotonic seconds)."""

    name: str
    function: Callable[[], int | None]
    seconds: float
    next_at: float = 0.0
    failures: int = 0
    trouble: str = ""

    def go(self, guard: AbstractContextManager[object]) -> bool:
        """Call the function if it is its turn; whether it found something to do.

        Its errors end here; it waits longer then. Raises django.db.OperationalError and
        InterfaceError all the same: the worker needs a new connection, maybe some patience.
        """
        if time.monotonic() < self.next_at:
            return False
        try:
            with guard:
                found = bool(self.function())
        except Exception as error:
            self.failures += 1
            self.trouble = error_line(error)
            self.next_at = time.monotonic() + self._pause()
            logger.warning("round %s failed: %s\n%s", self.name, self.trouble, error_text(error))
            if isinstance(error, OperationalError | InterfaceError):
                raise
            return False
        self.failures, self.trouble = 0, ""
        # While it finds work, it is its turn again after the next job.
        self.next_at = 0.0 if found else time.monotonic() + self.seconds
        return found

    def _pause(self) -> float:
        return max(self.seconds, min(LONGEST_PAUSE, self.seconds * 2 ** min(self.failures, 10)))
