"""The life of a finding, from check to check."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from integrations.automanager.findings import acknowledge, speak_again
from integrations.automanager.sync import AlreadyRunning
from integrations.models import (
    Connection,
    ExportApp,
    ExportCheck,
    ExportRun,
    Finding,
    Listing,
    Release,
    Severity,
    StockCar,
    Transmission,
)
from tests.builders import make_user, make_vehicle
from tests.integrations.automanager.nursery import (
    NOW,
    ad,
    ago,
    app,
    car,
    look,
    make_automanager,
    opened,
    refusal,
    sent,
    vehicle,
)

pytestmark = pytest.mark.django_db

REFUSED = [sent(action="change", result="error", feedback=[refusal()])]
WORSE = [sent(action="delete", result="error", feedback=[refusal()])]
STORED = (ExportApp, ExportRun, Transmission, StockCar, Release, Listing, Finding)


@pytest.fixture
def connection():
    return make_automanager()


def after(connection, hours, **changes):
    return look(connection, now=NOW + timedelta(hours=hours), **changes)


def test_the_same_data_read_twice_creates_nothing_new(connection):
    look(connection, sends=[*REFUSED, sent(2, name="")], stock=[car(), car(2)])
    before = {model: set(model.objects.values_list("pk", flat=True)) for model in STORED}
    report = after(connection, 1, sends=[*REFUSED, sent(2, name="")], stock=[car(), car(2)])

    assert {m: set(m.objects.values_list("pk", flat=True)) for m in STORED} == before
    assert report.record.outcome["new"] == 0
    assert all(before.values())


def test_a_transmission_without_a_number_is_known_by_what_it_says(connection):
    look(connection, sends=[sent(name="")])
    look(connection, sends=[sent(name=""), sent(name="", action="delete")])

    assert sorted(Transmission.objects.values_list("action", flat=True)) == ["change", "delete"]


def test_what_is_confirmed_later_is_written(connection):
    look(connection, sends=[sent(result="pending")])
    look(connection, sends=[sent(result="ok")])

    assert Transmission.objects.get().result == "ok"


def test_a_finding_is_opened_seen_again_closed_and_reopened(connection):
    look(connection, sends=REFUSED)
    finding = Finding.objects.get()
    assert (finding.opened_at, finding.last_seen_at, finding.closed_at) == (NOW, NOW, None)

    after(connection, 1, sends=REFUSED)
    finding.refresh_from_db()
    assert (finding.opened_at, finding.last_seen_at) == (NOW, NOW + timedelta(hours=1))

    report = after(connection, 2, sends=[sent(name="t-2")])
    finding.refresh_from_db()
    assert finding.closed_at == NOW + timedelta(hours=2)
    assert report.outcome.closed == [finding]

    report = after(connection, 3, sends=[{**WORSE[0], "id": "t-3", "at": ago(hours=2)}])
    finding.refresh_from_db()
    assert (finding.closed_at, finding.reopened_count) == (None, 1)
    assert finding.opened_at == NOW + timedelta(hours=3)
    assert report.outcome.reopened == [finding]


def test_an_acknowledged_finding_is_quiet_until_it_becomes_worse(connection):
    look(connection, sends=REFUSED)
    user = make_user(connection.dealer)
    ours = Finding.objects.for_user(user)
    assert acknowledge(ours, note="Kommt am Montag.", by=user, now=NOW) == 1

    report = after(connection, 1, sends=REFUSED)
    assert (len(report.findings), report.loud(Severity.WARNING)) == (1, [])
    assert not Finding.objects.loud().exists()

    report = after(connection, 2, sends=WORSE)
    finding = Finding.objects.loud().get()
    assert report.outcome.worse == [finding]
    assert (finding.note, finding.acknowledged_by) == ("Kommt am Montag.", None)


def test_a_finding_that_comes_back_is_loud_again(connection):
    look(connection, sends=REFUSED)
    user = make_user(connection.dealer)
    acknowledge(Finding.objects.for_user(user), note="Bekannt.", by=user, now=NOW)
    look(connection)
    look(connection, sends=REFUSED)

    assert Finding.objects.loud().count() == 1


def test_acknowledging_needs_a_note_and_can_be_taken_back(connection):
    look(connection, sends=REFUSED)
    user = make_user(connection.dealer)
    with pytest.raises(ValidationError):
        acknowledge(Finding.objects.for_user(user), note=" \n", by=user, now=NOW)
    acknowledge(Finding.objects.for_user(user), note="Bekannt.", by=user, now=NOW)

    assert speak_again(Finding.objects.for_user(user)) == 1
    assert Finding.objects.loud().get().note == "Bekannt."


def test_nobody_reaches_another_dealers_rows(connection):
    look(connection, sends=REFUSED)
    stranger = make_user(make_automanager(name="Fremd").dealer)

    for model in (*STORED, ExportCheck):
        assert not model.objects.for_user(stranger).exists()
    found = acknowledge(Finding.objects.for_user(stranger), note="x", by=stranger, now=NOW)
    assert found == 0


def test_data_that_are_missing_close_nothing_and_are_named(connection):
    look(connection, sends=REFUSED, ads=[ad(price="1.00")])
    before = opened(connection)
    assert before == {"AM-20 warning A-1", "AM-27 error A-1"}
    report = after(connection, 1, sends="missing", ads="missing", runs="missing")

    assert opened(connection) == before
    skipped = {one["check"] for one in report.record.skipped}
    assert {"AM-05", "AM-20", "AM-23", "AM-25", "AM-27"} <= skipped
    assert "AM-01" not in skipped
    assert not report.is_failed


def test_without_a_stock_the_checks_that_need_it_are_left_out(connection):
    report = look(connection, stock="missing", sends=REFUSED)

    assert opened(connection) == {"AM-20 warning A-1"}
    skipped = {one["check"] for one in report.record.skipped}
    assert skipped == {"AM-06", "AM-23", "AM-24", "AM-27", "AM-28", "AM-29"} | {
        "AM-41",
        "AM-42",
        "AM-43",
    }


def test_an_export_that_is_gone_or_switched_off_has_no_findings(connection):
    for left in ([app("app-2", platform="heycar")], [app(state="inactive")]):
        look(connection, sends=REFUSED)
        assert opened(connection) == {"AM-20 warning A-1"}
        look(connection, apps=left, sends=REFUSED if left[0]["id"] == "app-1" else [], ads=[])
        assert "AM-20 warning A-1" not in opened(connection)
    assert ExportApp.objects.get(external_id="app-2").gone_at is not None


def test_an_empty_stock_changes_nothing_and_says_so(connection):
    look(connection)
    report = look(connection, stock=[])

    assert StockCar.objects.get().gone_at is None
    assert report.record.state == ExportCheck.State.PARTIAL
    assert opened(connection) == {"SRC-02 warning"}


def test_a_release_that_ends_is_noted(connection):
    look(connection)
    look(connection, stock=[car(exports=[])])

    release = Release.objects.get()
    assert (release.is_released, release.since) == (False, NOW)


def test_each_check_leaves_a_record_with_what_was_open(connection):
    look(connection, sends=WORSE)
    location = str(connection.dealer_id and ExportApp.objects.get().location_id)

    record = ExportCheck.objects.get()
    assert (record.state, record.apps, record.read["transmissions"]) == ("done", 1, 1)
    assert record.open_counts == {location: {"critical": 1}}
    connection.refresh_from_db()
    assert connection.last_success_at == record.finished_at
    assert connection.lease_until is None


def test_only_one_machine_checks_a_connection_at_a_time(connection):
    Connection.objects.take_lease(connection.pk, now=NOW, for_=timedelta(minutes=5))
    with pytest.raises(AlreadyRunning):
        look(connection)

    assert not ExportCheck.objects.exists()


def test_what_is_known_about_a_car_is_found_from_its_page(connection):
    look(connection, sends=[*REFUSED, sent(2)], stock=[car(), car(2)], ads=[ad(), ad(2)])
    told = vehicle()
    ours = make_vehicle(connection.dealer, internal_number=told["number"], vin=told["vin"])
    theirs = make_vehicle(internal_number=told["number"])

    for model in (Transmission, Listing, Finding, StockCar):
        assert [one.vehicle_number for one in model.objects.of_vehicle(ours)] == ["A-1"]
        assert not model.objects.of_vehicle(theirs).exists()


def test_the_number_of_queries_does_not_depend_on_the_number_of_cars(
    connection, django_assert_max_num_queries
):
    def cars(count):
        numbers = range(1, count + 1)
        return {
            "stock": [car(n) for n in numbers],
            "sends": [sent(n, result="warning") for n in numbers],
            "ads": [ad(n) for n in numbers],
        }

    second = make_automanager(name="Zweite")
    with django_assert_max_num_queries(80) as few:
        look(connection, **cars(10))
    with django_assert_max_num_queries(len(few)):
        look(second, **cars(40))
