"""Records that the house keeps by itself: people look at them."""

from __future__ import annotations

from typing import Any

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
