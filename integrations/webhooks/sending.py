"""One message to one address outside: checked, within limits, without following anything."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests
from django.utils.translation import gettext as _
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from integrations.addresses import (
    AddressRefused,
    AddressUnknown,
    Resolver,
    Target,
    check_address,
    resolve,
)
from integrations.deadline import Deadline, Late, WatchedAdapter
from leads.models.keys import clean_text

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT = 5  # seconds
TOTAL_TIMEOUT = 15  # seconds for the whole exchange; a worker must be able to end within 20
KEPT_BYTES = 1024  # of the answer; no more is read
_ADDRESSES_TRIED = 3
_STANDARD_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it. `problem` says in words why it failed, in the language active then."""

    status: int | None = None  # None: no answer
    text: str = ""
    problem: str = ""
    retry_after: str = ""  # as sent: seconds or a date
    duration_ms: int = 0

    @property
    def is_good(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Unreachable(Exception):
    """Nobody answered at this address of the host; nothing has been sent."""


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, resolve: Resolver = resolve
) -> Answer:
    """Send `body` as it is; whatever happens on the way becomes part of the answer."""
    started_at = time.monotonic()
    values = _post(url, body, headers, resolve)
    return Answer(**values, duration_ms=round((time.monotonic() - started_at) * 1000))


def _post(url: str, body: bytes, headers: Mapping[str, str], resolve: Resolver) -> dict[str, Any]:
    late = _("The receiver did not answer within %(n)d seconds.") % {"n": TOTAL_TIMEOUT}
    with Deadline(TOTAL_TIMEOUT) as deadline:
        try:
            target = check_address(url, resolve=resolve)
            return _at_first_open(target, url, body, headers)
        except (AddressRefused, AddressUnknown) as error:
            return {"problem": str(error)}
        except requests.exceptions.SSLError:
            return {"problem": _("The receiver's certificate is not valid.")}
        except (Late, _Unreachable, requests.RequestException, HTTPError) as error:
            # Neither the error's text nor the path: both may hold what the receiver keeps secret.
            logger.info("webhook to %s: %s", target.host, type(error).__name__)
            if deadline.is_over or isinstance(error, Late | requests.Timeout):
                return {"problem": late}
            return {"problem": _("The receiver cannot be reached.")}


def _at_first_open(
    target: Target, url: str, body: bytes, headers: Mapping[str, str]
) -> dict[str, Any]:
    """Use the first address of the host that takes a connection."""
    for address in target.addresses[:_ADDRESSES_TRIED]:
        with suppress(_Unreachable):
            return _exchange(target, address, url, body, headers)
    raise _Unreachable


def _exchange(
    target: Target, address: str, url: str, body: bytes, headers: Mapping[str, str]
) -> dict[str, Any]:
    with requests.Session() as session:
        session.trust_env = False
        session.mount(f"{target.scheme}://", _PinnedAdapter(target, address))
        try:
            response = session.post(
                url,
                data=body,
                headers={"User-Agent": "LeadOffice-Webhooks/1", **headers},
                timeout=(CONNECT_TIMEOUT, TOTAL_TIMEOUT),
                allow_redirects=False,
                stream=True,
            )
        except requests.ConnectionError as error:
            if _is_unopened(error):
                raise _Unreachable from None
            raise
        with response:
            status = response.status_code
            return {
                "status": status,
                "problem": _words_for(status),
                "retry_after": response.headers.get("Retry-After", ""),
                "text": _beginning(response.raw),
            }


def _is_unopened(error: requests.ConnectionError) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause: Any = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", None), NewConnectionError)


def _beginning(raw: BaseHTTPResponse) -> str:
    """The first kilobyte as text. The status has been said; the rest may fail or drip."""
    found = b""
    with suppress(HTTPError, OSError):
        while len(found) < KEPT_BYTES and (chunk := raw.read1(KEPT_BYTES, decode_content=True)):
            found += chunk
    return clean_text(found[:KEPT_BYTES].decode(errors="replace"), multiline=True)


def _words_for(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _("The receiver answered %(n)d; redirects are not followed.") % {"n": status}
    return _("The receiver answered %(n)d.") % {"n": status}


class _PinnedAdapter(WatchedAdapter):
    """Connects to one checked address; for the other side it is a call to the host as named."""

    def __init__(self, target: Target, address: str) -> None:
        self._target = target
        self._address = address
        super().__init__()

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> tuple[Any, Any]:
        host, pool = super().build_connection_pool_key_attributes(request, *args, **kwargs)
        target = self._target
        request.headers["Host"] = _host_header(target)
        options: dict[str, Any] = {**pool}
        if target.scheme == "https":
            options |= {"server_hostname": target.host, "assert_hostname": target.host}
        return {**host, "host": self._address}, options


def _host_header(target: Target) -> str:
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == _STANDARD_PORTS[target.scheme] else f"{host}:{target.port}"
