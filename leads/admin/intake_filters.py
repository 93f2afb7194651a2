"""Filters of the intake ledger."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter

from leads.admin.chips import ChipFilter
from leads.models import Outcome

QUARANTINE, TO_DO = "quarantine", "todo"


class IntakeViewFilter(ChipFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(QUARANTINE, _("In quarantine")), (TO_DO, _("To do"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == QUARANTINE:
            return queryset.filter(outcome=Outcome.QUARANTINED)
        if self.value() == TO_DO:
            # Whoever was rejected has been told; these only we know of.
            return queryset.filter(outcome__in=("", Outcome.QUARANTINED))
        return queryset


class SenderFilter(TextFilter):
    """From its beginning, so that an index helps."""

    title = _("sender")
    parameter_name = "sender"

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = (self.value() or "").strip()
        return queryset.filter(sender__startswith=value) if value else queryset
