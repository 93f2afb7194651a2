"""Records that the house keeps by itself: people look at them."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest

from leads.admin.base import DealerAdmin


class KeptAdmin(DealerAdmin):
    """Nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Whatever a page shows."""
        if self.fieldsets is None:
            return list(super().get_readonly_fields(request, obj))
        return [*flatten_fieldsets(self.fieldsets), "dealer"]
