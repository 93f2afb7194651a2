"""Calling partners; nobody else opens a connection. Three errors, one per reaction.

Rules: https (plain http to this machine only), no redirects, no proxies or passwords from the
environment, a limit in time and size for each exchange, GET repeated at once and nothing else.
Neither secrets nor what was sent or received get into exceptions and logs.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import re
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock, Timer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import quote_plus, urlsplit

import requests
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse, HTTPResponse
from urllib3.util import Retry

logger = logging.getLogger(__name__)

_CHUNK = 64 * 1024  # bytes
# A token without a lifetime is used this long; BDK's own example, RFC 6749 leaves it open.
_DEFAULT_TOKEN_SECONDS = 300
# A token this close to its end might be refused when it arrives.
_TOKEN_RESERVE_SECONDS = 30
# Nobody needs more; what is nested deeper could not be stored and read again.
_MAX_DEPTH = 50
_ERROR_CODE = re.compile(r"[A-Za-z0-9_.-]{1,60}")


# --- what can go wrong -----------------------------------------------------------------------


class PartnerError(Exception):
    """The text is a sentence for people, in the language active when it was raised."""

    advice: ClassVar[str | Promise] = ""

    def __init__(self, message: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class PartnerUnavailable(PartnerError):
    """No usable answer (timeout, 429, 5xx, no JSON): the same call may work later."""

    advice = gettext_lazy("Nothing is lost; the next run tries again.")


class PartnerRefused(PartnerError):
    """Any other 3xx or 4xx, or JSON not as agreed: repeating it unchanged is pointless."""

    advice = gettext_lazy("Please report this to the operator, with the time it happened.")


class PartnerMisconfigured(PartnerError):
    """401, 403, a sign-in refused, an address we do not call: a person must act."""

    advice = gettext_lazy(
        "Please check the addresses, the client id and the client secret of the connection."
    )


# --- limits ----------------------------------------------------------------------------------


class _Late(Exception):
    """The time of an exchange is up before its next attempt."""


class _Deadline:
    """Ends one exchange when its time is up, whatever the partner does.

    A timeout per read lets an answer that drips byte by byte run for hours, headers and TLS
    handshake included, so a timer cuts the connection.
    """

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._timer = Timer(seconds, self._cut)
        self._timer.daemon = True
        self._socket: socket.socket | None = None
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._previous = _deadline.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._timer.cancel()
        _deadline.reset(self._previous)
        self._replace(None)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends_at

    def check(self) -> None:
        if self.is_over:
            raise _Late

    def watch(self, connected: socket.socket) -> None:
        """Be ready to cut this connection; raises _Late if there is no time left to use it."""
        self.check()
        # A second descriptor: TLS takes the first one away from the socket it wraps.
        self._replace(socket.socket(fileno=os.dup(connected.fileno())))

    def _replace(self, new: socket.socket | None) -> None:
        with self._lock:
            old, self._socket = self._socket, new
        if old is not None:
            old.close()

    def _cut(self) -> None:
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):  # closed by the partner meanwhile
                    self._socket.shutdown(socket.SHUT_RDWR)


_deadline: ContextVar[_Deadline] = ContextVar("deadline")


class _WatchedConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        deadline = _deadline.get()
        deadline.check()
        connected = super()._new_conn()
        deadline.watch(connected)
        return connected

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        _deadline.get().watch(self.sock)  # kept from an earlier exchange perhaps
        return super().getresponse()


class _WatchedTlsConnection(_WatchedConnection, HTTPSConnection):
    pass


class _WatchedPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedTlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _WatchedPool, "https": _WatchedTlsPool}


# --- clients ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    content_type: str
    body: bytes = field(repr=False)


class PartnerClient:
    """Base of each partner's client, which has one method per endpoint. Not for several threads."""

    connect_timeout: float = 5  # seconds
    total_timeout: float = 30  # seconds for one exchange, its repetitions included
    max_bytes: int = 10 * 1024 * 1024  # unpacked
    retry_backoff: float = 0.5  # seconds, doubled for the second repetition

    def __init__(self, base_url: str) -> None:
        self.base_url = checked_address(base_url).rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "LeadOffice/1 (+lead office of a car dealer)"
        self._session.headers["Accept"] = "application/json"
        # GET only. A POST may have worked although its answer was lost: the outbox repeats it
        # later and in sight. Retry-After is left to it too, since obeying it blocks the run.
        retry = Retry(
            total=2,
            backoff_factor=self.retry_backoff,
            status_forcelist=[502, 503, 504],
            allowed_methods=["GET"],
            redirect=False,
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _WatchedAdapter(max_retries=retry))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
    ) -> Any:
        """Call an endpoint below the base address; its JSON, None for an empty answer.

        Raises PartnerUnavailable, PartnerRefused or PartnerMisconfigured.
        """
        return self.exchange(method, self.base_url + path, params=params, json=json)

    def exchange(self, method: str, url: str, **options: Any) -> Any:
        """Send, read within the limits, judge. `options` are those of requests."""
        host = _host(url)
        answer = self._send(method, url, host, **options)
        if 200 <= answer.status < 300:
            return _content(answer, host)
        code = _code(_parsed(answer.body))
        message = _("%(host)s answered with error %(status)d%(code)s.") % {
            "host": host,
            "status": answer.status,
            "code": f" ({code})" if code else "",
        }
        raise _error_for(answer.status)(message, status=answer.status, code=code)

    def _send(self, method: str, url: str, host: str, **options: Any) -> _Answer:
        # `from None` below: the causes hold the request with its headers, or the answer.
        with _Deadline(self.total_timeout) as deadline:
            started_at = time.monotonic()
            try:
                with self._session.request(
                    method,
                    url,
                    timeout=(self.connect_timeout, self.total_timeout),
                    allow_redirects=False,  # a redirect would carry our token elsewhere
                    stream=True,
                    **options,
                ) as response:
                    body = self._read(response.raw, host)
            except (_Late, requests.RequestException, HTTPError) as error:
                problem = type(error).__name__
                logger.warning("%s %s%s: %s", method, host, urlsplit(url).path, problem)
                if deadline.is_over or isinstance(error, _Late):
                    raise self._late(host) from None
                message = _("%(host)s cannot be reached (%(problem)s).")
                raise PartnerUnavailable(message % {"host": host, "problem": problem}) from None
            if deadline.is_over:  # what was cut off may look like a short answer
                raise self._late(host)
        seconds = time.monotonic() - started_at
        logger.debug(
            "%s %s%s: %d, %.1f s", method, host, urlsplit(url).path, response.status_code, seconds
        )
        return _Answer(response.status_code, response.headers.get("Content-Type", ""), body)

    def _late(self, host: str) -> PartnerUnavailable:
        message = _("%(host)s did not answer within %(seconds)d seconds.")
        return PartnerUnavailable(message % {"host": host, "seconds": self.total_timeout})

    def _read(self, raw: BaseHTTPResponse, host: str) -> bytes:
        """The body, unpacked; as it comes, since a declared length may be a lie."""
        chunks: list[bytes] = []
        size = 0
        while chunk := raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > self.max_bytes:
                message = _("The answer of %(host)s is larger than %(megabytes)d MB.")
                megabytes = self.max_bytes // 1024**2
                raise PartnerUnavailable(message % {"host": host, "megabytes": megabytes})
            chunks.append(chunk)
        return b"".join(chunks)


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
        return PartnerMisconfigured(message % {"host": _host(self._token_url), "reason": reason})


# --- reading answers -------------------------------------------------------------------------


def checked_address(url: str) -> str:
    """The address, if it is one that we may send secrets to."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _port = parts.port  # raises ValueError if it is not a number
    except ValueError:
        host = ""
    else:
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))
        if host and is_safe and parts.username is None and not (parts.query or parts.fragment):
            return url
    message = _("“%(host)s” is not an address of a partner: it must begin with https://.")
    raise PartnerMisconfigured(message % {"host": host or "?"})


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _error_for(status: int) -> type[PartnerError]:
    if status in (401, 403):
        return PartnerMisconfigured
    if status in (408, 425, 429) or status >= 500:
        return PartnerUnavailable
    return PartnerRefused


def _content(answer: _Answer, host: str) -> Any:
    """The JSON of a good answer; an error in the clothes of a 200 is still an error."""
    if not answer.body.strip():
        return None
    data = _parsed(answer.body)
    is_json = not answer.content_type or "json" in answer.content_type.lower()
    if data is _NO_JSON or not is_json:
        message = _("%(host)s sent something that is not JSON.")
        raise PartnerUnavailable(message % {"host": host}, status=answer.status)
    if _is_error(data):
        code = _code(data)
        message = _("%(host)s reported an error inside an answer%(code)s.")
        values = {"host": host, "code": f" ({code})" if code else ""}
        raise PartnerUnavailable(message % values, status=answer.status, code=code)
    return data


_NO_JSON = object()


def _parsed(body: bytes) -> Any:
    """Parsed JSON or _NO_JSON. NaN and Infinity, which JSON does not know, stay as text."""
    try:
        data = json.loads(body, parse_constant=str)
    except (ValueError, RecursionError):
        return _NO_JSON
    return data if _is_shallow(data) else _NO_JSON


def _is_shallow(data: Any) -> bool:
    level = [data]
    for _depth in range(_MAX_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return True
    return False


def _is_error(data: Any) -> bool:
    """Problem details (RFC 9457), Spring's default {"status", "error"}, OAuth's {"error"}."""
    if not isinstance(data, dict):
        return False
    status = data.get("status")
    is_bad_status = isinstance(status, int) and status >= 400
    return is_bad_status or bool(data.get("error"))


def _code(data: Any) -> str:
    """The machine-readable code of an error body, if it has one that looks harmless."""
    if not isinstance(data, dict):
        return ""
    for name in ("code", "error"):
        value = data.get(name)
        if isinstance(value, str) and _ERROR_CODE.fullmatch(value):
            return value
    return ""


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
