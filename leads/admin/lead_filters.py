"""Filters of the list of leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, MultipleDropdownFilter

from leads.admin.chips import ChipFilter
from leads.admin.filters import Choices, RowsFilter, local_day
from leads.admin.finding_rows import has_export_control, leads_with_finding
from leads.admin.wall import (
    dealers_where,
    has_right_at,
    rows_at,
    sees_creditworthiness,
    user_of,
    visible_rows,
)
from leads.models import Lead, LeadType, Source, Stage, Status, Tag, User

# The chip that shows the bin.
IN_BIN = "deleted"


def leads_in_bin(user: User) -> QuerySet:
    """Deleted leads, as far as the user may delete and so restore them."""
    binned = Lead.objects.ever_of_user(user).exclude(deleted_at=None).filter(merged_into=None)
    return rows_at(binned, dealers_where(user, "leads.delete_lead"))


class QuickFilter(ChipFilter):
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


class StatusFilter(RowsFilter):
    title = _("status")
    parameter_name = "status"
    field_name = "status"
    model_of_choices = Status


class SourceFilter(RowsFilter):
    title = _("source")
    parameter_name = "source"
    field_name = "source"
    model_of_choices = Source


class TagFilter(RowsFilter):
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
