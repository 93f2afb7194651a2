"""Tasks over the API."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from leads.models import Scope, Task
from tests.builders import make_lead, make_task, make_user
from tests.leads.api.conftest import ApiClient
from tests.leads.services.racing import while_it_is_merged
from tests.leads.services.test_receiving import on_postgresql

TASKS = "/api/v1/tasks/"
DUE = "2026-03-06T09:00:00+01:00"


def address(task):
    return f"{TASKS}{task.pk}/"


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, system="crm", scopes=[Scope.TASKS_READ, Scope.TASKS_WRITE])


@pytest.fixture
def lead(dealer):
    return make_lead(dealer, owner=make_user(dealer))


def errors_of(document):
    return {error["field"]: error["code"] for error in document["errors"]}


def test_a_task_is_stored_as_sent(api, dealer, lead):
    colleague = make_user(dealer)
    body = {
        "lead": lead.pk,
        "kind": "callback",
        "title": "Zurückrufen",
        "note": "Nach 17 Uhr",
        "owner": colleague.email.upper(),
        "due_at": DUE,
    }

    response = api.post(body, TASKS)

    assert response.status_code == 201, response.content
    task = Task.objects.get()
    assert (task.lead, task.owner, task.dealer) == (lead, colleague, dealer)
    assert (task.kind, task.title, task.sender) == ("callback", "Zurückrufen", "api:crm")
    assert task.due_at == datetime(2026, 3, 6, 8, tzinfo=UTC)
    shown = response.json()
    assert shown["lead"] == {"id": lead.pk, "number": lead.number}
    assert (shown["is_done"], shown["due_at"]) == (False, DUE)
    assert response["ETag"] == f'"{task.pk}-1"'
    assert response["Location"] == f"http://testserver{address(task)}"


def test_german_names_mean_the_same_and_the_lead_lends_its_owner(api, lead):
    body = {"anfrage": lead.pk, "art": "Rückruf", "titel": "x", "faellig_am": "06.03.2026 09:00"}

    shown = api.post(body, TASKS).json()

    assert (shown["kind"], shown["due_at"], shown["owner"]) == ("callback", DUE, lead.owner.email)


def test_the_same_request_again_is_one_task(api, lead):
    body = {"lead": lead.pk, "due_at": DUE}

    first = api.post(body, TASKS, idempotency_key="t")
    again = api.post(body, TASKS, idempotency_key="t")

    assert (again.json(), again["ETag"]) == (first.json(), first["ETag"])
    assert Task.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"due_at": DUE}, {"lead": "required"}),
        ({"lead": 1}, {"due_at": "required"}),
        ({"anfrage": "1", "faellig_am": "bald"}, {"anfrage": "invalid", "faellig_am": "invalid"}),
        ({"lead": 1, "due_at": DUE, "kind": "enquire"}, {"kind": "invalid_choice"}),
        ({"lead": 1, "due_at": DUE, "done_at": DUE}, {"done_at": "unknown_field"}),
        ({"lead": 1, "due_at": DUE, "erledigt": "ja"}, {"erledigt": "invalid"}),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(api, problem, body, errors):
    assert errors_of(problem(api.post(body, TASKS), 400)) == errors


def test_leads_and_colleagues_of_others_are_unknown(api, lead, problem):
    stranger = make_user(make_lead().dealer)

    document = problem(api.post({"anfrage": make_lead().pk, "due_at": DUE}, TASKS), 422)
    assert errors_of(document) == {"anfrage": "unknown_lead"}
    body = {"lead": lead.pk, "due_at": DUE, "owner": stranger.email}
    document = problem(api.post(body, TASKS), 422)
    assert errors_of(document) == {"owner": "unknown_owner"}
    assert not Task.objects.exists()


def test_only_what_is_named_changes(api, lead):
    task = make_task(lead, title="alt", note="bleibt", owner=lead.owner)

    response = api.send("PATCH", address(task), {"titel": "neu", "owner": None})

    assert response.status_code == 200, response.content
    task.refresh_from_db()
    assert (task.title, task.note, task.owner, task.version) == ("neu", "bleibt", None, 2)
    assert response["ETag"] == f'"{task.pk}-2"'


def test_a_task_is_done_and_taken_up_again(api, lead):
    task = make_task(lead)

    assert api.send("PATCH", address(task), {"is_done": True}).json()["is_done"] is True
    task.refresh_from_db()
    done_at = task.done_at
    assert done_at is not None
    api.send("PATCH", address(task), {"is_done": True})
    task.refresh_from_db()
    assert (task.done_at, task.version) == (done_at, 2)
    assert api.send("PATCH", address(task), {"erledigt": False}).json()["done_at"] is None


def test_a_time_is_not_cleared(api, lead, problem):
    task = make_task(lead)

    problem(api.send("PATCH", address(task), {"due_at": None}), 400)
    problem(api.send("PATCH", address(task), {"lead": lead.pk}), 400)


def test_a_change_to_another_version_is_refused(api, lead, problem):
    task = make_task(lead)
    etag = api.get(address(task))["ETag"]
    api.send("PATCH", address(task), {"title": "a"}, if_match=etag)

    problem(api.send("PATCH", address(task), {"title": "b"}, if_match=etag), 412)
    problem(api.send("DELETE", address(task), if_match=etag), 412)
    task.refresh_from_db()
    assert task.title == "a"


def test_a_task_is_deleted_for_good(api, lead, problem):
    task = make_task(lead)

    assert api.send("DELETE", address(task)).status_code == 204
    problem(api.get(address(task)), 404)
    assert not Task.objects.exists()


def test_tasks_of_others_and_of_deleted_leads_do_not_exist(api, dealer, problem):
    hidden = [
        make_task(make_lead()),
        make_task(make_lead(dealer, deleted_at=timezone.now())),
    ]

    assert api.get(TASKS).json()["results"] == []
    for task in hidden:
        for method in ("GET", "PATCH", "DELETE"):
            problem(api.send(method, address(task), {"title": "x"}), 404)
    assert Task.objects.filter(title="x").count() == 0
    assert Task.objects.count() == 2


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ["done", "late", "soon"]),
        ({"ordering": "due_at"}, ["soon", "late", "done"]),
        ({"is_open": "true"}, ["late", "soon"]),
        ({"is_open": "nein"}, ["done"]),
        ({"due_before": "2026-03-02"}, ["soon"]),
        ({"kind": "callback"}, ["late"]),
        ({"owner": "OWNER@example.org"}, ["soon"]),
        ({"updated_since": "2020-01-01T00:00:00Z"}, ["soon", "late", "done"]),
    ],
)
def test_the_list_is_narrowed(api, dealer, lead, params, found):
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    owner = make_user(dealer, email="owner@example.org")
    make_task(lead, title="soon", due_at=start, created_at=start, owner=owner)
    make_task(
        lead,
        title="late",
        due_at=start + timedelta(days=5),
        created_at=start + timedelta(hours=1),
        kind="callback",
    )
    make_task(
        lead,
        title="done",
        due_at=start + timedelta(days=9),
        created_at=start + timedelta(hours=2),
        done_at=start,
    )

    results = api.get(TASKS, params).json()["results"]

    assert [task["title"] for task in results] == found


def test_the_tasks_of_one_lead(api, dealer, lead):
    mine = make_task(lead)
    make_task(make_lead(dealer))

    [found] = api.get(TASKS, {"lead": lead.pk}).json()["results"]

    assert found["id"] == mine.pk


def test_the_cost_does_not_depend_on_the_number(api, lead, django_assert_num_queries):
    api.get(TASKS)
    for _ in range(4):
        make_task(lead, owner=make_user(lead.dealer))
    with django_assert_num_queries(3):  # the key, its count, the tasks
        assert len(api.get(TASKS).json()["results"]) == 4


@pytest.mark.parametrize(
    ("method", "scope"),
    [
        ("GET", Scope.TASKS_READ),
        ("PATCH", Scope.TASKS_WRITE),
        ("DELETE", Scope.TASKS_WRITE),
    ],
)
def test_each_action_needs_its_right(dealer, lead, problem, method, scope):
    lacking = [one for one in Scope.values if one != scope]
    task = make_task(lead)

    response = ApiClient(dealer, system="a", scopes=lacking).send(method, address(task), {})
    assert scope in problem(response, 403)["detail"]
    able = ApiClient(dealer, system="b", scopes=[scope])
    assert able.send(method, address(task), {}).status_code < 300


def test_making_and_listing_need_their_rights(dealer, lead, problem):
    reader = ApiClient(dealer, system="a", scopes=[Scope.TASKS_READ])
    writer = ApiClient(dealer, system="b", scopes=[Scope.TASKS_WRITE])
    body = {"lead": lead.pk, "due_at": DUE}

    problem(reader.post(body, TASKS), 403)
    problem(writer.get(TASKS), 403)
    assert writer.post(body, TASKS).status_code == 201
    assert reader.get(TASKS).status_code == 200


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_task_for_a_lead_that_is_merged_at_that_instant_is_the_kept_ones(api, lead):
    kept = make_lead(lead.dealer, customer=lead.customer)
    body = {"lead": lead.pk, "due_at": DUE}

    made = while_it_is_merged(kept, lead, lambda: api.post(body, TASKS, idempotency_key="a"))

    assert (made.status_code, made.json()["lead"]["id"]) == (201, kept.pk)
    assert Task.objects.get().lead == kept
