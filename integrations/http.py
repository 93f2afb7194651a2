"""Calling partners; nobody else opens a connection. Three errors, one per reaction.

Rules: https in the public internet (networks of our own, and plain http to this machine, only where
the operator allows it: addresses.py), no redirects, no proxies or passwords from the environment, a
limit in time and size for each exchange, GET repeated at once and nothing else. Neither secrets nor
what was sent or received get into exceptions and logs. The limit in time is kept by deadline.py,
json_answers.py reads what came; signing_in.py has the client for partners that ask for a token.
"""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from integrations import calls
from integrations.addresses import AddressRefused
from integrations.deadline import Deadline, Late, WatchedAdapter
from integrations.json_answers import NO_JSON, code_of, is_error, parsed
from integrations.troubles import words_for_error, words_for_status

logger = logging.getLogger(__name__)

_CHUNK = 64 * 1024  # bytes


# --- what can go wrong -----------------------------------------------------------------------


class PartnerError(Exception):
    """The text is a sentence for people, in the language active when it was raised."""

    advice: ClassVar[str | Promise] = ""
    # What the partner said about when to come again; retry_after.py reads it.
    retry_after: str = ""

    def __init__(self, message: str, *, status: int | None = None, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class PartnerUnavailable(PartnerError):
    """No usable answer (timeout, 429, 5xx, no JSON): the same call may work later.

    `may_have_arrived`: whether the partner may have got the call all the same.
    """

    may_have_arrived: bool = True

    advice = gettext_lazy("Nothing is lost; the next run tries again.")


class AnswerTooLarge(PartnerUnavailable):
    """More than we read of one answer; asking for less may help."""


class PartnerRefused(PartnerError):
    """Any other 3xx or 4xx, or JSON not as agreed: repeating it unchanged is pointless."""

    advice = gettext_lazy("Please report this to the operator, with the time it happened.")


class PartnerMisconfigured(PartnerError):
    """401, 403, a sign-in refused, an address we do not call: a person must act."""

    # Partners call them differently: client secret, access token, API key, password.
    advice: ClassVar[str | Promise] = gettext_lazy(
        "Please check the address and the credentials of the connection."
    )


# --- the client ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """Whatever a partner said, not judged yet. `retry_after` as sent: seconds or a date."""

    status: int
    content_type: str
    body: bytes = field(repr=False)
    retry_after: str = ""


class PartnerClient:
    """Base of each partner's client, which has one method per endpoint. Not for several threads."""

    connect_timeout: float = 5  # seconds
    total_timeout: float = 30  # seconds for one exchange, its repetitions included
    max_bytes: int = 10 * 1024 * 1024  # unpacked
    retry_backoff: float = 0.5  # seconds, doubled for the second repetition
    repetitions: int = 2  # at once, of what cannot have had an effect
    repeated_after: tuple[int, ...] = (502, 503, 504)  # these answers

    def __init__(self, base_url: str) -> None:
        self.base_url = checked_address(base_url).rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["User-Agent"] = "LeadOffice/1 (+lead office of a car dealer)"
        self._session.headers["Accept"] = "application/json"
        # GET only. A POST may have worked although its answer was lost: the outbox repeats it
        # later and in sight. Retry-After is left to it too, since obeying it blocks the run.
        retry = Retry(
            total=self.repetitions,
            backoff_factor=self.retry_backoff,
            status_forcelist=self.repeated_after,
            allowed_methods=["GET"],
            redirect=False,
            raise_on_status=False,
            respect_retry_after_header=False,
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, WatchedAdapter(max_retries=retry))

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
        host = host_of(url)
        answer = self.send(method, url, **options)
        if 200 <= answer.status < 300:
            return _content(answer, host)
        code = self.error_code(parsed(answer.body))
        words = ", ".join(filter(None, (words_for_status(answer.status), code)))
        message = _("%(host)s answered with error %(status)d%(code)s.") % {
            "host": host,
            "status": answer.status,
            "code": f" ({words})" if words else "",
        }
        error = _error_for(answer.status)(message, status=answer.status, code=code)
        error.retry_after = answer.retry_after
        raise error

    def error_code(self, body: Any) -> str:
        """The machine-readable code of an error's JSON, "" if it has none that looks harmless."""
        return code_of(body)

    def send(self, method: str, url: str, **options: Any) -> Answer:
        """Send and read within the limits, whatever the answer is. Raises PartnerUnavailable, and
        PartnerMisconfigured for an address within our own network."""
        host = host_of(url)
        # `from None` below: the causes hold the request with its headers, or the answer.
        with Deadline(self.total_timeout) as deadline:
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
            except AnswerTooLarge as error:
                self._tell(method, url, options, started_at, problem=type(error).__name__)
                raise
            except AddressRefused as error:
                self._tell(method, url, options, started_at, problem=type(error).__name__)
                raise PartnerMisconfigured(str(error)) from None
            except (Late, requests.RequestException, HTTPError) as error:
                problem = type(error).__name__
                logger.warning("%s %s%s: %s", method, host, urlsplit(url).path, problem)
                if deadline.is_over or isinstance(error, Late):
                    unavailable = self._late(host)
                else:
                    message = _("%(host)s cannot be reached (%(problem)s).")
                    values = {"host": host, "problem": words_for_error(error)}
                    unavailable = PartnerUnavailable(message % values)
                unavailable.may_have_arrived = deadline.has_sent
                self._tell(method, url, options, started_at, problem=problem)
                raise unavailable from None
            came = {"status": response.status_code, "received": len(body), "body": body}
            self._tell(method, url, options, started_at, **came)
            if deadline.is_over:  # what was cut off may look like a short answer
                raise self._late(host)
        seconds = time.monotonic() - started_at
        logger.debug(
            "%s %s%s: %d, %.1f s", method, host, urlsplit(url).path, response.status_code, seconds
        )
        headers = response.headers
        return Answer(
            response.status_code,
            headers.get("Content-Type", ""),
            body,
            headers.get("Retry-After", ""),
        )

    def _tell(
        self, method: str, url: str, options: dict[str, Any], started_at: float, **came: Any
    ) -> None:
        """Let whoever listens know; without what was sent."""
        calls.tell(
            lambda: calls.Call(
                method=method,
                address=calls.told_address(url, options.get("params")),
                seconds=time.monotonic() - started_at,
                sent=calls.sent_bytes(options),
                **came,
            )
        )

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
                raise AnswerTooLarge(message % {"host": host, "megabytes": megabytes})
            chunks.append(chunk)
        return b"".join(chunks)


# --- addresses -------------------------------------------------------------------------------


def checked_address(url: str) -> str:
    """The address, if it is one that we may send secrets to."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _port = parts.port  # raises ValueError if it is not a number
    except ValueError:
        host = ""
    else:
        is_trial = settings.OUTBOUND_ALLOW_LOOPBACK and is_this_machine(host)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_trial)
        if host and is_safe and parts.username is None and not (parts.query or parts.fragment):
            return url
    message = _(
        "“%(host)s” is not an address of a partner: it must begin with https:// and hold neither a"
        " password nor “?” or “#”."
    )
    raise PartnerMisconfigured(message % {"host": host or "?"})


def is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_of(url: str) -> str:
    """Host and port, without a name and password: what people may read of an address."""
    return urlsplit(url).netloc.rpartition("@")[2]


# --- reading answers -------------------------------------------------------------------------


def _error_for(status: int) -> type[PartnerError]:
    if status in (401, 403):
        return PartnerMisconfigured
    if status in (408, 425, 429) or status >= 500:
        return PartnerUnavailable
    return PartnerRefused


def _content(answer: Answer, host: str) -> Any:
    """The JSON of a good answer; an error in the clothes of a 200 is still an error."""
    if not answer.body.strip():
        return None
    data = parsed(answer.body)
    is_json = not answer.content_type or "json" in answer.content_type.lower()
    if data is NO_JSON or not is_json:
        message = _("%(host)s sent something that is not JSON.")
        raise PartnerUnavailable(message % {"host": host}, status=answer.status)
    if is_error(data):
        code = code_of(data)
        message = _("%(host)s reported an error inside an answer%(code)s.")
        values = {"host": host, "code": f" ({code})" if code else ""}
        raise PartnerUnavailable(message % values, status=answer.status, code=code)
    return data
