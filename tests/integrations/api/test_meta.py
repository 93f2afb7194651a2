"""Meta's webhook: verification, signature, and what is booked."""

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.models import Connection, LeadFetch
from leads.models import IntakeEntry, Lead, Outcome
from tests.builders import make_dealer, make_meta_connection
from tests.integrations.api.conftest import Sender, failing, sample

SECRET = "leadoffice-test-app-secret"
SIGNATURE = "sha256=5849a55bd75b2d9e3e157c93abdb268a34ec7d18cb74b1fee875c3a861a33ae5"


def meta_at(connection):
    return Sender(reverse("inbound:meta", args=[connection.address_key]))


def signed(body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.fixture
def connection(dealer):
    return make_meta_connection(dealer)


@pytest.fixture
def meta(connection):
    return meta_at(connection)


# --- verification ------------------------------------------------------------------------------


def verify(meta, **values):
    query = {"hub.mode": "subscribe", "hub.verify_token": "leadoffice-verify", **values}
    return meta.client.get(meta.path, query)


def test_the_challenge_comes_back_as_it_is(meta):
    answer = verify(meta, **{"hub.challenge": "1158201444 <b>&"})

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain"
    assert answer.content == b"1158201444 <b>&"


@pytest.mark.parametrize(
    "values",
    [
        {"hub.verify_token": "falsch"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "ä"},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": ""},
    ],
)
def test_another_token_is_refused(meta, values):
    answer = verify(meta, **{"hub.challenge": "115", **values})

    assert answer.status_code == 403
    assert b"115" not in answer.content


def test_without_a_token_of_our_own_nothing_is_verified(meta):
    Connection.objects.update(verify_token="")

    assert verify(meta, **{"hub.verify_token": ""}).status_code == 403


# --- calls -------------------------------------------------------------------------------------


def test_the_sample_is_booked_byte_for_byte_signed(meta, connection):
    answer = meta.post(sample("meta_webhook.json"), X_Hub_Signature_256=SIGNATURE)

    assert (answer.status_code, answer.content) == (200, b"")
    assert sorted(IntakeEntry.objects.values_list("message_id", flat=True)) == [
        "900000000000001",
        "900000000000002",
    ]
    assert LeadFetch.objects.filter(connection=connection, state="waiting").count() == 2
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X_Hub_Signature_256": ""},
        {"X_Hub_Signature_256": SIGNATURE[:-1] + "0"},
        {"X_Hub_Signature_256": SIGNATURE.upper()},
        {"X_Hub_Signature": "sha1=" + "0" * 40},
    ],
)
def test_without_the_right_signature_nothing_is_stored(meta, headers):
    answer = meta.post(sample("meta_webhook.json"), **headers)

    assert answer.status_code == 403
    assert not IntakeEntry.objects.exists()
    assert Connection.objects.get().refused == 1


def test_a_byte_more_is_another_body(meta):
    body = sample("meta_webhook.json") + b" "

    assert meta.post(body, X_Hub_Signature_256=SIGNATURE).status_code == 403


def test_two_secrets_are_valid_while_one_takes_over(meta, connection):
    now = timezone.now()
    connection.renew_secret("newer", now=now)
    connection.save()
    body = sample("meta_webhook.json")
    assert meta.post(body, X_Hub_Signature_256=signed(body, "newer")).status_code == 200
    assert meta.post(body, X_Hub_Signature_256=SIGNATURE).status_code == 200

    Connection.objects.update(previous_secret_until=now - timedelta(seconds=1))
    assert meta.post(body, X_Hub_Signature_256=SIGNATURE).status_code == 403


def test_a_connection_without_a_secret_takes_nothing(meta):
    Connection.objects.update(client_secret="")
    body = sample("meta_webhook.json")

    assert meta.post(body, X_Hub_Signature_256=signed(body, "")).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 30 + b"1" + b"}" * 30,
        b'{"a": "\\u0000"}',
        b'{"a": 1, "a": 2}',
    ],
    ids=lambda body: repr(body[:16]),
)
def test_a_signed_body_that_nobody_can_read_is_kept(meta, body):
    answer = meta.post(body, X_Hub_Signature_256=signed(body))

    assert answer.status_code == 200
    assert IntakeEntry.objects.get().outcome == Outcome.QUARANTINED


@pytest.mark.parametrize(
    "data",
    [
        {"object": "page", "entry": [{"changes": [{"field": "feed", "value": {"x": 1}}]}]},
        {"object": "user"},
        {"x": [1, {"y": None}]},
    ],
)
def test_other_news_are_no_business_of_ours(meta, data):
    body = json.dumps(data).encode()

    assert meta.post(body, X_Hub_Signature_256=signed(body)).status_code == 200
    assert not IntakeEntry.objects.exists()


def test_a_page_that_nobody_knows_is_kept_with_a_notice(meta):
    Connection.objects.update(page_id="1")
    meta.post(sample("meta_webhook.json"), X_Hub_Signature_256=SIGNATURE)

    assert set(IntakeEntry.objects.values_list("outcome", flat=True)) == {Outcome.QUARANTINED}
    assert "100000000000001" in Connection.objects.get().last_error


def test_a_batch_of_a_thousand_is_booked_at_once(meta, django_assert_max_num_queries):
    change = {"field": "leadgen", "value": {"page_id": 100000000000001, "form_id": 3}}
    changes = [
        {**change, "value": {**change["value"], "leadgen_id": number}} for number in range(1, 1001)
    ]
    body = json.dumps({"object": "page", "entry": [{"changes": changes}]}).encode()
    with django_assert_max_num_queries(20):
        answer = meta.post(body, X_Hub_Signature_256=signed(body))

    assert answer.status_code == 200
    assert LeadFetch.objects.count() == 1000


def test_a_connection_that_is_off_lets_meta_repeat_it(meta):
    Connection.objects.update(is_active=False)
    answer = meta.post(sample("meta_webhook.json"), X_Hub_Signature_256=SIGNATURE)

    assert answer.status_code == 403
    assert not IntakeEntry.objects.exists()


def test_over_1_mb_is_refused(meta):
    body = b" " * 2_000_000

    assert meta.post(body, X_Hub_Signature_256=signed(body)).status_code == 413


def test_if_it_cannot_be_booked_meta_repeats_it(meta):
    body = sample("meta_webhook.json")
    for table in ("leads_intakeentry", "integrations_leadfetch"):
        with failing(table):
            assert meta.post(body, X_Hub_Signature_256=SIGNATURE).status_code == 503
        assert not IntakeEntry.objects.exists()
    assert meta.post(body, X_Hub_Signature_256=SIGNATURE).status_code == 200


def test_the_address_and_its_secret_decide_about_the_dealer(meta, connection):
    other = make_meta_connection(make_dealer(), client_secret="other")
    body = sample("meta_webhook.json")
    assert meta_at(other).post(body, X_Hub_Signature_256=SIGNATURE).status_code == 403
    meta.post(body, X_Hub_Signature_256=SIGNATURE)

    assert {one.dealer for one in IntakeEntry.objects.all()} == {connection.dealer}
    assert not LeadFetch.objects.filter(connection=other).exists()


def test_an_address_that_is_nobodys_is_not_found(db):
    meta = Sender("/api/v1/meta/nobody")

    assert meta.post(b"{}").status_code == 404
    assert meta.client.get(meta.path).status_code == 404
