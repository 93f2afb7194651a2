"""Customers and vehicles become what they were before an import."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime

from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.event import EventKind
from leads.models.list_kind import ListKind
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.bringing_back import move_customers
from leads.services.events import customer_event, record
from leads.services.history import remember
from leads.services.merge_rows import lock_customers
from leads.services.storing import update_rows
from leads.services.undo_records import RecordVerdict, plan_records


def take_records_back(
    batch: ChangeBatch,
    pks: Sequence[int],
    *,
    chosen: Collection[int],
    by: User,
    now: datetime,
) -> list[RecordVerdict]:
    """Undo the batch for these of its records; what was done with each. The dealer must be locked.
    The same number of queries for any number of them."""
    return _TAKE_BACK[batch.list_kind](batch, pks, chosen, by, now)


def _customers(
    batch: ChangeBatch, pks: Sequence[int], chosen: Collection[int], by: User, now: datetime
) -> list[RecordVerdict]:
    rows = {one.pk: one for one in lock_customers(pks)}
    verdicts = list(plan_records(batch, pks=pks, chosen=chosen))
    gone = [rows[one.pk] for one in verdicts if one.goes]
    # Without their number: it would be taken for ever, and the corrected list could not use it.
    binned = {"deleted_at": now, "deleted_by": str(by)[:80], "external_number": ""}
    move_customers(gone, binned, by=by, now=now)
    changed = [one for one in verdicts if one.gives_back]
    customers = []
    for one in changed:
        customer = rows[one.pk]
        _give_back(customer, one)
        customer.version += 1
        customer.updated_at = now
        customers.append(customer)
    update_rows(Customer, customers)
    remember(Customer, customers, by=by, now=now)
    record(
        [
            *(customer_event(EventKind.CUSTOMER_DELETED, one, now=now, by=by) for one in gone),
            *(
                customer_event(
                    EventKind.CUSTOMER_UPDATED,
                    rows[one.pk],
                    now=now,
                    by=by,
                    changed=sorted(one.gives_back),
                )
                for one in changed
            ),
        ]
    )
    return verdicts


def _vehicles(
    batch: ChangeBatch, pks: Sequence[int], chosen: Collection[int], by: User, now: datetime
) -> list[RecordVerdict]:
    cars = Vehicle.objects.filter(pk__in=pks).order_by("pk").select_for_update(of=("self",))
    rows = {one.pk: one for one in cars}
    verdicts = list(plan_records(batch, pks=pks, chosen=chosen))
    gone = [rows[one.pk] for one in verdicts if one.goes]
    remember(Vehicle, gone, by=by, now=now, is_gone=True)
    # The library's own way would write the history of each once more.
    going = Vehicle.objects.filter(pk__in=[one.pk for one in gone])
    going._raw_delete(going.db)
    changed = []
    for one in verdicts:
        if one.gives_back:
            _give_back(rows[one.pk], one)
            rows[one.pk].updated_at = now
            changed.append(rows[one.pk])
    update_rows(Vehicle, changed)
    remember(Vehicle, changed, by=by, now=now)
    return verdicts


def _give_back(row: Customer | Vehicle, verdict: RecordVerdict) -> None:
    for name, value in verdict.gives_back.items():
        setattr(row, name, value)
    row.set_keys()


_TAKE_BACK: Mapping[
    str,
    Callable[[ChangeBatch, Sequence[int], Collection[int], User, datetime], list[RecordVerdict]],
] = {ListKind.CUSTOMERS: _customers, ListKind.VEHICLES: _vehicles}
