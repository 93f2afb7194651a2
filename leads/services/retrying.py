"""Transactions that lost a race are run again: the database chose a victim, nobody did wrong."""

from __future__ import annotations

import functools
import logging
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection

logger = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 4  # the first one and three more
# PostgreSQL: serialization_failure, deadlock_detected
_LOST_RACES = ("40001", "40P01")
_LONGEST_PAUSE = 0.2  # seconds before the second attempt; doubled for each further one


def retried(act: Callable[P, R]) -> Callable[P, R]:
    """Run `act` again, up to three times and after a short random pause, when its transaction was
    ended as a deadlock or a serialisation failure.

    Only the outermost edge may do that: within a transaction `act` just runs, since everything
    before it has to be run again as well. Hence `act` must begin and end its own transaction.
    """

    @functools.wraps(act)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return act(*args, **kwargs)
        for attempt in range(1, ATTEMPTS):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                if not _is_lost_race(error):
                    raise
                logger.warning("%s lost a race, attempt %d", act.__name__, attempt)
                pause = _LONGEST_PAUSE * 2 ** (attempt - 1) * random.random()  # noqa: S311
                time.sleep(pause)
        return act(*args, **kwargs)

    return wrapper


def _is_lost_race(error: OperationalError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) in _LOST_RACES
