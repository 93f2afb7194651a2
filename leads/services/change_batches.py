"""Bulk changes begin and end here; what they change says in its history that it is theirs.

A bulk edit is one call of `edit_together`. An import opens a batch, hands it to
`intake.process` as often as it likes, and closes it with what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet

from leads.models.batch_memory import EntryChange
from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.lead import Lead
from leads.models.list_kind import ListKind
from leads.models.merge import Merge
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.history import Remembered
from leads.services.retrying import retried

_MODELS: Mapping[str, Remembered] = {
    ListKind.LEADS: Lead,
    ListKind.CUSTOMERS: Customer,
    ListKind.VEHICLES: Vehicle,
}
# Changes these leads as a part of this batch.
Edit = Callable[[QuerySet[Lead], ChangeBatch], object]


def open_batch(
    dealer_id: int,
    kind: ChangeBatch.Kind,
    *,
    by: User | None,
    now: datetime,
    what: str = "",
    list_kind: str = ListKind.LEADS,
) -> ChangeBatch:
    """A new batch; `what` in a few words and without personal data. It can be undone once it is
    closed."""
    return ChangeBatch.objects.create(
        dealer_id=dealer_id,
        kind=kind,
        list_kind=list_kind,
        what=what[:200],
        at=now,
        by=by,
        undo_until=now + timedelta(days=settings.UNDO_DAYS),
        is_open=True,
    )


def open_for_merge(merge: Merge) -> ChangeBatch:
    """The merge in the list of bulk changes; it can be undone for ever."""
    return ChangeBatch.objects.create(
        dealer_id=merge.dealer_id,
        kind=ChangeBatch.Kind.MERGE,
        what=str(merge.get_kind_display()),
        at=merge.at,
        by=merge.by,
        merge=merge,
        changed_count=1,
    )


def close_merges(merges: QuerySet[Merge], *, by: User | None, now: datetime) -> None:
    """The batches of merges that hold no more are undone, too."""
    batches = ChangeBatch.objects.filter(merge__in=merges, undone_at=None)
    batches.update(undone_at=now, undone_by=by, undo_finished_at=now, taken_back_count=1)


def close_batch(batch: ChangeBatch) -> bool:
    """Count what the batch has created and changed; False if that is nothing, and then it is
    forgotten."""
    rows, created = _counted(batch)
    batch.created_count = created
    batch.changed_count = rows - created
    if not rows:
        batch.delete()
        return False
    batch.is_open = False
    batch.save(update_fields=["created_count", "changed_count", "is_open"])
    return True


def _counted(batch: ChangeBatch) -> tuple[int, int]:
    """How many rows of its leads, or of what its list held, and how many of them are new."""
    if batch.list_kind == ListKind.ENTRIES:
        changes = EntryChange.objects.filter(change_batch=batch)
        return changes.count(), changes.filter(before__isnull=True).count()
    model = _MODELS[batch.list_kind]
    history = model.history.model._default_manager.filter(change_batch=batch.pk)
    counted = history.aggregate(
        rows=Count("id", distinct=True), created=Count("id", filter=Q(history_type="+"))
    )
    return counted["rows"], counted["created"]


@retried
@transaction.atomic
def edit_together(
    leads: QuerySet[Lead],
    edit: Edit,
    *,
    kind: ChangeBatch.Kind,
    by: User | None,
    now: datetime,
    what: str = "",
) -> list[ChangeBatch]:
    """Carry out a bulk edit; the batches by which it can be undone, one for each dealer in whose
    leads something changed."""
    batches = []
    dealers = leads.order_by("dealer").values_list("dealer", flat=True).distinct()
    for dealer_id in list(dealers):
        batch = open_batch(dealer_id, kind, by=by, now=now, what=what)
        edit(leads.filter(dealer=dealer_id), batch)
        if close_batch(batch):
            batches.append(batch)
    return batches
