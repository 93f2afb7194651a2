"""GET and PUT /api/v1/leads/by-external-id/{external_id}/: a lead by the sender's own number."""

import threading
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from django.db import connections

from leads.models import IntakeEntry, Lead, Outcome
from tests.builders import make_dealer
from tests.leads.api.conftest import LEADS, ApiClient


def address(external_id, safe=""):
    return f"{LEADS}by-external-id/{quote(external_id, safe=safe)}/"


BODY = {"subject": "Golf", "contact": {"email": "erika@example.org"}}


def put(api, external_id, body=BODY, **headers):
    return api.send("PUT", address(external_id), body, **headers)


def test_the_first_time_it_creates_then_it_updates(api):
    first = put(api, "crm-1")
    second = put(api, "crm-1", {**BODY, "subject": "Polo"})
    third = put(api, "crm-1", {**BODY, "subject": "Polo"})

    assert [one.status_code for one in (first, second, third)] == [201, 200, 200]
    outcomes = [one.json()["outcome"] for one in (first, second, third)]
    assert outcomes == ["created", "updated", "repeated"]
    assert first["Location"].endswith(f"{LEADS}{first.json()['id']}/")
    assert "Location" not in second
    lead = Lead.objects.get()
    assert (lead.external_id, lead.subject) == ("crm-1", "Polo")
    assert second["ETag"] == f'"{lead.pk}-2"'


def test_what_is_left_out_stays(api):
    put(api, "crm-1", {**BODY, "message": "Noch da?", "owner": None})
    put(api, "crm-1", {"subject": "Polo"})

    lead = Lead.objects.get()
    assert (lead.message, lead.email) == ("Noch da?", "erika@example.org")


def test_it_is_the_same_lead_as_by_post(api):
    posted = api.post({**BODY, "external_id": "crm-1"}).json()

    assert put(api, "crm-1").json()["id"] == posted["id"]
    assert api.get(address("crm-1")).json()["id"] == posted["id"]


def test_each_is_booked(api):
    put(api, "crm-1", idempotency_key="k-1")

    entry = IntakeEntry.objects.get()
    assert (entry.outside_id, entry.idempotency_key, entry.outcome) == (
        "crm-1",
        "k-1",
        Outcome.CREATED,
    )


@pytest.mark.parametrize(
    "external_id",
    [
        "a/b",
        "a/b/",
        "Köln Süd",
        "100%",
        "%2F",
        "a?b#c",
        "ä" * 64,
        "..x",
        "a+b",
        "e\u0301l".replace("e\u0301", "é"),
    ],
)
def test_any_number_can_stand_in_the_address(api, external_id):
    first = put(api, external_id)

    assert first.status_code == 201, first.content
    assert Lead.objects.get().external_id == external_id
    assert api.get(address(external_id)).json()["id"] == first.json()["id"]
    assert put(api, external_id, {"subject": "Polo"}).status_code == 200


def test_slashes_need_not_be_encoded(api):
    put(api, "2026/03/17")

    assert api.get(address("2026/03/17", safe="/")).json()["external_id"] == "2026/03/17"


@pytest.mark.parametrize("external_id", [" a", "a ", "\x00", "a\x07b", "a  b", " ", "x" * 65])
def test_what_cannot_be_a_number_is_refused(api, problem, external_id):
    document = problem(put(api, external_id), 400)

    assert document["errors"][0]["field"] == "external_id"
    assert not Lead.objects.exists()
    assert IntakeEntry.objects.get().outcome == Outcome.REJECTED
    problem(api.get(address(external_id)), 404)


def test_the_body_may_repeat_the_number_but_not_contradict(api, problem):
    assert put(api, "crm-1", {**BODY, "externe_id": "crm-1"}).status_code == 201

    document = problem(put(api, "crm-1", {**BODY, "externe_id": "crm-2"}), 400)
    assert document["errors"][0]["field"] == "externe_id"


def test_a_bad_body_is_told_and_kept(api, problem):
    document = problem(put(api, "crm-1", {"titel": 5, "farbe": "rot"}), 400)

    assert {one["field"] for one in document["errors"]} == {"titel", "farbe"}
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.REJECTED
    assert "titel" in entry.reason


def test_numbers_of_other_systems_and_dealers_do_not_meet(api, dealer, problem):
    put(api, "1")
    crm, other = ApiClient(dealer, system="crm"), ApiClient(make_dealer())

    problem(crm.get(address("1")), 404)
    problem(other.get(address("1")), 404)
    assert put(other, "1").status_code == 201


def test_the_same_idempotency_key_brings_the_same_answer(api, problem):
    first = put(api, "crm-1", idempotency_key="k-1")
    again = put(api, "crm-1", idempotency_key="k-1")

    assert again.content == first.content
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    problem(put(api, "crm-2", idempotency_key="k-1"), 422)


def test_if_match_updates_only_the_version_that_was_seen(api, problem):
    etag = put(api, "crm-1")["ETag"]
    put(api, "crm-1", {"subject": "Polo"})

    problem(put(api, "crm-1", {"subject": "Up"}, if_match=etag), 412)
    problem(put(api, "crm-9", if_match=etag), 412)
    assert Lead.objects.get().subject == "Polo"
    fresh = api.get(address("crm-1"))["ETag"]
    assert put(api, "crm-1", {"subject": "Up"}, if_match=fresh).status_code == 200


def test_with_if_match_its_values_win_over_staffs(api, dealer):
    put(api, "crm-1", {**BODY, "urgency": "low"})
    Lead.objects.update(urgency="high", staff_values={"urgency": "2026-03-02T10:00:00+00:00"})

    kept = put(api, "crm-1", {"urgency": "low"}).json()
    assert kept["urgency"] == "high"
    assert "staff_value_kept" in {warning["code"] for warning in kept["warnings"]}
    etag = api.get(address("crm-1"))["ETag"]
    assert put(api, "crm-1", {"urgency": "low"}, if_match=etag).json()["urgency"] == "low"


def test_it_can_be_told_only_to_create(api, problem):
    assert put(api, "crm-1", if_none_match="*").status_code == 201
    problem(put(api, "crm-1", {"subject": "Polo"}, if_none_match="*"), 412)
    assert Lead.objects.get().subject == "Golf"


def test_another_condition_to_create_is_refused_and_not_ignored(api, problem):
    etag = put(api, "crm-1")["ETag"]

    document = problem(put(api, "crm-1", {"subject": "Polo"}, if_none_match=etag), 400)

    assert document["errors"][0]["field"] == "If-None-Match"
    assert Lead.objects.get().subject == "Golf"


def test_a_number_with_a_line_break_is_refused_with_its_name(api, problem):
    document = problem(api.send("PUT", f"{LEADS}by-external-id/a%0Ab/", {"subject": "Golf"}), 400)

    assert document["errors"][0]["field"] == "external_id"


def test_it_needs_the_right_to_write(dealer, problem):
    reader = ApiClient(dealer, scopes=["leads:read"])
    writer = ApiClient(dealer, system="w", scopes=["leads:write"])

    problem(put(reader, "1"), 403)
    problem(writer.get(address("1")), 403)


def test_a_deleted_lead_is_not_read(dealer, problem):
    api = ApiClient(dealer, scopes=["leads:read", "leads:write", "leads:delete"])
    lead = put(api, "crm-1").json()
    api.send("DELETE", f"{LEADS}{lead['id']}/")

    problem(api.get(address("crm-1")), 404)
    assert put(api, "crm-1").json()["id"] == lead["id"]
    assert api.get(address("crm-1")).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_one_lead(api):
    ready = threading.Barrier(8)

    def one(_n):
        ready.wait()
        try:
            return put(api, "crm-1").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(one, range(8)))

    assert statuses == [200] * 7 + [201]
    assert Lead.objects.count() == 1


def test_a_known_lead_needs_neither_subject_nor_contact_a_new_one_does(api, problem):
    put(api, "crm-1")

    assert put(api, "crm-1", {"urgency": "high"}).json()["urgency"] == "high"
    assert api.post({"external_id": "crm-1", "urgency": "low"}).json()["urgency"] == "low"
    document = problem(put(api, "crm-2", {"urgency": "high"}), 400)
    assert document["errors"][0]["code"] == "subject_or_contact_required"
