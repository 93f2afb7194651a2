"""`fields`, `expand`, ordering and ETags: what an answer shows of leads, and in which order."""

from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from django.utils import timezone

from leads.models import Enquiry, Lead, Scope, Task
from leads.services.merging import merge_leads
from tests.builders import (
    make_activity,
    make_dealer,
    make_handover,
    make_lead,
    make_location,
    make_user,
    make_vehicle,
)
from tests.leads.api.conftest import LEADS, ApiClient

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, scopes=Scope.values)


def address(lead):
    return f"{LEADS}{lead.pk}/"


def rich_lead(dealer):
    """A lead with one of everything that can be expanded."""
    lead = make_lead(
        dealer,
        vehicle=make_vehicle(dealer, location=make_location(dealer)),
        owner=make_user(dealer),
    )
    now = timezone.now()
    Enquiry.objects.create(
        dealer=dealer,
        lead=lead,
        sender="api:website",
        external_id=f"e-{lead.pk}",
        source=lead.source,
        subject="Golf",
        enquired_at=now,
        received_at=now,
    )
    make_activity(lead, user=make_user(dealer))
    Task.objects.create(
        dealer=dealer, lead=lead, owner=make_user(dealer), due_at=now, created_at=now
    )
    make_handover(lead)
    return lead


def pages(api, **params):
    """The leads of each page, following the links."""
    answer = api.get(params=params).json()
    while True:
        yield [lead["number"] for lead in answer["results"]]
        if not answer["next"]:
            return
        answer = api.get(answer["next"]).json()


# --- fields ------------------------------------------------------------------------------------


def test_only_the_fields_that_are_asked_for(api, dealer):
    lead = make_lead(dealer)

    shown = api.get(address(lead), {"fields": "number,contact, score"}).json()
    [listed] = api.get(params={"fields": "number"}).json()["results"]

    assert set(shown) == {"number", "contact", "score"}
    assert shown["contact"]["email"] == lead.email
    assert listed == {"number": lead.number}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("fields", "nummer"),
        ("fields", "number,"),
        ("fields", ""),
        ("fields", "contact.email"),
        ("fields", "precheck"),
        ("expand", "dealer"),
        ("expand", "customer,x\x00"),
        ("expand", "customer__dealer"),
        ("ordering", "number"),
        ("ordering", "--score"),
        ("ordering", ""),
    ],
)
def test_unknown_names_are_refused(api, dealer, problem, parameter, value):
    make_lead(dealer)

    document = problem(api.get(params={parameter: value}), 400)

    assert [one["field"] for one in document["errors"]] == [parameter]


# --- expand ------------------------------------------------------------------------------------


def test_what_belongs_to_a_lead_is_shown_with_it(api, dealer):
    lead = rich_lead(dealer)

    names = "customer,vehicle,enquiries,activities,tasks,handovers"
    expanded = api.get(address(lead), {"expand": names}).json()["expanded"]

    assert expanded["customer"]["id"] == lead.customer_id
    assert expanded["vehicle"]["location"]["id"] == lead.vehicle.location_id
    assert [one["external_id"] for one in expanded["enquiries"]] == [f"e-{lead.pk}"]
    assert [one["text"] for one in expanded["activities"]] == ["Ruft morgen zurück."]
    assert [one["lead"]["id"] for one in expanded["tasks"]] == [lead.pk]
    assert [one["case_number"] for one in expanded["handovers"]] == ["DK0001"]
    assert "expanded" not in api.get(address(lead)).json()


def test_where_there_is_nothing_null_or_an_empty_list_stands(api, dealer):
    lead = make_lead(dealer, customer=None)

    answer = api.get(address(lead), {"expand": "customer,vehicle,tasks", "fields": "id"}).json()

    assert answer == {"id": lead.pk, "expanded": {"customer": None, "vehicle": None, "tasks": []}}


def test_at_most_fifty_of_each_the_newest(api, dealer):
    lead = make_lead(dealer)
    for minute in range(55):
        make_activity(lead, text=str(minute), at=NOW + timedelta(minutes=minute))
    other = make_lead(dealer)
    make_activity(other, text="andere")

    answer = api.get(params={"expand": "activities"}).json()["results"]

    by_number = {one["number"]: one["expanded"]["activities"] for one in answer}
    assert [one["text"] for one in by_number[lead.number]] == [str(n) for n in range(54, 4, -1)]
    assert [one["text"] for one in by_number[other.number]] == ["andere"]


def test_the_cost_does_not_depend_on_the_number_of_leads(api, dealer, django_assert_num_queries):
    params = {"expand": "customer,vehicle,enquiries,activities,tasks,handovers"}
    rich_lead(dealer)
    api.get()  # notes the last use of the key
    # key, its use, leads, tags, enquiries, activities, tasks, handovers
    with django_assert_num_queries(8):
        api.get(params=params)
    for _n in range(4):
        rich_lead(dealer)
    with django_assert_num_queries(8):
        assert len(api.get(params=params).json()["results"]) == 5


@pytest.mark.parametrize(
    ("name", "scope"),
    [
        ("customer", "customers:read"),
        ("vehicle", "vehicles:read"),
        ("tasks", "tasks:read"),
    ],
)
def test_what_a_key_may_not_read_it_cannot_expand(dealer, problem, name, scope):
    lead = rich_lead(dealer)
    reader = ApiClient(dealer, scopes=["leads:read"])

    document = problem(reader.get(address(lead), {"expand": name}), 403)

    assert document["code"] == "missing_scope"
    assert scope in document["detail"]


# --- ordering ----------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["received_at", "updated_at", "score"])
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_ordering_brings_each_lead_once(api, dealer, column, sign):
    """With more equal values than fit on a page."""
    for position in range(9):
        lead = make_lead(dealer)
        moment = NOW + timedelta(hours=position // 4)
        values = {"received_at": moment, "updated_at": moment, "score": 10 * (position // 4)}
        Lead.objects.filter(pk=lead.pk).update(**values)
    rows = Lead.objects.order_by(f"{sign}{column}", f"{sign}pk")
    wanted = list(rows.values_list("number", flat=True))

    found = list(pages(api, ordering=f"{sign}{column}", page_size=2))

    assert list(chain.from_iterable(found)) == wanted
    assert [len(page) for page in found] == [2, 2, 2, 2, 1]


def test_pages_of_any_ordering_can_be_walked_back(api, dealer):
    for score in (1, 2, 2, 2, 3):
        lead = make_lead(dealer)
        Lead.objects.filter(pk=lead.pk).update(score=score)
    forth, answer = [], api.get(params={"ordering": "score", "page_size": 2}).json()
    while True:
        forth.append([lead["number"] for lead in answer["results"]])
        if not answer["next"]:
            break
        answer = api.get(answer["next"]).json()
    back = []
    while answer["previous"]:
        answer = api.get(answer["previous"]).json()
        back.append([lead["number"] for lead in answer["results"]])

    assert back == [forth[1], forth[0]]


def test_a_cursor_belongs_to_its_ordering(api, dealer, problem):
    for _n in range(3):
        make_lead(dealer)
    following = api.get(params={"ordering": "score", "page_size": 1}).json()["next"]

    document = problem(api.get(following.replace("ordering=score", "ordering=-score")), 400)

    assert document["errors"][0]["code"] == "invalid_cursor"


def test_who_asks_for_changes_begins_with_the_oldest(api, dealer):
    """And comes upon a lead again that changes while he walks."""
    leads = [make_lead(dealer) for _n in range(4)]
    for hour, lead in enumerate(leads):
        Lead.objects.filter(pk=lead.pk).update(updated_at=NOW + timedelta(hours=hour))
    since = NOW.isoformat()

    first = api.get(params={"updated_since": since, "page_size": 2}).json()
    Lead.objects.filter(pk=leads[0].pk).update(updated_at=NOW + timedelta(hours=9))
    second = api.get(first["next"]).json()
    third = api.get(second["next"]).json()

    found = [[lead["number"] for lead in page["results"]] for page in (first, second, third)]
    assert found == [
        [leads[0].number, leads[1].number],
        [leads[2].number, leads[3].number],
        [leads[0].number],
    ]
    newest = api.get(params={"updated_since": since, "ordering": "-updated_at"}).json()
    assert newest["results"][0]["number"] == leads[0].number


# --- versions ----------------------------------------------------------------------------------


def test_a_lead_that_has_not_changed_is_not_sent_again(api, dealer):
    lead = make_lead(dealer)
    first = api.get(address(lead))

    again = api.get(address(lead), if_none_match=first["ETag"])
    weak = api.get(address(lead), if_none_match=f"W/{first['ETag']}")
    api.send("PATCH", address(lead), {"subject": "Polo"})
    changed = api.get(address(lead), if_none_match=first["ETag"])

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert weak.status_code == 304
    assert (changed.status_code, changed.json()["subject"]) == (200, "Polo")


def test_what_is_expanded_is_always_sent(api, dealer):
    lead = make_lead(dealer)
    first = api.get(address(lead))

    answer = api.get(address(lead), {"expand": "activities"}, if_none_match=first["ETag"])

    assert answer.status_code == 200


def test_every_answer_with_one_lead_has_its_etag(api):
    posted = api.post({"external_id": "w-1", "subject": "Golf"})
    read = api.get(f"{LEADS}{posted.json()['id']}/")

    assert posted["ETag"] == read["ETag"] == f'"{posted.json()["id"]}-1"'


# --- merged ------------------------------------------------------------------------------------


@pytest.fixture
def merged(dealer):
    """(kept, merged) of the same customer."""
    gone = make_lead(dealer)
    kept = make_lead(dealer, customer=gone.customer)
    merge_leads(kept, gone, values={}, by=make_user(dealer), now=timezone.now())
    return kept, gone


def test_the_old_id_of_a_merged_lead_forwards(api, merged):
    kept, gone = merged

    response = api.get(address(gone))

    assert response.status_code == 301
    assert response.json() == {"merged_into": kept.pk}
    assert response["Location"].endswith(address(kept))
    assert [lead["id"] for lead in api.get().json()["results"]] == [kept.pk]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_change_of_a_merged_lead_is_sent_on_and_changes_nothing(api, merged, method):
    kept, gone = merged

    response = api.send(method, address(gone), {"subject": "Polo"})

    assert response.status_code == 308
    assert response["Location"].endswith(address(kept))
    assert Lead.objects.get(pk=kept.pk).subject == kept.subject


def test_the_merged_lead_of_another_dealer_does_not_exist(merged, problem):
    _kept, gone = merged

    problem(ApiClient(make_dealer()).get(address(gone)), 404)
