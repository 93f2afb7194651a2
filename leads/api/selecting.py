"""What an answer shows of a lead: `fields` narrows it, `expand` adds what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from integrations.api.handovers import HandoverSerializer
from integrations.models import Handover
from leads.api.activities import ActivitySerializer
from leads.api.customers import CustomerSerializer
from leads.api.errors import error_detail
from leads.api.permissions import lacks
from leads.api.representation import JOINED, LeadSerializer, Moment, Text, show_lead
from leads.api.tasks import TaskSerializer
from leads.api.vehicles import StockVehicleSerializer
from leads.models.activity import Activity
from leads.models.api_key import ApiKey, Scope
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.models.task import Task

# Rows of each kind per lead; the others are read at their own address.
MAX_ROWS = 50

PARAMETERS = ("fields", "expand")


class EnquirySerializer(serializers.Serializer):
    """One of the enquiries that a lead consists of."""

    id = serializers.IntegerField(read_only=True)
    sender = Text(help_text=_("The system that it came from."))
    external_id = Text(help_text=_("The sender's own number."))
    source = Text(source="source.name")  # type: ignore[assignment]
    subject = Text()
    message = Text()
    campaign = Text()
    vehicle_name = Text()
    contact = serializers.DictField(
        read_only=True, help_text=_("Contact data that are not those of the lead.")
    )
    enquired_at = Moment()
    received_at = Moment()


@dataclass(frozen=True)
class Expansion:
    """Something that belongs to a lead; `rows` is None for what is joined anyway."""

    scope: Scope
    serializer: type[serializers.Serializer]
    rows: QuerySet[Any] | None = None


@cache
def expansions() -> dict[str, Expansion]:
    """By name. Newest first; of tasks those that are due next."""
    enquiries = Enquiry.objects.select_related("source").order_by("-received_at", "-pk")
    activities = Activity.objects.select_related("user").order_by("-at", "-pk")
    tasks = Task.objects.select_related("lead", "owner").order_by("due_at", "pk")
    handovers = Handover.objects.defer("payload").select_related("ordered_by")
    return {
        "customer": Expansion(Scope.CUSTOMERS_READ, CustomerSerializer),
        "vehicle": Expansion(Scope.VEHICLES_READ, StockVehicleSerializer),
        "enquiries": Expansion(Scope.LEADS_READ, EnquirySerializer, enquiries),
        "activities": Expansion(Scope.LEADS_READ, ActivitySerializer, activities),
        "tasks": Expansion(Scope.TASKS_READ, TaskSerializer, tasks),
        "handovers": Expansion(
            Scope.LEADS_READ, HandoverSerializer, handovers.order_by("-ordered_at", "-pk")
        ),
    }


class ExpandedSerializer(serializers.Serializer):
    """What `expand` asked for."""

    customer = CustomerSerializer(required=False, read_only=True, allow_null=True)
    vehicle = StockVehicleSerializer(required=False, read_only=True, allow_null=True)
    enquiries = EnquirySerializer(many=True, required=False, read_only=True)
    activities = ActivitySerializer(many=True, required=False, read_only=True)
    tasks = TaskSerializer(many=True, required=False, read_only=True)
    handovers = HandoverSerializer(
        many=True,
        required=False,
        read_only=True,
        help_text=_("To Dr. Klein, without those of leads that were merged into this one."),
    )


@extend_schema_serializer(component_name="Lead")
class SelectedLeadSerializer(LeadSerializer):
    """A lead as it is read: with `expanded`, if `expand` asks for something."""

    expanded = ExpandedSerializer(required=False, read_only=True)


@dataclass(frozen=True)
class Selection:
    """`fields`: empty means all."""

    fields: tuple[str, ...]
    expand: tuple[str, ...]

    def load(self, leads: QuerySet[Lead]) -> QuerySet[Lead]:
        """With all that will be shown; one query for each kind of rows, whatever their number."""
        joined = [*JOINED, "vehicle__location"] if "vehicle" in self.expand else JOINED
        leads = leads.select_related(*joined).prefetch_related("tags")
        known = expansions()
        for name in self.expand:
            rows = known[name].rows
            if rows is not None:
                some = Prefetch(name, rows[:MAX_ROWS], to_attr=f"shown_{name}")
                leads = leads.prefetch_related(some)
        return leads

    def show(self, lead: Lead) -> dict[str, Any]:
        shown = show_lead(lead)
        if self.fields:
            shown = {name: shown[name] for name in shown if name in self.fields}
        if self.expand:
            shown["expanded"] = {name: self._expanded(lead, name) for name in self.expand}
        return shown

    def _expanded(self, lead: Lead, name: str) -> Any:
        expansion = expansions()[name]
        serializer = _one(expansion.serializer)
        if expansion.rows is not None:
            return [serializer.to_representation(row) for row in getattr(lead, f"shown_{name}")]
        row = getattr(lead, name)
        return serializer.to_representation(row) if row else None


def selection_of(request: Request) -> Selection:
    """What the address asks for. Raises ValidationError for names that nobody knows, and
    PermissionDenied for what the key may not read."""
    known = expansions()
    fields = _names(request, "fields", tuple(_one(LeadSerializer).fields))
    expand = _names(request, "expand", tuple(known))
    granted = cast(ApiKey, request.auth).scopes
    for name in expand:
        scope = known[name].scope
        if scope not in granted:
            raise PermissionDenied(lacks(scope), "missing_scope")
    return Selection(fields, expand)


def described() -> list[OpenApiParameter]:
    """The two parameters, for the OpenAPI document."""
    lists = (
        ("fields", _one(LeadSerializer).fields, _("Only these fields of the lead.")),
        ("expand", expansions(), _("Also these, at most 50 of each, in `expanded`.")),
    )
    return [
        OpenApiParameter(
            name,
            {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(choices)}},
            description=text,
            explode=False,
        )
        for name, choices, text in lists
    ]


def _names(request: Request, parameter: str, known: Sequence[str]) -> tuple[str, ...]:
    text = request.query_params.get(parameter)
    if text is None:
        return ()
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in known]:
        message = _("There is no “%(name)s” here. Use some of these: %(names)s.") % {
            "name": unknown[0][:80],
            "names": ", ".join(known),
        }
        raise ValidationError({parameter: [error_detail(message, "unknown_value")]})
    return names


@cache
def _one(serializer_class: type[serializers.Serializer]) -> serializers.Serializer:
    return serializer_class()
