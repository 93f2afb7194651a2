"""How the OpenAPI document is made from the views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from drf_standardized_errors.openapi import AutoSchema
from rest_framework import exceptions, serializers

from leads.api.problems import MEDIA_TYPE, SERVER_ERROR, TITLES, class_sentence


class FieldErrorSerializer(serializers.Serializer):
    """What is wrong with one field."""

    field = serializers.CharField(
        help_text=_("Path as you wrote it, such as contact.email; empty: the body as a whole.")
    )
    code = serializers.CharField(help_text=_("For programs; does not change."))
    detail = serializers.CharField(help_text=_("For people, in German or English."))


class ProblemSerializer(serializers.Serializer):
    """An error, by RFC 9457."""

    type = serializers.CharField(help_text=_("Always about:blank; see code."))
    title = serializers.CharField(help_text=_("What all errors with this status share."))
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text=_("For people, in German or English."))
    code = serializers.CharField(help_text=_("For programs; does not change."))
    errors = FieldErrorSerializer(  # type: ignore[assignment]
        many=True, help_text=_("Per field; empty for other errors.")
    )


def problem(status: int, *examples: OpenApiExample) -> OpenApiResponse:
    """The documentation of an error answer."""
    return OpenApiResponse(ProblemSerializer, description=TITLES[status], examples=list(examples))


def problem_example(
    status: int, code: str, detail: Any, errors: list[dict[str, Any]] | None = None
) -> OpenApiExample:
    body = {
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [],
    }
    return OpenApiExample(code, body, response_only=True, status_codes=[str(status)])


class ProblemSchema(AutoSchema):
    """Adds the error answers a view can give, as problem documents."""

    def _should_add_http429_error_response(self) -> bool:
        return True  # every address has a limit; bases.py counts, not a throttle of the library

    def _get_error_response_serializer(self, status_code: str) -> Any:
        return ProblemSerializer

    def _get_response_for_code(
        self, serializer: Any, status_code: str, *args: Any, **options: Any
    ) -> dict[str, Any]:
        response = super()._get_response_for_code(serializer, status_code, *args, **options)
        shape = getattr(serializer, "response", serializer)
        if shape is ProblemSerializer:
            response["description"] = response["description"] or str(TITLES[int(status_code)])
            response["content"] = {MEDIA_TYPE: next(iter(response["content"].values()))}
        return response

    def _get_error_response_examples(self) -> list[OpenApiExample]:
        """Of the errors that every operation knows; the others stand with their operation."""
        return [
            problem_example(status, kind.default_code, class_sentence(kind))
            for status, kind in (
                (405, exceptions.MethodNotAllowed),
                (406, exceptions.NotAcceptable),
                (429, exceptions.Throttled),
            )
        ] + [problem_example(500, "server_error", SERVER_ERROR)]


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "leads.api.authentication.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": str(
                _("An API key from the admin: “Authorization: Bearer …” or “Api-Key …”.")
            ),
        }


# tag → what its operations are about; in the order of the document
_TAGS = {
    "leads": _("Enquiries, from their arrival to their end."),
    "activities": _("The timeline of a lead."),
    "handovers": _("How a lead was passed on to Dr. Klein, to be read."),
    "tasks": _("What somebody has to do about a lead, until when."),
    "customers": _("The people and companies behind the leads."),
    "vehicles": _("The stock cars, to be read."),
    "catalogs": _("The lists that leads are sorted by, to be read."),
    "events": _("What happened, for systems that are to be kept equal."),
    "webhooks": _("Where events are sent to as they happen."),
    "forms": _("What a website's own form sends, without a key."),
    "me": _("Your own key."),
}
# Shapes of answers of which the client says what they have: `fields` and `expand`.
_SELECTED = ("Lead", "Expanded")
_RATE_HEADERS = {
    "RateLimit-Policy": _("How many requests (q) per seconds (w) the key may make."),
    "RateLimit": _("How many are left (r), and for how many seconds (t)."),
}


def describe(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """The words about the API as a whole; in the language of the reader."""
    _drop(result, "x-spec-enum-id")  # left by the library for a hook that is not used here
    result["info"]["description"] = str(
        _(
            "Enquiries of a car dealer, in and out. Each outside system has an API key of its "
            "own, made in the admin; it sees the data of one dealer. Errors are problem "
            "documents (RFC 9457), in German or, with “Accept-Language: en”, in English."
        )
    )
    used = {tag for operation in _operations(result) for tag in operation.get("tags", [])}
    result["tags"] = [
        {"name": name, "description": str(words)} for name, words in _TAGS.items() if name in used
    ]
    for operation in _operations(result):
        if operation.get("security"):
            _name_rate_headers(operation)
    schemas = result["components"]["schemas"]
    _refuse_unknown_fields(schemas)
    for name in _SELECTED:
        schemas[name].pop("required", None)
    return result


def _operations(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in result["paths"].values():
        yield from methods.values()


def _name_rate_headers(operation: dict[str, Any]) -> None:
    """On every answer but that to an unknown key (draft-ietf-httpapi-ratelimit-headers)."""
    for status, response in operation["responses"].items():
        if status == "401":
            continue
        headers = response.setdefault("headers", {})
        for name, words in _RATE_HEADERS.items():
            headers[name] = {"schema": {"type": "string"}, "description": str(words)}
        if status == "429":
            waiting = str(_("Seconds to wait."))
            headers["Retry-After"] = {"schema": {"type": "integer"}, "description": waiting}


def _refuse_unknown_fields(schemas: dict[str, Any]) -> None:
    """Of what is sent; answers may get new fields at any time."""
    for name, schema in schemas.items():
        if name.endswith("Request") and "properties" in schema:
            schema["additionalProperties"] = False


def _drop(node: Any, name: str) -> None:
    """Take a name out of every object below."""
    if isinstance(node, dict):
        node.pop(name, None)
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _drop(child, name)
