"""The partners' side over real HTTP, on this machine only: for demo, development and tests.

Beside the partners' own addresses it answers `GET /log` (every request in order) and takes
`PUT /faults` (what goes wrong with the next requests).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Self

from integrations.simulator.bdk import Reply, Request, SimulatedBdk
from integrations.simulator.meta import SimulatedGraph

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

    `faults` says for an address, named by its last word ("token", "leads", "lead-receipts" …),
    what goes wrong with the next requests, one fault each: {"status": 503},
    {"status": 404, "json": {…}}, {"html": true}, {"cut": true}, {"drip": 0.1}. Two or more keys
    of one fault work together; {} is no fault.
    """

    def __init__(self, leads: Path, *, port: int = 0, hook: Hook | None = None) -> None:
        page = json.loads(leads.read_text(encoding="utf-8"))
        self.bdk = SimulatedBdk(page["leads"])
        self.graph = SimulatedGraph(_lead_ads(leads.parent / "meta_lead.json"))
        self._partners: dict[str, Callable[[Request], Reply]] = {
            "/bdk/": self.bdk.answer,
            "/graph/": self.graph.answer,
        }
        self.log: list[dict[str, Any]] = []
        self.faults: dict[str, list[dict[str, Any]]] = {}
        self.hook = hook
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
        partner = self._partners.get(_first_part(request.path))
        if partner is None:
            return Reply(404), fault
        fault = self._next_fault(request)
        if "status" in fault:
            reply = Reply(fault["status"], fault.get("json", {"status": fault["status"]}))
        else:
            prefix = _first_part(request.path).rstrip("/")
            reply = partner(replace(request, target=request.target.removeprefix(prefix)))
        self._note(request, reply)
        if fault.get("html"):
            return replace(reply, body=_HTML, content_type="text/html"), fault
        return reply, fault

    def _next_fault(self, request: Request) -> dict[str, Any]:
        with self._lock:
            waiting = self.faults.get(request.path.rsplit("/", 1)[-1])
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
            body = reply.body
            if body is None:
                body = b""
            elif not isinstance(body, bytes):
                body = json.dumps(body, ensure_ascii=False).encode()
            if fault.get("cut"):
                body = body[: len(body) // 2]
            self.send_response(reply.status)
            if body:
                self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self._write(body, pause=fault.get("drip", 0))

        def _write(self, body: bytes, *, pause: float) -> None:
            if not pause:
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
