"""The mapping tray: what a name means is said in its row or on its page."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Lead, Role, Source, UnmappedName
from leads.services.receiving import receive
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = "/admin/leads/unmappedname/"


def page_of(row, page="change"):
    return reverse(f"admin:leads_unmappedname_{page}", args=[row.pk])


def unknown(dealer, **said):
    draft = builders.make_draft(creates_entries=False, **(said or {"source": "LinkedIn"}))
    receive(dealer, [draft], now=timezone.now())
    return UnmappedName.objects.for_dealer(dealer).order_by("pk").last()


@pytest.fixture
def manager(office):
    return builders.make_user(office.ours, role=Role.MANAGER)


@pytest.fixture
def chief(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


def test_a_row_says_what_came_and_offers_the_dealers_entries(office, browse, manager):
    row = unknown(office.ours)
    Source.objects.create(dealer=office.ours, name="Unsere Messe")
    Source.objects.create(dealer=office.theirs, name="Fremde Messe")
    unknown(office.theirs, source="Fremder Name")

    page = text_of(browse(manager).get(LIST))

    for shown in (row.name, "Source · api:website", "1 time", "1 lead", "Unsere Messe"):
        assert shown in page
    assert "Fremde" not in page
    assert "Add as new" not in page  # that is for those who keep the catalogue


def test_the_list_costs_the_same_for_one_and_for_many(office, browse, manager):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            browse(manager).get(LIST)
        return len(captured)

    unknown(office.ours)
    cost()
    for_one = cost()
    for number in range(8):
        unknown(office.ours, source=f"Quelle {number}")
    assert cost() == for_one


def test_assigned_in_its_row_the_leads_are_put_right(office, browse, manager):
    row = unknown(office.ours)
    other = unknown(office.ours, source="Andere")
    target = builders.shared_source("autoscout24")
    said = {f"target-{row.pk}": target.pk, f"target-{other.pk}": ""}

    response = browse(manager).post(page_of(row, "assign"), said, follow=True)

    assert "1 lead was put right" in messages_of(response)[0]
    assert Lead.objects.filter(source=target).count() == 1
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.target, row.decided_by, other.decided_at) == (target, manager, None)


def test_without_a_choice_its_page_asks_for_one(office, browse, manager):
    row = unknown(office.ours)

    response = browse(manager).post(page_of(row, "assign"), {})

    assert response.status_code == 200
    assert response.context["form"].errors


def test_an_entry_of_another_dealer_cannot_be_chosen(office, browse, manager):
    row = unknown(office.ours)
    foreign = Source.objects.create(dealer=office.theirs, name="Fremde Messe")

    response = browse(manager).post(page_of(row, "assign"), {"target": foreign.pk})

    assert response.context["form"].errors
    assert UnmappedName.objects.waiting().count() == 1


def test_added_as_new_by_who_keeps_the_catalogue(office, browse, manager, chief):
    row = unknown(office.ours)

    assert browse(manager).post(page_of(row, "create")).status_code == 403
    assert "Add as new" in text_of(browse(chief).get(LIST))
    browse(chief).post(page_of(row, "create"))

    assert Lead.objects.get().source == Source.objects.get(dealer=office.ours, name="LinkedIn")


def test_left_as_it_is_and_decided_again(office, browse, manager):
    row = unknown(office.ours)
    client = browse(manager)

    client.post(page_of(row, "leave"))
    assert not client.get(LIST).context["cl"].result_list
    assert "Left as it is" in text_of(client.get(LIST, {"view": "decided"}))
    client.post(page_of(row, "reopen"))

    assert [one.pk for one in client.get(LIST).context["cl"].result_list] == [row.pk]


@pytest.mark.parametrize("page", ["assign", "create", "leave", "reopen", "change"])
def test_a_foreign_name_does_not_exist(office, browse, chief, page):
    row = unknown(office.theirs)

    assert browse(chief).post(page_of(row, page)).status_code == 404
    assert browse(chief).get(page_of(row)).status_code == 404


def test_an_auditor_looks_and_a_seller_does_not(office, browse):
    row = unknown(office.ours)
    auditor = builders.make_user(office.ours, role=Role.AUDITOR)

    assert row.name in text_of(browse(auditor).get(LIST))
    assert browse(auditor).get(page_of(row)).status_code == 200
    assert browse(auditor).post(page_of(row, "leave")).status_code == 403
    assert browse(builders.make_user(office.ours)).get(LIST).status_code == 403
