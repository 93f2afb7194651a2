"""How a lead was passed on to Dr. Klein: `/api/v1/leads/{id}/handovers/`, to be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from integrations.models import Connection, Handover
from leads.api import operations
from leads.api.bases import KeyViewSet, none_of, present_lead
from leads.api.filters import StrictFilterBackend, WordFilter
from leads.api.pagination import NewestFirst
from leads.api.representation import Moment, Text
from leads.models.api_key import Scope


class HandoverOrder(NewestFirst):
    orderings: ClassVar = {"ordered_at": datetime}
    default_ordering = "-ordered_at"


class HandoverFilter(FilterSet):
    state = WordFilter(words=Handover.State, help_text=_("Where they stand."))
    mode = WordFilter(words=Connection.Mode, help_text=_("Tests, or real cases."))


class HandoverSerializer(serializers.Serializer[Any]):
    """One order to pass the lead on; without what was sent."""

    id = serializers.IntegerField(read_only=True)
    state = serializers.ChoiceField(
        Handover.State.choices,
        read_only=True,
        help_text=_(
            "“forwarded” and “unconfirmed” have arrived; of “unknown” nobody knows, and it is"
            " never sent again by itself."
        ),
    )
    mode = serializers.ChoiceField(
        Connection.Mode.choices, read_only=True, help_text=_("“test” makes no real case.")
    )
    profile = serializers.ChoiceField(
        Connection.Profile.choices, read_only=True, help_text=_("Which of their interfaces.")
    )
    case_number = Text(help_text=_("Their number of the case; null: none was told."))
    messages = serializers.ListField(
        child=serializers.CharField(),
        source="note_lines",
        read_only=True,
        help_text=_("What they did not take over, as they say it."),
    )
    problem = Text(help_text=_("Why it did not arrive."))
    attempts = serializers.IntegerField(read_only=True)
    ordered_at = Moment()
    ordered_by = Text(source="ordered_by.email", help_text=_("E-mail of the colleague."))
    settled_at = Moment(help_text=_("Since when the state is the last word; null: not yet."))


_EXAMPLE = {
    "id": 17,
    "state": "forwarded",
    "mode": "live",
    "profile": "b",
    "case_number": "DK4711",
    "messages": ["antragsteller1.herkunft.steuerId: Wert wurde nicht übernommen"],
    "problem": None,
    "attempts": 1,
    "ordered_at": "2026-03-02T09:15:00+01:00",
    "ordered_by": "max.verkauf@autohaus.example",
    "settled_at": "2026-03-02T09:15:04+01:00",
}


@extend_schema_view(
    list=extend_schema(
        **operations.listing(
            "handovers_list",
            HandoverSerializer,
            _EXAMPLE,
            tag="handovers",
            scope=Scope.LEADS_READ,
            summary=_("List the handovers of a lead to Dr. Klein"),
            description=_(
                "Newest first, those of leads that were merged into it included. People order"
                " them in the office."
            ),
            of_lead=True,
        )
    )
)
class HandoverViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = {"list": Scope.LEADS_READ}
    filter_backends = [StrictFilterBackend]
    filterset_class = HandoverFilter
    pagination_class = HandoverOrder
    serializer_class = HandoverSerializer

    def get_queryset(self) -> QuerySet[Handover]:
        if self.is_described:
            return none_of(Handover)
        lead = present_lead(self.request, self.kwargs["pk"], "inbound:handover-list")
        handovers = Handover.objects.for_dealer(self.caller.dealer).of_lead(lead)
        return handovers.defer("payload").select_related("ordered_by")
