"""DELETE /api/v1/leads/{id}/: into the bin, out of sight, and what may bring it back."""

import pytest

from leads.models import Activity, Event, IntakeEntry, Lead, Outcome
from leads.services.deleting import delete_leads
from tests.builders import make_dealer, make_lead, make_user
from tests.leads.api.conftest import LEADS, ApiClient

SCOPES = ["leads:read", "leads:write", "leads:delete"]


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, scopes=SCOPES)


def address(lead):
    return f"{LEADS}{lead.pk}/"


def stored(lead):
    return Lead.objects.get(pk=lead.pk)


def test_it_is_gone_for_clients_but_not_lost(api, dealer, problem):
    lead = make_lead(dealer)

    response = api.send("DELETE", address(lead))

    assert (response.status_code, response.content) == (204, b"")
    problem(api.get(address(lead)), 404)
    problem(api.send("PATCH", address(lead), {"subject": "x"}), 404)
    problem(api.send("DELETE", address(lead)), 404)
    assert api.get().json()["results"] == []
    after = stored(lead)
    assert after.deleted_at
    assert after.deleted_by == "api:website"
    assert after.version == lead.version + 1
    assert after.history.first().deleted_at == after.deleted_at


def test_it_leaves_traces_and_a_tombstone(api, dealer):
    lead = make_lead(dealer)

    api.send("DELETE", address(lead))

    activity = Activity.objects.get(lead=lead)
    assert (activity.kind, activity.sender) == ("deleted", "api:website")
    event = Event.objects.get(lead_id=lead.pk)
    assert (event.kind, event.sender, event.customer_id) == (
        "lead.deleted",
        "api:website",
        lead.customer_id,
    )


def test_a_stale_version_deletes_nothing(api, dealer, problem):
    lead = make_lead(dealer)
    etag = api.get(address(lead))["ETag"]
    api.send("PATCH", address(lead), {"subject": "Polo"})

    problem(api.send("DELETE", address(lead), if_match=etag), 412)
    assert stored(lead).deleted_at is None
    fresh = api.get(address(lead))["ETag"]
    assert api.send("DELETE", address(lead), if_match=fresh).status_code == 204


def test_it_needs_a_right_of_its_own(dealer, problem):
    lead = make_lead(dealer)
    writer = ApiClient(dealer, scopes=["leads:read", "leads:write"])

    assert problem(writer.send("DELETE", address(lead)), 403)["code"] == "missing_scope"
    assert stored(lead).deleted_at is None


def test_a_foreign_lead_does_not_exist(api, problem):
    theirs = make_lead(make_dealer())

    problem(api.send("DELETE", address(theirs)), 404)
    assert stored(theirs).deleted_at is None


def test_who_deleted_it_gets_it_back_by_sending_it_again(api):
    body = {"external_id": "w-1", "subject": "Golf"}
    first = api.post(body).json()
    api.send("DELETE", f"{LEADS}{first['id']}/")

    again = api.post(body)

    assert again.status_code == 200
    assert (again.json()["id"], again.json()["outcome"]) == (first["id"], "updated")
    assert again.json()["deleted_at"] is None
    assert api.get(f"{LEADS}{first['id']}/").status_code == 200
    kinds = Event.objects.filter(lead_id=first["id"]).values_list("kind", flat=True)
    assert "lead.restored" in kinds


def test_what_a_colleague_deleted_stays_deleted(api, dealer, problem):
    body = {"external_id": "w-1", "subject": "Golf"}
    first = api.post(body).json()
    rows = Lead.objects.filter(pk=first["id"])
    delete_leads(rows, now=rows.get().received_at, by=make_user(dealer))

    again = api.post({**body, "subject": "Polo"})

    assert again.status_code == 200
    assert again.json()["outcome"] == "ignored"
    assert again.json()["deleted_at"]
    assert again.json()["subject"] == "Golf"
    problem(api.get(f"{LEADS}{first['id']}/"), 404)
    entry = IntakeEntry.objects.latest("pk")
    assert entry.outcome == Outcome.IGNORED
    assert entry.reason


def test_a_lead_deleted_by_one_system_is_not_brought_back_by_another(api, dealer):
    lead = api.post({"external_id": "w-1", "subject": "Golf"}).json()
    crm = ApiClient(dealer, system="crm", scopes=SCOPES)
    crm.send("DELETE", f"{LEADS}{lead['id']}/")

    assert api.post({"external_id": "w-1", "subject": "Golf"}).json()["outcome"] == "ignored"
