"""How the OpenAPI document is made from the views."""

from __future__ import annotations

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

    def _get_error_response_serializer(self, status_code: str) -> Any:
        return ProblemSerializer

    def _get_response_for_code(
        self, serializer: Any, status_code: str, *args: Any, **options: Any
    ) -> dict[str, Any]:
        response = super()._get_response_for_code(serializer, status_code, *args, **options)
        if int(status_code) >= 400:
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


def describe(result: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """The words about the API as a whole; in the language of the reader."""
    _drop(result, "x-spec-enum-id")  # left by the library for a hook that is not used here
    result["info"]["description"] = str(
        _(
            "Enquiries of a car dealer, in and out. Each outside system has an API key of its "
            "own, made in the admin; it sees the leads of one dealer. Errors are problem "
            "documents (RFC 9457), in German or, with “Accept-Language: en”, in English."
        )
    )
    leads = _("Enquiries, from their arrival to their end.")
    result["tags"] = [{"name": "leads", "description": str(leads)}]
    return result


def _drop(node: Any, name: str) -> None:
    """Take a name out of every object below."""
    if isinstance(node, dict):
        node.pop(name, None)
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _drop(child, name)
