"""What a worker does between its jobs."""

from contextlib import nullcontext

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError

from leads.background.rounds import LONGEST_PAUSE, Round
from leads.background.worker import WorkerProcess
from tests.leads.background import examples
from tests.leads.background.examples import traces

PATH = "tests.leads.background.examples"


@pytest.fixture
def rows():
    examples.waiting[:] = [1, 2, 3]
    yield examples.waiting
    examples.waiting.clear()


def make_round(function, **values):
    return Round(name="round", function=function, seconds=1000, **values)


@pytest.mark.django_db(transaction=True)
class TestOfAWorker:
    def test_a_burst_calls_each_round_until_nothing_is_left(self, settings, rows):
        settings.ROUNDS = {f"{PATH}.handle_one": 30}
        examples.work.enqueue(1)

        WorkerProcess(is_burst=True).run()

        assert traces("round") == 3
        assert traces("work 1") == 1

    def test_a_round_that_fails_holds_nobody_up(self, settings, rows, caplog):
        settings.ROUNDS = {f"{PATH}.break_down": 30, f"{PATH}.handle_one": 30}
        examples.work.enqueue(1)

        WorkerProcess(is_burst=True).run()

        assert traces("round") == 3
        assert traces("work 1") == 1
        assert f"{PATH}.break_down failed: KeyError" in caplog.text
        assert "max@example.org" not in caplog.text

    def test_the_offices_own_rounds_find_nothing_in_an_empty_office(self, settings, caplog):
        assert settings.ROUNDS

        call_command("worker", "--burst")

        assert "failed" not in caplog.text


def test_comes_again_at_once_while_it_finds_work():
    found = [1, 1, 0]
    one = make_round(lambda: found.pop(0))

    assert [one.go(nullcontext()) for _ in range(5)] == [True, True, False, False, False]
    assert found == []


def test_waits_longer_after_each_failure_and_says_why():
    one = make_round(examples.break_down)
    one.seconds = 1
    pauses = []
    for _ in range(10):
        one.next_at = 0
        one.go(nullcontext())
        pauses.append(one._pause())

    assert pauses[:3] == [2, 4, 8]
    assert pauses[-1] == LONGEST_PAUSE
    assert one.trouble == "KeyError"


def test_a_success_takes_the_trouble_away():
    one = make_round(lambda: 0, failures=3, trouble="KeyError")

    one.go(nullcontext())

    assert (one.failures, one.trouble) == (0, "")


def test_a_database_that_is_away_is_the_workers_business_and_the_round_waits():
    called = []

    def ask():
        called.append(1)
        raise OperationalError

    one = make_round(ask)
    with pytest.raises(OperationalError):
        one.go(nullcontext())

    assert one.go(nullcontext()) is False  # or it would keep the worker from all jobs
    assert called == [1]


def test_a_refused_row_is_the_rounds_own_trouble():
    def store():
        raise IntegrityError

    one = make_round(store)

    assert one.go(nullcontext()) is False
    assert one.trouble == "IntegrityError"
