"""The pages of an import: the whole way, who may, starting, and what became of it."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import (
    ImportOrigin,
    ImportState,
    IntakeEntry,
    Lead,
    ListImport,
    Role,
)
from leads.resources.import_retention import delete_old_rows
from leads.resources.import_running import import_portion
from leads.services.undoing import undo
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of
from tests.leads.admin.list_imports import (
    ADD,
    BAD_DAY,
    LIST,
    VALUES,
    fields_of,
    imported,
    map_columns,
    page,
    previewed,
    row_page,
    start,
    upload,
)
from tests.leads.resources import making_lists

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lists")]


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


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(client, manager, settings, lists):
    settings.IMPORT_MAX_BYTES = 10

    assert "zu groß" in text_of(upload(client)[0])
    assert list(lists.iterdir()) == []


def test_of_a_huge_upload_only_the_beginning_is_kept(rf, settings):
    """By nobody in particular, in several files."""
    settings.IMPORT_MAX_BYTES = 100_000
    files = {name: SimpleUploadedFile(name, bytes(2_000_000)) for name in ("a.csv", "b.csv")}

    request = rf.post("/admin/login/", files)

    kept = sum(file.size for file in request.FILES.values())
    assert settings.IMPORT_MAX_BYTES < kept < 300_000


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


def test_a_right_taken_away_in_between_counts(client, manager, dealer):
    found = previewed(client)
    manager.memberships.update(role=Role.AUDITOR)
    builders.make_membership(builders.make_dealer(), manager, role=Role.MANAGER)

    assert start(client, found).status_code == 403
    found.refresh_from_db()
    assert found.state == ImportState.READY


def test_waiting_lists_are_readable_for_the_office_only(client, manager, lists):
    upload(client)

    [waiting] = lists.iterdir()
    assert waiting.stat().st_mode & 0o777 == 0o600


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


# --- import ---------------------------------------------------------------------------------------


def test_the_start_is_on_record_without_personal_data(client, manager):
    imported(client)

    entry = LogEntry.objects.get()
    assert entry.user == manager
    assert "2 Zeilen" in entry.change_message
    assert "Groß" not in entry.change_message
    assert "liste" not in entry.change_message


def test_the_name_of_a_file_stands_in_no_log(client, manager, caplog):
    """It may be the name of a person."""
    caplog.set_level("DEBUG")
    _response, found = upload(client, BAD_DAY, name="Kunden Frau Geheim.csv")
    map_columns(client, found)
    found.refresh_from_db()
    start(client, found)
    run_due_jobs()
    client.post(page(found, "settle"))
    found.refresh_from_db()
    undo(found.change_batch, by=manager, now=timezone.now())

    told = [f"{one.object_repr} {one.change_message}" for one in LogEntry.objects.all()]
    assert any("Rückgängig gemacht" in one for one in told)
    assert "Geheim" not in f"{told} {caplog.text}"
    assert "Geheim" in text_of(client.get("/admin/leads/changebatch/"))


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
    assert "läuft im Hintergrund" not in text
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
    assert "Nicht erreicht" in text_of(result)
    # Buttons of a page that is out of date do no harm.
    for name in ("pause", "resume", "cancel", "carry_on"):
        response = client.post(page(found, "act"), {name: "1"}, follow=True)
        assert response.redirect_chain[-1][0] == page(found, "result")


def test_without_the_right_of_who_started_it_an_import_waits_for_somebody_else(
    client, manager, dealer, settings
):
    settings.IMPORT_PORTION = 1
    found = previewed(client)
    start(client, found)
    import_portion(found, now=timezone.now())
    manager.memberships.update(is_active=False)

    run_due_jobs()

    assert Lead.objects.count() == 1
    colleague = builders.make_user(dealer, role=Role.MANAGER)
    client.force_login(colleague)
    assert "darf hier nicht mehr importieren" in text_of(client.get(page(found, "run")))
    client.post(page(found, "act"), {"resume": "1"})
    run_due_jobs()
    found.refresh_from_db()
    assert (found.state, found.user, found.trouble) == (ImportState.DONE, colleague, "")
    assert Lead.objects.count() == 2


def test_resuming_does_not_start_what_was_never_started(client, manager):
    found = previewed(client)

    client.post(page(found, "act"), {"resume": "1"})

    found.refresh_from_db()
    assert found.state == ImportState.READY


def test_an_import_is_cancelled_before_it_began(client, manager, lists):
    found = previewed(client)

    response = client.post(page(found, "act"), {"cancel": "1"}, follow=True)

    assert "Es wurde nichts importiert." in text_of(response)
    assert list(lists.iterdir()) == []


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


@pytest.mark.parametrize("name", ["act", "read", "settle"])
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
    assert "Groß gross@example.org" in text_of(response)  # of whom the bad row speaks


def test_rows_with_errors_that_nobody_corrects_are_settled_with_one_click(client, manager, dealer):
    imported(client, BAD_DAY)  # another one, whose row goes on waiting
    found = imported(client, BAD_DAY.replace("gestern", "heute"))
    assert "1 Zeile mit Fehlern wartet noch im Eingangsbuch." in text_of(
        client.get(page(found, "result"))
    )

    response = client.post(page(found, "settle"), follow=True)

    assert messages_of(response) == ["1 Zeile ist erledigt."]
    assert "wartet noch im Eingangsbuch" not in text_of(response)
    assert IntakeEntry.objects.quarantined().count() == 1
    client.force_login(builders.make_user(dealer, role=Role.AUDITOR))
    assert client.post(page(found, "settle")).status_code == 403


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


@pytest.mark.parametrize("kind", ["result", "errors"])
def test_a_long_workbook_is_written_by_a_worker_and_goes_with_the_rows(
    client, manager, settings, lists, kind
):
    settings.IMPORT_WORKBOOK_AT_ONCE = 1
    found = imported(client, BAD_DAY)
    url = f"{LIST}{found.pk}/download/{kind}/"

    for _ in range(2):  # impatient
        assert "wird gerade geschrieben" in text_of(client.get(url, follow=True))
    run_due_jobs()

    assert b"".join(client.get(url).streaming_content).startswith(b"PK")
    assert len(list(lists.iterdir())) == 1
    delete_old_rows(now=timezone.now() + timedelta(days=settings.IMPORT_DAYS + 1))
    assert not list(lists.iterdir())


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
