"""The Vorgang at our door: answers that clients of Dr. Klein and KEX understand."""

import json
import uuid

import pytest
from django.db import connection

from leads.models import ApiKey, Enquiry, IntakeEntry, Lead, Outcome, UnmappedName
from tests.builders import make_dealer, make_location
from tests.integrations.api.conftest import Sender, failing, sample, with_key

VORGANG = "/api/v1/vorgang/"
REAL = "?environment=PRODUCTION"


@pytest.fixture
def klein(dealer):
    return with_key(dealer, VORGANG)


def vorgang(**values):
    body = json.loads(sample("drklein_vorgang_minimal.json"))
    body["vorgang"] |= values
    return json.dumps(body).encode()


def assert_refused(answer, status):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"message", "errors"}
    assert body["message"]
    assert all(set(one) == {"path", "message"} for one in body["errors"])
    return body


# --- taken -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "_flat", "_minimal", "_awkward"])
def test_each_sample_becomes_a_lead(klein, dealer, name):
    answer = klein.post(sample(f"drklein_vorgang{name}.json"), query=REAL)

    body = answer.json()
    lead = Lead.objects.for_dealer(dealer).get()
    assert answer.status_code == 201
    assert body["vorgangsnummer"] == lead.number
    assert uuid.UUID(body["vorgangsId"])
    assert uuid.UUID(body["antragsteller1"]["id"])
    assert ("antragsteller2" in body) == (name == "")
    assert bool(body["messages"]) == (name == "_awkward")
    assert "europaceVorgangsnummer" not in body
    assert lead.sender == "drklein:portal"
    assert not lead.is_test


def test_without_the_parameter_it_is_a_test_lead(klein):
    klein.post(sample("drklein_vorgang.json"))

    assert Lead.objects.get().is_test


@pytest.mark.parametrize("path", [VORGANG, "/api/v1/vorgang", "/api/v1/lead/", "/api/v1/lead"])
def test_four_spellings_of_the_address(dealer, path):
    klein = with_key(dealer, path)

    assert klein.post(sample("drklein_vorgang.json"), query=REAL).status_code == 201


def test_the_key_in_the_header_of_the_old_profile(dealer):
    klein = with_key(dealer, VORGANG)
    secret = klein.headers.pop("authorization").removeprefix("Bearer ")
    for value in (secret, f"Bearer {secret}"):
        answer = klein.post(sample("drklein_vorgang.json"), X_Authentication=value)
        assert answer.status_code == 201
    assert_refused(klein.post(b"{}", X_Authentication="eyJhbGciOi"), 401)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "application/x-www-form-urlencoded"],
)
def test_media_types_of_the_documents(klein, content_type):
    answer = klein.post(sample("drklein_vorgang.json"), content_type=content_type)

    assert answer.status_code == 201


def test_messages_name_the_path_and_not_the_value(klein):
    answer = klein.post(sample("drklein_vorgang_awkward.json"), Accept_Language="en")

    [birthday] = [one for one in answer.json()["messages"] if "geburtsdatum" in one]
    assert birthday.startswith("antragsteller1.personendaten.geburtsdatum: ")
    assert "17.04.1985" not in birthday


def test_the_branch_leads_to_a_location(klein, dealer):
    location = make_location(dealer, aliases=["B01"])
    klein.post(sample("drklein_vorgang.json"), query=REAL)

    assert Lead.objects.get().location == location


def test_sensitive_values_stand_in_the_encrypted_message_alone(klein):
    klein.post(sample("drklein_vorgang.json"), query=REAL)

    assert "DE89370400440532013000" in IntakeEntry.objects.get().raw
    with connection.cursor() as cursor:
        for model in (IntakeEntry, Lead, Enquiry, Lead.history.model):
            cursor.execute(f"SELECT * FROM {model._meta.db_table}")
            text = repr(cursor.fetchall())
            for secret in ("DE8937", "2850", "Musterbank", "00000000000"):
                assert secret not in text


def test_a_key_that_may_not_add_to_the_catalogues_does_not(dealer):
    careful = with_key(dealer, VORGANG, creates_entries=False)
    careful.post(vorgang(leadquelle="Ganz neu"), query=REAL)

    assert Lead.objects.get().source.key == "website"
    assert UnmappedName.objects.for_dealer(dealer).get(kind="source").name == "Ganz neu"


# --- settings of the key -----------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?environment=TEST", REAL])
def test_a_key_may_make_every_vorgang_real(dealer, query):
    klein = with_key(dealer, VORGANG, vorgang_always_real=True)
    body = vorgang(eigeneVorgangsnummer="7")
    first, again = klein.post(body, query=query), klein.post(body, query=REAL)

    lead = Lead.objects.get()
    assert (lead.is_test, lead.external_id) == (False, "7")
    assert json.loads(IntakeEntry.objects.get().raw)["leadoffice"] == {"environment": "PRODUCTION"}
    assert again.json() == first.json()


def test_a_key_that_makes_everything_real_does_so_for_its_own_calls_alone(klein, dealer):
    with_key(dealer, VORGANG, vorgang_always_real=True)
    klein.post(vorgang())

    assert Lead.objects.get().is_test


def flat(**values):
    return json.dumps({"antragsteller1": {"personendaten": {"nachname": "Weiß"}}} | values).encode()


@pytest.mark.parametrize(
    "values",
    [{}, {"kundenbetreuer": {}}, {"kundenbetreuer": {"partnerId": " "}}, {"kundenbetreuer": "x"}],
)
def test_a_strict_key_needs_the_adviser_of_a_flat_vorgang(dealer, values):
    strict = with_key(dealer, VORGANG, vorgang_is_strict=True)
    body = assert_refused(strict.post(flat(**values), query=REAL), 422)

    assert [one["path"] for one in body["errors"]] == ["kundenbetreuer.partnerId"]
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.QUARANTINED
    assert "kundenbetreuer.partnerId" in entry.reason
    assert not Lead.objects.exists()


def test_what_a_strict_key_takes(dealer):
    strict = with_key(dealer, VORGANG, vorgang_is_strict=True)
    named = flat(kundenbetreuer={"partnerId": "ABC12"})

    assert strict.post(named, query=REAL).status_code == 201
    assert strict.post(vorgang(), query=REAL).status_code == 201  # the envelope has no adviser
    nobody = b'{"kundenbetreuer": {"partnerId": "ABC12"}}'
    body = assert_refused(strict.post(nobody, query=REAL), 422)
    assert body["errors"][0]["path"].startswith("antragsteller1")


def test_usually_no_adviser_is_needed(klein):
    assert klein.post(flat(), query=REAL).status_code == 201


# --- once --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (vorgang(eigeneVorgangsnummer="L26-7"), {}),
        (vorgang(eigeneVorgangsnummer="Ä ö 7" * 60), {}),
        (vorgang(), {"Idempotency_Key": "abc"}),
        (vorgang(eigeneVorgangsnummer="L26-7"), {"Idempotency_Key": "x" * 200}),
        (sample("drklein_vorgang_flat.json"), {}),
    ],
)
def test_a_repeat_has_the_first_answer(klein, body, headers):
    first = klein.post(body, query=REAL, **headers)
    again = klein.post(body, query=REAL, **headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again["Idempotent-Replayed"] == "true"
    assert Lead.objects.count() == 1
    assert Enquiry.objects.count() == 1


@pytest.mark.parametrize(("number", "headers"), [("L26-7", {}), (None, {"Idempotency_Key": "abc"})])
def test_another_body_under_the_same_number_is_refused(klein, number, headers):
    klein.post(vorgang(eigeneVorgangsnummer=number), query=REAL, **headers)
    other = vorgang(eigeneVorgangsnummer=number, kommentare=["anders"])

    assert_refused(klein.post(other, query=REAL, **headers), 422)
    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.filter(outcome=Outcome.REJECTED).count() == 1


def test_the_header_wins_over_the_number(klein):
    klein.post(vorgang(eigeneVorgangsnummer="7"), query=REAL, Idempotency_Key="a")
    answer = klein.post(
        vorgang(eigeneVorgangsnummer="7", kommentare=["neu"]), query=REAL, Idempotency_Key="b"
    )

    assert answer.status_code == 201
    assert Lead.objects.get().message == "neu"


def test_a_test_does_not_stand_in_the_way_of_the_real_one(klein):
    body = vorgang(eigeneVorgangsnummer="7")
    klein.post(body)
    answer = klein.post(body, query=REAL)

    assert answer.status_code == 201
    assert sorted(Lead.objects.values_list("is_test", flat=True)) == [False, True]


def test_two_systems_have_their_own_numbers(klein, dealer):
    other = with_key(dealer, VORGANG, system="other")
    klein.post(vorgang(eigeneVorgangsnummer="7"), query=REAL)

    body = vorgang(eigeneVorgangsnummer="7", kommentare=["anders"])
    assert other.post(body, query=REAL).status_code == 201


def test_without_a_number_a_second_one_is_only_warned_of(klein):
    body = json.loads(sample("drklein_vorgang.json"))
    first = klein.post(json.dumps(body).encode(), query=REAL)
    again = klein.post(json.dumps(body).encode(), query=REAL)
    body["vorgang"]["finanzbedarf"]["fahrzeugkauf"]["modell"] = "Polo"
    other_car = klein.post(json.dumps(body).encode(), query=REAL)

    assert first.json()["messages"] == []
    assert len(again.json()["messages"]) == 1
    assert other_car.json()["messages"] == []
    assert Enquiry.objects.count() == 3


def test_a_bad_idempotency_key_is_refused(klein):
    assert_refused(klein.post(vorgang(), Idempotency_Key="mit Leerzeichen"), 400)


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 30 + b"1" + b"}" * 30,
        b'{"a": "\\u0000"}',
        b'{"a": "\\udc00"}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
    ],
    ids=lambda body: repr(body[:16]),
)
def test_what_is_no_json_object_is_refused_and_kept(klein, body):
    assert_refused(klein.post(body), 400)
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.REJECTED
    assert entry.reason


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"vorgang": {}},
        {"vorgang": "x"},
        {"antragsteller1": 5},
        {"antragsteller1": {"personendaten": {"email": "kaputt", "vorname": None}}},
        {"antragsteller2": {"personendaten": {"nachname": "Weiß"}}},
    ],
)
def test_nobody_to_talk_to_is_refused_and_waits_in_quarantine(klein, body):
    answer = assert_refused(klein.post(json.dumps(body).encode()), 422)

    assert answer["errors"][0]["path"].startswith("antragsteller1")
    assert IntakeEntry.objects.get().outcome == Outcome.QUARANTINED
    assert not Lead.objects.exists()


def test_after_an_error_the_number_is_free_again(klein):
    body = {"eigeneVorgangsnummer": "7"}
    assert_refused(klein.post(json.dumps(body).encode(), query=REAL), 422)

    body["antragsteller1"] = {"personendaten": {"nachname": "Weiß"}}
    assert klein.post(json.dumps(body).encode(), query=REAL).status_code == 201


def test_over_1_mb_is_refused(klein):
    assert_refused(klein.post(b'{"a": "' + b"x" * 2_000_000 + b'"}'), 413)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
def test_other_media_types_are_refused(klein, content_type):
    assert_refused(klein.post(vorgang(), content_type=content_type), 415)


def test_without_a_key_nothing_is_taken(db):
    assert_refused(Sender(VORGANG).post(vorgang()), 401)
    assert not IntakeEntry.objects.exists()


def test_a_key_that_may_not_write_is_refused(dealer):
    assert_refused(with_key(dealer, VORGANG, scopes=["leads:read"]).post(vorgang()), 403)
    assert not IntakeEntry.objects.exists()


def test_a_key_that_asks_too_often_waits(dealer):
    klein = with_key(dealer, VORGANG, rate_per_minute=1)
    klein.post(vorgang())

    assert_refused(klein.post(vorgang()), 429)


def test_only_post_is_known(klein):
    assert klein.client.get(VORGANG, headers=klein.headers).status_code == 405


def test_trouble_of_our_own_is_503_and_nothing_is_half_done(klein):
    body = vorgang(eigeneVorgangsnummer="7")
    for table in ("leads_intakeentry", "leads_lead", "leads_idempotencyrecord"):
        with failing(table):
            assert_refused(klein.post(body, query=REAL), 503)
    assert klein.post(body, query=REAL).status_code == 201
    assert Lead.objects.count() == 1


def test_the_key_decides_about_the_dealer(klein, dealer):
    other = with_key(make_dealer(), VORGANG)
    body = vorgang(eigeneVorgangsnummer="7")
    first, second = klein.post(body, query=REAL), other.post(body, query=REAL)

    assert first.json()["vorgangsId"] != second.json()["vorgangsId"]
    assert {one.dealer for one in Lead.objects.all()} == {
        key.dealer for key in ApiKey.objects.all()
    }


def test_nothing_personal_is_logged(klein, caplog):
    klein.post(sample("drklein_vorgang.json"))
    klein.post(sample("drklein_vorgang.json")[:-20])

    for secret in ("Mustermann", "DE8937", "04069001"):
        assert secret not in caplog.text
