"""A dealer's old list goes in through the browser, comes out, and comes back unchanged."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from leads.models import Lead, Role
from tests import builders
from tests.samples import make_alte_leads


@pytest.fixture
def uploads(settings, tmp_path):
    storage = {**settings.STORAGES["import_export"]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": tmp_path / "uploads"}
    settings.STORAGES = {**settings.STORAGES, "import_export": storage}


def counts(page):
    """Numbers of the preview: not usable, changed, new, unchanged."""
    return [int(text) for text in page.locator(".lo-exchange-counts dd").all_inner_texts()]


def preview(page, server, path):
    page.goto(f"{server.url}/admin/leads/lead/import/")
    page.set_input_files("input[type=file]", path)
    page.click("form[enctype] button[type=submit]")
    expect(page.locator(".lo-exchange-counts")).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_the_old_list_goes_in_and_comes_back(live_server, page, shot, uploads, tmp_path):
    dealer = builders.make_dealer()
    builders.make_user(dealer, first_name="Jörg", last_name="Brüggemann")
    builders.make_user(
        dealer, role=Role.MANAGER, username="leitung", first_name="Sabine", last_name="Köhler"
    )
    page.goto(f"{live_server.url}/admin/login/?next=/admin/leads/lead/import/")
    page.fill("input[name=username]", "leitung")
    page.fill("input[name=password]", builders.PASSWORD)
    page.click("form button[type=submit]")
    expect(page.locator("input[type=file]")).to_be_attached()
    shot(page, "import-upload")

    preview(page, live_server, make_alte_leads.TARGET)
    assert counts(page) == [6, 0, 290, 4]
    assert not Lead.objects.exists()
    expect(page.locator("#rows-bad")).to_contain_text("31.02.2025")
    shot(page, "import-preview")

    page.click("form[action$=process_import\\/] button[type=submit]")
    page.wait_for_url("**/admin/leads/lead/")
    assert Lead.objects.for_dealer(dealer).count() == 290

    page.goto(f"{live_server.url}/admin/leads/lead/export/")
    shot(page, "export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Exportieren").click()
    exported = Path(tmp_path / "export.xlsx")
    download.value.save_as(exported)
    preview(page, live_server, exported)
    assert counts(page) == [0, 0, 0, 290]
