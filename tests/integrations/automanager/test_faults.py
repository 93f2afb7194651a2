"""What goes wrong between us and Automanager, over real HTTP."""

import json

import pytest
from django.utils import timezone

from integrations.automanager.client import AutomanagerClient
from integrations.automanager.source import MAX_FILE_BYTES, AnswerFile, UnreadableFile
from integrations.automanager.sync import Question, check_exports
from integrations.models import (
    ExportApp,
    ExportCheck,
    Finding,
    Listing,
    StockCar,
    Transmission,
)
from integrations.simulator.automanager import ACCESS_TOKEN, SimulatedAutomanager
from tests.builders import make_location
from tests.integrations.automanager.nursery import (
    answers,
    app,
    car,
    look,
    make_automanager,
    opened,
    refusal,
    run,
    sent,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection(partner):
    """Of the simulator's dealer, who has two locations."""
    connection = make_automanager(
        code="LUEDEN", base_url=f"{partner.url}/automanager", access_token=ACCESS_TOKEN
    )
    make_location(connection.dealer, automanager_code="GARMI")
    return connection


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(AutomanagerClient, "retry_backoff", 0)
    monkeypatch.setattr(AutomanagerClient, "total_timeout", 2)


def check(connection, **question):
    # As a person may ask, right after a failure.
    return check_exports(connection, Question(**question), now=timezone.now(), anyway=True)


def test_everything_is_read_to_the_end_with_an_explicit_window_and_without_a_filter(
    partner, connection
):
    partner.automanager.page_size = 3
    report = check(connection)

    assert (report.record.state, report.record.apps) == ("done", 4)
    whole = partner.automanager.answers
    for model, word in ((Transmission, "transmissions"), (Listing, "listings")):
        told = [one for path in whole if path.endswith(word) for one in whole[path]["items"]]
        assert model.objects.count() == len(told)
    asked = [one["path"] for one in partner.log if "/transmissions" in one["path"]]
    assert all("from=" in path and "to=" in path and "result=" not in path for path in asked)
    assert {one["method"] for one in partner.log} == {"GET"}
    assert {"AM-01 critical", "AM-20 error GB-10018", "AM-05 warning"} <= opened(connection)


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 500}, {"status": 503}])
def test_a_call_that_fails_is_tried_three_times_more(partner, connection, fault):
    partner.faults["export-apps"] = [fault] * 3
    assert check(connection).record.state == "done"

    partner.faults["export-apps"] = [fault] * 4
    assert check(connection).record.state == "failed"
    assert "SRC-01 error" in opened(connection)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401},
        {"status": 403},
        {"html": True},
        {"cut": True},
        {"hang": 3},
        {"drip": 0.01},
    ],
)
def test_a_source_that_fails_is_a_finding_and_closes_none(partner, connection, fault):
    check(connection)
    before = opened(connection)
    partner.faults["export-apps"] = [fault] * 4
    report = check(connection)

    assert report.is_failed
    assert opened(connection) == before | {"SRC-01 error"}
    assert {one["check"] for one in report.record.skipped} >= {"AM-01", "AM-20", "AM-26"}
    connection.refresh_from_db()
    assert connection.last_error
    assert ACCESS_TOKEN not in connection.last_error

    partner.faults.clear()
    assert not check(connection).is_failed
    assert opened(connection) == before


def test_a_token_withdrawn_while_pages_are_read_keeps_what_came(partner, connection):
    partner.automanager.page_size = 5
    path = "/v1/export-apps/mobilede-1/transmissions"
    partner.automanager.withdrawn_after = {path: 1}
    report = check(connection)

    assert report.is_failed
    assert Transmission.objects.count() == 5
    assert "AM-01 critical" in opened(connection)  # the list of exports was there
    assert ExportApp.objects.get(external_id="mobilede-1").checked_at is None
    skipped = {one["check"] for one in report.record.skipped if "7240118" in one["app"]}
    assert "AM-20" in skipped


def test_one_list_that_is_refused_leaves_the_others_alone(partner, connection):
    partner.faults["runs"] = [{"status": 400}]
    report = check(connection)

    assert (report.record.state, report.is_failed) == ("partial", True)
    assert "SRC-02 error" in opened(connection)
    assert "AM-20 error GB-10018" in opened(connection)


@pytest.mark.parametrize("fault", [{"status": 500}, {"html": True}, {"megabytes": 11}])
def test_one_list_that_is_of_no_use_leaves_the_others_alone(partner, connection, fault):
    partner.faults["stock"] = [fault] * 4
    report = check(connection)

    assert report.is_failed
    assert {"SRC-01 error", "AM-01 critical", "AM-20 error GB-10018"} <= opened(connection)
    skipped = {one["check"] for one in report.record.skipped}
    assert {"AM-06", "AM-23"} <= skipped
    assert "AM-20" not in skipped


@pytest.mark.parametrize("fault", [{"status": 429}, {"status": 503}, {"status": 401}])
def test_a_partner_that_wants_nothing_is_asked_for_no_other_list(partner, connection, fault):
    partner.faults["stock"] = [fault] * 4
    assert check(connection).is_failed

    assert not any("/runs" in one["path"] for one in partner.log)


def test_after_two_lists_of_no_use_reading_ends(partner, connection):
    partner.faults = {"stock": [{"status": 500}] * 4, "runs": [{"status": 500}] * 4}
    assert check(connection).is_failed

    assert not any("/transmissions" in one["path"] for one in partner.log)


def test_pages_in_circles_end_and_are_told(partner, connection):
    partner.automanager.page_size = 5
    partner.automanager.goes_in_circles = True
    report = check(connection)

    assert report.is_failed
    assert len(partner.log) < 40
    assert "SRC-02 error" in opened(connection)


def test_items_sent_twice_are_stored_once(partner, connection):
    partner.automanager.page_size = 4
    partner.automanager.repeats_itself = True

    assert not check(connection).is_failed
    path = "/v1/export-apps/mobilede-1/transmissions"
    told = len(partner.automanager.answers[path]["items"])
    assert Transmission.objects.filter(app__external_id="mobilede-1").count() == told


def test_an_address_that_we_do_not_call_is_told_like_any_other_trouble():
    connection = make_automanager(base_url="http://automanager.example.org")

    assert check(connection).is_failed
    assert opened(connection) == {"SRC-01 error"}


def test_stock_and_exports_of_other_codes_never_reach_the_dealer():
    connection = make_automanager()
    foreign = {"location_code": "FREMD"}
    report = look(
        connection, apps=[app(), app("app-9", **foreign)], stock=[car(), car(2, **foreign)]
    )

    assert list(ExportApp.objects.values_list("external_id", flat=True)) == ["app-1"]
    assert list(StockCar.objects.values_list("vehicle_number", flat=True)) == ["A-1"]
    assert opened(connection) == {"SRC-03 warning"}
    assert not report.is_failed


def test_a_connection_of_one_location_says_nothing_about_the_others():
    connection = make_automanager()
    connection.location = connection.dealer and make_location(
        connection.dealer, automanager_code="ZWEI"
    )
    connection.save()
    look(connection, apps=[app(), app("app-2", location_code="ZWEI")], stock=[], ads=[])

    assert list(ExportApp.objects.values_list("external_id", flat=True)) == ["app-2"]
    assert "SRC-03 warning" not in opened(connection)


def test_without_a_code_at_any_location_there_is_nothing_to_read():
    connection = make_automanager(code="")

    assert look(connection).is_failed
    assert opened(connection) == {"SRC-01 error"}


# --- the contract ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"apps": [app(state="paused")]},
        {"apps": [app(mode="ftp")]},
        {"runs": [run(result="maybe")]},
        {"sends": [sent(result="odd")]},
        {"sends": [sent(action="move")]},
        {"stock": [car(status="loaned")]},
        {"sends": [sent(at="2026-03-03T11:00:00")]},
    ],
)
def test_an_unknown_word_is_told_and_the_rest_is_used(changes):
    connection = make_automanager()
    report = look(connection, **changes)

    assert "SRC-02 warning" in opened(connection)
    assert not report.is_failed
    assert ExportApp.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"apps": [app(), {"platform": "ohne Nummer"}]},
        {"apps": [app(), "kein Objekt"]},
        {"apps": [app(), app("x" * 200)]},
        {"apps": [app(), app("app-2", released_vehicles="viele")]},
        {"apps": [app(), app("app-2", released_vehicles=-1)]},
        {"runs": [run(), run("r-2", sent_at="gestern")]},
        {"sends": [sent(), sent(2, at=None)]},
        {"sends": [sent(), sent(2, vehicle=None)]},
        {"sends": [sent(), sent(2, feedback="nein")]},
        {"stock": [car(), car(2, price="auf Anfrage")]},
        {"stock": [car(), car(2, price="NaN")]},
        {"stock": [car(), car(2, price=1.5)]},
        {"stock": [car(), car(2, price="1e99")]},
        {"ads": [{"vehicle_number": "A-1"}]},
    ],
)
def test_what_breaks_the_contract_is_left_out_told_and_fails(changes):
    connection = make_automanager()
    report = look(connection, **changes)

    assert report.is_failed
    assert "SRC-02 error" in opened(connection)
    assert ExportApp.objects.count() == 1
    told = json.dumps(Finding.objects.get(check_code="SRC-02").facts)
    assert "auf Anfrage" not in told
    assert "gestern" not in told


@pytest.mark.parametrize(
    "answer", [None, [], "x", {"items": None}, {"items": [], "next_cursor": 7}]
)
def test_an_answer_that_is_no_page_is_against_the_contract(answer):
    connection = make_automanager()
    told = {**answers(), "/v1/stock": answer}
    report = look(connection, told)

    assert report.is_failed
    assert "SRC-02 error" in opened(connection)


def test_unknown_properties_are_ignored():
    connection = make_automanager()
    look(connection, apps=[app(colour="red")], sends=[sent(extra={"a": [1]})], stock=[car(x=1)])

    assert opened(connection) == set()


def test_texts_of_a_platform_are_cleaned_and_shortened():
    connection = make_automanager()
    said = refusal("Zeile\x00\u202e " + "x" * 2000)
    look(connection, sends=[sent(result="error", feedback=[said], listing_url="javascript:x")])

    stored = Transmission.objects.get()
    assert (len(stored.feedback[0]["text"]), stored.listing_url) == (300, "")
    assert "\x00" not in stored.feedback[0]["text"]


def test_nobody_who_is_told_about_locks_is_stored_by_name():
    connection = make_automanager()
    look(connection)

    stored = ExportApp.objects.get()
    assert (stored.told_count, stored.told_active_count) == (1, 1)
    assert not any("dispo" in str(value) for value in vars(stored).values())


# --- files -----------------------------------------------------------------------------------


def test_a_file_is_true_as_of_its_own_time(tmp_path):
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(answers()), encoding="utf-8-sig")
    connection = make_automanager()
    source = AnswerFile.read(path)
    check_exports(connection, Question(), now=timezone.now(), source=source)

    assert opened(connection) == set()  # although it is months old
    assert ExportCheck.objects.get().read["transmissions"] == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe\x00", b"1" * 5])
def test_a_file_that_cannot_be_read_is_told_in_words(tmp_path, content):
    path = tmp_path / "answers.json"
    path.write_bytes(content)

    with pytest.raises(UnreadableFile):
        AnswerFile.read(path)


def test_a_file_that_is_missing_or_too_large_is_told_in_words(tmp_path):
    with pytest.raises(UnreadableFile):
        AnswerFile.read(tmp_path / "nothing.json")
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(UnreadableFile):
        AnswerFile.read(path)


def test_the_simulator_wants_the_token_and_only_reads():
    partner = SimulatedAutomanager(answers())

    class Asked:
        method, path, headers = "GET", "/v1/stock", {}

    assert partner.answer(Asked()).status == 401
    Asked.method, Asked.headers = "POST", {"Authorization": f"Bearer {ACCESS_TOKEN}"}
    assert partner.answer(Asked()).status == 405
