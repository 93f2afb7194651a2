"""A mailbox over real IMAP, on this machine only: the server is pymap, the faults are ours."""

from __future__ import annotations

import asyncio
import logging
import ssl
from argparse import Namespace
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from threading import Event, Thread
from typing import Any, Self
from uuid import uuid4

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import DictBackend
from pymap.imap import IMAPServer
from pysasl.hashing import Cleartext

USER = "leads@autohaus.example.org"
PASSWORD = "demo-mail"  # noqa: S105 (opens nothing but this simulator)

# It would write passwords and mails into the log of whoever listens closely.
logging.getLogger("pymap").setLevel(logging.WARNING)

_PATIENCE = 10  # seconds for a client of ours, and for the server to be up
_FLOOD = 64 * 1024**2  # bytes

Fault = dict[str, Any]


class SimulatedMailbox:
    """An IMAP server in a thread, running while its `with` block does.

    `faults` has one fault for each of the next connections; {} is none. A fault names a command,
    or a part of it ("MOVE", "BODY.PEEK[]"), and what happens when it is heard:
    {"hang": …} it is never carried out nor answered, {"lose": …} it is carried out and the
    connection ends before the answer, {"cut": …} in the middle of the answer, {"flood": …} the
    answer is 64 MB whatever was said before, {"drip": …} a byte now and then. With "after": n it
    happens when the command is heard for the n-th time.

    `encryption`: "none", "tls", "starttls"; the last two need `tls`.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        encryption: str = "none",
        tls: ssl.SSLContext | None = None,
        next_fault: Callable[[], Fault] | None = None,
    ) -> None:
        self.faults: list[Fault] = []
        self.heard: list[str] = []  # commands in order, without what identifies anybody
        self.is_hanging = False  # somebody waits for an answer that never comes
        self.encryption = encryption
        self.port = port
        self._tls = tls
        self._next_fault = next_fault or self._own_fault
        self._is_up = Event()
        self._problem: OSError | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._is_up.wait(_PATIENCE):
            raise TimeoutError("the mailbox did not start")
        if self._problem is not None:
            raise self._problem
        return self

    def __exit__(self, *_exception: object) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(_PATIENCE)

    # What is in it

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        with self._client() as client:
            if not client.folder.exists(folder):
                client.folder.create(folder)
            for mail in mails:
                client.append(mail, folder)

    def mails(self, folder: str = "INBOX") -> list[bytes]:
        """As they lie there; [] if there is no such folder."""
        with self._client() as client:
            if not client.folder.exists(folder):
                return []
            client.folder.set(folder, readonly=True)
            parts = [client.client.uid("FETCH", uid, "(BODY.PEEK[])") for uid in client.uids()]
            return [answer[1][0][1] for answer in parts]

    @contextmanager
    def _client(self) -> Iterator[BaseMailBox]:
        """One of our own; it takes no fault away from others."""
        waiting, self._next_fault = self._next_fault, dict
        heard = list(self.heard)
        try:
            with self._connected().login(USER, PASSWORD) as client:
                client.client.capabilities = tuple(
                    client.client.capability()[1][0].decode().upper().split()
                )
                yield client
        finally:
            self._next_fault, self.heard[:] = waiting, heard

    def _connected(self) -> BaseMailBox:
        unchecked = ssl._create_unverified_context()  # noqa: S323 (it is this very process)
        if self.encryption == "tls":
            return MailBox("127.0.0.1", self.port, _PATIENCE, ssl_context=unchecked)
        if self.encryption == "starttls":
            return MailBoxStartTls("127.0.0.1", self.port, _PATIENCE, ssl_context=unchecked)
        return MailBoxUnencrypted("127.0.0.1", self.port, _PATIENCE)

    # The server

    def _own_fault(self) -> Fault:
        return self.faults.pop(0) if self.faults else {}

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        settings = Namespace(
            debug=False,
            host=None,
            port=0,
            cert=None,
            key=None,
            tls=self.encryption == "starttls",
            proxy_protocol=None,
            passlib_cfg=None,
            demo_data=False,
            demo_user=USER,
            demo_password=PASSWORD,
        )
        backend, config = await DictBackend.init(
            settings, ssl_context=self._tls, hash_context=_NoHash(), invalid_user_sleep=0
        )
        config.apply_context()
        imap = IMAPServer(backend.login, config)

        async def serve(reader: StreamReader, writer: StreamWriter) -> None:
            fault = _Fault(self._next_fault(), self)
            place = SocketInfo.get(writer, None, unique_id=uuid4().bytes)
            with suppress(ConnectionError, ssl.SSLError):
                await imap(_Reader(reader, fault, writer), _Writer(writer, fault), place)  # type: ignore[arg-type]

        async with AsyncExitStack() as stack:
            await backend.start(stack)
            try:
                server = await asyncio.start_server(
                    serve,
                    "127.0.0.1",
                    self.port,
                    ssl=self._tls if self.encryption == "tls" else None,
                )
            except OSError as error:
                self._problem = error
                self._is_up.set()
                return
            self.port = server.sockets[0].getsockname()[1]
            self._is_up.set()
            await self._stopped.wait()
            server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


class _NoHash(Cleartext):
    """A real hash takes a tenth of a second per login, and guards nothing here."""

    def verify(self, secret: str, hash: str) -> bool:
        return secret == hash


class _Fault:
    """The fault of one connection, and whether its command was heard."""

    def __init__(self, fault: Fault, mailbox: SimulatedMailbox) -> None:
        self._waits_for = int(fault.get("after", 1))
        kinds: dict[str, str] = {
            kind: command for kind, command in fault.items() if kind != "after"
        }
        self.kind, self.command = next(iter(kinds.items()), ("", ""))
        self.is_due = False
        self.mailbox = mailbox

    def hear(self, line: bytes) -> None:
        words = line.decode("ascii", "replace").upper().split()[1:]
        if words and words[0] in ("LOGIN", "AUTHENTICATE"):
            words = words[:1]
        said = " ".join(words)
        if said:
            self.mailbox.heard.append(said)
        is_meant = bool(self.kind) and str(self.command).upper() in said
        self._waits_for -= is_meant
        self.is_due = is_meant and self._waits_for <= 0


class _Reader:
    """What the server hears, the fault first."""

    def __init__(self, inner: StreamReader, fault: _Fault, writer: StreamWriter) -> None:
        self._inner, self._fault, self._writer = inner, fault, writer

    async def readline(self) -> bytes:
        line = await self._inner.readline()
        self._fault.hear(line)
        if self._fault.is_due and self._fault.kind == "hang":
            self._fault.mailbox.is_hanging = True
            await self._inner.read()  # until the other side has had enough
            return b""
        if self._fault.is_due and self._fault.kind == "flood":
            await self._flood()
            return b""
        return line

    async def _flood(self) -> None:
        self._writer.write(b"* 1 FETCH (UID 101 BODY[] {%d}\r\n" % _FLOOD)
        with suppress(ConnectionError):
            for _part in range(_FLOOD // 65536):
                self._writer.write(b"x" * 65536)
                await self._writer.drain()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Writer:
    """What the server says, as far as the fault lets it."""

    def __init__(self, inner: StreamWriter, fault: _Fault) -> None:
        self._inner, self._fault = inner, fault
        self._dripping: list[bytes] = []

    def write(self, data: bytes) -> None:
        kind = self._fault.kind if self._fault.is_due else ""
        if kind == "lose":
            self._inner.close()
        elif kind == "cut":
            if len(data) > 40:  # the mail itself, not the words before it
                self._inner.write(bytes(data)[: len(data) // 2])
                self._inner.close()
            else:
                self._inner.write(data)
        elif kind == "drip":
            self._dripping.append(bytes(data))
        else:
            self._inner.write(data)

    async def drain(self) -> None:
        waiting, self._dripping = b"".join(self._dripping), []
        for byte in waiting:
            self._inner.write(bytes([byte]))
            await self._inner.drain()
            await asyncio.sleep(0.05)
        await self._inner.drain()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
