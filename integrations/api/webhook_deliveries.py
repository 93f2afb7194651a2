"""What was sent to a webhook, and sending it again: `/api/v1/webhooks/{id}/deliveries/`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api import webhook_description as described
from integrations.api.webhook_shapes import (
    DELIVERY_NAMES,
    DeliverySerializer,
    DeliveryWithLogSerializer,
    NothingSerializer,
)
from integrations.api.webhooks import WebhookOff
from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.webhooks import endpoints
from leads.api.bases import KeyViewSet, none_of, read_fields, respond
from leads.api.filters import MomentFilter, StrictFilterBackend, WordFilter
from leads.api.idempotency import Answer
from leads.api.pagination import NewestFirst
from leads.models import EventKind
from leads.models.api_key import Scope


class DeliveryOrder(NewestFirst):
    orderings: ClassVar = {"created_at": datetime}
    default_ordering = "-created_at"


class DeliveryFilter(FilterSet):
    state = WordFilter(words=WebhookDelivery.State, help_text=_("What became of them."))
    kind = WordFilter(words=EventKind, help_text=_("Messages about one kind of event."))
    created_since = MomentFilter("created_at", "gte", help_text=_("Made then or later."))


@extend_schema_view(
    list=extend_schema(**described.LIST_DELIVERIES),
    retrieve=extend_schema(**described.RETRIEVE_DELIVERY),
)
class WebhookDeliveryViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = dict.fromkeys(["list", "retrieve", "redeliver"], Scope.WEBHOOKS_MANAGE)
    filter_backends = [StrictFilterBackend]
    filterset_class = DeliveryFilter
    pagination_class = DeliveryOrder
    serializer_class = DeliverySerializer

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        if self.is_described:
            return none_of(WebhookDelivery)
        mine = WebhookEndpoint.objects.for_dealer(self.caller.dealer)
        endpoint = mine.filter(pk=self.kwargs["pk"]).only("pk").first()
        if endpoint is None:
            raise Http404
        return WebhookDelivery.objects.for_dealer(self.caller.dealer).filter(endpoint=endpoint)

    def retrieve(self, request: Request, pk: int, message_id: str) -> Response:
        return Response(DeliveryWithLogSerializer(self._delivery(message_id)).data)

    @extend_schema(**described.REDELIVER)
    def redeliver(self, request: Request, pk: int, message_id: str) -> Response:
        def act(body: dict[str, Any]) -> Answer:
            read_fields(body, NothingSerializer, DELIVERY_NAMES)
            delivery = self._delivery(message_id)
            same = self.get_queryset().filter(pk=delivery.pk)
            if not endpoints.send_again(same, now=timezone.now()):
                raise WebhookOff
            delivery.refresh_from_db()
            return Answer(202, dict(DeliverySerializer(delivery).data))

        return respond(self.answer_once(request, act))

    def _delivery(self, message_id: str) -> WebhookDelivery:
        delivery = self.get_queryset().filter(message_id=message_id).first()
        if delivery is None:
            raise Http404
        return delivery
