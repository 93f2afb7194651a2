"""A partner with many exports, on a port of this machine, until it is ended.

`python -m benchmarks.export_partner APPS VEHICLES DAYS` prints its address. Each export has every
vehicle, and each day a transmission of every vehicle; some are faulty, so that there is something
to find.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")

PAGE = 500  # items
CODE = "MESSLATTE"


def answers(apps: int, vehicles: int, days: int, *, now: datetime) -> dict[str, Any]:
    """path → page, as the contract has them."""
    at = now.isoformat(timespec="seconds")
    names = [f"export-{n}" for n in range(apps)]
    changed_at = (now - timedelta(days=days - 1)).isoformat(timespec="seconds")
    told: dict[str, Any] = {
        "/v1/export-apps": _page([_app(name, n, vehicles, at) for n, name in enumerate(names)], at),
        "/v1/stock": _page([_car(n, names, changed_at) for n in range(vehicles)], at),
    }
    for place, name in enumerate(names):
        path = f"/v1/export-apps/{name}"
        run = {"id": "r-1", "kind": "delta", "sent_at": at, "confirmed_at": at, "result": "ok"}
        told[f"{path}/runs"] = _page([run | {"counts": {}, "message": ""}], at)
        sent = [
            _sent(place, n, now - timedelta(days=day, seconds=n))
            for day in range(days)
            for n in range(vehicles)
        ]
        told[f"{path}/transmissions"] = _page(sent, at)
        told[f"{path}/listings"] = _page([_ad(place, n, changed_at) for n in range(vehicles)], at)
    return told


def _page(items: list[Any], at: str) -> dict[str, Any]:
    return {"items": items, "next_cursor": None, "generated_at": at}


def _app(name: str, place: int, vehicles: int, at: str) -> dict[str, Any]:
    return {
        "id": name,
        "platform": f"Börse {place}",
        "mode": "api",
        "location_code": CODE,
        "dealer_number": f"{100_000 + place}",
        "state": "active",
        "provider_registered": True,
        "dealer_number_valid": True,
        "lock": None,
        "pending": {"create": 0, "change": 3, "delete": 0},
        "notify_users": [{"name": "Disposition", "email": "d@example.org", "active": True}],
        "reconciliation": {"state": "done", "unmatched_listings": 0},
        "released_vehicles": vehicles,
        "expected_interval_minutes": None,
    }


def _car(n: int, names: list[str], at: str) -> dict[str, Any]:
    released = {"released": True, "released_at": at, "individual_price": None}
    return {
        "id": n,
        "number": f"A-{n}",
        "vin": f"WTESTER{n:010d}",
        "location_code": CODE,
        "title": "VW Golf 1.5 TSI",
        "price": "18990.00",
        "currency": "EUR",
        "status": "in_stock",
        "reserved_until": None,
        "online": True,
        "updated_at": at,
        "exports": [{"app_id": name, "bookings_wanted": [], **released} for name in names],
    }


def _sent(place: int, n: int, at: datetime) -> dict[str, Any]:
    is_refused = n % 100 == place
    said = {"severity": "error", "code": "50060", "field": "", "text": "Verbrauchsangabe fehlt"}
    return {
        "id": f"t-{place}-{n}-{at:%d}",
        "run_id": "r-1",
        "at": at.isoformat(timespec="seconds"),
        "vehicle": {"id": n, "number": f"A-{n}", "vin": f"WTESTER{n:010d}"},
        "action": "change",
        "result": "error" if is_refused else "ok",
        "listing_id": f"{place}{n:06d}",
        "listing_url": f"https://boerse.example.org/{place}{n:06d}",
        "bookings": [],
        "feedback": [said] if is_refused else [],
    }


def _ad(place: int, n: int, at: str) -> dict[str, Any]:
    return {
        "listing_id": f"{place}{n:06d}",
        "vehicle_number": f"A-{n}",
        "vin": None,
        "price": "18990.00" if n % 50 else "17990.00",
        "currency": "EUR",
        "live": True,
        "created_at": at,
    }


def main() -> None:
    django.setup()
    import json

    from django.utils import timezone

    from integrations.simulator.automanager import SimulatedAutomanager
    from integrations.simulator.bdk import Request

    apps, vehicles, days = map(int, sys.argv[1:])
    partner = SimulatedAutomanager(
        answers(apps, vehicles, days, now=timezone.now()), page_size=PAGE
    )

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            reply = partner.answer(Request("GET", self.path, self.headers))
            body = json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
