"""Signing in to partners as a technical client: OAuth 2 client credentials, bearer tokens."""

from __future__ import annotations

import hashlib
import json
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
    # Where Basic is refused, try once with both in the body (RFC 6749, §2.3.1).
    or_in_body: bool = False


class SignInRefused(PartnerMisconfigured):
    """Its `code` is the partner's word: with "invalid_client", asking again is pointless."""


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
            answer = self._ask_for_token(form, auth=basic)
        except SignInRefused as error:
            if error.code != "invalid_client" or not credentials.or_in_body:
                raise
            form["client_id"] = credentials.client_id
            form["client_secret"] = credentials.client_secret
            answer = self._ask_for_token(form)
        self._token, seconds = _token(answer) or ("", 0)
        if not self._token:
            raise self._sign_in_refused(_("answer without a token"))
        self._token_ends_at = asked_at + seconds - _TOKEN_RESERVE_SECONDS

    @sensitive_variables()
    def _ask_for_token(self, form: Mapping[str, str], **options: Any) -> Any:
        try:
            return self.exchange("POST", self._token_url, data=form, **options)
        except (PartnerRefused, PartnerMisconfigured) as error:
            reason = error.code or str(error.status)
            raise self._sign_in_refused(reason, code=error.code) from None

    def _sign_in_refused(self, reason: str, *, code: str = "") -> SignInRefused:
        message = _("%(host)s refuses to sign us in (%(reason)s).")
        values = {"host": host_of(self._token_url), "reason": reason}
        return SignInRefused(message % values, code=code)

    # A token outlives the run that asked for it; where it is kept is up to the caller.

    @sensitive_variables()
    def keep_token(self) -> str:
        """The token, for a later client with the same credentials; "" if there is none. Secret."""
        seconds = self._token_ends_at - time.monotonic()
        if not self._token or seconds <= 0:
            return ""
        until = time.time() + seconds
        return json.dumps({"for": self._fingerprint(), "token": self._token, "until": until})

    @sensitive_variables()
    def take_token(self, kept: str) -> None:
        """Go on with a token that an earlier client has kept, unless it is another's or over."""
        found = json.loads(kept) if kept else {}
        if found.get("for") == self._fingerprint():
            self._token = found["token"]
            self._token_ends_at = time.monotonic() + found["until"] - time.time()

    @sensitive_variables()
    def _fingerprint(self) -> str:
        said = self._credentials
        parts = [self._token_url, said.client_id, said.client_secret, said.scope]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


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
