"""What people decide about possible duplicates; remembered for the pair, whichever comes first."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.match_suggestion import MatchReason, MatchSuggestion
from leads.models.user import User

_DIFFERENT = MatchSuggestion.Decision.DIFFERENT
_MERGED = MatchSuggestion.Decision.MERGED


class DecisionRefused(Exception):
    """Nothing was changed; the text says why, in the language of who asked."""


@transaction.atomic
def mark_different(
    one: Customer, other: Customer, *, by: User | None, now: datetime
) -> MatchSuggestion:
    """Remember that the two are different people. A pair that nobody suggested is remembered as
    well. Raises DecisionRefused if one of them has been merged or deleted meanwhile."""
    Dealer.objects.select_for_update(no_key=True).get(pk=one.dealer_id)
    here = Customer.objects.for_dealer(one.dealer_id).filter(pk__in=[one.pk, other.pk])
    if here.count() != 2:
        raise DecisionRefused(_("One of the two has been merged or deleted meanwhile."))
    rows = suggestions_of_pair(one, other)
    if not rows.exists():
        MatchSuggestion.objects.create(
            dealer_id=one.dealer_id,
            customer=one,
            candidate=other,
            reason=MatchReason.BY_HAND,
            created_at=now,
        )
    rows.update(decision=_DIFFERENT, decided_at=now, decided_by=by)
    return rows.latest("pk")


@transaction.atomic
def reopen_suggestion(suggestion: MatchSuggestion) -> None:
    """Take back that the two are different. Raises DecisionRefused if they were merged: that is
    taken back by undoing the merge."""
    Dealer.objects.select_for_update(no_key=True).get(pk=suggestion.dealer_id)
    rows = suggestions_of_pair(suggestion.customer, suggestion.candidate)
    if rows.filter(decision=_MERGED).exists():
        raise DecisionRefused(_("The two were merged. Undo the merge to separate them."))
    _reopen(rows)


def suggestions_of_pair(one: Customer, other: Customer) -> QuerySet[MatchSuggestion]:
    """All suggestions of this pair, either way round."""
    pair = Q(customer=one, candidate=other) | Q(customer=other, candidate=one)
    return MatchSuggestion.objects.for_dealer(one.dealer_id).filter(pair)


# --- for merging, under the dealer's lock -------------------------------------------------------


def answer_pair(kept: Customer, merged: Customer, *, by: User | None, now: datetime) -> list[int]:
    """The two have become one: whatever suggested that is answered. The ids."""
    rows = suggestions_of_pair(kept, merged)
    ids = list(rows.values_list("pk", flat=True))
    rows.update(decision=_MERGED, decided_at=now, decided_by=by)
    return ids


def reopen_answered(ids: Collection[int]) -> None:
    """They are two again, and may still be the same."""
    _reopen(MatchSuggestion.objects.filter(pk__in=ids, decision=_MERGED))


def _reopen(rows: QuerySet[MatchSuggestion]) -> None:
    rows.update(decision="", decided_at=None, decided_by=None)


def move_suggestions(
    suggestions: Collection[MatchSuggestion], source: Collection[int], target: Customer
) -> list[int]:
    """Let the suggestions that name one of the `source` customers name the target instead. One
    that the target already has with the same other customer stays where it is. The ids of those
    that moved."""
    moved = []
    known = {_other(one, target.pk) for one in _of_customer(target)}
    for suggestion in suggestions:
        side = "customer" if suggestion.customer_id in source else "candidate"
        if getattr(suggestion, f"{side}_id") not in source:
            continue  # it names none of them any more
        other = suggestion.candidate_id if side == "customer" else suggestion.customer_id
        if other in known or other == target.pk:
            continue
        known.add(other)
        setattr(suggestion, f"{side}_id", target.pk)
        suggestion.save(update_fields=[side])
        moved.append(suggestion.pk)
    return moved


def undecided_or_different(customer: Customer) -> list[MatchSuggestion]:
    """The suggestions that follow a customer into another; what was merged stays as it is."""
    return [one for one in _of_customer(customer) if one.decision != _MERGED]


def _of_customer(customer: Customer) -> QuerySet[MatchSuggestion]:
    rows = MatchSuggestion.objects.for_dealer(customer.dealer_id)
    return rows.naming(customer).order_by("pk")


def _other(suggestion: MatchSuggestion, pk: int) -> int:
    return suggestion.candidate_id if suggestion.customer_id == pk else suggestion.customer_id
