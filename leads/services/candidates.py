"""Who it might be: customers that share a key with somebody, whatever the size of the table.

All parts of the look-up are one query. Each part reads, for each value, the newest few rows
straight from an index, so that ten thousand people of one name cost as much as twenty.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import connection

from leads.models.columns import columns_of, read_rows
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.services.forwarding import resolve_customers

# More people with one e-mail, phone, name … than these say nothing about any of them.
MAX_PER_KEY = 20

# What two customers may share, as (kind, value …).
Key = tuple[str, ...]

# Columns that are compared with the values of a key; each combination has its index, which ends
# with the id, so that the newest come first (Customer.Meta).
_COLUMNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "number": (("external_number",),),
    "email": (("email_key",),),
    "phone": (("phone_key",), ("mobile_key",)),
    "name": (("name_key",),),
    "person": (("person_key",),),
    "company": (("company_key",),),
    "address": (("address_key",),),
    "sound": (("phonetic_key", "postal_code"),),
}
# By these a customer that became part of another is still found.
_LASTING = ("number", "email", "phone")
_PRESENT_ROWS = ["one.deleted_at IS NULL"]
_LASTING_ROWS = ["(one.deleted_at IS NULL OR one.merged_into_id IS NOT NULL)"]
# A number in the bin has to be known too, since it cannot be given again.
_ROWS: dict[str, list[str]] = {"number": [], "email": _LASTING_ROWS, "phone": _LASTING_ROWS}

# By hand, because the ORM cannot say "the newest few of each value": a limit on all would let one
# value starve the others, and a window function reads every row of a value to number them. It is
# the only look-up that does not begin at `for_dealer`; the dealer stands among the conditions.
_POSTGRESQL_PART = """
SELECT found.* FROM jsonb_array_elements(%s::jsonb) AS wanted (value) CROSS JOIN LATERAL (
    SELECT one.* FROM leads_customer AS one WHERE {conditions} ORDER BY one.id DESC LIMIT {limit}
) AS found"""
# SQLite (from 3.38) knows no LATERAL; CROSS JOIN is its way of saying which table comes first.
_SQLITE_PART = """
SELECT found.* FROM json_each(%s) AS wanted CROSS JOIN leads_customer AS found WHERE found.id IN (
    SELECT one.id FROM leads_customer AS one WHERE {conditions} ORDER BY one.id DESC LIMIT {limit}
)"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer, and the row that shares something: its own or one that became part of it."""

    customer: Customer
    row: Customer


class Candidates:
    """Customers by what they share; grows as new ones are found in the same batch."""

    def __init__(self) -> None:
        self._by_key: dict[Key, list[Candidate]] = defaultdict(list)
        self._numbers_in_bin: set[str] = set()

    def add(self, customer: Customer, *, row: Customer | None = None) -> None:
        """`row`, if given, became part of the customer."""
        one = Candidate(customer, row or customer)
        for key in keys_of(one.row):
            if row is None or key[0] in _LASTING:
                self._by_key[key].append(one)

    def add_number_in_bin(self, number: str) -> None:
        self._numbers_in_bin.add(number)

    def is_number_in_bin(self, number: str) -> bool:
        return number in self._numbers_in_bin

    def leave_number_in_bin(self, customer: Customer) -> None:
        """A number is given once, and a customer in the bin may come back for it."""
        if customer.external_number in self._numbers_in_bin:
            customer.external_number = ""

    def sharing(self, *keys: Key) -> list[Candidate]:
        """The newest first, each once."""
        found = [
            one
            for key in keys
            if key in self._by_key  # hardly ever
            for one in reversed(self._by_key[key][-MAX_PER_KEY:])
        ]
        found.sort(key=_newest_first)
        return list({(id(one.customer), id(one.row)): one for one in found}.values())


def _newest_first(candidate: Candidate) -> tuple[bool, int]:
    pk = candidate.row.pk  # none yet: of this batch
    return pk is not None, -(pk or 0)


def keys_of(customer: Customer) -> list[Key]:
    """All keys of a customer whose matching forms are set."""
    singles = (
        ("number", customer.external_number),
        ("email", customer.email_key),
        ("phone", customer.phone_key),
        ("name", customer.name_key),
        ("person", customer.person_key),
        ("company", customer.company_key),
        ("address", customer.address_key),
    )
    keys: list[Key] = [key for key in singles if key[1]]
    if customer.mobile_key and customer.mobile_key != customer.phone_key:
        keys.append(("phone", customer.mobile_key))
    if customer.phonetic_key and customer.postal_code:
        keys.append(("sound", customer.phonetic_key, customer.postal_code))
    return keys


def find_candidates(dealer: Dealer, seen: Iterable[Customer]) -> Candidates:
    """Everybody of this dealer who shares a key with one of those seen. One query, and one for
    each merge in a row that must be followed; customers in the bin are left out."""
    rows = _rows_sharing(dealer, {key for customer in seen for key in keys_of(customer)})
    merged = {row.merged_into_id for row in rows if row.merged_into_id is not None}
    kept = resolve_customers(dealer, merged) if merged else {}
    present = {row.pk: row for row in [*kept.values(), *rows] if row.deleted_at is None}
    candidates = Candidates()
    # In this order, so that the newest of each key are its last.
    for row in sorted(rows, key=lambda one: one.pk):
        if row.deleted_at is None:
            candidates.add(row)
        elif row.merged_into_id in kept:
            candidates.add(present[kept[row.merged_into_id].pk], row=row)
        elif row.external_number:
            candidates.add_number_in_bin(row.external_number)
    return candidates


def _rows_sharing(dealer: Dealer, keys: set[Key]) -> list[Customer]:
    """Each row once, whatever it was found by."""
    values: dict[str, list[Sequence[str]]] = defaultdict(list)
    for key in keys:
        values[key[0]].append(key[1:])
    parts: list[str] = []
    parameters: list[object] = []
    for kind in filter(values.__contains__, _COLUMNS):  # always in this order
        for columns in _COLUMNS[kind]:
            parts.append(_part(kind, columns))
            parameters += [json.dumps(values[kind]), dealer.pk]
    if not parts:
        return []
    return [row for row, _rest in read_rows(Customer, _whole(tuple(parts)), parameters)]


@cache
def _whole(parts: Sequence[str]) -> str:
    """UNION: most are found by several of their keys, and reading a row costs more than sorting."""
    return f"SELECT {columns_of(Customer)} FROM ({' UNION '.join(parts)}) AS each_once"  # noqa: S608


@cache
def _part(kind: str, columns: tuple[str, ...]) -> str:
    """SQL for one part; its parameters are the wanted values, as JSON, and the dealer."""
    # Said as the condition of the partial index says it, or SQLite would not use that.
    conditions = [f"NOT (one.{columns[0]} = '')"]
    conditions += [f"one.{name} = wanted.value ->> {place}" for place, name in enumerate(columns)]
    conditions += ["one.dealer_id = %s", *_ROWS.get(kind, _PRESENT_ROWS)]
    part = _POSTGRESQL_PART if connection.vendor == "postgresql" else _SQLITE_PART
    return part.format(conditions=" AND ".join(conditions), limit=MAX_PER_KEY)
