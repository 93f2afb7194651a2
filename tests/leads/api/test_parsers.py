"""Bodies that two programs could understand differently do not come in."""

import json

import pytest
from rest_framework.exceptions import ParseError

from leads.api.parsers import MAX_BYTES, parse_object
from leads.models import IntakeEntry, Lead, Outcome


def nested(depth):
    """An object with that many levels."""
    return ('{"a":' * depth) + "1" + "}" * depth


def test_reads_an_object():
    body = '{"titel": "Größe ✓", "n": [1, 2.5, -3, null, true, {"x": "y"}]}'

    assert parse_object(body.encode()) == json.loads(body)


def test_twenty_levels_are_allowed():
    assert parse_object(nested(20).encode())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"{'a': 1}", "invalid_json"),
        (b'{"a": 1,}', "invalid_json"),
        (b'{"a": 1} {"b": 2}', "invalid_json"),
        (b'{"a": "\n"}', "invalid_json"),
        (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
        (b"null", "not_an_object"),
        (b"[]", "not_an_object"),
        (b'"text"', "not_an_object"),
        (b"1", "not_an_object"),
        (b'{"a": NaN}', "invalid_number"),
        (b'{"a": Infinity}', "invalid_number"),
        (b'{"a": -Infinity}', "invalid_number"),
        (b'{"a": 1e999}', "invalid_number"),
        (b'{"a": -1e999}', "invalid_number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "invalid_number"),
        (b'{"a": 1, "a": 2}', "duplicate_name"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "duplicate_name"),
        (b'{"a": "\xff"}', "invalid_encoding"),
        (b'{"a": "\xed\xa0\x80"}', "invalid_encoding"),
        ('{"a": "b"}'.encode("utf-16"), "invalid_encoding"),
        (b'{"a": "\\u0000"}', "invalid_character"),
        (b'{"a": ["x\\u0000y"]}', "invalid_character"),
        (b'{"a\\u0000": 1}', "invalid_character"),
        (b'{"a": "\\ud800"}', "invalid_character"),
        (b'{"a": {"\\udfff": 1}}', "invalid_character"),
        (nested(21).encode(), "too_deep"),
        (nested(500).encode(), "too_deep"),
        (nested(100_000).encode(), "too_deep"),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "too_deep"),
    ],
)
def test_refuses_an_ambiguous_body(body, code):
    with pytest.raises(ParseError) as caught:
        parse_object(body)

    assert caught.value.get_codes() == code


def test_a_surrogate_pair_is_one_character():
    assert parse_object(b'{"a": "\\ud83d\\ude97"}') == {"a": "🚗"}


@pytest.mark.parametrize("body", [b"{", b'{"a": 1e999}', b'{"a": 1, "a": 2}', b"\xff", b"[1]"])
def test_a_refused_body_is_answered_and_kept(api, problem, body):
    document = problem(api.post(body), 400)

    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.REJECTED
    assert entry.raw == body.decode(errors="backslashreplace")
    assert entry.reason == document["detail"]
    assert not Lead.objects.exists()


def test_a_body_over_the_limit_is_refused_and_its_beginning_kept(api, problem):
    body = b'{"subject": "' + b"x" * 8 * 1024 * 1024 + b'"}'

    assert problem(api.post(body), 413)["code"] == "too_large"

    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.REJECTED
    assert entry.raw == body[: 64 * 1024].decode()


def test_a_body_of_exactly_the_limit_is_read(api, problem):
    frame = b'{"subject": "x", "message": ""}'
    body = frame[:-2] + b"x" * (MAX_BYTES - len(frame)) + frame[-2:]

    assert len(body) == MAX_BYTES
    assert problem(api.post(body), 400)["errors"][0]["code"] == "max_length"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=iso-8859-1",
        "application/json; charset=bz2_codec",
        "nonsense",
    ],
)
def test_another_content_type_is_refused_and_kept(api, problem, content_type):
    response = api.post(b'{"subject": "Golf"}', content_type=content_type)

    assert problem(response, 415)["code"] == "unsupported_media_type"
    assert IntakeEntry.objects.get().raw == '{"subject": "Golf"}'


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=UTF-8", "Application/JSON"]
)
def test_json_in_utf8_is_read(api, content_type):
    assert api.post(b'{"subject": "Golf"}', content_type=content_type).status_code == 201


def test_a_chunked_body_is_refused_instead_of_taken_for_empty(api, problem):
    response = api.client.generic(
        "POST",
        "/api/v1/leads/",
        b"",
        "application/json",
        headers={**api.headers, "Transfer-Encoding": "chunked"},
    )

    assert problem(response, 411)["code"] == "length_required"
