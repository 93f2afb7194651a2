"""The sign of life of a worker: a row, renewed by a thread while the main one is busy."""

from __future__ import annotations

import logging
import os
import socket
import threading
from typing import Self

from django.db import Error as DatabaseTrouble
from django.db import close_old_connections, connections
from django.db.models.functions import Now

from leads.models.background import Worker

logger = logging.getLogger(__name__)


class Heartbeat:
    """A context in which the worker counts as alive; at its end the row goes.

    `trouble` is shown with the worker as soon as the next beat has written it.
    """

    def __init__(self, worker: str, *, seconds: float) -> None:
        self.trouble = ""
        self._worker = worker
        self._seconds = seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beating, name="heartbeat", daemon=True)

    def beat(self) -> None:
        """Raises django.db.Error."""
        mine = Worker.objects.filter(name=self._worker)
        if not mine.update(seen_at=Now(), trouble=self.trouble[:300]):
            Worker.objects.create(
                name=self._worker, machine=socket.gethostname(), process_id=os.getpid()
            )

    def __enter__(self) -> Self:
        self.beat()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join(self._seconds)
        try:
            Worker.objects.filter(name=self._worker).delete()
        except DatabaseTrouble:
            logger.warning("worker %s could not sign off", self._worker)

    def _beating(self) -> None:
        try:
            while not self._ended.wait(self._seconds):
                close_old_connections()
                try:
                    self.beat()
                except DatabaseTrouble as error:
                    # The main thread meets the same trouble and waits; here the next beat is due.
                    kind = type(error).__name__
                    logger.warning("worker %s: no heartbeat (%s)", self._worker, kind)
                    connections.close_all()
        finally:
            connections.close_all()
