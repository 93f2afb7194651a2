"""The export pages of customers and vehicles, as far as they differ from that of leads."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import Customer, Export, ExportState, ExportTemplate, ListKind, Role
from leads.resources.export_kinds import EXPORT_KINDS
from tests import builders
from tests.leads.admin.conftest import text_of
from tests.leads.admin.exports import content, form, rows_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("exports_folder")]

PAGES = {
    ListKind.CUSTOMERS: "/admin/leads/customer/export/",
    ListKind.VEHICLES: "/admin/leads/vehicle/export/",
}
MAKE = {ListKind.CUSTOMERS: builders.make_customer, ListKind.VEHICLES: builders.make_vehicle}
WORDS = {
    ListKind.CUSTOMERS: ("1 Kunde exportieren", "1 Kunde", "passt kein Kunde"),
    ListKind.VEHICLES: ("1 Fahrzeug exportieren", "1 Fahrzeug", "passt kein Fahrzeug"),
}
KINDS = pytest.mark.parametrize("kind", list(PAGES))


def numbers(response):
    return [row[0] for row in rows_in(content(response))[1:]]


@KINDS
def test_exports_the_filtered_list_and_puts_it_on_record(client, manager, dealer, kind):
    column = "city" if kind == ListKind.CUSTOMERS else "model"
    wanted = MAKE[kind](dealer, **{column: "Größling"})
    MAKE[kind](dealer, **{column: "Klein"})
    MAKE[kind](**{column: "Größling"})  # of another dealer
    page = f"{PAGES[kind]}?q=groessling"
    heading, counted, _nothing = WORDS[kind]

    shown = text_of(client.get(page))
    response = client.post(page, form(column, "number"))

    assert heading in shown
    assert "braucht die Liste die Spalten „LeadOffice-Nr.“ und „Stand“" in shown
    assert rows_in(content(response)) == [
        [EXPORT_KINDS[kind].table.by_name[column].header, "LeadOffice-Nr."],
        ["Größling", wanted.pk],
    ]
    assert f'filename="{"kunden" if kind == "customers" else "fahrzeuge"}-' in str(
        response["Content-Disposition"]
    )
    export = Export.objects.get()
    assert (export.kind, export.user, export.total, export.filters) == (kind, manager, 1, "q")
    assert LogEntry.objects.get().change_message.startswith(counted)
    assert counted in text_of(client.get(f"/admin/leads/export/?kind__exact={kind}"))
    assert client.get("/admin/leads/export/?kind__exact=leads").context["cl"].result_count == 0


@KINDS
def test_every_column_is_offered_and_the_list_has_the_button(client, manager, dealer, kind):
    MAKE[kind](dealer)
    columns = [column.name for column in EXPORT_KINDS[kind].columns]

    page = text_of(client.get(PAGES[kind]))

    assert re.findall(r'name="columns" value="(\w+)" checked', page) == columns
    listed = text_of(client.get(PAGES[kind].replace("export/", "")))
    assert PAGES[kind] in listed
    assert f"listimport/add/?kind={kind}" in listed


@KINDS
def test_of_nothing_there_is_no_file(client, manager, kind):
    assert WORDS[kind][2] in text_of(client.post(PAGES[kind], form("number")))
    assert not Export.objects.exists()


@KINDS
@pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
def test_without_the_right_there_is_no_page(client, dealer, kind, role):
    client.force_login(builders.make_user(dealer, role=role))

    assert client.post(PAGES[kind], form("number")).status_code == 403
    assert PAGES[kind] not in text_of(client.get(PAGES[kind].replace("export/", "")))


@KINDS
def test_exports_only_where_the_user_may(client, manager, dealer, kind):
    other = builders.make_dealer()
    builders.make_membership(other, manager, role=Role.SELLER)
    own = MAKE[kind](dealer)
    MAKE[kind](other)

    assert numbers(client.post(PAGES[kind], form("number"))) == [own.pk]


def test_who_is_in_the_bin_or_part_of_another_stays_here(client, manager, dealer):
    kept = builders.make_customer(dealer)
    gone = builders.make_customer(dealer)
    merged = builders.make_customer(dealer)
    now = timezone.now()
    Customer.objects.filter(pk=gone.pk).update(deleted_at=now)
    Customer.objects.filter(pk=merged.pk).update(deleted_at=now, merged_into=kept)
    page = PAGES[ListKind.CUSTOMERS]
    manager.memberships.update(role=Role.ADMINISTRATOR)  # who sees the bin

    assert numbers(client.post(page, form("number"))) == [kept.pk]
    assert "passt kein Kunde" in text_of(client.post(f"{page}?show=bin", form("number")))


@KINDS
def test_a_long_list_is_written_by_a_worker_for_its_owner(client, manager, dealer, kind, settings):
    settings.EXPORT_AT_ONCE = 1
    records = [MAKE[kind](dealer) for _ in range(2)]

    response = client.post(PAGES[kind], form("number"))
    run_due_jobs()

    export = Export.objects.get()
    page = reverse("admin:leads_export_change", args=[export.pk])
    assert response["Location"] == page
    assert export.state == ExportState.DONE
    assert PAGES[kind].replace("export/", "") in text_of(client.get(page))
    download = reverse("admin:leads_export_download", args=[export.pk])
    assert sorted(numbers(client.get(download))) == [one.pk for one in records]
    manager.memberships.update(role=Role.SELLER)
    assert client.get(download).status_code == 404


@KINDS
def test_a_template_belongs_to_its_kind_of_lists(client, manager, kind):
    saved = form("version", "number", save_as="Für die Bank", save_template="1")
    client.post("/admin/leads/lead/export/", saved)
    response = client.post(PAGES[kind], saved)

    mine = ExportTemplate.objects.get(kind=kind)
    assert response["Location"] == f"{PAGES[kind]}?template={mine.pk}"
    page = text_of(client.get(response["Location"]))
    assert re.findall(r'name="columns" value="(\w+)" checked', page) == ["version", "number"]
    assert page.count("<option") == 2  # all columns, and this one


@KINDS
def test_an_export_costs_as_many_queries_with_more_rows(client, manager, dealer, kind):
    columns = [column.name for column in EXPORT_KINDS[kind].columns]
    costs = []
    for _ in range(3):  # what is read once per process is read by the first
        MAKE[kind](dealer)
        with CaptureQueriesContext(connection) as queries:
            content(client.post(PAGES[kind], form(*columns)))
        costs.append(len(queries))

    assert costs[1] == costs[2]
