"""The command palette: bounded, scoped, and nothing kept for anybody else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leads.admin.search import search
from leads.models import Membership, Role
from tests import builders
from tests.leads.admin.conftest import text_of


def find(browse, user, term, **more):
    return browse(user).get(reverse("admin:search"), {"s": term, "extended": 1, **more})


def hits(user, term, rf):
    request = rf.get("/")
    request.user = user
    return search(request, term)


def test_finds_leads_customers_and_vehicles(rf, office):
    customer = builders.make_customer(office.ours, last_name="Größling")
    lead = builders.make_lead(office.ours, customer=customer)
    vehicle = builders.make_vehicle(office.ours, model="Groessling Spezial")

    found = hits(builders.make_user(office.ours), "größ", rf)

    assert [hit.link for hit in found] == [
        reverse("admin:leads_lead_change", args=[lead.pk]),
        reverse("admin:leads_customer_change", args=[customer.pk]),
        reverse("admin:leads_vehicle_change", args=[vehicle.pk]),
    ]
    assert "Größling" in found[0].title
    assert lead.number in found[0].description


def test_finds_a_phone_number_as_people_write_it(rf, office):
    lead = builders.make_lead(office.ours, phone="0221 4710 123", customer=None, last_name="Muster")

    [hit] = hits(builders.make_user(office.ours), "0221 / 47 10 12", rf)

    assert hit.link == reverse("admin:leads_lead_change", args=[lead.pk])


def test_never_shows_rows_of_another_dealer(browse, office):
    builders.make_lead(
        office.theirs, customer=builders.make_customer(office.theirs, last_name="Fremdling")
    )
    builders.make_vehicle(office.theirs, model="Fremdling")

    assert "Fremdling" not in text_of(find(browse, builders.make_user(office.ours), "fremdling"))


def test_shows_only_leads_of_the_locations_one_works_at(rf, office):
    here, there = builders.make_location(office.ours), builders.make_location(office.ours)
    user = builders.make_user(office.ours, locations=[here])
    mine = builders.make_lead(office.ours, location=here, subject="Rarität", customer=None)
    builders.make_lead(office.ours, location=there, subject="Rarität", customer=None)

    assert [hit.link for hit in hits(user, "rarität", rf)] == [
        reverse("admin:leads_lead_change", args=[mine.pk])
    ]


def test_what_one_user_found_is_not_shown_to_the_next(browse, office):
    builders.make_lead(
        office.ours, customer=builders.make_customer(office.ours, last_name="Seltsam")
    )
    assert "Seltsam" in text_of(find(browse, builders.make_user(office.ours), "seltsam"))

    assert "Seltsam" not in text_of(find(browse, builders.make_user(office.theirs), "seltsam"))


def test_rights_that_are_taken_end_at_once(browse, office):
    user = builders.make_user(office.ours)
    builders.make_lead(
        office.ours, customer=builders.make_customer(office.ours, last_name="Seltsam")
    )
    assert "Seltsam" in text_of(find(browse, user, "seltsam"))

    Membership.objects.filter(user=user).update(is_active=False)

    assert "Seltsam" not in text_of(find(browse, user, "seltsam"))


@pytest.mark.parametrize("term", ["", "a", " ß ", "   "])
def test_too_short_a_term_finds_nothing_and_asks_nothing(
    rf, office, term, django_assert_num_queries
):
    builders.make_lead(office.ours)
    request = rf.get("/")
    request.user = builders.make_user(office.ours)

    # "ß" is folded to two letters, so it asks.
    with django_assert_num_queries(0 if "ß" not in term else 5):
        assert search(request, term) == [] or "ß" in term


def test_is_bounded_and_its_queries_do_not_grow(rf, office):
    user = builders.make_user(office.ours)

    def queries():
        user.__dict__.pop("active_memberships", None)
        with CaptureQueriesContext(connection) as found:
            count = len(hits(user, "octavia", rf))
        return count, len(found)

    builders.make_lead(office.ours)
    builders.make_vehicle(office.ours)
    few, queries_for_few = queries()
    for _ in range(30):
        builders.make_lead(office.ours)
        builders.make_vehicle(office.ours)
        builders.make_customer(office.ours, company="Octavia-Freunde")
    many, queries_for_many = queries()

    assert few == 2
    assert many == 20
    assert queries_for_many == queries_for_few


@pytest.mark.parametrize("term", ["%", "_' OR 1=1", "x" * 5000, "\x00", "ﬀ\u202e", "🚗🚗"])
def test_odd_terms_find_nothing_and_break_nothing(browse, office, term):
    builders.make_lead(office.ours, subject="Octavia")

    response = find(browse, builders.make_user(office.ours), term)

    assert response.status_code == 200
    assert "Octavia" not in text_of(response)


@pytest.mark.parametrize("page", ["x", "0", "-1", "2", "99999999999999999999"])
def test_other_pages_are_empty(browse, office, page):
    builders.make_lead(office.ours)

    response = find(browse, builders.make_user(office.ours), "octavia", page=page)

    assert response.status_code == 200
    assert response.content == b""


def test_what_a_customer_writes_stays_text(browse, office):
    builders.make_lead(office.ours, subject="<script>alert(1)</script> Octavia")

    assert "<script>alert" not in text_of(find(browse, builders.make_user(office.ours), "octavia"))


def test_needs_a_sign_in(client, db):
    response = client.get(reverse("admin:search"), {"s": "octavia", "extended": 1})

    assert response.status_code == 302


def test_auditors_find_as_well(rf, office):
    builders.make_lead(office.ours)

    assert hits(builders.make_user(office.ours, role=Role.AUDITOR), "octavia", rf)
