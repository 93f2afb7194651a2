"""Customers, the cars they ask about, and who may be the same person."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Customer, MatchSuggestion, Role
from tests import builders
from tests.leads.admin.conftest import text_of


def page_of(row):
    return reverse(f"admin:leads_{row._meta.model_name}_change", args=[row.pk])


def suggest(customer, candidate, reason="same_name"):
    return MatchSuggestion.objects.create(
        dealer=customer.dealer,
        customer=customer,
        candidate=candidate,
        reason=reason,
        created_at=timezone.now(),
    )


def count_queries(client, url):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def customer_with_lead(dealer):
    return builders.make_lead(dealer).customer


def vehicle_with_lead(dealer):
    vehicle = builders.make_vehicle(dealer, location=builders.make_location(dealer))
    builders.make_lead(dealer, vehicle=vehicle)
    return vehicle


def pair_of_customers(dealer):
    return suggest(builders.make_customer(dealer), builders.make_customer(dealer))


@pytest.mark.parametrize(
    ("model", "make"),
    [
        ("customer", customer_with_lead),
        ("vehicle", vehicle_with_lead),
        ("matchsuggestion", pair_of_customers),
    ],
)
def test_a_list_costs_the_same_for_three_and_for_thirty_rows(office, browse, model, make):
    client = browse(builders.make_user(office.ours))
    url = reverse(f"admin:leads_{model}_changelist")
    client.get(url)  # what is read once per process
    for _number in range(3):
        make(office.ours)
    few = count_queries(client, url)
    for _number in range(27):
        make(office.ours)

    assert count_queries(client, url) == few


@pytest.mark.parametrize("make", [customer_with_lead, vehicle_with_lead])
def test_a_page_costs_the_same_however_many_leads_there_are(office, browse, make):
    client = browse(builders.make_user(office.ours))
    row = make(office.ours)
    client.get(page_of(row))
    few = count_queries(client, page_of(row))
    more = {row._meta.model_name: row}
    for _number in range(30):
        builders.make_lead(office.ours, owner=builders.make_user(office.ours), **more)

    assert count_queries(client, page_of(row)) == few


def test_the_list_says_how_to_reach_whom_and_how_many_leads_they_have(office, browse):
    customer = builders.make_customer(
        office.ours, first_name="Eva", last_name="Test", phone="0221 4710123", email="e@example.org"
    )
    builders.make_lead(office.ours, customer=customer)
    builders.make_lead(office.ours, customer=customer, status="won", closed_at=timezone.now())

    page = text_of(
        browse(builders.make_user(office.ours)).get(reverse("admin:leads_customer_changelist"))
    )

    for shown in ("Eva Test", "tel:+492214710123", "mailto:e@example.org", "2 (1 open)"):
        assert shown in page


def test_the_page_of_a_customer_shows_their_leads_newest_first(office, browse):
    customer = builders.make_customer(office.ours)
    now = timezone.now()
    for days in (2, 1, 3):
        builders.make_lead(
            office.ours,
            customer=customer,
            subject=f"vor {days} Tagen",
            received_at=now - timedelta(days=days),
        )

    page = browse(builders.make_user(office.ours)).get(page_of(customer))

    subjects = [row["lead"].subject for row in page.context["page"]["leads"]]
    assert subjects == ["vor 1 Tagen", "vor 2 Tagen", "vor 3 Tagen"]
    assert f"/admin/leads/lead/add/?customer={customer.pk}" in text_of(page)


def test_leads_of_other_locations_stay_hidden_on_the_customers_page(office, browse):
    here, there = builders.make_location(office.ours), builders.make_location(office.ours)
    customer = builders.make_customer(office.ours)
    builders.make_lead(office.ours, customer=customer, location=there, subject="Anderswo")
    user = builders.make_user(office.ours, locations=[here])

    client = browse(user)

    assert "Anderswo" not in text_of(client.get(page_of(customer)))
    [row] = client.get(reverse("admin:leads_customer_changelist")).context["cl"].result_list
    assert row.counts["total"] == 0


def test_who_may_be_the_same_is_shown_from_both_sides(office, browse):
    older = builders.make_customer(office.ours, first_name="Eva", last_name="Alt")
    newer = builders.make_customer(office.ours, first_name="Eva", last_name="Neu")
    suggest(newer, older, "same_phone_other_name")
    client = browse(builders.make_user(office.ours))

    for one, other in ((older, newer), (newer, older)):
        page = text_of(client.get(page_of(one)))
        assert page_of(other) in page
        assert "Same phone, other name" in page
    listed = text_of(client.get(reverse("admin:leads_matchsuggestion_changelist")))
    for shown in ("Eva Alt", "Eva Neu", "Same phone, other name"):
        assert shown in listed


def test_suggestions_are_filtered_by_their_evidence(office, browse):
    name = suggest(builders.make_customer(office.ours), builders.make_customer(office.ours))
    suggest(
        builders.make_customer(office.ours),
        builders.make_customer(office.ours),
        "same_email_several",
    )
    client = browse(builders.make_user(office.ours))

    page = client.get(reverse("admin:leads_matchsuggestion_changelist"), {"reason": "same_name"})

    assert list(page.context["cl"].result_list) == [name]


def test_editing_a_customer_keeps_who_did_it(office, browse):
    user = builders.make_user(office.ours)
    customer = builders.make_customer(office.ours, last_name="Alt")

    browse(user).post(page_of(customer), {"last_name": "Neu", "country": "DE"})

    customer.refresh_from_db()
    assert customer.last_name == "Neu"
    assert customer.history.first().history_user == user
    assert Customer.objects.filter(search_text__contains="neu").exists()


def test_a_customer_with_leads_is_not_deleted_by_accident(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    answer = client.post(
        reverse("admin:leads_customer_delete", args=[lead.customer_id]), {"post": "yes"}
    )

    assert answer.status_code == 200  # says what is in the way
    assert Customer.objects.filter(pk=lead.customer_id).exists()


def test_an_auditor_looks_at_customers_but_changes_nothing(office, browse):
    customer = builders.make_customer(office.ours, last_name="Alt")
    client = browse(builders.make_user(office.ours, role=Role.AUDITOR))

    assert client.get(page_of(customer)).status_code == 200
    assert client.post(page_of(customer), {"last_name": "Neu"}).status_code == 403
    assert "/admin/leads/lead/add/" not in text_of(client.get(page_of(customer)))


def test_a_car_shows_its_facts_its_price_and_who_asked(office, browse):
    vehicle = builders.make_vehicle(
        office.ours, make="Kia", model="Ceed", variant="", price=21990, mileage_km=31500
    )
    lead = builders.make_lead(office.ours, vehicle=vehicle)
    client = browse(builders.make_user(office.ours))

    listed = text_of(client.get(reverse("admin:leads_vehicle_changelist")))
    page = text_of(client.get(page_of(vehicle)))

    for shown in ("Kia Ceed", "€21,990", "31,500 km", "05/2022", "In stock", "1 (1 open)"):
        assert shown in listed
    assert lead.subject in page
    assert lead.full_name in page


def test_cars_are_filtered_by_state_and_location(office, browse):
    here = builders.make_location(office.ours)
    sold = builders.make_vehicle(office.ours, state="sold")
    ours = builders.make_vehicle(office.ours, location=here)
    client = browse(builders.make_user(office.ours))
    url = reverse("admin:leads_vehicle_changelist")

    assert list(client.get(url, {"state": "sold"}).context["cl"].result_list) == [sold]
    assert list(client.get(url, {"location": here.pk}).context["cl"].result_list) == [ours]
