"""Nobody has to scroll sideways: lists and pages fit on a desk and on a phone."""

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from leads.management.demo.office import PASSWORD
from leads.models import IntakeEntry, Lead, MatchSuggestion, Outcome
from tests.browser.conftest import SIZES

LISTS = [
    "leads/lead/",
    "leads/task/?view=all",
    "leads/matchsuggestion/",
    "leads/merge/",
    "leads/customer/",
    "leads/vehicle/",
    "leads/intakeentry/",
    "leads/unmappedname/",
    "leads/apikey/",
    "integrations/connection/",
    "integrations/webhookendpoint/",
    "integrations/webhookdelivery/",
    "integrations/websiteform/",
]
# What can be scrolled sideways, the page itself included; a text field has its own scroll bar.
TOO_WIDE = """() => [...document.querySelectorAll("*:not(textarea)")].filter(one => {
    const way = getComputedStyle(one).overflowX;
    const scrolls = one === document.documentElement || way === "auto" || way === "scroll";
    return scrolls && one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1;
}).map(one => `${one.tagName} ${one.className}: ${one.scrollWidth} > ${one.clientWidth}`)"""

# Letters are there, charts have followed the new size.
AT_REST = """async () => {
    await document.fonts.ready;
    for (const _ of "12345") await new Promise(requestAnimationFrame);
}"""


@pytest.fixture
def demo(live_server, settings):
    settings.DEBUG = True  # the demo refuses to load without it
    call_command("load_demo", verbosity=0)
    settings.DEBUG = False
    return f"{live_server.url}/admin"


def test_a_dealer_never_scrolls_sideways(page, demo):
    several = Lead.objects.filter(enquiry_count=3).get()
    quarantined = IntakeEntry.objects.filter(outcome=Outcome.QUARANTINED).first()
    double = MatchSuggestion.objects.filter(decision="", dealer=several.dealer).first()
    sign_in(page, demo, "verwaltung")

    assert (
        too_wide(
            page,
            demo,
            "",
            *LISTS,
            f"leads/lead/{several.pk}/change/",
            f"leads/intakeentry/{quarantined.pk}/change/",
            f"leads/intakeentry/{quarantined.pk}/correct/",
            f"leads/customer/{double.candidate_id}/change/",
            f"leads/customer/{double.candidate_id}/merge/{double.customer_id}/",
        )
        == {}
    )


def test_nor_does_the_operator_whose_lists_name_the_dealer(page, demo):
    sign_in(page, demo, "betrieb")

    assert too_wide(page, demo, *LISTS, "leads/job/") == {}


def sign_in(page, demo, user):
    page.goto(f"{demo}/")
    page.get_by_label("Benutzername").fill(user)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_text("Noch unbeantwortet")).to_be_visible()


def too_wide(page, demo, *addresses):
    """{(address, width): what can be scrolled}"""
    found = {}
    for address in addresses:
        page.goto(f"{demo}/{address}")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(AT_REST)
            if wide := page.evaluate(TOO_WIDE):
                found[address, width] = wide
    return found
