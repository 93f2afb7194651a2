"""Signing in at a partner that may refuse, and whether the secret stays one."""

import logging
import socket

import pytest

from integrations.http import PartnerMisconfigured, PartnerRefused, PartnerUnavailable
from integrations.signing_in import ClientCredentials, SignedInClient
from tests.integrations.rough_partner import Partner, drips, says

SECRET = "streng-geheim-123"


@pytest.fixture
def partner():
    with Partner() as partner:
        yield partner


@pytest.fixture
def signed_in(partner):
    credentials = ClientCredentials(
        token_url=f"{partner.url}/token", client_id="wir", client_secret=SECRET, scope="crm"
    )
    with SignedInClient(partner.url, credentials) as client:
        yield client


def token(text="abc", **values):
    return says(body={"access_token": text, "token_type": "Bearer", "expires_in": 300, **values})


def paths(partner):
    return [path for _method, path, _headers, _body in partner.requests]


def test_signs_in_once_and_keeps_the_token(partner, signed_in):
    partner.answers = [token(), says()]
    signed_in.request("GET", "/a")
    signed_in.request("GET", "/b")

    assert paths(partner) == ["/token", "/a", "/b"]
    method, _path, headers, body = partner.requests[0]
    assert method == "POST"
    assert headers["Authorization"].startswith("Basic ")
    assert body == b"grant_type=client_credentials&scope=crm"
    assert partner.requests[2][2]["Authorization"] == "Bearer abc"


def test_a_token_is_renewed_half_a_minute_before_it_ends(partner, signed_in):
    partner.answers = [token(expires_in=30), says(), token("def", expires_in=31), says()]
    for path in ("/a", "/b", "/c"):
        signed_in.request("GET", path)

    assert paths(partner) == ["/token", "/a", "/token", "/b", "/c"]


def test_a_withdrawn_token_is_replaced_once(partner, signed_in):
    partner.answers = [token(), says(401), token("def"), says(body={"ok": True})]

    assert signed_in.request("POST", "/a", json={"x": 1}) == {"ok": True}
    assert paths(partner) == ["/token", "/a", "/token", "/a"]
    assert partner.requests[3][2]["Authorization"] == "Bearer def"


def test_a_second_401_calls_a_person(partner, signed_in):
    partner.answers = [token(), says(401), token("def"), says(401)]

    with pytest.raises(PartnerMisconfigured):
        signed_in.request("GET", "/a")

    assert paths(partner) == ["/token", "/a", "/token", "/a"]


@pytest.mark.parametrize(
    "answer",
    [
        says(401, {"error": "invalid_client"}),
        says(400, {"error": "invalid_client"}),
        says(400, {"error": "invalid_scope"}),
        says(404, b"<html></html>"),
        says(403, b""),
        says(body={}),
        says(body=[]),
        says(body={"access_token": ""}),
        says(body={"access_token": "a\r\nX-Evil: 1"}),
        says(body={"access_token": {"a": 1}}),
        says(body={"access_token": "abc", "token_type": "mac"}),
    ],
)
def test_a_sign_in_refused_calls_a_person_and_is_not_repeated(partner, signed_in, answer):
    partner.answers = [answer]

    with pytest.raises(PartnerMisconfigured):
        signed_in.request("GET", "/a")

    assert paths(partner) == ["/token"]


@pytest.mark.parametrize("answer", [says(503), says(body=b"<html>")])
def test_a_sign_in_service_that_is_down_is_waited_for(partner, signed_in, answer):
    partner.answers = [answer]

    with pytest.raises(PartnerUnavailable):
        signed_in.request("GET", "/a")


def test_the_token_endpoint_has_the_same_limits(partner, signed_in):
    signed_in.total_timeout = 0.3
    partner.answers = [drips(b"HTTP/1.1 200 OK\r\n\r\n{", endless=b" ")]

    with pytest.raises(PartnerUnavailable):
        signed_in.request("GET", "/a")


def test_secrets_with_odd_characters_travel_safely(partner):
    credentials = ClientCredentials(
        token_url=f"{partner.url}/token", client_id="a:b", client_secret="ü €:%\r\n"
    )
    partner.answers = [token(), says()]
    with SignedInClient(partner.url, credentials) as client:
        client.request("GET", "/a")

    header = partner.requests[0][2]["Authorization"]
    assert header == "Basic YSUzQWI6JUMzJUJDKyVFMiU4MiVBQyUzQSUyNSUwRCUwQQ=="


@pytest.mark.parametrize(
    "answers",
    [
        [says(401, {"error": "invalid_client", "error_description": SECRET})],
        [token("TOKEN-XYZ"), says(400, {"code": "X", "detail": "PAYLOAD"})],
        [token("TOKEN-XYZ"), says(body=b"PAYLOAD is not JSON")],
        [token("TOKEN-XYZ"), says(401, b"PAYLOAD")],
        [token("TOKEN-XYZ"), lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)],
    ],
)
def test_neither_secrets_nor_payloads_get_into_exceptions_and_logs(
    partner, signed_in, caplog, answers
):
    caplog.set_level(logging.DEBUG)
    partner.answers = answers

    with pytest.raises((PartnerUnavailable, PartnerRefused, PartnerMisconfigured)) as raised:
        signed_in.request("POST", "/a", json={"name": "PAYLOAD"})

    shown = [caplog.text, repr(signed_in.__dict__["_credentials"])]
    error = raised.value
    while error is not None:
        shown.append(f"{error!r} {error.__dict__!r}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for word in (SECRET, "TOKEN-XYZ", "PAYLOAD"):
        assert word not in " ".join(shown)
