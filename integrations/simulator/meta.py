"""Meta's side: the Graph API as far as leads are read (integrations/meta/README.md)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.simulator.bdk import Reply, Request

ACCESS_TOKEN = "demo-page-token"  # noqa: S105 (opens nothing but this simulator)
APP_SECRET = "leadoffice-test-app-secret"  # noqa: S105 (of the samples)
_PAGE = 2
_WRONG_PROOF = "Invalid appsecret_proof provided in the API argument"


@dataclass
class SimulatedGraph:
    """Gives leads by their id. `errors` says for an id what goes wrong, until it is taken out:
    {"900": (400, 100, 33)} is HTTP status, code and subcode."""

    leads: Mapping[str, dict[str, Any]]
    errors: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    token: str = ACCESS_TOKEN
    secret: str = APP_SECRET

    def answer(self, request: Request) -> Reply:
        if request.method != "GET":
            return _error(400, 100, 0)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _error(401, 190, 463)
        proof = hmac.new(self.secret.encode(), self.token.encode(), "sha256").hexdigest()
        if request.query("appsecret_proof") != proof:
            return _error(400, 100, 0, _WRONG_PROOF)
        _version, _, path = request.path.strip("/").partition("/")
        number, _, rest = path.partition("/")
        if number in self.errors:
            return _error(*self.errors[number])
        if rest == "leads":
            return self._leads_of_form(number, request)
        if request.query("fields") == "id" and not rest:
            return Reply(200, {"id": number})  # any page
        lead = self.leads.get(number)
        if lead is None or rest:
            return _error(400, 100, 33)
        return Reply(200, self._chosen(lead, request), noted={"fields": request.query("fields")})

    def _leads_of_form(self, form_id: str, request: Request) -> Reply:
        leads = [one for one in self.leads.values() if one.get("form_id") == form_id]
        start = int(request.query("after") or 0)
        page = leads[start : start + _PAGE]
        body: dict[str, Any] = {"data": [self._chosen(one, request) for one in page]}
        if page:
            body["paging"] = {"cursors": {"before": str(start), "after": str(start + _PAGE)}}
            if start + _PAGE < len(leads):
                body["paging"]["next"] = "https://graph.example.org/next"
        return Reply(200, body)

    def _chosen(self, lead: dict[str, Any], request: Request) -> dict[str, Any]:
        names = request.query("fields").split(",")
        return {name: lead[name] for name in names if name in lead}


def _error(status: int, code: int, subcode: int, message: str = "(made up)") -> Reply:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
    if subcode:
        error["error_subcode"] = subcode
    return Reply(status, {"error": {**error, "fbtrace_id": "AbCdEf"}})
