"""JSON bodies, read strictly: what two programs could understand differently is refused."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
_KEPT_BYTES = 64 * 1024  # of a body over the limit
_MAX_DRAINED_BYTES = 16 * MAX_BYTES
_CHUNK = 64 * 1024
_CHARSETS = ("utf-8", "utf8", "us-ascii")


class PayloadTooLarge(APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _("The body is too large.")


class LengthRequired(APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = _("Send the header Content-Length; chunked bodies are not read.")


class StrictJSONParser(BaseParser):
    """One JSON object in UTF-8, at most 1 MB and 20 levels deep.

    Refused: NaN, Infinity and numbers that become infinite, a name twice in one object, NUL and
    lone surrogates. What was read is left in `request.raw_body` for the intake ledger.
    """

    media_type = "application/json"
    max_bytes = MAX_BYTES

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        request: Request = (parser_context or {})["request"]
        charset = (request.content_params or {}).get("charset", "utf-8")
        if charset.lower() not in _CHARSETS:
            raise UnsupportedMediaType(request.content_type or "")
        return parse_object(_read(request, stream, self.max_bytes))


class BatchJSONParser(StrictJSONParser):
    """The same for many leads at once: up to 8 MB."""

    max_bytes = 8 * MAX_BYTES


def check_length(request: Request) -> None:
    """Django does not see the body of a request that does not say its length."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise LengthRequired


def declared_length(request: Request | HttpRequest) -> int:
    """Bytes of the body as its sender says; 0 for what is no number, as Django reads it."""
    text = request.META.get("CONTENT_LENGTH") or ""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else 0


def read_raw(request: Request) -> bytes:
    """What came in, as far as it was or can be read; for messages that cannot be used."""
    if not hasattr(request, "raw_body"):
        with contextlib.suppress(PayloadTooLarge, OSError):  # too large, or the client has gone
            _read(request, request.stream or io.BytesIO())
    return getattr(request, "raw_body", b"")


def _read(request: Request, stream: IO[bytes], max_bytes: int = MAX_BYTES) -> bytes:
    """The body; also left in `request.raw_body`, of a body over the limit the beginning."""
    body = stream.read(max_bytes + 1)
    is_too_large = len(body) > max_bytes
    request.raw_body = body[:_KEPT_BYTES] if is_too_large else body  # type: ignore[attr-defined]
    if is_too_large:
        _drain(stream)
        limit = {"n": max_bytes // MAX_BYTES}
        raise PayloadTooLarge(_("The body is larger than %(n)d MB.") % limit)
    return body


def _drain(stream: IO[bytes]) -> None:
    """A server that closes while the client still sends may cut off its own answer."""
    drained = 0
    while drained < _MAX_DRAINED_BYTES and (chunk := stream.read(_CHUNK)):
        drained += len(chunk)


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; raises ParseError with a stable code."""
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise ParseError(_("The body is not valid UTF-8."), "invalid_encoding") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_number,
            parse_float=_finite_float,
        )
    except RecursionError as error:
        raise _too_deep() from error
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise ParseError(
            _("The body is not valid JSON (line %(line)d, column %(column)d).") % where,
            "invalid_json",
        ) from error
    except ValueError as error:  # an integer of thousands of digits
        raise ParseError(_("A number in the body is too large."), "invalid_number") from error
    if not isinstance(value, dict):
        raise ParseError(_("The body must be a JSON object."), "not_an_object")
    _check_nodes(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ParseError(_("A name stands twice in one object of the body."), "duplicate_name")
    return found


def _refuse_number(_constant: str) -> NoReturn:
    raise ParseError(_("NaN and Infinity are not allowed."), "invalid_number")


def _finite_float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ParseError(_("A number in the body is too large."), "invalid_number")
    return number


def _check_nodes(root: dict[str, Any]) -> None:
    """Depth and characters; with a list of its own instead of recursion."""
    waiting: list[tuple[Any, int]] = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, str):
            _check_text(node)
            continue
        if isinstance(node, dict):
            for name in node:
                _check_text(name)
            children = list(node.values())
        elif isinstance(node, list):
            children = node
        else:
            continue
        if depth > MAX_DEPTH:
            raise _too_deep()
        waiting += [(child, depth + 1) for child in children]


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise ParseError(_("The character NUL is not allowed."), "invalid_character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ParseError(
            _("Half of a surrogate pair is not a character."), "invalid_character"
        ) from error


def _too_deep() -> ParseError:
    return ParseError(
        _("The body is nested deeper than %(n)d levels.") % {"n": MAX_DEPTH}, "too_deep"
    )
