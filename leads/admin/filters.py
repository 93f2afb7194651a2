"""List filters that offer only what the user may see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    BooleanRadioFilter,
    DropdownFilter,
    MultipleDropdownFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)

from leads.admin.choices import choice_label
from leads.admin.finding_rows import has_export_control, leads_with_finding
from leads.admin.wall import (
    dealers_where,
    has_right_at,
    rows_at,
    sees_creditworthiness,
    user_of,
    visible_rows,
)
from leads.models import (
    Channel,
    Lead,
    LeadType,
    Location,
    MatchReason,
    Outcome,
    Source,
    Stage,
    Status,
    Tag,
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


# The chip that shows the bin.
IN_BIN = "deleted"


def leads_in_bin(user: User) -> QuerySet:
    """Deleted leads, as far as the user may delete and so restore them."""
    binned = Lead.objects.ever_of_user(user).exclude(deleted_at=None).filter(merged_into=None)
    return rows_at(binned, dealers_where(user, "leads.delete_lead"))


class QuickFilter(admin.SimpleListFilter):
    """The chips above the lead list."""

    title = _("view")
    parameter_name = "view"
    # The chips show it; in the filter sheet it only has to survive.
    template = "admin/leads/filter_kept.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chips: list[tuple[str, Any]] = [
            ("mine", _("Mine")),
            ("new", _("New")),
            ("overdue", _("Overdue")),
            ("today", _("Due today")),
            ("unassigned", _("Unassigned")),
            ("contracts", _("Expiring contracts")),
        ]
        if has_export_control(user_of(request)):
            chips.append(("finding", _("With a finding about the car")))
        if has_right_at(user_of(request), "leads.delete_lead", None):
            chips.append((IN_BIN, _("Bin")))
        if self.value() == "unanswered":  # where a figure of the start page leads
            chips.append(("unanswered", _("Waiting for the first answer")))
        return chips

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now = timezone.now()
        today = local_day(timezone.localdate(now))
        rows: Any = queryset
        match self.value():
            case "mine":
                return rows.open().filter(owner=user_of(request))
            case "new":
                return rows.filter(status__stage="new")
            case "overdue":
                return rows.overdue(now)
            case "today":
                tomorrow = local_day(timezone.localdate(now) + timedelta(days=1))
                return rows.open().filter(follow_up_at__gte=today, follow_up_at__lt=tomorrow)
            case "unassigned":
                return rows.unassigned()
            case "contracts":
                return rows.open().filter(contract_expiring=True)
            case "unanswered":
                return rows.unanswered()
            case "finding":
                # The indexes of open leads know the date of closing.
                still_open = rows.open().filter(closed_at=None)
                return still_open.filter(pk__in=leads_with_finding(user_of(request)))
            case "deleted":
                # The list itself shows none of them; this filter comes first.
                return leads_in_bin(user_of(request))
        return queryset

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The chips; the active one leads back to the list without it."""
        for value, label in self.lookup_choices:
            is_active = self.value() == value
            yield {
                "display": label,
                "selected": is_active,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: None if is_active else value}
                ),
            }


class _RowsFilter(MultipleDropdownFilter):
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


class StatusFilter(_RowsFilter):
    title = _("status")
    parameter_name = "status"
    field_name = "status"
    model_of_choices = Status


class SourceFilter(_RowsFilter):
    title = _("source")
    parameter_name = "source"
    field_name = "source"
    model_of_choices = Source


class LocationFilter(_RowsFilter):
    title = _("location")
    parameter_name = "location"
    field_name = "location"
    model_of_choices = Location
    with_none = _("without a location")


class OwnerFilter(_RowsFilter):
    title = _("owner")
    parameter_name = "owner"
    field_name = "owner"
    model_of_choices = User
    with_none = _("nobody")


class TagFilter(_RowsFilter):
    """Leads with one of these tags; each lead once, however many of them it has."""

    title = _("tags")
    parameter_name = "tag"
    field_name = "tag"
    model_of_choices = Tag

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if not any(self.value() or []):
            return queryset
        tagged = super().queryset(request, Lead.tags.through.objects.all())
        return queryset.filter(pk__in=tagged.values("lead"))


class LeadTypeFilter(MultipleDropdownFilter):
    """Types by the title this user may read: without the right to see creditworthiness, types
    that differ only in that are one choice, or the filter would tell them apart."""

    title = _("lead type")
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(title, title) for title in self._types(request)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        titles = [value for value in self.value() or [] if value]
        if not titles:
            return queryset
        types = self._types(request)
        wanted = [pk for title in titles for pk in types.get(title, [])]
        return queryset.filter(lead_type__in=wanted)

    def _types(self, request: HttpRequest) -> dict[str, list[int]]:
        """Shown title → numbers of the types it stands for."""
        sees = sees_creditworthiness(user_of(request))
        found: dict[str, list[int]] = {}
        for lead_type in visible_rows(LeadType, user_of(request)):
            title = lead_type.title_for(sees_creditworthiness=sees)
            found.setdefault(title, []).append(lead_type.pk)
        return found


class StageFilter(DropdownFilter):
    title = _("open or closed")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("closed", _("closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows: Any = queryset
        if self.value() == "open":
            return rows.open()
        if self.value() == "closed":
            return rows.filter(status__stage__in=Stage.closed())
        return queryset


class TestLeadFilter(DropdownFilter):
    title = _("test leads")
    parameter_name = "test"
    all_option = ["", _("with test leads")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("without test leads")), ("1", _("only test leads"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("0", "1"):
            return queryset.filter(is_test=self.value() == "1")
        return queryset


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


class _LinkedFilter(admin.SimpleListFilter):
    """The leads of one row; linked from that row's page, not offered in the sheet."""

    template = "admin/leads/filter_kept.html"
    chip: Any

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", self.chip)] if self.value() else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if not value:
            return queryset
        if not value.isascii() or not value.isdecimal():
            return queryset.none()
        return queryset.filter(**{str(self.parameter_name): int(value)})

    def choices(self, changelist: Any) -> Iterator[Any]:
        """One chip, which leads back to the whole list."""
        yield {
            "display": self.chip,
            "selected": True,
            "query_string": changelist.get_query_string({str(self.parameter_name): None}),
        }


class CustomerFilter(_LinkedFilter):
    title = _("customer")
    parameter_name = "customer"
    chip = _("Of one customer")


class VehicleFilter(_LinkedFilter):
    title = _("vehicle")
    parameter_name = "vehicle"
    chip = _("About one vehicle")
