"""What the OpenAPI document says about webhooks, with examples."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from integrations.api.webhook_shapes import (
    DeliverySerializer,
    DeliveryWithLogSerializer,
    RotationSerializer,
    WebhookChangeSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
    WebhookWriteSerializer,
)
from leads.api import operations
from leads.api.bases import PreconditionFailed
from leads.api.schema import problem_example
from leads.models.api_key import Scope

_COMMON: dict[str, Any] = {"tag": "webhooks", "scope": Scope.WEBHOOKS_MANAGE}
_REQUEST = {
    "name": "CRM",
    "url": "https://hooks.example.com/leadoffice",
    "kinds": ["lead.created", "lead.status_changed"],
}
_REQUEST_GERMAN = {
    "bezeichnung": "CRM",
    "adresse": "https://hooks.example.com/leadoffice",
    "ereignisse": ["lead.created", "lead.status_changed"],
}
_WEBHOOK = {
    "id": 3,
    "version": 1,
    **_REQUEST,
    "is_active": True,
    "failing_since": None,
    "disabled_at": None,
    "disabled_reason": None,
    "previous_secret_ends_at": None,
    "created_at": "2026-03-02T09:15:00+01:00",
}
_WITH_SECRET = {**_WEBHOOK, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="}
_DELIVERY = {
    "id": "msg_7f3d2c1b0a9e48d6b5c4a3f2e1d0c9b8",
    "kind": "lead.created",
    "state": "pending",
    "attempts": 1,
    "next_attempt_at": "2026-03-02T09:15:06+01:00",
    "last_status": 503,
    "created_at": "2026-03-02T09:15:01+01:00",
    "sent_at": None,
}
_WITH_LOG = {
    **_DELIVERY,
    "body": (
        '{"type":"lead.created","timestamp":"2026-03-02T08:15:00+00:00",'
        '"data":{"dealer":1,"lead":4711,"customer":815}}'
    ),
    "log": [
        {
            "at": "2026-03-02T09:15:01+01:00",
            "status_code": 503,
            "duration_ms": 87,
            "error": "The receiver answered 503.",
            "answer": "maintenance",
        }
    ],
}
_ADDRESS_REFUSED = _("“hooks.example.com” is not an address of the public internet.")
_NAME_TAKEN = _("There is a webhook of this name already.")
_FIELDS = [
    problem_example(
        400,
        "address_refused",
        _ADDRESS_REFUSED,
        [{"field": "url", "code": "address_refused", "detail": _ADDRESS_REFUSED}],
    ),
    problem_example(
        400,
        "name_taken",
        _NAME_TAKEN,
        [{"field": "name", "code": "name_taken", "detail": _NAME_TAKEN}],
    ),
]
_OFF = problem_example(409, "webhook_off", _("The webhook is switched off."))
_MESSAGE_ID = OpenApiParameter(
    "message_id",
    OpenApiTypes.STR,
    OpenApiParameter.PATH,
    description=_("The webhook-id of the message."),
)
_WEBHOOK_ID = OpenApiParameter(
    "id", OpenApiTypes.INT, OpenApiParameter.PATH, description=_("The id of the webhook.")
)

LIST = operations.listing(
    "webhooks_list",
    WebhookSerializer,
    _WEBHOOK,
    summary=_("List webhooks"),
    description=_("Where the events of the dealer are sent to, newest first."),
    **_COMMON,
)
RETRIEVE = operations.reading(
    "webhooks_retrieve",
    WebhookSerializer,
    _WEBHOOK,
    summary=_("Read a webhook"),
    description=_("A webhook of another dealer answers 404, like one that does not exist."),
    **_COMMON,
)
CREATE = operations.creating(
    "webhooks_create",
    WebhookWriteSerializer,
    {"english": _REQUEST, "german": _REQUEST_GERMAN},
    WebhookWithSecretSerializer,
    _WITH_SECRET,
    summary=_("Create a webhook"),
    description=_(
        "From now on every event of these kinds is sent to the address, signed by the Standard "
        "Webhooks specification with the `secret` of this answer: libraries that check it exist "
        "for most languages. A message names the event and the ids; who wants more reads it with "
        "an API key.\n\n"
        "A status 2xx says that the message has arrived. Otherwise it comes again, under the same "
        "webhook-id: after 5 seconds, 5 and 30 minutes, 2, 5, 10, 14, 20 and 24 hours. 410 "
        "switches the webhook off at once, five days without any success do so too. The same "
        "message may arrive twice; those about one lead arrive in order."
    ),
    errors=_FIELDS,
    has_etag=True,
    **_COMMON,
)
UPDATE = operations.changing(
    "webhooks_update",
    WebhookChangeSerializer,
    {"english": {"is_active": True}, "german": {"aktiv": True}},
    WebhookSerializer,
    {**_WEBHOOK, "version": 2},
    summary=_("Change a webhook"),
    description=_(
        "Only what is named changes. With `is_active` it is switched off, or on again after it "
        "was switched off."
    ),
    errors=_FIELDS,
    **_COMMON,
)
DELETE = operations.deleting(
    "webhooks_delete",
    summary=_("Delete a webhook"),
    description=_("With all that was written down about what was sent to it."),
    **_COMMON,
)
_NOTHING = {"application/json": {"type": "object", "maxProperties": 0}}
_EFFECT: dict[str, Any] = {"has_id": True, "has_etag": False, **_COMMON}
ROTATE = operations.acting(
    "webhooks_rotate_secret",
    RotationSerializer,
    {"overlap": {"overlap_hours": 48}},
    WebhookWithSecretSerializer,
    {**_WITH_SECRET, "version": 2, "previous_secret_ends_at": "2026-03-04T09:15:00+01:00"},
    parameters=[operations.IF_MATCH],
    summary=_("Renew the secret"),
    description=_("Until the overlap ends, messages carry a signature by each of the two."),
    errors=[operations.of_class(PreconditionFailed)],
    **_EFFECT,
)
TEST = operations.acting(
    "webhooks_test",
    _NOTHING,
    {"nothing": {}},
    DeliverySerializer,
    {**_DELIVERY, "kind": "webhook.test", "attempts": 0, "last_status": None},
    status=202,
    summary=_("Send a test message"),
    description=_("A message of the kind webhook.test is put on its way; it is tried once."),
    errors=[_OFF],
    **_EFFECT,
)
LIST_DELIVERIES = operations.listing(
    "webhooks_deliveries_list",
    DeliverySerializer,
    _DELIVERY,
    parameters=[_WEBHOOK_ID],
    errors=[operations.NOT_FOUND],
    summary=_("List what was sent to a webhook"),
    description=_("Newest first; kept for 30 days."),
    **_COMMON,
)
RETRIEVE_DELIVERY = operations.reading(
    "webhooks_deliveries_retrieve",
    DeliveryWithLogSerializer,
    _WITH_LOG,
    has_id=False,
    parameters=[_WEBHOOK_ID, _MESSAGE_ID],
    errors=[operations.NOT_FOUND],
    summary=_("Read a delivery with its attempts"),
    description=_("What was sent, when, and what the receiver answered."),
    **_COMMON,
)
REDELIVER = operations.acting(
    "webhooks_deliveries_redeliver",
    _NOTHING,
    {"nothing": {}},
    DeliverySerializer,
    {**_DELIVERY, "attempts": 0},
    status=202,
    parameters=[_WEBHOOK_ID, _MESSAGE_ID],
    summary=_("Send a message again"),
    description=_("It goes out at once, whatever became of it, under the same webhook-id."),
    errors=[_OFF],
    **{**_EFFECT, "has_id": False},
)
