"""What the OpenAPI document says about sending a website form."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from leads.api.schema import problem, problem_example

_SENT = {
    "first_name": "Max",
    "last_name": "Mustermann",
    "email": "max.mustermann@example.org",
    "phone": "0176 04069001",
    "message": "Ist der Golf noch verfügbar?",
    "vehicle": {"ref": "GW-2001"},
    "wishes": ["test_drive", "trade_in"],
    "test_drive": {"date": "2026-03-07", "daypart": "morning"},
    "trade_in": {"make": "Volkswagen", "model": "Polo", "mileage_km": 98000},
    "location": "berlin-mitte",
    "consents": [{"purpose": "contact_phone", "granted": True}],
    "tracking": {"utm_source": "google", "utm_campaign": "fruehjahr"},
    "website": "",
    "elapsed_ms": 48211,
}
_SENT_FLAT = {
    "name": "Max Mustermann",
    "email": "max.mustermann@example.org",
    "vehicle_ref": "GW-2001",
    "test_drive_date": "2026-03-07",
    "consent_contact_phone": "on",
}


class FormReceivedSerializer(serializers.Serializer[Any]):
    """What the visitor may know."""

    reference = serializers.CharField(
        help_text=_(
            "Names this enquiry. Staff find it in the search of the leads or of the intake ledger."
        ),
    )


class FormErrorsSerializer(serializers.Serializer[Any]):
    """What the visitor has to correct."""

    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        help_text=_("Sentences for people by field; “form” stands for the form as a whole."),
    )


SUBMIT: dict[str, Any] = {
    "operation_id": "forms_submit",
    "summary": _("Send a website form"),
    "description": _(
        "For scripts and HTML forms of a dealer's website. The key in the address is public; the "
        "form's settings say which websites may use it (CORS, without cookies). Objects may be "
        "sent flat (`vehicle_ref`, `test_drive_date`, `consent_contact_phone`), unknown fields "
        "are kept. Wanted are a last name, a whole name or a company, and an e-mail address or "
        "phone number. "
        "`website` stays empty: it is a trap for robots. `elapsed_ms` says how long the visitor "
        "took. The same content within ten minutes is one enquiry.\n\n"
        "A form that the browser itself sends gets 303 to the page of thanks."
    ),
    "tags": ["forms"],
    "auth": [],
    "parameters": [
        OpenApiParameter(
            "form_key",
            {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
            OpenApiParameter.PATH,
            description=_("The key of the form, as its page in the admin shows it."),
        ),
        OpenApiParameter(
            "Idempotency-Key",
            {"type": "string", "minLength": 1, "maxLength": 150, "pattern": "^[!-~]+$"},
            OpenApiParameter.HEADER,
            description=_("Any text of your own, new for each enquiry, instead of the content."),
        ),
    ],
    "request": {
        "application/json": OpenApiTypes.OBJECT,
        "application/x-www-form-urlencoded": OpenApiTypes.OBJECT,
        "multipart/form-data": OpenApiTypes.OBJECT,
    },
    "examples": [
        OpenApiExample(
            "json", _SENT, request_only=True, media_type="application/json", summary=_("JSON")
        ),
        OpenApiExample(
            "flat",
            _SENT_FLAT,
            request_only=True,
            media_type="application/x-www-form-urlencoded",
            summary=_("Flat names"),
        ),
    ],
    "responses": {
        201: OpenApiResponse(
            FormReceivedSerializer,
            description=_("The enquiry is stored."),
            examples=[
                OpenApiExample(
                    "received",
                    {"reference": "K7QX-9D3M-2PHB"},
                    response_only=True,
                    status_codes=["201"],
                )
            ],
        ),
        400: problem(
            400, problem_example(400, "invalid_json", _("The body must be a JSON object."))
        ),
        403: problem(
            403,
            problem_example(403, "origin_not_allowed", _("This website may not use the form.")),
        ),
        404: problem(
            404,
            problem_example(
                404, "not_found", _("There is nothing at this address. Addresses end with a slash.")
            ),
        ),
        411: problem(
            411,
            problem_example(
                411,
                "length_required",
                _("Send the header Content-Length; chunked bodies are not read."),
            ),
        ),
        413: problem(413, problem_example(413, "too_large", _("The body is larger than 1 MB."))),
        415: problem(
            415,
            problem_example(
                415,
                "unsupported_media_type",
                _("Send the body as “Content-Type: application/json” in UTF-8."),
            ),
        ),
        422: OpenApiResponse(
            FormErrorsSerializer,
            description=_("The visitor has to correct something."),
            examples=[
                OpenApiExample(
                    "errors",
                    {
                        "errors": {
                            "email": [_("Please give your e-mail address or your phone number.")]
                        }
                    },
                    response_only=True,
                    status_codes=["422"],
                )
            ],
        ),
        429: problem(
            429,
            problem_example(
                429,
                "throttled",
                _("Too many requests. Wait as long as the header Retry-After says."),
            ),
        ),
    },
}
