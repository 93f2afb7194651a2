"""A catalogue goes out as a list, is changed, and comes in again."""

import openpyxl
import pytest
from playwright.sync_api import expect

from leads.models import Role, Source
from tests import builders
from tests.browser.accessibility import faults_in_the_office


@pytest.mark.django_db(transaction=True)
def test_an_exported_catalogue_is_edited_and_imported(live_server, page, shot, tmp_path):
    dealer = builders.make_dealer()
    builders.make_user(dealer, role=Role.ADMINISTRATOR, username="verwaltung")
    source = Source.objects.create(dealer=dealer, name="Messe", is_automatic=True)
    page.goto(f"{live_server.url}/admin/login/?next=/admin/leads/source/")
    page.fill("input[name=username]", "verwaltung")
    page.fill("input[name=password]", builders.PASSWORD)
    page.click("form button[type=submit]")

    page.get_by_role("link", name="Exportieren").click()
    assert faults_in_the_office(page) == {}
    with page.expect_download() as download:
        page.get_by_role("button", name="Exportieren").click()
    path = tmp_path / "quellen.xlsx"
    download.value.save_as(path)
    book = openpyxl.load_workbook(path)
    for row in book.active.iter_rows(min_row=2):
        if row[0].value == "Messe":
            row[1].value = "Autoschau; Messestand"
    book.save(path)

    page.goto(f"{live_server.url}/admin/leads/source/")
    page.get_by_role("link", name="Importieren").click()
    page.set_input_files("input[type=file]", path)
    shot(page, "catalogue-import")
    page.get_by_role("button", name="Hochladen").click()
    expect(page.get_by_text("1 geändert.")).to_be_visible()
    assert faults_in_the_office(page) == {}
    shot(page, "catalogue-preview")
    page.get_by_role("button", name="Importieren").click()
    expect(page.get_by_text("1 geändert.")).to_be_visible()

    source.refresh_from_db()
    assert (source.aliases, source.is_automatic) == (["Autoschau", "Messestand"], False)
