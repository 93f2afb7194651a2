"""The guide „Anfragen über externe Systeme einspielen“, its acceptance checks one by one, as an
outside system meets them. What only the office sees of them is tested where it is built."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import Customer, Event, Lead, MatchSuggestion
from leads.services.deleting import restore_leads
from leads.services.scoring import score_of
from tests.builders import make_user, shared_status
from tests.leads.api.conftest import LEADS, ApiClient


@pytest.fixture
def api(dealer):
    return ApiClient(dealer, scopes=["leads:read", "leads:write", "leads:delete"])


def test_the_same_external_id_twice_is_one_lead(api):
    for _time in range(2):
        api.post({"external_id": "crm-1", "titel": "Golf"})

    assert Lead.objects.count() == 1


def test_an_unknown_employee_leaves_the_lead_unassigned_with_a_warning(api):
    answer = api.post({"titel": "Golf", "mitarbeiter": "niemand@example.org"})

    assert answer.status_code == 201
    assert answer.json()["owner"] is None
    assert [warning["code"] for warning in answer.json()["warnings"]][-1] == "owner_unknown"


def test_the_same_name_with_another_mail_is_another_customer_and_a_suggestion(api):
    for mail in ("max@example.org", "mustermann@example.org"):
        api.post({"kontakt": {"name": "Max Mustermann", "email": mail}})

    assert Customer.objects.count() == 2
    assert MatchSuggestion.objects.count() == 1


def test_a_deleted_key_is_out_at_once(api, problem):
    assert api.get().status_code == 200

    api.key.revoked = True
    api.key.save()

    problem(api.get(), 401)
    problem(api.post({"titel": "Golf"}), 401)


def test_a_change_without_status_leaves_it(api, dealer):
    lead = api.post({"titel": "Golf", "status": "Kontaktiert"}).json()

    answer = api.send("PATCH", f"{LEADS}{lead['id']}/", {"titel": "Polo"}).json()

    assert (answer["subject"], answer["status"]) == ("Polo", "Kontaktiert")


def test_a_deleted_lead_is_not_found_until_the_office_restores_it(api, dealer, problem):
    lead = api.post({"titel": "Golf"}).json()
    address = f"{LEADS}{lead['id']}/"

    api.send("DELETE", address)
    problem(api.get(address), 404)
    assert Event.objects.filter(kind="lead.deleted", lead_id=lead["id"]).count() == 1
    restore_leads(Lead.objects.filter(pk=lead["id"]), by=make_user(dealer), now=timezone.now())

    assert api.get(address).json()["subject"] == "Golf"


def test_the_score_is_the_same_when_computed_again(api, dealer):
    lead = api.post(
        {
            "titel": "Golf",
            "kontakt": {"email": "e@example.org", "telefon": "030 23125 101"},
            "wuensche": {"probefahrt": True},
            "erwarteter_wert": "21.990,00",
            "wahrscheinlichkeit": "60 %",
        }
    ).json()

    stored = Lead.objects.get(pk=lead["id"])
    now = stored.received_at + timedelta(seconds=1)
    assert lead["score"] == score_of(stored, weights=dealer.score_weights, now=now) > 0


def test_neither_title_nor_customer_is_needed_but_one_of_them(api, problem):
    assert api.post({"titel": "Golf"}).status_code == 201
    composed = api.post({"kontakt": {"email": "e@example.org"}, "quelle": "mobile.de"})
    assert composed.json()["subject"].startswith("mobile.de: ")
    problem(api.post({"notizen": "nur eine Notiz"}), 400)


def test_defaults_are_status_new_and_source_website(api):
    answer = api.post({"titel": "Golf"}).json()

    assert (answer["status"], answer["source"]) == (shared_status("new").name, "Website")


def test_notes_become_entries_and_are_not_overwritten(api):
    api.post({"external_id": "crm-1", "titel": "Golf", "notizen": "Erste"})
    api.post({"external_id": "crm-1", "titel": "Golf", "notizen": "Zweite"})

    notes = Lead.objects.get().activities.filter(kind="note").values_list("text", flat=True)
    assert sorted(notes) == ["Erste", "Zweite"]


def test_an_update_does_not_undo_newer_work_of_the_staff(api, dealer):
    colleague = make_user(dealer)
    lead = api.post({"external_id": "crm-1", "titel": "Golf", "dringlichkeit": "niedrig"}).json()
    when = timezone.now().isoformat()
    row = Lead.objects.get(pk=lead["id"])
    row.owner, row.staff_values = colleague, {"owner": when}
    row.save()
    make_user(dealer, email="andere@example.org")

    answer = api.post(
        {"external_id": "crm-1", "mitarbeiter": "andere@example.org", "dringlichkeit": "hoch"}
    ).json()

    assert (answer["owner"], answer["urgency"]) == (colleague.email, "high")
    assert "staff_value_kept" in {warning["code"] for warning in answer["warnings"]}
