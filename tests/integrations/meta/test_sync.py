"""Announced leads are fetched over real HTTP, whatever goes wrong in between."""

import hmac
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from integrations.meta import sync
from integrations.meta.schema import Notice
from integrations.models import Connection, LeadFetch
from leads.models import Enquiry, IntakeEntry, Lead, Outcome
from tests.builders import make_dealer, make_location, make_meta_connection
from tests.integrations.conftest import SAMPLES

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
FIRST, SECOND = "900000000000001", "900000000000002"
PAGE = "100000000000001"
NOTICES = list(Notice.all_in(json.loads((SAMPLES / "meta_webhook.json").read_text())))


@pytest.fixture
def graph(partner):
    partner.graph.leads[SECOND] = {
        **partner.graph.leads[FIRST],
        "id": SECOND,
        "field_data": [
            {"name": "full_name", "values": ["Erika Musterfrau"]},
            {"name": "email", "values": ["erika@example.org"]},
        ],
    }
    return partner.graph


@pytest.fixture
def page(db, partner, graph):
    return make_meta_connection(base=f"{partner.url}/graph")


def announce(page, notices=NOTICES, now=NOW):
    sync.announce(page, notices, now=now)


def fetch(now=NOW):
    """Until nothing is due any more at this time."""
    tried = 0
    while number := sync.fetch_due(now=now):
        tried += number
    return tried


def states():
    return list(LeadFetch.objects.order_by("entry__message_id").values_list("state", flat=True))


# --- announced ---------------------------------------------------------------------------------


def test_the_sample_is_two_leads_to_fetch(page):
    announce(page)

    entries = IntakeEntry.objects.order_by("message_id")
    assert [(one.message_id, one.times_received) for one in entries] == [(FIRST, 2), (SECOND, 1)]
    assert states() == ["waiting", "waiting"]
    assert not Lead.objects.exists()


def test_announced_again_it_is_the_same_lead(page):
    announce(page)
    fetch()
    announce(page)

    assert fetch() == 0
    assert Lead.objects.count() == 2
    assert IntakeEntry.objects.count() == 2


def test_each_lead_goes_to_the_connection_of_its_page(page, partner):
    other = make_meta_connection(
        page.dealer, page_id="555", base=f"{partner.url}/graph", access_token="other"
    )
    foreign = Notice(leadgen_id="7", page_id="555", form_id="", raw={"leadgen_id": "7"})
    announce(page, [NOTICES[0], foreign])

    assert {(one.entry.message_id, one.connection) for one in LeadFetch.objects.all()} == {
        (FIRST, page),
        ("7", other),
    }


def test_a_page_of_another_dealer_is_unknown_here(page, partner):
    make_meta_connection(make_dealer(), page_id="555")
    announce(page, [Notice(leadgen_id="7", page_id="555", form_id="", raw={})])

    entry = IntakeEntry.objects.get()
    assert entry.dealer == page.dealer
    assert entry.outcome == Outcome.QUARANTINED
    assert not LeadFetch.objects.exists()


def test_an_unknown_page_waits_for_its_connection(page, partner, graph):
    notice = Notice(leadgen_id=FIRST, page_id="555", form_id="3", raw={"leadgen_id": FIRST})
    announce(page, [notice, notice])

    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.QUARANTINED
    assert "555" in entry.reason
    page.refresh_from_db()
    assert "555" in page.last_error
    assert fetch() == 0

    base = f"{partner.url}/graph"
    assert sync.adopt(make_meta_connection(page.dealer, page_id="555", base=base), now=NOW) == 1
    assert fetch() == 1
    entry.refresh_from_db()
    assert entry.outcome == Outcome.CREATED


# --- fetched -----------------------------------------------------------------------------------


def test_a_fetched_lead_is_a_lead_and_its_message_is_kept(page, partner):
    location = make_location(page.dealer)
    Connection.objects.update(location=location)
    announce(page)

    assert fetch() == 2
    lead = Lead.objects.get(external_id=FIRST)
    assert lead.dealer == page.dealer
    assert lead.last_name == "Größl-Beispiel"
    assert (lead.source.key, lead.location) == ("meta", location)
    entry = IntakeEntry.objects.get(message_id=FIRST)
    kept = json.loads(entry.raw)
    assert entry.outcome == Outcome.CREATED
    assert kept["leadgen"]["form_id"] == "300000000000001"
    assert kept["lead"] == json.loads((SAMPLES / "meta_lead.json").read_text())
    assert states() == ["fetched", "fetched"]


def test_the_token_travels_in_a_header_and_the_version_in_the_address(page, partner, settings):
    settings.META_GRAPH_VERSION = "v99.0"
    announce(page, NOTICES[:1])
    fetch()

    [call] = partner.log
    assert call["path"].startswith(f"/graph/v99.0/{FIRST}?")
    assert "fields=id" in call["path"]
    assert "token" not in call["path"]


def test_two_workers_do_not_fetch_the_same_lead(page):
    announce(page)
    pk = LeadFetch.objects.first().pk

    assert LeadFetch.objects.take_lease(pk, now=NOW, for_=sync.LEASE)
    assert not LeadFetch.objects.take_lease(pk, now=NOW, for_=sync.LEASE)
    assert fetch() == 1
    # The one that held it has died.
    assert fetch(NOW + sync.LEASE + timedelta(seconds=1)) == 1


@pytest.mark.django_db(transaction=True)
def test_four_workers_at_once_ask_for_each_lead_once(partner, graph):
    for number in range(10, 30):
        graph.leads[str(number)] = {**graph.leads[SECOND], "id": str(number)}
    page = make_meta_connection(base=f"{partner.url}/graph")
    announce(
        page,
        [
            Notice(leadgen_id=str(number), page_id=PAGE, form_id="", raw={})
            for number in range(10, 30)
        ],
    )

    def work(_number):
        try:
            return fetch()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        tried = sum(pool.map(work, range(4)))

    assert tried == len(partner.log) == 20
    assert set(states()) == {"fetched"}
    assert Enquiry.objects.count() == 20


def test_what_is_switched_off_waits(page):
    announce(page)
    Connection.objects.update(is_active=False)
    assert fetch() == 0
    Connection.objects.update(is_active=True)
    assert fetch() == 2


# --- errors of the Graph -----------------------------------------------------------------------


def test_a_token_that_is_no_longer_valid_pauses_the_page_and_keeps_the_ids(page, graph):
    graph.token = "newer"
    announce(page)

    assert fetch() == 1  # not one more call after that
    assert fetch(NOW + timedelta(days=2)) == 0
    page.refresh_from_db()
    assert page.paused_at == NOW
    assert page.last_error
    assert states() == ["waiting", "waiting"]
    assert list(LeadFetch.objects.values_list("attempts", flat=True)) == [0, 0]

    Connection.objects.update(access_token="newer", paused_at=None)
    assert fetch(NOW + timedelta(days=2)) == 2
    assert Lead.objects.count() == 2


def test_each_call_proves_that_we_know_the_secret_of_the_app(page, partner):
    announce(page)
    fetch()

    proof = hmac.new(b"leadoffice-test-app-secret", b"demo-page-token", "sha256").hexdigest()
    assert [f"appsecret_proof={proof}" in one["path"] for one in partner.log] == [True, True]
    assert sync.catch_up(page, now=NOW) == 0
    assert f"appsecret_proof={proof}" in partner.log[-1]["path"]


def test_a_wrong_secret_of_the_app_pauses_the_page_and_loses_nothing(page, graph):
    graph.secret = "newer"
    announce(page)

    assert fetch() == 1
    page.refresh_from_db()
    assert page.paused_at == NOW
    assert states() == ["waiting", "waiting"]

    page.renew_secret("newer", now=NOW)
    page.paused_at = None
    page.save()
    assert fetch() == 2
    assert Lead.objects.count() == 2


def test_what_is_gone_is_asked_for_three_times_and_stays_visible(page, graph):
    announce(page)
    graph.errors[FIRST] = (400, 100, 33)
    fetch()

    assert Lead.objects.count() == 1  # the other one
    now, tried = NOW, 1
    while LeadFetch.objects.filter(state="waiting").exists():
        now += timedelta(hours=1)
        tried += fetch(now)
    assert tried == 3
    assert now - NOW == timedelta(days=1)
    entry = IntakeEntry.objects.get(message_id=FIRST)
    assert entry.outcome == Outcome.QUARANTINED
    assert "100/33" in entry.reason
    assert LeadFetch.objects.get(entry=entry).state == "unavailable"


def test_what_was_given_up_can_be_fetched_again(page, graph):
    announce(page, NOTICES[:1])
    graph.errors[FIRST] = (400, 100, 33)
    for hours in (0, 6, 24):
        fetch(NOW + timedelta(hours=hours))
    graph.errors.clear()

    assert sync.fetch_again(LeadFetch.objects.all(), now=NOW) == 1
    assert fetch() == 1
    entry = IntakeEntry.objects.get()
    assert (entry.outcome, entry.lead.last_name) == (Outcome.CREATED, "Größl-Beispiel")


@pytest.mark.parametrize("code", [4, 17, 32, 613])
def test_too_many_calls_let_the_whole_page_wait(page, graph, code):
    announce(page)
    graph.errors = {FIRST: (400, code, 0), SECOND: (400, code, 0)}

    assert fetch() == 1
    graph.errors.clear()
    assert fetch() == 0
    assert fetch(NOW + timedelta(minutes=1)) == 2


def test_429_does_the_same(page, partner):
    announce(page)
    partner.faults = {FIRST: [{"status": 429}], SECOND: [{"status": 429}]}

    assert fetch() == 1
    assert fetch() == 0
    assert fetch(NOW + timedelta(minutes=1)) == 2


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"html": True}, {"cut": True}, {"status": 200, "json": [1]}]
)
def test_trouble_there_is_waited_for(page, partner, fault):
    announce(page, NOTICES[:1])
    partner.faults = {FIRST: [fault]}

    assert fetch() == 1
    assert not Lead.objects.exists()
    assert fetch(NOW + timedelta(hours=6)) == 1
    assert Lead.objects.count() == 1


def test_after_36_hours_without_an_answer_it_is_given_up(page, graph):
    announce(page, NOTICES[:1])
    graph.errors[FIRST] = (500, 2, 0)
    now = NOW
    while LeadFetch.objects.filter(state="waiting").exists():
        fetch(now)
        now = max(now, LeadFetch.objects.get().next_attempt_at)

    assert now - NOW == timedelta(hours=36)
    assert IntakeEntry.objects.get().outcome == Outcome.QUARANTINED


def test_another_lead_than_the_one_asked_for_is_not_taken(page, graph):
    announce(page, NOTICES[:1])
    graph.leads[FIRST] = {**graph.leads[FIRST], "id": "13"}
    fetch()

    assert not Lead.objects.exists()


def test_an_address_that_we_do_not_call_pauses_the_page(page):
    announce(page)
    Connection.objects.update(base_url="http://graph.example.org")
    fetch()

    page.refresh_from_db()
    assert page.paused_at == NOW


def test_nothing_personal_and_no_token_is_logged(page, graph, caplog):
    caplog.set_level("DEBUG")
    announce(page)
    graph.errors[SECOND] = (400, 100, 33)
    fetch()

    for secret in ("demo-page-token", "Größl", "zoe.groessl", "04069077"):
        assert secret not in caplog.text


# --- looked for at night -----------------------------------------------------------------------


def test_what_was_never_announced_is_found(page, graph):
    announce(page, NOTICES[:1])
    fetch()
    graph.leads["900000000000003"] = {**graph.leads[SECOND], "id": "900000000000003"}

    assert sync.catch_up(page, now=NOW) == 2  # over two pages
    assert sync.catch_up(page, now=NOW) == 0
    assert set(Lead.objects.values_list("sender", flat=True)) == {f"meta:{PAGE}"}
    assert IntakeEntry.objects.filter(outcome="").count() == 0
    assert states() == ["fetched"] * 3


def test_what_was_announced_and_given_up_is_found_too(page, graph):
    announce(page, NOTICES[:1])
    graph.errors[FIRST] = (400, 100, 33)
    for hours in (0, 6, 24):
        fetch(NOW + timedelta(hours=hours))
    graph.errors.clear()

    assert sync.catch_up(page, now=NOW) == 2
    assert Lead.objects.count() == 2
    assert states() == ["fetched", "fetched"]


def test_it_looks_back_to_the_last_time_and_not_longer_than_leads_can_be_read(page, partner):
    announce(page)

    def since():
        [call] = [one for one in partner.log if "/leads?" in one["path"]][-1:]
        return int(call["path"].partition("value%22%3A+")[2].partition("%7D")[0])

    sync.catch_up(page, now=NOW)
    assert since() == int((NOW - timedelta(days=90)).timestamp())
    page.refresh_from_db()
    sync.catch_up(page, now=NOW + timedelta(days=3))
    assert since() == int((NOW - timedelta(days=1)).timestamp())


def test_trouble_with_one_page_does_not_stop_the_others(page, partner, graph):
    broken = make_meta_connection(base=f"{partner.url}/graph", access_token="falsch")
    announce(broken, NOTICES[:1])
    announce(page, NOTICES[:1])

    assert sync.look_for_missed([broken, page], now=NOW) == sync.CaughtUp(found=2, failed=1)
    broken.refresh_from_db()
    assert broken.last_error
    assert set(Lead.objects.values_list("dealer", flat=True)) == {page.dealer_id}
