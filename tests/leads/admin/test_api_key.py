"""API keys: shown once, then never again; each keeps to its dealer."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from leads.models import ApiKey, Role, Scope
from tests import builders
from tests.leads.admin.conftest import text_of

FORM = {"name": "Website", "system": "website", "scopes": ["leads:read", "leads:write"]}


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


@pytest.mark.parametrize("scopes", [[], ["customers:read"], ["leads:read", "*"]])
def test_rights_are_chosen_from_those_there_are(browse, administrator, scopes):
    response, _secret = make(browse, administrator, scopes=scopes)

    assert list(response.context["adminform"].form.errors) == ["scopes"]


def test_both_rights_are_suggested(browse, administrator):
    form = browse(administrator).get(url("add")).context["adminform"].form

    assert [box.data["selected"] for box in form["scopes"]] == [True, True]


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
        page_of(key), {"name": "Neuer Name", "system": "anders", "scopes": ["leads:read"]}
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
