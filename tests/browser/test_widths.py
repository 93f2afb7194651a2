"""Nobody has to scroll sideways: lists and pages fit on a desk and on a phone."""

from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from leads.management.demo.office import PASSWORD
from leads.models import IntakeEntry, Lead, MatchSuggestion, Outcome, Role
from tests import builders
from tests.browser.conftest import SIZES
from tests.leads.resources.importing import check, run, upload
from tests.samples import make_alte_leads
from tests.storing import store_in

LISTS = [
    "leads/lead/",
    "leads/task/?view=all",
    "leads/matchsuggestion/",
    "leads/merge/",
    "leads/customer/",
    "leads/vehicle/",
    "leads/intakeentry/",
    "leads/unmappedname/",
    "leads/listimport/",
    "leads/listimport/add/",
    "leads/apikey/",
    "integrations/connection/",
    "integrations/finding/",
    "integrations/finding/control/",
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


def test_nobody_scrolls_sideways(page, demo):
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

    page.context.clear_cookies()
    sign_in(page, demo, "betrieb")  # whose lists name the dealer, too
    assert too_wide(page, demo, *LISTS, "leads/job/") == {}


@pytest.mark.django_db(transaction=True)
def test_nor_do_the_steps_of_an_import(page, live_server, settings, tmp_path):
    store_in(settings, "imports", tmp_path)
    long_name = "Autohaus Müller-Lüdenscheid GmbH & Co. KG, Zweigstelle Garmisch-Partenkirchen"
    dealer = builders.make_dealer(name=long_name)
    user = builders.make_user(dealer, role=Role.MANAGER, username="leitung")
    data = Path(make_alte_leads.TARGET).read_bytes()
    ready, done = (
        check(upload(dealer, data=data, user=user, file_name=f"{long_name}.xlsx")) for _ in range(2)
    )
    run(done)
    unreadable = upload(dealer, data=b"%PDF-1.7", user=user)
    admin = f"{live_server.url}/admin"
    sign_in(page, admin, "leitung", builders.PASSWORD)

    steps = ("columns", "values", "preview", "preview/?show=bad", "rows/2")
    assert (
        too_wide(
            page,
            admin,
            "leads/listimport/",
            *(f"leads/listimport/{ready.pk}/{step}/".replace("bad/", "bad") for step in steps),
            f"leads/listimport/{done.pk}/result/",
            f"leads/listimport/{unreadable.pk}/file/",
        )
        == {}
    )


def sign_in(page, demo, user, password=PASSWORD):
    page.goto(f"{demo}/")
    page.get_by_label("Benutzername").fill(user)
    page.get_by_label("Passwort").fill(password)
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
