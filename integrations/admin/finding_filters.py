"""Chips and filters of the list of findings."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import MultipleDropdownFilter

from integrations.admin.finding_words import severity_label
from integrations.automanager.instructions import WORDS
from integrations.models import Severity
from leads.admin.chips import ChipFilter
from leads.admin.filters import Choices

ACKNOWLEDGED, CLOSED, ALL = "acknowledged", "closed", "all"


class StateFilter(ChipFilter):
    """What is open and loud comes by itself."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("", _("Open")),
            (ACKNOWLEDGED, _("Acknowledged")),
            (CLOSED, _("Done")),
            (ALL, _("All")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows: Any = queryset
        match self.value():
            case "acknowledged":
                return rows.open().exclude(acknowledged_at=None)
            case "closed":
                return rows.exclude(closed_at=None)
            case "all":
                return rows
        return rows.loud()


class SeverityFilter(MultipleDropdownFilter):
    title = _("severity")
    parameter_name = "severity"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(one.word, severity_label(one)) for one in reversed(Severity)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        words = {word for word in self.value() or [] if word}
        wanted = [one.value for one in Severity if one.word in words]
        return queryset.filter(severity__in=wanted) if words else queryset


class CheckFilter(MultipleDropdownFilter):
    title = _("check")
    parameter_name = "check"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(code, f"{words.title} ({code})") for code, words in WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        codes = [code for code in self.value() or [] if code]
        return queryset.filter(check_code__in=codes) if codes else queryset
