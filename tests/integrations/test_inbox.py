"""Pulling leads from the simulated BDK, with everything that may happen on the way."""

import copy
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations import inbox
from integrations.bdk.sync import BdkMailbox
from integrations.models import Connection, Delivery, SyncRun
from integrations.running import LEASE, AlreadyRunning
from leads.models import Customer, Dealer, IntakeEntry, Lead, Location, Outcome
from tests.builders import make_connection, make_location, make_user
from tests.integrations.conftest import expected_rows

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def bdk(partner):
    """A connection to the simulated BDK, of a dealer with one location."""
    location = make_location(bdk_partner_number="0012345")
    return make_connection(location.dealer, name="BDK Demo", base=f"{partner.url}/bdk")


def pull(connection, *, later=timedelta(0), full=False, reconcile=False, anyway=True, **options):
    """By default as a person would, who does not wait for the next attempt."""
    order = inbox.Order(full=full, reconcile=reconcile, anyway=anyway)
    found = Connection.objects.get(pk=connection.pk)
    return inbox.pull(found, now=NOW + later, order=order, **options)


def counters(run):
    names = [
        "received",
        "created",
        "updated",
        "repeated",
        "conflicts",
        "quarantined",
        "acknowledged",
    ]
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def calls(partner, word):
    return [entry for entry in partner.log if entry["path"].partition("?")[0].endswith(word)]


def receipts(partner):
    """Those that were understood: what was cut short by a kill was not."""
    taken = [entry for entry in calls(partner, "lead-receipts") if "noted" in entry]
    return [receipt for entry in taken for receipt in entry["noted"]]


def many_leads(items, number):
    """New leads of different people, like the first of the sample."""
    leads = []
    for n in range(number):
        lead = copy.deepcopy(items[0])
        lead["leadId"] = f"NEU-{n:05d}"
        lead["customer"] |= {
            "lastName": f"Person{n}",
            "email": f"person{n}@example.org",
            "phone": None,
            "mobile": None,
        }
        lead["vehicle"] |= {"internalNumber": f"N-{n}", "vin": f"WNEU{n:013d}"}
        leads.append(lead)
    return leads


def page(leads, cursor, *, more=True):
    """A fault that answers with this page."""
    return {"status": 200, "json": {"leads": leads, "nextCursor": cursor, "hasMore": more}}


# --- the main job ------------------------------------------------------------------------------

ALL_NEW = {
    "received": 53,
    "created": 46,
    "updated": 1,
    "repeated": 1,
    "conflicts": 1,
    "quarantined": 4,
    "acknowledged": 50,
}


def test_the_sample_page_ends_in_the_office_as_expected(partner, bdk):
    run = pull(bdk)

    assert counters(run) == ALL_NEW
    assert run.state == SyncRun.State.PARTIAL
    assert (run.pages, run.error) == (2, "")
    said = {}
    for receipt in receipts(partner):
        said.setdefault(receipt["leadId"], []).append((receipt["version"], receipt["result"]))
    for lead_id, case, expected in expected_rows().values():
        entries = IntakeEntry.objects.for_dealer(bdk.dealer).filter(outside_id=lead_id)
        if expected.startswith("quarantine"):
            assert all(entry.outcome == Outcome.QUARANTINED for entry in entries), case
            assert all(entry.reason and entry.lead is None for entry in entries), case
            assert said.get(lead_id) == ([(1, "REJECTED")] if lead_id else None), case
        else:
            lead = Lead.objects.for_dealer(bdk.dealer).get(external_id=lead_id)
            assert lead.location.bdk_partner_number == "0012345", case
            assert {result for _version, result in said[lead_id]} == {"STORED"}, case
            assert bool(lead.warnings) >= ("with warning" in expected), case
    assert IntakeEntry.objects.filter(outside_id="").count() == 2
    assert (2, "STORED") in said["DLC-2026-000102"]
    assert Lead.objects.count() == 46


def warnings_of(lead_id):
    return {warning["code"] for warning in Lead.objects.get(external_id=lead_id).warnings}


def test_the_awkward_items_keep_what_matters(partner, bdk):
    pull(bdk)
    lead = {lead.external_id[-3:]: lead for lead in Lead.objects.select_related("lead_type")}

    assert lead["105"].last_name == "Größling"
    assert lead["105"].test_drive_wished
    assert lead["105"].precheck == "positive"
    assert lead["109"].customer_kind == "new"
    assert lead["110"].customer_kind == "existing"
    assert lead["110"].customer.external_number == "BDK-4711001"
    assert lead["111"].contract_expiring
    assert lead["118"].test_drive_wished
    assert (lead["121"].reservation_hint, lead["121"].precheck) == (True, "positive")
    assert (lead["122"].callback_wished, lead["122"].finance_kind) == (True, "finance")
    assert (lead["129"].lead_type, lead["129"].lead_type_raw) == (None, "9z")
    assert lead["129"].lead_type_family == "9"
    assert (lead["130"].lead_type, lead["131"].lead_type) == (None, None)
    assert lead["132"].lead_type.key == "1f"
    assert lead["133"].lead_type.key == "1d"
    assert lead["134"].lead_type.key == "1b"
    assert lead["136"].phone_key == "+493023125139"
    assert lead["136"].mobile_key == "+4917604069039"
    assert (lead["138"].email, lead["139"].vehicle_price) == ("", None)
    assert lead["140"].enquired_at == NOW
    assert lead["143"].test_drive_wished
    assert lead["144"].is_test
    assert "type_unknown" in warnings_of("DLC-2026-000129")
    assert "version_conflict" in warnings_of("DLC-2026-000103")
    assert "not_contactable" in warnings_of("DLC-2026-000142")
    assert "contradicts_type" not in warnings_of("DLC-2026-000102")
    both = {entry.outcome: entry for entry in IntakeEntry.objects.filter(lead=lead["103"])}
    assert both.keys() == {"created", "conflict"}
    assert "Anderer Text" in both["conflict"].raw
    assert lead["103"].message == ""


def test_a_second_run_creates_nothing(partner, bdk):
    pull(bdk)
    before = (Lead.history.count(), Customer.objects.count(), IntakeEntry.objects.count())
    partner.log.clear()

    again = pull(bdk)
    assert (counters(again), again.state) == ({}, SyncRun.State.DONE)
    assert receipts(partner) == []

    full = pull(bdk, full=True)
    assert counters(full) == {"received": 53, "repeated": 53, "acknowledged": 50}
    assert full.state == SyncRun.State.DONE
    assert {receipt["status"] for receipt in receipts(partner)} == {"ALREADY_ACKNOWLEDGED"}
    after = (Lead.history.count(), Customer.objects.count(), IntakeEntry.objects.count())
    assert after == before
    assert IntakeEntry.objects.get(outside_id="DLC-2026-000105").times_received == 2


def test_a_newer_version_leaves_status_and_owner_alone(partner, bdk, items):
    partner.bdk.items = items[:2]
    pull(bdk)
    owner = make_user(bdk.dealer)
    Lead.objects.filter(external_id="DLC-2026-000102").update(owner=owner)

    partner.bdk.items = [*items[:2], items[32]]
    run = pull(bdk)

    lead = Lead.objects.get(external_id="DLC-2026-000102")
    assert counters(run) == {"received": 1, "updated": 1, "acknowledged": 1}
    assert (lead.enquiries.get().version, lead.owner) == (2, owner)
    assert lead.history.count() == 2


def test_the_run_and_the_connection_tell_how_it_went(bdk):
    user = make_user(bdk.dealer)
    seen = []
    run = pull(bdk, started_by=user, progress=seen.append)

    bdk.refresh_from_db()
    assert seen == [50, 3]
    assert (run.dealer, run.started_by) == (bdk.dealer, user)
    assert run.finished_at > run.started_at
    assert bdk.last_success_at == run.finished_at
    assert (bdk.last_error, bdk.lease_until) == ("", None)


def test_leads_come_to_the_dealer_whose_connection_it_is(partner, bdk):
    stranger = make_location()
    pull(bdk)

    assert not Lead.objects.for_dealer(stranger.dealer).exists()
    assert not Delivery.objects.for_dealer(stranger.dealer).exists()


def test_the_number_of_queries_does_not_grow_with_the_page(partner, bdk, items):
    leads = many_leads(items, 46)
    used = []
    for start, end in [(0, 1), (1, 16), (16, 46)]:
        partner.bdk.items = leads[:end]
        with CaptureQueriesContext(database) as queries:
            assert pull(bdk).created == end - start
        used.append(len(queries))

    assert used[1] == used[2]


def test_a_rehearsal_stores_nothing(partner, bdk):
    run = pull(bdk, dry_run=True)

    assert run.pk is None
    assert (run.received, run.quarantined, run.pages) == (53, 4, 2)
    assert not IntakeEntry.objects.exists()
    assert not SyncRun.objects.exists()
    assert calls(partner, "lead-receipts") == []
    assert Connection.objects.get().cursors == {}


# --- crashes -----------------------------------------------------------------------------------


class PowerCut(BaseException):
    """Nobody catches it, as nobody catches a power cut."""


class CutBeforeProcessing(BdkMailbox):
    def parse(self, entry):
        raise PowerCut


class CutBeforeReceipts(BdkMailbox):
    def send_receipts(self, site, entries):
        raise PowerCut


@pytest.mark.parametrize("mailbox", [CutBeforeProcessing, CutBeforeReceipts])
def test_a_run_that_breaks_off_is_finished_by_the_next_one(partner, bdk, monkeypatch, mailbox):
    with monkeypatch.context() as patch:
        patch.setitem(inbox.PULL, "bdk", mailbox)
        with pytest.raises(PowerCut):
            pull(bdk)
    broken = SyncRun.objects.get()
    assert broken.state == SyncRun.State.FAILED
    assert "PowerCut" in broken.error
    assert receipts(partner) == []

    run = pull(bdk)

    assert Lead.objects.count() == 46
    assert not IntakeEntry.objects.unprocessed().exists()
    assert broken.created + run.created == 46
    assert len(receipts(partner)) == 50
    assert not Delivery.objects.exclude(state=Delivery.State.SENT).exists()


@pytest.mark.parametrize("batch", [1, inbox.BATCH])
def test_versions_left_behind_are_taken_in_their_order(partner, bdk, items, monkeypatch, batch):
    ninth = items[0] | {"version": 9, "isTest": True}
    tenth = items[0] | {"version": 10, "vehicle": None, "comment": "Bitte ab 17 Uhr"}
    partner.bdk.items = [ninth, items[-1], tenth]
    with monkeypatch.context() as patch:
        patch.setitem(inbox.PULL, "bdk", CutBeforeProcessing)
        with pytest.raises(PowerCut):
            pull(bdk)
    monkeypatch.setattr(inbox, "BATCH", batch)

    pull(bdk)

    lead = Lead.objects.get(external_id=items[0]["leadId"])
    entries = lead.intake_entries.values_list("message_id", "outcome")
    outcomes = {message_id.split(":")[1]: outcome for message_id, outcome in entries}
    assert outcomes == {"9": Outcome.CREATED, "10": Outcome.UPDATED}
    assert (lead.enquiries.get().version, lead.message) == (10, "Bitte ab 17 Uhr")
    assert lead.is_test  # said by the ninth alone
    assert lead.vehicle.internal_number == items[0]["vehicle"]["internalNumber"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("word", ["leads?limit=200&cursor=", "lead-receipts"])
def test_a_process_killed_in_the_middle_loses_nothing(partner, bdk, word):
    killed = []

    def kill(request):
        if word in request.target and not killed:
            killed.append(process.send_signal(signal.SIGKILL))

    partner.hook = kill
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sync_bdk_leads"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, output.decode()
    with pytest.raises(AlreadyRunning):
        pull(bdk)

    run = pull(bdk, later=timezone.now() - NOW + LEASE)

    assert Lead.objects.count() == 46
    assert len({receipt["leadId"] for receipt in receipts(partner)}) == 48
    assert SyncRun.objects.earliest("pk").state == SyncRun.State.FAILED
    assert run.state == (SyncRun.State.DONE if "receipts" in word else SyncRun.State.PARTIAL)


def database_url():
    values = database.settings_dict
    if database.vendor == "sqlite":
        return f"sqlite:///{Path(values['NAME'])}"
    return (
        f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST'].replace('/', '%2F')}"
        f":{values['PORT']}/{values['NAME']}"
    )


@pytest.mark.django_db(transaction=True)
def test_receipts_leave_only_after_the_commit_and_never_inside_a_transaction(partner, bdk):
    """The partner looks into the office, over a connection of its own, at every request."""
    missing, seen = [], []

    def look(request):
        try:
            if request.path.endswith("lead-receipts"):
                stored = set(Lead.objects.values_list("external_id", flat=True))
                refused = IntakeEntry.objects.quarantined().values_list("outside_id", flat=True)
                seen.append(len(stored))
                missing.extend(set(request_ids(request)) - stored - set(refused))
            # Would wait for a transaction that is open on our side, until it gives up.
            Dealer.objects.filter(pk=bdk.dealer_id).update(email="neu@example.org")
        except Exception as error:
            missing.append(repr(error))
        finally:
            database.close()

    partner.hook = look
    pull(bdk)

    assert missing == []
    assert seen == [46]


def request_ids(request):
    return [receipt["leadId"] for receipt in json.loads(request.body)["receipts"]]


# --- a partner that does not answer as it should -----------------------------------------------


@pytest.mark.parametrize("fault", [{"html": True}, {"cut": True}, {"status": 500}])
def test_an_unusable_page_leaves_the_cursor_where_it_was(partner, bdk, fault):
    partner.faults["leads"] = [{}, fault]
    run = pull(bdk)

    after_first_page = Connection.objects.get().cursors["0012345"]
    assert run.state == SyncRun.State.FAILED
    assert run.error
    assert (run.pages, IntakeEntry.objects.filter(outcome="").count()) == (1, 0)

    again = pull(bdk)
    assert Connection.objects.get().cursors["0012345"] != after_first_page
    assert again.received == 3
    assert Lead.objects.count() == 46


def test_a_page_of_the_wrong_shape_fails_the_run(partner, bdk):
    partner.faults["leads"] = [{"status": 200, "json": {"data": []}}]
    run = pull(bdk)

    assert (run.state, run.received) == (SyncRun.State.FAILED, 0)
    assert Connection.objects.get().cursors == {}


def test_an_expired_cursor_begins_anew(partner, bdk):
    Connection.objects.update(cursors={"0012345": "bGFuZ2UgaGVy"})
    run = pull(bdk)

    assert counters(run) == ALL_NEW
    assert [entry["status"] for entry in calls(partner, "/leads")] == [410, 200, 200]


def test_a_cursor_that_expires_at_once_again_is_not_chased(partner, bdk):
    Connection.objects.update(cursors={"0012345": "bGFuZ2UgaGVy"})
    partner.faults["leads"] = [{"status": 410}] * 5
    run = pull(bdk)

    assert run.state == SyncRun.State.FAILED
    assert len(calls(partner, "/leads")) == 2


def test_one_unknown_partner_number_leaves_the_others_alone(partner, bdk):
    make_location(bdk.dealer, bdk_partner_number="0000001")
    run = pull(bdk)

    assert run.created == 46
    assert run.state == SyncRun.State.PARTIAL
    assert run.error.startswith("0000001: ")
    bdk.refresh_from_db()
    assert bdk.last_error == run.error
    assert bdk.last_success_at


def test_only_unknown_partner_numbers_fail_the_run(bdk):
    Location.objects.update(bdk_partner_number="0000001")

    assert pull(bdk).state == SyncRun.State.FAILED


def test_a_dealer_without_partner_numbers_is_told_so(partner, bdk):
    bdk = make_connection(base=f"{partner.url}/bdk")
    run = pull(bdk)

    assert run.state == SyncRun.State.FAILED
    assert "Partnernummer" in run.error
    assert partner.log == []


def test_a_wrong_secret_stops_the_run_and_says_what_to_do(partner, bdk):
    Connection.objects.update(client_secret="falsch")
    bdk.refresh_from_db()
    run = pull(bdk)

    assert run.state == SyncRun.State.FAILED
    assert "invalid_client" in run.error
    assert "falsch" not in run.error
    assert len(partner.log) == 2  # in the header, and once in the body
    bdk.refresh_from_db()
    assert bdk.last_error == run.error
    assert (bdk.last_success_at, bdk.lease_until) == (None, None)


def test_an_error_is_forgotten_with_the_next_success(bdk):
    Connection.objects.update(client_secret="falsch")
    pull(bdk)
    bdk.client_secret = "demo-secret"
    bdk.save(update_fields=["client_secret"])
    pull(bdk)

    bdk.refresh_from_db()
    assert (bdk.last_error, bool(bdk.last_error_at)) == ("", True)


def test_a_partner_that_repeats_itself_is_left(partner, bdk, items):
    partner.faults["leads"] = [page(items[:1], f"c{n}") for n in range(9)]
    pull(bdk)

    assert len(calls(partner, "/leads")) == 2


def test_a_cursor_that_stands_still_ends_the_run(partner, bdk):
    partner.faults["leads"] = [page([], "c")] * 9
    pull(bdk)

    assert len(calls(partner, "/leads")) == 2


def test_a_long_queue_is_read_in_several_runs(partner, bdk, items, monkeypatch):
    monkeypatch.setattr("integrations.bdk.sync.MAX_PAGES", 5)
    leads = many_leads(items, 7)
    partner.faults["leads"] = [page([lead], f"c{n}", more=n < 6) for n, lead in enumerate(leads)]

    assert pull(bdk).created == 5
    assert Connection.objects.get().cursors == {"0012345": "c4"}
    assert pull(bdk).created == 2


# --- one at a time -----------------------------------------------------------------------------


def test_somebody_elses_run_is_respected(partner, bdk):
    Connection.objects.take_lease(bdk.pk, now=NOW, for_=LEASE)

    with pytest.raises(AlreadyRunning):
        pull(bdk)
    assert partner.log == []
    assert Connection.objects.get().lease_until == NOW + LEASE


def test_a_lease_ends_by_itself_and_what_ran_under_it_is_closed(bdk):
    Connection.objects.take_lease(bdk.pk, now=NOW, for_=LEASE)
    killed = SyncRun.objects.create(dealer=bdk.dealer, connection=bdk, started_at=NOW)

    run = pull(bdk, later=LEASE + timedelta(seconds=1))

    killed.refresh_from_db()
    assert (killed.state, run.created) == (SyncRun.State.FAILED, 46)
