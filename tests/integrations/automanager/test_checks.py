"""Each check of the exports, just below and just above where it draws the line.

The answers take the whole way: read, stored, checked, kept as findings.
"""

from datetime import timedelta

import pytest

from integrations.automanager.instructions import WORDS, step_of
from integrations.automanager.judging import CHECKS
from integrations.automanager.wording import sentence_of
from integrations.models import ExportApp, Finding
from tests.integrations.automanager.nursery import (
    NOW,
    ad,
    ago,
    answers,
    app,
    car,
    look,
    make_automanager,
    opened,
    page,
    refusal,
    run,
    sent,
    vehicle,
)

pytestmark = pytest.mark.django_db


def lock(action="delete", limit=6, actual=8):
    return {"since": ago(hours=1), "action": action, "limit": limit, "actual": actual}


def pending(**values):
    return {"create": 0, "change": 0, "delete": 0, **values}


def people(*active):
    return [{"name": "Dispo", "email": "d@example.org", "active": one} for one in active]


def file_app(**values):
    return app(mode="file", **values)


def full(total, *, deleted=0, **values):
    counts = {"create": 0, "change": total - deleted, "delete": deleted, "total": total}
    return run(kind="full", counts=counts, **values)


def stock_of(number, **values):
    return [car(n, **values) for n in range(1, number + 1)]


def refused(n, action="create", **values):
    values = {"feedback": [refusal()], "listing_id": None, **values}
    return sent(n, action=action, result="error", **values)


def booked(n, name="t-1", code="TOP", status="booked", **values):
    return sent(n, name, bookings=[{"code": code, "label": code, "status": status}], **values)


CASES = {
    "healthy": ({}, set()),
    # AM-01
    "locked": ({"apps": [app(state="locked", lock=lock())]}, {"AM-01 critical"}),
    "was locked": ({"apps": [app(lock=lock())]}, set()),
    "state not told, run locked": (
        {"apps": [app(state=None)], "runs": [run(result="locked", confirmed_at=None)]},
        {"AM-01 critical"},
    ),
    # AM-02: 75 % of 8 is 6; unknown: max(5, 10 % of the released)
    "below 75 %": ({"apps": [app(lock=lock(limit=8), pending=pending(delete=5))]}, set()),
    "at 75 %": ({"apps": [app(lock=lock(limit=8), pending=pending(delete=6))]}, {"AM-02 warning"}),
    "limit of another action": (
        {"apps": [app(lock=lock(limit=8), pending=pending(create=4))]},
        set(),
    ),
    "unknown, 4": ({"apps": [app(pending=pending(create=4))]}, set()),
    "unknown, 5": ({"apps": [app(pending=pending(create=5))]}, {"AM-02 warning"}),
    "unknown, 9 of 100": (
        {"apps": [app(pending=pending(delete=9), released_vehicles=100)]},
        set(),
    ),
    "unknown, 10 of 100": (
        {"apps": [app(pending=pending(delete=10), released_vehicles=100)]},
        {"AM-02 warning"},
    ),
    "many changes": ({"apps": [app(pending=pending(change=500))]}, set()),
    # AM-03
    "nobody named": ({"apps": [app(notify_users=[])]}, {"AM-03 warning"}),
    "all deactivated": ({"apps": [app(notify_users=people(False, False))]}, {"AM-03 warning"}),
    "one is told": ({"apps": [app(notify_users=people(False, True))]}, set()),
    "not told who": ({"apps": [app(notify_users=None)]}, set()),
    # AM-04
    "provider": ({"apps": [app(provider_registered=False)]}, {"AM-04 critical"}),
    "number": ({"apps": [app(dealer_number_valid=False)]}, {"AM-04 critical"}),
    "neither known": (
        {"apps": [app(provider_registered=None, dealer_number_valid=None)]},
        set(),
    ),
    # AM-05
    "file, 26 h": ({"apps": [file_app()], "runs": [run(sent_at=ago(hours=26))]}, set()),
    "file, more": (
        {"apps": [file_app()], "runs": [run(sent_at=ago(hours=26, seconds=1))]},
        {"AM-05 warning"},
    ),
    "file, 50 h": (
        {"apps": [file_app()], "runs": [run(sent_at=ago(hours=50))]},
        {"AM-05 warning"},
    ),
    "file, longer": (
        {"apps": [file_app()], "runs": [run(sent_at=ago(hours=50, seconds=1))]},
        {"AM-05 error"},
    ),
    "file, never": ({"apps": [file_app()], "runs": []}, {"AM-05 error"}),
    "file, every two days": (
        {
            "apps": [file_app(expected_interval_minutes=2 * 24 * 60)],
            "runs": [run(sent_at=ago(hours=49))],
        },
        set(),
    ),
    "file, switched off": ({"apps": [file_app(state="inactive")], "runs": []}, set()),
    "api, silent": ({"runs": []}, set()),
    # AM-06
    "behind 60 min": ({"stock": [car(updated_at=ago(minutes=60))]}, set()),
    "behind more": (
        {"stock": [car(updated_at=ago(minutes=60, seconds=1))]},
        {"AM-06 warning A-1"},
    ),
    "behind 24 h": (
        {"stock": [car(updated_at=ago(hours=24))], "sends": [sent(at=ago(days=2))]},
        {"AM-06 warning A-1"},
    ),
    "behind longer": (
        {"stock": [car(updated_at=ago(hours=24, seconds=1))], "sends": [sent(at=ago(days=2))]},
        {"AM-06 error A-1"},
    ),
    "sent since": (
        {"stock": [car(updated_at=ago(hours=3))], "sends": [sent(at=ago(hours=2))]},
        set(),
    ),
    "changed before anybody read": (
        {"stock": [car(updated_at=ago(days=6))], "sends": []},
        set(),
    ),
    "four behind": (
        {
            "stock": stock_of(4, updated_at=ago(hours=2)),
            "sends": [],
            "ads": [ad(n) for n in range(1, 5)],
        },
        {f"AM-06 warning A-{n}" for n in range(1, 5)},
    ),
    "five behind": (
        {
            "stock": stock_of(5, updated_at=ago(hours=2)),
            "sends": [],
            "ads": [ad(n) for n in range(1, 6)],
        },
        {"AM-06 warning"},
    ),
    # AM-07
    "api, 2 h": ({"runs": [run(sent_at=ago(hours=2), confirmed_at=None)]}, set()),
    "api, more": (
        {"runs": [run(sent_at=ago(hours=2, seconds=1), confirmed_at=None)]},
        {"AM-07 warning"},
    ),
    "file, 24 h": (
        {"apps": [file_app()], "runs": [run(sent_at=ago(hours=24), confirmed_at=None)]},
        set(),
    ),
    "file, over 24 h": (
        {"apps": [file_app()], "runs": [run(sent_at=ago(hours=24, seconds=1), confirmed_at=None)]},
        {"AM-07 warning"},
    ),
    "the next one was confirmed": (
        {"runs": [run(), run("r-0", sent_at=ago(hours=9), confirmed_at=None)]},
        set(),
    ),
    # AM-08: two or 2 % are nothing, more than 10 % or an empty run are critical
    "two off": ({"apps": [app(released_vehicles=60)], "runs": [full(58)]}, set()),
    "three off": (
        {"apps": [app(released_vehicles=60)], "runs": [full(57)]},
        {"AM-08 warning"},
    ),
    "2 % off": ({"apps": [app(released_vehicles=200)], "runs": [full(204)]}, set()),
    "more than 2 %": (
        {"apps": [app(released_vehicles=200)], "runs": [full(205)]},
        {"AM-08 warning"},
    ),
    "10 % off": (
        {"apps": [app(released_vehicles=100)], "runs": [full(90)]},
        {"AM-08 warning"},
    ),
    "more than 10 %": (
        {"apps": [app(released_vehicles=100)], "runs": [full(89)]},
        {"AM-08 critical"},
    ),
    "empty": ({"runs": [full(0)]}, {"AM-08 critical"}),
    "empty, nothing released": ({"apps": [app(released_vehicles=0)], "runs": [full(0)]}, set()),
    "deletions do not count": (
        {"apps": [app(released_vehicles=60)], "runs": [full(70, deleted=10)]},
        set(),
    ),
    "not told, counted in the stock": (
        {"apps": [app(released_vehicles=None)], "runs": [full(4)]},
        {"AM-08 critical"},
    ),
    # AM-20
    "creation refused": ({"sends": [refused(1)]}, {"AM-20 error A-1"}),
    "change refused": ({"sends": [refused(1, "change")]}, {"AM-20 warning A-1"}),
    "deletion refused": ({"sends": [refused(1, "delete")]}, {"AM-20 critical A-1"}),
    "only the newest counts": (
        {"sends": [refused(1, name="t-0", at=ago(days=2)), sent(1)]},
        set(),
    ),
    "refused again": (
        {"sends": [sent(1, at=ago(days=2)), refused(1, name="t-9", at=ago(hours=30))]},
        {"AM-20 error A-1"},
    ),
    "sold since": (
        {"sends": [refused(1)], "stock": [car(status="sold", online=False)], "ads": []},
        set(),
    ),
    # AM-21
    "two cars": (
        {"sends": [refused(n) for n in (1, 2)], "stock": stock_of(2), "ads": []},
        {"AM-20 error A-1", "AM-20 error A-2"},
    ),
    "three cars": (
        {"sends": [refused(n) for n in (1, 2, 3)], "stock": stock_of(3), "ads": []},
        {"AM-20 error A-1", "AM-20 error A-2", "AM-20 error A-3", "AM-21 error"},
    ),
    # AM-22
    "accepted with a warning": (
        {"sends": [sent(result="warning", feedback=[refusal()])]},
        {"AM-22 info A-1"},
    ),
    # AM-23
    "released 2 h ago": ({"stock": [car(release={"released_at": ago(hours=2)})], "ads": []}, set()),
    "released longer ago": (
        {"stock": [car(release={"released_at": ago(hours=2, seconds=1)})], "ads": []},
        {"AM-23 error A-1"},
    ),
    "not released": (
        {"stock": [car(release={"released": False})], "ads": []},
        set(),
    ),
    "ad found by its number": ({"ads": [ad(1, vehicle_number="")]}, set()),
    "ad found by VIN": (
        {"sends": [], "ads": [ad(1, vehicle_number="", vin=vehicle(1)["vin"])]},
        set(),
    ),
    "ad without any name": (
        {"sends": [], "ads": [ad(1, "ad-x", vehicle_number="")]},
        {"AM-23 error A-1", "AM-24 error"},
    ),
    # AM-24
    "stray for 2 h": ({"ads": [ad(), ad(9, created_at=ago(hours=2))]}, set()),
    "stray for longer": (
        {"ads": [ad(), ad(9, created_at=ago(hours=2, seconds=1))]},
        {"AM-24 error A-9"},
    ),
    "sold 2 h ago": (
        {"stock": [car(status="sold", updated_at=ago(hours=2))]},
        set(),
    ),
    "sold and still online": (
        {"stock": [car(status="sold", updated_at=ago(hours=2, seconds=1))]},
        {"AM-24 critical A-1"},
    ),
    "reserved": ({"stock": [car(reserved_until=ago(days=-3))]}, set()),
    "offline ads are none": ({"ads": [ad(), ad(9, live=False)]}, set()),
    # AM-25
    "two ads": ({"ads": [ad(), ad(1, "ad-2", created_at=ago(days=3))]}, {"AM-25 error A-1"}),
    "one VIN": (
        {
            "ads": [
                ad(1, vin=vehicle(1)["vin"]),
                ad(1, "ad-2", vehicle_number="", vin=vehicle(1)["vin"], created_at=ago(days=3)),
            ]
        },
        {"AM-25 error A-1"},
    ),
    # AM-26
    "created anew": (
        {
            "sends": [
                sent(name="t-1", action="delete", at=ago(days=4)),
                sent(name="t-2", action="create", at=ago(days=3)),
            ]
        },
        {"AM-26 warning A-1"},
    ),
    "created, then deleted": (
        {
            "sends": [
                sent(name="t-1", action="create", at=ago(days=4)),
                sent(name="t-2", action="delete", at=ago(days=3)),
                sent(name="t-3", at=ago(days=1)),
            ]
        },
        set(),
    ),
    "the deletion was refused": (
        {
            "sends": [
                sent(name="t-1", action="delete", result="error", at=ago(days=4)),
                sent(name="t-2", action="create", at=ago(days=3)),
            ]
        },
        set(),
    ),
    # AM-27
    "one cent": ({"ads": [ad(price="20000.01")]}, {"AM-27 warning A-1"}),
    "5 %": ({"ads": [ad(price="21000.00")]}, {"AM-27 warning A-1"}),
    "more than 5 %": ({"ads": [ad(price="18999.99")]}, {"AM-27 error A-1"}),
    "price of this exchange": (
        {"stock": [car(release={"individual_price": "19500.00"})], "ads": [ad(price="19500.00")]},
        set(),
    ),
    "not the price of this exchange": (
        {"stock": [car(release={"individual_price": "19500.00"})]},
        {"AM-27 warning A-1"},
    ),
    "another currency": ({"ads": [ad(price="23000.00", currency="CHF")]}, set()),
    # AM-28
    "wanted": (
        {"stock": [car(release={"bookings_wanted": ["TOP"]})], "sends": [booked(1)]},
        set(),
    ),
    "not wanted": ({"sends": [booked(1)]}, {"AM-28 warning A-1"}),
    "refused anyway": ({"sends": [booked(1, status="refused")]}, set()),
    "half as many again": (
        {
            "stock": stock_of(3, release={"bookings_wanted": ["TOP"]}),
            "ads": [ad(n) for n in (1, 2, 3)],
            "sends": [
                *(booked(n, f"t-{n}", at=ago(hours=24)) for n in (1, 2)),
                booked(3, "t-3", at=ago(hours=23)),
            ],
        },
        {"AM-28 warning"},
    ),
    "a third more": (
        {
            "stock": stock_of(4, release={"bookings_wanted": ["TOP"]}),
            "ads": [ad(n) for n in (1, 2, 3, 4)],
            "sends": [
                *(booked(n, f"t-{n}", at=ago(hours=24)) for n in (1, 2, 3)),
                booked(4, "t-4", at=ago(hours=23)),
            ],
        },
        set(),
    ),
    # AM-29
    "no name": (
        {"stock": [car(number=None, vin=None)], "sends": [], "ads": [ad(created_at=ago(hours=1))]},
        {"AM-29 info", "AM-23 error"},
    ),
}


@pytest.mark.parametrize(("changes", "expected"), CASES.values(), ids=list(CASES))
def test_a_check_draws_the_line_where_the_table_says(changes, expected):
    connection = make_automanager()
    report = look(connection, **changes)

    assert opened(connection) == expected
    assert not report.is_failed
    for finding in report.findings:  # each says something, and what to do
        assert sentence_of(finding)
        assert step_of(finding.check_code)


@pytest.mark.parametrize(
    ("later", "expected"),
    [(timedelta(minutes=60), set()), (timedelta(minutes=60, seconds=1), {"AM-09 critical"})],
)
def test_unmatched_ads_may_stay_for_an_hour(later, expected):
    connection = make_automanager()
    waiting = [app(reconciliation={"state": "open", "unmatched_listings": 1})]
    look(connection, apps=waiting)
    assert opened(connection) == set()

    look_later(connection, later, apps=waiting)

    assert opened(connection) == expected


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (timedelta(hours=24), set()),
        (timedelta(hours=24, seconds=1), {"AM-10 warning"}),
        (timedelta(days=5), {"AM-10 warning"}),
        (timedelta(days=5, seconds=1), {"AM-10 critical"}),
    ],
)
def test_a_gap_between_checks_is_noticed_by_the_next_one(gap, expected):
    connection = make_automanager()
    look(connection)
    ExportApp.objects.update(checked_at=NOW - gap)

    look(connection)
    assert {one for one in opened(connection) if one.startswith("AM-10")} == expected
    look(connection)
    assert opened(connection) == set()


def look_later(connection, later, **changes):
    """The same answers, made so much later."""
    told = answers(**changes)
    told["/v1/export-apps"]["generated_at"] = (NOW + later).isoformat()
    return look(connection, told, now=NOW + later)


def test_a_car_on_two_accounts_of_a_platform_is_listed_twice_on_two_platforms_it_is_not():
    connection = make_automanager()
    second = {"dealer_number": "654321", "platform": "mobile.de"}
    for platform, expected in (("AutoScout24", set()), ("mobile.de", {"AM-25 error A-1"})):
        told = answers(
            apps=[app(), app("app-2", **{**second, "platform": platform})],
            stock=[car(apps=["app-1", "app-2"])],
        )
        told["/v1/export-apps/app-2/listings"] = page([ad(1, "ad-b", created_at=ago(days=2))])
        look(connection, told)
        assert opened(connection) == expected
    finding = Finding.objects.open().get()
    assert finding.dealer_number == "654321"  # the younger one should go
    assert finding.facts["keep"] == "ad-1"


def test_a_car_that_moves_to_another_account_is_deleted_and_created_at_a_cost():
    connection = make_automanager()
    told = answers(apps=[app(), app("app-2", dealer_number="654321")], stock=[car()])
    told["/v1/export-apps/app-1/transmissions"] = page([sent(action="delete", at=ago(days=2))])
    told["/v1/export-apps/app-2/transmissions"] = page([sent(action="create", at=ago(days=1))])
    look(connection, told)

    assert "AM-26 warning A-1" in opened(connection)


@pytest.mark.parametrize(
    ("field", "text", "code", "cause"),
    [
        ("", "Verbrauchsangabe fehlt", "", "envkv"),
        ("fuelConsumptionCombined", "Feld fehlt", "", "envkv"),
        ("", "", "50004", "mandatory"),
        ("", "Pflichtfeld Getriebe fehlt", "", "mandatory"),
        ("", "Unbekanntes Modell", "", "model"),
        ("price", "ungültig", "", "price"),
        ("", "Bild zu klein", "", "image"),
        ("", "Kundennummer unbekannt", "", "account"),
        ("", "Buchung nicht möglich", "", "booking"),
        ("", "Wartungsarbeiten", "", "other"),
    ],
)
def test_refusals_are_grouped_by_their_cause(field, text, code, cause):
    connection = make_automanager()
    said = {"severity": "error", "code": code, "field": field, "text": text}
    look(
        connection,
        sends=[refused(n, feedback=[said]) for n in (1, 2, 3)],
        stock=stock_of(3),
        ads=[],
    )

    group = Finding.objects.get(check_code="AM-21")
    assert (group.facts["cause"], group.facts["cars"]) == (cause, 3)


def test_different_unknown_reasons_are_not_one_cause():
    connection = make_automanager()
    look(
        connection,
        sends=[refused(n, feedback=[refusal(f"Grund {n}", "")]) for n in (1, 2, 3)],
        stock=stock_of(3),
        ads=[],
    )

    assert not Finding.objects.filter(check_code="AM-21").exists()


def test_limits_can_be_set_for_a_connection_and_for_one_export():
    connection = make_automanager(
        limits={"missing_hours": 30, "apps": {"app-2": {"missing_hours": 10}}}
    )
    stock = [car(apps=["app-1", "app-2"], release={"released_at": ago(hours=20)})]
    look(connection, apps=[app(), app("app-2", platform="AutoScout24")], stock=stock, ads=[])

    [missing] = Finding.objects.filter(check_code="AM-23")
    assert missing.app.external_id == "app-2"


def test_every_check_has_words():
    told = {check.code for check in CHECKS} | {"AM-25", "AM-26", "AM-40", "AM-41", "AM-42"}

    expected = {f"AM-{n:02d}" for n in (*range(1, 11), *range(20, 30), *range(40, 44))}
    assert told | {"AM-43"} == expected
    assert set(WORDS) == expected | {"SRC-01", "SRC-02", "SRC-03"}
