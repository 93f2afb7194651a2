"""Where a row went that became part of another: old ids, links and numbers find the one kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from leads.models.customer import Customer
from leads.models.dealer import Dealer, DealerOwnedQuerySet
from leads.models.lead import Lead

# Merges of merges; nobody needs more, and a circle must not run for ever.
MAX_HOPS = 10
_LARGEST_ID = 2**63 - 1

Row = TypeVar("Row", Customer, Lead)


def resolve_customer(dealer: Dealer | int, pk: int) -> Customer | None:
    """The customer behind an id of this dealer: itself, or the one that it became part of.

    None if there is none (any more). Its pk differs from the given one exactly if it was merged:
    the API answers 301 with `merged_into`, the admin leads on.
    """
    return resolve_customers(dealer, [pk]).get(pk)


def resolve_lead(dealer: Dealer | int, pk: int) -> Lead | None:
    """The lead behind an id of this dealer, as for customers."""
    return resolve_leads(dealer, [pk]).get(pk)


def resolve_customers(dealer: Dealer | int, pks: Iterable[int]) -> dict[int, Customer]:
    """Id → customer, for those that lead to one. A query for each merge in a row, whatever the
    number of ids; one if nothing was merged."""
    return _follow(Customer.objects.ever_of_dealer(dealer), pks)


def resolve_leads(dealer: Dealer | int, pks: Iterable[int]) -> dict[int, Lead]:
    """Id → lead, as for customers."""
    return _follow(Lead.objects.ever_of_dealer(dealer), pks)


def _follow(rows: DealerOwnedQuerySet[Row], pks: Iterable[int]) -> dict[int, Row]:
    found: dict[int, Row] = {}
    # Where each id has got to, for those on their way. SQLite cannot be asked for larger ones.
    reached = {pk: pk for pk in pks if 0 < pk <= _LARGEST_ID}
    for _hop in range(MAX_HOPS + 1):
        if not reached:
            break
        here = {row.pk: row for row in rows.filter(pk__in=set(reached.values()))}
        onward = {}
        for pk, place in reached.items():
            row = here.get(place)
            if row is not None and row.deleted_at is None:
                found[pk] = row
            elif row is not None and row.merged_into_id is not None:
                onward[pk] = row.merged_into_id
        reached = onward
    return found
