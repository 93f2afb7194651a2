"""A visitor fills in a dealer's form with the keyboard alone, also inside the dealer's page."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from integrations.models import WebsiteForm
from integrations.models.website_form import FormField
from leads.models import Lead
from tests import builders
from tests.browser.accessibility import faults

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def form():
    dealer = builders.make_dealer(name="Autohaus Müller-Lüdenscheid GmbH & Co. KG")
    builders.make_vehicle(dealer, internal_number="GW-2001")
    return builders.make_website_form(
        dealer,
        title="Schreiben Sie uns",
        greeting="Wir antworten innerhalb eines Arbeitstages.",
        shown_fields=[FormField.MESSAGE, FormField.WISHES, FormField.TEST_DRIVE],
        consents=[
            ("contact_phone", "Ich möchte zu meiner Anfrage angerufen werden."),
            ("privacy", "Ich habe die Datenschutzhinweise gelesen.", True),
        ],
        privacy_url="https://autohaus.example.org/datenschutz",
        imprint_url="https://autohaus.example.org/impressum",
        min_seconds=0,
    )


@pytest.fixture
def dealers_page():
    """The dealer's website on another origin: `serve(html)` tells its address."""

    class Site(BaseHTTPRequestHandler):
        html = ""

        def do_GET(self):
            body = self.html.encode()
            self.send_response(200 if self.path == "/" else 204)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.path == "/":
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(html):
        Site.html = html
        return f"http://localhost:{server.server_address[1]}"

    yield serve
    server.shutdown()
    server.server_close()


def focused(page):
    return page.evaluate("document.activeElement.name || document.activeElement.id")


def tab_to(page, name):
    for _ in range(40):
        page.keyboard.press("Tab")
        if focused(page) == name:
            return
    pytest.fail(f"the keyboard does not reach {name}")


def test_errors_are_seen_corrected_and_the_enquiry_arrives(
    live_server, page, shot, form, console_errors
):
    page.goto(f"{live_server.url}/forms/{form.key}/?vehicle=GW-2001")
    expect(page.get_by_text("GW-2001")).to_be_visible()
    shot(page, "website-form")

    tab_to(page, "first_name")
    page.keyboard.type("Jörg")
    tab_to(page, "email")
    page.keyboard.type("joerg@")
    page.keyboard.press("Enter")

    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    assert page.title().startswith("Bitte korrigieren") or page.title().startswith("Please")
    expect(summary.get_by_role("link")).to_have_count(3)
    shot(page, "website-form-errors")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first error leads to its field
    assert focused(page) == "last_name"
    expect(page.locator("#id_first_name")).to_have_value("Jörg")
    page.keyboard.type("Weiß")
    tab_to(page, "email")
    page.keyboard.press("End")
    page.keyboard.type("example.org")
    tab_to(page, "consent_privacy")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{live_server.url}/forms/{form.key}/thanks/#thanks")
    shot(page, "website-form-thanks")
    lead = Lead.objects.for_dealer(form.dealer).get()
    assert (lead.full_name, lead.email) == ("Jörg Weiß", "joerg@example.org")
    assert lead.vehicle.internal_number == "GW-2001"
    assert [one["purpose"] for one in lead.consents if one["granted"]] == ["privacy"]
    assert not lead.is_spam
    assert len(console_errors) == 1  # the browser notes the answer 422
    console_errors.clear()


def test_the_trap_is_never_reached(live_server, page, form):
    page.goto(f"{live_server.url}/forms/{form.key}/")

    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(focused(page))
    assert "email" in seen
    assert "website" not in seen


@pytest.mark.parametrize("width", [320, 390])
def test_nothing_is_wider_than_a_small_screen(live_server, page, form, width):
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(f"{live_server.url}/forms/{form.key}/?vehicle=GW-2001")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.eval_on_selector_all(
        "main :is(input:not([type=hidden]), select, textarea, button), footer a",
        """all => all.filter(one => !one.closest('.trap'))
            .filter(one => Math.min(one.offsetWidth, one.offsetHeight) < 24).length""",
    )
    assert small == 0


@pytest.mark.parametrize("width", [1440, 320])
def test_everybody_can_use_it(live_server, page, form, console_errors, width):
    every = list(FormField.values)
    WebsiteForm.objects.filter(pk=form.pk).update(shown_fields=every, required_fields=["phone"])
    address = f"{live_server.url}/forms/{form.key}/"
    page.set_viewport_size({"width": width, "height": 800})

    page.goto(f"{address}?vehicle=GW-2001")
    assert faults(page) == {}
    page.locator("main button").click()
    expect(page.locator("#errors")).to_be_visible()
    assert faults(page) == {}
    page.goto(f"{address}thanks/")
    assert faults(page) == {}
    page.goto(f"{live_server.url}/forms/there-is-none/")
    assert faults(page) == {}
    assert len(console_errors) == 2  # the browser notes the answers 422 and 404
    console_errors.clear()


def test_the_dealers_page_can_show_it_in_a_frame(
    live_server, page, form, dealers_page, console_errors
):
    address = f"{live_server.url}/forms/{form.key}/"
    site = dealers_page(f'<iframe src="{address}" title="Anfrage" height="900"></iframe>')
    WebsiteForm.objects.for_dealer(form.dealer).update(allowed_origins=[site])
    page.goto(site)

    frame = page.frame_locator("iframe")
    frame.get_by_label("Nachname").or_(frame.get_by_label("Last name")).fill("Mustermann")
    frame.locator("button").click()
    expect(frame.locator("#errors")).to_be_focused()
    frame.locator("#id_phone").fill("0221 4710123")
    frame.locator("#id_consent_privacy").check()
    frame.locator("button").click()
    expect(frame.locator("#thanks")).to_be_visible()
    assert Lead.objects.for_dealer(form.dealer).count() == 1
    assert all("422" in error for error in console_errors)
    console_errors.clear()


def test_another_page_cannot(live_server, page, form, dealers_page, console_errors):
    page.goto(dealers_page(f'<iframe src="{live_server.url}/forms/{form.key}/"></iframe>'))

    expect(page.frame_locator("iframe").locator("#id_email")).to_have_count(0)
    page.wait_for_timeout(0)
    console_errors.clear()  # the browser says that it refuses


def test_a_script_of_the_dealers_page_can_send_it(live_server, page, form, dealers_page):
    site = dealers_page("<title>Autohaus</title>")
    WebsiteForm.objects.for_dealer(form.dealer).update(allowed_origins=[site])
    page.goto(site)

    answer = page.evaluate(
        """async address => {
            const answer = await fetch(address, {
                method: "POST",
                headers: {"Content-Type": "application/json", "Idempotency-Key": "a-1"},
                body: JSON.stringify({
                    name: "Erika Musterfrau", phone: "0221 4710123", elapsed_ms: 4000,
                    consents: [{purpose: "privacy", granted: true}],
                }),
            });
            return [answer.status, await answer.json()];
        }""",
        f"{live_server.url}/api/v1/forms/{form.key}/",
    )

    lead = Lead.objects.for_dealer(form.dealer).get()
    assert answer == [201, {"reference": lead.external_id}]
