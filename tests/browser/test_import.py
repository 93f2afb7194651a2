"""A long and messy list goes through the wizard, and is undone but for what people did since."""

import re

import pytest
from playwright.sync_api import expect

from leads.background import run_due_jobs
from leads.models import ImportState, Lead, ListImport, Role
from tests import builders
from tests.browser import messy_list
from tests.browser.accessibility import faults_in_the_office

# Milliseconds; a worker works through 5,000 rows in this test's own thread meanwhile.
PATIENCE = 60_000


@pytest.fixture
def uploads(settings, tmp_path):
    storage = {**settings.STORAGES["imports"]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": tmp_path / "uploads"}
    settings.STORAGES = {**settings.STORAGES, "imports": storage}


def shown(page):
    """The counts of the chips above the rows."""
    texts = page.locator(".lo-chips .lo-chip").all_inner_texts()
    return {words: int(n.replace(".", "")) for words, n in (one.rsplit(None, 1) for one in texts)}


@pytest.mark.django_db(transaction=True)
def test_a_messy_list_goes_in_and_what_people_changed_stays(
    live_server, page, shot, uploads, settings, tmp_path
):
    settings.IMPORT_READ_AT_ONCE_BYTES = 1
    settings.UNDO_AT_ONCE = 100
    dealer = builders.make_dealer()
    builders.make_user(
        dealer, role=Role.MANAGER, username="leitung", first_name="Sabine", last_name="Köhler"
    )
    path = tmp_path / "Kundenliste ALT (2).xlsx"
    messy_list.write(path)
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)

    # Upload
    page.goto(f"{live_server.url}/admin/login/?next=/admin/leads/lead/")
    page.fill("input[name=username]", "leitung")
    page.fill("input[name=password]", builders.PASSWORD)
    page.click("form button[type=submit]")
    page.get_by_role("link", name="Importieren").click()
    page.set_input_files("input[type=file]", path)
    page.get_by_role("button", name="Hochladen").click()
    expect(page.get_by_role("status")).to_contain_text("Die Datei wird gelesen")
    run_due_jobs()

    # Zuordnung
    expect(page.get_by_text("Die Überschriften stehen in Zeile 4.")).to_be_visible()
    expect(page.get_by_text("Nicht gelesen: Archiv")).to_be_visible()
    shot(page, "import-columns")
    assert faults_in_the_office(page) == {}
    page.get_by_role("button", name="Weiter").click()

    # Werte
    expect(page.get_by_role("row", name="auf Halde")).to_contain_text("Unbekannt")
    page.get_by_label("Bedeutung von „auf Halde“").select_option(label="Verloren")
    shot(page, "import-values")
    assert faults_in_the_office(page) == {}
    page.get_by_role("button", name="Vorschau anzeigen").click()

    # Vorschau
    expect(page.get_by_role("status")).to_contain_text("0 von 5.000 Zeilen geprüft")
    run_due_jobs()
    expect(page.get_by_role("button", name="Import starten")).to_be_visible()
    before = shown(page)
    assert before["Alle"] == messy_list.ROWS
    assert before["Dubletten"] == messy_list.ROWS // messy_list.TWICE_EVERY
    assert before["Fehler"] > 10
    page.get_by_role("link", name=re.compile("^Fehler")).click()
    shot(page, "import-errors")
    assert faults_in_the_office(page) == {}
    for wrong, right in (("31.02.2025", "28.02.2025"), ("auf Anfrage", "19.990 €")):
        row = page.locator("li.lo-import-row", has_text=f"„{wrong}“").first
        number = row.get_attribute("id")
        row.get_by_role("textbox").fill(right)
        row.get_by_role("button", name="Korrigieren").click()
        expect(page.locator(f"#{number}")).to_contain_text("Neu")
        expect(page.locator(f"#{number}")).to_contain_text("Korrigiert")
    expect(page.get_by_role("link", name=f"Fehler {before['Fehler'] - 2}")).to_be_visible()
    created = before["Neu"] + 2
    expect(page.get_by_text(f"{created:,} Anfragen werden".replace(",", "."))).to_be_visible()
    assert not Lead.objects.exists()

    # Import
    page.get_by_role("button", name="Import starten").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    shot(page, "import-running")
    run_due_jobs()

    # Ergebnis
    expect(page.get_by_text("Was aus den Zeilen wurde")).to_be_visible()
    shot(page, "import-result")
    assert faults_in_the_office(page) == {}
    assert Lead.objects.for_dealer(dealer).count() == created
    result = page.url

    # Three leads are edited by hand.
    edited = list(Lead.objects.filter(status__key="new").order_by("pk")[5:8])
    for lead in edited:
        page.goto(f"{live_server.url}/admin/leads/lead/{lead.pk}/change/?edit=1")
        page.fill("#id_city", "Markkleeberg")
        page.locator("button[name=_save], input[name=_save]").first.click()
        page.wait_for_url("**/admin/leads/lead/")

    # All is taken back but these.
    page.goto(result)
    page.get_by_role("link", name="Rückgängig machen").click()
    for lead in edited:
        expect(page.locator(".lo-rows > li", has_text=lead.number)).to_contain_text(
            "Ort: seitdem geändert"
        )
    page.get_by_role("button", name="Rückgängig machen").click()
    expect(page.get_by_text("Wird rückgängig gemacht").first).to_be_visible()
    run_due_jobs()
    page.reload()
    expect(page.get_by_text("Was bleibt und warum")).to_be_visible()
    shot(page, "import-undone")
    for lead in edited:
        expect(page.locator(".lo-rows > li", has_text=lead.number)).to_contain_text(
            "Ort: seitdem geändert"
        )
    left = Lead.objects.for_dealer(dealer).present()
    assert sorted(left.values_list("pk", flat=True)) == [lead.pk for lead in edited]
    assert set(left.values_list("city", flat=True)) == {"Markkleeberg"}
    assert ListImport.objects.get().state == ImportState.DONE
