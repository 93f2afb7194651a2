"""The import and export pages: upload, preview, confirm; who may, and for which dealer."""

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

from leads.models import IntakeEntry, Lead, Outcome, Role
from leads.resources.columns import BY_NAME
from leads.resources.formats import detect_format
from tests import builders
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
    assert client.post(EXPORT, {"format": "0"}).status_code == 403
    listed = client.get("/admin/leads/lead/").content.decode()
    assert IMPORT not in listed
    assert EXPORT not in listed


# --- out ------------------------------------------------------------------------------------------


def export(client, query="", file_format="0"):
    response = client.post(f"{EXPORT}{query}", {"format": file_format, "resource": "0"})
    return response, detect_format(response.content).create_dataset(response.content)


def numbers_in(sheet):
    return set(sheet[BY_NAME["number"].header])


@pytest.mark.parametrize(("file_format", "extension"), [("0", "xlsx"), ("1", "csv")])
def test_exports_the_filtered_list(client, manager, dealer, file_format, extension):
    wanted = builders.make_lead(dealer, last_name="Größling")
    builders.make_lead(dealer, last_name="Klein")
    builders.make_lead(last_name="Größling")  # of another dealer

    assert client.get(f"{EXPORT}?q=groessling").context["count"] == 1
    response, sheet = export(client, "?q=groessling", file_format)

    assert numbers_in(sheet) == {wanted.number}
    assert response["Content-Disposition"].endswith(f'.{extension}"')
    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]


def test_exports_only_where_the_user_may(client, manager, dealer):
    other = builders.make_dealer()
    builders.make_membership(other, manager, role=Role.SELLER)
    own = builders.make_lead(dealer)
    seen = builders.make_lead(other)

    _response, sheet = export(client)

    assert numbers_in(sheet) == {own.number}
    assert set(client.get("/admin/leads/lead/").context["cl"].result_list) == {own, seen}


def test_an_exported_workbook_comes_back_unchanged_through_the_pages(client, manager, dealer):
    confirm(client, upload(client))
    response, _sheet = export(client)

    preview = upload(client, response.content, "export.xlsx")

    assert preview.context["result"].counts == {"new": 0, "changed": 0, "unchanged": 1, "bad": 0}


def test_a_cell_edited_in_excel_is_shown_and_changed(client, manager, dealer):
    lead = builders.make_lead(dealer, city="Altstadt")
    response, sheet = export(client)
    book = openpyxl.load_workbook(io.BytesIO(response.content))
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
