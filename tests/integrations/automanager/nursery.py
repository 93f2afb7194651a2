"""Answers of Automanager as tests want them: one healthy export with one car, if nothing is said.

Times are given as "so long before NOW".
"""

from datetime import UTC, datetime, timedelta

from integrations.automanager.source import AnswerFile
from integrations.automanager.sync import Question, check_exports
from integrations.models import Connection, Finding, Partner, Severity
from tests.builders import make_location

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)  # a Wednesday
CODE = "MUSTER1"
TOKEN = "token-for-tests"


def ago(**span):
    return (NOW - timedelta(**span)).isoformat()


def make_automanager(dealer=None, *, code=CODE, **values):
    """A connection whose dealer has a location with the code."""
    location = make_location(**({"dealer": dealer} if dealer else {}), automanager_code=code)
    defaults = {
        "dealer": location.dealer,
        "partner": Partner.AUTOMANAGER,
        "name": "Automanager",
        "base_url": "https://automanager.example.org",
        "access_token": TOKEN,
    }
    return Connection.objects.create(**{**defaults, **values})


def app(name="app-1", **values):
    return {
        "id": name,
        "platform": "mobile.de",
        "mode": "api",
        "location_code": CODE,
        "dealer_number": "123456",
        "state": "active",
        "provider_registered": True,
        "dealer_number_valid": True,
        "lock": None,
        "pending": {"create": 0, "change": 0, "delete": 0},
        "notify_users": [{"name": "Dispo", "email": "dispo@example.org", "active": True}],
        "reconciliation": {"state": "done", "unmatched_listings": 0},
        "released_vehicles": 1,
        "expected_interval_minutes": None,
        **values,
    }


def run(name="r-1", **values):
    return {
        "id": name,
        "kind": "delta",
        "sent_at": ago(hours=1),
        "confirmed_at": ago(minutes=59),
        "result": "ok",
        "counts": {"create": 0, "change": 1, "delete": 0, "ok": 1, "error": 0, "total": 1},
        "message": "",
        **values,
    }


def vehicle(n=1):
    return {"id": n, "number": f"A-{n}", "vin": f"WTESTER{n:010d}"}


def sent(n=1, name=None, **values):
    return {
        "id": f"t-{n}" if name is None else name,
        "run_id": "r-1",
        "at": ago(days=1),
        "vehicle": vehicle(n),
        "action": "change",
        "result": "ok",
        "listing_id": f"ad-{n}",
        "listing_url": f"https://boerse.example.org/ad-{n}",
        "bookings": [],
        "feedback": [],
        **values,
    }


def refusal(text="Verbrauchsangabe fehlt", code="50060"):
    return {"severity": "error", "code": code, "field": "", "text": text}


def car(n=1, *, apps=("app-1",), release=None, **values):
    released = {
        "released": True,
        "released_at": ago(days=9),
        "individual_price": None,
        "bookings_wanted": [],
        **(release or {}),
    }
    return {
        **vehicle(n),
        "location_code": CODE,
        "title": "VW Golf 1.5 TSI",
        "price": "20000.00",
        "currency": "EUR",
        "status": "in_stock",
        "reserved_until": None,
        "online": True,
        "updated_at": ago(days=6),
        "exports": [{"app_id": one, **released} for one in apps],
        **values,
    }


def ad(n=1, name=None, **values):
    return {
        "listing_id": name or f"ad-{n}",
        "vehicle_number": f"A-{n}",
        "vin": None,
        "price": "20000.00",
        "currency": "EUR",
        "live": True,
        "created_at": ago(days=8),
        **values,
    }


def page(items):
    return {"items": list(items), "next_cursor": None, "generated_at": NOW.isoformat()}


def answers(*, apps=None, stock=None, runs=None, sends=None, ads=None):
    """path → page. `runs`, `sends` and `ads` are those of the first export, the others have none;
    what is given as "missing" is left out."""
    apps = [app()] if apps is None else apps
    told = {"/v1/export-apps": page(apps)}
    if stock != "missing":
        told["/v1/stock"] = page([car()] if stock is None else stock)
    named = [one for one in apps if isinstance(one, dict) and "id" in one]
    for place, one in enumerate(named):
        lists = {"runs": (runs, run), "transmissions": (sends, sent), "listings": (ads, ad)}
        for name, (given, make) in lists.items():
            items = given if place == 0 else []
            if items != "missing":
                path = f"/v1/export-apps/{one['id']}/{name}"
                told[path] = page([make()] if items is None else items)
    return told


def look(connection, told=None, *, now=NOW, question=None, **changes):
    """The report of one check of these answers."""
    source = AnswerFile(answers(**changes) if told is None else told)
    return check_exports(connection, question or Question(), now=now, source=source)


def opened(connection):
    """{"AM-01 critical", "AM-20 error A-1", …}: what is open."""
    findings = Finding.objects.for_dealer(connection.dealer_id).open()
    return {
        f"{one.check_code} {Severity(one.severity).word} {one.vehicle_number}".strip()
        for one in findings
    }
