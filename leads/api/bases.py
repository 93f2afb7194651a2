"""What every address of the API shares: the caller's key, its dealer's rows, and how changes and
repeats are answered."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, Protocol, cast

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Model, QuerySet
from django.utils import timezone, translation
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.formatter import flatten_errors
from rest_framework import serializers, status, viewsets
from rest_framework.exceptions import APIException, NotFound, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from leads.api.errors import error_detail
from leads.api.field_names import Renaming
from leads.api.idempotency import Answer, answer_once, hash_of, key_of
from leads.api.parsers import check_length
from leads.api.permissions import HasScope
from leads.models.api_key import ApiKey
from leads.models.lead import Lead
from leads.services.api_usage import Rate, count_error, count_request
from leads.services.forwarding import resolve_lead

# draft-ietf-httpapi-ratelimit-headers-10: the rule, and what is left of it.
_POLICY_HEADER = "RateLimit-Policy"
_RATE_HEADER = "RateLimit"
_POLICY = "default"
_UNPROTECTED = ("GET", "HEAD", "OPTIONS")


class Versioned(Protocol):
    """A row whose `version` counts its stored changes."""

    pk: Any
    version: int


class PreconditionFailed(APIException):
    status_code = 412
    default_code = "precondition_failed"
    default_detail = _(
        "It has been changed since you read it. Read it again and repeat your change."
    )


class MovedTo(Exception):
    """The row became part of another; `address` is where that one is read."""

    def __init__(self, merged_into: int, address: str) -> None:
        super().__init__(merged_into)
        self.merged_into = merged_into
        self.address = address


class Fields(NamedTuple):
    """What a request says, with the names that its client used for it."""

    values: dict[str, Any]
    renaming: Renaming


class KeyViewSet(viewsets.GenericViewSet):
    """An address for callers with an API key.

    A subclass names in `scopes` the right that each action needs (none: nobody), and reaches rows
    through `get_queryset()` alone, which starts with `for_dealer(self.caller.dealer)`.
    """

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    permission_classes = [HasScope]
    scopes: ClassVar[Mapping[str, str]] = {}

    @property
    def caller(self) -> ApiKey:
        return cast(ApiKey, self.request.auth)

    @property
    def is_described(self) -> bool:
        """True where nobody calls and only the OpenAPI document is made."""
        return getattr(self, "swagger_fake_view", False)

    # Every answer

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if not isinstance(request.auth, ApiKey):
            return
        # Before the rights are checked: a refused request costs as much as another.
        rate = count_request(request.auth, now=timezone.now())
        request.rate = rate  # type: ignore[attr-defined]
        if rate.is_exceeded:
            raise Throttled(wait=rate.seconds_left)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, MovedTo):
            return _moved(self.request, exc)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response["Cache-Control"] = "no-store"  # personal data
        rate: Rate | None = getattr(request, "rate", None)
        if rate is not None:
            response[_POLICY_HEADER] = f'"{_POLICY}";q={rate.limit};w={rate.window}'
            response[_RATE_HEADER] = f'"{_POLICY}";r={rate.remaining};t={rate.seconds_left}'
            if response.status_code >= 400 and not rate.is_exceeded:
                with contextlib.suppress(DatabaseError):  # the answer matters more
                    count_error(self.caller, now=timezone.now())
        return super().finalize_response(request, response, *args, **kwargs)

    # Bodies and repeats

    def answer_once(self, request: Request, act: Callable[[dict[str, Any]], Answer]) -> Answer:
        """What `act(body)` answers, or its stored answer to the same POST before.

        Both happen in one transaction. The same Idempotency-Key at another address is another
        request.
        """
        body = body_of(request)
        fingerprint = hash_of({"path": request.path, "body": body})
        return answer_once(
            self.caller, key_of(request), fingerprint, lambda: act(body), now=timezone.now()
        )


def body_of(request: Request) -> dict[str, Any]:
    check_length(request)
    return cast(dict[str, Any], request.data) or {}


def read_fields(
    body: dict[str, Any],
    serializer_class: type[serializers.Serializer],
    names: Mapping[str, Mapping[str, str]] | None = None,
    *,
    partial: bool = False,
) -> Fields:
    """The valid fields of a body; raises ValidationError with names as the client wrote them.

    `names`: the table of field_names.py for this kind of body (None: that of a lead).
    """
    renaming = Renaming(body) if names is None else Renaming(body, names)
    serializer = serializer_class(data=renaming.body, partial=partial)
    errors = dict(renaming.errors)
    if not serializer.is_valid():
        for error in flatten_errors(serializer.errors):
            detail = error_detail(error.detail, error.code)
            errors.setdefault(renaming.spell(error.attr or ""), []).append(detail)
    if errors:
        raise ValidationError(errors)
    return Fields(serializer.validated_data, renaming)


def respond(answer: Answer, *, location: str = "", row: Versioned | None = None) -> Response:
    """The answer as a response, with its address and ETag if it made or changed a row."""
    response = Response(answer.body, status=answer.status_code)
    if location and answer.status_code == status.HTTP_201_CREATED:
        response["Location"] = location
    if row is not None:
        response["ETag"] = etag_of(row)
    elif "id" in answer.body and "version" in answer.body:
        response["ETag"] = _etag(answer.body["id"], answer.body["version"])
    if answer.is_replayed:
        response["Idempotent-Replayed"] = "true"
    return response


# Versions


def show_row(request: Request, row: Versioned, shown: Callable[[], Any]) -> Response:
    """The row with its ETag; 304 for who names it in If-None-Match and so has it already."""
    etag = etag_of(row)
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if request.method in _UNPROTECTED and etag in [one.removeprefix("W/") for one in known]:
        return Response(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": etag})
    return Response(shown(), headers={"ETag": etag})


def etag_of(row: Versioned) -> str:
    return _etag(row.pk, row.version)


def _etag(pk: Any, version: int) -> str:
    return f'"{pk}-{version}"'


def check_if_match(request: Request, row: Versioned | None) -> None:
    """Raises PreconditionFailed if the request names a version that is not the row's; no version
    is that of a row that does not exist (None).

    Called while the row is locked, or two clients could both be right. A weak mark ("W/…") counts
    like a strong one: it becomes weak on its way when the answer is compressed, and the version
    behind it is exact.
    """
    header = request.headers.get("If-Match")
    if header is None:
        return
    wanted = [one.removeprefix("W/") for one in parse_etags(header)]
    if row is None or ("*" not in wanted and etag_of(row) not in wanted):
        raise PreconditionFailed


# Rows


def none_of(model: type[Model]) -> QuerySet[Any]:
    """For the OpenAPI document, which asks views without a caller."""
    return model._default_manager.none()


def present_lead(request: Request, pk: int, route: str) -> Lead:
    """The lead that an address names; raises NotFound, or MovedTo where it became part of another:
    `route` is the name of the address, which has the lead's id as `pk`."""
    caller = cast(ApiKey, request.auth)
    lead = resolve_lead(caller.dealer, pk)
    if lead is None:
        raise NotFound
    if lead.pk != pk:
        raise MovedTo(lead.pk, reverse(route, kwargs={"pk": lead.pk}, request=request))
    return lead


def _moved(request: Request, moved: MovedTo) -> Response:
    """301 for reading; 308 for the rest, which repeats the request with method and body."""
    is_read = request.method in _UNPROTECTED
    code = status.HTTP_301_MOVED_PERMANENTLY if is_read else status.HTTP_308_PERMANENT_REDIRECT
    return Response(
        {"merged_into": moved.merged_into}, status=code, headers={"Location": moved.address}
    )


def language_of_the_office() -> Any:
    """What is written down is read by staff, whatever language the client asked for."""
    return translation.override(settings.LANGUAGE_CODE)
