"""Signing in to partners as a technical client: OAuth 2 client credentials, bearer tokens."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from integrations.http import (
    PartnerClient,
    PartnerMisconfigured,
    PartnerRefused,
    checked_address,
    host_of,
)

# A token without a lifetime is used this long; BDK's own example, RFC 6749 leaves it open.
_DEFAULT_TOKEN_SECONDS = 300
# A token this close to its end might be refused when it arrives.
_TOKEN_RESERVE_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class ClientCredentials:
    """A technical client's way to sign in (RFC 6749, §4.4)."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = ""


class SignedInClient(PartnerClient):
    """A client that fetches a bearer token, keeps it while it lives and renews it once on 401.

    Written here and not left to an OAuth library: the token endpoint answers under the same
    limits and checks as all others, and no exception may carry the secret.
    """

    def __init__(self, base_url: str, credentials: ClientCredentials) -> None:
        super().__init__(base_url)
        self._credentials = credentials
        self._token_url = checked_address(credentials.token_url)
        self._token = ""
        self._token_ends_at = 0.0

    @sensitive_variables()
    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Any:
        url = self.base_url + path
        options = {"params": params, "json": json}
        try:
            return self.exchange(method, url, headers=self._authorization(), **options)
        except PartnerMisconfigured as error:
            if error.status != 401:
                raise
            self._token = ""  # withdrawn before its time
        return self.exchange(method, url, headers=self._authorization(), **options)

    @sensitive_variables()
    def _authorization(self) -> dict[str, str]:
        if not self._token or time.monotonic() >= self._token_ends_at:
            self._sign_in()
        return {"Authorization": f"Bearer {self._token}"}

    @sensitive_variables()
    def _sign_in(self) -> None:
        asked_at = time.monotonic()
        self._token = ""
        credentials = self._credentials
        form = {"grant_type": "client_credentials"}
        if credentials.scope:
            form["scope"] = credentials.scope
        # Encoded as RFC 6749 §2.3.1 asks, which also keeps the header in ASCII.
        basic = (quote_plus(credentials.client_id), quote_plus(credentials.client_secret))
        try:
            answer = self.exchange("POST", self._token_url, data=form, auth=basic)
        except (PartnerRefused, PartnerMisconfigured) as error:
            raise self._sign_in_refused(error.code or str(error.status)) from None
        self._token, seconds = _token(answer) or ("", 0)
        if not self._token:
            raise self._sign_in_refused(_("answer without a token"))
        self._token_ends_at = asked_at + seconds - _TOKEN_RESERVE_SECONDS

    def _sign_in_refused(self, reason: str) -> PartnerMisconfigured:
        message = _("%(host)s refuses to sign us in (%(reason)s).")
        return PartnerMisconfigured(message % {"host": host_of(self._token_url), "reason": reason})


def _token(answer: Any) -> tuple[str, float] | None:
    """(access token, seconds it lives), or None if the answer holds none that we can use."""
    if not isinstance(answer, dict):
        return None
    token, kind = answer.get("access_token"), answer.get("token_type", "Bearer")
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        return None
    if not isinstance(kind, str) or kind.lower() != "bearer":
        return None
    try:
        seconds = float(answer.get("expires_in", _DEFAULT_TOKEN_SECONDS))
    except (TypeError, ValueError):
        seconds = _DEFAULT_TOKEN_SECONDS
    return token, seconds
