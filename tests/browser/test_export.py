"""Columns are arranged with the mouse, a long list is awaited and fetched."""

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from leads.background import run_due_jobs
from leads.models import Role
from tests import builders


@pytest.mark.django_db(transaction=True)
def test_chosen_columns_in_their_order_from_a_worker(
    live_server, page, shot, exports_folder, settings, tmp_path
):
    settings.EXPORT_AT_ONCE = 1
    dealer = builders.make_dealer()
    builders.make_user(dealer, role=Role.MANAGER, username="leitung")
    leads = [builders.make_lead(dealer, city="Leipzig") for _ in range(2)]
    page.goto(f"{live_server.url}/admin/login/?next=/admin/leads/lead/export/")
    page.fill("input[name=username]", "leitung")
    page.fill("input[name=password]", builders.PASSWORD)
    page.click("form button[type=submit]")

    page.get_by_role("button", name="Keine", exact=True).click()
    for label in ("Ort", "Nummer", "E-Mail"):
        page.get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Gewählte nach oben").click()  # Nummer, E-Mail, Ort
    page.get_by_role("button", name="Nach oben: Ort", exact=True).click()  # Nummer, Ort, E-Mail
    page.get_by_role("button", name="Nach unten: Nummer", exact=True).click()  # Ort, Nummer, E-Mail
    shot(page, "export-columns")
    page.get_by_role("button", name="Exportieren").click()

    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("wartet")
    shot(page, "export-waiting")
    run_due_jobs()
    fetch = page.get_by_role("link", name="Herunterladen")
    expect(fetch).to_be_visible()  # without anybody's doing
    shot(page, "export-done")
    with page.expect_download() as download:
        fetch.click()
    path = tmp_path / "export.xlsx"
    download.value.save_as(path)

    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Ort", "Nummer", "E-Mail"]
    assert {row[1] for row in rows[1:]} == {lead.number for lead in leads}
