"""Every fault of the simulator: the run ends in bounded time with a German reason, nothing is lost,
and what the partner asks for is remembered across runs."""

import logging
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from integrations import inbox, patience, running
from integrations.http import PartnerClient
from integrations.models import Connection, Delivery, SyncRun
from leads.models import IntakeEntry, Lead, Location
from tests.builders import make_connection, make_location
from tests.integrations.test_inbox import calls, page, pull

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
SITE = "0012345"


@pytest.fixture
def bdk(partner):
    location = make_location(bdk_partner_number=SITE)
    return make_connection(location.dealer, name="BDK Demo", base=f"{partner.url}/bdk")


def as_scheduled(connection, *, at):
    found = Connection.objects.get(pk=connection.pk)
    return inbox.pull(found, now=at)


# --- one fault each ----------------------------------------------------------------------------

FAULTS = {
    "401": [{"status": 401}] * 2,
    "403": [{"status": 403, "json": {"code": "PARTNER_NOT_ALLOWED"}}],
    "404": [{"status": 404, "json": {"code": "UNKNOWN_PARTNER"}}],
    "422": [{"status": 422, "json": {"code": "INVALID_REQUEST"}}],
    "429": [{"status": 429}],
    "500": [{"status": 500, "json": {"timestamp": "x", "status": 500, "error": "Oops"}}],
    "503": [{"status": 503}] * 3,
    "reset": [{"reset": True}] * 3,
    "lost": [{"lost": True}] * 3,
    "hang": [{"hang": 30}],
    "html": [{"html": True}],
    "cut": [{"cut": True}],
    "drip": [{"drip": 0.05}],
    "64 MB": [{"megabytes": 64}] * 9,
    "error in a 200": [{"status": 200, "json": {"error": "INTERNAL"}}],
    "another Partnernummer": [{"status": 200, "json": {"partnernummer": "0099999", "leads": [{}]}}],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_middle_ends_the_run_soon_with_its_reason_and_loses_nothing(
    partner, bdk, monkeypatch, caplog, fault
):
    if fault in ("hang", "drip"):
        monkeypatch.setattr(PartnerClient, "total_timeout", 3)
    caplog.set_level(logging.DEBUG)
    partner.faults["leads"] = [{}, *FAULTS[fault]]
    started = time.monotonic()
    run = pull(bdk)

    assert time.monotonic() - started < 30
    assert run.state == SyncRun.State.FAILED
    assert run.error == Connection.objects.get().last_error
    assert any(word in run.error for word in (" nicht ", "Fehler", "größer", "andere", " kein "))
    assert (run.received, IntakeEntry.objects.filter(outcome="").count()) == (50, 0)
    for secret in ("demo-secret", "Bearer", "Mustermann", "example.org", "04069001"):
        assert secret not in caplog.text + run.error

    partner.faults.clear()
    partner.bdk.forget_tokens()
    again = pull(bdk, later=timedelta(minutes=15))
    assert (again.state, again.received) == (SyncRun.State.PARTIAL, 3)
    assert Lead.objects.count() == 46
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()


def test_a_cursor_that_expires_between_two_pages_begins_anew_once(partner, bdk):
    partner.faults["leads"] = [{}, {"status": 410, "json": {"code": "CURSOR_EXPIRED"}}]
    run = pull(bdk)
    assert (run.received, run.created, run.acknowledged) == (103, 46, 50)

    Connection.objects.update(cursors={})
    partner.faults["leads"] = [{}, {"status": 410}, {}, {"status": 410}]
    assert pull(bdk).state == SyncRun.State.FAILED


def test_what_the_partner_says_for_another_partner_number_reaches_nobody(partner, bdk, items):
    foreign = {"partnernummer": "0099999", "leads": items[:3], "nextCursor": "c", "hasMore": False}
    partner.faults["leads"] = [{"status": 200, "json": foreign}]
    run = pull(bdk)
    assert "Partnernummer" in run.error
    assert not IntakeEntry.objects.exists()

    mixed = [items[0], {**items[1], "partnernummer": "0099999"}]
    partner.bdk.items = mixed
    make_location(bdk_partner_number="0099999")  # of somebody else
    pull(bdk)
    assert list(Lead.objects.values_list("dealer", flat=True)) == [bdk.dealer_id]
    [entry] = IntakeEntry.objects.quarantined()
    assert (entry.dealer, entry.outside_id) == (bdk.dealer, items[1]["leadId"])


@pytest.mark.parametrize("shape", ["cursors come round", "the same leads", "each lead twice"])
def test_pages_that_go_round_end_and_each_lead_is_there_once(partner, bdk, items, shape):
    first, second = items[:2], items[2:4]
    answers = {
        "cursors come round": [page(first, "a"), page(second, "b"), page(first, "a")] * 9,
        "the same leads": [page(first, f"c{n}") for n in range(9)],
        "each lead twice": [page([*first, *first], "a"), page([*second, *first], "b", more=False)],
    }
    partner.faults["leads"] = answers[shape]
    run = pull(bdk)

    repeats = shape != "each lead twice"
    assert ("sendet aber dieselbe Seite" in run.error) == repeats
    assert run.state == (SyncRun.State.PARTIAL if repeats else SyncRun.State.DONE)
    assert len(calls(partner, "/leads")) <= 4
    ids = list(Lead.objects.values_list("external_id", flat=True))
    assert len(ids) == len(set(ids)) == (2 if shape == "the same leads" else 4)


# --- leaving the partner alone -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("90", 90),
        (format_datetime(NOW + timedelta(seconds=120), usegmt=True), 120),
        ("7200", 15 * 60),  # the most that is obeyed
        ("bald", 60),
        ("", 60),
    ],
    ids=["seconds", "date", "too-long", "word", "nothing"],
)
def test_what_the_partner_wants_is_kept_to_by_later_runs(partner, bdk, header, seconds):
    headers = {"Retry-After": header} if header else {}
    partner.faults["leads"] = [{"status": 429, "headers": headers}]
    run = as_scheduled(bdk, at=NOW)
    assert run.state == SyncRun.State.FAILED

    wanted = Connection.objects.get().retry_at
    assert timedelta(0) <= wanted - NOW - timedelta(seconds=seconds) < timedelta(seconds=10)
    asked = len(partner.log)
    for anyway in (False, True):  # a person waits, too
        with pytest.raises(patience.NotYet):
            pull(bdk, later=NOW - timezone.now(), anyway=anyway)
    assert len(partner.log) == asked
    assert as_scheduled(bdk, at=wanted).created == 46
    assert Connection.objects.get().retry_at is None


def test_receipts_wait_as_long_as_the_partner_wants_and_so_does_the_next_run(partner, bdk):
    partner.faults["lead-receipts"] = [{"status": 429, "headers": {"Retry-After": "300"}}]
    run = as_scheduled(bdk, at=NOW)
    assert (run.created, run.acknowledged, run.state) == (46, 0, SyncRun.State.PARTIAL)

    with pytest.raises(patience.NotYet):
        as_scheduled(bdk, at=NOW + timedelta(seconds=290))
    assert as_scheduled(bdk, at=NOW + timedelta(seconds=320)).acknowledged == 50


def test_after_trouble_the_runs_come_later_and_later_until_it_is_over(partner, bdk):
    at, waits = NOW, []
    for _attempt in range(12):
        partner.faults["leads"] = [{"status": 500}]
        as_scheduled(bdk, at=at)
        retry_at = Connection.objects.get().retry_at
        waits.append((retry_at - at).total_seconds())
        at = retry_at

    assert 1 <= waits[0] <= 10
    assert waits[5] > waits[0]
    assert 450 <= waits[-1] <= 910
    with pytest.raises(patience.NotYet):
        as_scheduled(bdk, at=at - timedelta(seconds=1))
    assert pull(bdk, later=at - timedelta(seconds=1) - timezone.now()).created == 46  # a person
    assert Connection.objects.get().failures == 0


def test_a_client_that_is_not_known_is_not_tried_again_until_a_person_does(partner, bdk):
    Connection.objects.update(client_secret="falsch")
    run = as_scheduled(bdk, at=NOW)
    asked = len(partner.log)
    assert Connection.objects.get().paused_at is not None

    later = NOW + timedelta(days=1)
    with pytest.raises(patience.NotYet) as raised:
        as_scheduled(bdk, at=later)
    assert run.error.split(" ")[0] in str(raised.value)
    assert len(partner.log) == asked

    bdk.client_secret = "demo-secret"
    bdk.save(update_fields=["client_secret"])
    assert pull(bdk).created == 46
    assert Connection.objects.get().paused_at is None


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403, "json": {"code": "PARTNER_NOT_ALLOWED"}},
        {"status": 404, "json": {"code": "UNKNOWN_PARTNER"}},
    ],
)
def test_a_refused_partner_number_alone_is_paused(partner, bdk, fault):
    make_location(bdk.dealer, bdk_partner_number="0001111")  # asked first
    partner.faults["leads"] = [fault]
    run = as_scheduled(bdk, at=NOW)
    assert (run.created, run.state) == (46, SyncRun.State.PARTIAL)
    assert "Partnernummer am Standort" in run.error

    partner.log.clear()
    again = as_scheduled(bdk, at=NOW + timedelta(hours=1))
    assert not any("0001111" in entry["path"] for entry in partner.log)
    assert "0001111" in again.error
    assert fault["json"]["code"] in again.error

    person = pull(bdk, later=timedelta(hours=2))  # there is no such number: refused once more
    assert any("0001111" in entry["path"] for entry in partner.log)
    assert "0001111" in person.error

    Location.objects.filter(bdk_partner_number="0001111").update(bdk_partner_number="")
    assert pull(bdk, later=timedelta(hours=3)).error == ""
    assert Connection.objects.get().paused_sites == {}


def test_a_paused_partner_number_is_read_again_once_bdk_gives_it(partner, bdk):
    partner.faults["leads"] = [{"status": 403}]
    pull(bdk)
    assert SITE in Connection.objects.get().paused_sites

    assert pull(bdk).created == 46
    assert Connection.objects.get().paused_sites == {}


def test_three_unusable_answers_in_a_row_are_told_and_a_good_one_ends_it(partner, bdk, caplog):
    errors = []
    for fault in ({"html": True}, {"cut": True}, {"status": 200, "json": {"data": 1}}):
        partner.faults["leads"] = [fault]
        errors.append(pull(bdk).error)

    assert "3 Läufe" in errors[2]
    assert "Läufe" not in errors[0] + errors[1]
    assert "unusable answers in a row" in caplog.text
    assert "Läufe" not in pull(bdk).error
    assert Connection.objects.get().unusable_answers == 0


def test_receipts_that_wait_for_a_quarter_of_an_hour_are_told(partner, bdk):
    partner.faults["lead-receipts"] = [{"status": 500}] * 9
    assert "15 Minuten" not in pull(bdk).error

    assert "15 Minuten" in pull(bdk, later=timedelta(minutes=16)).error
    partner.faults.clear()
    assert pull(bdk, later=timedelta(hours=1)).error == ""


# --- at the same time --------------------------------------------------------------------------


def test_a_run_whose_lease_was_taken_stops_and_leaves_the_rest_to_the_other(
    partner, bdk, monkeypatch
):
    """It stood still for longer than the lease, as a computer asleep does."""
    monkeypatch.setattr(running, "RENEWED", timedelta(0))  # at each step
    others = NOW + timedelta(hours=9)

    def steal(_messages):
        Connection.objects.update(lease_until=others)

    run = pull(bdk, progress=steal)

    assert (run.pages, run.state) == (1, SyncRun.State.FAILED)
    assert "anderer Lauf" in run.error
    assert Connection.objects.get().lease_until == others
    assert calls(partner, "lead-receipts") == []


def test_a_lease_is_renewed_as_long_as_the_run_goes_on(bdk, monkeypatch):
    monkeypatch.setattr(running, "RENEWED", timedelta(0))
    leases = []

    def look(_messages):
        leases.append(Connection.objects.get().lease_until)

    pull(bdk, progress=look)
    assert leases[0] < leases[1]
    assert Connection.objects.get().lease_until is None


# --- once a night ------------------------------------------------------------------------------


def test_the_nightly_look_finds_what_the_cursor_has_missed_and_leaves_it_alone(partner, bdk, items):
    pull(bdk)
    hidden = [{**items[8], "leadId": "VERPASST-1"}, {**items[9], "leadId": "VERPASST-2"}]
    partner.bdk.items = [*hidden, *items]  # before the place where we are
    assert pull(bdk).created == 0
    cursors = Connection.objects.get().cursors

    run = pull(bdk, reconcile=True)
    waiting = [entry for entry in calls(partner, "/leads") if "UNACKNOWLEDGED" in entry["path"]]
    assert waiting
    assert Lead.objects.filter(enquiries__external_id__startswith="VERPASST").count() == 2
    assert (run.received, run.acknowledged) == (4, 2)  # two can never be acknowledged
    assert Connection.objects.get().cursors == cursors
    assert pull(bdk, reconcile=True).acknowledged == 0
