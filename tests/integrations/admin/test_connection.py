"""The page where a partner's account is set up, watched and fetched from."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import inbox
from integrations.models import Connection, LeadFetch, SyncRun
from integrations.running import LEASE
from leads.models import Lead, Role
from tests.builders import (
    make_connection,
    make_entry,
    make_google_connection,
    make_location,
    make_membership,
    make_meta_connection,
    make_user,
)
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
    Connection.objects.take_lease(bdk.pk, now=timezone.now(), for_=LEASE)
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

    moved |= {"base_url": "https://me:word@partner.example.org/"}
    assert "neither a password" in text_of(browse(administrator).post(page_of(bdk), moved))


def test_a_corrected_client_id_ends_the_pause_as_another_secret_does(browse, bdk, administrator):
    Connection.objects.update(paused_at=timezone.now())
    browse(administrator).post(page_of(bdk), form_of(bdk, client_id="richtig"))

    bdk.refresh_from_db()
    assert (bdk.client_id, bdk.paused_at) == ("richtig", None)


def test_a_missing_dealer_is_told_once(browse, bdk):
    new = f"{reverse('admin:integrations_connection_add')}?partner=bdk"
    operator = make_user(is_superuser=True)
    shown = text_of(browse(operator).post(new, form_of(bdk, name="Zweite", new_secret="s")))
    assert shown.count("This field is required.") == 1
    assert "cannot be null" not in shown


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


# --- partners that call us -----------------------------------------------------------------------

ADD = reverse("admin:integrations_connection_add")


@pytest.fixture
def google(office):
    return make_google_connection(office.ours, name="Google Süd")


@pytest.fixture
def facebook(office, partner):
    return make_meta_connection(office.ours, name="Facebook Süd", base=f"{partner.url}/graph")


def google_form(**values):
    return {
        "name": "Google Süd",
        "is_active": "on",
        "default_source": "",
        "new_secret": "",
        **values,
    }


def meta_form(**values):
    return {
        "name": "Facebook Süd",
        "is_active": "on",
        "page_id": "100000000000001",
        "new_access_token": "",
        "new_secret": "",
        "new_verify_token": "",
        "base_url": "",
        **values,
    }


def test_a_new_connection_begins_with_the_choice_of_its_partner(browse, administrator, seller):
    shown = text_of(browse(administrator).get(ADD))

    for partner in ("bdk", "google_ads", "meta"):
        assert f'href="?partner={partner}"' in shown
    assert browse(seller).get(ADD).status_code == 403


def test_google_needs_nothing_but_a_name_and_shows_what_to_copy(browse, office, administrator):
    client = browse(administrator)
    assert "token_url" not in text_of(client.get(f"{ADD}?partner=google_ads"))
    shown = text_of(client.post(f"{ADD}?partner=google_ads", google_form()))

    added = Connection.objects.get()
    assert (added.partner, added.dealer, added.mode) == ("google_ads", office.ours, "live")
    assert f"http://testserver/api/v1/google-ads/{added.address_key}" in shown
    assert len(added.client_secret) == 32
    assert added.client_secret in shown


def test_a_key_of_ones_own_is_taken_and_not_shown(browse, administrator):
    values = google_form(new_secret="mein-eigener")
    shown = text_of(browse(administrator).post(f"{ADD}?partner=google_ads", values))

    assert Connection.objects.get().client_secret == "mein-eigener"
    assert "mein-eigener" not in shown


def test_meta_needs_its_page_its_token_and_its_secret(browse, administrator):
    client = browse(administrator)
    address = f"{ADD}?partner=meta"
    assert client.post(address, meta_form()).status_code == 200
    assert not Connection.objects.exists()
    values = meta_form(new_access_token="EAAG", new_secret="app")
    assert "consists of digits" in text_of(client.post(address, {**values, "page_id": "seite"}))
    shown = text_of(client.post(address, values))

    added = Connection.objects.get()
    assert (added.partner, added.page_id) == ("meta", "100000000000001")
    assert (added.access_token, added.client_secret) == ("EAAG", "app")
    assert f"http://testserver/api/v1/meta/{added.address_key}" in shown
    assert added.verify_token in shown
    assert "EAAG" not in shown


def test_a_page_has_one_connection(browse, administrator, facebook):
    values = meta_form(name="Zweite", new_access_token="x", new_secret="x")
    shown = text_of(browse(administrator).post(f"{ADD}?partner=meta", values))

    assert "already an entry" in shown
    assert Connection.objects.count() == 1


def test_secrets_of_all_partners_are_on_no_page(browse, office, google, facebook):
    google.renew_secret("neuer-geheimer", now=timezone.now())
    google.save()
    secrets = ["leadoffice-sample", "neuer-geheimer", "leadoffice-test-app", "demo-page-token"]
    secrets.append("leadoffice-verify")
    for user in (make_user(office.ours, role=Role.ADMINISTRATOR), make_user(is_superuser=True)):
        for address in (LIST, page_of(google), page_of(facebook), reverse("admin:index")):
            shown = text_of(browse(user).get(address))
            assert not [one for one in secrets if one in shown]


def test_the_address_is_shown_to_those_who_may_change_it(browse, google, administrator, seller):
    assert google.address_key in text_of(browse(administrator).get(page_of(google)))
    assert google.address_key not in text_of(browse(seller).get(page_of(google)))


def test_settings_of_its_leads_stay_within_the_dealer(browse, office, google, administrator):
    ours, theirs = make_location(office.ours), make_location(office.theirs)
    client = browse(administrator)
    assert client.post(page_of(google), google_form(location=theirs.pk)).status_code == 200
    values = google_form(location=ours.pk, default_source="Google Süd", consent_text="Stand 3/26")
    assert client.post(page_of(google), values).status_code == 302

    google.refresh_from_db()
    assert (google.location, google.default_source) == (ours, "Google Süd")
    assert google.client_secret == "leadoffice-sample-google-key"


def test_a_new_key_works_at_once_and_the_former_one_for_a_while(browse, google, administrator):
    client = browse(administrator)
    renew = reverse("admin:integrations_connection_renew", args=[google.pk])
    assert renew in text_of(client.get(page_of(google)))
    assert client.get(renew).status_code == 405
    shown = text_of(client.post(renew))

    google.refresh_from_db()
    assert google.client_secret in shown
    assert google.secrets_at(timezone.now()) == [
        google.client_secret,
        "leadoffice-sample-google-key",
    ]
    # Pressed twice, the one that is in use stays valid.
    client.post(renew)
    google.refresh_from_db()
    assert "leadoffice-sample-google-key" in google.secrets_at(timezone.now())


def test_the_former_key_can_be_ended_at_once(browse, google, administrator):
    client = browse(administrator)
    end = reverse("admin:integrations_connection_end", args=[google.pk])
    assert end not in text_of(client.get(page_of(google)))
    client.post(page_of(google), google_form(new_secret="neu"))
    assert end in text_of(client.get(page_of(google)))
    assert client.get(end).status_code == 405
    assert client.post(end).status_code == 302

    google.refresh_from_db()
    assert google.secrets_at(timezone.now()) == ["neu"]


@pytest.mark.parametrize("what", ["renew", "end"])
def test_who_may_not_change_a_connection_does_not_touch_its_key(
    browse, office, google, seller, what
):
    address = reverse(f"admin:integrations_connection_{what}", args=[google.pk])
    foreign = make_user(office.theirs, role=Role.ADMINISTRATOR)

    assert browse(seller).post(address).status_code == 403
    assert browse(foreign).post(address).status_code == 404
    google.refresh_from_db()
    assert google.client_secret == "leadoffice-sample-google-key"


def test_the_keys_of_others_are_made_elsewhere(browse, facebook, administrator):
    address = reverse("admin:integrations_connection_renew", args=[facebook.pk])
    assert browse(administrator).post(address).status_code == 404


def test_partners_that_call_us_are_not_fetched_from(browse, google, seller):
    client = browse(seller)

    assert pull_of(google) not in text_of(client.get(LIST))
    assert client.post(pull_of(google)).status_code == 403


def test_a_paused_page_says_so_until_it_has_a_new_token(browse, facebook, administrator):
    Connection.objects.update(
        paused_at=timezone.now(), last_error="190", last_error_at=timezone.now()
    )
    client = browse(administrator)
    assert "Paused" in text_of(client.get(LIST))
    assert "Paused" in text_of(client.get(reverse("admin:index")))
    values = meta_form(new_access_token="neu", base_url=facebook.base_url)
    assert client.post(page_of(facebook), values).status_code == 302

    facebook.refresh_from_db()
    assert (facebook.paused_at, facebook.access_token) == (None, "neu")


def test_a_new_app_secret_ends_the_pause_too(browse, facebook, administrator):
    Connection.objects.update(paused_at=timezone.now())
    values = meta_form(new_secret="neu", base_url=facebook.base_url)
    assert browse(administrator).post(page_of(facebook), values).status_code == 302

    facebook.refresh_from_db()
    assert (facebook.paused_at, facebook.client_secret) == (None, "neu")


def test_the_page_token_does_not_follow_to_another_address(browse, facebook, administrator):
    values = meta_form(base_url="https://evil.example.org", new_secret="x")
    shown = text_of(browse(administrator).post(page_of(facebook), values))

    assert "entered again" in shown
    facebook.refresh_from_db()
    assert "evil" not in facebook.base_url


def test_silence_is_no_news_where_nobody_asks(browse, google, seller):
    shown = text_of(browse(seller).get(LIST))
    assert "Nothing received yet" in shown
    Connection.objects.update(last_success_at=timezone.now() - timedelta(days=9))

    assert "Running" in text_of(browse(seller).get(LIST))


def test_what_was_announced_before_the_page_was_set_up_is_fetched(browse, office, administrator):
    make_entry(
        office.ours,
        channel="meta",
        sender="meta:100000000000001",
        message_id="7",
        outside_id="7",
        outcome="quarantined",
    )
    values = meta_form(new_access_token="EAAG", new_secret="app")
    browse(administrator).post(f"{ADD}?partner=meta", values)

    assert LeadFetch.objects.get().entry.outside_id == "7"
