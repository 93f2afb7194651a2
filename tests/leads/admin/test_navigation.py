"""The sidebar: nothing in it that the user may not open, and badges for what waits."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from rest_framework_api_key.models import APIKey

from leads.admin.navigation import GROUPS, navigation
from leads.models import Outcome, Role
from tests import builders

ROLES = [*Role, "operator"]


def make_person(role, dealer):
    if role == "operator":
        return builders.make_user(is_superuser=True)
    return builders.make_user(dealer, role=role)


def sidebar(browse, user, path=None):
    """The items of the sidebar by title, as the theme shows them."""
    response = browse(user).get(path or reverse("admin:index"))
    return {
        str(item["title"]): item
        for group in response.context["sidebar_navigation"]
        for item in group["items"]
    }


def entries():
    return [entry for group in GROUPS for entry in group.entries]


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.model + entry.view)
def test_every_entry_has_its_list(entry):
    assert admin.site.is_registered(apps.get_model(entry.model))


@pytest.mark.parametrize("role", ROLES)
def test_every_entry_opens_and_every_absent_one_is_refused(browse, office, role):
    user = make_person(role, office.ours)
    shown = {item["link"] for item in sidebar(browse, user).values()}

    answers = {}
    for entry in entries():
        name = entry.model.lower().replace(".", "_")
        url = reverse(f"admin:{name}_changelist") + (f"?view={entry.view}" if entry.view else "")
        answers[url] = browse(user).get(url).status_code

    assert answers == {url: 200 if url in shown else 403 for url in answers}


def test_a_seller_has_no_administration(browse, office):
    shown = sidebar(browse, builders.make_user(office.ours, role=Role.SELLER))

    assert {"Start", "All enquiries", "My enquiries", "Customers", "Vehicles"} <= shown.keys()
    assert shown.keys().isdisjoint(
        {"Intake ledger", "API keys", "Dealers", "Memberships", "Users", "Deliveries"}
    )


def test_an_administrator_has_all_but_the_users(browse, office):
    shown = sidebar(browse, builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    assert {"Intake ledger", "API keys", "Dealers", "Memberships", "Tags"} <= shown.keys()
    assert "Users" not in shown


def test_someone_without_a_dealer_has_the_start_page_only(browse, office):
    assert list(sidebar(browse, builders.make_user())) == ["Start"]


def test_tables_that_nobody_should_edit_here_have_no_pages():
    assert not admin.site.is_registered(Group)
    assert not admin.site.is_registered(APIKey)


def test_badges_count_what_waits_for_a_person(browse, office):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    builders.make_lead(office.ours)
    builders.make_lead(office.ours, owner=user)
    builders.make_lead(office.ours, is_test=True)
    builders.make_lead(office.ours, status="lost", closed_at=timezone.now())
    builders.make_lead(office.theirs)
    builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)
    builders.make_entry(office.ours, outcome=Outcome.CREATED)
    builders.make_entry(office.theirs, outcome=Outcome.QUARANTINED)

    shown = sidebar(browse, user)

    assert shown["All enquiries"]["badge"] == "1"
    assert shown["Intake ledger"]["badge"] == "1"


def test_nothing_waiting_is_no_badge(browse, office):
    shown = sidebar(browse, builders.make_user(office.ours, role=Role.MANAGER))

    assert "badge" not in shown["All enquiries"]
    assert "badge" not in shown["Intake ledger"]


def test_a_badge_stops_counting(browse, office, monkeypatch):
    monkeypatch.setattr("leads.admin.navigation.BADGE_LIMIT", 2)
    user = builders.make_user(office.ours)
    for _ in range(4):
        builders.make_lead(office.ours)

    assert sidebar(browse, user)["All enquiries"]["badge"] == "2+"


@pytest.mark.parametrize(
    ("query", "active"),
    [("", "All enquiries"), ("?view=overdue", "All enquiries"), ("?view=mine", "My enquiries")],
)
def test_exactly_one_entry_is_where_one_stands(browse, office, query, active):
    user = builders.make_user(office.ours)
    shown = sidebar(browse, user, reverse("admin:leads_lead_changelist") + query)

    assert [title for title, item in shown.items() if item["active"]] == [active]


def test_the_page_of_a_row_belongs_to_its_list(browse, office):
    user = builders.make_user(office.ours)
    lead = builders.make_lead(office.ours)
    shown = sidebar(browse, user, reverse("admin:leads_lead_change", args=[lead.pk]))

    assert [title for title, item in shown.items() if item["active"]] == ["All enquiries"]


def test_costs_one_count_per_badge_and_is_made_once_per_page(rf, office):
    request = rf.get("/")
    request.user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    assert request.user.active_memberships

    with CaptureQueriesContext(
        connection,
    ) as queries:
        first = navigation(request)
        again = navigation(request)

    assert len(queries) == sum(entry.waiting is not None for entry in entries())
    assert first is again
