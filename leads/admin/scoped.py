"""Choices of foreign keys within the wall, and numbers as people write them."""

from __future__ import annotations

from copy import deepcopy
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin.options import BaseModelAdmin
from django.db.models import (
    DecimalField,
    FloatField,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    Q,
    QuerySet,
)
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from leads.admin.choices import DealerSelect, DealerSelectMultiple, choice_label, set_dealer
from leads.admin.wall import (
    dealer_of,
    dealers_where,
    has_field,
    rows_at,
    rows_of_dealer,
    user_of,
    visible_rows,
)

_NUMBERS = (DecimalField, FloatField, IntegerField)


class ScopedFields(BaseModelAdmin):
    """Choices of foreign keys within the wall, numbers as people write them; shared by admins
    and inlines."""

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("queryset", self.choices_of(db_field, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", DealerSelect(db_field, self.admin_site))
        return self._named(super().formfield_for_foreignkey(db_field, request, **kwargs), request)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField, request: HttpRequest, **kwargs: Any
    ) -> Any:
        kwargs.setdefault("queryset", self.choices_of(db_field, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", DealerSelectMultiple(db_field, self.admin_site))
        return self._named(super().formfield_for_manytomany(db_field, request, **kwargs), request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, _NUMBERS) and not db_field.choices:
            # Browsers show the value of a number field only in English; as text it is shown and
            # read as people write it ("28.490,00").
            kwargs.setdefault("localize", True)
            kwargs.setdefault("widget", UnfoldAdminTextInputWidget({"inputmode": "decimal"}))
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def choices_of(self, db_field: Any, request: HttpRequest) -> QuerySet:
        """The rows that may be chosen for a field, before the row's own dealer is known."""
        rows = visible_rows(db_field.remote_field.model, user_of(request))
        if db_field.name == "dealer":
            return rows_at(rows, dealers_where(user_of(request), self.permission("add")))
        return rows

    def permission(self, action: str) -> str:
        """ "add" → "leads.add_lead" """
        return f"{self.opts.app_label}.{action}_{self.opts.model_name}"

    def _named(self, field: Any, request: HttpRequest) -> Any:
        if field is not None:
            field.label_from_instance = partial(
                choice_label, admin_site=self.admin_site, request=request
            )
        return field

    def _narrow(self, form: type[forms.ModelForm], obj: Model | None) -> None:
        """Leave only choices of the row's dealer, active ones and those chosen already."""
        field: Any
        for name, field in form.base_fields.items():
            if not isinstance(field, forms.ModelChoiceField) or name == "dealer":
                continue
            rows: Any = field.queryset
            if obj is not None:
                rows = rows_of_dealer(rows, dealer_of(obj))
            if has_field(rows.model, "is_active"):
                rows = rows.filter(is_active=True)
            if obj is not None and obj.pk and has_field(type(obj), name):
                offered = Q(pk__in=rows.order_by().values("pk"))
                ordering = rows.query.order_by
                rows = rows.model._default_manager.filter(offered | Q(pk__in=_chosen(obj, name)))
                rows = rows.order_by(*ordering) if ordering else rows
            narrowed = deepcopy(field)  # declared fields are shared by all requests
            narrowed.queryset = rows
            set_dealer(narrowed.widget, dealer_of(obj))
            form.base_fields[name] = narrowed


def _chosen(obj: Model, name: str) -> list[Any]:
    field: Any = obj._meta.get_field(name)
    if field.many_to_many:
        return list(getattr(obj, name).values_list("pk", flat=True))
    value = getattr(obj, field.attname)
    return [] if value is None else [value]
