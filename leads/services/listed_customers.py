"""Rows of a list become customers: recognised by evidence, never by name alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.event import EventKind
from leads.models.keys import email_key, phone_key
from leads.models.list_import import OnExisting, RowOutcome
from leads.models.user import User
from leads.services import likeness
from leads.services.candidates import Candidate, find_candidates
from leads.services.customers import IDENTIFYING
from leads.services.events import customer_event, record
from leads.services.forwarding import resolve_customers
from leads.services.history import begin_histories, remember
from leads.services.inserting import blank, insert
from leads.services.listed_rows import Listed, Taken, applied, refused
from leads.services.matching import recognise, suggest_duplicates
from leads.services.storing import update_rows

SENDER = "excel"

_NOBODY = gettext_lazy(
    "There is no such customer here. Please correct the number or leave it empty."
)
_UNNAMED = gettext_lazy(
    "Neither a name nor a way to reach anybody would be left. Please fill in one of the cells."
)
_NUMBER_TAKEN = gettext_lazy(
    "Another customer has this number already. Please correct it or leave it empty."
)
_NUMBER_IN_BIN = gettext_lazy(
    "A customer in the bin has this number. Take them out of it, or leave the number empty."
)


def foresee_customers(dealer: Dealer, rows: Sequence[Listed]) -> list[Taken[Customer]]:
    """What would become of the rows, in their order; nothing is stored. Three queries, and one for
    each merge in a row that must be followed."""
    return _Recognising(dealer, rows).taken()


@transaction.atomic
def take_customers(
    dealer: Dealer,
    rows: Sequence[Listed],
    *,
    now: datetime,
    by: User | None,
    change_batch: ChangeBatch | None = None,
) -> list[Taken[Customer]]:
    """Create and change customers, with history and events, and suggest who may be the same; what
    became of the rows, in their order.

    `values` name columns of a customer. Leads keep the contact data that they came with. A row
    changes what another row of the import has created only if it names it by its number: in a
    family that shares a phone the second would become the first. The number of queries does not
    depend on that of the rows.
    """
    locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
    recognising = _Recognising(locked, rows, change_batch)
    taken = recognising.taken()
    new = [one.record for one in taken if one.is_new and one.record]
    insert(Customer, new)
    remember(Customer, new, by=by, now=now, is_new=True, change_batch=change_batch)
    changes = _changes(taken, new)
    _store(changes, by=by, now=now, change_batch=change_batch)
    told: dict[str, Any] = {"now": now, "by": by, "sender": SENDER}
    record(
        [
            *(customer_event(EventKind.CUSTOMER_CREATED, one, **told) for one in new),
            *(
                customer_event(EventKind.CUSTOMER_UPDATED, one, **told, changed=sorted(columns))
                for one, columns in changes
            ),
        ]
    )
    for customer in new:
        recognising.known.add(customer)
    touched = [*new, *(customer for customer, _columns in changes)]
    suggest_duplicates(locked, touched, now=now, known=recognising.known)
    return taken


# Customers that were here before, with the columns that have changed.
_Changes = Sequence[tuple[Customer, set[str]]]


def _changes(taken: Iterable[Taken[Customer]], new: Iterable[Customer]) -> _Changes:
    """Each once, however many rows are about them."""
    brought = {customer.pk for customer in new}
    found: dict[int, tuple[Customer, set[str]]] = {}
    for one in taken:
        if one.is_changed and one.record and one.record.pk not in brought:
            _customer, columns = found.setdefault(one.record.pk, (one.record, set()))
            columns.update(one.changes)
    return list(found.values())


def _store(
    changes: _Changes, *, by: User | None, now: datetime, change_batch: ChangeBatch | None
) -> None:
    customers = [customer for customer, _columns in changes]
    begin_histories(customers)
    for customer in customers:
        customer.version += 1
        customer.updated_at = now
    update_rows(Customer, customers)
    remember(Customer, customers, by=by, now=now, change_batch=change_batch)


class _Recognising:
    """Who the rows mean, and what they say of them."""

    def __init__(
        self, dealer: Dealer, rows: Sequence[Listed], change_batch: ChangeBatch | None = None
    ) -> None:
        self._rows = rows
        self._seen = [_unsaved(dealer, row) for row in rows]
        self.known = find_candidates(dealer, self._seen)
        named = {row.pk for row in rows if row.pk is not None}
        self._by_pk = resolve_customers(dealer, named) if named else {}
        self._found = [self._recognised(seen) for seen in self._seen]
        # By id, so that two rows about one customer change the same object.
        self._customers = {match.customer.pk: match.customer for match in self._found if match}
        self._created = _created(change_batch, self._customers)
        self._given: dict[str, Customer] = {}  # new ones by their number

    def taken(self) -> list[Taken[Customer]]:
        found = []
        for row, seen, match in zip(self._rows, self._seen, self._found, strict=True):
            one = self._judge(row, seen, match)
            if one.record is not None and (one.is_new or one.is_changed):
                one.record.set_keys()
            if one.record is not None and one.is_new and one.record.external_number:
                self._given[one.record.external_number] = one.record
            found.append(one)
        return found

    def _recognised(self, seen: Customer) -> _Found | None:
        """By the number, by e-mail and name, as leads are, or by name and address. Somebody with
        another first name is another person, whatever they share."""
        known = self.known
        if same_number := known.sharing(("number", seen.external_number)):
            customer = same_number[0].customer
            return _Found(customer, _("Customer number is the same."), is_certain=True)
        if found := _sole_namesake(seen, known.sharing(("email", seen.email_key))):
            return _Found(found, _("E-mail and name are the same."))
        match = recognise(seen, known)
        if match and match.customer and not likeness.other_first_name(seen, match.customer):
            return _Found(match.customer, match.reason)
        if found := _sole_namesake(seen, known.sharing(("address", seen.address_key))):
            return _Found(found, _("Name and address are the same."))
        return None

    def _judge(self, row: Listed, seen: Customer, match: _Found | None) -> Taken[Customer]:
        customer, reason = None, ""
        if row.pk is not None:
            customer, reason = self._by_pk.get(row.pk), _("Named by its number.")
            if customer is None or customer.deleted_at is not None:
                return refused("pk", str(_NOBODY))
            customer = self._customers.setdefault(customer.pk, customer)
        elif seen.external_number in self._given:
            customer, reason = self._given[seen.external_number], _("Customer number is the same.")
        elif match and (match.is_certain or match.customer.pk not in self._created):
            customer, reason = self._customers[match.customer.pk], match.reason
        if customer is None or row.on_existing == OnExisting.NEW:
            problem = self._number_problem(seen.external_number, None)
            new = Taken(RowOutcome.CREATED, seen, customer, reason=reason or _("New customer."))
            return problem or new
        problem = self._number_problem(row.values.get("external_number", ""), customer)
        if row.is_exact:
            problem = problem or _unnamed(row, customer)
            return problem or applied(customer, row, reason=reason)
        news = self._news(row, customer)
        return problem or applied(customer, news, reason=reason, is_same=_is_same)

    def _number_problem(self, number: str, customer: Customer | None) -> Taken[Customer] | None:
        if not number or (customer is not None and customer.external_number == number):
            return None
        if self.known.is_number_in_bin(number):
            return refused("external_number", str(_NUMBER_IN_BIN))
        holders = {one.customer.pk for one in self.known.sharing(("number", number))}
        is_others = bool(holders - {customer.pk if customer else None})
        given = self._given.get(number, customer)
        if is_others or given is not customer:
            return refused("external_number", str(_NUMBER_TAKEN))
        return None

    def _news(self, row: Listed, customer: Customer) -> Listed:
        """Without what is here already in another place; notes of colleagues are kept."""
        values = dict(row.values)
        phones = {customer.phone_key, customer.mobile_key} - {""}
        for name in ("phone", "mobile"):
            if name in values and phone_key(values[name]) in phones:
                del values[name]
        number = values.get("external_number", "")
        if number and self.known.sharing(("number", number)):
            del values["external_number"]  # perhaps of somebody who became part of this customer
        if (note := values.get("note")) and customer.note:
            values["note"] = customer.note if note in customer.note else f"{customer.note}\n{note}"
        return replace(row, values=values)


@dataclass(frozen=True, slots=True)
class _Found:
    customer: Customer
    reason: str
    is_certain: bool = False


def _unsaved(dealer: Dealer, row: Listed) -> Customer:
    customer = blank(Customer)
    customer.dealer_id = dealer.pk
    for name, value in row.values.items():
        setattr(customer, name, value)
    customer.set_matching_forms()
    return customer


def _unnamed(row: Listed, customer: Customer) -> Taken[Customer] | None:
    """Refused, if neither a name nor a way to reach them would be left."""
    left = (row.values.get(name, getattr(customer, name)) for name in IDENTIFYING)
    return None if any(left) else refused("", str(_UNNAMED))


def _sole_namesake(seen: Customer, candidates: Iterable[Candidate]) -> Customer | None:
    """The only one of them with the same whole name."""
    same = {
        one.customer.pk: one.customer for one in candidates if likeness.same_name(seen, one.row)
    }
    return next(iter(same.values())) if len(same) == 1 else None


def _created(change_batch: ChangeBatch | None, pks: Iterable[int]) -> set[int]:
    """Of these, those that this import has created."""
    if change_batch is None:
        return set()
    history = Customer.history.model._default_manager
    ours = history.filter(change_batch=change_batch.pk, history_type="+", id__in=list(pks))
    return set(ours.values_list("id", flat=True))


def _is_same(name: str, before: Any, after: Any) -> bool:
    """Also if it is only written differently."""
    if before == after:
        return True
    return name == "email" and bool(before) and email_key(before) == email_key(after)
