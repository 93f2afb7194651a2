"""The import pages: upload, preview, confirm; who may, for which dealer; exports come back."""

import io
import os
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from leads.models import ChangeBatch, Customer, IntakeEntry, Lead, Outcome, Role
from leads.resources.columns import BY_NAME
from leads.resources.export import EXPORTED
from leads.resources.formats import detect_format
from leads.services.deleting import delete_leads
from tests import builders
from tests.leads.resources import making_lists
from tests.samples import make_alte_leads

pytestmark = pytest.mark.django_db

IMPORT = "/admin/leads/lead/import/"
CONFIRM = "/admin/leads/lead/process_import/"
EXPORT = "/admin/leads/lead/export/"
LIST = b"Nachname;E-Mail\nGro\xdf;gross@example.org\n"


@pytest.fixture
def uploads(settings, tmp_path):
    """The folder in which uploads wait."""
    storage = {**settings.STORAGES["import_export"]}
    storage["OPTIONS"] = {**storage["OPTIONS"], "location": tmp_path}
    settings.STORAGES = {**settings.STORAGES, "import_export": storage}
    return tmp_path


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def manager(dealer, client, uploads):
    user = builders.make_user(dealer, role=Role.MANAGER)
    client.force_login(user)
    return user


def upload(client, data=LIST, name="liste.csv", **fields):
    file = SimpleUploadedFile(name, data)
    # A browser sends the hidden fields along.
    return client.post(IMPORT, {"resource": "0", "import_file": file, **fields})


def token_of(response):
    return response.context["confirm_form"].initial["token"]


def confirm(client, response):
    return client.post(CONFIRM, {"token": token_of(response)}, follow=True)


def stored(folder):
    return [path.name for path in folder.iterdir()]


# --- in -------------------------------------------------------------------------------------------


def test_upload_preview_confirm(client, manager, uploads, dealer):
    preview = upload(client, Path(make_alte_leads.TARGET).read_bytes(), "alte_leads.xlsx")

    assert preview.context["result"].counts == {
        "new": 290,
        "changed": 0,
        "unchanged": 4,
        "bad": 6,
    }
    text = preview.content.decode()
    assert "31.02.2025" in text
    assert "alte_leads.xlsx" in text
    assert dealer.name in text
    assert not Lead.objects.exists()
    assert len(stored(uploads)) == 1

    done = confirm(client, preview)

    assert Lead.objects.for_dealer(dealer).count() == 290
    assert done.redirect_chain == [(reverse("admin:leads_lead_changelist"), 302)]
    [message] = map(str, done.context["messages"])
    assert "290" in message
    assert f"?channel=excel&amp;outcome={Outcome.QUARANTINED}" in message
    assert stored(uploads) == []


def test_the_link_in_the_message_shows_the_rows_to_correct(client, manager):
    confirm(client, upload(client, b"Nachname;Datum\nA;gestern\nB;\n"))

    ledger = reverse("admin:leads_intakeentry_changelist")
    response = client.get(f"{ledger}?channel=excel&outcome=quarantined")

    assert [entry.outcome for entry in response.context["cl"].result_list] == ["quarantined"]


def test_the_link_in_the_message_undoes_the_list(client, manager):
    rows = b"Nachname;E-Mail\nGro\xc3\x9f;jana@example.org\nKlein;max@example.org\n"
    [message] = map(str, confirm(client, upload(client, rows)).context["messages"])
    batch = ChangeBatch.objects.get()
    page = reverse("admin:leads_changebatch_change", args=[batch.pk])
    assert page in message
    assert Lead.objects.present().count() == 2

    client.post(page, {"undo": "1"})

    assert not Lead.objects.present().exists()
    assert not Customer.objects.present().exists()
    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) == {"undone"}
    again = upload(client, rows)
    # The same leads come back; they are not doubled.
    assert again.context["result"].counts["changed"] == 2
    confirm(client, again)
    assert Lead.objects.present().count() == 2


def test_a_preview_leaves_no_bulk_change(client, manager):
    upload(client, LIST)

    assert not ChangeBatch.objects.exists()


def test_a_list_with_a_lead_that_was_deleted_since_can_be_uploaded_again(client, manager):
    confirm(client, upload(client, LIST))
    delete_leads(Lead.objects.all(), now=timezone.now(), by=manager)

    counts = upload(client, LIST).context["result"].counts

    assert counts["new"] == 0
    assert counts["unchanged"] > 0


def test_the_page_of_a_long_list_stays_short(client, manager):
    rows = "".join(f"Kunde{number}\n" for number in range(130))
    preview = upload(client, f"Nachname\n{rows}".encode())

    text = preview.content.decode()
    assert "Kunde99" in text
    assert "Kunde100" not in text
    assert len(text) < 150_000


def test_what_stands_in_a_list_is_shown_as_text(client, manager):
    preview = upload(client, b"Nachname;Datum\n<script>alert(1)</script>;<b>gestern\n<i>X</i>;\n")

    text = preview.content.decode()
    assert "&lt;b&gt;gestern" in text
    assert "&lt;i&gt;X" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"%PDF-1.7", "not_xlsx"), (b"Nachname\n", "no_rows"), (b"PK\x03\x04 nothing", "damaged")],
)
def test_a_bad_file_is_refused_on_the_form_and_not_kept(client, manager, uploads, data, code):
    response = upload(client, data, "liste.xlsx")

    assert response.status_code == 200
    assert [error.code for error in response.context["form"].errors.as_data()["import_file"]] == [
        code
    ]
    assert stored(uploads) == []


def test_an_unknown_list_is_refused_in_words_and_not_kept(client, manager, uploads):
    response = upload(client, b"foo;bar\n1;2\n")

    assert response.context["result"].base_errors
    assert "Nachname" in response.content.decode()
    assert "confirm_form" not in response.context
    assert stored(uploads) == []


def test_an_empty_file_and_no_file_are_refused(client, manager):
    assert upload(client, b"").context["form"].errors
    assert client.post(IMPORT, {"resource": "0"}).context["form"].errors


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client, manager, settings):
    settings.IMPORT_MAX_BYTES = 10
    errors = upload(client).context["form"].errors.as_data()

    assert [error.code for error in errors["import_file"]] == ["too_large"]


def test_confirming_twice_imports_once(client, manager):
    preview = upload(client)
    confirm(client, preview)
    again = confirm(client, preview)

    assert again.status_code == 200
    assert again.context["errors"].as_data()["__all__"][0].code == "gone"
    assert reverse("admin:leads_lead_import") in again.content.decode()
    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.get().times_received == 1


@pytest.mark.parametrize("token", ["", "x", "../../etc/passwd"])
def test_only_a_preview_can_be_confirmed(client, manager, token):
    response = client.post(CONFIRM, {"token": token})

    assert response.status_code == 200
    assert response.context["errors"]
    assert not Lead.objects.exists()


def test_nobody_confirms_the_upload_of_somebody_else(client, manager, dealer):
    preview = upload(client)
    client.force_login(builders.make_user(dealer, role=Role.MANAGER))

    assert confirm(client, preview).context["errors"]
    assert not Lead.objects.exists()


def test_a_right_taken_away_in_between_counts(client, manager, dealer):
    preview = upload(client)
    manager.memberships.update(role=Role.SELLER)
    builders.make_membership(builders.make_dealer(), manager, role=Role.MANAGER)

    assert confirm(client, preview).context["errors"]
    assert not Lead.objects.exists()


def test_an_upload_that_nobody_confirmed_is_deleted_by_and_by(client, manager, uploads):
    upload(client)
    [forgotten] = uploads.iterdir()
    yesterday = (timezone.now() - timedelta(hours=25)).timestamp()
    os.utime(forgotten, (yesterday, yesterday))

    upload(client)

    assert forgotten.name not in stored(uploads)
    assert len(stored(uploads)) == 1


def test_uploads_are_readable_for_the_office_only(client, manager, uploads):
    upload(client)

    [waiting] = uploads.iterdir()
    assert waiting.stat().st_mode & 0o777 == 0o600


# --- whose list -----------------------------------------------------------------------------------


def test_whoever_works_for_several_dealers_says_whose_list_it_is(client, manager, dealer):
    other = builders.make_dealer()
    builders.make_membership(other, manager, role=Role.MANAGER)

    assert "dealer" in upload(client).context["form"].errors
    confirm(client, upload(client, dealer=other.pk))

    assert Lead.objects.get().dealer == other


def test_only_dealers_with_the_right_to_import_can_be_chosen(client, manager, dealer):
    other, third = builders.make_dealer(), builders.make_dealer()
    builders.make_membership(other, manager, role=Role.SELLER)
    builders.make_membership(third, manager, role=Role.MANAGER)

    form = client.get(IMPORT).context["form"]
    assert set(form.fields["dealer"].queryset) == {dealer, third}
    assert "dealer" in upload(client, dealer=other.pk).context["form"].errors


def test_with_one_dealer_to_import_for_nobody_asks(client, manager, dealer):
    builders.make_membership(builders.make_dealer(), manager, role=Role.SELLER)

    assert "dealer" not in client.get(IMPORT).context["form"].fields
    confirm(client, upload(client))
    assert Lead.objects.get().dealer == dealer


@pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
def test_without_the_right_there_is_neither_page(client, uploads, dealer, role):
    client.force_login(builders.make_user(dealer, role=role))

    assert client.get(IMPORT).status_code == 403
    assert upload(client).status_code == 403
    assert client.post(CONFIRM).status_code == 403
    assert client.get(EXPORT).status_code == 403
    assert client.post(EXPORT, {"format": "xlsx"}).status_code == 403
    listed = client.get("/admin/leads/lead/").content.decode()
    assert IMPORT not in listed
    assert EXPORT not in listed


# --- out ------------------------------------------------------------------------------------------


def export(client, query=""):
    """The workbook with all columns, and what our import reads in it."""
    columns = [column.name for column in EXPORTED]
    response = client.post(f"{EXPORT}{query}", {"format": "xlsx", "columns": columns})
    data = b"".join(response.streaming_content)
    return data, detect_format(data).create_dataset(data)


def test_an_exported_workbook_comes_back_unchanged_through_the_pages(client, manager, dealer):
    confirm(client, upload(client))
    data, _sheet = export(client)

    preview = upload(client, data, "export.xlsx")

    assert preview.context["result"].counts == {"new": 0, "changed": 0, "unchanged": 1, "bad": 0}


def test_a_cell_edited_in_excel_is_shown_and_changed(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    data, sheet = export(client)
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.active.cell(2, sheet.headers.index(BY_NAME["city"].header) + 1).value = "Neustadt"
    edited = io.BytesIO()
    book.save(edited)

    preview = upload(client, edited.getvalue(), "export.xlsx")

    text = preview.content.decode()
    assert "<del>Altstadt</del>" in text
    assert "<ins>Neustadt</ins>" in text
    confirm(client, preview)
    lead.refresh_from_db()
    assert lead.city == "Neustadt"


def test_imports_and_exports_are_on_record_without_personal_data(client, manager, dealer):
    confirm(client, upload(client))
    export(client, "?q=Gro%C3%9F")

    imported, exported = LogEntry.objects.order_by("pk")
    assert {imported.user, exported.user} == {manager}
    assert imported.change_message.startswith("1 ")
    assert exported.change_message.startswith("1 ")
    assert "q" in exported.change_message
    assert "Groß" not in imported.change_message + exported.change_message


# --- what was found in a file ---------------------------------------------------------------------

MESSY = "Unsere Kunden\r\n\r\nNachname;Feld 7\r\nGroß;gross@example.org\r\n".encode("cp1252")


def test_the_preview_says_what_was_found(client, manager):
    text = upload(client, MESSY).content.decode()

    assert "Windows-1252" in text
    assert "Semikolon" in text
    assert "Zeile 3" in text
    assert "Zeile 1: Unsere Kunden" in text
    assert "Feld 7</span> (sieht aus wie E-Mail-Adressen)" in text


def test_a_file_is_read_as_somebody_says_and_imported_like_that(client, manager):
    data = "Nachname,Ort\nGroß,Köln\nNachname;Ort\nKlein;Bonn\n".encode()

    preview = upload(client, data, header_row="3", delimiter=";", encoding="utf-8")
    assert preview.context["result"].counts["new"] == 1
    confirm(client, preview)

    assert [(lead.last_name, lead.city) for lead in Lead.objects.all()] == [("Klein", "Bonn")]


def test_another_sheet_can_be_named(client, manager):
    def fill(book, sheet):
        making_lists.plain(book, sheet)
        book.add_worksheet("Archiv").write_column(0, 0, ["Nachname", "Altmann"])

    data = making_lists.workbook(fill)
    assert "Archiv (2 Zeilen)" in upload(client, data, "liste.xlsx").content.decode()

    confirm(client, upload(client, data, "liste.xlsx", sheet="Archiv"))

    assert Lead.objects.get().last_name == "Altmann"


@pytest.mark.parametrize(
    ("fields", "code"), [({"header_row": "40"}, "no_such_row"), ({"encoding": "utf-7"}, None)]
)
def test_a_choice_that_does_not_fit_is_said_on_the_form(client, manager, uploads, fields, code):
    response = upload(client, MESSY, **fields)

    errors = response.context["form"].errors.as_data()
    assert errors["import_file" if code else "encoding"]
    assert stored(uploads) == []


def test_a_file_that_changed_since_the_preview_is_not_imported(client, manager, uploads):
    preview = upload(client)
    [path] = uploads.iterdir()
    path.write_bytes(LIST.replace(b"gross@", b"klein@"))

    done = confirm(client, preview)

    assert not Lead.objects.exists()
    assert "seit der Vorschau geändert" in str(next(iter(done.context["messages"])))


def test_a_longer_list_than_somebody_waits_for_is_refused(client, manager, settings):
    settings.IMPORT_ROWS_AT_ONCE = 2

    response = upload(client, b"Nachname\nA\nB\nC\n")

    assert "2" in response.context["form"].errors["import_file"][0]
