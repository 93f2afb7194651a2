"""`manage.py import_leads`: what is said, what is left behind, how it ends."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from leads.background import run_due_jobs
from leads.management import importing
from leads.models import (
    Customer,
    ImportOrigin,
    ImportState,
    ImportTemplate,
    Lead,
    ListImport,
    ListRow,
    Role,
    Vehicle,
)
from tests import builders
from tests.leads.resources.making_lists import table

pytestmark = pytest.mark.django_db

HEADERS = ("Anfrage-Nr.", "Nachname", "E-Mail", "Preis")
GOOD = ("1", "Groß", "gross@example.org", "12.900 €")
BAD = ("2", "Klein", "klein@example.org", "viel")


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def storage(settings, tmp_path):
    """Where uploads lie, for this test alone."""
    path = tmp_path / "uploads"
    options = {**settings.STORAGES["imports"]["OPTIONS"], "location": path}
    found = {**settings.STORAGES["imports"], "OPTIONS": options}
    settings.STORAGES = {**settings.STORAGES, "imports": found}
    return path


@pytest.fixture
def listed(tmp_path):
    def write(*rows, headers=HEADERS):
        path = tmp_path / "liste.xlsx"
        path.write_bytes(table(headers, *rows))
        return path

    return write


def import_leads(dealer, path, *options, command="import_leads"):
    """(exit status, what was said, what was complained about)"""
    out, errors = io.StringIO(), io.StringIO()
    arguments = [str(path), "--dealer", str(dealer), *options]
    try:
        call_command(command, *arguments, stdout=out, stderr=errors)
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{errors.getvalue()}{error}"
    return 0, out.getvalue(), errors.getvalue()


def test_cells_that_have_changed_here_since_the_export_are_named(dealer, tmp_path):
    lead = builders.make_lead(dealer, city="Altstadt")
    path = tmp_path / "anfragen.csv"
    call_command("export_leads", "--dealer", str(dealer.pk), "--to", str(path))
    path.write_text(path.read_text("utf-8-sig").replace("Altstadt", "Kleinstadt"), "utf-8-sig")
    lead.city, lead.version = "Neustadt", lead.version + 1
    lead.save()

    status, _said, complained = import_leads(dealer.pk, path)

    expected = "Zeile 2 · Ort · Hat sich hier seit dem Export geändert; es bleibt, wie es ist."
    assert (status, complained.strip()) == (0, expected)
    lead.refresh_from_db()
    assert lead.city == "Neustadt"


def test_a_missing_file_is_named_in_german(dealer, tmp_path):
    status, _said, complained = import_leads(dealer.pk, tmp_path / "nichts.xlsx")

    assert status == 2
    assert complained.endswith("Diese Datei oder diesen Ordner gibt es nicht.")


def test_imports_a_list_and_says_so(dealer, listed):
    status, said, complained = import_leads(dealer.pk, listed(GOOD))

    assert (status, complained) == (0, "")
    assert "Preis → Fahrzeugpreis (EUR)" in said
    assert "Importiert: 1 neu, 0 geändert, 0 unverändert, 0 übersprungen, 0 mit Fehlern." in said
    assert Lead.objects.get().dealer == dealer
    found = ListImport.objects.get()
    assert (found.origin, found.state) == (ImportOrigin.COMMAND, ImportState.DONE)
    assert found.change_batch.created_count == 1


def test_bad_rows_are_named_and_the_others_imported(dealer, listed):
    status, said, complained = import_leads(dealer.name, listed(GOOD, BAD))

    assert status == 1
    assert "1 mit Fehlern" in said
    assert "Zeile 3 · Preis · Das ist keine Zahl." in complained
    assert "viel" not in complained  # might be personal
    assert Lead.objects.count() == 1


def test_remarks_on_rows_are_summed_up_without_their_contents(dealer, listed):
    odd = [(str(n), f"Kunde {n}", 0.5, "01.01.2099") for n in range(1, 8)]
    path = listed(
        *odd,
        ("8", "Klein", 30, "1.2.2025"),
        ("Summe", None, None, None),
        headers=("Anfrage-Nr.", "Nachname", "Wahrscheinlichkeit", "Datum"),
    )

    status, said, complained = import_leads(dealer.pk, path, "--dry-run")

    assert (status, complained) == (0, "")
    as_share = "Wahrscheinlichkeit … wurde als Anteil von 1 gelesen."
    assert f"{as_share} (7 Zeilen: 2, 3, 4, 5, 6 …)" in said
    assert "Zeitpunkt … liegt in der Zukunft. (7 Zeilen" in said
    assert "1 Summen- oder Zwischenzeile wird nicht importiert." in said
    assert "2099" not in said
    assert "0,5" not in said


@pytest.mark.parametrize(
    ("command", "headers", "row", "model"),
    [
        ("import_customers", ("Nachname", "E-Mail"), ("Groß", "gross@example.org"), Customer),
        ("import_vehicles", ("FIN", "Modell"), ("WVWZZZAUZLW000001", "Golf"), Vehicle),
    ],
)
def test_other_lists_have_commands_of_their_own(dealer, listed, command, headers, row, model):
    path = listed(row, headers=headers)
    status, said, complained = import_leads(dealer.pk, path, command=command)

    assert (status, complained) == (0, "")
    assert "Importiert: 1 neu" in said
    assert model.objects.get().dealer == dealer
    assert not Lead.objects.exists()


def test_a_dry_run_leaves_nothing(dealer, listed, storage):
    status, said, _complained = import_leads(dealer.pk, listed(GOOD), "--dry-run")

    assert status == 0
    assert "1 Zeilen: 1 neu" in said
    assert not Lead.objects.exists()
    assert not ListImport.objects.exists()
    assert not ListRow.objects.exists()
    assert list(storage.iterdir()) == []


@pytest.mark.parametrize(
    ("decision", "price"), [("update", 9_900), ("skip", 12_900), ("fill", 12_900)]
)
def test_leads_that_are_here(dealer, listed, decision, price):
    import_leads(dealer.pk, listed(GOOD))

    import_leads(dealer.pk, listed((*GOOD[:3], "9.900 €")), "--on-existing", decision)

    assert Lead.objects.get().vehicle_price == price


def test_a_template_says_what_columns_mean(dealer, listed):
    ImportTemplate.objects.create(
        dealer=dealer, name="Altsystem", columns={"feld1": "last_name"}, changed_at=timezone.now()
    )
    path = listed(("Groß", "x"), headers=("Feld 1", "Feld 2"))

    assert import_leads(dealer.pk, path, "--template", "Altsystem")[0] == 0

    assert Lead.objects.get().last_name == "Groß"
    status, _said, complained = import_leads(dealer.pk, path, "--template", "Unbekannt")
    assert (status, "Unbekannt" in complained) == (2, True)


def test_another_dealers_template_is_unknown(dealer, listed):
    ImportTemplate.objects.create(
        dealer=builders.make_dealer(), name="Altsystem", changed_at=timezone.now()
    )

    assert import_leads(dealer.pk, listed(GOOD), "--template", "Altsystem")[0] == 2


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"Farbe;Sitze\nrot;5\n"])
def test_what_is_no_list_of_leads_is_refused(dealer, tmp_path, content):
    path = tmp_path / "liste.csv"
    path.write_bytes(content)

    status, _said, complained = import_leads(dealer.pk, path)

    assert status == 3
    assert complained
    assert not ListImport.objects.exists()


def test_wrong_calls_are_refused(dealer, tmp_path):
    assert import_leads(dealer.pk, tmp_path / "fehlt.xlsx")[0] == 2
    assert import_leads(0, tmp_path / "fehlt.xlsx")[0] == 2


def test_what_was_interrupted_the_operator_goes_on_with_in_the_admin(
    dealer, listed, settings, client, monkeypatch
):
    settings.IMPORT_PORTION = 1
    again = importing.import_portion

    def interrupted(found, *, now):
        if found.done_count:
            raise KeyboardInterrupt
        return again(found, now=now)

    monkeypatch.setattr(importing, "import_portion", interrupted)
    with pytest.raises(KeyboardInterrupt):
        import_leads(dealer.pk, listed(GOOD, ("2", *GOOD[1:3], "1 €")))
    found = ListImport.objects.get()
    assert (found.state, found.done_count) == (ImportState.PAUSED, 1)

    act = reverse("admin:leads_listimport_act", args=[found.pk])
    client.force_login(builders.make_user(dealer, role=Role.MANAGER))
    assert client.post(act, {"resume": "1"}).status_code == 403
    client.force_login(builders.make_user(is_superuser=True))
    client.post(act, {"resume": "1"})
    run_due_jobs()

    found.refresh_from_db()
    assert (found.state, Lead.objects.count()) == (ImportState.DONE, 2)
