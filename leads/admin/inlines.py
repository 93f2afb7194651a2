"""Rows that are shown and edited on the page of the row that they belong to."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from leads.admin.forms import DealerForm
from leads.admin.scoped import ScopedFields
from leads.admin.wall import dealer_of, has_right_at, user_of, visible_rows
from leads.models import Dealer


class DealerTabularInline(ScopedFields, TabularInline):
    """Rows below a dealer's row: their choices and their dealer are the parent's."""

    form = DealerForm
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        if obj is not None:
            formset.form.sole_dealer = obj if isinstance(obj, Dealer) else obj.dealer
        self._narrow(formset.form, obj)
        return formset

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        visible = visible_rows(self.model, user_of(request)).order_by().values("pk")
        return super().get_queryset(request).filter(pk__in=visible)

    def _has_right(self, request: HttpRequest, action: str, obj: Any) -> bool:
        return has_right_at(user_of(request), self.permission(action), dealer_of(obj))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_right(request, "view", obj) or self._has_right(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_right(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_right(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._has_right(request, "delete", obj)
