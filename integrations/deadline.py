"""A limit in time for one exchange with a partner, held by cutting its connection."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from contextvars import ContextVar
from threading import Lock, Timer
from typing import Any, Self

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import HTTPResponse

from integrations.addresses import check_host, resolve


class Late(Exception):
    """The time of an exchange is up before its next attempt."""


class Deadline:
    """Ends one exchange when its time is up, whatever the partner does.

    A timeout per read lets an answer that drips byte by byte run for hours, headers and TLS
    handshake included, so a timer cuts the connection.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self._lock = Lock()
        # Whether anything of the call itself has left this machine; connecting is not yet that.
        self.has_sent = False

    def __enter__(self) -> Self:
        self._previous = _deadline.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._timer.cancel()
        _deadline.reset(self._previous)
        self._replace(None)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def check(self) -> None:
        if self.is_over:
            raise Late

    def watch(self, connected: socket.socket) -> None:
        """Be ready to cut this connection; raises Late if there is no time left to use it."""
        self.check()
        # A second descriptor: TLS takes the first one away from the socket it wraps.
        self._replace(socket.socket(fileno=os.dup(connected.fileno())))

    def _replace(self, new: socket.socket | None) -> None:
        with self._lock:
            old, self._socket = self._socket, new
        if old is not None:
            old.close()

    def _cut(self) -> None:
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):  # closed by the partner meanwhile
                    self._socket.shutdown(socket.SHUT_RDWR)


_deadline: ContextVar[Deadline] = ContextVar("deadline")


class _WatchedConnection(HTTPConnection):
    """Shows its socket to the deadline, when it is opened and each time it is used."""

    def _new_conn(self) -> socket.socket:
        deadline = _deadline.get()
        deadline.check()
        # Before anything is opened, or what happens would tell what runs in our own network. Names
        # that nobody knows are for the library to complain about.
        with suppress(OSError, UnicodeError):
            check_host(self.host, resolve(self._dns_host, self.port or 0))
        connected = super()._new_conn()
        try:
            # And then the one in use: the name may lead elsewhere a moment later.
            check_host(self.host, [str(connected.getpeername()[0])])
            deadline.watch(connected)
        except BaseException:
            connected.close()
            raise
        return connected

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        _deadline.get().has_sent = True
        super().send(data)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        _deadline.get().watch(self.sock)  # kept from an earlier exchange perhaps
        return super().getresponse()


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    pass


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


class WatchedAdapter(HTTPAdapter):
    """Lets requests connect under the deadline in force; it serves no call without one."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WatchedPool, "https": _WatchedTlsPool}
