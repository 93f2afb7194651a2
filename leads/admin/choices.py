"""Choosing rows in forms and paging through lists, at a cost that does not grow with the table."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import cached_property

from leads.admin.wall import has_field, rows_of_dealer


class CappedPaginator(Paginator):
    """Counts up to a limit: no page costs more because the table grew."""

    LIMIT = 10_000  # rows
    template_name = "admin/leads/pagination.html"

    @cached_property
    def found(self) -> int:
        """Rows found, at most one more than the limit."""
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        return self.object_list.order_by().values("pk")[: self.LIMIT + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.found, self.LIMIT)

    @property
    def has_more(self) -> bool:
        return self.found > self.LIMIT


class ChoicesView(AutocompleteJsonView):
    """Suggestions for a field: active rows, of the edited row's dealer, named as people do."""

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if has_field(rows.model, "is_active"):
            rows = rows.filter(is_active=True)
        # The rows are the user's already, so a foreign dealer's number finds nothing.
        dealer = self.request.GET.get("dealer", "")
        if dealer.isascii() and dealer.isdecimal():
            rows = rows_of_dealer(rows, int(dealer))
        return rows

    def serialize_result(self, obj: Model, to_field_name: str) -> dict[str, str]:
        site: Any = self.admin_site
        label = choice_label(obj, admin_site=site, request=self.request)
        return {"id": str(getattr(obj, to_field_name)), "text": label}


class _DealerChoices:
    """An autocomplete select whose suggestions come from ChoicesView, within one dealer."""

    dealer_id: int | None = None
    field: Any
    admin_site: admin.AdminSite

    def get_url(self) -> str:
        chosen = self.field.remote_field.model._meta
        name = f"{self.admin_site.name}:{chosen.app_label}_{chosen.model_name}_choices"
        return reverse(name) + (f"?dealer={self.dealer_id}" if self.dealer_id else "")


class DealerSelect(_DealerChoices, AutocompleteSelect):
    pass


class DealerSelectMultiple(_DealerChoices, AutocompleteSelectMultiple):
    pass


def set_dealer(widget: Any, dealer_id: int | None) -> None:
    """Keep the suggestions of a widget, wrapped or not, within this dealer."""
    widget = getattr(widget, "widget", widget)
    if isinstance(widget, _DealerChoices):
        widget.dealer_id = dealer_id


def choice_label(obj: Model, *, admin_site: admin.AdminSite, request: HttpRequest) -> str:
    """The name of a row in choices; the row's admin may know a better one than its `str`."""
    if admin_site.is_registered(type(obj)):
        naming = getattr(admin_site.get_model_admin(type(obj)), "choice_label", None)
        if naming is not None:
            return str(naming(request, obj))
    return str(obj)
