"""Links of a form to the rows that it names."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from leads.admin.wall import has_field


class LinksWithinRights:
    """An admin for rendering one form: what is read-only leads to a page only for those who may
    open it. Everything else is the admin's own."""

    def __init__(self, model_admin: ModelAdmin, request: HttpRequest, row: Model) -> None:
        self._admin = model_admin
        self.readonly_preprocess_fields = dict(model_admin.readonly_preprocess_fields)
        for name in model_admin.get_readonly_fields(request, row if row.pk else None):
            if isinstance(name, str) and not self._may_open(request, row, name):
                self.readonly_preprocess_fields[name] = partial(_as_text, getattr(row, name))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._admin, name)

    def _may_open(self, request: HttpRequest, row: Model, name: str) -> bool:
        """Whether the field leads nowhere, or to a page that the user may see."""
        if not has_field(type(row), name):
            return True
        field: Any = row._meta.get_field(name)
        if not (field.many_to_one or field.one_to_one) or getattr(row, field.attname) is None:
            return True
        target = self._admin.admin_site._registry.get(field.remote_field.model)
        return target is None or target.has_view_permission(request, getattr(row, name))


def _as_text(value: Any, _link: SafeString) -> SafeString:
    return conditional_escape(str(value))
