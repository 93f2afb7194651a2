"""The change feed: what happened, in an order that a reader can follow without missing anything."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api import operations
from leads.api.bases import KeyViewSet
from leads.api.errors import error_detail, invalid
from leads.api.representation import Moment, Number, Text
from leads.models.api_key import Scope
from leads.models.event import Event, EventKind
from leads.services.events import told_data
from leads.services.feed import FeedPage, PositionNotGiven, read_feed

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000


class EventSerializer(serializers.Serializer):
    """Thin on purpose: what the row looks like now is read where it stands, with its own right."""

    position = serializers.IntegerField(read_only=True)
    type = serializers.ChoiceField(EventKind.choices, source="kind", read_only=True)
    at = Moment()
    lead_id = Number()
    customer_id = Number()
    sender = Text(help_text=_("The system that caused it; null: the office."))
    data = serializers.SerializerMethodField(  # type: ignore[assignment]
        help_text=_("`changed`: names of fields; `merged_into`: the id that is left.")
    )

    def get_data(self, event: Event) -> dict[str, Any]:
        return told_data(event)


class FeedSerializer(serializers.Serializer):
    results = EventSerializer(many=True, read_only=True, source="events")
    next = serializers.IntegerField(read_only=True, help_text=_("Send it as `after` next time."))
    has_more = serializers.BooleanField(
        read_only=True, help_text=_("There is more already: ask again at once.")
    )


EXAMPLE = {
    "results": [
        {
            "position": 1041,
            "type": "lead.created",
            "at": "2026-03-02T09:15:00+01:00",
            "lead_id": 4711,
            "customer_id": 815,
            "sender": "api:website",
            "data": {},
        },
        {
            "position": 1042,
            "type": "lead.merged",
            "at": "2026-03-02T10:02:11+01:00",
            "lead_id": 4702,
            "customer_id": 815,
            "sender": None,
            "data": {"merged_into": 4711},
        },
    ],
    "next": 1042,
    "has_more": False,
}
_AFTER = OpenApiParameter(
    "after",
    {"type": "integer", "minimum": 0, "default": 0, "maximum": 2**63 - 1},
    description=_("`next` of the answer before; 0 or nothing: from the beginning."),
)
_LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    description=_("Events per answer."),
)
_KINDS = OpenApiParameter(
    "kinds",
    {"type": "array", "minItems": 1, "items": {"type": "string", "enum": EventKind.values}},
    description=_("Only these types, with commas between: lead.created,lead.deleted"),
    explode=False,
)


class FeedView(KeyViewSet):
    scopes: ClassVar = {"changes": Scope.EVENTS_READ}
    serializer_class = FeedSerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(
        **operations.reading(
            "events_list",
            FeedSerializer,
            EXAMPLE,
            tag="events",
            scope=Scope.EVENTS_READ,
            has_id=False,
            parameters=[_AFTER, _LIMIT, _KINDS],
            errors=[operations.UNKNOWN_PARAMETER],
            summary=_("Follow what happens"),
            description=_(
                "Every change of leads and customers of the dealer, in one order. Begin with "
                "`after=0`, keep `next`, and send it as `after` the next time: no change is "
                "skipped, also none that was stored later than others that were begun after it. "
                "What was deleted or merged stays here as an event."
            ),
        )
    )
    def changes(self, request: Request) -> Response:
        unknown = sorted(set(request.query_params) - {"after", "limit", "kinds"})[:20]
        if unknown:
            detail = error_detail(_("Unknown parameter."), "unknown_parameter")
            raise ValidationError({name[:80]: [detail] for name in unknown})
        page = self._page(
            after=_number(request, "after", least=0, most=2**63 - 1, default=0),
            limit=_number(request, "limit", least=1, most=MAX_LIMIT, default=DEFAULT_LIMIT),
            kinds=_kinds(request),
        )
        return Response(FeedSerializer(page).data)

    def _page(self, *, after: int, limit: int, kinds: list[str]) -> FeedPage:
        try:
            return read_feed(self.caller.dealer, after=after, limit=limit, kinds=kinds)
        except PositionNotGiven as error:
            message = _("This position has not been given out yet. Begin again with 0.")
            raise invalid("after", message, "unknown_position") from error


def _number(request: Request, name: str, *, least: int, most: int, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if re.fullmatch("[0-9]{1,19}", text) and least <= int(text) <= most:
        return int(text)
    message = _("A number from %(least)d to %(most)d, please.") % {"least": least, "most": most}
    raise invalid(name, message)


def _kinds(request: Request) -> list[str]:
    text = request.query_params.get("kinds")
    if text is None:
        return []
    kinds = sorted({part.strip() for part in text.split(",")})
    if not set(kinds) <= set(EventKind.values):
        raise invalid("kinds", _("There is no such type of event."), "unknown_value")
    return kinds
