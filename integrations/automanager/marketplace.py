"""The Marketplace API of pixelconcept: the cars that Automanager publishes, page after page.

It says nothing about exports. The key is part of the address, as the API wants it; addresses are
told and logged without values (integrations/calls.py, and `urllib3` in the settings' LOGGING).
Sources and assumptions: README.md, "Stock".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from integrations.automanager.fields import Broken, Reader, Remarks
from integrations.http import PartnerClient, PartnerMisconfigured, PartnerRefused
from integrations.models import Connection

PAGE_SIZE = 100
# Far more cars than a dealer has; whoever sends more sends us in circles.
MAX_PAGES = 500


class MarketplaceClient(PartnerClient):
    def __init__(self, base_url: str, key: str) -> None:
        super().__init__(base_url)
        if not key or not key.isascii() or not key.isprintable():
            raise PartnerMisconfigured(_("The API key is missing, or it is not one."))
        self._session.params = {"apikey": key}

    @sensitive_variables()
    def count(self) -> int:
        """How many cars are published. Raises PartnerError."""
        number = self.request("GET", "/vehicles/count")
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise PartnerRefused(_("The number of vehicles that was sent is not a number."))
        return number

    @sensitive_variables()
    def vehicles(self, *, skip: int) -> list[Any]:
        """A page, as it came. Raises PartnerError."""
        page = self.request("GET", "/vehicles", params={"skip": skip, "take": PAGE_SIZE})
        if not isinstance(page, dict) or not isinstance(page.get("items"), list):
            raise PartnerRefused(_("The page of vehicles that was sent is not one."))
        items: list[Any] = page["items"]
        return items


def client_of(connection: Connection) -> MarketplaceClient:
    """Raises PartnerMisconfigured."""
    return MarketplaceClient(connection.base_url, connection.access_token)


def pages_of(client: MarketplaceClient) -> Iterator[list[Any]]:
    """To the end: until a page is empty. Raises PartnerError, also for pages in circles."""
    names: set[str] = set()
    skip = 0
    for _number in range(MAX_PAGES):
        items = client.vehicles(skip=skip)
        if not items:
            return
        new = {name_of(item) for item in items} - {""}
        if new and new <= names:
            raise PartnerRefused(_("The pages go in circles; reading was stopped."))
        yield items
        names |= new
        skip += len(items)
    raise PartnerRefused(_("There is no end to the pages; reading was stopped."))


def name_of(item: Any) -> str:
    """Its number there; "" if it has none."""
    try:
        return Reader(item, Remarks(), "").id("id")
    except Broken:
        return ""


def try_out(connection: Connection) -> str:
    """Ask how many cars there are. Raises PartnerError."""
    with client_of(connection) as client:
        number = client.count()
    message = ngettext(
        "The key works: %(n)d published vehicle can be read.",
        "The key works: %(n)d published vehicles can be read.",
        number,
    )
    return message % {"n": number}
