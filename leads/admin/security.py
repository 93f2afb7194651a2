"""What the admin's pages may do in the browser."""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


class AdminScriptPolicy:
    """Lets scripts of the admin evaluate text; everything else keeps the strict policy.

    The theme's Alpine.js compiles the expressions in its templates and would stand still
    otherwise. Scripts still come from our own origin only. Stands inside CSPMiddleware, which
    reads this attribute when it writes the header (as django-csp's `csp_update` sets it).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(reverse("admin:index")):
            response._csp_update = {"script-src": [UNSAFE_EVAL]}  # type: ignore[attr-defined]
        return response
