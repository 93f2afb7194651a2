"""Telling whoever listens about each call of a partner; a room of its own below the HTTP client."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """`address` has no values of parameters; `body` is the answer as it came, for its shape.

    Where there is no HTTP, as with a mail server, `status` stays empty and `found` says in words
    how much there was ("3 mails"), never what.
    """

    method: str
    address: str
    seconds: float
    status: int | None = None
    problem: str = ""  # why there was no answer
    sent: int = 0  # bytes
    received: int = 0  # bytes
    body: bytes = field(default=b"", repr=False)
    found: str = ""
    ended_at: float = field(default_factory=time.monotonic)

    @property
    def is_good(self) -> bool:
        return not self.problem and (self.status is None or self.status < 400)

    def ended_ago(self) -> float:
        """Seconds."""
        return time.monotonic() - self.ended_at


Listener = Callable[[Call], object]
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def tell(call: Callable[[], Call]) -> None:
    """The call is only made up if somebody listens."""
    listener = _listener.get()
    if listener is not None:
        listener(call())


def told_address(url: str, params: Any = None) -> str:
    """ "https://api.bank.example/leads?cursor&limit": where to, and the names of what was said."""
    parts = urlsplit(url)
    names = [name for name, _value in parse_qsl(parts.query, keep_blank_values=True)]
    names += list(params or {})
    query = f"?{'&'.join(names)}" if names else ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}{query}"


def sent_bytes(options: dict[str, Any]) -> int:
    """The size of what is sent, roughly: forms and JSON before they are encoded."""
    content = options.get("data") or options.get("json") or b""
    return len(content) if isinstance(content, bytes) else len(str(content))
