"""PATCH /api/v1/leads/{id}/: what an outside system changes about a lead, and what it may not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections
from django.utils import timezone

from leads.models import (
    Activity,
    Category,
    CloseReason,
    Customer,
    Enquiry,
    Event,
    IntakeEntry,
    Lead,
    Status,
    Tag,
)
from leads.services.handling import assign_leads, set_status
from tests.builders import (
    make_customer,
    make_dealer,
    make_lead,
    make_location,
    make_user,
    make_vehicle,
    shared_status,
)
from tests.leads.api.conftest import LEADS, ApiClient


def address(lead):
    return f"{LEADS}{lead.pk}/"


@pytest.fixture
def lead(dealer):
    return make_lead(dealer)


@pytest.fixture
def change(api, lead):
    """`change(body)` → the answer to a PATCH of the lead."""

    def patch(body, **headers):
        response = api.send("PATCH", address(lead), body, **headers)
        assert response.status_code == 200, response.content
        return response.json()

    return patch


def stored(lead):
    return Lead.objects.get(pk=lead.pk)


def kinds(lead):
    """The events since the last look."""
    return list(Event.objects.filter(lead_id=lead.pk).order_by("pk").values_list("kind", flat=True))


def codes(answer):
    return {warning["code"] for warning in answer["warnings"]}


def test_only_what_is_named_changes(lead, change):
    answer = change({"subject": "Polo gesucht"})

    after = stored(lead)
    assert after.subject == "Polo gesucht" == answer["subject"]
    same = ("message", "first_name", "email", "phone", "status_id", "source_id", "city", "owner_id")
    assert all(getattr(after, name) == getattr(lead, name) for name in same)
    assert answer["outcome"] == "updated"


def test_both_names_are_understood(lead, change):
    change({"titel": "Polo", "contact": {"telefon": "030 23125 101"}, "adresse": {"city": "Ulm"}})

    after = stored(lead)
    assert (after.subject, after.phone, after.city) == ("Polo", "030 23125 101", "Ulm")


def test_all_kinds_of_values_can_be_changed(dealer, lead, change):
    colleague = make_user(dealer, email="sabine@example.org")
    hall = make_location(dealer, name="Halle Süd")
    car = make_vehicle(dealer, internal_number="T-77")

    change(
        {
            "owner": "sabine@example.org",
            "location": "halle süd",
            "vehicle": {"internal_number": "T-77", "make": "Škoda", "model": "Octavia"},
            "category": "Leasing",
            "expected_value": "21.990,00",
            "probability": "60 %",
            "follow_up_on": "06.03.2026",
            "wishes": {"test_drive": True, "term_months": 48},
            "custom_values": {"utm": "x"},
            "lead_type": "1b",
        }
    )

    after = stored(lead)
    assert (after.owner, after.location, after.vehicle) == (colleague, hall, car)
    assert after.category == Category.objects.get(name="Leasing")
    assert (after.expected_value, after.probability) == (Decimal("21990.00"), 60)
    assert timezone.localtime(after.follow_up_at).hour == 9
    assert (after.test_drive_wished, after.term_months) == (True, 48)
    assert after.custom_values == {"utm": "x"}
    assert after.lead_type.key == "1b"


@pytest.mark.parametrize(
    ("body", "column", "nothing"),
    [
        ({"message": None}, "message", ""),
        ({"nachricht": ""}, "message", ""),
        ({"contact": {"phone": None}}, "phone", ""),
        ({"contact": None}, "email", ""),
        ({"contact": {"name": None}}, "last_name", ""),
        ({"address": None}, "postal_code", ""),
        ({"customer": None}, "customer", None),
        ({"category": None}, "category", None),
        ({"location": None}, "location", None),
        ({"owner": None}, "owner", None),
        ({"lead_type": None}, "lead_type", None),
        ({"expected_value": None}, "expected_value", None),
        ({"urgency": None}, "urgency", "normal"),
        ({"nachfassen_am": None}, "follow_up_at", None),
        ({"vehicle": None}, "vehicle", None),
        ({"vehicle": {"price": None}}, "vehicle_price", None),
        ({"wishes": None}, "test_drive_wished", False),
        ({"wishes": {"preferred_time": None}}, "preferred_time", ""),
        ({"consents": []}, "consents", []),
        ({"custom_values": {}}, "custom_values", {}),
        ({"custom_values": None}, "custom_values", {}),
        ({"is_test": False}, "is_test", False),
    ],
)
def test_null_empties(api, dealer, body, column, nothing):
    lead = make_lead(
        dealer,
        vehicle=make_vehicle(dealer),
        location=make_location(dealer),
        owner=make_user(dealer),
        category=Category.objects.first(),
        lead_type="1b",
        expected_value=1000,
        urgency="high",
        follow_up_at=timezone.now(),
        test_drive_wished=True,
        preferred_time="abends",
        consents=[{"purpose": "newsletter", "granted": True}],
        custom_values={"a": 1},
        is_test=True,
    )

    answer = api.send("PATCH", address(lead), body).json()

    assert getattr(stored(lead), column) == nothing
    assert answer["outcome"] == "updated"
    assert stored(lead).subject == lead.subject


def test_a_subject_that_was_emptied_is_composed(lead, change):
    assert change({"subject": None})["subject"].startswith("Website: ")


def test_false_takes_a_wish_back(api, dealer):
    lead = make_lead(dealer, test_drive_wished=True)

    api.send("PATCH", address(lead), {"wishes": {"test_drive": False}})

    assert stored(lead).test_drive_wished is False


def test_tags_are_replaced_added_and_taken_away(lead, change):
    lead.tags.add(Tag.objects.create(dealer=lead.dealer, name="Alt", aliases=["Uralt"]))

    assert change({"tags_add": ["Neu", "alt"]})["tags"] == ["Alt", "Neu"]
    assert change({"tags_weg": ["URALT", "unbekannt"]})["tags"] == ["Neu"]
    assert change({"tags": ["Neu", "Dritter"]})["tags"] == ["Dritter", "Neu"]
    assert change({"tags": ["Dritter"]})["tags"] == ["Dritter"]
    assert change({"tags": None})["tags"] == []
    assert not Tag.objects.filter(name="unbekannt").exists()


def test_a_note_is_added_and_never_overwritten(lead, change):
    change({"note": "Erste"})
    change({"note": "Zweite"})
    change({"note": "Zweite"})

    notes = Activity.objects.filter(lead=lead, kind="note").values_list("text", flat=True)
    assert sorted(notes) == ["Erste", "Zweite"]


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"farbe": "rot"}, "farbe", "unknown_field"),
        ({"dealer": 1}, "dealer", "unknown_field"),
        ({"score": 99}, "score", "unknown_field"),
        ({"deleted_at": None}, "deleted_at", "unknown_field"),
        ({"external_id": "x"}, "external_id", "unknown_field"),
        ({"enquired_at": "2026-01-01"}, "enquired_at", "unknown_field"),
        ({"kontakt": {"fax": "1"}}, "kontakt.fax", "unknown_field"),
        ({"titel": "a", "subject": "b"}, "subject", "field_given_twice"),
        ({"status": None}, "status", "cannot_be_empty"),
        ({"quelle": ""}, "quelle", "cannot_be_empty"),
        ({"tags": ["a"], "tags_add": ["b"]}, "tags", "field_given_twice"),
        ({"probability": 101}, "probability", "invalid"),
        ({"geaendert_am": "gestern"}, "geaendert_am", "invalid"),
    ],
)
def test_what_is_wrong_changes_nothing(api, lead, problem, body, field, code):
    document = problem(api.send("PATCH", address(lead), {"campaign": "x", **body}), 400)

    assert [(one["field"], one["code"]) for one in document["errors"]] == [(field, code)]
    assert stored(lead).campaign == ""
    assert stored(lead).version == lead.version


def test_an_unknown_customer_is_refused_and_a_known_one_linked(api, dealer, lead, problem, change):
    theirs = make_customer(make_dealer())
    mine = make_customer(dealer)

    document = problem(api.send("PATCH", address(lead), {"kunde": {"id": theirs.pk}}), 422)
    assert document["errors"][0]["field"] == "kunde.id"
    assert change({"customer": {"id": mine.pk}})["customer"]["id"] == mine.pk


def test_a_lead_without_a_customer_gets_one_when_told_who_asks(api, dealer):
    lead = make_lead(dealer, customer=None)

    api.send(
        "PATCH", address(lead), {"contact": {"name": "Erika Muster", "email": "e@example.org"}}
    )

    assert stored(lead).customer == Customer.objects.get(email="e@example.org")
    assert stored(lead).last_name == "Muster"


def test_the_change_leaves_traces(lead, change):
    change({"subject": "Polo"})

    after = stored(lead)
    assert after.version == lead.version + 1
    assert after.history.first().subject == "Polo"
    activity = Activity.objects.get(lead=lead)
    assert (activity.kind, activity.sender, activity.user) == ("updated", "api:website", None)
    event = Event.objects.get(lead_id=lead.pk)
    assert (event.kind, event.sender, event.data) == (
        "lead.updated",
        "api:website",
        {"changed": ["subject"]},
    )


# --- the ledger -------------------------------------------------------------------------------


def test_what_was_sent_stands_in_the_ledger_with_its_outcome(lead, change):
    change({"subject": "Polo"})
    change({"subject": "Polo"})

    first, second = IntakeEntry.objects.order_by("pk")
    assert (first.channel, first.sender, first.lead) == ("api", "api:website", lead)
    assert first.raw == '{"subject": "Polo"}'
    assert [one.outcome for one in (first, second)] == ["updated", "repeated"]
    assert first.reason == "Geändert: Betreff."
    assert first.is_change
    assert not Enquiry.objects.filter(sender="api:website").exists()
    assert stored(lead).enquiry_count == 1


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"subjekt": "Polo"}, 400, "subjekt"),
        ({"probability": "viel"}, 400, "probability"),
        ({"customer": {"id": 999_999}}, 422, "customer.id"),
        (b"{", 400, "JSON"),
    ],
)
def test_what_was_refused_stands_there_with_its_reason(api, lead, body, status, words):
    answer = api.send("PATCH", address(lead), body, accept_language="en")

    assert answer.status_code == status
    entry = IntakeEntry.objects.get()
    assert (entry.outcome, entry.lead, entry.is_change) == ("rejected", None, True)
    assert words in entry.reason
    assert entry.reason not in answer.json()["detail"]  # that of the office is German
    assert stored(lead).version == lead.version


def test_a_change_of_no_lead_of_ours_is_refused_and_kept_here(api, dealer):
    theirs = make_lead()

    assert api.send("PATCH", address(theirs), {"subject": "Polo"}).status_code == 404

    entry = IntakeEntry.objects.get()
    assert (entry.dealer, entry.outcome) == (dealer, "rejected")


def test_what_the_client_has_to_sort_out_first_is_not_kept(api, dealer, lead):
    gone = make_lead(dealer, merged_into=lead, deleted_at=timezone.now())

    stale = api.send("PATCH", address(lead), {"subject": "Polo"}, if_match='"1-99"')
    moved = api.send("PATCH", address(gone), {"subject": "Polo"})

    assert (stale.status_code, moved.status_code) == (412, 308)
    assert not IntakeEntry.objects.exists()


# --- traces -----------------------------------------------------------------------------------


def test_nothing_new_leaves_none(lead, change):
    answer = change({"subject": lead.subject})

    assert answer["outcome"] == "repeated"
    assert stored(lead).version == lead.version
    assert not Activity.objects.filter(lead=lead).exists()
    assert kinds(lead) == []


def test_what_others_wait_for_has_events_of_its_own(dealer, lead, change):
    make_user(dealer, email="sabine@example.org")
    change({"status": "Kontaktiert", "owner": "sabine@example.org"})
    assert kinds(lead) == ["lead.updated", "lead.status_changed", "lead.assigned"]

    Event.objects.all().delete()
    change({"status": "lost"})
    assert kinds(lead) == ["lead.updated", "lead.status_changed", "lead.closed"]

    Event.objects.all().delete()
    change({"status": "Kontaktiert"})
    assert kinds(lead) == ["lead.updated", "lead.status_changed", "lead.reopened"]


def test_a_status_that_closes_takes_its_reason_and_time(lead, change):
    reason = CloseReason.objects.filter(dealer=None, outcome="lost").first()

    closed = change({"status": "lost", "abschlussgrund": reason.name})
    assert (closed["is_open"], closed["close_reason"]) == (False, reason.name)
    assert closed["closed_at"]

    opened = change({"status": "new"})
    assert (opened["is_open"], opened["close_reason"], opened["closed_at"]) == (True, None, None)


def test_the_score_follows(lead, change):
    before = stored(lead).score

    assert change({"wishes": {"test_drive": True}, "urgency": "immediate"})["score"] > before


def test_an_unknown_status_is_created_if_the_key_may(dealer, lead, change):
    assert change({"status": "Im Gespräch"})["status"] == "Im Gespräch"
    careful = ApiClient(dealer, system="careful", creates_entries=False)

    answer = careful.send("PATCH", address(lead), {"status": "Ganz neu"}).json()

    assert "name_not_created" in codes(answer)
    assert not Status.objects.filter(name="Ganz neu").exists()


# --- staff win ---------------------------------------------------------------------------------


@pytest.fixture
def touched(dealer, lead):
    """The lead after a colleague has set status and owner."""
    colleague = make_user(dealer)
    rows = Lead.objects.filter(pk=lead.pk)
    set_status(rows, shared_status("offer"), by=colleague, now=timezone.now())
    assign_leads(rows, colleague, by=colleague, now=timezone.now())
    return colleague


def test_what_staff_have_set_stays(touched, lead, change):
    answer = change({"status": "lost", "owner": None, "subject": "Polo"})

    after = stored(lead)
    assert (after.status.key, after.owner, after.subject) == ("offer", touched, "Polo")
    kept = {w["field"] for w in answer["warnings"] if w["code"] == "staff_value_kept"}
    assert kept == {"status", "owner"}


def test_an_older_change_loses_against_staff_a_newer_one_wins(touched, lead, change):
    early = (timezone.now() - timedelta(hours=1)).isoformat()
    late = (timezone.now() + timedelta(minutes=1)).isoformat()

    assert "staff_value_kept" in codes(change({"status": "contacted", "changed_at": early}))
    assert stored(lead).status.key == "offer"
    change({"status": "contacted", "geaendert_am": late})
    assert stored(lead).status.key == "contacted"


def test_who_has_seen_the_lead_as_it_is_wins(api, touched, lead, change):
    etag = api.get(address(lead))["ETag"]

    answer = change({"status": "contacted", "owner": None}, if_match=etag)

    assert (stored(lead).status.key, stored(lead).owner) == ("contacted", None)
    assert "staff_value_kept" not in codes(answer)


def test_a_star_has_seen_nothing(touched, lead, change):
    change({"status": "contacted"}, if_match="*")

    assert stored(lead).status.key == "offer"


def test_a_stale_version_is_told(api, lead, problem, change):
    etag = api.get(address(lead))["ETag"]
    change({"subject": "Polo"})

    document = problem(api.send("PATCH", address(lead), {"subject": "Up"}, if_match=etag), 412)

    assert document["code"] == "precondition_failed"
    assert stored(lead).subject == "Polo"


def test_the_refusal_speaks_the_clients_language(api, lead):
    body = {"subject": "Polo"}
    english = api.send("PATCH", address(lead), body, if_match='"0-0"', accept_language="en").json()
    german = api.send("PATCH", address(lead), body, if_match='"0-0"').json()

    assert english["detail"].startswith("It has been changed")
    assert german["code"] == english["code"]


# --- walls and rights --------------------------------------------------------------------------


def test_a_foreign_lead_does_not_exist(api, problem):
    theirs = make_lead(make_dealer())

    problem(api.send("PATCH", address(theirs), {"subject": "Polo"}), 404)
    assert stored(theirs).subject == theirs.subject


def test_names_of_other_dealers_mean_nothing(lead, change):
    other = make_dealer()
    make_user(other, email="fremd@example.org")
    make_location(other, name="Fremd")

    answer = change({"owner": "fremd@example.org", "location": "Fremd"})

    assert (answer["owner"], answer["location"]) == (None, None)
    assert {"owner_unknown", "value_unknown"} <= codes(answer)


def test_a_reading_key_may_not_change(dealer, lead, problem):
    reader = ApiClient(dealer, system="reader", scopes=["leads:read"])

    assert problem(reader.send("PATCH", address(lead), {"subject": "x"}), 403)["code"] == (
        "missing_scope"
    )


def test_the_answer_has_the_new_etag(api, lead):
    response = api.send("PATCH", address(lead), {"subject": "Polo"})

    assert response["ETag"] == api.get(address(lead))["ETag"]


def test_the_number_of_queries(api, dealer, lead, django_assert_max_num_queries):
    api.send("PATCH", address(lead), {"subject": "Polo"})

    with django_assert_max_num_queries(25):
        api.send("PATCH", address(lead), {"subject": "Golf", "status": "contacted"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connections['default'].vendor != 'postgresql'")
def test_of_two_with_the_same_version_one_is_told(api, lead):
    """Both have seen version 1; the second must not write over the first."""
    etag = api.get(address(lead))["ETag"]
    ready = threading.Barrier(8)

    def patch(number):
        ready.wait()
        try:
            return api.send("PATCH", address(lead), {"subject": f"Polo {number}"}, if_match=etag)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(patch, range(8)))

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7
    assert stored(lead).version == 2
