"""The endpoints of Meta's Graph API. Source: README.md here."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from integrations.http import PartnerClient
from integrations.meta.schema import LEAD_FIELDS, PROOF, Json, LeadPage, checked_lead, error_code

PAGE_SIZE = 100


def proof_of(access_token: str, app_secret: str) -> str:
    """HMAC-SHA256 of the token with the app's secret, in hexadecimal digits."""
    return hmac.new(app_secret.encode(), access_token.encode(), hashlib.sha256).hexdigest()


class GraphClient(PartnerClient):
    """The token goes into a header: addresses are logged along the way.

    Its proof has to be part of the address. It shows that the caller has the app's secret, so a
    stolen token is worth nothing where the app demands it; without the token it is worth nothing.
    """

    def __init__(self, base_url: str, *, version: str, access_token: str, app_secret: str) -> None:
        super().__init__(f"{base_url.rstrip('/')}/{version}")
        self._session.headers["Authorization"] = f"Bearer {access_token}"
        self._session.params = {PROOF: proof_of(access_token, app_secret)}

    def fetch_lead(self, leadgen_id: str) -> dict[str, Json]:
        """One lead; raises PartnerError, whose code is that of the Graph ("190", "100/33")."""
        answer = self.request("GET", f"/{leadgen_id}", params={"fields": LEAD_FIELDS})
        return checked_lead(answer, leadgen_id)

    def fetch_form_leads(self, form_id: str, *, since: datetime, after: str = "") -> LeadPage:
        """Leads of a form that were made after `since`, a page of them."""
        newer = {"field": "time_created", "operator": "GREATER_THAN"}
        params: dict[str, str | int] = {
            "fields": LEAD_FIELDS,
            "limit": PAGE_SIZE,
            "filtering": json.dumps([{**newer, "value": int(since.timestamp())}]),
        }
        if after:
            params["after"] = after
        return LeadPage.from_payload(self.request("GET", f"/{form_id}/leads", params=params))

    def check_page(self, page_id: str) -> None:
        """Read the page's own id, which tells whether the token is taken. Raises PartnerError."""
        self.request("GET", f"/{page_id}", params={"fields": "id"})

    def error_code(self, body: Any) -> str:
        return error_code(body)
