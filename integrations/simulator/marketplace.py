"""The Marketplace API of pixelconcept (integrations/automanager/README.md, "Stock"): GET only, the
key in the address.

The demo cars are those of Automanager's demo stock, as far as they are published.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from integrations.simulator.bdk import Reply, Request, problem

API_KEY = "demo-marketplace-key"
_MOST = 100  # cars on a page, however many are asked for


@dataclass
class SimulatedMarketplace:
    """`goes_in_circles`: each page is the first one; `miscounts`: so many more are told than there
    are; `page_size`: at most so many on a page."""

    cars: list[Any]
    key: str = API_KEY
    page_size: int = _MOST
    goes_in_circles: bool = False
    miscounts: int = 0

    def answer(self, request: Request) -> Reply:
        if not hmac.compare_digest(request.query("apikey").encode(), self.key.encode()):
            return problem(HTTPStatus.UNAUTHORIZED, "INVALID_KEY")
        if request.method != "GET":
            return problem(HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED")
        if request.path == "/vehicles/count":
            return Reply(200, len(self.cars) + self.miscounts)
        if request.path == "/vehicles":
            return self._page(request)
        return problem(HTTPStatus.NOT_FOUND, "NOT_FOUND")

    def _page(self, request: Request) -> Reply:
        skip, take = request.query("skip") or "0", request.query("take") or str(_MOST)
        if not (skip.isdecimal() and take.isdecimal()):
            return problem(HTTPStatus.BAD_REQUEST, "INVALID_PAGE")
        start = 0 if self.goes_in_circles else int(skip)
        items = self.cars[start : start + min(int(take), self.page_size)]
        return Reply(200, {"items": items}, noted={"items": len(items)})


def published(stock: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Cars of the contract's /v1/stock as the Marketplace shows them."""
    return [
        {
            "id": car["id"],
            "vin": car["vin"],
            "kuerzel": car["location_code"],
            "orderNumber": car["number"],
            **_named(car["title"]),
            "consumerPrice": {"totalPrice": float(car["price"]), "currency": car["currency"]},
            "hasReservation": bool(car.get("reserved_until")),
        }
        for car in stock
        if car.get("online") and car["status"] == "in_stock"
    ]


def _named(title: str) -> dict[str, Any]:
    """ "Škoda Enyaq 60 Lodge" """
    make, model, variant, *_none = [*title.split(" ", 2), "", ""]
    return {
        "manufacturer": {"name": make},
        "model": {"name": model},
        "modelExtension": variant,
    }
