"""BDK's side of the contract (integrations/bdk/README.md): what it knows and what it answers."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import parse_qs, unquote, unquote_plus, urlsplit
from uuid import UUID

CLIENT_ID = "leadoffice-demo"
CLIENT_SECRET = "demo-secret"  # noqa: S105 (opens nothing but this simulator)
PARTNER_NUMBER = "0012345"
TOKEN_SECONDS = 300

_DEFAULT_LIMIT = 50
_PAGE = 50  # it may send fewer than it is asked for
_MAX_LIMIT = 200
_FIRST_SEQUENCE = 100  # as the cursor of the sample page says


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str  # path and query as on the request line
    headers: Any
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def query(self, name: str) -> str:
        return parse_qs(urlsplit(self.target).query).get(name, [""])[0]

    @property
    def credentials(self) -> tuple[str, str] | None:
        """Client id and secret from the header, if they are there and readable."""
        kind, _, encoded = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return None
        try:
            client_id, _, secret = base64.b64decode(encoded).decode().partition(":")
        except ValueError:
            return None
        return unquote_plus(client_id), unquote_plus(secret)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any = None  # JSON, or bytes to be sent as they are
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    # What the log keeps besides the request line; never personal data.
    noted: Any = None


def problem(status: HTTPStatus, code: str) -> Reply:
    """An error as RFC 9457 has it."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "code": code}
    return Reply(status.value, body, "application/problem+json")


@dataclass
class SimulatedBdk:
    """Serves one list of items to one Partnernummer, oldest first, and takes receipts for it."""

    items: Sequence[Any]
    acknowledged: set[tuple[str, int]] = field(default_factory=set)
    status_events: dict[str, Any] = field(default_factory=dict)
    page_size: int = _PAGE
    _tokens: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, request: Request) -> Reply:
        with self._lock:
            if request.path == "/oauth/token":
                return self._issue_token(request)
            if not self._is_signed_in(request):
                return problem(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED")
            return self._resource(request)

    def add(self, item: Any) -> None:
        """A new one, after all others."""
        with self._lock:
            self.items = [*self.items, item]

    def forget_tokens(self) -> None:
        """As if the sign-in service had been restarted."""
        with self._lock:
            self._tokens.clear()

    # Sign-in

    def _issue_token(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if request.method != "POST" or form.get("grant_type") != "client_credentials":
            return Reply(400, {"error": "unsupported_grant_type"})
        given = request.credentials or (form.get("client_id"), form.get("client_secret"))
        if given != (CLIENT_ID, CLIENT_SECRET):
            return Reply(401, {"error": "invalid_client", "error_description": "Unknown client"})
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.monotonic() + TOKEN_SECONDS
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return Reply(200, answer | ({"scope": form["scope"]} if "scope" in form else {}))

    def _is_signed_in(self, request: Request) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and self._tokens.get(token, 0) > time.monotonic()

    # Resources

    def _resource(self, request: Request) -> Reply:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        if parts[:3] != ["crm", "v1", "partners"] or len(parts) < 5:
            return problem(HTTPStatus.NOT_FOUND, "NOT_FOUND")
        if parts[3] != PARTNER_NUMBER:
            return problem(HTTPStatus.NOT_FOUND, "UNKNOWN_PARTNER")
        handlers: dict[tuple[str, str, int], Callable[..., Reply]] = {
            ("GET", "leads", 5): self._leads,
            ("POST", "lead-receipts", 5): self._receipts,
            ("PUT", "leads", 8): self._status_event,
        }
        handler = handlers.get((request.method, parts[4], len(parts)))
        if handler is None:
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED")
        return handler(request, *parts[5:])

    def _leads(self, request: Request) -> Reply:
        limit = request.query("limit") or str(_DEFAULT_LIMIT)
        if not limit.isascii() or not limit.isdecimal() or not 1 <= int(limit) <= _MAX_LIMIT:
            return problem(HTTPStatus.BAD_REQUEST, "INVALID_REQUEST")
        start = _place(request.query("cursor"))
        if start is None or start > len(self.items):
            return problem(HTTPStatus.GONE, "CURSOR_EXPIRED")
        wanted = [
            place
            for place in range(start, len(self.items))
            if self._is_wanted(self.items[place], request)
        ]
        chosen = wanted[: min(int(limit), self.page_size)]
        end = chosen[-1] + 1 if len(wanted) > len(chosen) else len(self.items)
        page = {
            "partnernummer": PARTNER_NUMBER,
            "leads": [self.items[place] for place in chosen],
            "nextCursor": _cursor(end),
            "hasMore": len(wanted) > len(chosen),
            "warnings": [],
        }
        return Reply(200, page, noted={"leads": len(chosen)})

    def _is_wanted(self, item: Any, request: Request) -> bool:
        if request.query("test") == "true" and not (isinstance(item, dict) and item.get("isTest")):
            return False
        if request.query("state") != "UNACKNOWLEDGED":
            return True
        return _name(item) not in self.acknowledged

    def _receipts(self, request: Request) -> Reply:
        try:
            receipts = json.loads(request.body)["receipts"]
            named = [(one["leadId"], one["version"], one["result"]) for one in receipts]
        except (ValueError, KeyError, TypeError):
            return problem(HTTPStatus.BAD_REQUEST, "INVALID_REQUEST")
        if len(named) > _MAX_LIMIT:
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "INVALID_REQUEST")
        known = {_name(item) for item in self.items}
        results, noted = [], []
        for lead_id, version, result in named:
            status = self._take_receipt((lead_id, version), known)
            results.append({"leadId": lead_id, "version": version, "status": status})
            noted.append({**results[-1], "result": result})
        return Reply(200, {"results": results}, noted=noted)

    def _take_receipt(self, name: tuple[str, int], known: set[tuple[str, int] | None]) -> str:
        if name not in known:
            return "UNKNOWN_LEAD"
        if name in self.acknowledged:
            return "ALREADY_ACKNOWLEDGED"
        self.acknowledged.add(name)
        return "ACKNOWLEDGED"

    def _status_event(self, request: Request, lead_id: str, kind: str, event_id: str) -> Reply:
        try:
            event = json.loads(request.body)
            UUID(event_id)
            status = event["status"]
        except (ValueError, KeyError, TypeError):
            return problem(HTTPStatus.BAD_REQUEST, "INVALID_REQUEST")
        if kind != "status-events" or lead_id not in {
            (_name(one) or ("",))[0] for one in self.items
        }:
            return problem(HTTPStatus.NOT_FOUND, "UNKNOWN_LEAD")
        is_new = event_id not in self.status_events
        later = [
            one
            for one in self.status_events.values()
            if one["leadId"] == lead_id and one["occurredAt"] > event.get("occurredAt", "")
        ]
        if is_new and later:
            return problem(HTTPStatus.CONFLICT, "STALE_STATUS")
        self.status_events[event_id] = {"leadId": lead_id, "occurredAt": "", **event}
        return Reply(201 if is_new else 200, noted={"leadId": lead_id, "status": status})


def _name(item: Any) -> tuple[str, int] | None:
    """(leadId, version) of an item that has a leadId."""
    if not isinstance(item, dict) or not item.get("leadId"):
        return None
    return item["leadId"], item.get("version", 1)


def _cursor(place: int) -> str:
    """Opaque to others: "seq:" and the sequence number of the last item sent."""
    return base64.b64encode(f"seq:{place + _FIRST_SEQUENCE - 1}".encode()).decode()


def _place(cursor: str) -> int | None:
    """Where to go on; 0 without a cursor, None for one that is not ours."""
    if not cursor:
        return 0
    try:
        kind, _, number = base64.b64decode(cursor, validate=True).decode().partition(":")
        place = int(number) - _FIRST_SEQUENCE + 1
    except ValueError:
        return None
    return place if kind == "seq" and place >= 0 else None
