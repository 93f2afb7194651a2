"""Who may come in, and what each key may do."""

from datetime import timedelta

import pytest
from django.utils import timezone

from leads.models import ApiKey, IntakeEntry, Lead, Scope
from tests.builders import PASSWORD, make_api_key, make_dealer, make_lead, make_user
from tests.leads.api.conftest import LEADS, ApiClient


@pytest.mark.parametrize("scheme", ["Api-Key", "api-key", "Bearer", "bearer"])
def test_a_key_opens_the_door_under_either_scheme(api, scheme):
    assert api.get(Authorization=f"{scheme} {api.secret}").status_code == 200


def test_without_a_key_the_answer_says_how_to_send_one(client, db, problem):
    response = client.get(LEADS)

    assert problem(response, 401)["code"] == "not_authenticated"
    assert response["WWW-Authenticate"].startswith("Api-Key")


@pytest.mark.parametrize(
    "sent",
    [
        "Api-Key",
        "Api-Key ",
        "Api-Key abc",
        "Api-Key " + "a" * 8 + "." + "b" * 32,
        "Api-Key \x00\x00\x00\x00\x00\x00\x00\x00." + "b" * 32,
        "Api-Key ä" + "a" * 7 + "." + "b" * 32,
        "Api-Key " + "x" * 10_000,
        "Basic dXNlcjpwYXNz",
        "Token abc",
    ],
)
def test_anything_but_a_key_is_refused(client, db, problem, sent):
    response = client.get(LEADS, headers={"Authorization": sent})

    assert problem(response, 401)["code"] == "authentication_failed"
    assert response["WWW-Authenticate"].startswith("Api-Key")


def test_a_wrong_secret_behind_a_right_prefix_is_refused(api, problem):
    other = make_api_key(api.key.dealer)[1]
    mixed = api.secret[:9] + other[9:]

    problem(api.get(Authorization=f"Api-Key {mixed}"), 401)


def test_what_is_no_key_never_reaches_the_database(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get(LEADS, headers={"Authorization": "Api-Key nonsense"})


def test_a_revoked_key_is_out_at_once(api, problem):
    assert api.get().status_code == 200

    api.key.revoked = True
    api.key.save()

    problem(api.get(), 401)


def test_an_expired_key_is_out(api, problem):
    ApiKey.objects.filter(pk=api.key.pk).update(expiry_date=timezone.now() - timedelta(seconds=1))

    problem(api.get(), 401)


def test_a_key_of_an_inactive_dealer_is_out(api, dealer, problem):
    dealer.is_active = False
    dealer.save()

    problem(api.get(), 401)


def test_a_signed_in_browser_is_not_let_in_without_a_key(client, dealer, problem):
    make_user(dealer, username="sabine")
    assert client.login(username="sabine", password=PASSWORD)

    problem(client.get(LEADS), 401)


def test_answers_set_no_cookie(api):
    assert not api.get().cookies
    assert not api.post({"subject": "Golf gesucht"}).cookies


def test_recognising_a_key_takes_one_query(api, django_assert_num_queries):
    api.get()

    with django_assert_num_queries(3):  # the key with its dealer; its count; the leads
        api.get()


def test_the_last_use_is_noted_once_a_minute(api, time_machine):
    time_machine.move_to("2026-03-02T10:00:00+01:00", tick=False)
    api.get()
    first = ApiKey.objects.get(pk=api.key.pk).last_used_at
    time_machine.move_to("2026-03-02T10:00:59+01:00", tick=False)
    api.get()
    same = ApiKey.objects.get(pk=api.key.pk).last_used_at
    time_machine.move_to("2026-03-02T10:01:01+01:00", tick=False)
    api.get()
    later = ApiKey.objects.get(pk=api.key.pk).last_used_at

    assert first.isoformat() == "2026-03-02T09:00:00+00:00"
    assert same == first
    assert later.isoformat() == "2026-03-02T09:01:01+00:00"


def test_a_key_for_reading_cannot_write(dealer, problem):
    api = ApiClient(dealer, scopes=[Scope.LEADS_READ])

    assert api.get().status_code == 200
    assert problem(api.post({"subject": "Golf gesucht"}), 403)["code"] == "missing_scope"
    assert not Lead.objects.exists()
    assert not IntakeEntry.objects.exists()


def test_a_key_for_writing_cannot_read(dealer, problem):
    api = ApiClient(dealer, scopes=[Scope.LEADS_WRITE])
    lead = make_lead(dealer)

    assert api.post({"subject": "Golf gesucht"}).status_code == 201
    assert "leads:read" in problem(api.get(), 403)["detail"]
    problem(api.get(f"{LEADS}{lead.pk}/"), 403)


def test_a_key_without_rights_may_do_nothing(dealer, problem):
    api = ApiClient(dealer, scopes=[])

    problem(api.get(), 403)
    problem(api.post({"subject": "Golf gesucht"}), 403)


def test_two_keys_of_one_system_are_the_same_sender(dealer):
    old, new = ApiClient(dealer, system="crm"), ApiClient(dealer, system="crm")

    first = old.post({"external_id": "4711", "subject": "Golf gesucht"})
    second = new.post({"external_id": "4711", "subject": "Golf gesucht"})

    assert (first.status_code, second.status_code) == (201, 200)


def test_plain_http_is_refused_where_https_is_required(api, settings, problem):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^api/v1/"]  # as in production

    assert problem(api.get(), 403)["code"] == "https_required"
    assert api.client.get(LEADS, headers=api.headers, secure=True).status_code == 200


@pytest.mark.django_db
def test_keys_of_two_dealers_see_different_leads():
    mine, yours = ApiClient(make_dealer()), ApiClient(make_dealer())
    mine.post({"subject": "Golf gesucht"})

    assert len(mine.get().json()["results"]) == 1
    assert yours.get().json()["results"] == []
