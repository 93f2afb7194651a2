"""What people decide about possible duplicates is remembered for the pair."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from leads.models import MatchReason, MatchSuggestion
from leads.services.duplicates import DecisionRefused, mark_different, reopen_suggestion
from leads.services.merging import merge_customers
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.fixture
def pair(dealer):
    return builders.make_customer(dealer), builders.make_customer(dealer)


def suggest(customer, candidate):
    return MatchSuggestion.objects.create(
        dealer=customer.dealer,
        customer=customer,
        candidate=candidate,
        reason=MatchReason.SAME_NAME,
        created_at=NOW,
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_different_is_remembered_whichever_comes_first(dealer, pair, swapped):
    suggestion = suggest(*pair)
    user = builders.make_user(dealer)

    mark_different(*(reversed(pair) if swapped else pair), by=user, now=NOW)

    suggestion.refresh_from_db()
    assert (suggestion.decision, suggestion.decided_by, suggestion.decided_at) == (
        "different",
        user,
        NOW,
    )
    assert MatchSuggestion.objects.count() == 1


def test_a_pair_that_nobody_suggested_is_remembered_too(pair):
    mark_different(*pair, by=None, now=NOW)

    suggestion = MatchSuggestion.objects.get()
    assert {suggestion.customer, suggestion.candidate} == set(pair)
    assert (suggestion.decision, suggestion.reason) == ("different", "by_hand")


def test_can_be_taken_back(pair):
    suggestion = mark_different(*pair, by=None, now=NOW)

    reopen_suggestion(suggestion)

    suggestion.refresh_from_db()
    assert (suggestion.decision, suggestion.decided_at) == ("", None)


def test_merged_is_taken_back_by_undoing_the_merge_alone(pair):
    suggestion = suggest(*pair)
    merge_customers(*pair, values={}, by=None, now=NOW)

    with pytest.raises(DecisionRefused):
        reopen_suggestion(suggestion)


@pytest.mark.parametrize("number", [0, 1])
def test_needs_two_that_are_here(pair, number):
    pair[number].deleted_at = timezone.now()
    pair[number].save()

    with pytest.raises(DecisionRefused):
        mark_different(*pair, by=None, now=NOW)


def test_stays_behind_the_wall(pair):
    with pytest.raises(DecisionRefused):
        mark_different(pair[0], builders.make_customer(), by=None, now=NOW)
