"""How operations are described in the OpenAPI document: what all of them share, said once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from leads.api.bases import PreconditionFailed
from leads.api.idempotency import IdempotencyKeyReused, StillRunning
from leads.api.parsers import LengthRequired, PayloadTooLarge
from leads.api.permissions import ANY_KEY, lacks
from leads.api.problems import class_sentence
from leads.api.schema import problem, problem_example

# The name of a request's example that has the German names of the fields.
GERMAN = "german"


class MergedSerializer(serializers.Serializer):
    """What was here became part of another row."""

    merged_into = serializers.IntegerField(read_only=True, help_text=_("The id that is left."))


ID = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description=_("Its id."))
_LEAD_ID = OpenApiParameter(
    "id", OpenApiTypes.INT, OpenApiParameter.PATH, description=_("The id of the lead.")
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description=_("The ETag that you read. If it has been changed since, nothing happens."),
)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description=_(
        "Any text of your own, new for each request. The same key with the same body brings the "
        "stored first answer and no second effect, for 30 days."
    ),
)
_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 202],
    description=_("“true” if this is the stored answer to an earlier request."),
)
_LOCATION = OpenApiParameter(
    "Location",
    OpenApiTypes.URI,
    OpenApiParameter.HEADER,
    response=[201, 301, 308],
    description=_("Where it is read."),
)
_ETAG = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description=_("Its version, for If-Match."),
)

UNKNOWN_PARAMETER = problem_example(
    400,
    "validation_error",
    _("Unknown parameter."),
    [{"field": "farbe", "code": "unknown_parameter", "detail": _("Unknown parameter.")}],
)
_UNKNOWN_FIELD = problem_example(
    400,
    "validation_error",
    _("Unknown field."),
    [{"field": "farbe", "code": "unknown_field", "detail": _("Unknown field.")}],
)
_UNAUTHENTICATED = problem_example(
    401, "authentication_failed", _("This API key is unknown, revoked or expired.")
)
NOT_FOUND = problem_example(
    404, "not_found", _("There is nothing at this address. Addresses end with a slash.")
)


def of_class(kind: Any) -> OpenApiExample:
    """The problem that an exception of this class becomes."""
    return problem_example(kind.status_code, kind.default_code, lazy(class_sentence, str)(kind))


_PRECONDITION = of_class(PreconditionFailed)
_BODY = [
    of_class(LengthRequired),
    of_class(PayloadTooLarge),
    problem_example(
        415,
        "unsupported_media_type",
        _("Send the body as “Content-Type: application/json” in UTF-8."),
    ),
]
REPEATS = [of_class(StillRunning), of_class(IdempotencyKeyReused)]


def answer(
    serializer: Any, example: Any, description: Any, *, status: int = 200, many: bool = False
) -> OpenApiResponse:
    """A good answer with its example; `many`: one row of a page."""
    shape = serializer(many=True) if many else serializer
    shown = OpenApiExample("example", example, response_only=True, status_codes=[str(status)])
    return OpenApiResponse(shape, description=description, examples=[shown])


def listing(
    name: str,
    serializer: Any,
    example: Any,
    *,
    scope: str,
    errors: Iterable[OpenApiExample] = (),
    **words: Any,
) -> dict[str, Any]:
    page = answer(serializer, example, _("One page."), many=True)
    return _operation(name, {200: page}, [UNKNOWN_PARAMETER, *errors], scope=scope, **words)


def reading(
    name: str,
    serializer: Any,
    example: Any,
    *,
    scope: str,
    has_id: bool = True,
    errors: Iterable[OpenApiExample] = (),
    **words: Any,
) -> dict[str, Any]:
    found = [*([NOT_FOUND] if has_id else []), *errors]
    answers = {200: answer(serializer, example, _("As it is now."))}
    return _operation(name, answers, found, scope=scope, has_id=has_id, **words)


def creating(
    name: str,
    request: Any,
    request_examples: Mapping[str, Any],
    serializer: Any,
    example: Any,
    *,
    scope: str,
    errors: Iterable[OpenApiExample] = (),
    **words: Any,
) -> dict[str, Any]:
    answers = {201: answer(serializer, example, _("The new row."), status=201)}
    found = [_UNKNOWN_FIELD, *_BODY, *REPEATS, *errors]
    parameters = [*words.pop("parameters", []), IDEMPOTENCY_KEY, _LOCATION, _REPLAYED]
    return _operation(
        name,
        answers,
        found,
        scope=scope,
        request=request,
        request_examples=request_examples,
        parameters=parameters,
        **words,
    )


def changing(
    name: str,
    request: Any,
    request_examples: Mapping[str, Any],
    serializer: Any,
    example: Any,
    *,
    scope: str,
    errors: Iterable[OpenApiExample] = (),
    may_create: bool = False,
    **words: Any,
) -> dict[str, Any]:
    answers = {200: answer(serializer, example, _("As it is now."))}
    if may_create:
        answers[201] = answer(serializer, example, _("The new row."), status=201)
    missing = [] if may_create else [NOT_FOUND]
    found = [_UNKNOWN_FIELD, *missing, _PRECONDITION, *_BODY, *errors]
    parameters = [*words.pop("parameters", []), IF_MATCH, *([_LOCATION] if may_create else [])]
    return _operation(
        name,
        answers,
        found,
        scope=scope,
        request=request,
        request_examples=request_examples,
        parameters=parameters,
        has_id=not may_create,
        **words,
    )


def acting(
    name: str,
    request: Any,
    request_examples: Mapping[str, Any],
    serializer: Any,
    example: Any,
    *,
    scope: str,
    status: int = 200,
    errors: Iterable[OpenApiExample] = (),
    **words: Any,
) -> dict[str, Any]:
    """A POST that does something with a row."""
    answers = {status: answer(serializer, example, _("As it is now."), status=status)}
    found = [_UNKNOWN_FIELD, NOT_FOUND, *_BODY, *REPEATS, *errors]
    parameters = [*words.pop("parameters", []), IDEMPOTENCY_KEY, _REPLAYED]
    return _operation(
        name,
        answers,
        found,
        scope=scope,
        request=request,
        request_examples=request_examples,
        parameters=parameters,
        **words,
    )


def deleting(
    name: str, *, scope: str, errors: Iterable[OpenApiExample] = (), **words: Any
) -> dict[str, Any]:
    answers = {204: OpenApiResponse(description=_("It is gone."))}
    found = [NOT_FOUND, _PRECONDITION, *errors]
    parameters = [*words.pop("parameters", []), IF_MATCH]
    return _operation(
        name, answers, found, scope=scope, request=None, parameters=parameters, has_id=True, **words
    )


def _operation(
    name: str,
    answers: dict[int, OpenApiResponse],
    errors: Iterable[OpenApiExample],
    *,
    tag: str,
    scope: str,
    summary: Any,
    description: Any,
    request_examples: Mapping[str, Any] | None = None,
    parameters: Iterable[OpenApiParameter] = (),
    has_id: bool = False,
    merges: bool = False,
    has_etag: bool = True,
    of_lead: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Arguments for `extend_schema`. `merges`: the row may have become part of another;
    `of_lead`: the address names a lead, to which all of this belongs.

    A request example "german" stands in the description: the schema knows the English names."""
    found = [_UNAUTHENTICATED, *errors]
    if scope != ANY_KEY:
        found.append(problem_example(403, "missing_scope", lazy(lacks, str)(scope)))
    headers = list(parameters)
    if of_lead:
        headers.insert(0, _LEAD_ID)
        found.append(NOT_FOUND)
        merges = True
    if has_id:
        headers.insert(0, ID)
    if has_id and has_etag:
        headers.append(_ETAG)
    if merges:
        # A change is sent again to the other address with method and body.
        status = 308 if "request" in more else 301
        answers[status] = answer(
            MergedSerializer, {"merged_into": 17}, _("It became part of another."), status=status
        )
        headers.append(_LOCATION)
    return {
        "operation_id": name,
        "tags": [tag],
        "summary": summary,
        "description": _with_german(description, (request_examples or {}).get(GERMAN)),
        "parameters": headers,
        "responses": {**answers, **_by_status(found)},
        "examples": [
            OpenApiExample(key, value, request_only=True)
            for key, value in (request_examples or {}).items()
            if key != GERMAN
        ],
        **more,
    }


def _described_with(description: str, example: Any) -> str:
    words = _("Each field may be given under its German name instead:")
    block = json.dumps(example, ensure_ascii=False, indent=2)
    return f"{description}\n\n{words}\n\n```json\n{block}\n```"


def _with_german(description: Any, example: Any) -> Any:
    return lazy(_described_with, str)(description, example) if example else description


def _by_status(examples: Iterable[OpenApiExample]) -> dict[int, OpenApiResponse]:
    """One answer for each status, with all its examples."""
    grouped: dict[int, list[OpenApiExample]] = {}
    for example in examples:
        [status] = example.status_codes or []
        grouped.setdefault(int(status), []).append(example)
    return {status: problem(status, *found) for status, found in grouped.items()}
