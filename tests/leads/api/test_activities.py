"""The timeline of a lead over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Activity, Scope
from tests.builders import make_activity, make_lead, make_user
from tests.leads.api.conftest import ApiClient
from tests.leads.services.racing import while_it_is_merged
from tests.leads.services.test_receiving import on_postgresql


def address(lead):
    return f"/api/v1/leads/{lead.pk}/activities/"


@pytest.fixture
def lead(dealer):
    return make_lead(dealer)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"kind": "note", "text": "Ruft morgen zurück."}, "note"),
        ({"art": "anruf", "text": "Ruft morgen zurück."}, "call"),
        ({"art": "E-Mail", "text": "Ruft morgen zurück."}, "mail"),
        ({"kind": "appointment", "text": "Ruft morgen zurück."}, "appointment"),
    ],
)
def test_what_happened_elsewhere_stands_in_the_timeline(api, lead, body, kind):
    response = api.post(body, address(lead))

    assert response.status_code == 201, response.content
    activity = Activity.objects.get(lead=lead)
    assert (activity.kind, activity.text) == (kind, "Ruft morgen zurück.")
    assert (activity.sender, activity.user, activity.dealer) == ("api:website", None, lead.dealer)
    assert response.json()["sender"] == "api:website"


def test_a_call_is_the_first_response_and_a_note_is_none(api, lead):
    api.post({"kind": "note", "text": "Nur notiert."}, address(lead))
    lead.refresh_from_db()
    assert lead.first_response_at is None

    api.post({"kind": "call", "text": "Angerufen."}, address(lead))
    lead.refresh_from_db()
    assert lead.first_response_at is not None


def test_the_same_request_again_is_one_activity(api, lead):
    body = {"kind": "call", "text": "Angerufen."}

    first = api.post(body, address(lead), idempotency_key="a")
    again = api.post(body, address(lead), idempotency_key="a")

    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Activity.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "merged", "text": "x"}, "kind"),
        ({"art": "fax", "text": "x"}, "art"),
        ({"kind": "", "text": "x"}, "kind"),
        ({"kind": None, "text": "x"}, "kind"),
        ({"kind": "note"}, "text"),
        ({"kind": "note", "text": "  "}, "text"),
        ({"kind": "note", "text": None}, "text"),
        ({"kind": "note", "text": "x", "user": 1}, "user"),
    ],
)
def test_what_cannot_be_written_is_refused(api, lead, problem, body, field):
    document = problem(api.post(body, address(lead)), 400)

    assert [error["field"] for error in document["errors"]] == [field]
    assert not Activity.objects.exists()


def test_the_timeline_is_read_newest_first(api, lead):
    now = timezone.now()
    colleague = make_user(lead.dealer)
    make_activity(lead, at=now - timedelta(days=1), text="alt")
    make_activity(lead, at=now, text="neu", kind="call", user=colleague)
    make_activity(make_lead(lead.dealer), text="eines anderen")

    results = api.get(address(lead)).json()["results"]

    assert [(one["text"], one["kind"]) for one in results] == [("neu", "call"), ("alt", "note")]
    assert [one["user"] for one in results] == [colleague.email, None]
    assert [one["text"] for one in api.get(address(lead), {"kind": "note"}).json()["results"]] == [
        "alt"
    ]


def test_pages_follow_each_other_though_all_have_one_time(api, lead):
    now = timezone.now()
    made = [make_activity(lead, at=now).pk for _ in range(5)]

    seen, url = [], f"{address(lead)}?page_size=2"
    while url:
        page = api.get(url).json()
        seen += [one["id"] for one in page["results"]]
        url = page["next"]

    assert seen == made[::-1]


def test_the_cost_does_not_depend_on_the_length(api, lead, django_assert_num_queries):
    api.get(address(lead))
    for _ in range(4):
        make_activity(lead, user=make_user(lead.dealer))
    with django_assert_num_queries(4):  # the key, its count, the lead, the activities
        assert len(api.get(address(lead)).json()["results"]) == 4


def test_leads_of_others_and_deleted_ones_do_not_exist(api, dealer, problem):
    other, deleted = make_lead(), make_lead(dealer, deleted_at=timezone.now())

    for lead in (other, deleted):
        problem(api.get(address(lead)), 404)
        problem(api.post({"kind": "note", "text": "x"}, address(lead)), 404)
    assert not Activity.objects.exists()


def test_of_a_merged_lead_the_one_that_is_left_is_told(api, dealer, lead):
    gone = make_lead(dealer, merged_into=lead, deleted_at=timezone.now())

    read = api.get(address(gone))
    write = api.post({"kind": "note", "text": "x"}, address(gone))

    assert (read.status_code, write.status_code) == (301, 308)
    assert read["Location"] == write["Location"] == f"http://testserver{address(lead)}"


def test_each_action_needs_its_right(dealer, lead, problem):
    reader = ApiClient(dealer, system="a", scopes=[Scope.LEADS_READ])
    writer = ApiClient(dealer, system="b", scopes=[Scope.LEADS_WRITE])
    body = {"kind": "note", "text": "x"}

    assert reader.get(address(lead)).status_code == 200
    problem(reader.post(body, address(lead)), 403)
    assert writer.post(body, address(lead)).status_code == 201
    problem(writer.get(address(lead)), 403)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_a_lead_that_is_merged_at_that_instant_the_one_that_is_left_is_told(api, lead):
    kept = make_lead(lead.dealer, customer=lead.customer)
    body = {"kind": "note", "text": "x"}

    write = while_it_is_merged(kept, lead, lambda: api.post(body, address(lead)))

    assert (write.status_code, write.json()) == (308, {"merged_into": kept.pk})
    assert not Activity.objects.filter(kind="note").exists()
