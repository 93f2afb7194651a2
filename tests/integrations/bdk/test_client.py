"""BDK's endpoints against the simulated BDK, and what it may answer instead."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from integrations.bdk.client import BdkClient, CursorExpired
from integrations.bdk.schema import LeadPage, LeadReceipt, StatusEvent
from integrations.http import PartnerMisconfigured, PartnerRefused, PartnerUnavailable
from integrations.signing_in import ClientCredentials

NOW = datetime(2026, 3, 2, 9, 15, 4, tzinfo=UTC)


def client_of(partner, secret="demo-secret"):
    credentials = ClientCredentials(
        token_url=f"{partner.url}/bdk/oauth/token",
        client_id="leadoffice-demo",
        client_secret=secret,
    )
    return BdkClient(f"{partner.url}/bdk", credentials)


@pytest.fixture
def client(partner):
    with client_of(partner) as client:
        yield client


def receipt(lead_id="DLC-2026-000101", version=1, result="STORED", **values):
    return LeadReceipt(lead_id=lead_id, version=version, result=result, received_at=NOW, **values)


def event(status="CONTACTED", **values):
    return StatusEvent(**{"event_id": uuid4(), "status": status, "occurred_at": NOW} | values)


def test_pages_follow_the_cursor_to_the_end(client, items):
    first = client.fetch_page("0012345")
    second = client.fetch_page("0012345", cursor=first.next_cursor)
    third = client.fetch_page("0012345", cursor=second.next_cursor)

    assert [*first.items, *second.items] == items
    assert (len(first.items), first.has_more) == (50, True)
    assert (len(second.items), second.has_more) == (3, False)
    assert (third.items, third.has_more, third.next_cursor) == ([], False, second.next_cursor)
    assert client.fetch_page("0012345", cursor=first.next_cursor) == second


@pytest.mark.parametrize("name", ["leads", "content", "items"])
def test_the_list_may_have_one_of_three_names(name):
    page = LeadPage.from_payload({name: [1], "nextCursor": "c"}, partner_number="1")

    assert page == LeadPage(items=[1], next_cursor="c", has_more=False)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "leads",
        {},
        {"leads": None},
        {"leads": {"leadId": "1"}},
        {"leads": [], "nextCursor": 7},
        {"leads": [], "nextCursor": "x" * 3000},
        {"leads": [], "partnernummer": "0099999"},
    ],
)
def test_an_answer_that_is_no_page_is_refused(answer):
    with pytest.raises(PartnerRefused):
        LeadPage.from_payload(answer, partner_number="0012345")


@pytest.mark.parametrize("fault", [{"status": 410}, {"status": 410, "json": "gone"}])
def test_an_expired_cursor_is_told_apart(partner, client, fault):
    partner.faults["leads"] = [fault]

    with pytest.raises(CursorExpired):
        client.fetch_page("0012345", cursor="abc")


@pytest.mark.parametrize("cursor", ["Unsinn", "bm9uc2Vuc2U=", "c2VxOjk5OTk="])
def test_the_simulator_does_not_know_foreign_cursors(client, cursor):
    with pytest.raises(CursorExpired):
        client.fetch_page("0012345", cursor=cursor)


def test_an_unknown_partner_number_concerns_only_itself(partner, client):
    with pytest.raises(PartnerRefused) as raised:
        client.fetch_page("0099999")
    assert (raised.value.status, raised.value.code) == (404, "UNKNOWN_PARTNER")

    partner.faults["leads"] = [{"status": 403, "json": {"code": "PARTNER_NOT_ALLOWED"}}]
    with pytest.raises(PartnerRefused) as raised:
        client.fetch_page("0012345")
    assert (raised.value.status, raised.value.code) == (403, "PARTNER_NOT_ALLOWED")


def test_a_wrong_secret_calls_a_person(partner):
    with client_of(partner, secret="falsch") as client, pytest.raises(PartnerMisconfigured):
        client.fetch_page("0012345")

    assert [entry["path"] for entry in partner.log] == ["/bdk/oauth/token"]


def test_a_token_forgotten_by_bdk_is_renewed_once(partner, client):
    client.fetch_page("0012345", limit=1)
    partner.bdk.forget_tokens()
    client.fetch_page("0012345", limit=1)

    assert [entry["status"] for entry in partner.log] == [200, 200, 401, 200, 200]


@pytest.mark.parametrize("fault", [{"html": True}, {"cut": True}, {"status": 500}])
def test_an_unreadable_answer_may_be_better_later(partner, client, fault):
    partner.faults["leads"] = [fault]

    with pytest.raises(PartnerUnavailable):
        client.fetch_page("0012345")
    assert client.fetch_page("0012345").items


def test_receipts_may_be_repeated(client):
    receipts = [receipt(), receipt("DLC-2026-000147", result="REJECTED", reason="Ohne Kunde.")]

    first = client.acknowledge("0012345", [*receipts, receipt("DLC-9")])
    second = client.acknowledge("0012345", receipts)

    assert [one.status for one in first] == ["ACKNOWLEDGED", "ACKNOWLEDGED", "UNKNOWN_LEAD"]
    assert [one.status for one in second] == ["ALREADY_ACKNOWLEDGED"] * 2
    assert (first[0].lead_id, first[0].version) == ("DLC-2026-000101", 1)


def test_a_receipt_says_what_it_knows_in_the_words_of_the_contract():
    assert receipt(crm_reference="L-2026-000123").to_payload() == {
        "leadId": "DLC-2026-000101",
        "version": 1,
        "result": "STORED",
        "receivedAt": "2026-03-02T09:15:04+00:00",
        "crmReference": "L-2026-000123",
    }
    assert receipt(reason_code="UNUSABLE", reason="Ohne Kunde.").to_payload().keys() == {
        "leadId",
        "version",
        "result",
        "receivedAt",
        "reasonCode",
        "reason",
    }


@pytest.mark.parametrize("answer", [None, [], {}, {"results": "ok"}])
def test_an_answer_to_receipts_without_results_is_refused(partner, client, answer):
    partner.faults["lead-receipts"] = [{"status": 200, "json": answer}]

    with pytest.raises(PartnerRefused) as raised:
        client.acknowledge("0012345", [receipt()])

    assert raised.value.status is None


def test_a_status_is_reported_once_however_often_it_is_sent(partner, client):
    contacted = event()
    for _time in range(2):
        client.report_status("0012345", "DLC-2026-000101", contacted)

    [stored] = partner.bdk.status_events.values()
    assert stored["status"] == "CONTACTED"
    assert stored["occurredAt"] == "2026-03-02T09:15:04+00:00"
    assert stored["comment"] is None


def test_a_status_older_than_what_bdk_knows_is_refused(client):
    client.report_status("0012345", "DLC-2026-000101", event())

    with pytest.raises(PartnerRefused) as raised:
        client.report_status(
            "0012345", "DLC-2026-000101", event("ASSIGNED", occurred_at=NOW.replace(hour=8))
        )
    assert (raised.value.status, raised.value.code) == (409, "STALE_STATUS")
    with pytest.raises(PartnerRefused) as raised:
        client.report_status("0012345", "DLC-9", event())
    assert raised.value.status == 404


@pytest.mark.parametrize(("number", "is_sent"), [("..", False), ("", False), ("0/1?x=#", True)])
def test_a_partner_number_stays_one_part_of_the_address(partner, client, number, is_sent):
    with pytest.raises(PartnerRefused):
        client.fetch_page(number)

    sent = [entry["path"] for entry in partner.log if "/partners/" in entry["path"]]
    assert sent == (["/bdk/crm/v1/partners/0%2F1%3Fx%3D%23/leads?limit=200"] if is_sent else [])
