"""Chips above a list: the views that people switch between all day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from leads.admin.base import DealerChangeList


class ChipFilter(admin.SimpleListFilter):
    """A subclass names its chips in `lookups`. One whose value is "" is what the list shows by
    itself; without such a one, the active chip leads back to the whole list."""

    title = _("view")
    parameter_name = "view"
    # The chips show it; in the filter sheet it only has to survive.
    template = "admin/leads/filter_kept.html"

    def choices(self, changelist: Any) -> Iterator[Any]:
        shown = self.value() or ""
        has_usual = any(not value for value, _label in self.lookup_choices)
        for value, label in self.lookup_choices:
            is_active = shown == value
            leads_back = not value or (is_active and not has_usual)
            yield {
                "display": label,
                "selected": is_active,
                "is_usual": has_usual,  # nothing to switch off
                "query_string": changelist.get_query_string(
                    {self.parameter_name: None if leads_back else value}
                ),
            }


class ChipChangeList(DealerChangeList):
    """A list with chips; its admin has `list_before_template = "admin/leads/chips.html"`."""

    chips: list[dict[str, Any]]

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        specs = [spec for spec in self.filter_specs if isinstance(spec, ChipFilter)]
        self.chips = [chip for spec in specs for chip in spec.choices(self)]
