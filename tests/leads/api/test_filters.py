"""What a list of leads can be narrowed by, beyond what test_list.py tries."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Category, Lead, Tag
from tests.builders import (
    make_customer,
    make_dealer,
    make_lead,
    make_user,
    make_vehicle,
    shared_lead_type,
)
from tests.leads.api.conftest import ApiClient

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def found(api, **params):
    response = api.get(params=params)
    assert response.status_code == 200, response.content
    return {lead["number"] for lead in response.json()["results"]}


@pytest.fixture
def other(dealer):
    """A lead that no filter here should find."""
    return make_lead(dealer, customer=None, score=0)


CASES = {
    "stage": lambda dealer: ({"status": "offer"}, "offer"),
    "category": lambda dealer: ({"category": Category.objects.get(name="Leasing")}, "leasing"),
    "urgency": lambda dealer: ({"urgency": "high"}, "high"),
    "is_spam": lambda dealer: ({"is_spam": True}, "true"),
    "has_owner": lambda dealer: ({"owner": make_user(dealer)}, "true"),
    "has_phone": lambda dealer: ({"phone": "", "mobile": "0171 3920012"}, "true"),
    "has_email": lambda dealer: ({"email": "a@example.org"}, "true"),
    "number": lambda dealer: ({"number": "L-2026-000017"}, "L-2026-000017"),
    "enquired_since": lambda dealer: ({"enquired_at": NOW + timedelta(days=900)}, "2028-01-01"),
    "enquired_until": lambda dealer: ({"enquired_at": NOW}, "2026-03-03"),
    "follow_up_until": lambda dealer: ({"follow_up_at": NOW}, "2026-03-03"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_filter_finds_what_it_names(api, dealer, other, name):
    values, wanted = CASES[name](dealer)
    lead = make_lead(dealer, **values)

    assert found(api, **{name: wanted}) == {lead.number}


@pytest.mark.parametrize("name", ["is_spam", "has_owner", "has_phone", "has_email"])
def test_its_opposite_finds_the_rest(api, dealer, other, name):
    values, _wanted = CASES[name](dealer)
    make_lead(dealer, **values)

    assert found(api, **{name: "false"}) == {other.number}


def test_by_customer_vehicle_and_tag(api, dealer, other):
    customer, car = make_customer(dealer), make_vehicle(dealer)
    lead = make_lead(dealer, customer=customer, vehicle=car)
    lead.tags.add(
        Tag.objects.create(dealer=dealer, name="Eilig"), Tag.objects.create(dealer=dealer, name="B")
    )

    assert found(api, customer=customer.pk) == {lead.number}
    assert found(api, vehicle=car.pk) == {lead.number}
    assert found(api, tag="EILIG") == {lead.number}
    assert found(api, customer=make_customer(dealer).pk) == set()


def test_by_score(api, dealer):
    leads = [make_lead(dealer) for _n in range(3)]
    for score, lead in zip((10, 50, 90), leads, strict=True):
        Lead.objects.filter(pk=lead.pk).update(score=score)

    assert found(api, score_min=50) == {leads[1].number, leads[2].number}
    assert found(api, score_max=50) == {leads[0].number, leads[1].number}
    assert found(api, score_min=11, score_max=89) == {leads[1].number}


def test_by_the_number_of_any_of_its_enquiries(api):
    first = api.post({"external_id": "w-1", "contact": {"email": "e@example.org"}}).json()
    second = api.post({"external_id": "w-2", "contact": {"email": "e@example.org"}}).json()

    assert second["outcome"] == "attached"
    assert found(api, external_id="w-1") == found(api, external_id="w-2") == {first["number"]}


def test_filters_are_combined(api, dealer, other):
    lead = make_lead(dealer, urgency="high", status="offer")
    make_lead(dealer, urgency="high")

    assert found(api, urgency="high", stage="offer", has_email="true") == {lead.number}


@pytest.mark.parametrize(
    "parameters",
    [
        {"stage": "irgendwo"},
        {"urgency": "hoch"},
        {"customer": "x"},
        {"customer": "0"},
        {"customer": str(2**63)},
        {"score_min": "101"},
        {"score_min": "-1"},
        {"tag": "gibt es nicht"},
        {"category": "gibt es nicht"},
        {"has_phone": "vielleicht"},
        {"follow_up_until": "bald"},
        {"search": "\x00"},
    ],
)
def test_what_nobody_understands_is_refused(api, problem, parameters):
    document = problem(api.get(params=parameters), 400)

    assert [error["field"] for error in document["errors"]] == list(parameters)


def test_ids_of_other_dealers_find_nothing(api):
    theirs = make_lead(make_dealer(), vehicle=None)

    assert found(api, customer=theirs.customer_id) == set()
    assert found(api, number=theirs.number) == set()


def test_filters_keep_the_number_of_queries(api, dealer, django_assert_max_num_queries):
    lead = make_lead(dealer, lead_type=shared_lead_type("1b"))
    lead.tags.add(Tag.objects.create(dealer=dealer, name="Eilig"))
    api.get()

    with django_assert_max_num_queries(8):
        params = {"status": "new", "source": "website", "tag": "eilig", "lead_type": "1b"}
        assert found(api, **params) == {lead.number}


def test_a_second_key_sees_the_same(dealer):
    lead = make_lead(dealer)

    assert found(ApiClient(dealer, system="crm"), has_email="true") == {lead.number}
