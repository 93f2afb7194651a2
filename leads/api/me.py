"""What a key can find out about itself: the first call of everyone who sets up a connection."""

from __future__ import annotations

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api import operations
from leads.api.bases import KeyViewSet
from leads.api.permissions import ANY_KEY
from leads.api.representation import Moment
from leads.models.api_key import Scope
from leads.services.api_usage import usage_today


class OwnDealerSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)


class OwnUsageSerializer(serializers.Serializer):
    requests = serializers.IntegerField(read_only=True)
    errors = serializers.IntegerField(  # type: ignore[assignment]
        read_only=True, help_text=_("Answered with 4xx or 5xx.")
    )
    refused = serializers.IntegerField(read_only=True, help_text=_("One too many (429)."))


class OwnKeySerializer(serializers.Serializer):
    """The key that asks. Context: "usage"."""

    name = serializers.CharField(read_only=True)
    system = serializers.CharField(
        read_only=True, help_text=_("Under this name its leads are filed here.")
    )
    prefix = serializers.CharField(read_only=True, help_text=_("The key's first characters."))
    scopes = serializers.ListField(
        child=serializers.ChoiceField(Scope.choices), read_only=True, help_text=_("What it may do.")
    )
    creates_entries = serializers.BooleanField(
        read_only=True, help_text=_("Whether unknown sources and statuses are created.")
    )
    requests_per_minute = serializers.IntegerField(read_only=True, source="rate_per_minute")
    expires_at = Moment(source="expiry_date")
    dealer = OwnDealerSerializer(read_only=True)
    usage_today = serializers.SerializerMethodField()

    @extend_schema_field(OwnUsageSerializer)
    def get_usage_today(self, key: Any) -> Any:
        return OwnUsageSerializer(self.context["usage"]).data


EXAMPLE = {
    "name": "Website",
    "system": "website",
    "prefix": "k3Fq9ZxA",
    "scopes": ["leads:read", "leads:write"],
    "creates_entries": True,
    "requests_per_minute": 600,
    "expires_at": None,
    "dealer": {"id": 1, "name": "Autohaus Sonnenschein GmbH"},
    "usage_today": {"requests": 128, "errors": 2, "refused": 0},
}


class OwnKeyView(KeyViewSet):
    scopes: ClassVar = {"own": ANY_KEY}
    serializer_class = OwnKeySerializer
    pagination_class = None
    filter_backends = []

    @extend_schema(
        **operations.reading(
            "me_retrieve",
            OwnKeySerializer,
            EXAMPLE,
            tag="me",
            scope=ANY_KEY,
            has_id=False,
            summary=_("Read about your own key"),
            description=_(
                "Which dealer the key belongs to, what it may do, how often it may ask and how "
                "often it did today. Every valid key may read this."
            ),
        )
    )
    def own(self, request: Request) -> Response:
        usage = usage_today(self.caller, now=timezone.now())
        return Response(OwnKeySerializer(self.caller, context={"usage": usage}).data)
