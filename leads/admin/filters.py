"""List filters that offer only what the user may see."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    MultipleDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)

from leads.admin.choices import choice_label
from leads.admin.wall import user_of, visible_rows
from leads.models import (
    Channel,
    Location,
    MatchReason,
    Outcome,
    Task,
    UnmappedName,
    User,
    Vehicle,
)

Choices = list[tuple[str, str]]
NONE = "none"


def local_day(day: date) -> datetime:
    """The moment a day begins in the office."""
    return timezone.make_aware(datetime.combine(day, time.min))


class RelatedFilter(RelatedDropdownFilter):
    """One row of a foreign key, from those the user may see."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[Any, str]]:
        rows = visible_rows(field.remote_field.model, user_of(request))
        site = model_admin.admin_site
        return [(row.pk, choice_label(row, admin_site=site, request=request)) for row in rows]


class DaysFilter(RangeDateFilter):
    """Whole days of the office, both included; what is no date is left out."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        name = self.parameter_name
        first, last = (self._day(f"{name}_{end}") for end in ("from", "to"))
        if first:
            queryset = queryset.filter(**{f"{name}__gte": local_day(first)})
        if last:
            queryset = queryset.filter(**{f"{name}__lt": local_day(last + timedelta(days=1))})
        return queryset

    def _day(self, parameter: str) -> date | None:
        value = self.used_parameters.get(parameter)
        try:
            # The form field knows how dates are written in the language of the page.
            return forms.DateField(required=False).clean(value)
        except forms.ValidationError:
            return None


class _Renamed:
    """A library's column has a name in English only; these are the words for it."""

    words: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = self.words


class RevokedFilter(_Renamed, BooleanRadioFilter):
    words = _("revoked")


class EnqueuedFilter(_Renamed, DaysFilter):
    words = _("enqueued")


class RowsFilter(MultipleDropdownFilter):
    """Some rows of a related table, within the wall; `with_none` offers "nothing chosen" too."""

    model_of_choices: type[Model]
    field_name: str
    with_none: Any = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        site = model_admin.admin_site
        rows = visible_rows(self.model_of_choices, user_of(request))
        named = [(str(row.pk), choice_label(row, admin_site=site, request=request)) for row in rows]
        return [(NONE, str(self.with_none)), *named] if self.with_none else named

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        values = [value for value in self.value() or [] if value]
        if not values:
            return queryset
        wanted = Q(**{f"{self.field_name}__in": [value for value in values if value.isdecimal()]})
        if NONE in values:
            wanted |= Q(**{f"{self.field_name}__isnull": True})
        return queryset.filter(wanted)


class LocationFilter(RowsFilter):
    title = _("location")
    parameter_name = "location"
    field_name = "location"
    model_of_choices = Location
    with_none = _("without a location")


class OwnerFilter(RowsFilter):
    title = _("owner")
    parameter_name = "owner"
    field_name = "owner"
    model_of_choices = User
    with_none = _("nobody")


class _ColumnFilter(MultipleDropdownFilter):
    """Some values of a column with choices."""

    options: Any
    empty_label: Any = None

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        named = [(value, capfirst(str(label))) for value, label in self.options.choices]
        return [(NONE, str(self.empty_label)), *named] if self.empty_label else named

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        values = ["" if value == NONE else value for value in self.value() or [] if value]
        return queryset.filter(**{f"{self.parameter_name}__in": values}) if values else queryset


class ChannelFilter(_ColumnFilter):
    title = _("channel")
    parameter_name = "channel"
    options = Channel


class OutcomeFilter(_ColumnFilter):
    title = _("outcome")
    parameter_name = "outcome"
    options = Outcome
    empty_label = _("not processed yet")


class VehicleStateFilter(_ColumnFilter):
    title = _("state")
    parameter_name = "state"
    options = Vehicle.State


class MatchReasonFilter(_ColumnFilter):
    title = _("reason")
    parameter_name = "reason"
    options = MatchReason


class TaskKindFilter(_ColumnFilter):
    title = _("kind")
    parameter_name = "kind"
    options = Task.Kind


class UnmappedKindFilter(_ColumnFilter):
    title = _("kind")
    parameter_name = "kind"
    options = UnmappedName.Kind
