"""The main job as a seller does it: sign in, see the leads, fetch those of the bank, find one."""

from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from integrations.models import Connection
from integrations.simulator.server import PartnerSimulator
from leads.management.demo.office import PASSWORD
from leads.models import IntakeEntry, Lead

# How often a button's form would be sent if somebody clicked twice; nothing is sent here.
SUBMISSIONS_OF_TWO_CLICKS = """button => {
    let sent = 0;
    window.addEventListener("submit", event => {
        sent += event.defaultPrevented ? 0 : 1;
        event.preventDefault();
    });
    button.click();
    button.click();
    return sent;
}"""
SAMPLE_PAGE = Path(__file__).parents[1] / "samples" / "bdk_leads_page.json"


@pytest.fixture
def partner():
    with PartnerSimulator(SAMPLE_PAGE) as simulator:
        yield simulator


@pytest.fixture
def office(live_server, settings, partner):
    """The demo office, its bank connection pointing to the simulator of this test."""
    settings.DEBUG = True  # the demo refuses to load without it
    call_command("load_demo", verbosity=0)
    settings.DEBUG = False
    Connection.objects.update(
        base_url=f"{partner.url}/bdk", token_url=f"{partner.url}/bdk/oauth/token"
    )
    return live_server.url


def sign_in(page, office, user):
    page.goto(f"{office}/admin/")
    page.get_by_label("Benutzername").fill(user)
    page.get_by_label("Passwort").fill(PASSWORD)
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_text("Noch unbeantwortet")).to_be_visible()


def test_a_seller_fetches_leads_and_finds_one(page, office, shot):
    sign_in(page, office, "verkauf")
    shot(page, "start")

    page.get_by_role("button", name="Jetzt abrufen").first.click()
    expect(page.get_by_text("53 empfangen")).to_be_visible()

    page.goto(f"{office}/admin/leads/lead/")
    shot(page, "leads")
    page.get_by_role("searchbox").or_(page.locator("#searchbar")).first.fill("DLC-2026-000105")
    page.keyboard.press("Enter")
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    expect(page.get_by_text("Björn Größling").first).to_be_visible()

    page.get_by_text("Björn Größling").first.click()
    expect(page.get_by_text("Škoda Octavia Combi 2.0 TDI").first).to_be_visible()
    expect(page.get_by_text("Straße der Übung 88, 50823 Köln").first).to_be_visible()
    shot(page, "lead")

    page.get_by_text("Bearbeiten").first.click()
    save = page.get_by_role("button", name="Sichern", exact=True)
    assert save.evaluate(SUBMISSIONS_OF_TWO_CLICKS) == 1


def test_what_cannot_be_used_is_shown_with_its_reason(page, office, shot):
    sign_in(page, office, "verwaltung")
    page.get_by_role("button", name="Jetzt abrufen").first.click()
    expect(page.get_by_text("4 in Quarantäne").first).to_be_visible()

    page.goto(f"{office}/admin/leads/intakeentry/")
    expect(page.get_by_text("In Quarantäne").first).to_be_visible()
    shot(page, "intake-ledger")

    entry = IntakeEntry.objects.get(outside_id="DLC-2026-000145", outcome="quarantined")
    page.goto(f"{office}/admin/leads/intakeentry/{entry.pk}/change/")
    assert "0012345" in entry.reason
    expect(page.get_by_text(entry.reason)).to_be_visible()
    page.get_by_text("Nachricht anzeigen").click()
    expect(page.get_by_text("fremd.partner@example.org")).to_be_visible()
    shot(page, "intake-entry")

    lead = Lead.objects.get(external_id="DLC-2026-000137")
    page.goto(f"{office}/admin/leads/lead/{lead.pk}/change/")
    markup = page.get_by_text("<script>alert('x')</script><b>Fett</b>").first
    expect(markup).to_be_visible()
