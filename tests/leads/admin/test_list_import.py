"""The pages of an import: each step, who may take it, and that nothing on them fails."""

import io
import re
from collections import Counter
from datetime import timedelta

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import (
    ImportOrigin,
    ImportState,
    ImportTemplate,
    Lead,
    ListImport,
    ListRow,
    ListValue,
    OnExisting,
    Plan,
    Role,
    Status,
)
from leads.resources.columns import BY_NAME
from leads.resources.export import EXPORTED
from leads.resources.import_mapping import ASSIGNABLE, FURTHER, LEFT_OUT
from leads.resources.import_retention import delete_old_rows
from leads.resources.import_running import import_portion
from leads.services.deleting import delete_leads
from leads.services.handling import record_change
from leads.services.undoing import undo
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.resources import making_lists

pytestmark = pytest.mark.django_db

LIST = "/admin/leads/listimport/"
ADD = "/admin/leads/listimport/add/"
TWO = "Nachname;E-Mail;Ort\nGroß;gross@example.org;Köln\nKlein;klein@example.org;Bonn\n"
BAD_DAY = "Nachname;E-Mail;Datum\nGroß;gross@example.org;gestern\nKlein;klein@example.org;\n"
VALUES = "Nachname;Status;Verkäufer\nGroß;offen;Weg\nKlein;auf Halde;Weg\n"


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    """Where files wait."""
    storage = {**settings.STORAGES["imports"]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": tmp_path}
    settings.STORAGES = {**settings.STORAGES, "imports": storage}
    return tmp_path


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def manager(dealer, client):
    user = builders.make_user(dealer, role=Role.MANAGER)
    client.force_login(user)
    return user


def page(found, step):
    return reverse(f"admin:leads_listimport_{step}", args=[found.pk])


def row_page(found, number):
    return reverse("admin:leads_listimport_row", args=[found.pk, number])


def upload(client, text=TWO, name="liste.csv", **fields):
    """The answer that the upload leads to, and the import."""
    data = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, data)
    response = client.post(ADD, {"file": file, **fields}, follow=True)
    return response, ListImport.objects.order_by("pk").last()


def fields_of(response):
    """What a browser would send for the last form of the page that has a stamp."""
    text = text_of(response)
    stamp = re.search(r'name="stamp" value="(\w+)"', text)
    sent = {"stamp": stamp[1]} if stamp else {}
    for select in re.finditer(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected>', select[2])
        first = re.search(r'<option value="([^"]*)">', select[2])
        sent[select[1]] = (chosen or first)[1]
    return sent


def map_columns(client, found, **changes):
    """The answer after the step of the columns."""
    sent = fields_of(client.get(page(found, "columns")))
    return client.post(page(found, "columns"), {**sent, **changes}, follow=True)


def previewed(client, text=TWO, **changes):
    """An import at its preview, all values left as they were proposed."""
    _response, found = upload(client, text)
    map_columns(client, found, **changes)
    found.refresh_from_db()
    if found.state == ImportState.MAPPING:
        sent = fields_of(client.get(page(found, "values")))
        client.post(page(found, "values"), sent)
        found.refresh_from_db()
    assert found.state == ImportState.READY
    return found


def start(client, found, **changes):
    sent = {"on_existing": found.on_existing, "start": "1", **changes}
    return client.post(page(found, "preview"), sent, follow=True)


def imported(client, text=TWO):
    found = previewed(client, text)
    start(client, found)
    run_due_jobs()
    found.refresh_from_db()
    assert found.state == ImportState.DONE
    return found


# --- the whole way --------------------------------------------------------------------------------


def test_a_list_goes_in_step_by_step(client, manager, dealer):
    response, found = upload(client)
    assert response.redirect_chain[-1][0] == page(found, "columns")
    assert "gross@example.org" in text_of(response)

    preview = map_columns(client, found)
    assert preview.redirect_chain[-1][0] == page(found, "preview")
    assert "2 Anfragen werden angelegt." in text_of(preview)
    assert not Lead.objects.exists()

    running = start(client, found)
    assert running.redirect_chain[-1][0] == page(found, "run")
    assert "0 von 2 Zeilen importiert" in text_of(running)
    run_due_jobs()

    result = client.get(page(found, "run"), follow=True)
    assert result.redirect_chain[-1][0] == page(found, "result")
    text = text_of(result)
    assert {lead.last_name for lead in Lead.objects.for_dealer(dealer)} == {"Groß", "Klein"}
    for lead in Lead.objects.all():
        assert reverse("admin:leads_lead_change", args=[lead.pk]) in text


@pytest.mark.parametrize("state", ImportState)
def test_the_address_of_an_import_leads_to_where_it_stands(client, manager, dealer, state):
    found = previewed(client)
    ListImport.objects.filter(pk=found.pk).update(state=state)

    response = client.get(f"{LIST}{found.pk}/change/", follow=True)

    assert response.status_code == 200
    assert found.file_name in text_of(response)
    # Steps that are not open lead there, too; each page answers in each state.
    for step in ("file", "columns", "values", "preview", "run", "result"):
        at = client.get(page(found, step), follow=True)
        assert at.status_code == 200


def test_the_list_of_leads_leads_to_the_imports(client, manager):
    assert ADD in client.get("/admin/leads/lead/").content.decode()


def test_imports_are_listed_with_what_became_of_them(
    client, manager, django_assert_max_num_queries
):
    imported(client)
    upload(client, name="zweite.csv")

    with django_assert_max_num_queries(20):
        text = text_of(client.get(LIST))

    assert "2 angelegt" in text
    assert "zweite.csv" in text
    assert "Zuordnung offen" in text
    assert ADD in text


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"%PDF-1.7", "weder eine Excel-Arbeitsmappe"),
        (b"Nachname\n", "stehen keine Zeilen"),
        (b"PK\x03\x04 nothing", "beschädigt"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(client, manager, data, words):
    response, found = upload(client, data, "liste.xlsx")

    assert found.state == ImportState.UNREADABLE
    assert words in text_of(response)
    assert ADD in text_of(response)


def test_an_empty_file_and_no_file_are_refused_on_the_form(client, manager):
    assert "leer" in text_of(upload(client, b"")[0])
    assert "Bitte eine Datei auswählen." in text_of(client.post(ADD, {}))
    assert not ListImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(client, manager, settings, uploads):
    settings.IMPORT_MAX_BYTES = 10

    assert "zu groß" in text_of(upload(client)[0])
    assert list(uploads.iterdir()) == []


def test_a_large_file_is_read_by_a_worker_while_the_page_waits(client, manager, settings):
    settings.IMPORT_READ_AT_ONCE_BYTES = 1
    response, found = upload(client)

    text = text_of(response)
    assert "Die Datei wird gelesen" in text
    assert 'http-equiv="refresh"' in text  # for browsers without scripts
    progress = f"{page(found, 'progress')}?state=reading"
    assert progress in text
    assert client.get(progress).json()["is_over"] is False

    run_due_jobs()

    assert client.get(progress).json()["is_over"] is True
    assert "Nachname" in text_of(client.get(page(found, "file"), follow=True))


def test_the_file_can_be_read_differently(client, manager):
    text = "Nachname,Ort\nGroß,Köln\nNachname;Ort\nKlein;Bonn\n"
    _response, found = upload(client, text)

    client.post(page(found, "read"), {"header_row": "3", "delimiter": ";", "encoding": "utf-8"})

    found.refresh_from_db()
    assert (found.headers, found.row_count) == (["Nachname", "Ort"], 1)


def test_another_sheet_can_be_chosen(client, manager):
    def fill(book, sheet):
        making_lists.plain(book, sheet)
        book.add_worksheet("Archiv").write_column(0, 0, ["Nachname", "Altmann"])

    response, found = upload(client, making_lists.workbook(fill), "liste.xlsx")
    assert "Archiv (2 Zeilen)" in text_of(response)

    client.post(page(found, "read"), {"sheet": "Archiv"})

    found.refresh_from_db()
    assert found.row_count == 1


def test_a_way_of_reading_that_does_not_fit_is_said_and_can_be_changed_back(client, manager):
    _response, found = upload(client)

    response = client.post(page(found, "read"), {"header_row": "40"}, follow=True)
    assert "Zeile 40" in text_of(response)
    client.post(page(found, "read"), {"header_row": ""})

    found.refresh_from_db()
    assert found.state == ImportState.MAPPING


def test_the_same_file_once_more_is_pointed_out(client, manager):
    first = imported(client)

    text = text_of(upload(client)[0])

    assert "hier schon importiert" in text
    assert page(first, "result") in text


# --- whose list -----------------------------------------------------------------------------------


def test_whoever_works_for_several_dealers_says_whose_list_it_is(client, manager, dealer):
    other, third = builders.make_dealer(), builders.make_dealer()
    builders.make_membership(other, manager, role=Role.MANAGER)
    builders.make_membership(third, manager, role=Role.SELLER)

    assert "Bitte wählen Sie einen Händler." in text_of(upload(client)[0])
    assert upload(client, dealer=third.pk)[1] is None  # no right to import there
    assert upload(client, dealer=other.pk)[1].dealer == other


@pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
def test_without_the_right_nobody_uploads(client, dealer, role):
    client.force_login(builders.make_user(dealer, role=role))

    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {}).status_code == 403
    assert ADD not in client.get("/admin/leads/lead/").content.decode()


def test_an_auditor_looks_at_everything_and_changes_nothing(client, manager, dealer):
    found = previewed(client, BAD_DAY)
    client.force_login(builders.make_user(dealer, role=Role.AUDITOR))

    text = text_of(client.get(page(found, "preview")))
    assert "Groß" in text
    assert "Import starten" not in text
    assert "Korrigieren" not in text
    assert client.post(page(found, "preview"), {"on_existing": "new"}).status_code == 403
    assert client.post(page(found, "columns"), {}).status_code == 403
    assert client.post(page(found, "values"), {}).status_code in (302, 403)
    assert client.post(page(found, "act"), {"cancel": "1"}).status_code == 403
    assert client.post(page(found, "read"), {}).status_code == 403
    assert client.post(row_page(found, 2), {"cell-2": ""}).status_code == 403
    found.refresh_from_db()
    assert found.state == ImportState.READY


def test_imports_of_another_dealer_do_not_exist(client, manager):
    found = previewed(client)
    client.force_login(builders.make_user(builders.make_dealer(), role=Role.MANAGER))

    assert found.file_name not in text_of(client.get(LIST))
    for step in ("file", "columns", "values", "preview", "run", "result", "progress"):
        assert client.get(page(found, step)).status_code == 404
    assert client.get(row_page(found, 2)).status_code == 404
    assert client.post(page(found, "act"), {"cancel": "1"}).status_code == 404
    assert client.get(f"{LIST}{found.pk}/download/result/").status_code == 404


def test_who_sees_some_locations_only_sees_their_own_imports(client, manager, dealer):
    theirs = previewed(client)
    location = builders.make_location(dealer)
    narrow = builders.make_user(dealer, role=Role.MANAGER)
    narrow.memberships.get().locations.add(location)
    client.force_login(narrow)

    own = previewed(client)

    assert client.get(page(own, "preview")).status_code == 200
    assert client.get(page(theirs, "preview")).status_code == 404


@pytest.mark.parametrize("values", [{"user": None}, {"user": None, "origin": ImportOrigin.COMMAND}])
def test_what_nobody_answers_for_does_not_go_on_from_here(client, manager, values):
    """The operator's own goes on at the command line; one whose user is gone must not become
    the operator's."""
    found = previewed(client)
    ListImport.objects.filter(pk=found.pk).update(**values)

    assert "Import starten" not in text_of(client.get(page(found, "preview")))
    assert start(client, found).status_code == 403


# --- columns --------------------------------------------------------------------------------------


def test_every_field_is_offered_once(client, manager):
    response, _found = upload(client)

    [select] = re.findall(r'<select[^>]* name="column-0"[^>]*>(.*?)</select>', text_of(response))
    offered = re.findall(r'<option value="([^"]*)"', select)
    assert sorted(offered) == sorted([*ASSIGNABLE, FURTHER, LEFT_OUT])


def test_a_guess_is_marked_and_says_why(client, manager):
    rows = "\n".join(f"Kunde{n};kunde{n}@example.org" for n in range(5))
    response, _found = upload(client, f"Nachname;Feld 7\n{rows}\n")

    text = text_of(response)
    assert "Bitte prüfen" in text
    assert "1 Spalte wurde erraten" in text
    assert "E-Mail-Adressen" in text


def test_columns_with_the_same_meaning_are_joined_and_say_so(client, manager):
    text = "Nachname;Wunsch;Noch etwas\nGroß;Probefahrt;am Samstag\n"
    _response, found = upload(client, text)

    preview = map_columns(client, found, **{"column-1": "message", "column-2": "message"})
    assert preview.redirect_chain[-1][0] == page(found, "preview")
    assert "Wird zusammengefügt mit: Noch etwas." in text_of(client.get(page(found, "columns")))
    start(client, found)
    run_due_jobs()

    assert Lead.objects.get().message == "Probefahrt\nam Samstag"


def test_further_values_and_columns_left_out_are_visible(client, manager):
    _response, found = upload(client, "Nachname;Farbe;Alt\nGroß;rot;ja\n")
    map_columns(client, found, **{"column-1": FURTHER, "column-2": LEFT_OUT})

    text = text_of(client.get(page(found, "columns")))
    assert "Weiterer Wert" in text
    assert "Weggelassen" in text
    start(client, found)
    run_due_jobs()
    assert Lead.objects.get().custom_values == {"Farbe": "rot"}


def test_what_is_the_same_in_every_row_is_said_once(client, manager):
    found = previewed(client, **{"fixed-campaign": "Frühjahr", "fixed-source": "Messe"})
    start(client, found)
    run_due_jobs()

    assert {(lead.campaign, lead.source.name) for lead in Lead.objects.all()} == {
        ("Frühjahr", "Messe")
    }


def test_a_list_without_anything_known_is_refused_and_the_choices_stay(client, manager):
    _response, found = upload(client, "foo;bar\n1;2\n")

    response = map_columns(client, found, **{"column-0": LEFT_OUT, "column-1": "campaign"})

    assert any("Nachname" in message for message in messages_of(response))
    sent = fields_of(response)
    assert (sent["column-0"], sent["column-1"]) == (LEFT_OUT, "campaign")
    found.refresh_from_db()
    assert found.state == ImportState.MAPPING


@pytest.mark.parametrize("said", [{"column-0": "dealer_id"}, {"stamp": "0"}])
def test_a_form_that_does_not_fit_changes_nothing(client, manager, said):
    _response, found = upload(client)
    before = found.mapping

    response = map_columns(client, found, **said)

    assert messages_of(response)
    found.refresh_from_db()
    assert (found.state, found.mapping) == (ImportState.MAPPING, before)


def test_a_list_with_very_many_columns_can_be_mapped(client, manager):
    headers = ";".join(["Nachname", *(f"Feld {n}" for n in range(199))])
    cells = ";".join(["Groß", *(str(n) for n in range(199))])

    found = previewed(client, f"{headers}\n{cells}\n")

    assert len(found.headers) == 200
    assert client.get(row_page(found, 2)).status_code == 200


def test_templates_are_saved_applied_and_deleted(client, manager):
    _response, found = upload(client, "A;B\nGroß;Köln\n")
    names = {"column-0": "last_name", "column-1": "city"}
    map_columns(client, found, **names, template_name="Altsystem", save_template="1")
    template = ImportTemplate.objects.named().get()
    other = upload(client, "A;B;C\nKlein;Bonn;x\n")[1]

    unnamed = map_columns(client, other, save_template="1")
    assert any("Namen" in message for message in messages_of(unnamed))
    client.post(page(other, "columns"), {"template": template.pk, "use_template": "1"})
    other.refresh_from_db()
    assert other.mapping["columns"][:2] == ["last_name", "city"]

    client.post(page(other, "columns"), {"template": template.pk, "delete_template": "1"})
    assert not ImportTemplate.objects.named().exists()
    gone = client.post(page(other, "columns"), {"template": template.pk, "use_template": "1"})
    assert gone.status_code == 302


def test_templates_of_another_dealer_are_not_offered(client, manager):
    theirs = ImportTemplate.objects.create(
        dealer=builders.make_dealer(), name="Fremd", columns={"a": "vin"}, changed_at=timezone.now()
    )
    response, found = upload(client)
    assert "Fremd" not in text_of(response)

    client.post(page(found, "columns"), {"template": theirs.pk, "delete_template": "1"})

    assert ImportTemplate.objects.filter(pk=theirs.pk).exists()


# --- values ---------------------------------------------------------------------------------------


def test_values_are_assigned_and_remembered(client, manager, dealer):
    _response, found = upload(client, VALUES)
    response = map_columns(client, found)
    assert response.redirect_chain[-1][0] == page(found, "values")
    text = text_of(response)
    assert "auf Halde" in text
    assert "2 Werte sind hier nicht bekannt." in text
    assert text.index("auf Halde") < text.index('scope="row">offen')  # unknown ones first

    status = Status.objects.for_dealer(dealer).get(key="lost")
    sent = fields_of(response)
    written = [one[0] for one in found_values(found, "status")]
    sent |= {f"status-{written.index('auf Halde')}": f":{status}", "owner-0": "-"}
    client.post(page(found, "values"), sent)
    start(client, found)
    run_due_jobs()

    by_name = {lead.last_name: lead for lead in Lead.objects.select_related("status")}
    assert by_name["Klein"].status == status
    assert by_name["Groß"].status.key == "new"
    assert by_name["Groß"].custom_values == {}
    remembered = ListValue.objects.for_dealer(dealer).values_list("written", "meaning")
    assert set(remembered) == {("auf Halde", str(status)), ("Weg", "")}


def found_values(found, column):
    found.refresh_from_db()
    return found.found_values[column]


def test_an_unknown_status_can_be_added_as_new(client, manager, dealer):
    found = previewed(client, VALUES)
    start(client, found)
    run_due_jobs()

    assert Status.objects.filter(dealer=dealer, name="auf Halde").exists()


def test_values_of_columns_that_have_changed_are_asked_anew(client, manager):
    _response, found = upload(client, VALUES)
    old = fields_of(map_columns(client, found))
    map_columns(client, found, **{"column-2": LEFT_OUT})

    response = client.post(page(found, "values"), old, follow=True)

    assert response.redirect_chain[-1][0] == page(found, "values")
    assert any("inzwischen" in message for message in messages_of(response))


# --- preview --------------------------------------------------------------------------------------


def test_the_preview_counts_and_filters(client, manager, dealer):
    text = (
        "Nachname;E-Mail;Betreff;Datum\n"
        "Groß;gross@example.org;Golf;\nGroß;gross@example.org;Golf;\nKlein;k@example.org;;gestern\n"
    )
    found = previewed(client, text)

    response = client.get(page(found, "preview"))

    counts = {chip["value"]: chip["count"] for chip in response.context["chips"]}
    assert counts == {"": 3, "new": 1, "changed": 0, "unchanged": 0, "duplicate": 1, "bad": 1}
    shown = text_of(response)
    assert "1 Dublette wird ausgelassen." in shown
    assert "1 Zeile mit Fehlern wird nicht importiert." in shown
    for kind, numbers in {"new": [2], "duplicate": [3], "bad": [4], "nonsense": [2, 3, 4]}.items():
        rows = client.get(page(found, "preview"), {"show": kind}).context["rows"]
        assert [row["number"] for row in rows] == numbers


def test_a_long_preview_comes_in_pages(client, manager, django_assert_max_num_queries):
    rows = "".join(f"Kunde{n};kunde{n}@example.org\n" for n in range(130))
    found = previewed(client, f"Nachname;E-Mail\n{rows}")

    with django_assert_max_num_queries(35):
        first = client.get(page(found, "preview"))
    second = client.get(page(found, "preview"), {"from": first.context["page"].after})
    third = client.get(page(found, "preview"), {"from": second.context["page"].after})

    numbers = [[row["number"] for row in at.context["rows"]] for at in (first, second, third)]
    assert numbers == [[*range(2, 52)], [*range(52, 102)], [*range(102, 132)]]
    assert (first.context["page"].before, third.context["page"].after) == (None, None)
    assert third.context["page"].before == 52
    beyond = client.get(page(found, "preview"), {"from": "9999999"})
    assert [row["number"] for row in beyond.context["rows"]][-1] == 131
    assert client.get(page(found, "preview"), {"from": "-1' OR"}).status_code == 200


def test_a_bad_cell_is_corrected_where_it_stands(client, manager):
    found = previewed(client, BAD_DAY)
    text = text_of(client.get(page(found, "preview")))
    assert "gestern" in text
    assert 'name="cell-2" value="gestern"' in text

    back = f"{page(found, 'preview')}?show=bad"
    response = client.post(row_page(found, 2), {"cell-2": "01.02.2026", "next": back})

    assert response["Location"] == back
    row = ListRow.objects.get(list_import=found, number=2)
    assert (row.plan, row.corrected) == (Plan.NEW, {"2": "01.02.2026"})
    start(client, found)
    run_due_jobs()
    assert Lead.objects.get(last_name="Groß").enquired_at.date().isoformat() in (
        "2026-01-31",
        "2026-02-01",
    )


def test_a_correction_leads_back_to_our_own_pages_only(client, manager):
    found = previewed(client, BAD_DAY)

    response = client.post(row_page(found, 2), {"cell-2": "", "next": "https://example.com/"})

    assert response["Location"] == page(found, "preview")


def test_any_cell_is_corrected_after_opening_the_row(client, manager):
    found = previewed(client)
    opened = text_of(client.get(row_page(found, 3)))
    assert 'value="klein@example.org"' in opened

    client.post(row_page(found, 3), {"cell-0": "Kleiner", "cell-1": "klein@example.org"})

    row = ListRow.objects.get(list_import=found, number=3)
    assert row.corrected == {"0": "Kleiner"}  # the other one is as it was
    assert "war: Klein" in text_of(client.get(row_page(found, 3)))


def test_scripts_get_the_row_alone_and_what_was_refused(client, manager):
    found = previewed(client, BAD_DAY)
    url = f"{row_page(found, 2)}?part=1"

    answer = text_of(client.post(url, {"cell-2": "vorgestern"}))
    assert answer.lstrip().startswith("<li")
    assert "vorgestern" in answer
    refused = text_of(client.post(url, {"cell-2": "x" * 40_000}))
    assert "data-refused=" in refused
    assert ListRow.objects.get(list_import=found, number=2).corrected == {"2": "vorgestern"}


def test_cells_that_do_not_exist_are_not_corrected(client, manager):
    found = previewed(client, BAD_DAY)

    client.post(row_page(found, 2), {"cell-99": "x", "cell-": "x", "decision": "nonsense"})

    assert ListRow.objects.get(list_import=found, number=2).corrected == {}
    assert client.get(row_page(found, 77)).status_code == 404


def test_what_changes_is_shown_before_and_after(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    found = previewed(client, f"Nummer;Ort\n{lead.number};Neustadt\n")

    text = text_of(client.get(page(found, "preview")))
    assert "<del>Altstadt</del>" in text
    assert "<ins>Neustadt</ins>" in text
    assert "1 Anfrage wird geändert." in text
    assert reverse("admin:leads_lead_change", args=[lead.pk]) in text
    start(client, found)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == "Neustadt"


def test_a_row_can_be_decided_about_alone(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    found = previewed(client, f"Nummer;Ort\n{lead.number};Neustadt\n")

    client.post(row_page(found, 2), {"decision": OnExisting.SKIP})

    assert ListRow.objects.get(list_import=found).plan == Plan.UNCHANGED
    client.post(row_page(found, 2), {"decision": ""})
    assert ListRow.objects.get(list_import=found).plan == Plan.CHANGED


def test_a_duplicate_can_be_imported_all_the_same(client, manager):
    same = "Groß;gross@example.org;Golf\n"
    found = previewed(client, f"Nachname;E-Mail;Betreff\n{same}{same}")
    assert "Trotzdem importieren" in text_of(client.get(page(found, "preview")))

    client.post(row_page(found, 3), {"decision": OnExisting.NEW})

    assert "2 Anfragen werden angelegt." in text_of(client.get(page(found, "preview")))


def test_decisions_about_all_rows_are_seen_before_the_start(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    found = previewed(client, f"Nummer;Ort\n{lead.number};Neustadt\n")

    response = start(client, found, on_existing=OnExisting.SKIP)

    found.refresh_from_db()
    assert (found.state, found.on_existing) == (ImportState.READY, OnExisting.SKIP)
    assert any("noch einmal ansehen" in message for message in messages_of(response))
    assert "1 Anfrage bleibt, wie sie ist." in text_of(response)
    start(client, found)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == "Altstadt"


def test_a_long_list_is_checked_by_a_worker_while_the_page_waits(client, manager, settings):
    settings.IMPORT_CHECK_AT_ONCE = 1
    _response, found = upload(client)

    waiting = text_of(map_columns(client, found))
    assert "0 von 2 Zeilen geprüft" in waiting
    run_due_jobs()

    assert "2 Anfragen werden angelegt." in text_of(client.get(page(found, "preview")))


def test_what_stands_in_a_list_is_shown_as_text(client, manager):
    text = "Nachname;<b>X;Datum\n<script>alert(1)</script>;<i>a;<u>gestern\n"
    found = previewed(client, text)

    for step in ("columns", "preview"):
        shown = text_of(client.get(page(found, step)))
        assert "<script>alert" not in shown
        assert "<i>a" not in shown
        assert "<u>gestern" not in shown
    assert "&lt;u&gt;gestern" in shown


# --- what was here before -------------------------------------------------------------------------


def export(client):
    """The workbook with all columns."""
    columns = [column.name for column in EXPORTED]
    response = client.post("/admin/leads/lead/export/", {"format": "xlsx", "columns": columns})
    return b"".join(response.streaming_content)


def plans(found):
    return dict(Counter(found.rows.values_list("plan", flat=True)))


def test_an_exported_workbook_comes_back_unchanged(client, manager, dealer):
    imported(client)

    found = previewed(client, export(client))

    assert plans(found) == {"unchanged": 2}


def test_a_cell_edited_in_excel_is_shown_and_changed(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    book = openpyxl.load_workbook(io.BytesIO(export(client)))
    book.active.cell(2, EXPORTED.index(BY_NAME["city"]) + 1).value = "Neustadt"
    edited = io.BytesIO()
    book.save(edited)

    found = previewed(client, edited.getvalue())

    text = text_of(client.get(page(found, "preview")))
    assert "<del>Altstadt</del>" in text
    assert "<ins>Neustadt</ins>" in text
    start(client, found)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == "Neustadt"


@pytest.mark.parametrize(("wins", "city"), [({}, "Neustadt"), ({"takes_conflicts": "on"}, "Dorf")])
def test_a_cell_that_both_have_changed_is_shown_and_decided(client, manager, dealer, wins, city):
    lead = builders.make_lead(dealer, city="Altstadt")
    book = openpyxl.load_workbook(io.BytesIO(export(client)))
    book.active.cell(2, EXPORTED.index(BY_NAME["city"]) + 1).value = "Dorf"
    edited = io.BytesIO()
    book.save(edited)
    lead.city = "Neustadt"
    record_change(lead, ["city"], by=manager, now=timezone.now())

    found = previewed(client, edited.getvalue())

    text = text_of(client.get(page(found, "preview")))
    assert "Beide geändert" in text
    assert "exportiert „Altstadt“, in der Liste „Dorf“, jetzt „Neustadt“" in text
    if wins:
        client.post(page(found, "preview"), {"on_existing": found.on_existing, **wins})
    start(client, found, **wins)
    run_due_jobs()
    lead.refresh_from_db()
    assert lead.city == city


def test_a_list_with_a_lead_that_was_deleted_since_can_be_uploaded_again(client, manager):
    imported(client)
    delete_leads(Lead.objects.filter(last_name="Groß"), now=timezone.now(), by=manager)

    again = imported(client)

    assert "created" not in again.outcomes


def test_a_list_that_was_undone_comes_back_without_doubling_anybody(client, manager):
    found = imported(client)
    undo(found.change_batch, by=manager, now=timezone.now())
    assert not Lead.objects.present().exists()

    imported(client)

    assert Lead.objects.present().count() == 2


# --- import ---------------------------------------------------------------------------------------


def test_the_start_is_on_record_without_personal_data(client, manager):
    imported(client)

    entry = LogEntry.objects.get()
    assert entry.user == manager
    assert "2 Zeilen" in entry.change_message
    assert "Groß" not in entry.change_message
    assert "liste" not in entry.change_message


def test_starting_twice_imports_once(client, manager):
    found = previewed(client)
    start(client, found)

    again = start(client, found)
    run_due_jobs()

    assert again.status_code == 200
    assert messages_of(again)
    assert Lead.objects.count() == 2
    assert LogEntry.objects.count() == 1


def test_nothing_can_be_changed_once_it_runs(client, manager):
    found = previewed(client, VALUES)
    columns = fields_of(client.get(page(found, "columns")))
    values = fields_of(client.get(page(found, "values")))
    start(client, found)

    for url, sent in [
        (page(found, "columns"), columns),
        (page(found, "columns"), {"use_template": "1"}),
        (page(found, "values"), values),
        (page(found, "preview"), {"on_existing": "skip"}),
        (page(found, "read"), {"header_row": "1"}),
        (row_page(found, 2), {"cell-0": "X"}),
    ]:
        response = client.post(url, sent, follow=True)
        assert response.redirect_chain[-1][0] == page(found, "run")
    found.refresh_from_db()
    assert found.state == ImportState.RUNNING
    assert found.rows.exclude(corrected={}).count() == 0


def test_an_import_is_paused_resumed_and_stopped(client, manager, settings):
    settings.IMPORT_PORTION = 1
    found = previewed(client)
    start(client, found)
    import_portion(found, now=timezone.now())

    paused = client.post(page(found, "act"), {"pause": "1"}, follow=True)
    text = text_of(paused)
    assert "1 von 2 Zeilen importiert" in text
    assert "Fortsetzen" in text
    assert 'http-equiv="refresh"' not in text
    run_due_jobs()
    assert Lead.objects.count() == 1

    client.post(page(found, "act"), {"resume": "1"})
    found.refresh_from_db()
    assert found.state == ImportState.RUNNING
    result = client.post(page(found, "act"), {"cancel": "1"}, follow=True)
    run_due_jobs()

    found.refresh_from_db()
    assert found.state == ImportState.DONE
    assert Lead.objects.count() == 1
    assert "1" in text_of(result)
    # Buttons of a page that is out of date do no harm.
    for name in ("pause", "resume", "cancel", "carry_on"):
        response = client.post(page(found, "act"), {name: "1"}, follow=True)
        assert response.redirect_chain[-1][0] == page(found, "result")


def test_resuming_does_not_start_what_was_never_started(client, manager):
    found = previewed(client)

    client.post(page(found, "act"), {"resume": "1"})

    found.refresh_from_db()
    assert found.state == ImportState.READY


def test_an_import_is_cancelled_before_it_began(client, manager, uploads):
    found = previewed(client)

    response = client.post(page(found, "act"), {"cancel": "1"}, follow=True)

    assert "Es wurde nichts importiert." in text_of(response)
    assert list(uploads.iterdir()) == []


def test_a_stuck_import_gets_another_push(client, manager, settings):
    settings.IMPORT_CHECK_AT_ONCE = 1
    _response, found = upload(client)
    map_columns(client, found)
    assert "Erneut anstoßen" not in text_of(client.get(page(found, "preview")))
    run_due_jobs()
    long_ago = timezone.now() - timedelta(minutes=10)
    ListImport.objects.filter(pk=found.pk).update(state=ImportState.CHECKING, touched_at=long_ago)

    assert "Erneut anstoßen" in text_of(client.get(page(found, "preview")))
    client.post(page(found, "act"), {"carry_on": "1"})
    run_due_jobs()

    found.refresh_from_db()
    assert found.state == ImportState.READY


@pytest.mark.parametrize("name", ["act", "read"])
def test_effects_come_by_post_only(client, manager, name):
    found = previewed(client)

    assert client.get(page(found, name)).status_code == 405


# --- result ---------------------------------------------------------------------------------------


def test_the_result_is_filtered_and_says_why(client, manager):
    found = imported(client, BAD_DAY)

    response = client.get(page(found, "result"), {"show": "bad"})

    assert [row["number"] for row in response.context["rows"]] == [2]
    assert "gestern" in text_of(response) or "Datum" in text_of(response)
    everything = client.get(page(found, "result"))
    assert [row["number"] for row in everything.context["rows"]] == [2, 3]


def test_the_result_leads_to_undoing_it(client, manager):
    found = imported(client)
    batch = reverse("admin:leads_changebatch_change", args=[found.change_batch_id])
    assert batch in text_of(client.get(page(found, "result")))

    undo(found.change_batch, by=manager, now=timezone.now())

    text = text_of(client.get(page(found, "result")))
    assert "Rückgängig gemacht" in text
    assert reverse("admin:leads_lead_changelist") + "1/" not in text


@pytest.mark.parametrize("kind", ["result", "errors"])
def test_workbooks_of_the_result_are_handed_out(client, manager, dealer, kind):
    found = imported(client, BAD_DAY)
    url = f"{LIST}{found.pk}/download/{kind}/"
    assert url in text_of(client.get(page(found, "result")))

    response = client.get(url)

    assert b"".join(response.streaming_content).startswith(b"PK")
    assert "no-store" in response["Cache-Control"]
    assert response["Content-Disposition"].startswith("attachment")
    client.force_login(builders.make_user(dealer, role=Role.AUDITOR))
    assert client.get(url).status_code == 403


def test_there_are_no_workbooks_of_what_is_not_imported(client, manager):
    found = previewed(client)

    assert client.get(f"{LIST}{found.pk}/download/result/").status_code == 404
    assert client.get(f"{LIST}{found.pk}/download/nonsense/").status_code == 404


def test_after_the_rows_are_deleted_the_counts_stay(client, manager, settings):
    found = imported(client)
    delete_old_rows(now=timezone.now() + timedelta(days=settings.IMPORT_DAYS + 1))

    response = client.get(page(found, "result"))

    text = text_of(response)
    assert "nur ihre Anzahl ist noch bekannt" in text
    assert [one["count"] for one in response.context["counts"]] == [2]
    assert f"{LIST}{found.pk}/download/" not in text
    assert client.get(f"{LIST}{found.pk}/download/result/").status_code == 404
