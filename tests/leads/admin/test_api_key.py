"""API keys: shown once, then never again; each keeps to its dealer."""

import re
import threading
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leads.models import ApiKey, ApiUsage, Role, Scope
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of

FORM = {
    "name": "Website",
    "system": "website",
    "scopes": ["leads:read", "leads:write"],
    "rate_per_minute": "600",
    "creates_entries": "on",
}


def url(page, *args):
    return reverse(f"admin:leads_apikey_{page}", args=args)


def page_of(key, page="change"):
    return url(page, quote(key.pk))


@pytest.fixture
def administrator(office):
    return builders.make_user(office.ours, role=Role.ADMINISTRATOR)


def make(browse, user, **values):
    """The answer to the form and the key that it shows."""
    response = browse(user).post(url("add"), {**FORM, **values})
    return response, (response.context or {}).get("key")


def test_a_new_key_is_shown_and_works(browse, office, administrator):
    response, secret = make(browse, administrator)

    key = ApiKey.objects.get_from_key(secret)
    assert secret in text_of(response)
    assert (key.dealer, key.name, key.system) == (office.ours, "Website", "website")
    assert key.scopes == [Scope.LEADS_READ, Scope.LEADS_WRITE]
    assert key.created_by == administrator


def test_the_key_is_shown_exactly_once(browse, administrator):
    _response, secret = make(browse, administrator)
    key = ApiKey.objects.get_from_key(secret)
    hidden = secret.partition(".")[2]

    for address in (url("changelist"), page_of(key), page_of(key, "history"), "/admin/"):
        page = text_of(browse(administrator).get(address))
        assert hidden not in page


def test_the_key_is_stored_nowhere(browse, client, administrator):
    response, secret = make(browse, administrator)
    hidden = secret.partition(".")[2]

    stored = [str(vars(row)) for model in (ApiKey, LogEntry) for row in model.objects.all()]
    stored += [str(session.get_decoded()) for session in Session.objects.all()]
    sent = [str(cookie) for cookie in client.cookies.values()]
    assert not [text for text in stored + sent if hidden in text]
    assert "no-store" in response["Cache-Control"]


def test_the_list_names_keys_by_their_first_characters(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)

    assert key.prefix in text_of(browse(administrator).get(url("changelist")))


@pytest.mark.parametrize("scopes", [[], ["customers:paint"], ["leads:read", "*"]])
def test_rights_are_chosen_from_those_there_are(browse, administrator, scopes):
    response, _secret = make(browse, administrator, scopes=scopes)

    assert list(response.context["adminform"].form.errors) == ["scopes"]


def test_rights_stand_in_groups_and_those_of_leads_are_suggested(browse, administrator):
    response = browse(administrator).get(url("add"))

    form = response.context["adminform"].form
    boxes = {box.data["value"]: box.data["selected"] for box in form["scopes"]}
    assert set(boxes) == set(Scope.values)
    assert {scope for scope, selected in boxes.items() if selected} == {
        Scope.LEADS_READ,
        Scope.LEADS_WRITE,
    }
    for group in ("Leads", "Customers", "Tasks", "Catalogues and stock", "What happens"):
        assert f"<label>{group}</label>" in text_of(response)


def test_limit_and_switch_are_kept(browse, administrator):
    _response, secret = make(browse, administrator, rate_per_minute="90", creates_entries="")

    key = ApiKey.objects.get_from_key(secret)
    assert (key.rate_per_minute, key.creates_entries) == (90, False)
    assert (key.vorgang_always_real, key.vorgang_is_strict) == (False, False)
    _response, secret = make(browse, administrator, name="Klein", vorgang_always_real="on")
    assert ApiKey.objects.get_from_key(secret).vorgang_always_real


def test_no_limit_is_no_number(browse, administrator):
    response, _secret = make(browse, administrator, rate_per_minute="0")

    assert list(response.context["adminform"].form.errors) == ["rate_per_minute"]


def test_a_time_that_has_passed_is_refused(browse, administrator):
    yesterday = timezone.localdate() - timedelta(days=1)

    response, _secret = make(
        browse, administrator, expiry_date_0=yesterday.isoformat(), expiry_date_1="12:00"
    )

    assert list(response.context["adminform"].form.errors) == ["expiry_date"]


def test_a_key_belongs_to_the_dealer_of_who_makes_it(browse, office, administrator):
    _response, secret = make(browse, administrator, dealer=office.theirs.pk)

    assert ApiKey.objects.get_from_key(secret).dealer == office.ours


def test_the_operator_chooses_the_dealer(browse, office):
    _response, secret = make(browse, builders.make_user(is_superuser=True), dealer=office.theirs.pk)

    assert ApiKey.objects.get_from_key(secret).dealer == office.theirs


def test_name_rights_and_end_may_change_but_not_the_system(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)

    browse(administrator).post(
        page_of(key),
        {**FORM, "name": "Neuer Name", "system": "anders", "scopes": ["leads:read"]},
    )

    key.refresh_from_db()
    assert (key.name, key.system, key.scopes) == ("Neuer Name", "website", ["leads:read"])


@pytest.mark.parametrize("role", [Role.SELLER, Role.MANAGER])
def test_sellers_and_managers_have_no_business_here(browse, office, role):
    key, _secret = builders.make_api_key(office.ours)
    client = browse(builders.make_user(office.ours, role=role))

    for address in (url("changelist"), url("add")):
        assert client.get(address).status_code == 403
    for address in (page_of(key), page_of(key, "history"), page_of(key, "revoke")):
        assert client.get(address).status_code == 404


def test_auditors_look_and_do_not_touch(browse, office):
    key, _secret = builders.make_api_key(office.ours)
    client = browse(builders.make_user(office.ours, role=Role.AUDITOR))

    page = text_of(client.get(page_of(key)))

    assert "read leads, create and change leads" in page
    assert client.post(page_of(key), FORM).status_code == 403
    assert client.post(page_of(key, "revoke"), {"_form_submitted": "on"}).status_code == 403
    key.refresh_from_db()
    assert not key.revoked


def test_keys_of_another_dealer_do_not_exist(browse, office, administrator):
    key, _secret = builders.make_api_key(office.theirs, name="Fremdling")
    client = browse(administrator)

    assert "Fremdling" not in text_of(client.get(url("changelist")))
    assert client.get(page_of(key)).status_code == 404
    assert client.post(page_of(key, "revoke"), {"_form_submitted": "on"}).status_code == 404
    key.refresh_from_db()
    assert not key.revoked


# --- a form is good for one key -----------------------------------------------------------------


def token_of(response):
    [token] = re.findall(r'name="token" value="([0-9a-f]{32})"', text_of(response))
    return token


def test_sending_the_form_again_makes_no_second_key(browse, administrator):
    token = token_of(browse(administrator).get(url("add")))

    first, secret = make(browse, administrator, token=token)
    again = browse(administrator).post(url("add"), {**FORM, "token": token}, follow=True)

    assert secret in text_of(first)
    assert again.redirect_chain == [(url("changelist"), 302)]
    assert "has been made already" in messages_of(again)[0]
    assert secret.partition(".")[2] not in text_of(again)
    assert ApiKey.objects.count() == 1


def test_each_form_makes_a_key_of_its_own(browse, administrator):
    for _ in range(2):
        token = token_of(browse(administrator).get(url("add")))
        make(browse, administrator, token=token)

    assert ApiKey.objects.count() == 2


def test_a_form_with_a_mistake_can_be_sent_again(browse, administrator):
    token = token_of(browse(administrator).get(url("add")))
    wrong, _none = make(browse, administrator, token=token, name="")

    assert token_of(wrong) == token
    _response, secret = make(browse, administrator, token=token)
    assert secret


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs writers at the same time")
def test_a_double_click_makes_one_key():
    dealer = builders.make_dealer()
    administrator = builders.make_user(dealer, role=Role.ADMINISTRATOR)
    clients = [Client(headers={"Accept-Language": "en"}) for _ in range(6)]
    for one in clients:
        one.force_login(administrator)
    barrier, codes = threading.Barrier(len(clients)), []

    def click(client):
        try:
            barrier.wait(timeout=20)
            codes.append(client.post(url("add"), {**FORM, "token": "a" * 32}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(codes) == [200] + [302] * 5
    assert ApiKey.objects.count() == 1


# --- renewing -----------------------------------------------------------------------------------


def renew(browse, user, key, **values):
    form = {"days": "7", "token": "b" * 32, **values}
    response = browse(user).post(page_of(key, "renew"), form)
    return response, (response.context or {}).get("key")


def test_a_renewed_key_does_the_same_and_both_are_valid_for_a_while(browse, office, administrator):
    key, secret = builders.make_api_key(
        office.ours,
        scopes=["tasks:read"],
        rate_per_minute=90,
        creates_entries=False,
        vorgang_always_real=True,
        vorgang_is_strict=True,
    )

    response, new_secret = renew(browse, administrator, key, days="3")

    newer = ApiKey.objects.get_from_key(new_secret)
    key.refresh_from_db()
    assert ApiKey.objects.get_from_key(secret) == key
    for name in ("dealer", "name", "system", "scopes", "rate_per_minute", "creates_entries"):
        assert getattr(newer, name) == getattr(key, name)
    assert newer.vorgang_always_real
    assert newer.vorgang_is_strict
    assert (newer.renewed_from, newer.created_by) == (key, administrator)
    assert newer.expiry_date is None
    left = key.expiry_date - timezone.now()
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    assert new_secret in text_of(response)
    assert "no-store" in response["Cache-Control"]


def test_both_keys_tell_of_each_other(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)
    _response, new_secret = renew(browse, administrator, key)
    newer = ApiKey.objects.get_from_key(new_secret)

    assert f"was renewed as {newer.prefix}" in text_of(browse(administrator).get(page_of(key)))
    assert f"takes over from {key.prefix}" in text_of(browse(administrator).get(page_of(newer)))


def test_renewing_twice_by_accident_makes_one_key(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)
    renew(browse, administrator, key)

    response, secret = renew(browse, administrator, key)

    assert (response.status_code, secret) == (302, None)
    assert ApiKey.objects.count() == 2


def test_a_key_with_an_end_is_followed_by_one_that_lives_as_long(browse, office, administrator):
    now = timezone.now()
    key, _secret = builders.make_api_key(office.ours, expiry_date=now + timedelta(days=2))
    ApiKey.objects.filter(pk=key.pk).update(created=now - timedelta(days=88))

    _response, new_secret = renew(browse, administrator, key, days="7")

    newer = ApiKey.objects.get_from_key(new_secret)
    key.refresh_from_db()
    assert key.expiry_date == now + timedelta(days=2)  # not put off by renewing
    assert timedelta(days=89) < newer.expiry_date - now < timedelta(days=91)


@pytest.mark.parametrize("days", ["-1", "91", "bald", ""])
def test_the_time_of_both_has_limits(browse, office, administrator, days):
    key, _secret = builders.make_api_key(office.ours)

    response, _none = renew(browse, administrator, key, days=days)

    assert list(response.context["form"].errors) == ["days"]
    assert ApiKey.objects.count() == 1


def test_a_revoked_key_is_not_renewed(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours, revoked=True)

    response, _none = renew(browse, administrator, key)

    assert response.status_code == 403
    assert ApiKey.objects.count() == 1


def test_keys_of_another_dealer_are_not_renewed(browse, office, administrator):
    key, _secret = builders.make_api_key(office.theirs)

    response, _none = renew(browse, administrator, key)

    assert response.status_code == 404
    assert ApiKey.objects.count() == 1


def test_auditors_do_not_renew(browse, office):
    key, _secret = builders.make_api_key(office.ours)
    auditor = builders.make_user(office.ours, role=Role.AUDITOR)

    response, _none = renew(browse, auditor, key)

    assert response.status_code == 403
    assert ApiKey.objects.count() == 1


# --- use ----------------------------------------------------------------------------------------


def use(key, *, days_ago=0, **values):
    ApiUsage.objects.create(
        dealer=key.dealer,
        key=key,
        day=timezone.localdate() - timedelta(days=days_ago),
        **{"requests": 1, **values},
    )


def test_the_page_tells_how_much_the_key_was_used(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)
    use(key, requests=1200, errors=7)
    use(key, days_ago=29, requests=34, refused=2)
    use(key, days_ago=30, requests=1000)

    page = text_of(browse(administrator).get(page_of(key)))

    assert "1,234 requests, 7 with an error, 2 refused as too many." in page
    assert page.count('<span style="height: ') == 30


def test_an_unused_key_says_so(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)

    assert "Not used in this time." in text_of(browse(administrator).get(page_of(key)))


def test_the_list_tells_of_seven_days(browse, office, administrator, django_assert_max_num_queries):
    for _ in range(3):
        key, _secret = builders.make_api_key(office.ours)
        use(key, requests=700)
        use(key, days_ago=6, requests=77)
        use(key, days_ago=7, requests=5000)
    client = browse(administrator)

    page = text_of(client.get(url("changelist")))
    assert page.count(">777<") + page.count("777\n") >= 3
    with django_assert_max_num_queries(14):
        client.get(url("changelist"))


def test_addresses_and_logs_hold_nothing_of_the_key(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)
    client = browse(administrator)
    client.post(page_of(key), {**FORM, "name": "Neu"})

    pages = [text_of(client.get(one)) for one in (url("changelist"), page_of(key))]
    logged = [entry.object_id for entry in LogEntry.objects.all()]

    assert page_of(key).endswith(f"/{key.pk}/change/")
    digest = key.hashed_key.rpartition("$")[2]
    assert not [text for text in [*pages, *logged] if digest in text]


# --- revoking -----------------------------------------------------------------------------------


def test_a_revoked_key_is_refused_from_now_on(browse, office, administrator):
    key, secret = builders.make_api_key(office.ours)

    answer = browse(administrator).post(page_of(key, "revoke"), {"_form_submitted": "on"})

    assert answer["HX-Redirect"] == url("changelist")
    with pytest.raises(ApiKey.DoesNotExist):
        ApiKey.objects.get_from_key(secret)


def test_looking_at_the_question_revokes_nothing(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)

    page = text_of(browse(administrator).get(page_of(key, "revoke")))

    key.refresh_from_db()
    assert "Revoke this key?" in page
    assert not key.revoked


def test_revoking_is_written_down(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours)

    browse(administrator).post(page_of(key, "revoke"), {"_form_submitted": "on"})

    entry = LogEntry.objects.get(object_id=key.pk)
    assert entry.user == administrator
    assert "revoked" in entry.get_change_message().casefold()


def test_a_revoked_key_cannot_be_brought_back(browse, office, administrator):
    key, _secret = builders.make_api_key(office.ours, revoked=True)
    client = browse(administrator)

    page = text_of(client.get(page_of(key)))
    answer = client.post(page_of(key), {**FORM, "revoked": ""})

    key.refresh_from_db()
    assert answer.status_code == 403
    assert key.revoked
    assert reverse("admin:leads_apikey_revoke", args=[quote(key.pk)]) not in page


def test_no_key_is_deleted(browse, office):
    key, _secret = builders.make_api_key(office.ours)

    client = browse(builders.make_user(is_superuser=True))
    assert client.post(page_of(key, "delete"), {"post": "yes"}).status_code == 403


def test_an_expired_key_says_so(browse, office, administrator):
    builders.make_api_key(office.ours, expiry_date=timezone.now() - timedelta(days=1))

    assert "expired" in text_of(browse(administrator).get(url("changelist")))
