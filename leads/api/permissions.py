"""What a key may do: each view names the right that each of its actions needs."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from leads.models.api_key import ApiKey

# In `scopes`: every valid key may do it.
ANY_KEY = ""


class Denied(BasePermission):
    """The default: a view that names no permission is open to nobody."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return False


class HasScope(BasePermission):
    """The key has the right that `view.scopes` names for this action."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        if view.action in (None, "metadata"):
            return True  # no such method here: 405 says more than 403
        scope = view.scopes.get(view.action)
        if scope is None:
            return False
        if scope != ANY_KEY and scope not in request.auth.scopes:
            raise PermissionDenied(lacks(scope), "missing_scope")
        return True


def lacks(scope: str) -> str:
    return _("This API key lacks the right “%(scope)s”.") % {"scope": scope}
