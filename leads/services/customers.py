"""What is done to customers one at a time: created, changed, deleted, brought back.

Everything here holds the dealer's row first, as `receive` does: otherwise two systems could create
the same customer, and a lead could find one that is just being deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from leads.models.contact import ContactData
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.events import customer_event, record
from leads.services.forwarding import resolve_customer
from leads.services.history import begin_history
from leads.services.matching import suggest_duplicates

# What may be said about a customer; everything else follows from it.
COLUMNS = (*ContactData.CONTACT_FIELDS, "external_number", "note")
# One of them at least, or nobody could tell who it is.
IDENTIFYING = ("first_name", "last_name", "company", "email", "phone", "mobile")


class CustomerUnnamed(ValueError):
    """Neither a name nor a way to reach the customer would be left."""


class ExternalNumberTaken(ValueError):
    """Another customer of the dealer has this number, perhaps one in the bin."""


class CustomerInUse(ValueError):
    """Leads point to the customer."""

    def __init__(self, leads: int) -> None:
        super().__init__(leads)
        self.leads = leads


@transaction.atomic
def create_customer(
    dealer: Dealer,
    values: Mapping[str, Any],
    *,
    now: datetime,
    by: User | None = None,
    sender: str = "",
) -> Customer:
    """Store a new customer; `values` by column (COLUMNS). Raises CustomerUnnamed and
    ExternalNumberTaken. Nobody is recognised here: who creates a customer means a new one."""
    _lock(dealer)
    customer = Customer(dealer=dealer)
    _fill(customer, values)
    _save(customer, by=by, sender=sender, now=now)
    record([customer_event(EventKind.CUSTOMER_CREATED, customer, now=now, by=by, sender=sender)])
    suggest_duplicates(dealer, [customer], now=now)
    return customer


def lock_customer(dealer: Dealer, pk: int) -> Customer:
    """The customer as it is once nobody else is changing it, until the end of the transaction.
    Raises Customer.DoesNotExist, also for those in the bin."""
    _lock(dealer)
    return Customer.objects.for_dealer(dealer).select_for_update(no_key=True).get(pk=pk)


def lock_deleted_customer(dealer: Dealer, pk: int) -> Customer | None:
    """The customer in the bin, locked; None if it is not there (any more) or part of another."""
    _lock(dealer)
    ever = Customer.objects.ever_of_dealer(dealer).select_for_update(no_key=True)
    return ever.exclude(deleted_at=None).filter(pk=pk, merged_into=None).first()


def lock_by_number(dealer: Dealer, external_number: str) -> Customer | None:
    """The customer that has or had this number, locked; one in the bin too (see `deleted_at`).
    Of one that became part of another, the other."""
    _lock(dealer)
    ever = Customer.objects.ever_of_dealer(dealer).select_for_update(no_key=True)
    named = ever.filter(~Q(external_number=""), external_number=external_number).first()
    if named is None or named.merged_into_id is None:
        return named
    kept = resolve_customer(dealer, named.pk)
    return ever.get(pk=kept.pk) if kept else named


def find_by_number(dealer: Dealer, external_number: str) -> Customer | None:
    """The customer that has this number, or the one that it became part of; to be read."""
    ever = Customer.objects.ever_of_dealer(dealer).filter(~Q(external_number=""))
    named = ever.filter(external_number=external_number).first()
    return resolve_customer(dealer, named.pk) if named else None


@transaction.atomic
def change_customer(
    customer: Customer,
    values: Mapping[str, Any],
    *,
    now: datetime,
    by: User | None = None,
    sender: str = "",
) -> list[str]:
    """Change a locked customer; the names of the columns that have become different. Leads keep
    the contact data that they came with. Raises as `create_customer` does."""
    changed = _fill(customer, values)
    if changed:
        customer.version += 1
        _save(customer, by=by, sender=sender, now=now)
        event = customer_event(
            EventKind.CUSTOMER_UPDATED, customer, now=now, by=by, sender=sender, changed=changed
        )
        record([event])
        suggest_duplicates(customer.dealer, [customer], now=now)
    return changed


@transaction.atomic
def record_customer_change(
    customer: Customer, changed_fields: list[str], *, by: User | None, now: datetime
) -> None:
    """Save a customer that was edited in a form, with version and event."""
    changed = sorted(set(changed_fields) & set(COLUMNS))
    if not changed:
        return
    # The form has read the row some time ago; whatever else happened to it stays.
    before = lock_customer(customer.dealer, customer.pk)
    change_customer(before, {name: getattr(customer, name) for name in changed}, now=now, by=by)
    customer.refresh_from_db()


@transaction.atomic
def delete_customer(
    customer: Customer, *, now: datetime, by: User | None = None, sender: str = ""
) -> None:
    """Put a locked customer into the bin. Raises CustomerInUse as long as leads point to it: they
    would be nobody's."""
    if leads := Lead.objects.for_dealer(customer.dealer_id).filter(customer=customer).count():
        raise CustomerInUse(leads)
    customer.deleted_at = now
    customer.deleted_by = _name_of(by, sender)
    customer.version += 1
    _save(customer, by=by, sender=sender, now=now)
    record([customer_event(EventKind.CUSTOMER_DELETED, customer, now=now, by=by, sender=sender)])


@transaction.atomic
def restore_customer(
    customer: Customer, *, now: datetime, by: User | None = None, sender: str = ""
) -> None:
    """Bring a locked customer back from the bin."""
    customer.deleted_at, customer.deleted_by = None, ""
    customer.version += 1
    _save(customer, by=by, sender=sender, now=now)
    record([customer_event(EventKind.CUSTOMER_RESTORED, customer, now=now, by=by, sender=sender)])


def _lock(dealer: Dealer) -> None:
    Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)


def _fill(customer: Customer, values: Mapping[str, Any]) -> list[str]:
    changed = [
        name for name in COLUMNS if name in values and getattr(customer, name) != values[name]
    ]
    for name in changed:
        setattr(customer, name, values[name])
    if not any(getattr(customer, name) for name in IDENTIFYING):
        raise CustomerUnnamed
    if "external_number" in changed and customer.external_number:
        _check_number(customer)
    return changed


def _check_number(customer: Customer) -> None:
    """Asked under the dealer's lock, so that the database's own rule is never met."""
    same = Customer.objects.ever_of_dealer(customer.dealer_id)
    same = same.filter(external_number=customer.external_number)
    if same.exclude(pk=customer.pk).exists():
        raise ExternalNumberTaken


def _save(customer: Customer, *, by: User | None, sender: str, now: datetime) -> None:
    if customer.pk:
        begin_history(customer)
    customer._history_user, customer._history_date = by, now  # type: ignore[attr-defined]
    customer._change_reason = sender or None  # type: ignore[attr-defined]
    customer.save()
    del customer._history_user, customer._history_date  # type: ignore[attr-defined]


def _name_of(by: User | None, sender: str) -> str:
    return (str(by) if by else sender)[:80]
