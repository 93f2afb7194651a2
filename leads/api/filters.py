"""What a list of leads can be narrowed by. A name or value that nobody knows is an error: an
answer that ignored it would look right and be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.drainage import set_override
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from leads.api.errors import error_detail, invalid
from leads.models.api_key import ApiKey
from leads.models.catalog import CatalogEntry, Source, Stage, Status
from leads.models.dealer import Dealer, Location
from leads.models.keys import catalog_key, phone_key, search_terms
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.services.german_values import parse_bool, parse_datetime

# In an address "+" means a blank: "…T09:00:00+01:00" arrives as "…T09:00:00 01:00".
_LOST_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


class _ParsedField(forms.CharField):
    """Text that `parse` turns into a value; its ValueError becomes the field's error."""

    parse: Any = None

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return type(self).parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error), "invalid") from error


def _parse_moment(text: str) -> datetime:
    is_full = "T" in text or text.count(":") > 1
    return parse_datetime(_LOST_PLUS.sub("+", text) if is_full else text)


class _MomentField(_ParsedField):
    parse = staticmethod(_parse_moment)


class _YesNoField(_ParsedField):
    parse = staticmethod(parse_bool)


class MomentFilter(django_filters.Filter):
    field_class = _MomentField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        words = {"description": options["help_text"], "examples": ["2026-03-02T09:15:00+01:00"]}
        set_override(self, "field", {"type": "string", **words})


class YesNoFilter(django_filters.Filter):
    field_class = _YesNoField

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        set_override(self, "field", {"type": "boolean", "description": options["help_text"]})


class TextFilter(django_filters.CharFilter):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, max_length=200, **options)
        words = {"description": options["help_text"], "maxLength": 200}
        set_override(self, "field", {"type": "string", **words})


class LeadFilter(FilterSet):
    status = TextFilter(method="by_status", help_text=_("Name or key of a status."))
    source = TextFilter(method="by_source", help_text=_("Name or key of a source."))
    location = TextFilter(
        method="by_location", help_text=_("Name or BDK partner number of a location.")
    )
    lead_type = TextFilter(method="by_lead_type", help_text=_("Id of a lead type."))
    owner = TextFilter(
        "owner__email", lookup_expr="iexact", help_text=_("E-mail of the colleague in charge.")
    )
    external_id = TextFilter(
        method="by_external_id", help_text=_("Your own number, exactly as you sent it.")
    )
    is_open = YesNoFilter(method="by_is_open", help_text=_("Neither won nor lost nor invalid."))
    is_test = YesNoFilter(help_text=_("Test leads only, or none of them."))
    received_after = MomentFilter("received_at", "gte", help_text=_("Received then or later."))
    received_before = MomentFilter("received_at", "lt", help_text=_("Received earlier."))
    updated_since = MomentFilter("updated_at", "gte", help_text=_("Changed then or later."))
    q = TextFilter(
        method="by_words",
        help_text=_("Parts of words in name, contact data, subject, vehicle and numbers."),
    )

    class Meta:
        model = Lead
        fields: list[str] = []

    @property
    def _caller(self) -> ApiKey:
        return cast(ApiKey, self.request.auth)

    def by_status(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(status__in=self._entries(Status, name, value))

    def by_source(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(source__in=self._entries(Source, name, value))

    def by_location(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        found = locations_named(value, self._caller.dealer)
        return leads.filter(location__in=_some(found, name))

    def by_lead_type(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        # Those of a pre-check are no more found than they are shown.
        types = LeadType.objects.for_dealer(self._caller.dealer).filter(precheck="")
        return leads.filter(lead_type__in=_some(types.filter(key=value.lower()), name))

    def by_external_id(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        return leads.filter(sender=self._caller.sender, external_id=value)

    def by_is_open(self, leads: Any, name: str, value: bool) -> QuerySet[Lead]:
        return leads.open() if value else leads.filter(status__stage__in=Stage.closed())

    def by_words(self, leads: QuerySet[Lead], name: str, value: str) -> QuerySet[Lead]:
        if number := phone_key(value):
            return leads.filter(search_text__contains=number)
        for word in search_terms(value):
            leads = leads.filter(search_text__contains=word)
        return leads

    def _entries(self, model: type[CatalogEntry], name: str, value: str) -> list[int]:
        key = catalog_key(value)
        entries = model.objects.for_dealer(self._caller.dealer)
        return _some(entries.filter(Q(name_key=key) | Q(key=key)), name)


class StrictFilterBackend(DjangoFilterBackend):
    """Filters a list by its FilterSet and refuses parameters that it does not name."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        if view.action != "list":
            return queryset
        paginator = view.paginator
        known = {
            *self.get_filterset_class(view, queryset).base_filters,
            paginator.cursor_query_param,
            paginator.page_size_query_param,
        }
        unknown = sorted(set(request.query_params) - known)[:20]
        if unknown:
            detail = error_detail(_("Unknown parameter."), "unknown_parameter")
            raise ValidationError({name[:80]: [detail] for name in unknown})
        return super().filter_queryset(request, queryset, view)


def locations_named(text: str, dealer: Dealer) -> list[Location]:
    """By name or BDK partner number. Compared here: SQLite knows no upper case of "ö"."""
    key = catalog_key(text)
    return [
        location
        for location in Location.objects.for_dealer(dealer)
        if key in (catalog_key(location.name), location.bdk_partner_number)
    ]


def _some(found: Iterable[Model], name: str) -> list[int]:
    """The ids found; none at all means that the client misspelt something."""
    ids = [one.pk for one in found]
    if not ids:
        raise invalid(name, _("There is no such entry."), "unknown_value")
    return ids
