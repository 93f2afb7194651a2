"""The stock cars, to be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from leads.api import operations
from leads.api.bases import KeyViewSet, none_of
from leads.api.filters import (
    MomentFilter,
    NumberFilter,
    StrictFilterBackend,
    TextFilter,
    WordFilter,
    with_words,
)
from leads.api.pagination import NewestFirst
from leads.api.representation import Amount, Moment, Number, Text
from leads.models.api_key import Scope
from leads.models.vehicle import Vehicle


class VehicleOrder(NewestFirst):
    orderings: ClassVar = {"created_at": datetime, "updated_at": datetime}
    default_ordering = "-created_at"
    implied_orderings: ClassVar = {"updated_since": "updated_at"}


class VehicleFilter(FilterSet):
    internal_number = TextFilter(method="by_number", help_text=_("The dealer's own number."))
    vin = TextFilter(method="by_vin", help_text=_("The whole VIN, in any case."))
    state = WordFilter(words=Vehicle.State, help_text=_("Where the car stands."))
    condition = WordFilter(words=Vehicle.Condition, help_text=_("New, used …"))
    location = NumberFilter(
        "location_id", least=1, most=2**63 - 1, help_text=_("Id of a location.")
    )
    updated_since = MomentFilter(
        "updated_at",
        "gte",
        help_text=_("Changed then or later; the list then begins with the oldest change."),
    )
    search = TextFilter(
        method="by_words", help_text=_("Parts of words in make, model, variant and numbers.")
    )

    def by_number(self, cars: QuerySet[Vehicle], name: str, value: str) -> QuerySet[Vehicle]:
        # Saying "not empty" lets both databases use the partial index; so below.
        return cars.filter(~Q(internal_number=""), internal_number=value)

    def by_vin(self, cars: QuerySet[Vehicle], name: str, value: str) -> QuerySet[Vehicle]:
        return cars.filter(~Q(vin=""), vin=value.replace(" ", "").upper())

    def by_words(self, cars: QuerySet[Vehicle], name: str, value: str) -> Any:
        return with_words(cars, value)


class VehicleLocationSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    name = serializers.CharField(read_only=True)


class StockVehicleSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    internal_number = Text(help_text=_("The dealer's own number."))
    vin = Text()
    make = Text()
    model = Text()
    variant = Text()
    condition = Text()
    first_registration = Text(help_text=_("Year and month: 2024-05"))
    mileage_km = Number()
    power_kw = Number()
    fuel = Text()
    price = Amount(help_text=_("EUR gross."))
    url = Text()
    state = serializers.ChoiceField(Vehicle.State.choices, read_only=True)
    location = VehicleLocationSerializer(read_only=True, allow_null=True)
    created_at = Moment()
    updated_at = Moment()


EXAMPLE = {
    "id": 77,
    "internal_number": "T-00077",
    "vin": "WVWZZZ1KZAW000077",
    "make": "Volkswagen",
    "model": "Golf VIII",
    "variant": "1.5 TSI",
    "condition": "used",
    "first_registration": "2022-05",
    "mileage_km": 31500,
    "power_kw": 110,
    "fuel": "Benzin",
    "price": "21990.00",
    "url": None,
    "state": "in_stock",
    "location": {"id": 2, "name": "Filiale Köln"},
    "created_at": "2026-02-02T09:15:00+01:00",
    "updated_at": "2026-03-02T09:15:00+01:00",
}
_COMMON: dict[str, Any] = {"tag": "vehicles", "scope": Scope.VEHICLES_READ}


@extend_schema_view(
    list=extend_schema(
        **operations.listing(
            "vehicles_list",
            StockVehicleSerializer,
            EXAMPLE,
            summary=_("List vehicles"),
            description=_(
                "The stock cars of the dealer and those that leads asked about, newest first."
            ),
            **_COMMON,
        )
    ),
    retrieve=extend_schema(
        **operations.reading(
            "vehicles_retrieve",
            StockVehicleSerializer,
            EXAMPLE,
            summary=_("Read a vehicle"),
            description=_("A car of another dealer answers 404, like one that does not exist."),
            has_etag=False,
            **_COMMON,
        )
    ),
)
class VehicleViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, KeyViewSet):
    scopes: ClassVar = {"list": Scope.VEHICLES_READ, "retrieve": Scope.VEHICLES_READ}
    filter_backends = [StrictFilterBackend]
    filterset_class = VehicleFilter
    pagination_class = VehicleOrder
    serializer_class = StockVehicleSerializer

    def get_queryset(self) -> QuerySet[Vehicle]:
        if self.is_described:
            return none_of(Vehicle)
        return Vehicle.objects.for_dealer(self.caller.dealer).select_related("location")
