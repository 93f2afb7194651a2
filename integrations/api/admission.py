"""Who may send a website form: an open form, an allowed website, not too often."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.http import HttpRequest, QueryDict

from integrations.api.client_address import client_address
from integrations.models import WebsiteForm
from integrations.website_form.schema import Json
from integrations.website_form.throttling import seconds_to_wait

_LISTS = ("wishes", "wishes[]", "consents")


def find_form(key: str) -> WebsiteForm | None:
    """The form with its dealer and location, switched on or not; one query."""
    forms = WebsiteForm.objects.filter(dealer__is_active=True)
    return forms.select_related("dealer", "location").filter(key=key).first()


def is_from_allowed_website(request: HttpRequest, form: WebsiteForm) -> bool:
    """Whether the page that sends this is the dealer's or ours.

    Browsers name the page's origin with every POST; programs on a server name none. This keeps
    other websites from using the form through their visitors, it is no proof of who calls.
    """
    origin = request.headers.get("Origin")
    ours = f"{request.scheme}://{request.get_host()}"
    return origin is None or origin == ours or origin in form.allowed_origins


def must_wait(request: HttpRequest, form: WebsiteForm, *, now: datetime) -> int:
    """Counts the attempt; how many seconds the caller has to wait, 0 if not at all."""
    return seconds_to_wait(form, client_address(request), now=now)


def fields_of(sent: QueryDict) -> Mapping[str, Json]:
    """A form post as a plain dict; of a name sent several times the last counts, but for lists."""
    return {
        name: values if name in _LISTS else values[-1] if values else ""
        for name, values in sent.lists()
    }
