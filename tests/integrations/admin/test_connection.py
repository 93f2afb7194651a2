"""The page where a partner's account is set up, watched and fetched from."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import inbox
from integrations.models import Connection, SyncRun
from leads.models import Lead, Role
from tests.builders import make_connection, make_location, make_membership, make_user
from tests.leads.admin.conftest import messages_of, text_of

LIST = reverse("admin:integrations_connection_changelist")


def page_of(connection):
    return reverse("admin:integrations_connection_change", args=[connection.pk])


def pull_of(connection):
    return reverse("admin:integrations_connection_pull", args=[connection.pk])


@pytest.fixture
def bdk(office, partner):
    make_location(office.ours, bdk_partner_number="0012345")
    return make_connection(office.ours, name="BDK Demo", base=f"{partner.url}/bdk")


@pytest.fixture
def seller(office):
    return make_user(office.ours)


@pytest.fixture
def administrator(office):
    return make_user(office.ours, role=Role.ADMINISTRATOR)


def form_of(connection, **values):
    return {
        "name": connection.name,
        "mode": connection.mode,
        "is_active": "on",
        "base_url": connection.base_url,
        "token_url": connection.token_url,
        "client_id": connection.client_id,
        "scope": connection.scope,
        "new_secret": "",
        **values,
    }


# --- fetching ----------------------------------------------------------------------------------


def test_a_seller_fetches_from_the_list_and_hears_what_came(browse, bdk, seller):
    client = browse(seller)
    shown = text_of(client.get(LIST))
    assert f'formaction="{pull_of(bdk)}"' in shown
    assert 'id="fetch-now"' in shown

    answer = client.post(pull_of(bdk), HTTP_REFERER=f"http://testserver{LIST}", follow=True)

    assert answer.redirect_chain == [(f"http://testserver{LIST}", 302)]
    [message] = messages_of(answer)
    assert message.startswith("BDK Demo: 53 received, 46 new, ")
    assert Lead.objects.for_dealer(bdk.dealer).count() == 46
    assert SyncRun.objects.get().started_by == seller


def test_the_button_is_on_the_page_too(browse, bdk, seller):
    assert f'action="{pull_of(bdk)}"' in text_of(browse(seller).get(page_of(bdk)))


def test_looking_does_not_fetch(browse, bdk, seller, partner):
    assert browse(seller).get(pull_of(bdk)).status_code == 405
    assert partner.log == []


def test_a_foreign_page_is_not_where_the_answer_goes(browse, bdk, seller):
    answer = browse(seller).post(pull_of(bdk), HTTP_REFERER="https://evil.example.org/")

    assert answer["Location"] == LIST


def test_fetching_needs_the_token_of_the_form(client, bdk, seller):
    client.handler.enforce_csrf_checks = True
    client.force_login(seller)

    assert client.post(pull_of(bdk)).status_code == 403
    assert not SyncRun.objects.exists()


def test_an_auditor_looks_and_does_not_fetch(browse, office, bdk, partner):
    client = browse(make_user(office.ours, role=Role.AUDITOR))

    assert pull_of(bdk) not in text_of(client.get(LIST))
    assert pull_of(bdk) not in text_of(client.get(page_of(bdk)))
    assert client.post(pull_of(bdk)).status_code == 403
    assert partner.log == []


def test_what_is_switched_off_is_not_fetched(browse, bdk, seller, partner):
    Connection.objects.update(is_active=False)
    client = browse(seller)

    assert pull_of(bdk) not in text_of(client.get(LIST))
    assert client.post(pull_of(bdk)).status_code == 403
    assert partner.log == []


def test_a_foreign_connection_does_not_exist(browse, office, bdk, partner):
    client = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))

    assert "BDK Demo" not in text_of(client.get(LIST))
    assert client.get(page_of(bdk)).status_code == 404
    assert client.post(pull_of(bdk)).status_code == 404
    assert partner.log == []


def test_rights_at_one_dealer_are_not_rights_at_the_other(browse, office, bdk):
    user = make_user(office.theirs)
    make_membership(office.ours, user, role=Role.AUDITOR)
    theirs = make_connection(office.theirs)
    client = browse(user)
    shown = text_of(client.get(LIST))

    assert pull_of(theirs) in shown
    assert pull_of(bdk) not in shown
    assert client.post(pull_of(bdk)).status_code == 403


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"client_secret": "falsch"}, "invalid_client"),
        ({"base_url": "http://127.0.0.1:1", "token_url": "http://127.0.0.1:1"}, "127.0.0.1:1"),
        ({"base_url": "http://partner.example.org"}, "https://"),
    ],
)
def test_trouble_with_the_partner_is_a_message_with_advice(browse, bdk, seller, values, words):
    for name, value in values.items():
        setattr(bdk, name, value)
    bdk.save()
    answer = browse(seller).post(pull_of(bdk), HTTP_REFERER=f"http://testserver{LIST}", follow=True)

    [message] = messages_of(answer)
    assert answer.status_code == 200
    assert message.startswith("BDK Demo: ")
    assert words in message
    assert "falsch" not in text_of(answer)


def test_trouble_of_our_own_is_a_message_too(browse, bdk, seller, caplog):
    Connection.objects.update(cursors=["not", "a", "dict"])
    answer = browse(seller).post(pull_of(bdk), follow=True)

    assert answer.status_code == 200
    assert len(messages_of(answer)) == 1
    assert SyncRun.objects.get().state == SyncRun.State.FAILED


def test_a_connection_that_somebody_fetches_from_asks_for_patience(browse, bdk, seller):
    Connection.objects.take_lease(bdk.pk, now=timezone.now(), for_=inbox.LEASE)
    answer = browse(seller).post(pull_of(bdk), follow=True)

    [message] = messages_of(answer)
    assert "at this moment" in message


# --- settings ----------------------------------------------------------------------------------


def test_the_secret_is_on_no_page(browse, bdk, administrator, office):
    Connection.objects.update(client_secret="streng-geheim")
    for user in (administrator, make_user(office.ours), make_user(is_superuser=True)):
        for address in (LIST, page_of(bdk)):
            answer = browse(user).get(address)
            assert answer.status_code == 200
            assert "streng-geheim" not in text_of(answer)


def test_an_empty_secret_keeps_the_stored_one(browse, bdk, administrator):
    answer = browse(administrator).post(page_of(bdk), form_of(bdk, name="BDK Köln"))

    assert answer.status_code == 302
    bdk.refresh_from_db()
    assert (bdk.name, bdk.client_secret) == ("BDK Köln", "demo-secret")


def test_a_new_secret_replaces_the_stored_one(browse, bdk, administrator):
    answer = browse(administrator).post(page_of(bdk), form_of(bdk, new_secret=" neu "))

    assert answer.status_code == 302
    bdk.refresh_from_db()
    assert bdk.client_secret == " neu "


@pytest.mark.parametrize("name", ["base_url", "token_url"])
def test_the_stored_secret_does_not_follow_to_another_address(browse, bdk, administrator, name):
    client = browse(administrator)
    moved = form_of(bdk, **{name: "https://evil.example.org/"})
    Connection.objects.update(cursors={"0012345": "abc"})

    assert "entered again" in text_of(client.post(page_of(bdk), moved))
    bdk.refresh_from_db()
    assert "evil" not in getattr(bdk, name)
    assert client.post(page_of(bdk), moved | {"new_secret": "neu"}).status_code == 302
    bdk.refresh_from_db()
    assert (bdk.client_secret, bdk.cursors == {}) == ("neu", name == "base_url")


def test_only_safe_addresses_are_taken(browse, bdk, administrator):
    moved = form_of(bdk, base_url="http://partner.example.org", new_secret="x")
    shown = text_of(browse(administrator).post(page_of(bdk), moved))

    assert "it must begin with https://" in shown


def test_an_administrator_adds_a_connection_and_must_give_its_secret(browse, bdk, administrator):
    client = browse(administrator)
    address = reverse("admin:integrations_connection_add")
    values = form_of(bdk, name="Zweite")
    assert client.get(address).status_code == 200

    assert client.post(address, values).status_code == 200  # complains
    assert client.post(address, values | {"new_secret": "s"}).status_code == 302
    added = Connection.objects.get(name="Zweite")
    assert (added.dealer, added.client_secret, added.partner) == (bdk.dealer, "s", "bdk")


def test_a_seller_changes_nothing(browse, bdk, seller):
    client = browse(seller)
    shown = text_of(client.get(page_of(bdk)))

    assert bdk.client_id not in shown
    assert client.post(page_of(bdk), form_of(bdk, name="Meine")).status_code == 403
    assert client.get(reverse("admin:integrations_connection_add")).status_code == 403


def test_nothing_is_deleted(browse, bdk, administrator):
    address = reverse("admin:integrations_connection_delete", args=[bdk.pk])

    assert browse(administrator).post(address, {"post": "yes"}).status_code == 403


def test_the_page_shows_the_last_error_and_whether_it_is_live(browse, bdk, seller):
    Connection.objects.update(client_secret="falsch")
    client = browse(seller)
    assert "lo-outlined" in text_of(client.get(LIST))
    bdk.refresh_from_db()
    inbox.pull(bdk, now=timezone.now())

    assert "invalid_client" in text_of(client.get(page_of(bdk)))
    assert "invalid_client" in text_of(client.get(LIST))
    Connection.objects.update(mode="live")
    assert "Live" in text_of(client.get(LIST))


def test_the_list_takes_the_same_number_of_queries_for_any_number_of_rows(
    browse, office, seller, django_assert_num_queries, django_assert_max_num_queries
):
    client = browse(seller)
    make_connection(office.ours)
    client.get(LIST)
    with django_assert_max_num_queries(30) as first:
        client.get(LIST)
    for _n in range(8):
        make_connection(office.ours)
    with django_assert_num_queries(len(first)):
        client.get(LIST)
