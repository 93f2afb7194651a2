"""Where mails and webhooks of the office end while the partners are simulated: they are shown on
the control page and go nowhere."""

from __future__ import annotations

import json
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.parser import BytesParser
from typing import Any

from aiosmtpd.controller import Controller
from django.utils import timezone

from integrations.simulator.bdk import Reply, Request

KEPT = 50
_MAX_TEXT = 4000  # characters shown of a body
_SHOWN_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature", "content-type")


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    at: datetime
    sender: str
    recipients: str
    subject: str
    text: str


class _Controller(Controller):
    def _trigger_server(self) -> None:
        """The library calls its server once, at the port that it was told: 0 is any."""
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()


class MailSink:
    """An SMTP server in a thread, running while its `with` block does; takes every mail."""

    def __init__(self, *, port: int = 0) -> None:
        self.mails: deque[ReceivedMail] = deque(maxlen=KEPT)
        # Every word of a conversation is news to the library.
        logging.getLogger("mail.log").setLevel(logging.WARNING)
        self._controller = _Controller(self, hostname="127.0.0.1", port=port)

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> MailSink:
        self._controller.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._controller.stop(no_assert=True)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message: Any = BytesParser(policy=policy.default).parsebytes(envelope.content)
        body = message.get_body(("plain", "html"))
        self.mails.appendleft(
            ReceivedMail(
                timezone.now(),
                str(envelope.mail_from),
                ", ".join(envelope.rcpt_tos),
                str(message["subject"] or ""),
                (body.get_content() if body else "")[:_MAX_TEXT],
            )
        )
        return "250 OK"


@dataclass(frozen=True, slots=True)
class ReceivedHook:
    at: datetime
    path: str
    headers: list[tuple[str, str]]
    text: str


class HookSink:
    """The receiver of webhooks; answers 204 whatever comes, unless a fault is switched on."""

    def __init__(self) -> None:
        self.hooks: deque[ReceivedHook] = deque(maxlen=KEPT)

    def answer(self, request: Request) -> Reply:
        if request.method != "POST":
            return Reply(405)
        headers = [(name, request.headers.get(name, "")) for name in _SHOWN_HEADERS]
        text = request.body.decode(errors="replace")
        with suppress(ValueError):  # what is no JSON is shown as it came
            text = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        self.hooks.appendleft(
            ReceivedHook(timezone.now(), request.target, headers, text[:_MAX_TEXT])
        )
        return Reply(204)
