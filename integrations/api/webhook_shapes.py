"""Webhooks and their deliveries as JSON."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from integrations.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from leads.api.fields import FlagField, Optional, TextField, WholeNumberField
from leads.api.representation import Moment, Number, Text
from leads.models import EventKind

LONGEST_OVERLAP = 168  # hours
WEBHOOK_NAMES = {
    "": {"name": "bezeichnung", "url": "adresse", "kinds": "ereignisse", "is_active": "aktiv"}
}
ROTATION_NAMES = {"": {"overlap_hours": "ueberlappung_stunden"}}
DELIVERY_NAMES: dict[str, dict[str, str]] = {"": {}}


class KindField(serializers.ChoiceField):
    default_error_messages = {"invalid_choice": _("There is no such type of event.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=EventKind.choices, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in EventKind.values:
            self.fail("invalid_choice")
        return data


class KindsField(Optional, serializers.ListField):
    default_error_messages = {"not_a_list": _("This must be a list.")}

    def __init__(self, **options: Any) -> None:
        super().__init__(child=KindField(), **options)

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(super().to_internal_value(data)))


class WebhookWriteSerializer(serializers.Serializer[Any]):
    """A new webhook."""

    default_error_messages = {"invalid": _("This must be an object.")}

    name = TextField(100, required=True, help_text=_("What it is for; each name once."))
    url = TextField(
        500, required=True, help_text=_("Begins with https:// and answers from the internet.")
    )
    kinds = KindsField(help_text=_("The events to be told about; empty: all of them."))


class WebhookChangeSerializer(WebhookWriteSerializer):
    """What may be changed about a webhook; what is left out stays as it is."""

    is_active = FlagField(
        help_text=_("false: nothing more is sent, and what waits is cancelled; true: again.")
    )


class RotationSerializer(serializers.Serializer[Any]):
    """How long the present secret goes on signing."""

    default_error_messages = {"invalid": _("This must be an object.")}

    overlap_hours = WholeNumberField(
        LONGEST_OVERLAP, help_text=_("For so long both secrets sign; 24, if left out.")
    )


class NothingSerializer(serializers.Serializer[Any]):
    """There is nothing to say."""

    default_error_messages = {"invalid": _("This must be an object.")}


class WebhookSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(read_only=True)
    version = serializers.IntegerField(read_only=True, help_text=_("Part of the ETag."))
    name = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    kinds = serializers.ListField(
        child=serializers.CharField(),
        read_only=True,
        help_text=_("The events it is told about; empty: all of them."),
    )
    is_active = serializers.BooleanField(read_only=True)
    failing_since = Moment(help_text=_("Since when nothing gets through; null: it does."))
    disabled_at = Moment(help_text=_("When it was switched off because nothing got through."))
    disabled_reason = Text()
    previous_secret_ends_at = serializers.SerializerMethodField(
        help_text=_("Until then the secret before signs too.")
    )
    created_at = Moment()

    def get_previous_secret_ends_at(self, endpoint: WebhookEndpoint) -> str | None:
        ends_at = endpoint.previous_secret_ends_at
        if ends_at is None or ends_at <= timezone.now():
            return None
        return serializers.DateTimeField().to_representation(ends_at)


class WebhookWithSecretSerializer(WebhookSerializer):
    secret = serializers.CharField(
        read_only=True, help_text=_("Shown here and never again; with it you check signatures.")
    )


class AttemptSerializer(serializers.Serializer[Any]):
    at = Moment()
    status_code = Number(help_text=_("null: there was no answer."))
    duration_ms = serializers.IntegerField(read_only=True)
    error = Text()
    answer = Text(help_text=_("The first kilobyte of the answer."))


class DeliverySerializer(serializers.Serializer[Any]):
    id = serializers.CharField(
        source="message_id", read_only=True, help_text=_("The webhook-id of the message.")
    )
    kind = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(WebhookDelivery.State.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    next_attempt_at = serializers.SerializerMethodField()
    last_status = Number(help_text=_("Of the last attempt; null: there was no answer."))
    created_at = Moment()
    sent_at = Moment()

    def get_next_attempt_at(self, delivery: WebhookDelivery) -> str | None:
        if delivery.state != WebhookDelivery.State.PENDING:
            return None
        return serializers.DateTimeField().to_representation(delivery.next_attempt_at)


class DeliveryWithLogSerializer(DeliverySerializer):
    body = serializers.CharField(read_only=True, help_text=_("Exactly what was signed and sent."))
    log = serializers.SerializerMethodField(help_text=_("The latest attempts, newest first."))

    def get_log(self, delivery: WebhookDelivery) -> list[dict[str, Any]]:
        latest: list[WebhookAttempt] = list(delivery.log.all()[:30])
        return list(AttemptSerializer(latest, many=True).data)
