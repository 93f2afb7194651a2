"""The list of leads that Meta has announced."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, LeadFetch
from leads.models import Role
from tests.builders import make_entry, make_meta_connection, make_user
from tests.leads.admin.conftest import messages_of, text_of

LIST = reverse("admin:integrations_leadfetch_changelist")


def make_fetch(connection, number, **values):
    entry = make_entry(connection.dealer, channel="meta", outside_id=number, raw="{geheim}")
    now = timezone.now()
    defaults = {"dealer": connection.dealer, "announced_at": now, "next_attempt_at": now}
    return LeadFetch.objects.create(connection=connection, entry=entry, **{**defaults, **values})


@pytest.fixture
def fetch(office):
    return make_fetch(make_meta_connection(office.ours), "900000000000001", state="unavailable")


def again(client, *fetches):
    data = {"action": "fetch_again", "_selected_action": [one.pk for one in fetches]}
    return client.post(LIST, data, follow=True)


def test_the_list_tells_what_could_not_be_fetched(browse, office, fetch):
    shown = text_of(browse(make_user(office.ours, role=Role.MANAGER)).get(LIST))

    assert "900000000000001" in shown
    assert "geheim" not in shown


def test_each_has_a_page_that_leads_to_its_message(browse, office, fetch):
    address = reverse("admin:integrations_leadfetch_change", args=[fetch.pk])
    shown = text_of(browse(make_user(office.ours, role=Role.AUDITOR)).get(address))

    assert reverse("admin:leads_intakeentry_change", args=[fetch.entry_id]) in shown


def test_it_can_be_fetched_again(browse, office, fetch):
    answer = again(browse(make_user(office.ours, role=Role.MANAGER)), fetch)

    fetch.refresh_from_db()
    assert fetch.state == "waiting"
    assert messages_of(answer) == ["1 lead will be fetched again."]


def test_looking_is_not_enough_to_fetch(browse, office, fetch):
    again(browse(make_user(office.ours, role=Role.AUDITOR)), fetch)

    fetch.refresh_from_db()
    assert fetch.state == "unavailable"


def test_other_dealers_rows_do_not_exist(browse, office, fetch):
    client = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))
    address = reverse("admin:integrations_leadfetch_change", args=[fetch.pk])

    assert "900000000000001" not in text_of(client.get(LIST))
    assert client.get(address).status_code == 404
    again(client, fetch)
    fetch.refresh_from_db()
    assert fetch.state == "unavailable"


def test_a_seller_does_not_see_the_list(browse, office, fetch):
    assert browse(make_user(office.ours)).get(LIST).status_code == 403


def test_what_a_paused_page_waits_for(browse, office, fetch):
    LeadFetch.objects.update(state="waiting")
    Connection.objects.update(paused_at=timezone.now())

    assert "new page access token" in text_of(
        browse(make_user(office.ours, role=Role.MANAGER)).get(LIST)
    )


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_rows(
    browse, office, fetch, django_assert_num_queries, django_assert_max_num_queries
):
    client = browse(make_user(office.ours, role=Role.MANAGER))
    client.get(LIST)
    with django_assert_max_num_queries(30) as first:
        client.get(LIST)
    for number in range(8):
        make_fetch(fetch.connection, str(number))
    with django_assert_num_queries(len(first)):
        client.get(LIST)
