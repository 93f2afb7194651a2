"""POST /api/v1/leads/batch/: many leads at once, an outcome for each."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from leads.models import Customer, Event, IntakeEntry, Lead, Outcome
from tests.builders import make_customer, make_dealer, make_location
from tests.leads.api.conftest import LEADS, ApiClient

BATCH = f"{LEADS}batch/"


def item(number, **values):
    return {
        "external_id": f"w-{number}",
        "subject": "Golf",
        "contact": {"name": f"Erika Muster{number}", "email": f"erika{number}@example.org"},
        **values,
    }


def send(api, leads, **headers):
    response = api.post({"leads": leads}, path=BATCH, **headers)
    assert response.status_code == 200, response.content
    return response.json()["results"]


def test_each_has_its_outcome_in_order(api):
    api.post(item(2))

    results = send(api, [item(1), item(2), {"titel": 5}, item(2, subject="Polo"), item(3)])

    assert [one["status"] for one in results] == [201, 200, 422, 200, 201]
    outcomes = ["created", "repeated", "rejected", "updated", "created"]
    assert [one["outcome"] for one in results] == outcomes
    leads = {lead.external_id: lead for lead in Lead.objects.all()}
    assert set(leads) == {"w-1", "w-2", "w-3"}
    assert results[0]["id"] == leads["w-1"].pk
    assert results[0]["number"] == leads["w-1"].number
    assert results[3]["version"] == leads["w-2"].version == 2
    assert leads["w-2"].subject == "Polo"


def test_the_german_name_is_understood(api):
    response = api.post({"anfragen": [{"titel": "Golf"}]}, path=BATCH)

    assert response.json()["results"][0]["status"] == 201


def test_a_bad_one_stops_only_itself_and_says_where(api):
    [bad, text, customer, empty, good] = send(
        api,
        [
            {"kontakt": {"telefon": 1}, "farbe": "rot"},
            "Golf",
            {"subject": "Golf", "kunde": {"id": 999}},
            {},
            item(1),
        ],
    )

    assert {one["field"]: one["code"] for one in bad["errors"]} == {
        "kontakt.telefon": "invalid",
        "farbe": "unknown_field",
    }
    assert [one["code"] for one in text["errors"]] == ["invalid"]
    assert [(one["field"], one["code"]) for one in customer["errors"]] == [
        ("kunde.id", "unknown_customer")
    ]
    assert [one["code"] for one in empty["errors"]] == ["subject_or_contact_required"]
    assert (good["status"], good["errors"]) == (201, [])
    assert bad["id"] is None
    assert Lead.objects.count() == 1


def test_each_is_booked_good_or_bad(api, settings):
    send(api, [item(1), {"titel": 5}], idempotency_key="k-1", accept_language="en")

    good, bad = IntakeEntry.objects.order_by("pk")
    assert {good.idempotency_key, bad.idempotency_key} == {"k-1"}
    if good.outcome != Outcome.CREATED:
        good, bad = bad, good
    assert (good.outcome, good.outside_id) == (Outcome.CREATED, "w-1")
    assert good.lead == Lead.objects.get()
    assert bad.outcome == Outcome.REJECTED
    with translation.override(settings.LANGUAGE_CODE):
        assert bad.reason == f"titel: {translation.gettext('This must be text.')}"
    assert bad.raw == '{"titel": 5}'


def test_warnings_are_told_per_lead(api):
    [odd, fine] = send(api, [item(1, address={"postal_code": "1067"}, location="Mond"), item(2)])

    assert {one["code"] for one in odd["warnings"]} == {"postal_code_odd", "value_unknown"}
    assert fine["warnings"] == []


def test_two_of_one_person_become_one_case(api):
    first, second = send(
        api,
        [item(1, contact={"email": "e@example.org"}), item(2, contact={"email": "e@example.org"})],
    )

    assert (first["outcome"], second["outcome"]) == ("created", "attached")
    assert first["id"] == second["id"]
    assert Customer.objects.count() == 1


def test_one_key_for_all(api, problem):
    first = api.post({"leads": [item(1), {"titel": 5}]}, path=BATCH, idempotency_key="k-1")
    again = api.post({"leads": [item(1), {"titel": 5}]}, path=BATCH, idempotency_key="k-1")

    assert again.content == first.content
    assert again["Idempotent-Replayed"] == "true"
    assert IntakeEntry.objects.count() == 2
    other = api.post({"leads": [item(2)]}, path=BATCH, idempotency_key="k-1")
    assert problem(other, 422)["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "leads"),
        ({"leads": None}, "leads"),
        ({"leads": {}}, "leads"),
        ({"leads": []}, "leads"),
        ({"leads": [{"subject": "x"}] * 501}, "leads"),
        ({"leads": [{"subject": "x"}], "farbe": 1}, "farbe"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(api, problem, body, field):
    document = problem(api.post(body, path=BATCH), 400)

    assert [one["field"] for one in document["errors"]] == [field]
    assert not Lead.objects.exists()
    assert IntakeEntry.objects.get().outcome == Outcome.REJECTED


def test_it_may_be_larger_than_a_single_lead_up_to_8_mb(api, problem):
    long = "x" * 19_000
    body = {"leads": [{"subject": "Golf", "message": long} for _n in range(100)]}

    assert problem(api.post({"message": "x" * 1_100_000}), 413)["code"] == "too_large"
    assert api.post(body, path=BATCH).status_code == 200
    body = {"leads": [{"subject": "x" * 4_300_000}, {"subject": "x" * 4_300_000}]}
    assert problem(api.post(body, path=BATCH), 413)["code"] == "too_large"


@pytest.mark.parametrize("body", [b"{", b'{"leads": [{"a": 1, "a": 2}]}', b'{"leads": [NaN]}'])
def test_broken_json_is_refused_as_a_whole(api, problem, body):
    problem(api.post(body, path=BATCH), 400)

    assert IntakeEntry.objects.get().outcome == Outcome.REJECTED


def test_it_stays_behind_the_wall(api, dealer):
    theirs = make_customer(make_dealer())
    make_location(theirs.dealer, name="Fremd")

    [one, other] = send(api, [item(1, customer={"id": theirs.pk}), item(2, location="Fremd")])

    assert one["status"] == 422
    assert "value_unknown" in {warning["code"] for warning in other["warnings"]}


def test_it_needs_the_right_to_write(dealer, problem):
    problem(ApiClient(dealer, scopes=["leads:read"]).post({"leads": [item(1)]}, path=BATCH), 403)


def test_events_are_told_for_each(api):
    send(api, [item(1), item(2)])

    assert Event.objects.filter(kind="lead.created").count() == 2


def queries(api, leads):
    with CaptureQueriesContext(connection) as captured:
        results = send(api, leads, idempotency_key=f"k-{len(leads)}")
    assert len(results) == len(leads)
    return [one["sql"] for one in captured.captured_queries]


def mixed(first, count):
    """New ones with all that costs a look-up, repeats and bad ones."""
    leads = []
    for number in range(first, first + count):
        leads += [
            item(
                number,
                source="mobile.de",
                tags=["golf", "eilig"],
                location="Mond",
                owner="nobody@example.org",
                vehicle={"internal_number": f"T-{number}"},
                note="Notiz",
            ),
            item(number),
            {"titel": number},
            item(number, kunde={"id": 99_999}, customer=None) if number % 2 else {},
        ]
    return leads


def test_the_number_of_queries_does_not_depend_on_the_number_of_leads(api):
    queries(api, mixed(1, 2))  # creates the catalogue entries

    few = queries(api, mixed(100, 10))
    many = queries(api, mixed(200, 30))

    assert len(many) == len(few), "\n".join(sql[:120] for sql in many)
    assert len(many) <= 75


def test_five_hundred_are_taken(api):
    results = send(api, [item(number) for number in range(500)])

    assert {one["status"] for one in results} == {201}
    assert Lead.objects.count() == 500
