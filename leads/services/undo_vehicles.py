"""Cars that are only known from leads of an import go with it.

Cars that were here before are not changed by imports.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.history import remember


def brought_cars(batch: ChangeBatch, pks: Collection[int]) -> set[int]:
    """Of these cars, those that the batch created and that nobody has changed since. Its leads let
    go of them when they go into the bin; who takes one out gets it back (bringing_back.py)."""
    return set(_unchanged(batch, pks).values_list("pk", flat=True)) if pks else set()


def vehicle_ids(batch: ChangeBatch) -> QuerySet[Any]:
    """The cars that the batch created, in the order of their ids."""
    rows: QuerySet[Any] = _created(batch).order_by("id").values_list("id", flat=True)
    return rows


def _created(batch: ChangeBatch) -> QuerySet[Any]:
    history: QuerySet[Any] = Vehicle.history.model._default_manager.all()
    return history.filter(change_batch=batch.pk, history_type="+")


def _unchanged(batch: ChangeBatch, pks: Collection[int]) -> QuerySet[Vehicle]:
    created = _created(batch).filter(id__in=pks)
    changes = Vehicle.history.model._default_manager.filter(id=OuterRef("pk"))
    changes = changes.exclude(change_batch=batch.pk, history_type="+")
    return Vehicle.objects.filter(~Exists(changes), pk__in=created.values("id"))


def remove_vehicles(batch: ChangeBatch, pks: Collection[int], *, by: User, now: datetime) -> int:
    """Of these cars, delete those that the batch created, that nobody has changed since, and that
    no lead needs; how many. The dealer must be locked, or a lead could find one that is just
    going."""
    leads = Lead.objects.filter(vehicle=OuterRef("pk"))
    created = Lead.history.model._default_manager.filter(
        id=OuterRef("lead_id"), change_batch=batch.pk, history_type="+"
    )
    is_ours_in_bin = Exists(created) & Q(lead__deleted_at__isnull=False, lead__merged_into=None)
    enquiries = Enquiry.objects.filter(vehicle=OuterRef("pk")).exclude(is_ours_in_bin)
    unused = _unchanged(batch, pks).filter(~Exists(leads), ~Exists(enquiries))
    rows = list(unused.order_by("pk").only("pk").select_for_update(of=("self",)))
    if not rows:
        return 0
    gone = [car.pk for car in rows]
    Enquiry.objects.filter(vehicle__in=gone).update(vehicle=None)
    remember(Vehicle, rows, by=by, now=now, is_gone=True)
    # The library's own way would write the history of each once more.
    cars = Vehicle.objects.filter(pk__in=gone)
    cars._raw_delete(cars.db)
    return len(rows)
