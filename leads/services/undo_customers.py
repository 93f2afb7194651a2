"""Customers that came with leads go with them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.bringing_back import move_customers
from leads.services.events import customer_event, record
from leads.services.merge_rows import lock_customers


def remove_unused(batch: ChangeBatch, pks: Collection[int], *, by: User, now: datetime) -> int:
    """Of these customers, put those into the bin that the batch created or took out of it, that
    nobody has changed since, and that have no lead any more; how many. The dealer must be locked,
    or a lead could find one that is just going. Nothing else is done to customers by imports."""
    history = Customer.history.model._default_manager
    brought = history.filter(change_batch=batch.pk, id__in=pks).order_by("history_id")
    versions = dict(brought.values_list("id", "version"))
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
    move_customers(rows, {"deleted_at": now, "deleted_by": str(by)[:80]}, by=by, now=now)
    record(customer_event(EventKind.CUSTOMER_DELETED, one, now=now, by=by) for one in rows)
    return len(rows)
