"""The same POST twice makes one lead."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from leads.api.idempotency import StillRunning, answer_once
from leads.models import IdempotencyRecord, IntakeEntry, Lead, Outcome
from tests.builders import make_customer, make_dealer
from tests.leads.api.conftest import ApiClient

BODY = {"subject": "Golf gesucht", "contact": {"name": "Erika Musterfrau"}}


def test_the_same_key_and_body_bring_the_stored_answer(api):
    first = api.post(BODY, idempotency_key="k-1")
    Lead.objects.update(subject="Von Hand geändert")
    second = api.post(BODY, idempotency_key="k-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second["Location"] == first["Location"]
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Lead.objects.count() == 1


def test_a_repeat_adds_nothing_to_the_ledger(api):
    api.post(BODY, idempotency_key="k-1")
    api.post(BODY, idempotency_key="k-1")

    assert IntakeEntry.objects.count() == 1


def test_other_blanks_and_order_are_the_same_body(api):
    api.post(b'{"subject":"Golf","note":"x"}', idempotency_key="k-1")

    response = api.post(b'{ "note": "x",  "subject": "Golf" }', idempotency_key="k-1")

    assert response["Idempotent-Replayed"] == "true"


def test_without_a_key_each_request_counts(api):
    api.post(BODY)
    api.post(BODY)

    assert Lead.objects.count() == 2
    assert not IdempotencyRecord.objects.exists()


def test_the_same_key_with_another_body_is_refused_and_kept(api, problem):
    api.post(BODY, idempotency_key="k-1")

    document = problem(api.post({"subject": "Polo"}, idempotency_key="k-1"), 422)

    assert document["code"] == "idempotency_key_reused"
    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.order_by("pk").last().outcome == Outcome.REJECTED


@pytest.mark.parametrize("bad", [{"farbe": 1}, {}, {"customer": {"id": 99}}])
def test_an_error_leaves_the_key_free(api, bad):
    assert api.post(bad, idempotency_key="k-1").status_code in (400, 422)

    response = api.post(BODY, idempotency_key="k-1")

    assert response.status_code == 201
    assert IntakeEntry.objects.get(lead__isnull=False).raw  # the right body, not the first one
    assert "Idempotent-Replayed" not in response


def test_the_stored_answer_comes_even_if_the_request_could_not_be_granted_again(api, dealer):
    customer = make_customer(dealer)
    body = {"subject": "Golf", "customer": {"id": customer.pk}}
    first = api.post(body, idempotency_key="k-1")
    Lead.objects.update(customer=None)
    customer.delete()

    assert api.post(body, idempotency_key="k-1").json() == first.json()


def test_an_answer_is_kept_for_thirty_days(api, time_machine):
    time_machine.move_to("2026-03-02T10:00:00+01:00", tick=False)
    api.post(BODY, idempotency_key="k-1")
    time_machine.move_to("2026-04-01T10:59:59+02:00", tick=False)
    within = api.post(BODY, idempotency_key="k-1")
    time_machine.move_to("2026-04-01T11:00:01+02:00", tick=False)
    after = api.post({"subject": "Polo"}, idempotency_key="k-1")

    assert within["Idempotent-Replayed"] == "true"
    assert (after.status_code, after.json()["subject"]) == (201, "Polo")
    assert Lead.objects.count() == 2
    raws = IntakeEntry.objects.order_by("pk").values_list("raw", flat=True)
    assert ["Polo" in raw for raw in raws] == [False, True]


def test_keys_of_two_systems_or_dealers_do_not_meet(dealer):
    clients = [
        ApiClient(dealer, system="website"),
        ApiClient(dealer, system="crm"),
        ApiClient(make_dealer(), system="website"),
    ]

    answers = [client.post(BODY, idempotency_key="k-1") for client in clients]

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert Lead.objects.count() == 3


def test_a_renewed_key_of_the_same_system_finds_the_answer(dealer):
    ApiClient(dealer, system="crm").post(BODY, idempotency_key="k-1")

    response = ApiClient(dealer, system="crm").post(BODY, idempotency_key="k-1")

    assert response["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["k" * 200, "!~", "b9d0a1c2-0000-4000-8000-000000000000"])
def test_printable_ascii_up_to_200_is_a_key(api, key):
    assert api.post(BODY, idempotency_key=key).status_code == 201
    assert api.post(BODY, idempotency_key=key)["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 201, "schlüssel", "a\x00", "a\x7f"])
def test_anything_else_is_not(api, problem, key):
    document = problem(api.post(BODY, idempotency_key=key), 400)

    assert document["errors"][0]["field"] == "Idempotency-Key"
    assert document["errors"][0]["code"] == "invalid_idempotency_key"
    assert not Lead.objects.exists()


def test_the_stored_answer_is_encrypted(api):
    api.post(BODY, idempotency_key="k-1")

    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM leads_idempotencyrecord")
        [body] = cursor.fetchone()
    assert "Musterfrau" not in body


only_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'",
    reason="SQLite lets one transaction write at a time; there is nothing to race for",
)


@pytest.fixture
def run_together():
    """Calls a function in that many threads, all let go at the same moment."""

    def run(function, times):
        ready = threading.Barrier(times)

        def one(_n):
            ready.wait()
            try:
                return function()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    return run


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_key_make_one_lead(api, run_together):
    answers = run_together(lambda: api.post(BODY, idempotency_key="k-1"), 20)

    statuses = sorted({answer.status_code for answer in answers})
    assert statuses in ([201], [201, 409])
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "request_in_progress"
            assert answer["Retry-After"] == "1"
    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.count() == 1
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1


@only_postgresql
@pytest.mark.django_db(transaction=True)
def test_while_the_first_one_runs_a_second_is_told_to_wait(api, problem):
    inside, may_end = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            answer_once(api.key, "k-1", "hash", lambda: wait(), now=None)
        connections.close_all()

    def wait():
        inside.set()
        may_end.wait(20)
        raise StillRunning  # ends without an answer

    def held():
        with pytest.raises(StillRunning):
            hold()
        connections.close_all()

    holder = threading.Thread(target=held)
    holder.start()
    assert inside.wait(20)
    during = api.post(BODY, idempotency_key="k-1")
    other_key = api.post(BODY, idempotency_key="k-2")
    may_end.set()
    holder.join()
    after = api.post(BODY, idempotency_key="k-1")

    assert problem(during, 409)["code"] == "request_in_progress"
    assert during["Retry-After"] == "1"
    assert (other_key.status_code, after.status_code) == (201, 201)


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_without_a_key_all_arrive(api, run_together):
    numbers = iter(range(100))

    def post():
        return api.post({"external_id": f"w-{next(numbers)}", "subject": "Golf"})

    answers = run_together(post, 8)

    assert [answer.status_code for answer in answers] == [201] * 8
    assert len(set(Lead.objects.values_list("number", flat=True))) == 8


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_with_one_external_id_make_one_lead(api, run_together):
    answers = run_together(lambda: api.post({"external_id": "w-1", "subject": "Golf"}), 8)

    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert Lead.objects.count() == 1
