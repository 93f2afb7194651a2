"""What a key reads about itself, and how often it may ask."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from leads.models import ApiUsage
from leads.services.api_usage import count_error, count_request, usage_of
from tests.builders import make_api_key, make_dealer
from tests.leads.api.conftest import LEADS, ApiClient

ME = "/api/v1/me/"
CUSTOMERS = "/api/v1/customers/"
NOON = datetime(2026, 3, 2, 11, 0, 20, tzinfo=UTC)


def test_a_key_reads_about_itself(dealer):
    until = timezone.now().replace(microsecond=0) + timedelta(days=30)
    api = ApiClient(dealer, scopes=["tasks:read"], expiry_date=until, rate_per_minute=90)

    shown = api.get(ME).json()

    assert shown == {
        "name": "Website",
        "system": "website",
        "prefix": api.key.prefix,
        "scopes": ["tasks:read"],
        "creates_entries": True,
        "requests_per_minute": 90,
        "expires_at": timezone.localtime(until).isoformat(),
        "dealer": {"id": dealer.pk, "name": dealer.name},
        "usage_today": {"requests": 1, "errors": 0, "refused": 0},
    }


def test_a_key_without_rights_may_read_it_too(dealer):
    assert ApiClient(dealer, scopes=[]).get(ME).status_code == 200


def test_who_has_no_key_may_not(client, db, problem):
    problem(client.get(ME), 401)


def test_no_part_of_the_secret_is_in_it(api):
    assert api.secret.partition(".")[2] not in api.get(ME).content.decode()
    assert api.key.hashed_key not in api.get(ME).content.decode()


# --- how often ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "code"), [(LEADS, 200), (CUSTOMERS, 403), (LEADS + "9/", 404)])
def test_every_answer_says_how_much_is_left(dealer, path, code):
    api = ApiClient(dealer, rate_per_minute=50)

    response = api.get(path)

    assert response.status_code == code
    assert response["RateLimit-Policy"] == '"default";q=50;w=60'
    name, remaining, seconds = response["RateLimit"].split(";")
    assert (name, remaining) == ('"default"', "r=49")
    assert 1 <= int(seconds.removeprefix("t=")) <= 60


def test_one_too_many_is_told_to_wait(dealer, problem):
    api = ApiClient(dealer, rate_per_minute=3)
    # Should a new minute begin in between, the count begins again.
    responses = [api.get(LEADS) for _ in range(7)]

    refused = [one for one in responses if one.status_code == 429]
    assert refused
    document = problem(refused[0], 429)
    assert document["code"] == "throttled"
    assert 1 <= int(refused[0]["Retry-After"]) <= 60
    assert ";r=0;" in refused[0]["RateLimit"]
    assert ApiUsage.objects.get().refused == len(refused)


def test_a_refused_request_has_no_effect(dealer):
    api = ApiClient(dealer, rate_per_minute=1)
    ApiUsage.objects.create(
        dealer=dealer, key=api.key, day=timezone.localdate(), minute=2**40, in_minute=1
    )

    assert api.post({"subject": "Golf"}).status_code == 429
    assert not dealer.__class__.objects.get(pk=dealer.pk).last_lead_number


def test_each_key_has_a_limit_of_its_own(dealer):
    first = ApiClient(dealer, rate_per_minute=1)
    second = ApiClient(dealer, rate_per_minute=1, system="crm")

    assert first.get(LEADS).status_code == 200
    assert second.get(LEADS).status_code == 200


def test_who_has_no_key_is_told_nothing_about_limits(client, db):
    response = client.get(LEADS)

    assert not [name for name in response.headers if name.startswith("RateLimit")]
    assert not ApiUsage.objects.exists()


def test_requests_and_errors_are_counted(dealer):
    api = ApiClient(dealer)
    for path in (LEADS, LEADS, CUSTOMERS, LEADS + "9/"):
        api.get(path)
    api.post(b"{", LEADS)

    usage = ApiUsage.objects.get()
    assert (usage.key, usage.dealer, usage.day) == (api.key, dealer, timezone.localdate())
    assert (usage.requests, usage.errors, usage.refused) == (5, 3, 0)


def test_counting_takes_one_query(dealer, django_assert_num_queries):
    key, _secret = make_api_key(dealer)

    for moment in (NOON, NOON, NOON + timedelta(minutes=1)):
        with django_assert_num_queries(1):
            count_request(key, now=moment)


def test_the_minute_is_counted_and_then_begins_again(dealer):
    key, _secret = make_api_key(dealer, rate_per_minute=2)

    rates = [count_request(key, now=NOON) for _ in range(3)]
    later = count_request(key, now=NOON + timedelta(seconds=40))

    assert [(one.remaining, one.is_exceeded) for one in rates] == [
        (1, False),
        (0, False),
        (0, True),
    ]
    assert [one.seconds_left for one in (rates[0], later)] == [40, 60]
    assert (later.remaining, later.is_exceeded) == (1, False)
    assert ApiUsage.objects.get().refused == 1


def test_a_clock_that_is_behind_opens_no_new_minute(dealer):
    key, _secret = make_api_key(dealer, rate_per_minute=2)

    moments = [NOON + timedelta(minutes=1), NOON] * 2
    rates = [count_request(key, now=moment) for moment in moments]

    assert [one.is_exceeded for one in rates] == [False, False, True, True]


def test_each_day_has_its_figures(dealer):
    key, _secret = make_api_key(dealer)
    for moment in (NOON - timedelta(days=2), NOON, NOON):
        count_request(key, now=moment)
    count_error(key, now=NOON)

    days = usage_of(key, days=3, now=NOON)

    assert [(day.day.isoformat(), day.requests, day.errors) for day in days] == [
        ("2026-02-28", 1, 0),
        ("2026-03-01", 0, 0),
        ("2026-03-02", 2, 1),
    ]


def test_the_day_is_that_of_the_office(dealer):
    key, _secret = make_api_key(dealer)
    count_request(key, now=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))

    assert ApiUsage.objects.get().day.isoformat() == "2026-03-03"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the trigger is written for it")
def test_an_answer_is_given_though_its_error_cannot_be_counted(problem):
    api = ApiClient(make_dealer())
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full BEFORE UPDATE OF errors ON leads_apiusage"
            " WHEN new.errors > old.errors BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    try:
        problem(api.get(LEADS + "9/"), 404)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER full")

    assert ApiUsage.objects.get().errors == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs writers at the same time")
def test_requests_at_once_are_all_counted():
    key, _secret = make_api_key(make_dealer(), rate_per_minute=30)
    barrier, rates = threading.Barrier(8), []

    def ask():
        try:
            barrier.wait(timeout=20)
            rates.extend(count_request(key, now=NOON) for _ in range(5))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(rate.used for rate in rates) == list(range(1, 41))
    assert sum(rate.is_exceeded for rate in rates) == 10
    usage = ApiUsage.objects.get()
    assert (usage.requests, usage.refused) == (40, 10)
