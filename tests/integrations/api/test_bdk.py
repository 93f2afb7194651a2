"""BDK brings leads itself: the same lead objects, on the same way, answered once they are kept."""

import json
from datetime import timedelta

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from integrations import arrivals, inbox
from integrations.models import Connection, Delivery
from leads.admin.readers import process_again
from leads.models import IntakeEntry, Lead, Outcome
from tests import builders
from tests.integrations.api.conftest import Sender, failing, sample
from tests.integrations.conftest import expected_rows

TOKEN = "push-token-der-bdk"
SITE = "0012345"


@pytest.fixture
def connection(dealer):
    builders.make_location(dealer, bdk_partner_number=SITE)
    return builders.make_connection(dealer, push_secret=TOKEN)


def bdk_at(connection, token=TOKEN):
    path = reverse("inbound:bdk", args=[connection.address_key])
    return Sender(path, authorization=f"Bearer {token}")


@pytest.fixture
def bdk(connection):
    return bdk_at(connection)


@pytest.fixture
def items():
    return json.loads(sample("bdk_leads_page.json"))["leads"]


def of_site(item, site=SITE):
    return {**item, "partnernummer": site}


def bring(bdk, body):
    answer = bdk.post(json.dumps(body).encode())
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_single_lead_is_answered_with_our_number(bdk, items):
    [result] = bring(bdk, of_site(items[0]))

    lead = Lead.objects.get()
    assert result.pop("receivedAt")
    assert result == {
        "leadId": "DLC-2026-000101",
        "version": 1,
        "result": "STORED",
        "crmReference": lead.number,
    }
    assert lead.location.bdk_partner_number == SITE
    assert Connection.objects.get().received == 1


def test_the_sample_page_brought_ends_as_the_sample_page_fetched(bdk, items):
    results = bring(bdk, {"partnernummer": SITE, "leads": items})

    assert len(results) == len(items)
    for index, (lead_id, case, expected) in expected_rows().items():
        is_refused = expected.startswith("quarantine")
        assert results[index]["leadId"] == lead_id, case
        assert results[index]["result"] == ("REJECTED" if is_refused else "STORED"), case
        assert bool(results[index].get("reason")) == is_refused, case
    assert Lead.objects.count() == 46
    changed = Lead.objects.get(external_id="DLC-2026-000102")
    assert changed.enquiries.get().version == 2
    outcomes = set(IntakeEntry.objects.values_list("outcome", flat=True))
    assert outcomes == {"created", "updated", "conflict", "quarantined"}


def test_a_repeat_is_stored_still_and_makes_nothing(bdk, items):
    first = bring(bdk, of_site(items[0]))
    again = bring(bdk, {"leads": [of_site(items[0]), of_site(items[0])]})

    assert [one["crmReference"] for one in again] == [first[0]["crmReference"]] * 2
    assert Lead.objects.count() == 1


def test_what_was_brought_is_known_when_it_is_fetched(bdk, connection, partner, items):
    url = f"{partner.url}/bdk"
    Connection.objects.update(base_url=url, token_url=f"{url}/oauth/token")
    bring(bdk, {"partnernummer": SITE, "leads": items[:5]})
    partner.bdk.items = items[:5]
    run = inbox.pull(Connection.objects.get(), now=timezone.now())

    assert (run.received, run.created, run.acknowledged) == (5, 0, 5)


@pytest.mark.parametrize("site", ["0099999", "", None, "0012345/../x", 12345, {"a": 1}, "9" * 500])
def test_an_unknown_partner_number_waits_for_a_person_and_never_lands_anywhere(
    bdk, connection, items, site
):
    builders.make_location(bdk_partner_number="0099999")  # of another dealer
    [result] = bring(bdk, of_site(items[0], site))

    assert result["result"] == "REJECTED"
    assert not Lead.objects.exists()
    entry = IntakeEntry.objects.get()
    assert (entry.dealer, entry.outcome) == (connection.dealer, Outcome.QUARANTINED)


def test_once_its_location_is_there_it_can_be_processed_again(bdk, connection, items):
    bring(bdk, of_site(items[0], "0077777"))
    now = timezone.now()
    [entry] = IntakeEntry.objects.all()
    user = builders.make_user(connection.dealer)
    process_again(connection.dealer, [entry.pk], by=user, now=now)
    assert not Lead.objects.exists()

    location = builders.make_location(connection.dealer, bdk_partner_number="0077777")
    process_again(connection.dealer, [entry.pk], by=user, now=now)
    assert Lead.objects.get().location == location


def test_no_receipt_leaves_for_what_was_answered_at_once(bdk, items):
    bring(bdk, of_site(items[0]))

    assert not Delivery.objects.exists()


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "falsch", TOKEN[:-1], f"{TOKEN}x", "ü"])
def test_a_wrong_token_is_refused_and_nothing_is_stored(connection, items, token):
    answer = bdk_at(connection, token).post(json.dumps(of_site(items[0])).encode())

    assert answer.status_code == 403
    assert not IntakeEntry.objects.exists()
    assert Connection.objects.get().refused == 1


@pytest.mark.parametrize("values", [{"push_secret": ""}, {"is_active": False}])
def test_where_nobody_has_opened_the_door_it_is_shut(connection, items, values):
    Connection.objects.update(**values)
    for token in (TOKEN, "", "demo-secret"):
        answer = bdk_at(connection, token).post(json.dumps(of_site(items[0])).encode())
        assert answer.status_code == 403
    assert not IntakeEntry.objects.exists()


def test_bdks_own_secret_does_not_open_our_door(connection, items):
    answer = bdk_at(connection, "demo-secret").post(b"{}")
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"leads": [1], "leads": []}'])
def test_an_unreadable_body_is_refused_and_kept(bdk, body):
    assert bdk.post(body).status_code == 400
    assert IntakeEntry.objects.get().outcome == Outcome.QUARANTINED


def test_items_that_are_no_leads_do_not_stop_the_others(bdk, items):
    results = bring(bdk, {"partnernummer": SITE, "leads": [5, None, [], {}, items[0]]})

    assert [one["result"] for one in results] == ["REJECTED"] * 4 + ["STORED"]
    assert bring(bdk, {"leads": []}) == []


def test_another_address_and_plain_http_are_refused(bdk, connection, items):
    google = builders.make_google_connection(connection.dealer)
    assert bdk_at(google).post(b"{}").status_code == 404
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=[r"^api/v1/"]):
        assert bdk.post(json.dumps(of_site(items[0])).encode()).status_code == 403


# --- trouble of our own ------------------------------------------------------------------------


def test_what_cannot_be_stored_is_no_success(bdk, items):
    with failing("leads_intakeentry"):
        assert bdk.post(json.dumps(of_site(items[0])).encode()).status_code == 503
    assert not IntakeEntry.objects.exists()


def test_what_is_on_disk_is_stored_and_becomes_a_lead_in_the_order_of_its_versions(bdk, items):
    versions = [of_site({**items[0], "version": n, "comment": f"Fassung {n}"}) for n in (9, 10)]
    with failing("leads_lead"):
        results = bring(bdk, {"leads": versions})
    assert [one["result"] for one in results] == ["STORED"] * 2
    assert not Lead.objects.exists()

    arrivals.finish_interrupted(now=timezone.now() + timedelta(minutes=2))
    assert Lead.objects.get().message == "Fassung 10"
    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) == {"created", "updated"}


def test_nothing_personal_and_no_token_is_logged(bdk, items, caplog):
    bring(bdk, of_site(items[0]))
    bdk.post(json.dumps(of_site(items[1])).encode()[:-9])

    for secret in ("Mustermann", "example.org", TOKEN):
        assert secret not in caplog.text


def test_many_leads_take_the_same_number_of_queries(bdk, items, django_assert_max_num_queries):
    people = [
        {**items[8], "leadId": f"N-{n}", "customer": {"lastName": f"P{n}", "email": f"p{n}@x.org"}}
        for n in range(60)
    ]
    with django_assert_max_num_queries(60):
        bring(bdk, {"partnernummer": SITE, "leads": people})
    assert Lead.objects.count() == 60
