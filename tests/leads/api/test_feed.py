"""The change feed over the API; that it skips nothing: tests/leads/services/test_feed.py."""

from datetime import UTC, datetime

import pytest

from leads.models import EventKind, Scope
from leads.services.events import lead_event, record
from tests.builders import make_customer, make_lead
from tests.leads.api.conftest import ApiClient

EVENTS = "/api/v1/events/"
NOW = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, scopes=[Scope.EVENTS_READ])


def tell(lead, kind=EventKind.LEAD_UPDATED, sender="", **data):
    record([lead_event(kind, lead, now=NOW, sender=sender, **data)])


def test_what_happens_is_told_in_order(api, dealer):
    lead = make_lead(dealer)
    tell(lead, EventKind.LEAD_CREATED, sender="api:website")
    tell(lead, EventKind.LEAD_MERGED, merged_into=17)
    tell(make_lead())

    assert api.get(EVENTS).json() == {
        "results": [
            {
                "position": 1,
                "type": "lead.created",
                "at": "2026-03-02T09:15:00+01:00",
                "lead_id": lead.pk,
                "customer_id": lead.customer_id,
                "sender": "api:website",
                "data": {},
            },
            {
                "position": 2,
                "type": "lead.merged",
                "at": "2026-03-02T09:15:00+01:00",
                "lead_id": lead.pk,
                "customer_id": lead.customer_id,
                "sender": None,
                "data": {"merged_into": 17},
            },
        ],
        "next": 2,
        "has_more": False,
    }


def test_a_reader_goes_on_where_it_stopped(api, dealer):
    lead = make_lead(dealer)
    for _ in range(3):
        tell(lead)

    first = api.get(EVENTS, {"limit": 2}).json()
    then = api.get(EVENTS, {"after": first["next"]}).json()

    assert (first["next"], first["has_more"]) == (2, True)
    assert [event["position"] for event in then["results"]] == [3]
    assert then["has_more"] is False
    assert api.get(EVENTS, {"after": 3}).json() == {"results": [], "next": 3, "has_more": False}


def test_only_some_types(api, dealer):
    lead = make_lead(dealer)
    tell(lead)
    tell(lead, EventKind.LEAD_DELETED)
    tell(lead, EventKind.LEAD_CLOSED)

    found = api.get(EVENTS, {"kinds": "lead.deleted, lead.closed"}).json()

    assert [event["type"] for event in found["results"]] == ["lead.deleted", "lead.closed"]


def test_nobody_reads_from_it_that_there_was_a_pre_check(api, dealer):
    tell(make_lead(dealer), changed=["precheck", "subject", "lead_type_raw"])

    [event] = api.get(EVENTS).json()["results"]

    assert event["data"] == {"changed": ["subject"]}


@pytest.mark.parametrize(
    "params",
    [
        {"after": "-1"},
        {"after": "x"},
        {"after": 10**30},
        {"after": 1},
        {"limit": 0},
        {"limit": 1001},
        {"limit": ""},
        {"kinds": "lead.painted"},
        {"kinds": ""},
        {"farbe": "rot"},
        {"cursor": "x"},
    ],
)
def test_what_it_does_not_know_is_refused(api, problem, params):
    document = problem(api.get(EVENTS, params), 400)

    assert [error["field"] for error in document["errors"]] == list(params)


def test_every_change_over_the_api_is_in_it(dealer):
    api = ApiClient(dealer, scopes=Scope.values, system="crm")
    customer = api.post({"company": "Musterbau"}, "/api/v1/customers/").json()["id"]
    api.send("PATCH", f"/api/v1/customers/{customer}/", {"note": "x"})
    api.send("DELETE", f"/api/v1/customers/{customer}/")
    api.post({"subject": "Golf gesucht"})

    events = api.get(EVENTS).json()["results"]

    assert [(event["type"], event["sender"]) for event in events] == [
        ("customer.created", "api:crm"),
        ("customer.updated", "api:crm"),
        ("customer.deleted", "api:crm"),
        ("lead.created", "api:crm"),
    ]
    assert events[1]["data"] == {"changed": ["note"]}


def test_a_change_that_was_rolled_back_is_never_told(dealer, problem):
    api = ApiClient(dealer, scopes=Scope.values)
    make_customer(dealer, external_number="K-1")

    problem(api.post({"company": "A", "external_number": "K-1"}, "/api/v1/customers/"), 409)

    assert api.get(EVENTS).json()["results"] == []


def test_it_needs_its_right(dealer, problem):
    api = ApiClient(dealer, scopes=[one for one in Scope.values if one != Scope.EVENTS_READ])

    assert Scope.EVENTS_READ in problem(api.get(EVENTS), 403)["detail"]
