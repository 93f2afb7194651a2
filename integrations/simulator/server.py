"""The partners' side over real HTTP, on this machine only: for demo, development and tests.

Beside the partners' own addresses it answers `GET /log` (every request in order) and takes
`PUT /faults` (what goes wrong with the next requests); at the root is a page for both (control.py).
"""

from __future__ import annotations

import json
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self

from django.utils import timezone

from integrations.simulator.automanager import SimulatedAutomanager, answers_as_of
from integrations.simulator.bdk import Reply, Request, SimulatedBdk
from integrations.simulator.control import ControlPage
from integrations.simulator.drklein import SimulatedDrKlein
from integrations.simulator.imap import SimulatedMailbox
from integrations.simulator.marketplace import SimulatedMarketplace, published
from integrations.simulator.meta import SimulatedGraph
from integrations.simulator.sinks import HookSink, MailSink

# Called with each request before it is answered; tests look into the office from here.
Hook = Callable[[Request], None]

_HTML = b"<!DOCTYPE html><title>Wartung</title><h1>Wir sind gleich wieder da</h1>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        # Whoever hangs up early, or is killed, is no news.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class PartnerSimulator:
    """A server in a thread, running while its `with` block does.

    `faults` says for an address, named by its last word, or by the one before a number of ours
    ("token", "leads", "lead-receipts", "status-events" …), what goes wrong with the next requests,
    one fault each: {"status": 503}, {"status": 404, "json": {…}, "headers": {…}}, {"html": true},
    {"cut": true}, {"drip": 0.1}, {"reset": true} (hang up once all was received), {"hang": 3}
    (seconds of silence before the answer), {"lost": true} (do everything, then hang up),
    {"megabytes": 64} (of nonsense), {"doubled": true} (each lead twice on its page),
    {"loop": true} (there is more, with the cursor that was asked for), {"again_in": 30} (seconds
    from the answer on, told as the date of Retry-After). Two or more keys of one fault work
    together; {} is no fault.
    """

    def __init__(self, leads: Path, *, port: int = 0, hook: Hook | None = None) -> None:
        page = json.loads(leads.read_text(encoding="utf-8"))
        self.bdk = SimulatedBdk(page["leads"])
        self.graph = SimulatedGraph(_lead_ads(leads.parent / "meta_lead.json"))
        self.drklein = SimulatedDrKlein()
        self._partners: dict[str, Callable[[Request], Reply]] = {
            "/bdk/": self.bdk.answer,
            "/graph/": self.graph.answer,
            "/drklein/": self.drklein.answer,
        }
        self.hooks = HookSink()
        self._partners["/hook/"] = self.hooks.answer
        # Whoever has them shows them on the control page.
        self.mailbox: SimulatedMailbox | None = None
        self.mail_sink: MailSink | None = None
        self.control = ControlPage(self)
        self.automanager = SimulatedAutomanager(answers_as_of(timezone.now()))
        self._partners["/automanager/"] = self.automanager.answer
        stock = self.automanager.answers["/v1/stock"]["items"]
        self.marketplace = SimulatedMarketplace(published(stock))
        self._partners["/marketplace/"] = self.marketplace.answer
        self.log: list[dict[str, Any]] = []
        self.faults: dict[str, list[dict[str, Any]]] = {}
        self.hook = hook
        self.stopped = Event()
        self._lock = Lock()
        self._server = _Server(("127.0.0.1", port), _handler_for(self))
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> tuple[Reply, dict[str, Any]]:
        """The reply, and the fault with which it is to be sent."""
        if self.hook is not None:
            self.hook(request)
        fault: dict[str, Any] = {}
        if request.path == "/log" and request.method == "GET":
            return Reply(200, self.log), fault
        if request.path == "/faults" and request.method == "PUT":
            return self._set_faults(request), fault
        if request.path == "/" or request.path.startswith("/control/"):
            return self.control.answer(request), fault
        partner = self._partners.get(_first_part(request.path))
        if partner is None:
            return Reply(404), fault
        fault = self._next_fault(request)
        if fault.get("reset"):
            reply = Reply(0)
        elif "status" in fault:
            reply = Reply(fault["status"], fault.get("json", {"status": fault["status"]}))
        else:
            prefix = _first_part(request.path).rstrip("/")
            reply = partner(replace(request, target=request.target.removeprefix(prefix)))
        self._note(request, reply)
        reply = _twisted(reply, fault, request)
        if fault.get("html"):
            return replace(reply, body=_HTML, content_type="text/html"), fault
        return reply, fault

    def _next_fault(self, request: Request) -> dict[str, Any]:
        with self._lock:
            words = request.path.rsplit("/", 2)[:0:-1]
            waiting = next((self.faults[one] for one in words if self.faults.get(one)), [])
            return waiting.pop(0) if waiting else {}

    def _set_faults(self, request: Request) -> Reply:
        try:
            self.faults = {name: list(faults) for name, faults in json.loads(request.body).items()}
        except (ValueError, AttributeError, TypeError):
            return Reply(400, {"error": "expected an object of lists"})
        return Reply(204)

    def _note(self, request: Request, reply: Reply) -> None:
        entry = {"method": request.method, "path": request.target, "status": reply.status}
        if reply.noted is not None:
            entry["noted"] = reply.noted
        with self._lock:
            self.log.append(entry)


def _twisted(reply: Reply, fault: dict[str, Any], request: Request) -> Reply:
    """A page of leads that says what is not so."""
    if not isinstance(reply.body, dict) or "leads" not in reply.body:
        return reply
    body = dict(reply.body)
    if fault.get("doubled"):
        body["leads"] = [one for one in body["leads"] for _twice in range(2)]
    if fault.get("loop"):
        body |= {"hasMore": True, "nextCursor": request.query("cursor") or body["nextCursor"]}
    return replace(reply, body=body)


def _first_part(path: str) -> str:
    """ "/bdk/crm/v1" → "/bdk/" """
    return f"/{path.lstrip('/').partition('/')[0]}/"


def _lead_ads(sample: Path) -> dict[str, dict[str, Any]]:
    """Leads of the Graph API by their id."""
    lead = json.loads(sample.read_text(encoding="utf-8"))
    return {lead["id"]: lead}


def _handler_for(simulator: PartnerSimulator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60  # seconds until an idle connection is closed

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            request = Request(self.command, self.path, self.headers, body)
            reply, fault = simulator.answer(request)
            self._send(reply, fault)

        do_POST = do_PUT = do_GET

        def _send(self, reply: Reply, fault: dict[str, Any]) -> None:
            simulator.stopped.wait(fault.get("hang", 0))
            if fault.get("reset") or fault.get("lost"):
                self._hang_up()
                return
            body = reply.body
            if body is None:
                body = b""
            elif not isinstance(body, bytes):
                body = json.dumps(body, ensure_ascii=False).encode()
            if fault.get("cut"):
                body = body[: len(body) // 2]
            if size := fault.get("megabytes"):
                body = b'{"leads": ["' + b"x" * (size * 1024**2)
            self.send_response(reply.status)
            if body:
                self.send_header("Content-Type", reply.content_type)
            headers = {**reply.headers, **fault.get("headers", {})}
            if seconds := fault.get("again_in"):
                headers["Retry-After"] = formatdate(time.time() + seconds, usegmt=True)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._write(body, pause=fault.get("drip", 0))

        def _hang_up(self) -> None:
            """Without a word: the other side sees its connection reset."""
            self.close_connection = True
            at_once = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.connection.close()

        def _write(self, body: bytes, *, pause: float) -> None:
            if not pause:
                with suppress(OSError):  # the other side has had enough
                    self.wfile.write(body)
                return
            for byte in body:
                try:
                    self.wfile.write(bytes([byte]))
                except OSError:
                    return  # the other side has had enough
                time.sleep(pause)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: the log has every request, and the terminal belongs to the office."""

    return Handler
