"""Tasks: one's own first, done with one click, made on the page of the lead."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Role, Task
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

LIST = "/admin/leads/task/"
HOUR = timedelta(hours=1)


def page_of(task, page="change"):
    return reverse(f"admin:leads_task_{page}", args=[task.pk])


def ids(response):
    return [task.pk for task in response.context["cl"].result_list]


@pytest.fixture
def seller(office):
    return builders.make_user(office.ours)


@pytest.fixture
def lead(office, seller):
    return builders.make_lead(office.ours, owner=seller)


def test_ones_own_come_first_and_the_chips_show_the_others(office, browse, seller, lead):
    now = timezone.now()
    mine = builders.make_task(lead, owner=seller, due_at=now + 72 * HOUR)
    late = builders.make_task(lead, owner=seller, due_at=now - HOUR)
    theirs = builders.make_task(lead, due_at=now - 72 * HOUR)
    done = builders.make_task(lead, owner=seller, done_at=now)
    builders.make_task(builders.make_lead(office.theirs), owner=seller, due_at=now - HOUR)
    client = browse(seller)

    assert ids(client.get(LIST)) == [late.pk, mine.pk]
    assert ids(client.get(LIST, {"view": "overdue"})) == [theirs.pk, late.pk]
    assert ids(client.get(LIST, {"view": "all"})) == [theirs.pk, late.pk, mine.pk]
    assert ids(client.get(LIST, {"view": "done"})) == [done.pk]
    assert set(ids(client.get(LIST, {"view": "today"}))) <= {late.pk}


def test_who_sees_some_locations_sees_their_tasks_only(office, browse):
    here, there = builders.make_location(office.ours), builders.make_location(office.ours)
    user = builders.make_user(office.ours, locations=[here])
    shown = builders.make_task(builders.make_lead(office.ours, location=here), owner=user)
    hidden = builders.make_task(builders.make_lead(office.ours, location=there), owner=user)
    client = browse(user)

    assert ids(client.get(LIST)) == [shown.pk]
    assert client.get(page_of(hidden)).status_code == 404
    assert client.post(page_of(hidden, "done")).status_code == 404


def test_a_row_says_what_to_do_about_whom(browse, seller, lead):
    builders.make_task(lead, owner=seller, kind=Task.Kind.ENQUIRED_AGAIN, title="")

    page = text_of(browse(seller).get(LIST))

    for shown in (
        '<span class="lo-badge lo-amber" title="">Has asked again</span>',
        "Look at the new enquiry",
        lead.full_name,
        reverse("admin:leads_lead_change", args=[lead.pk]),
    ):
        assert shown in page


def test_the_list_costs_the_same_for_one_and_for_many(browse, seller, lead):
    def cost():
        with CaptureQueriesContext(connection) as captured:
            browse(seller).get(LIST)
        return len(captured)

    builders.make_task(lead, owner=seller)
    cost()
    for_one = cost()
    for _number in range(9):
        builders.make_task(lead, owner=seller)
    assert cost() == for_one


def test_done_with_one_click_and_undone_with_another(browse, seller, lead):
    task = builders.make_task(lead, owner=seller, title="Angebot schicken")
    client = browse(seller)

    response = client.post(page_of(task, "done"), follow=True)

    task.refresh_from_db()
    assert (task.done_by, task.version) == (seller, 2)
    assert task.done_at is not None
    assert "Angebot schicken" in messages_of(response)[0]
    assert page_of(task, "reopen") in messages_of(response)[0]
    client.post(page_of(task, "reopen"))
    task.refresh_from_db()
    assert (task.done_at, task.done_by) == (None, None)


def test_several_are_done_at_once(browse, seller, lead):
    tasks = [builders.make_task(lead, owner=seller) for _number in range(3)]
    action = {"action": "finish_selected", "_selected_action": [one.pk for one in tasks[:2]]}

    response = browse(seller).post(LIST, action, follow=True)

    assert messages_of(response) == ["2 tasks are done."]
    assert Task.objects.open().count() == 1


def test_a_foreign_task_does_not_exist_and_an_auditor_only_looks(office, browse, seller, lead):
    foreign = builders.make_task(builders.make_lead(office.theirs))
    task = builders.make_task(lead)
    auditor = builders.make_user(office.ours, role=Role.AUDITOR)

    assert browse(seller).post(page_of(foreign, "done")).status_code == 404
    assert browse(auditor).get(page_of(task)).status_code == 200
    assert browse(auditor).post(page_of(task, "done")).status_code == 403
    assert Task.objects.open().count() == 2


def test_edited_in_its_form_it_counts_up_its_version(office, browse, seller, lead):
    task = builders.make_task(lead, owner=seller)
    colleague = builders.make_user(office.ours)
    said = {
        "kind": "callback",
        "title": "Zurückrufen",
        "note": "nach 16 Uhr",
        "owner": colleague.pk,
        "due_at_0": "2026-03-14",
        "due_at_1": "16:00",
    }

    response = browse(seller).post(page_of(task), said)

    assert response.status_code == 302
    task.refresh_from_db()
    assert (task.kind, task.title, task.owner, task.version) == (
        "callback",
        "Zurückrufen",
        colleague,
        2,
    )
    assert task.due_at.isoformat() == "2026-03-14T15:00:00+00:00"


# On the page of a lead


def lead_page(lead):
    return reverse("admin:leads_lead_change", args=[lead.pk])


def test_the_lead_shows_its_open_tasks(browse, seller, lead):
    task = builders.make_task(lead, title="Angebot schicken")
    builders.make_task(lead, title="Schon erledigt", done_at=timezone.now())

    page = text_of(browse(seller).get(lead_page(lead)))

    assert "Angebot schicken" in page
    assert page_of(task, "done") in page
    assert "Schon erledigt" not in page


def test_a_task_is_made_on_the_page_of_its_lead(browse, seller, lead):
    said = {"kind": "callback", "title": "Zurückrufen", "due_at": "2026-03-14T16:00"}

    response = browse(seller).post(reverse("admin:leads_lead_task", args=[lead.pk]), said)

    assert response["Location"] == lead_page(lead)
    task = Task.objects.get()
    assert (task.lead, task.kind, task.title, task.owner) == (
        lead,
        "callback",
        "Zurückrufen",
        seller,
    )
    assert task.due_at.isoformat() == "2026-03-14T15:00:00+00:00"
    assert task.dealer == lead.dealer


def test_without_a_time_it_is_not_made(browse, seller, lead):
    url = reverse("admin:leads_lead_task", args=[lead.pk])

    response = browse(seller).post(url, {"kind": "callback", "due_at": "bald"}, follow=True)

    assert messages_of(response) == ["Please say until when."]
    assert not Task.objects.exists()


def test_not_for_a_foreign_lead_nor_by_who_only_looks(office, browse, seller, lead):
    said = {"kind": "callback", "due_at": "2026-03-14T16:00"}
    foreign = builders.make_lead(office.theirs)
    auditor = builders.make_user(office.ours, role=Role.AUDITOR)

    url = reverse("admin:leads_lead_task", args=[foreign.pk])
    assert browse(seller).post(url, said).status_code == 404
    url = reverse("admin:leads_lead_task", args=[lead.pk])
    assert browse(auditor).post(url, said).status_code == 403
    assert not Task.objects.exists()


def test_the_sidebar_counts_ones_own_overdue_tasks(office, browse, seller, lead):
    now = timezone.now()
    builders.make_task(lead, owner=seller, due_at=now - HOUR)
    builders.make_task(lead, owner=seller, due_at=now + HOUR)
    builders.make_task(lead, due_at=now - HOUR)

    response = browse(seller).get(reverse("admin:index"))

    items = {
        str(item["link"]): item
        for group in response.context["sidebar_navigation"]
        for item in group["items"]
    }
    assert items[LIST]["badge"] == "1"
