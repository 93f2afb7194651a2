"""Signatures that the published library of the specification accepts."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from integrations.webhooks.signing import new_secret, signed_headers

BODY = '{"type":"lead.created","data":{"ort":"Köln"}}'


def test_a_secret_is_32_random_bytes_with_its_prefix():
    first, second = new_secret(), new_secret()

    assert first != second
    assert first.startswith("whsec_")
    assert len(Webhook(first)._whsecret) == 32


def test_the_published_library_accepts_the_signature():
    secret = new_secret()
    headers = signed_headers("msg_1", BODY, secrets=[secret], now=timezone.now())

    assert Webhook(secret).verify(BODY.encode(), headers)["data"] == {"ort": "Köln"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY.replace("created", "deleted"), headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, {**headers, "webhook-id": "msg_2"})


def test_the_time_is_the_same_in_every_zone():
    secret, now = new_secret(), timezone.now().astimezone(ZoneInfo("Europe/Berlin"))

    assert Webhook(secret).verify(BODY, signed_headers("msg_1", BODY, secrets=[secret], now=now))


def test_an_old_attempt_cannot_be_replayed():
    secret, long_ago = new_secret(), timezone.now() - timedelta(minutes=10)

    headers = signed_headers("msg_1", BODY, secrets=[secret], now=long_ago)

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, headers)


def test_several_secrets_sign_side_by_side():
    new, old, foreign = new_secret(), new_secret(), new_secret()
    headers = signed_headers("msg_1", BODY, secrets=[new, old], now=timezone.now())

    assert Webhook(new).verify(BODY, headers)
    assert Webhook(old).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(foreign).verify(BODY, headers)
