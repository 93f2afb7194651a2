"""Old ids of merged rows lead to the row that was kept, never across the wall."""

from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone

from leads.services.forwarding import (
    MAX_HOPS,
    resolve_customer,
    resolve_customers,
    resolve_lead,
    resolve_leads,
)
from tests import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def dealer(db):
    return builders.make_dealer()


MAKERS = [
    pytest.param(builders.make_customer, resolve_customer, id="customer"),
    pytest.param(builders.make_lead, resolve_lead, id="lead"),
]


def merged(row, kept):
    row.merged_into, row.deleted_at = kept, timezone.now()
    row.save()


def chain(make, dealer, length):
    """Rows of which each became part of the next."""
    rows = [make(dealer) for _ in range(length)]
    for row, kept in pairwise(rows):
        merged(row, kept)
    return rows


@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_a_row_that_nobody_merged_is_itself(dealer, make, resolve):
    row = make(dealer)

    assert resolve(dealer, row.pk) == row


@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_follows_merges_of_merges(dealer, make, resolve):
    rows = chain(make, dealer, 4)

    assert [resolve(dealer, row.pk) for row in rows] == [rows[-1]] * 4


@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_gives_up_after_ten_merges_in_a_row(dealer, make, resolve):
    rows = chain(make, dealer, MAX_HOPS + 2)

    assert resolve(dealer, rows[0].pk) is None
    assert resolve(dealer, rows[1].pk) == rows[-1]


@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_a_circle_leads_nowhere(dealer, make, resolve):
    one, other = make(dealer), make(dealer)
    merged(one, other)
    merged(other, one)

    assert resolve(dealer, one.pk) is None


@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_what_is_in_the_bin_is_not_found(dealer, make, resolve):
    old, kept = chain(make, dealer, 2)
    kept.deleted_at = timezone.now()
    kept.save()

    assert resolve(dealer, kept.pk) is None
    assert resolve(dealer, old.pk) is None


@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_never_looks_over_the_wall(dealer, make, resolve):
    theirs = make(builders.make_dealer())
    ours = make(dealer)

    assert resolve(dealer, theirs.pk) is None
    assert resolve(dealer, ours.pk) == ours
    assert resolve(dealer, 987_654_321) is None


@pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL has a wall of its own")
@pytest.mark.parametrize(("make", "resolve"), MAKERS)
def test_nothing_shows_even_if_a_row_led_over_the_wall(dealer, make, resolve):
    theirs, ours = make(builders.make_dealer()), make(dealer)
    merged(ours, theirs)

    assert resolve(dealer, ours.pk) is None


@pytest.mark.parametrize(
    ("make", "resolve"),
    [(builders.make_customer, resolve_customers), (builders.make_lead, resolve_leads)],
)
def test_many_ids_cost_a_query_per_merge_in_a_row(dealer, make, resolve, django_assert_num_queries):
    rows = [make(dealer) for _ in range(5)]
    old, kept = chain(make, dealer, 2)
    pks = [row.pk for row in rows]

    with django_assert_num_queries(1):
        assert resolve(dealer, pks) == dict(zip(pks, rows, strict=True))
    with django_assert_num_queries(2):
        assert resolve(dealer, [*pks, old.pk])[old.pk] == kept
