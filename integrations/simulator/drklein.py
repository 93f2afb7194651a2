"""Dr. Klein's side, both profiles (integrations/drklein/README.md): lenient like the original.

Below one address stand the one of profile A (`/a/vorgang`), the two of profile B
(`/b-test/vorgang`, `/b/vorgang`) and the token service of B (`/oauth2/token`).
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

from integrations.simulator.bdk import Reply, Request

CLIENT_ID = "leadoffice-demo"
CLIENT_SECRET = "demo-secret"  # noqa: S105 (opens nothing but this simulator)
TOKEN_A = "demo-token-a"  # noqa: S105 (likewise)
TOKEN_SECONDS = 3600
SCOPE = "drkleinrk-api/vorgang:import"

_MANDATORY = ("geburtsdatum", "email")  # of profile B


@dataclass(frozen=True, slots=True)
class SimulatedCase:
    """A case that was made, with everything that came for it."""

    number: str
    profile: str  # "a" or "b"
    is_real: bool
    body: dict[str, Any]
    trace_id: str


@dataclass
class SimulatedDrKlein:
    """Makes a case of every call that it accepts: nobody has promised to recognise a repetition."""

    cases: list[SimulatedCase] = field(default_factory=list)
    # What the next cases are answered with.
    messages: list[str] = field(default_factory=list)
    _tokens: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def answer(self, request: Request) -> Reply:
        with self._lock:
            place = (request.method, request.path)
            if place == ("POST", "/oauth2/token"):
                return self._issue_token(request)
            if place == ("POST", "/a/vorgang"):
                is_real = request.query("environment") == "PRODUCTION"
                is_known = request.headers.get("X-Authentication") == TOKEN_A
                return self._make_case(request, "a", is_real=is_real, is_known=is_known)
            if place in (("POST", "/b/vorgang"), ("POST", "/b-test/vorgang")):
                is_real = request.path == "/b/vorgang"
                is_known = self._is_signed_in(request)
                return self._make_case(request, "b", is_real=is_real, is_known=is_known)
        return Reply(404, {"message": "Not Found"})

    def forget_tokens(self) -> None:
        """As if the sign-in service had been restarted."""
        with self._lock:
            self._tokens.clear()

    def _issue_token(self, request: Request) -> Reply:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return Reply(400, {"error": "unsupported_grant_type"})
        if request.credentials != (CLIENT_ID, CLIENT_SECRET):
            return Reply(401, {"error": "invalid_client"})
        if form.get("scope", SCOPE) != SCOPE:
            return Reply(400, {"error": "invalid_scope"})
        token = secrets.token_urlsafe(24)
        self._tokens[token] = time.monotonic() + TOKEN_SECONDS
        body = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}
        return Reply(200, body)

    def _is_signed_in(self, request: Request) -> bool:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return kind == "Bearer" and self._tokens.get(token, 0) > time.monotonic()

    def _make_case(self, request: Request, profile: str, *, is_real: bool, is_known: bool) -> Reply:
        if not is_known:
            return Reply(401, {"message": "Unauthorized"})
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            return Reply(415, {"message": "Unsupported Media Type"})
        try:
            body = json.loads(request.body)
        except ValueError:
            return Reply(400, {"message": "Bad Request"})
        if lack := _lack(body, profile):
            return Reply(422, {"message": f"{lack} fehlt"})
        number = f"DK{len(self.cases) + 1:04d}"
        trace_id = request.headers.get("X-TraceId", "")
        self.cases.append(SimulatedCase(number, profile, is_real, body, trace_id))
        answer: dict[str, Any] = {"europaceVorgangsnummer": number, "messages": self.messages}
        if profile == "a":
            answer["vorgangsId"] = str(uuid.uuid4())
        return Reply(201, answer, noted={"profile": profile, "real": is_real})


def _lack(body: Any, profile: str) -> str:
    """The path of what is mandatory and missing; "" if nothing is."""
    if not isinstance(body, dict):
        return "vorgang"
    if profile == "a":
        return "" if body.get("kundenbetreuer", {}).get("partnerId") else "kundenbetreuer.partnerId"
    case = body.get("vorgang", {})
    if not case.get("leadquelle"):
        return "leadquelle"
    person = case.get("antragsteller1", {}).get("personendaten", {})
    missing = [name for name in _MANDATORY if not person.get(name)]
    return f"antragsteller1.personendaten.{missing[0]}" if missing else ""
