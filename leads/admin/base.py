"""The base class of every admin: it scopes lists, forms, choices and actions.

What is shown or done reaches as far as the user's rights in the row's dealer (wall.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from leads.admin.choices import CappedPaginator, ChoicesView
from leads.admin.filters import RelatedFilter
from leads.admin.forms import DealerForm
from leads.admin.links import LinksWithinRights
from leads.admin.scoped import ScopedFields
from leads.admin.wall import (
    dealer_of,
    dealers_where,
    has_field,
    has_right_at,
    matching_text,
    rows_at,
    sees_creditworthiness,
    user_of,
    visible_rows,
)
from leads.models import Dealer

# What filters of a field append to its name.
_FIELD_LOOKUP = re.compile(r"(__id)?(__exact|__in|__isnull|__isempty)?|_(from|to)(_[01])?")


class DealerChangeList(ChangeList):
    """A list that says how many rows it found once, below them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:  # what it shows, not what one might do with it
            self.title = capfirst(str(self.opts.verbose_name_plural))

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # The theme's heading repeats the count, which may be capped, unless these are the same.
        self.full_result_count = self.result_count


class DealerAdmin(ScopedFields, ModelAdmin):
    """Base of every admin of the office. What a subclass lists in `fieldsets` or `list_display`
    is shown only as far as the user's rights in the row's dealer reach."""

    form = DealerForm
    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    # Facets count the rows of every choice at each look at the list.
    show_facets = admin.ShowFacets.NEVER
    paginator: Any = CappedPaginator
    list_fullwidth = True
    warn_unsaved_form = True
    # Shown only to those who may see results of credit pre-checks.
    creditworthiness_fields: Sequence[str] = ()
    # What an empty list says: what will be here and how it comes.
    empty_text: Any = ""
    # What the rows are called where they are counted, if not as the list is.
    rows_name: Any = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The list may be called otherwise than its rows: "select all 2,018 entries".
        name = {"module_name": str(self.rows_name or self.opts.verbose_name_plural)}
        answer: HttpResponse = super().changelist_view(request, name | (extra_context or {}))
        return answer

    # Rights

    def has_right(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        """Whether the user has the right "view", "add", "change" … in the row's dealer."""
        if obj is not None and not isinstance(obj, Model):  # the theme asks with a primary key
            obj = self.get_object(request, str(obj))
            if obj is None:
                return False
        if isinstance(obj, Dealer):
            return has_right_at(user_of(request), self.permission(action), obj.pk)
        return user_of(request).has_perm(self.permission(action), obj)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_right(request, "view", obj) or self.has_right(request, "change", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_right(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_right(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_right(request, "delete", obj)

    def permitted(self, request: HttpRequest, rows: QuerySet, permission: str) -> QuerySet:
        """Of these rows, those in whose dealer the user has the permission ("leads.change_lead").

        For actions: a list may show rows of several dealers, with different rights in each.
        """
        visible = visible_rows(self.model, user_of(request)).order_by().values("pk")
        return rows_at(rows.filter(pk__in=visible), dealers_where(user_of(request), permission))

    # Rows

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        user = user_of(request)
        rows = visible_rows(self.model, user)
        allowed = dealers_where(user, self.permission("view"), self.permission("change"))
        if allowed is not None and set(allowed) != set(user.dealer_ids()):
            rows = rows_at(rows, allowed)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if not has_field(self.model, "search_text"):
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(matching_text(search_term)) if search_term else queryset, False

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        # Django's message would name the id; a foreign row is as if it did not exist.
        raise Http404

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return DealerChangeList

    # Filters

    def get_list_filter(self, request: HttpRequest) -> Any:
        """Foreign keys named here offer only the rows that the user may see."""
        return [self._scoped_filter(item) for item in super().get_list_filter(request)]

    def _scoped_filter(self, item: Any) -> Any:
        if isinstance(item, str) and get_fields_from_path(self.model, item)[-1].is_relation:
            return (item, RelatedFilter)
        return item

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only what the list's own filters ask for. Django lets any field of the row be asked
        for in the address, hidden ones too."""
        for item in self.get_list_filter(request):
            if isinstance(item, str | list | tuple):
                name = item if isinstance(item, str) else str(item[0])
                if lookup.startswith(name) and _FIELD_LOOKUP.fullmatch(lookup[len(name) :]):
                    return True
            elif lookup == item.parameter_name:
                return True
        return False

    # Fields

    def choice_label(self, request: HttpRequest, obj: Any) -> str:
        """How a row is named where one is chosen."""
        return str(obj)

    def hidden_fields(self, request: HttpRequest, obj: Any = None) -> set[str]:
        """Fields that are absent for this user: from form, list, history and detail."""
        if sees_creditworthiness(user_of(request), obj):
            return set()
        return set(self.creditworthiness_fields)

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = self.hidden_fields(request)
        columns = [name for name in super().get_list_display(request) if name not in hidden]
        if self.chooses_dealer(request) and "dealer" not in columns:
            columns.append("dealer_cell")
        return columns

    @display(description=gettext_lazy("dealer"), ordering="dealer")
    def dealer_cell(self, row: Any) -> SafeString:
        """The dealer's name in the width of a column; in full where the mouse rests on it."""
        return format_html('<span class="lo-dealer" title="{0}">{0}</span>', row.dealer)

    def get_list_select_related(self, request: HttpRequest) -> Any:
        related = super().get_list_select_related(request)
        if isinstance(related, list | tuple) and self.chooses_dealer(request):
            return [*related, "dealer"]
        return related or (["dealer"] if self.chooses_dealer(request) else related)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self.hidden_fields(request, obj)
        fieldsets: list[Any] = [
            (title, {**options, "fields": _without(options["fields"], hidden)})
            for title, options in super().get_fieldsets(request, obj)
        ]
        listed = [name for _title, options in fieldsets for name in _names(options["fields"])]
        if self.chooses_dealer(request) and "dealer" not in listed:
            fieldsets.insert(0, (None, {"fields": ["dealer"]}))
        return [(title, options) for title, options in fieldsets if options["fields"]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        hidden = self.hidden_fields(request, obj)
        fields = [name for name in super().get_readonly_fields(request, obj) if name not in hidden]
        # A row never changes its dealer: everything that points to it would have to follow.
        if obj is not None and has_field(self.model, "dealer") and "dealer" not in fields:
            fields.append("dealer")
        return fields

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        edited = obj
        if obj is None and has_field(self.model, "dealer") and not self.chooses_dealer(request):
            form.sole_dealer = self.choices_of(
                self.model._meta.get_field("dealer"), request
            ).first()
            if form.sole_dealer is None:
                raise PermissionDenied
            edited = self.model(dealer=form.sole_dealer)
        self._narrow(form, edited)
        return form

    def chooses_dealer(self, request: HttpRequest) -> bool:
        """Whether this user has several dealers to tell apart."""
        if not has_field(self.model, "dealer"):
            return False
        return user_of(request).is_superuser or len(user_of(request).dealer_ids()) > 1

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Rows below a row stand behind the same wall."""
        for child in formset.save(commit=False):
            if has_field(type(child), "dealer") and child.dealer_id is None:
                child.dealer_id = dealer_of(form.instance)
        super().save_formset(request, form, formset, change)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs.setdefault("assume_scheme", "https")
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, forms.Textarea):
            field.widget.attrs["rows"] = 4  # the theme's ten push everything else off the screen
        return field

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        adminform = context["adminform"]
        adminform.model_admin = LinksWithinRights(self, request, adminform.form.instance)
        adminform.fieldsets = [
            (title, _unfolded(options, adminform.form.errors))
            for title, options in adminform.fieldsets
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    # Addresses

    def get_urls(self) -> list[Any]:
        choices = ChoicesView.as_view(admin_site=self.admin_site)
        return [self.address("choices/", "choices", choices), *super().get_urls()]

    def row_addresses(self, views: Mapping[str, Callable[..., Any]]) -> list[URLPattern]:
        """Pages and buttons of one row, by name: "undo" is at `<pk>/undo/`."""
        return [self.address(f"<int:pk>/{name}/", name, view) for name, view in views.items()]

    def address(self, route: str, name: str, view: Callable[..., Any]) -> URLPattern:
        """Below the list's own address and named after its model, as Django's are."""
        whole = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        return path(route, self.admin_site.admin_view(view), name=whole)


def _unfolded(options: Any, errors: Iterable[str]) -> Any:
    """The options of a fieldset, never folded over an error. Django looks for errors only in
    fields that have a row of their own."""
    if not set(errors) & set(_names(options["fields"])):
        return options
    classes = [name for name in options.get("classes", ()) if name != "collapse"]
    return {**options, "classes": classes}


def _names(fields: Iterable[Any]) -> list[str]:
    return [name for row in fields for name in ([row] if isinstance(row, str) else row)]


def _without(fields: Iterable[Any], hidden: set[str]) -> list[Any]:
    """Names (single or in rows) without the hidden ones and the rows that became empty."""
    kept: list[Any] = []
    for row in fields:
        names = [name for name in _names([row]) if name not in hidden]
        if names:
            kept.append(names[0] if len(names) == 1 else tuple(names))
    return kept
