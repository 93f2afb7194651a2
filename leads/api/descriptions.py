"""What the OpenAPI document says about each operation, with examples of requests and answers."""

from __future__ import annotations

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from leads.api.permissions import lacks
from leads.api.representation import LeadSerializer, ReceivedLeadSerializer
from leads.api.schema import problem, problem_example
from leads.api.serializers import LeadCreateSerializer
from leads.models.api_key import Scope

_REQUEST = {
    "external_id": "crm-4711",
    "subject": "Golf VIII gesucht, Inzahlungnahme Polo",
    "contact": {
        "first_name": "Erika",
        "last_name": "Musterfrau",
        "email": "erika.musterfrau@example.org",
        "phone": "0171 3920012",
    },
    "address": {"street": "Beispielweg 7", "postal_code": "50667", "city": "Köln"},
    "source": "LinkedIn Ads",
    "expected_value": "21990.00",
    "probability": 60,
    "urgency": "high",
    "follow_up_on": "2026-03-06",
    "tags": ["golf", "inzahlungnahme"],
    "vehicle": {"make": "Volkswagen", "model": "Golf VIII", "price": "21990.00"},
    "wishes": {"test_drive": True, "trade_in": True},
    "message": "Ist der Wagen noch da?",
}
_REQUEST_GERMAN = {
    "titel": "Golf VIII gesucht, Inzahlungnahme Polo",
    "kontakt": {
        "name": "Erika Musterfrau",
        "email": "erika.musterfrau@example.org",
        "telefon": "0171 3920012",
    },
    "adresse": {"strasse": "Beispielweg 7", "plz": "50667", "ort": "Köln"},
    "quelle": "LinkedIn Ads",
    "erwarteter_wert": "21.990,00",
    "wahrscheinlichkeit": "60 %",
    "dringlichkeit": "hoch",
    "nachfassen_am": "06.03.2026",
    "notizen": "Kommt aus der Frühjahrsaktion.",
}
_LEAD: dict[str, Any] = {
    "id": 4711,
    "number": "L-2026-000123",
    "external_id": "crm-4711",
    "sender": "api:website",
    "subject": "Golf VIII gesucht, Inzahlungnahme Polo",
    "contact": {
        "salutation": None,
        "title": None,
        "first_name": "Erika",
        "last_name": "Musterfrau",
        "name": "Erika Musterfrau",
        "company": None,
        "email": "erika.musterfrau@example.org",
        "phone": "0171 3920012",
        "mobile": None,
    },
    "customer": {"id": 815, "name": "Erika Musterfrau"},
    "address": {
        "street": "Beispielweg 7",
        "postal_code": "50667",
        "city": "Köln",
        "country": "DE",
    },
    "status": "Neu",
    "stage": "new",
    "is_open": True,
    "source": "LinkedIn Ads",
    "category": None,
    "tags": ["golf", "inzahlungnahme"],
    "location": None,
    "lead_type": None,
    "lead_type_title": None,
    "owner": None,
    "message": "Ist der Wagen noch da?",
    "urgency": "high",
    "expected_value": "21990.00",
    "probability": 60,
    "budget_from": None,
    "budget_to": None,
    "expected_close_on": None,
    "desired_start_on": None,
    "follow_up_at": "2026-03-06T09:00:00+01:00",
    "campaign": None,
    "vehicle": {
        "id": None,
        "name": "Volkswagen Golf VIII",
        "price": "21990.00",
        "offer_number": None,
        "internal_number": None,
        "vin": None,
        "make": None,
        "model": None,
        "variant": None,
        "condition": None,
        "first_registration": None,
        "mileage_km": None,
        "power_kw": None,
        "fuel": None,
        "url": None,
    },
    "wishes": {
        "test_drive": True,
        "test_drive_on": None,
        "test_drive_time": None,
        "callback": False,
        "callback_from": None,
        "callback_to": None,
        "trade_in": True,
        "reservation": False,
        "finance_kind": None,
        "finance_interest": None,
        "down_payment": None,
        "term_months": None,
        "annual_mileage_km": None,
        "final_payment": None,
        "monthly_rate": None,
        "contract_number": None,
        "contract_ends_on": None,
        "preferred_channel": None,
        "preferred_time": None,
    },
    "custom_values": {},
    "is_test": False,
    "score": 62,
    "grade": "warm",
    "enquired_at": "2026-03-02T09:15:00+01:00",
    "received_at": "2026-03-02T09:15:00+01:00",
    "first_response_at": None,
    "closed_at": None,
    "close_reason": None,
    "updated_at": "2026-03-02T09:15:00+01:00",
    "warnings": [],
}

_UNAUTHENTICATED = problem(
    401,
    problem_example(
        401, "authentication_failed", _("This API key is unknown, revoked or expired.")
    ),
)
_FORBIDDEN = problem(
    403,
    problem_example(
        403,
        "missing_scope",
        lazy(lacks, str)(Scope.LEADS_WRITE),
    ),
)
_NOT_FOUND = problem(
    404,
    problem_example(
        404, "not_found", _("There is nothing at this address. Addresses end with a slash.")
    ),
)
_WRONG_PARAMETER = problem(
    400,
    problem_example(
        400,
        "validation_error",
        _("Unknown parameter."),
        [
            {
                "field": "farbe",
                "code": "unknown_parameter",
                "detail": _("Unknown parameter."),
            }
        ],
    ),
)

LIST: dict[str, Any] = {
    "operation_id": "leads_list",
    "summary": _("List leads"),
    "description": _(
        "Newest first. Follow the link `next` to the end; it costs the same on every page. "
        "Filters may be combined; an unknown name or value is an error, not an empty list."
    ),
    "tags": ["leads"],
    "responses": {
        200: OpenApiResponse(
            LeadSerializer(many=True),
            description=_("One page of leads."),
            examples=[OpenApiExample("lead", _LEAD, response_only=True, status_codes=["200"])],
        ),
        400: _WRONG_PARAMETER,
        401: _UNAUTHENTICATED,
        403: _FORBIDDEN,
    },
}
RETRIEVE: dict[str, Any] = {
    "operation_id": "leads_retrieve",
    "summary": _("Read a lead"),
    "description": _("A lead of another dealer answers 404, like one that does not exist."),
    "tags": ["leads"],
    "parameters": [
        OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH, description=_("Its id."))
    ],
    "responses": {
        200: OpenApiResponse(
            LeadSerializer,
            description=_("The lead."),
            examples=[OpenApiExample("lead", _LEAD, response_only=True, status_codes=["200"])],
        ),
        401: _UNAUTHENTICATED,
        403: _FORBIDDEN,
        404: _NOT_FOUND,
    },
}
_REPLAYED = OpenApiParameter(
    "Idempotent-Replayed",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201],
    description=_("“true” if this is the stored answer to an earlier request."),
)
CREATE: dict[str, Any] = {
    "operation_id": "leads_create",
    "summary": _("Create a lead"),
    "description": _(
        "A subject or contact data is enough. The customer is recognised by id, e-mail, or phone "
        "and name; otherwise a new one is created. The same `external_id` again updates the lead "
        "(200). What is odd but usable is taken and named in `warnings`; what cannot be used is "
        "an error and can be seen in the office's intake ledger.\n\n"
        "Each field may be given under its German name instead: `titel`, `kontakt`, `plz` …"
    ),
    "tags": ["leads"],
    "parameters": [
        OpenApiParameter(
            "Idempotency-Key",
            {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
            OpenApiParameter.HEADER,
            description=_(
                "Any text of your own, new for each lead. The same key with the same body brings "
                "the stored first answer and no second lead, for 30 days."
            ),
        ),
        OpenApiParameter(
            "Location",
            OpenApiTypes.URI,
            OpenApiParameter.HEADER,
            response=[201],
            description=_("The lead's own address."),
        ),
        _REPLAYED,
    ],
    "request": LeadCreateSerializer,
    "examples": [
        OpenApiExample("english", _REQUEST, request_only=True, summary=_("English names")),
        OpenApiExample("german", _REQUEST_GERMAN, request_only=True, summary=_("German names")),
    ],
    "responses": {
        201: OpenApiResponse(
            ReceivedLeadSerializer,
            description=_("The new lead."),
            examples=[
                OpenApiExample(
                    "created",
                    {**_LEAD, "outcome": "created"},
                    response_only=True,
                    status_codes=["201"],
                )
            ],
        ),
        200: OpenApiResponse(
            ReceivedLeadSerializer,
            description=_("The lead that this `external_id` had already."),
            examples=[
                OpenApiExample(
                    "repeated",
                    {**_LEAD, "outcome": "repeated"},
                    response_only=True,
                    status_codes=["200"],
                )
            ],
        ),
        400: problem(
            400,
            problem_example(
                400,
                "validation_error",
                _("This is not a date. Write it like 31.12.2026 or 2026-12-31."),
                [
                    {
                        "field": "follow_up_on",
                        "code": "invalid",
                        "detail": _("This is not a date. Write it like 31.12.2026 or 2026-12-31."),
                    }
                ],
            ),
        ),
        401: _UNAUTHENTICATED,
        403: _FORBIDDEN,
        409: problem(
            409,
            problem_example(
                409,
                "request_in_progress",
                _("The first request with this Idempotency-Key is still running."),
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
        415: problem(
            415,
            problem_example(
                415,
                "unsupported_media_type",
                _("Send the body as “Content-Type: application/json” in UTF-8."),
            ),
        ),
        413: problem(413, problem_example(413, "too_large", _("The body is larger than 1 MB."))),
        422: problem(
            422,
            problem_example(
                422,
                "idempotency_key_reused",
                _("This Idempotency-Key was used before with another body."),
            ),
        ),
    },
}
