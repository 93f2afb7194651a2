"""The lists that leads are sorted by, to be read: statuses, sources, locations and so on.

Lead types that tell the result of a credit pre-check are left out: no key may see those.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from leads.api import operations
from leads.api.bases import KeyViewSet, none_of
from leads.api.filters import StrictFilterBackend, YesNoFilter
from leads.api.pagination import NewestFirst
from leads.api.representation import Flag, Number, Text
from leads.models.api_key import Scope
from leads.models.catalog import Category, CloseReason, Source, Stage, Status, Tag
from leads.models.dealer import Location
from leads.models.lead_type import LeadType
from leads.models.wishes import Urgency


class ById(NewestFirst):
    """In the order in which they were made: nothing moves while it is read."""

    orderings: ClassVar = {"id": int}
    default_ordering = "id"
    page_size = 200


class ActiveFilter(FilterSet):
    is_active = YesNoFilter(help_text=_("Only what is still offered, or only what is not."))


class EntrySerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    key = Text(help_text=_("For programs; does not change. Requests may use it for the name."))
    name = serializers.CharField(read_only=True)
    aliases = serializers.ListField(
        child=serializers.CharField(), read_only=True, help_text=_("Other spellings that mean it.")
    )
    position = Number(help_text=_("Where it stands in the office's lists."))
    is_active = Flag(help_text=_("Whether it is still offered."))
    is_automatic = Flag(help_text=_("It came in with a lead; nobody has looked at it yet."))
    is_shared = serializers.SerializerMethodField(help_text=_("The same for all dealers."))

    def get_is_shared(self, entry: Any) -> bool:
        return entry.dealer_id is None


class StatusSerializer(EntrySerializer):
    stage = serializers.ChoiceField(
        Stage.choices,
        read_only=True,
        help_text=_("Where the status stands in the sale; the same for every dealer."),
    )
    is_open = Flag()


class SourceSerializer(EntrySerializer):
    """A source; a class of its own names it in the document."""


class CategorySerializer(EntrySerializer):
    """A category."""


class TagSerializer(EntrySerializer):
    """A tag."""


class CloseReasonSerializer(EntrySerializer):
    outcome = serializers.ChoiceField(
        CloseReason.Outcome.choices, read_only=True, help_text=_("The way of ending it belongs to.")
    )


class LocationAddressSerializer(serializers.Serializer):
    street = Text()
    postal_code = Text()
    city = Text()
    state = Text(help_text=_("The federal state, such as NW."))


class LocationSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)
    aliases = serializers.ListField(child=serializers.CharField(), read_only=True)
    address = LocationAddressSerializer(source="*", read_only=True)
    phone = Text()
    bdk_partner_number = Text(help_text=_("With leading zeros."))
    is_active = Flag()


class LeadTypeSerializer(serializers.Serializer):
    id = Text(source="key", help_text=_("Such as 1b; `lead_type` of a lead."))
    title = serializers.CharField(read_only=True, source="public_title")
    family = Text(help_text=_("What its ids begin with."))
    finance_kind = Text()
    customer_kind = Text()
    contract_expiring = Flag(
        help_text=_("A retention task: the customer did not ask for anything.")
    )
    suggested_urgency = serializers.ChoiceField(Urgency.choices, read_only=True)
    first_response_minutes = serializers.IntegerField(read_only=True)
    is_active = Flag()


_ENTRY = {
    "id": 3,
    "key": "website",
    "name": "Website",
    "aliases": ["Homepage"],
    "position": 10,
    "is_active": True,
    "is_automatic": False,
    "is_shared": True,
}
EXAMPLES: Mapping[str, dict[str, Any]] = {
    "statuses": {
        **_ENTRY,
        "key": "contacted",
        "name": "Kontaktiert",
        "aliases": [],
        "stage": "contacted",
        "is_open": True,
    },
    "sources": _ENTRY,
    "categories": {**_ENTRY, "key": "new_car", "name": "Neuwagen", "aliases": []},
    "close_reasons": {
        **_ENTRY,
        "key": "bought_elsewhere",
        "name": "Woanders gekauft",
        "aliases": [],
        "outcome": "lost",
    },
    "tags": {**_ENTRY, "key": None, "name": "golf", "aliases": [], "is_shared": False},
    "locations": {
        "id": 2,
        "name": "Filiale Köln",
        "aliases": [],
        "address": {
            "street": "Musterstraße 1",
            "postal_code": "50667",
            "city": "Köln",
            "state": "NW",
        },
        "phone": "0221 4710 100",
        "bdk_partner_number": "0012345",
        "is_active": True,
    },
    "lead_types": {
        "id": "2a",
        "title": "Probefahrt",
        "family": "2",
        "finance_kind": None,
        "customer_kind": None,
        "contract_expiring": False,
        "suggested_urgency": "normal",
        "first_response_minutes": 120,
        "is_active": True,
    },
}


def _described(name: str, serializer: Any, summary: Any) -> Any:
    words = operations.listing(
        f"{name}_list",
        serializer,
        EXAMPLES[name],
        tag="catalogs",
        scope=Scope.CATALOGS_READ,
        summary=summary,
        description=_(
            "The dealer's own entries and those that all dealers share, in the order in which "
            "they were made. They change rarely: read them once a day."
        ),
    )
    return extend_schema_view(list=extend_schema(**words))


class CatalogViewSet(mixins.ListModelMixin, KeyViewSet):
    scopes: ClassVar = {"list": Scope.CATALOGS_READ}
    filter_backends = [StrictFilterBackend]
    filterset_class = ActiveFilter
    pagination_class = ById
    model: type[Model]

    def get_queryset(self) -> QuerySet[Any]:
        if self.is_described:
            return none_of(self.model)
        rows: Any = self.model._default_manager
        return rows.for_dealer(self.caller.dealer)


@_described("statuses", StatusSerializer, _("List statuses"))
class StatusViewSet(CatalogViewSet):
    model = Status
    serializer_class = StatusSerializer


@_described("sources", SourceSerializer, _("List sources"))
class SourceViewSet(CatalogViewSet):
    model = Source
    serializer_class = SourceSerializer


@_described("categories", CategorySerializer, _("List categories"))
class CategoryViewSet(CatalogViewSet):
    model = Category
    serializer_class = CategorySerializer


@_described("close_reasons", CloseReasonSerializer, _("List close reasons"))
class CloseReasonViewSet(CatalogViewSet):
    model = CloseReason
    serializer_class = CloseReasonSerializer


@_described("tags", TagSerializer, _("List tags"))
class TagViewSet(CatalogViewSet):
    model = Tag
    serializer_class = TagSerializer


@_described("locations", LocationSerializer, _("List locations"))
class LocationViewSet(CatalogViewSet):
    model = Location
    serializer_class = LocationSerializer


@_described("lead_types", LeadTypeSerializer, _("List lead types"))
class LeadTypeViewSet(CatalogViewSet):
    model = LeadType
    serializer_class = LeadTypeSerializer

    def get_queryset(self) -> QuerySet[LeadType]:
        return super().get_queryset().filter(precheck="")
