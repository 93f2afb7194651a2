"""The API's page in the browser, under the strict content security policy."""

from playwright.sync_api import expect

from leads.models import Lead
from tests.builders import make_api_key


def test_a_request_can_be_tried_out(page, live_server, shot):
    _key, secret = make_api_key()

    page.goto(f"{live_server.url}/api/docs/")
    expect(page.get_by_role("heading", name="LeadOffice API")).to_be_visible()
    shot(page, "api-docs")

    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("textbox", name="Value").fill(secret)
    page.get_by_role("button", name="Apply credentials").click()
    page.get_by_role("button", name="Close", exact=True).click()

    create = page.locator("#operations-leads-leads_create")
    create.locator(".opblock-summary-control").click()
    create.get_by_role("button", name="Try it out").click()
    create.get_by_role("button", name="Execute").click()
    expect(create.locator(".live-responses-table .response .response-col_status")).to_contain_text(
        "201"
    )

    assert Lead.objects.get().external_id == "crm-4711"
    assert page.evaluate("Object.keys(localStorage)") == []
    assert page.context.cookies() == []
