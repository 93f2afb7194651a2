"""Two customers become one and two again, with the mouse, on a desk and on a phone."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from leads.models import Customer, MatchSuggestion, Merge, Role
from tests import builders


@pytest.fixture
def pair(transactional_db):
    dealer = builders.make_dealer()
    kept = builders.make_customer(dealer, first_name="Karl-Heinz", last_name="Groß", mobile="")
    merged = builders.make_customer(
        dealer, first_name="Karl Heinz", last_name="Gross", mobile="0170 1234567"
    )
    for customer in (kept, merged):
        builders.make_lead(dealer, customer=customer)
    MatchSuggestion.objects.create(
        dealer=dealer,
        customer=merged,
        candidate=kept,
        reason="same_phone_other_name",
        created_at=timezone.now(),
    )
    return kept, merged


def fits(page):
    """Nothing is wider than the window."""
    return page.evaluate(
        "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_a_manager_merges_two_customers_and_takes_it_back(page, live_server, pair, shot):
    kept, merged = pair
    manager = builders.make_user(kept.dealer, role=Role.MANAGER)
    page.goto(f"{live_server.url}/admin/")
    page.locator("[name=username]").fill(manager.username)
    page.locator("[name=password]").fill(builders.PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/admin/")

    page.goto(f"{live_server.url}/admin/leads/matchsuggestion/")
    shot(page, "duplicates")
    page.locator("#result_list a.lo-button").click()
    page.wait_for_url("**/merge/**")
    shot(page, "merge")
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)
    # What only one of them knows is chosen already.
    expect(page.locator("[name=take-mobile][value=merged]")).to_be_checked()
    page.locator("[name=take-last_name][value=merged]").check()
    page.locator("button.lo-primary").click()
    undo = page.locator("button.lo-undo-button")
    expect(undo).to_be_visible()
    assert (fresh(kept).last_name, fresh(merged).merged_into) == ("Gross", kept)

    undo.click()
    page.wait_for_load_state()
    expect(page.locator("a.lo-undo-button")).to_be_visible()

    assert Merge.objects.get().undone_by == manager
    assert (fresh(kept).last_name, fresh(merged).merged_into) == ("Groß", None)


def fresh(customer):
    return Customer.objects.get(pk=customer.pk)
