"""Customers that came with an import go with it, and come back with a lead that needs them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import F

from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.events import customer_event, record
from leads.services.history import begin_histories, remember
from leads.services.merge_rows import lock_customers


def remove_unused(batch: ChangeBatch, pks: Collection[int], *, by: User, now: datetime) -> int:
    """Of these customers, put those into the bin that the batch created, that nobody has changed
    since, and that have no lead any more; how many. The dealer must be locked, or a lead could
    find one that is just going."""
    history = Customer.history.model._default_manager
    created = history.filter(change_batch=batch.pk, history_type="+", id__in=pks)
    versions = dict(created.values_list("id", "version"))
    used = set(
        Lead.objects.for_dealer(batch.dealer_id)
        .filter(customer__in=versions)
        .values_list("customer_id", flat=True)
    )
    rows = [
        one
        for one in lock_customers(set(versions) - used)
        if one.deleted_at is None and one.version == versions[one.pk]
    ]
    deleted_by = str(by)[:80]
    _move(rows, {"deleted_at": now, "deleted_by": deleted_by}, by=by, now=now)
    record(customer_event(EventKind.CUSTOMER_DELETED, one, now=now, by=by) for one in rows)
    return len(rows)


def bring_back(leads: Sequence[Lead], *, by: User | None, now: datetime) -> int:
    """Take the customers of leads out of the bin: these would be nobody's. Those that became part
    of another stay."""
    pks = {lead.customer_id for lead in leads if lead.customer_id}
    binned = Customer.objects.filter(pk__in=pks, merged_into=None).exclude(deleted_at=None)
    found = list(binned.values_list("pk", flat=True))
    rows = [one for one in lock_customers(found) if one.deleted_at is not None] if found else []
    _move(rows, {"deleted_at": None, "deleted_by": ""}, by=by, now=now)
    record(customer_event(EventKind.CUSTOMER_RESTORED, one, now=now, by=by) for one in rows)
    return len(rows)


def _move(
    rows: Sequence[Customer], values: dict[str, object], *, by: User | None, now: datetime
) -> None:
    if not rows:
        return
    begin_histories(rows)
    mine = Customer.objects.filter(pk__in=[one.pk for one in rows])
    mine.update(**values, version=F("version") + 1, updated_at=now)
    remember(Customer, rows, by=by, now=now)
