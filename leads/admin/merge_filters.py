"""Filters of possible duplicates and of merges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from leads.models import MatchSuggestion

_DIFFERENT = MatchSuggestion.Decision.DIFFERENT
_MERGED = MatchSuggestion.Decision.MERGED


class DecisionFilter(admin.SimpleListFilter):
    """The chips above the possible duplicates; those that wait come by themselves."""

    title = _("decision")
    parameter_name = "decision"
    # The chips show it; in the filter sheet it only has to survive.
    template = "admin/leads/filter_kept.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("To decide")), (_DIFFERENT, _("Are different")), (_MERGED, _("Merged"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in (_DIFFERENT, _MERGED):
            return queryset.filter(decision=self.value())
        return queryset.open()  # type: ignore[attr-defined]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, label in self.lookup_choices:
            yield {
                "display": label,
                "selected": (self.value() or "") == value,
                "is_usual": not value,  # nothing to switch off
                "query_string": changelist.get_query_string({self.parameter_name: value or None}),
            }


class MergeKindFilter(DropdownFilter):
    title = _("what was merged")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("customer", _("customers")), ("lead", _("leads"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class UndoneFilter(DropdownFilter):
    title = _("undone")
    parameter_name = "undone"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("0", _("still merged")), ("1", _("undone"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() in ("0", "1"):
            return queryset.filter(undone_at__isnull=self.value() == "0")
        return queryset
