"""Setting up a connection to Automanager."""

import pytest
from django.urls import reverse

from integrations.models import Connection, ConnectionSchedule, Partner
from integrations.simulator.automanager import ACCESS_TOKEN
from leads.models import Role
from tests.builders import make_user
from tests.integrations.automanager.nursery import make_automanager
from tests.leads.admin.conftest import messages_of, text_of

ADD = f"{reverse('admin:integrations_connection_add')}?partner=automanager"


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


def page_of(connection):
    return reverse("admin:integrations_connection_change", args=[connection.pk])


def form(**values):
    return {
        "name": "Exporte",
        "mode": "test",
        "is_active": "on",
        "base_url": "https://automanager.example.org",
        "new_access_token": ACCESS_TOKEN,
        "limits": "",
        **values,
    }


def test_an_administrator_adds_one_and_it_is_checked_by_schedule(browse, administrator):
    client = browse(administrator)
    client.post(ADD, form(limits='{"missing_hours": 2, "orphan_hours": 9}', takes_stock="on"))

    connection = Connection.objects.get(partner=Partner.AUTOMANAGER)
    assert (connection.access_token, connection.mode) == (ACCESS_TOKEN, Connection.Mode.TEST)
    assert connection.limits == {"orphan_hours": 9}
    assert connection.takes_stock
    assert ConnectionSchedule.objects.get().job == "check"
    answer = client.get(page_of(connection))
    assert ACCESS_TOKEN not in answer.content.decode()


@pytest.mark.parametrize(
    "values",
    [
        {"new_access_token": ""},
        {"base_url": "http://automanager.example.org"},
        {"limits": '{"no_such_limit": 1}'},
    ],
)
def test_what_cannot_work_is_not_stored(browse, administrator, values):
    client = browse(administrator)
    answer = client.post(ADD, form(**values))

    assert answer.status_code == 200
    assert not Connection.objects.exists()


def test_the_stored_token_does_not_follow_to_another_address(browse, office, administrator):
    connection = make_automanager(office.ours)
    client = browse(administrator)
    moved = form(base_url="https://elsewhere.example.org", new_access_token="")
    client.post(page_of(connection), moved)

    connection.refresh_from_db()
    assert connection.base_url == "https://automanager.example.org"


@pytest.mark.parametrize(
    ("token", "words"), [(ACCESS_TOKEN, "4 exports can be read"), ("falsch", "401")]
)
def test_trying_it_out_says_whether_the_exports_can_be_read(
    browse, office, administrator, partner, token, words
):
    base_url = f"{partner.url}/automanager"
    connection = make_automanager(office.ours, base_url=base_url, access_token=token)
    client = browse(administrator)
    url = reverse("admin:integrations_connection_try", args=[connection.pk])
    answer = client.post(url, follow=True)

    assert words in " ".join(map(str, messages_of(answer))) + text_of(answer)
