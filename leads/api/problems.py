"""Every error as a problem document (RFC 9457): for people in words, for programs as a code."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import UnreadablePostError
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.formatter import ExceptionFormatter, flatten_errors
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.settings import api_settings

MEDIA_TYPE = "application/problem+json"

# status → title; what all problems with this status have in common
TITLES = {
    400: _("Bad request"),
    401: _("Sign-in needed"),
    403: _("Not allowed"),
    404: _("Not found"),
    405: _("Method not allowed"),
    406: _("Format not available"),
    409: _("Conflict"),
    411: _("Length missing"),
    412: _("Changed meanwhile"),
    413: _("Too large"),
    415: _("Format not understood"),
    422: _("Cannot be processed"),
    429: _("Too many requests"),
    500: _("Server error"),
    503: _("Not available"),
}
SERVER_ERROR = _("Something went wrong here. The error has been recorded.")
# Where the libraries' own sentences are too technical: exception → sentence
_DETAILS = {
    exceptions.NotAuthenticated: _("Send your API key in the header “Authorization: Api-Key …”."),
    exceptions.NotFound: _("There is nothing at this address. Addresses end with a slash."),
    exceptions.MethodNotAllowed: _("This address does not know the method of the request."),
    exceptions.NotAcceptable: _("Answers are JSON; the header Accept allows something else only."),
    exceptions.UnsupportedMediaType: _(
        "Send the body as “Content-Type: application/json” in UTF-8."
    ),
    exceptions.Throttled: _("Too many requests. Wait as long as the header Retry-After says."),
}


class Unavailable(exceptions.APIException):
    status_code = 503
    default_code = "unavailable"
    default_detail = _("The service is not available at the moment. Please repeat the request.")
    wait = 5  # seconds, as Retry-After


class ProblemFormatter(ExceptionFormatter):
    """The body: type, title, status, detail, code, errors [{field, code, detail}]."""

    def run(self) -> dict[str, Any]:
        errors = self._field_errors()
        status = self.exc.status_code
        return {
            # What kind of problem it is says `code`; there is no page about each.
            "type": "about:blank",
            "title": str(TITLES.get(status, TITLES[500])),
            "status": status,
            "detail": self._detail(errors),
            "code": self._code(errors),
            "errors": errors,
        }

    def _field_errors(self) -> list[dict[str, str]]:
        if not isinstance(self.exc, exceptions.ValidationError):
            return []
        return [
            {"field": _field(error.attr), "code": error.code, "detail": error.detail}
            for error in flatten_errors(self.exc.detail)
        ]

    def _code(self, errors: list[dict[str, str]]) -> str:
        if isinstance(self.exc, exceptions.ValidationError):
            return errors[0]["code"] if self.exc.status_code == 422 else "validation_error"
        if self.exc.status_code == 500:
            return "server_error"
        codes = self.exc.get_codes()
        return codes if isinstance(codes, str) else self.exc.default_code

    def _detail(self, errors: list[dict[str, str]]) -> str:
        if isinstance(self.exc, exceptions.ValidationError):
            if len(errors) == 1:
                [error] = errors
                return ": ".join(filter(None, [error["field"], error["detail"]]))
            return str(_("The request has %(n)d errors.") % {"n": len(errors)})
        if self.exc.status_code == 500:
            return str(SERVER_ERROR)
        if type(self.exc) in _DETAILS:
            return class_sentence(type(self.exc))
        return str(self.exc.detail)


class ProblemHandler(ExceptionHandler):
    """Turns every exception of a view into a problem document."""

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, SuspiciousOperation | BadRequest | UnreadablePostError):
            return exceptions.ParseError(_("The request cannot be read."), "unreadable")
        if isinstance(exc, OperationalError | InterfaceError):
            # Locked for too long, shutting down, disk full: it passes, and nothing was stored.
            return Unavailable()
        return super().convert_known_exceptions(exc)

    def get_response(self, exc: exceptions.APIException, data: dict[str, Any]) -> Response:
        response = super().get_response(exc, data)
        response.content_type = MEDIA_TYPE
        if request := self.context.get("request"):
            # Whatever format the view would answer in, problems are JSON.
            request.accepted_renderer = JSONRenderer()
            request.accepted_media_type = JSONRenderer.media_type
        return response


def class_sentence(kind: type[exceptions.APIException]) -> str:
    """What such an error means, in the language of now."""
    return str(_DETAILS.get(kind, kind.default_detail))


def _field(path: str | None) -> str:
    """ "contact.email"; "" for errors of the body as a whole."""
    names = [name for name in (path or "").split(".") if name != api_settings.NON_FIELD_ERRORS_KEY]
    return ".".join(names)
