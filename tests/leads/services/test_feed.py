"""The change feed: no reader misses an event, however late it was committed."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from leads.models import Event, EventKind
from leads.services import feed
from leads.services.events import customer_event, lead_event, record
from leads.services.feed import PositionNotGiven, read_feed
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
on_postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="SQLite lets one transaction write at a time"
)


@pytest.fixture
def lead():
    return builders.make_lead()


def tell(lead, kind=EventKind.LEAD_UPDATED, **data):
    record([lead_event(kind, lead, now=NOW, **data)])


def positions(page):
    return [event.position for event in page.events]


def follow(dealer, *, after=0, limit=2, kinds=()):
    """Every event that a reader sees who follows `next` to the end."""
    seen = []
    while True:
        page = read_feed(dealer, after=after, limit=limit, kinds=kinds)
        seen += page.events
        after = page.next
        if not page.has_more:
            return seen


def test_events_are_numbered_without_gaps_in_their_order(lead):
    for number in range(3):
        tell(lead, n=number)

    page = read_feed(lead.dealer, after=0, limit=10)

    assert positions(page) == [1, 2, 3]
    assert [event.data["n"] for event in page.events] == [0, 1, 2]
    assert (page.next, page.has_more) == (3, False)


def test_pages_join_without_gap_or_repeat(lead):
    for number in range(5):
        tell(lead, n=number)

    page = read_feed(lead.dealer, after=0, limit=2)
    assert (positions(page), page.next, page.has_more) == ([1, 2], 2, True)
    assert [event.data["n"] for event in follow(lead.dealer)] == [0, 1, 2, 3, 4]


def test_a_page_that_ends_exactly_says_so(lead):
    for _ in range(2):
        tell(lead)

    assert not read_feed(lead.dealer, after=0, limit=2).has_more


def test_an_empty_feed_gives_the_position_back(lead):
    page = read_feed(lead.dealer, after=0, limit=10)

    assert (page.events, page.next, page.has_more) == ([], 0, False)


def test_each_dealer_has_a_feed_of_its_own(lead):
    other = builders.make_lead()
    tell(lead)
    tell(other)
    tell(lead)

    assert positions(read_feed(lead.dealer, after=0, limit=10)) == [1, 2]
    [event] = read_feed(other.dealer, after=0, limit=10).events
    assert (event.position, event.lead_id) == (1, other.pk)


def test_a_reader_of_some_kinds_does_not_read_the_others_again(lead):
    tell(lead, EventKind.LEAD_CREATED)
    tell(lead)
    record([customer_event(EventKind.CUSTOMER_UPDATED, lead.customer, now=NOW)])

    page = read_feed(lead.dealer, after=0, limit=10, kinds=[EventKind.LEAD_CREATED])

    assert positions(page) == [1]
    assert page.next == 3
    assert read_feed(lead.dealer, after=3, limit=10, kinds=[EventKind.LEAD_CREATED]).events == []


def test_a_rare_kind_is_found_in_steps(lead, monkeypatch):
    monkeypatch.setattr(feed, "_LOOKED_THROUGH", 2)
    for _ in range(5):
        tell(lead)
    tell(lead, EventKind.LEAD_DELETED)

    page = read_feed(lead.dealer, after=0, limit=10, kinds=[EventKind.LEAD_DELETED])
    assert (page.events, page.next, page.has_more) == ([], 2, True)
    assert [e.position for e in follow(lead.dealer, kinds=[EventKind.LEAD_DELETED])] == [6]


def test_many_waiting_events_are_placed_in_steps(lead, monkeypatch):
    monkeypatch.setattr(feed, "_PLACED_TOGETHER", 2)
    for _ in range(5):
        tell(lead)

    page = read_feed(lead.dealer, after=0, limit=10)
    assert (positions(page), page.has_more) == ([1, 2], True)
    assert [event.position for event in follow(lead.dealer)] == [1, 2, 3, 4, 5]


def test_a_position_that_nobody_was_given_is_refused(lead):
    tell(lead)

    with pytest.raises(PositionNotGiven):
        read_feed(lead.dealer, after=2, limit=10)


def test_the_cost_does_not_depend_on_the_number_of_events(lead, django_assert_num_queries):
    for _ in range(30):
        tell(lead)
    with django_assert_num_queries(8):  # two of them the savepoint of this test
        read_feed(lead.dealer, after=0, limit=10)
    with django_assert_num_queries(3):
        read_feed(lead.dealer, after=10, limit=10)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_event_committed_late_is_not_skipped():
    lead = builders.make_lead()
    written, go_on = threading.Event(), threading.Event()

    def write_slowly():
        try:
            with transaction.atomic():
                tell(lead, said="first written, last committed")
                written.set()
                go_on.wait(timeout=20)
        finally:
            connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    assert written.wait(timeout=20)
    tell(lead, said="last written, first committed")

    first = read_feed(lead.dealer, after=0, limit=10)
    go_on.set()
    slow.join(timeout=20)
    then = read_feed(lead.dealer, after=first.next, limit=10)

    [early] = first.events
    [late] = then.events
    assert early.data["said"] == "last written, first committed"
    assert late.data["said"] == "first written, last committed"
    assert late.pk < early.pk
    assert (early.position, late.position) == (1, 2)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_readers_and_writers_at_once_miss_and_repeat_nothing():
    lead = builders.make_lead()
    writers, each, readers = 6, 15, 3
    barrier = threading.Barrier(writers + readers)
    done = threading.Event()
    seen, errors = [[] for _ in range(readers)], []

    def write(number):
        barrier.wait(timeout=20)
        for n in range(each):
            with transaction.atomic():
                tell(lead, said=f"{number}-{n}")

    def read(number):
        barrier.wait(timeout=20)
        after = 0
        while True:
            is_last = done.is_set()
            page = read_feed(lead.dealer, after=after, limit=7)
            seen[number] += page.events
            after = page.next
            if is_last and not page.has_more:
                return

    def run(work, number):
        try:
            work(number)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    writing = [threading.Thread(target=run, args=(write, n)) for n in range(writers)]
    reading = [threading.Thread(target=run, args=(read, n)) for n in range(readers)]
    for thread in [*writing, *reading]:
        thread.start()
    for thread in writing:
        thread.join(timeout=60)
    done.set()
    for thread in reading:
        thread.join(timeout=60)

    assert errors == []
    assert Event.objects.count() == writers * each
    for events in seen:
        assert [event.position for event in events] == list(range(1, writers * each + 1))
