"""The timeline of a lead: read, and written by other systems (a call in the telephone system, a
mail from the CRM)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from leads.api import operations
from leads.api.bases import KeyViewSet, none_of, present_lead, read_fields, respond
from leads.api.fields import TextField, WordField
from leads.api.filters import StrictFilterBackend, WordFilter
from leads.api.idempotency import Answer
from leads.api.pagination import NewestFirst
from leads.api.representation import Moment, Text
from leads.models.activity import Activity
from leads.models.api_key import Scope
from leads.models.lead import Lead
from leads.services.handling import LeadGone
from leads.services.noting import add_activity

ACTIVITY_NAMES = {"": {"kind": "art", "text": "text"}}


class WrittenKind(TextChoices):
    """What another system may write; everything else LeadOffice writes by itself."""

    NOTE = Activity.Kind.NOTE.value
    CALL = Activity.Kind.CALL.value
    MAIL = Activity.Kind.MAIL.value
    APPOINTMENT = Activity.Kind.APPOINTMENT.value


class ActivityOrder(NewestFirst):
    orderings: ClassVar = {"at": datetime}
    default_ordering = "-at"


class ActivityFilter(FilterSet):
    kind = WordFilter(words=Activity.Kind, help_text=_("Entries of one kind."))


class ActivityWriteSerializer(serializers.Serializer):
    """Something to be written into the timeline."""

    default_error_messages = {"invalid": _("This must be an object.")}

    kind = WordField(
        WrittenKind,
        {
            "notiz": "note",
            "anruf": "call",
            "e-mail": "mail",
            "email": "mail",
            "termin": "appointment",
        },
        required=True,
        help_text=_("A call, mail or appointment is the first response, if there was none."),
    )
    text = TextField(20_000, multiline=True, required=True, help_text=_("What happened, in words."))


class ActivitySerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    kind = serializers.ChoiceField(Activity.Kind.choices, read_only=True)
    at = Moment()
    text = Text()
    user = Text(source="user.email", help_text=_("E-mail of the colleague; null: nobody here."))
    sender = Text(help_text=_("The system that wrote it; null: the office."))


_REQUEST = {"kind": "call", "text": "Rückruf vereinbart für Montag."}
EXAMPLE = {
    "id": 9001,
    "kind": "call",
    "at": "2026-03-02T09:15:00+01:00",
    "text": "Rückruf vereinbart für Montag.",
    "user": None,
    "sender": "api:crm",
}


@extend_schema_view(
    list=extend_schema(
        **operations.listing(
            "activities_list",
            ActivitySerializer,
            EXAMPLE,
            tag="activities",
            scope=Scope.LEADS_READ,
            summary=_("List the activities of a lead"),
            description=_("What happened to the lead, newest first."),
            of_lead=True,
        )
    ),
    create=extend_schema(
        **operations.creating(
            "activities_create",
            ActivityWriteSerializer,
            {
                "english": _REQUEST,
                "german": {"art": "anruf", "text": "Rückruf vereinbart für Montag."},
            },
            ActivitySerializer,
            EXAMPLE,
            tag="activities",
            scope=Scope.LEADS_WRITE,
            summary=_("Write into the timeline of a lead"),
            description=_(
                "A note, call, mail or appointment that took place elsewhere. It stands in the "
                "timeline under the name of your system."
            ),
            of_lead=True,
        )
    ),
)
class ActivityViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = {"list": Scope.LEADS_READ, "create": Scope.LEADS_WRITE}
    filter_backends = [StrictFilterBackend]
    filterset_class = ActivityFilter
    pagination_class = ActivityOrder
    serializer_class = ActivitySerializer

    def get_queryset(self) -> QuerySet[Activity]:
        if self.is_described:
            return none_of(Activity)
        activities = Activity.objects.for_dealer(self.caller.dealer).filter(lead=self._lead())
        return activities.select_related("user")

    def create(self, request: Request, pk: int) -> Response:
        lead = self._lead()

        def act(body: dict[str, Any]) -> Answer:
            fields = read_fields(body, ActivityWriteSerializer, ACTIVITY_NAMES).values
            activity = add_activity(
                lead,
                fields["kind"],
                fields["text"],
                by=None,
                now=timezone.now(),
                sender=self.caller.sender,
            )
            return Answer(201, dict(ActivitySerializer(activity).data))

        try:
            return respond(self.answer_once(request, act))
        except LeadGone as error:
            self._lead()  # says where it went
            raise NotFound from error

    def _lead(self) -> Lead:
        return present_lead(self.request, self.kwargs["pk"], "api:activity-list")
