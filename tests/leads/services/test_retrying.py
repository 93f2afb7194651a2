"""A transaction that the database sacrificed is run again, and only that."""

import threading

import pytest
from django.db import OperationalError, connection, transaction

from leads.models import Dealer
from leads.services.retrying import ATTEMPTS, retried
from tests import builders


class LostRace(Exception):
    sqlstate = "40P01"


def lost_race():
    error = OperationalError("deadlock detected")
    error.__cause__ = LostRace()
    return error


class Flaky:
    """Fails a number of times before it succeeds."""

    __name__ = "flaky"

    def __init__(self, *errors):
        self.errors = list(errors)
        self.calls = 0

    def __call__(self):
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


@pytest.mark.django_db(transaction=True)
def test_a_lost_race_is_run_again():
    flaky = Flaky(lost_race(), lost_race(), lost_race())

    assert retried(flaky)() == "done"
    assert flaky.calls == ATTEMPTS


@pytest.mark.django_db(transaction=True)
def test_it_is_not_tried_for_ever():
    flaky = Flaky(*[lost_race() for _ in range(ATTEMPTS)])

    with pytest.raises(OperationalError):
        retried(flaky)()


@pytest.mark.django_db(transaction=True)
def test_other_trouble_of_the_database_is_raised_at_once():
    flaky = Flaky(OperationalError("server closed the connection"))

    with pytest.raises(OperationalError):
        retried(flaky)()
    assert flaky.calls == 1


@pytest.mark.django_db
def test_within_a_transaction_nothing_is_repeated():
    flaky = Flaky(lost_race())

    with pytest.raises(OperationalError), transaction.atomic():
        retried(flaky)()
    assert flaky.calls == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_two_who_wait_for_each_other_both_finish():
    """A real deadlock: each holds one row and wants the other's."""
    first, second = builders.make_dealer(), builders.make_dealer()
    both_hold_one = threading.Barrier(2, timeout=10)
    problems = []

    @retried
    @transaction.atomic
    def work(mine, other, meeting):
        Dealer.objects.select_for_update().get(pk=mine.pk)
        if meeting:
            meeting.pop().wait()
        Dealer.objects.filter(pk=other.pk).update(reopen_days=7)

    def run(mine, other):
        try:
            work(mine, other, [both_hold_one])
        except Exception as error:
            problems.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=pair) for pair in ((first, second), (second, first))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert list(Dealer.objects.values_list("reopen_days", flat=True)) == [7, 7]
