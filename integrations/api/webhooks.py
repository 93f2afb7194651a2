"""Webhooks, managed by the system that wants to be told: `/api/v1/webhooks/`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from integrations.addresses import AddressRefused, AddressUnknown, check_address
from integrations.api import webhook_description as described
from integrations.api.webhook_shapes import (
    DELIVERY_NAMES,
    ROTATION_NAMES,
    WEBHOOK_NAMES,
    DeliverySerializer,
    NothingSerializer,
    RotationSerializer,
    WebhookChangeSerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
    WebhookWriteSerializer,
)
from integrations.models import WebhookEndpoint
from integrations.webhooks import endpoints
from leads.api.bases import (
    KeyViewSet,
    body_of,
    check_if_match,
    none_of,
    read_fields,
    respond,
    show_row,
)
from leads.api.errors import invalid
from leads.api.filters import StrictFilterBackend, YesNoFilter
from leads.api.idempotency import Answer
from leads.api.pagination import NewestFirst
from leads.models.api_key import Scope


class WebhookOff(APIException):
    status_code = 409
    default_code = "webhook_off"
    default_detail = _("The webhook is switched off.")


class WebhookOrder(NewestFirst):
    orderings: ClassVar = {"created_at": datetime}
    default_ordering = "-created_at"


class WebhookFilter(FilterSet):
    is_active = YesNoFilter(help_text=_("Whether it is switched on."))


@extend_schema_view(
    list=extend_schema(**described.LIST),
    retrieve=extend_schema(**described.RETRIEVE),
    create=extend_schema(**described.CREATE),
    partial_update=extend_schema(**described.UPDATE),
    destroy=extend_schema(**described.DELETE),
)
class WebhookViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = dict.fromkeys(
        ["list", "retrieve", "create", "partial_update", "destroy", "rotate_secret", "test"],
        Scope.WEBHOOKS_MANAGE,
    )
    filter_backends = [StrictFilterBackend]
    filterset_class = WebhookFilter
    pagination_class = WebhookOrder
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        if self.is_described:
            return none_of(WebhookEndpoint)
        return WebhookEndpoint.objects.for_dealer(self.caller.dealer)

    def retrieve(self, request: Request, pk: int) -> Response:
        return self._shown(self.get_object())

    def create(self, request: Request) -> Response:
        # Before the transaction of the repeats: this asks the network.
        fields = read_fields(body_of(request), WebhookWriteSerializer, WEBHOOK_NAMES)
        _check(fields.values["url"], fields.renaming.spell("url"))
        said = {**fields.values, "kinds": fields.values.get("kinds") or []}

        def act(_body: dict[str, Any]) -> Answer:
            endpoint = WebhookEndpoint(dealer=self.caller.dealer, **said)
            with _name_is_free(fields.renaming.spell("name")), transaction.atomic():
                endpoints.create_endpoint(endpoint, sender=self.caller.sender, now=timezone.now())
            return Answer(201, dict(WebhookWithSecretSerializer(endpoint).data))

        answer = self.answer_once(request, act)
        where = {"pk": answer.body["id"]}
        address = reverse("inbound:webhook-detail", kwargs=where, request=request)
        return respond(answer, location=address)

    def partial_update(self, request: Request, pk: int) -> Response:
        fields = read_fields(body_of(request), WebhookChangeSerializer, WEBHOOK_NAMES, partial=True)
        said = fields.values
        url = self.get_object().url
        if said.get("url", url) != url:
            _check(said["url"], fields.renaming.spell("url"))
        with _name_is_free(fields.renaming.spell("name")), transaction.atomic():
            endpoint = self._locked(pk)
            check_if_match(request, endpoint)
            if said.keys() & {"name", "url", "kinds"}:
                endpoint = endpoints.change_endpoint(
                    endpoint,
                    name=said.get("name", endpoint.name),
                    url=said.get("url", endpoint.url),
                    kinds=said.get("kinds", endpoint.kinds) or [],
                )
            if said.get("is_active") not in (None, endpoint.is_active):
                switch = endpoints.switch_on if said["is_active"] else endpoints.switch_off
                endpoint = switch(endpoint)
        return self._shown(endpoint)

    def destroy(self, request: Request, pk: int) -> Response:
        with transaction.atomic():
            endpoint = self._locked(pk)
            check_if_match(request, endpoint)
            endpoint.delete()
        return Response(status=204)

    @extend_schema(**described.ROTATE)
    def rotate_secret(self, request: Request, pk: int) -> Response:
        def act(body: dict[str, Any]) -> Answer:
            said = read_fields(body, RotationSerializer, ROTATION_NAMES).values
            hours = said.get("overlap_hours")
            overlap = endpoints.OVERLAP if hours is None else timedelta(hours=hours)
            endpoint = self._locked(pk)
            check_if_match(request, endpoint)
            renewed = endpoints.renew_secret(endpoint, overlap=overlap, now=timezone.now())
            return Answer(200, dict(WebhookWithSecretSerializer(renewed).data))

        return respond(self.answer_once(request, act))

    @extend_schema(**described.TEST)
    def test(self, request: Request, pk: int) -> Response:
        def act(body: dict[str, Any]) -> Answer:
            read_fields(body, NothingSerializer, DELIVERY_NAMES)
            try:
                delivery = endpoints.send_test(self._locked(pk), now=timezone.now())
            except endpoints.SwitchedOff as error:
                raise WebhookOff from error
            return Answer(202, dict(DeliverySerializer(delivery).data))

        return respond(self.answer_once(request, act))

    def _locked(self, pk: int) -> WebhookEndpoint:
        """The webhook as it is; nobody else changes it in this transaction."""
        mine = self.get_queryset().select_for_update(no_key=True)
        endpoint = mine.filter(pk=pk).first()
        if endpoint is None:
            raise Http404
        return endpoint

    def _shown(self, endpoint: WebhookEndpoint) -> Response:
        return show_row(self.request, endpoint, lambda: WebhookSerializer(endpoint).data)


def _check(url: str, field: str) -> None:
    try:
        check_address(url)
    except AddressRefused as error:
        raise invalid(field, str(error), "address_refused") from error
    except AddressUnknown as error:
        raise invalid(field, str(error), "address_unknown") from error


@contextmanager
def _name_is_free(field: str) -> Iterator[None]:
    """Around the transaction: two requests with one name may come at once."""
    try:
        yield
    except IntegrityError as error:
        message = _("There is a webhook of this name already.")
        raise invalid(field, message, "name_taken") from error
