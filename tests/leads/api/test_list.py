"""GET: lists, pages, filters and single leads, each behind the dealer's wall."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from django.utils import timezone

from leads.models import Lead, LeadType, Status, Tag
from leads.models.warning import WarningCode
from tests.builders import (
    make_activity,
    make_dealer,
    make_lead,
    make_location,
    make_user,
    make_vehicle,
    shared_lead_type,
)
from tests.leads.api.conftest import LEADS, ApiClient

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def numbers(response):
    assert response.status_code == 200, response.content
    return [lead["number"] for lead in response.json()["results"]]


def pages(api, link=LEADS, towards="next"):
    """The numbers of each page, following the links."""
    while link:
        response = api.get(link)
        yield numbers(response)
        link = response.json()[towards]


def test_the_newest_stands_first(api, dealer):
    leads = [make_lead(dealer, received_at=NOW + timedelta(hours=n)) for n in (1, 3, 2)]

    assert numbers(api.get()) == [leads[1].number, leads[2].number, leads[0].number]


def test_other_dealers_leads_are_not_there(api, dealer, problem):
    mine, theirs = make_lead(dealer), make_lead(make_dealer())

    assert numbers(api.get()) == [mine.number]
    assert numbers(api.get(params={"search": theirs.last_name})) == []
    assert problem(api.get(f"{LEADS}{theirs.pk}/"), 404) == problem(api.get(f"{LEADS}999999/"), 404)


def test_a_lead_is_read_by_its_id(api, dealer):
    lead = make_lead(dealer)

    answer = api.get(f"{LEADS}{lead.pk}/")

    assert answer.status_code == 200
    assert answer.json()["number"] == lead.number
    assert answer.json() == api.get().json()["results"][0]


def test_pages_bring_every_lead_once(api, dealer):
    wanted = [make_lead(dealer, received_at=NOW + timedelta(hours=n)).number for n in range(7)]

    found = list(pages(api, f"{LEADS}?page_size=3"))

    assert [len(page) for page in found] == [3, 3, 1]
    assert list(chain.from_iterable(found)) == wanted[::-1]


def test_leads_of_one_moment_are_not_skipped_between_pages(api, dealer):
    """As after an import: more leads with one time than fit on a page."""
    wanted = [make_lead(dealer, received_at=NOW).number for _ in range(7)]
    wanted = [make_lead(dealer, received_at=NOW - timedelta(hours=1)).number, *wanted]

    found = chain.from_iterable(pages(api, f"{LEADS}?page_size=2"))
    assert list(found) == wanted[::-1]


def test_pages_can_be_walked_back(api, dealer):
    for hour in range(5):
        make_lead(dealer, received_at=NOW + timedelta(hours=hour // 2))
    forth = list(pages(api, f"{LEADS}?page_size=2"))
    last = api.get(api.get(api.get(f"{LEADS}?page_size=2").json()["next"]).json()["next"])

    back = list(pages(api, last.json()["previous"], towards="previous"))

    assert last.json()["next"] is None
    assert back == [forth[1], forth[0]]


def test_a_lead_that_arrives_meanwhile_moves_no_other(api, dealer):
    for hour in range(4):
        make_lead(dealer, received_at=NOW + timedelta(hours=hour))
    first = api.get(f"{LEADS}?page_size=2")
    make_lead(dealer, received_at=NOW + timedelta(hours=9))

    second = api.get(first.json()["next"])

    assert not set(numbers(first)) & set(numbers(second))
    assert len(numbers(second)) == 2


def test_links_keep_the_filters(api, dealer):
    for _ in range(3):
        make_lead(dealer, received_at=NOW)
        make_lead(dealer, received_at=NOW, status="won")

    found = list(pages(api, f"{LEADS}?page_size=2&status=won"))

    assert [len(page) for page in found] == [2, 1]


def test_a_page_holds_fifty_if_nothing_is_said(api, dealer):
    template = make_lead(dealer)
    Lead.objects.bulk_create(
        Lead(
            dealer=dealer,
            number=f"L-{n}",
            source=template.source,
            status=template.status,
            subject="Golf",
            enquired_at=NOW,
            received_at=NOW,
        )
        for n in range(60)
    )

    assert len(numbers(api.get())) == 50
    assert len(numbers(api.get(params={"page_size": 200}))) == 61


@pytest.mark.parametrize("size", ["0", "-1", "201", "viel", "", "1.5", "9" * 50, "٣"])
def test_another_page_size_is_refused(api, problem, size):
    assert problem(api.get(params={"page_size": size}), 400)["errors"][0]["field"] == "page_size"


@pytest.mark.parametrize(
    "cursor", ["", "x", "äöü", "bm9uc2Vuc2U", "AA", "=", "eCAyMDI2LTAzLTAyIDE", "\x00"]
)
def test_a_made_up_cursor_is_refused(api, problem, cursor):
    document = problem(api.get(params={"cursor": cursor}), 400)

    assert document["errors"][0]["code"] == "invalid_cursor"


def test_the_cost_does_not_depend_on_the_number_of_leads(api, dealer, django_assert_num_queries):
    def another():
        lead = make_lead(
            dealer,
            owner=make_user(dealer),
            location=make_location(dealer),
            vehicle=make_vehicle(dealer),
            lead_type="1b",
        )
        lead.tags.add(Tag.objects.create(dealer=dealer, name=f"Tag {lead.pk}"))
        make_activity(lead)

    another()
    api.get()  # notes the last use of the key
    with django_assert_num_queries(4):  # key, its use, leads, tags
        api.get()
    for _ in range(4):
        another()
    with django_assert_num_queries(4):
        assert len(numbers(api.get())) == 5
    [lead, *_rest] = Lead.objects.all()
    with django_assert_num_queries(4):
        api.get(f"{LEADS}{lead.pk}/")


@pytest.mark.parametrize("status", ["contacted", "Kontaktiert", " KONTAKTIERT "])
def test_by_status(api, dealer, status):
    make_lead(dealer)
    lead = make_lead(dealer, status="contacted")

    assert numbers(api.get(params={"status": status})) == [lead.number]


@pytest.mark.parametrize("source", ["mobile_de", "mobile.de"])
def test_by_source(api, dealer, source):
    make_lead(dealer)
    lead = make_lead(dealer, source="mobile_de")

    assert numbers(api.get(params={"source": source})) == [lead.number]


@pytest.mark.parametrize("location", ["Köln-Süd", "KÖLN-SÜD", "0012345"])
def test_by_location(api, dealer, location):
    make_lead(dealer)
    hall = make_location(dealer, name="Köln-Süd", bdk_partner_number="0012345")
    lead = make_lead(dealer, location=hall)

    assert numbers(api.get(params={"location": location})) == [lead.number]


def test_by_owner(api, dealer):
    make_lead(dealer)
    lead = make_lead(dealer, owner=make_user(dealer, email="sabine@example.org"))

    assert numbers(api.get(params={"owner": "Sabine@Example.org"})) == [lead.number]
    assert numbers(api.get(params={"owner": "nobody@example.org"})) == []


@pytest.mark.parametrize(("value", "is_open"), [("true", True), ("1", True), ("false", False)])
def test_by_open_or_closed(api, dealer, value, is_open):
    opened = make_lead(dealer)
    closed = make_lead(dealer, status="lost")

    wanted = opened if is_open else closed
    assert numbers(api.get(params={"is_open": value})) == [wanted.number]


def test_by_test_lead(api, dealer):
    real, test = make_lead(dealer), make_lead(dealer, is_test=True)

    assert numbers(api.get(params={"is_test": "true"})) == [test.number]
    assert numbers(api.get(params={"is_test": "false"})) == [real.number]


def test_by_the_time_of_arrival(api, dealer):
    early = make_lead(dealer, received_at=NOW)
    late = make_lead(dealer, received_at=NOW + timedelta(hours=1))

    assert numbers(api.get(params={"received_since": "2026-03-02T10:30:00+01:00"})) == [late.number]
    assert numbers(api.get(params={"received_since": "2026-03-02T10:00:00Z"})) == [late.number]
    assert numbers(api.get(params={"received_until": "2026-03-02T10:00:00Z"})) == [early.number]
    assert numbers(api.get(params={"received_until": "2026-03-02"})) == []


def test_a_plus_that_became_a_blank_is_still_an_offset(api, dealer):
    make_lead(dealer, received_at=NOW)

    assert numbers(api.get(f"{LEADS}?received_since=2026-03-02T10:00:00+01:00"))
    assert not numbers(api.get(f"{LEADS}?received_since=2026-03-02T10:00:01+01:00"))


def test_by_the_last_change(api, dealer, time_machine):
    time_machine.move_to(NOW, tick=False)
    make_lead(dealer)
    time_machine.move_to(NOW + timedelta(hours=1), tick=False)
    changed = make_lead(dealer)
    since = (timezone.now() - timedelta(minutes=1)).isoformat()

    assert numbers(api.get(params={"updated_since": since})) == [changed.number]


def test_by_the_senders_own_number(api, dealer):
    lead = make_lead(dealer, sender="api:website", external_id="crm-1")
    make_lead(dealer, sender="bdk:1", external_id="crm-1")

    assert numbers(api.get(params={"external_id": "crm-1"})) == [lead.number]
    assert numbers(api.get(params={"external_id": "crm"})) == []


def test_by_lead_type(api, dealer):
    make_lead(dealer)
    lead = make_lead(dealer, lead_type="1b")

    assert numbers(api.get(params={"lead_type": "1B"})) == [lead.number]


@pytest.mark.parametrize("search", ["größ", "GROESS", "octa jana", "030 23125 777", "jana.test"])
def test_by_words(api, dealer, search):
    make_lead(dealer, subject="Polo")
    lead = make_lead(
        dealer,
        first_name="Jana",
        last_name="Größling",
        email="jana.test@example.org",
        phone="03023125777",
        vehicle_name="Škoda Octavia",
    )

    assert numbers(api.get(params={"search": search})) == [lead.number]


@pytest.mark.parametrize(
    "parameters",
    [
        {"status": "gibt es nicht"},
        {"source": "gibt es nicht"},
        {"location": "gibt es nicht"},
        {"lead_type": "9z"},
        {"is_open": "vielleicht"},
        {"is_test": "2"},
        {"received_since": "gestern"},
        {"received_until": "2026-02-30"},
        {"updated_since": "1"},
        {"search": "x" * 201},
        {"search": "a\x00b"},
        {"status": "\x00"},
        {"external_id": "\x00"},
        {"owner": "\x00"},
        {"received_since": "\x00"},
        {"stauts": "new"},
        {"dealer": "1"},
        {"status__stage": "new"},
    ],
)
def test_a_filter_nobody_understands_is_refused(api, problem, parameters):
    document = problem(api.get(params=parameters), 400)

    assert [error["field"] for error in document["errors"]] == list(parameters)


def test_names_of_other_dealers_are_unknown(api, problem):
    other = make_dealer()
    Status.objects.create(dealer=other, name="Geheim")
    make_location(other, name="Fremd")

    problem(api.get(params={"status": "Geheim"}), 400)
    problem(api.get(params={"location": "Fremd"}), 400)


def test_an_own_lead_type_with_the_same_id_as_a_shared_one_is_found_too(api, dealer):
    own = LeadType.objects.create(dealer=dealer, key="1b", title="Eigene", public_title="Eigene")
    leads = [make_lead(dealer, lead_type="1b"), make_lead(dealer, lead_type=own)]

    found = numbers(api.get(params={"lead_type": "1b"}))

    assert set(found) == {lead.number for lead in leads}


@pytest.mark.parametrize("key", ["1c", "1d", "8a", "8b", "8c"])
def test_creditworthiness_is_nowhere(api, dealer, problem, key):
    lead_type = shared_lead_type(key)
    make_lead(
        dealer,
        lead_type=lead_type,
        lead_type_raw=key,
        precheck=lead_type.precheck,
        warnings=[
            {"code": WarningCode.CONTRADICTS_TYPE, "value": key, "field": "finance_kind"},
            {"code": WarningCode.TYPE_SPELLINGS_DIFFER, "value": f"{key}, 1a", "field": ""},
        ],
    )

    response = api.get()

    [shown] = response.json()["results"]
    text = response.content.decode().casefold()
    assert shown["lead_type"] is None
    assert shown["lead_type_title"] == lead_type.public_title
    assert shown["warnings"] == []
    assert "kreditvoreinschätzung" not in text
    assert "precheck" not in text
    assert f'"{key}"' not in text
    problem(api.get(params={"lead_type": key}), 400)


def test_consents_are_not_shown(api, dealer):
    make_lead(dealer, consents=[{"purpose": "newsletter", "granted": True}])

    assert "newsletter" not in api.get().content.decode()


def test_times_are_berlins_and_money_is_text(api, dealer):
    make_lead(dealer, received_at=NOW, expected_value=21990)

    [shown] = api.get().json()["results"]

    assert shown["received_at"] == "2026-03-02T10:00:00+01:00"
    assert shown["expected_value"] == "21990.00"


def test_warnings_are_told_in_the_readers_language(api, dealer):
    make_lead(dealer, warnings=[{"code": "email_invalid", "value": "erika@", "field": "email"}])

    [shown] = api.get(Accept_Language="en").json()["results"]

    assert shown["warnings"] == [
        {
            "code": "email_invalid",
            "field": "email",
            "message": "“erika@” is not an e-mail address.",
        }
    ]


def test_a_lead_without_anything_is_shown(api, dealer):
    make_lead(dealer, customer=None, subject="Golf")

    [shown] = api.get().json()["results"]

    assert (shown["customer"], shown["owner"], shown["location"]) == (None, None, None)
    assert shown["contact"]["name"] is None
    assert shown["vehicle"]["id"] is None


def test_reading_with_a_second_key_of_the_dealer_shows_all_senders(dealer):
    ApiClient(dealer, system="website").post({"subject": "Golf"})

    [shown] = ApiClient(dealer, system="crm").get().json()["results"]

    assert shown["sender"] == "api:website"
