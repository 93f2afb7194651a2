"""Google's webhook: what Google hears, and what became of its leads."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from integrations import arrivals
from integrations.models import Connection
from leads.models import IntakeEntry, Lead, Outcome
from tests.builders import make_dealer, make_google_connection, make_location
from tests.integrations.api.conftest import Sender, failing, sample

KEY = "leadoffice-sample-google-key"


def google_at(connection, **headers):
    path = reverse("inbound:google-ads", args=[connection.address_key])
    return Sender(path, "application/json; charset=UTF-8", **headers)


@pytest.fixture
def connection(dealer):
    return make_google_connection(dealer)


@pytest.fixture
def google(connection):
    return google_at(connection)


def lead(**values):
    """The body of the sample, changed; None takes a property out."""
    body = {**json.loads(sample("google_lead.json")), **values}
    return json.dumps({name: value for name, value in body.items() if value is not None}).encode()


def assert_refused(answer, status):
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    assert set(answer.json()) == {"message"}
    assert answer.json()["message"]


# --- stored ------------------------------------------------------------------------------------


def test_the_sample_becomes_a_lead(google, dealer):
    answer = google.post(sample("google_lead.json"))

    assert (answer.status_code, answer.json()) == (200, {})
    stored = Lead.objects.for_dealer(dealer).get()
    assert (stored.first_name, stored.last_name) == ("Erika", "Müßig")
    assert stored.external_id == "TeSter-0000-LeadOffice-AAAA-0001"
    assert not stored.is_test
    assert stored.source.key == "google_ads"


def test_it_is_booked_without_its_key(google):
    google.post(sample("google_lead.json"))

    raw = IntakeEntry.objects.get().raw
    sent = json.loads(sample("google_lead.json"))
    kept = json.loads(raw)
    assert KEY not in raw
    assert {name: kept[name] for name in sent if name != "google_key"} == {
        name: value for name, value in sent.items() if name != "google_key"
    }


def test_a_repeat_hears_the_same_and_is_one_lead(google):
    for _time in range(3):
        answer = google.post(sample("google_lead.json"))
        assert (answer.status_code, answer.json()) == (200, {})

    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.get().times_received == 3


def test_a_repeat_after_a_change_of_the_settings_is_a_repeat(google, connection):
    google.post(sample("google_lead.json"))
    Connection.objects.update(default_campaign="Herbst")
    google.post(sample("google_lead.json"))

    assert IntakeEntry.objects.get().times_received == 2
    assert Lead.objects.get().campaign == "20000000001"


def test_what_the_connection_says_about_its_leads_is_true_of_them(google, connection, dealer):
    location = make_location(dealer, name="Filiale Süd")
    Connection.objects.update(
        location=location,
        default_source="Google Süd",
        default_campaign="Frühjahr",
        consent_text="Datenschutz Stand 3/2026",
    )
    google.post(sample("google_lead.json"))

    stored = Lead.objects.get()
    assert (stored.location, stored.source.name) == (location, "Google Süd")
    assert stored.campaign == "Frühjahr"
    assert [one["text"] for one in stored.consents] == ["Datenschutz Stand 3/2026"]


def test_a_test_lead_is_marked_and_changed_by_the_next_one(google):
    first = json.loads(sample("google_lead_test.json"))
    second = {**first, "user_column_data": [{"column_id": "FULL_NAME", "string_value": "Eva Test"}]}
    for body in (first, second, second):
        answer = google.post(json.dumps(body).encode())
        assert (answer.status_code, answer.json()) == (200, {})

    stored = Lead.objects.get()
    assert stored.is_test
    assert stored.last_name == "Test"


def test_what_no_lead_can_be_made_of_is_no_error_for_google(google):
    """Columns of the wrong type are read as none; the lead is there, and says what is missing."""
    answer = google.post(lead(user_column_data="?", form_id=[1], is_test="x"))

    assert answer.status_code == 200
    assert Lead.objects.get().warnings[0]["code"] == "not_contactable"


# --- refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, "", "falsch", 5, ["x"], KEY + " ", KEY[:-1]])
def test_a_wrong_key_is_refused_and_nothing_is_stored(google, key):
    assert_refused(google.post(lead(google_key=key)), 403)
    assert not IntakeEntry.objects.exists()
    connection = Connection.objects.get()
    assert connection.refused == 1
    assert connection.last_error


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 30 + b"1" + b"}" * 30,
        b'{"lead_id": "a\\u0000"}',
        b'{"lead_id": "\\ud800"}',
        b'{"lead_id": 1e999}',
        b'{"lead_id": NaN}',
        b'{"lead_id": "1", "lead_id": "2"}',
        b'{"lead_id": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:16]),
)
def test_an_unreadable_body_is_kept_in_quarantine(google, body):
    assert_refused(google.post(body), 400)
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.QUARANTINED
    assert entry.reason
    assert not Lead.objects.exists()


def test_the_key_is_taken_out_of_an_unreadable_body_too(google):
    google.post(b'{"lead_id": "1", "google_key" : "' + KEY.encode() + b'", oops')

    raw = IntakeEntry.objects.get().raw
    assert KEY not in raw
    assert "oops" in raw


@pytest.mark.parametrize("lead_id", [None, "", "  ", True, {}, "x" * 200])
def test_without_a_lead_id_it_is_quarantined_and_refused(google, lead_id):
    assert_refused(google.post(lead(lead_id=lead_id)), 400)
    assert IntakeEntry.objects.get().outcome == Outcome.QUARANTINED


def test_a_lead_id_may_be_a_number(google):
    assert google.post(lead(lead_id=4711)).status_code == 200
    assert Lead.objects.get().external_id == "4711"


def test_a_body_over_1_mb_is_refused_and_its_beginning_kept(google):
    assert_refused(google.post(b'{"lead_id": "' + b"x" * 2_000_000), 413)
    entry = IntakeEntry.objects.get()
    assert entry.outcome == Outcome.QUARANTINED
    assert len(entry.raw) < 100_000


def test_a_connection_that_is_off_refuses_and_warns(google):
    Connection.objects.update(is_active=False)
    for body in (sample("google_lead.json"), b"{"):
        assert_refused(google.post(body), 403)

    connection = Connection.objects.get()
    assert not IntakeEntry.objects.exists()
    assert "Google" in connection.last_error
    assert connection.refused == 2


def test_an_address_that_is_nobodys_is_not_found(db, dealer):
    path = "/api/v1/google-ads/nobody"
    assert_refused(Sender(path).post(sample("google_lead.json")), 404)


def test_a_key_in_the_clear_is_refused(google):
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_REDIRECT_EXEMPT=[r"^api/v1/"]):
        assert_refused(google.post(sample("google_lead.json")), 403)
    assert not IntakeEntry.objects.exists()


def test_only_post_is_known(google):
    assert google.client.get(google.path).status_code == 405


def test_the_address_works_with_and_without_its_last_slash(google, connection):
    google.path += "/"
    assert google.post(sample("google_lead.json")).status_code == 200


# --- keys --------------------------------------------------------------------------------------


def test_two_keys_are_valid_while_one_takes_over_from_the_other(google, connection):
    now = timezone.now()
    connection.renew_secret("neuer-schluessel", now=now)
    connection.save()
    assert google.post(lead(lead_id="1")).status_code == 200
    assert google.post(lead(lead_id="2", google_key="neuer-schluessel")).status_code == 200

    Connection.objects.update(previous_secret_until=now - timedelta(seconds=1))
    assert google.post(lead(lead_id="3")).status_code == 403
    assert google.post(lead(lead_id="4", google_key="neuer-schluessel")).status_code == 200


def test_a_connection_without_a_key_takes_nothing(google):
    Connection.objects.update(client_secret="")
    for key in ("", None):
        assert google.post(lead(google_key=key)).status_code == 403


# --- walls -------------------------------------------------------------------------------------


def test_the_address_decides_about_the_dealer_and_nothing_in_the_body(google, dealer):
    other = make_google_connection(make_dealer(), client_secret="anderer")
    location = make_location(other.dealer, name="Filiale Nord")
    wish = {"column_id": "PREFERRED_LOCATION", "string_value": location.name}
    google.post(lead(dealer=other.dealer.pk, user_column_data=[wish]))
    assert google_at(other).post(sample("google_lead.json")).status_code == 403

    stored = Lead.objects.get()
    assert (stored.dealer, stored.location) == (dealer, None)


def test_the_same_lead_id_at_two_dealers_is_two_leads(google, dealer):
    other = make_google_connection(make_dealer())
    google.post(sample("google_lead.json"))
    google_at(other).post(sample("google_lead.json"))

    assert {one.dealer for one in Lead.objects.all()} == {dealer, other.dealer}


def test_a_dealer_that_is_inactive_has_no_door(google, dealer):
    dealer.is_active = False
    dealer.save()
    assert google.post(sample("google_lead.json")).status_code == 404


# --- trouble of our own ------------------------------------------------------------------------


def test_if_it_cannot_be_booked_google_repeats_it(google):
    with failing("leads_intakeentry"):
        assert_refused(google.post(sample("google_lead.json")), 503)
    assert google.post(sample("google_lead.json")).status_code == 200
    assert Lead.objects.count() == 1


def test_what_is_booked_is_received_and_becomes_a_lead_later(google):
    with failing("leads_lead"):
        assert google.post(sample("google_lead.json")).status_code == 200
    assert not Lead.objects.exists()
    assert IntakeEntry.objects.get().outcome == ""

    now = timezone.now()
    assert arrivals.finish_interrupted(now=now) == 0  # somebody may be about to do it
    assert arrivals.finish_interrupted(now=now + timedelta(minutes=2)) == 1
    assert arrivals.finish_interrupted(now=now + timedelta(minutes=2)) == 0
    assert Lead.objects.get().last_name == "Müßig"


def test_a_repeat_finishes_what_was_left_behind(google):
    with failing("leads_lead"):
        google.post(sample("google_lead.json"))
    google.post(sample("google_lead.json"))

    assert Lead.objects.count() == 1


def test_nothing_personal_is_logged(google, caplog):
    google.post(lead(google_key="x"))
    google.post(sample("google_lead.json")[:-30])
    with failing("leads_lead"):
        google.post(sample("google_lead.json"))

    for secret in ("Erika", "Müßig", "muessig", "04069088", KEY):
        assert secret not in caplog.text


def test_the_connection_counts_and_tells_its_last_success(google):
    google.post(lead(lead_id="1"))
    google.post(lead(lead_id="2"))

    connection = Connection.objects.get()
    assert connection.received == 2
    assert connection.last_success_at is not None


# --- at the same moment ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_same_lead_twelve_times_at_once_is_one_lead():
    dealer = make_dealer()
    google = google_at(make_google_connection(dealer))

    def send(_number):
        try:
            return google_client_of(google).post(sample("google_lead.json")).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(12)))

    assert answers == [200] * 12
    assert Lead.objects.for_dealer(dealer).count() == 1
    assert IntakeEntry.objects.count() == 1


def google_client_of(google):
    """A client of its own for a thread."""
    return Sender(google.path, google.content_type)
