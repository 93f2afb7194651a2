"""The export page, its templates, and the record of exports: who may, and what they get."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import Export, ExportState, ExportTemplate, Lead, Role
from leads.resources.columns import BY_NAME
from leads.resources.export import EXPORTED, headers
from tests import builders
from tests.leads.admin.conftest import text_of
from tests.leads.admin.exports import content, form, rows_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("exports_folder")]

PAGE = "/admin/leads/lead/export/"
LIST = "/admin/leads/export/"


def numbers(response):
    return {row[0] for row in rows_in(content(response))[1:]}


def export_of(client, **values):
    """A large export: ordered, and not written yet."""
    response = client.post(PAGE, form("number", **values))
    export = Export.objects.latest("pk")
    assert response["Location"] == reverse("admin:leads_export_change", args=[export.pk])
    return export


def download(client, export):
    return client.get(reverse("admin:leads_export_download", args=[export.pk]))


# --- at once -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file_format", "extension", "encoding"),
    [("xlsx", "xlsx", None), ("csv", "csv", "utf-8-sig"), ("csv-windows", "csv", "cp1252")],
)
def test_exports_the_filtered_list_in_chosen_columns(
    client, manager, dealer, file_format, extension, encoding
):
    wanted = builders.make_lead(dealer, last_name="Größling")
    builders.make_lead(dealer, last_name="Klein")
    builders.make_lead(last_name="Größling")  # of another dealer

    page = client.get(f"{PAGE}?q=groessling")
    response = client.post(f"{PAGE}?q=groessling", form("last_name", "number", format=file_format))

    assert page.context["count"] == 1
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Disposition"].endswith(f'.{extension}"')
    assert "no-store" in response["Cache-Control"]
    data = content(response)
    rows = (
        list(csv.reader(io.StringIO(data.decode(encoding)), delimiter=";"))
        if encoding
        else rows_in(data)
    )
    assert rows == [["Nachname", "Nummer"], ["Größling", wanted.number]]


def test_the_order_is_what_the_numbers_say(client, manager, dealer):
    builders.make_lead(dealer, city="Leipzig")
    asked = form("number", "city", "email", **{"columns-number": "3", "columns-city": "1,5"})

    rows = rows_in(content(client.post(PAGE, {**asked, "columns-email": "nothing"})))

    assert rows[0] == [BY_NAME[name].header for name in ("city", "number", "email")]


def test_the_page_offers_every_column_and_all_are_chosen(client, manager):
    page = text_of(client.get(PAGE))

    assert page.count('type="checkbox" name="columns"') == len(EXPORTED)
    assert len(re.findall(r'name="columns" value="\w+" checked', page)) == len(EXPORTED)
    assert "precheck" not in page
    assert "braucht die Liste die Spalten „Nummer“ und „Stand“" in page


def test_without_a_column_there_is_no_file(client, manager):
    response = client.post(PAGE, {"format": "xlsx"})

    assert response.status_code == 200
    assert "Bitte wählen Sie mindestens eine Spalte." in text_of(response)
    assert not Export.objects.exists()


def test_of_nothing_there_is_no_file(client, manager, dealer):
    builders.make_lead(dealer, last_name="Größling")

    response = client.post(f"{PAGE}?q=Niemand", form("city"))

    assert "Zu diesen Filtern passt keine Anfrage." in text_of(response)
    assert not Export.objects.exists()


def test_columns_that_nobody_offers_are_ignored(client, manager, dealer):
    builders.make_lead(dealer, precheck="positive")

    rows = rows_in(content(client.post(PAGE, form("precheck", "consents", "city"))))

    assert rows[0] == ["Ort"]


def test_exports_only_where_the_user_may(client, manager, dealer):
    other = builders.make_dealer()
    builders.make_membership(other, manager, role=Role.SELLER)
    own = builders.make_lead(dealer)
    builders.make_lead(other)

    assert numbers(client.post(PAGE, form("number"))) == {own.number}


def test_whoever_may_export_for_several_dealers_says_whose_leads(client, manager, dealer):
    other = builders.make_dealer()
    builders.make_membership(other, manager, role=Role.MANAGER)
    builders.make_lead(dealer)
    theirs = builders.make_lead(other)

    assert "Bitte wählen Sie einen Händler." in text_of(client.post(PAGE, form("number")))
    assert numbers(client.post(PAGE, form("number", dealer=other.pk))) == {theirs.number}
    stranger = builders.make_lead().dealer
    assert "dealer" in client.post(PAGE, form("number", dealer=stranger.pk)).context["form"].errors


@pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
def test_without_the_right_there_is_no_page(client, dealer, role):
    client.force_login(builders.make_user(dealer, role=role))

    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, form("number")).status_code == 403
    assert PAGE not in text_of(client.get("/admin/leads/lead/"))


def test_an_export_costs_as_many_queries_with_more_leads(client, manager, dealer):
    costs = []
    for _ in range(3):  # what is read once per process is read by the first
        builders.make_lead(dealer, owner=manager)
        with CaptureQueriesContext(connection) as queries:
            content(client.post(PAGE, form("number", "tags", "status", "owner")))
        costs.append(len(queries))

    assert costs[1] == costs[2]


# --- on record -----------------------------------------------------------------------------------


def test_every_export_is_on_record_without_personal_data(client, manager, dealer):
    builders.make_lead(dealer, last_name="Größling")
    content(client.post(f"{PAGE}?q=Gr%C3%B6%C3%9Fling", form("number")))

    [export] = Export.objects.all()
    assert (export.user, export.total, export.written, export.filters) == (manager, 1, 1, "q")
    assert (export.state, export.row_ids, export.columns) == (ExportState.DONE, None, ["number"])
    [entry] = LogEntry.objects.all()
    assert entry.user == manager
    assert entry.change_message.startswith("1 ")
    assert "Größling" not in f"{entry.change_message} {Export.objects.values()}"
    listed = text_of(client.get(LIST))
    assert "1 Anfrage" in listed
    assert str(manager) in listed


def test_the_record_is_for_those_with_the_right(client, manager, dealer):
    builders.make_lead(dealer)
    content(client.post(PAGE, form("number")))
    page = reverse("admin:leads_export_change", args=[Export.objects.get().pk])

    for user, status in [
        (builders.make_user(dealer, role=Role.AUDITOR), (200, 200)),
        (builders.make_user(dealer, role=Role.SELLER), (403, 404)),
        (builders.make_user(builders.make_dealer(), role=Role.ADMINISTRATOR), (200, 404)),
    ]:
        client.force_login(user)
        assert (client.get(LIST).status_code, client.get(page).status_code) == status
    assert client.get(LIST).context["cl"].result_count == 0


def test_nobody_changes_or_deletes_the_record(client, manager, dealer):
    client.force_login(builders.make_user(dealer, role=Role.ADMINISTRATOR))
    builders.make_lead(dealer)
    content(client.post(PAGE, form("number")))
    export = Export.objects.get()

    assert client.post(f"{LIST}{export.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    client.post(f"{LIST}{export.pk}/change/", {"total": "0"})
    assert Export.objects.get().total == export.total


# --- by a worker ---------------------------------------------------------------------------------


@pytest.fixture
def large(settings):
    """From the second lead on a list is long."""
    settings.EXPORT_AT_ONCE = 1


def test_a_long_list_is_written_by_a_worker_and_fetched_by_its_owner(
    client, manager, dealer, large
):
    leads = [builders.make_lead(dealer) for _ in range(2)]
    page = text_of(client.get(PAGE))
    assert "im Hintergrund" in page

    export = export_of(client)
    address = reverse("admin:leads_export_change", args=[export.pk])

    waiting = text_of(client.get(address))
    assert "<progress" in waiting
    assert 'http-equiv="refresh"' in waiting  # without scripts
    assert "download/" not in waiting
    assert download(client, export).status_code == 404
    progress = reverse("admin:leads_export_progress", args=[export.pk])
    assert client.get(progress).json()["is_over"] is False

    run_due_jobs()

    assert client.get(progress).json()["percent"] == 100
    assert "noch nicht heruntergeladen" in text_of(client.get(LIST))
    assert reverse("admin:leads_export_download", args=[export.pk]) in text_of(client.get(address))
    response = download(client, export)
    assert numbers(response) == {lead.number for lead in leads}
    assert response["Content-Disposition"].startswith("attachment")
    assert "no-store" in response["Cache-Control"]
    export.refresh_from_db()
    assert export.downloaded_at is not None
    listed = text_of(client.get(LIST))
    assert "heruntergeladen vor 1 Min." in listed
    assert "noch nicht" not in listed


def test_a_list_as_long_as_the_limit_is_handed_out_at_once(client, manager, dealer, large):
    lead = builders.make_lead(dealer)

    assert numbers(client.post(PAGE, form("number"))) == {lead.number}
    assert run_due_jobs() == []


def test_nobody_else_fetches_the_file(client, manager, dealer, large):
    for _ in range(2):
        builders.make_lead(dealer)
    export = export_of(client)
    run_due_jobs()

    client.force_login(builders.make_user(dealer, role=Role.ADMINISTRATOR))
    assert download(client, export).status_code == 404
    shown = text_of(client.get(reverse("admin:leads_export_change", args=[export.pk])))
    assert "download/" not in shown
    client.force_login(builders.make_user(is_superuser=True))
    assert download(client, export).status_code == 404


def test_after_a_day_or_without_the_right_there_is_nothing_to_fetch(client, manager, dealer, large):
    for _ in range(2):
        builders.make_lead(dealer)
    export = export_of(client)
    run_due_jobs()

    manager.memberships.update(role=Role.SELLER)
    assert download(client, export).status_code == 404
    manager.memberships.update(role=Role.MANAGER)
    assert download(client, export).status_code == 200
    Export.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert download(client, export).status_code == 404


def test_a_file_that_is_gone_is_not_found(client, manager, dealer, large, exports_folder):
    for _ in range(2):
        builders.make_lead(dealer)
    export = export_of(client)
    run_due_jobs()
    for path in exports_folder.iterdir():
        path.unlink()

    assert download(client, export).status_code == 404


def test_a_list_that_could_not_be_written_says_so(client, manager, dealer, large):
    for _ in range(2):
        builders.make_lead(dealer)
    export = export_of(client)
    Export.objects.update(state=ExportState.FAILED)

    shown = text_of(client.get(reverse("admin:leads_export_change", args=[export.pk])))

    assert "konnte nicht geschrieben werden" in shown
    assert "<progress" not in shown


# --- templates -----------------------------------------------------------------------------------


def save(client, *columns, name="Für die Bank", **values):
    return client.post(PAGE, form(*columns, save_as=name, save_template="1", **values))


def chosen(page):
    """Names of the chosen columns as the page shows them."""
    return re.findall(r'name="columns" value="(\w+)" checked', text_of(page))


def test_columns_are_saved_under_a_name_and_come_back(client, manager, dealer):
    response = save(client, "email", "number")

    template = ExportTemplate.objects.get()
    assert (template.dealer, template.user, template.columns) == (
        dealer,
        manager,
        ["email", "number"],
    )
    assert response["Location"] == f"{PAGE}?template={template.pk}"
    assert chosen(client.get(response["Location"])) == ["email", "number"]
    assert chosen(client.get(PAGE)) == [column.name for column in EXPORTED]
    assert not Export.objects.exists()


def test_a_template_is_no_filter_of_the_list(client, manager, dealer):
    wanted = builders.make_lead(dealer, last_name="Größling")
    builders.make_lead(dealer, last_name="Klein")
    save(client, "number")
    address = f"{PAGE}?q=groessling&template={ExportTemplate.objects.get().pk}"

    assert client.get(address).context["count"] == 1
    assert numbers(client.post(address, form("number"))) == {wanted.number}
    assert Export.objects.get().filters == "q"


def test_saved_under_the_same_name_it_is_the_same_template(client, manager):
    save(client, "email")
    save(client, "city", name=" Für  die Bank ")

    assert ExportTemplate.objects.get().columns == ["city"]


def test_a_template_needs_a_name(client, manager):
    response = save(client, "email", name=" ")

    assert "Bitte geben Sie der Vorlage einen Namen." in text_of(response)
    assert not ExportTemplate.objects.exists()


def test_templates_are_shared_on_wish_within_the_dealer(client, manager, dealer):
    save(client, "email", name="Mine")
    save(client, "city", name="Ours", is_shared="on")
    shared = ExportTemplate.objects.get(name="Ours")
    private = ExportTemplate.objects.get(name="Mine")
    client.get(PAGE)  # says that they are saved

    client.force_login(builders.make_user(dealer, role=Role.MANAGER))
    page = client.get(f"{PAGE}?template={shared.pk}")
    assert chosen(page) == ["city"]
    assert "Mine" not in text_of(page)
    assert 'name="delete_template"' not in text_of(page)
    assert chosen(client.get(f"{PAGE}?template={private.pk}")) == headers_all()
    refused = client.post(f"{PAGE}?template={shared.pk}", form("number", delete_template="1"))
    assert refused.status_code == 403

    client.force_login(builders.make_user(builders.make_dealer(), role=Role.MANAGER))
    assert "Ours" not in text_of(client.get(f"{PAGE}?template={shared.pk}"))
    assert ExportTemplate.objects.count() == 2


def headers_all():
    return [column.name for column in EXPORTED]


def test_ones_own_template_is_deleted(client, manager):
    save(client, "email")
    template = ExportTemplate.objects.get()

    response = client.post(f"{PAGE}?template={template.pk}", form("number", delete_template="1"))

    assert response["Location"].startswith(PAGE)
    assert not ExportTemplate.objects.exists()


@pytest.mark.parametrize("number", ["0", "x", "-1", "9" * 30, "²"])
def test_a_template_that_is_not_there_means_all_columns(client, manager, number):
    page = client.get(PAGE, {"template": number})

    assert chosen(page) == headers_all()


def test_an_old_template_with_a_column_that_is_gone_still_works(client, manager, dealer):
    template = ExportTemplate.objects.create(
        dealer=dealer, user=manager, name="Alt", columns=["gone", "city"]
    )

    assert chosen(client.get(f"{PAGE}?template={template.pk}")) == ["city"]


def test_an_export_comes_back_unchanged_by_its_headers(client, manager, dealer):
    builders.make_lead(dealer)

    rows = rows_in(content(client.post(PAGE, form(*headers_all()))))

    assert rows[0] == headers()
    assert Lead.objects.count() == len(rows) - 1
