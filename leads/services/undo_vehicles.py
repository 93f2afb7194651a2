"""Cars that are only known from leads of an import go with it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.history import remember


def remove_vehicles(batch: ChangeBatch, *, by: User, now: datetime, limit: int) -> int:
    """Delete up to `limit` cars that the batch created, that nobody has changed since, and that no
    lead needs; how many. Leads of the batch in the bin let go of theirs; who takes them out gets
    it back (bringing_back.py). The dealer must be locked, or a lead could find one that is just
    going. Cars that were here before are not changed by imports."""
    history = Vehicle.history.model._default_manager
    created = history.filter(change_batch=batch.pk, history_type="+")
    changes = history.filter(id=OuterRef("pk")).exclude(pk__in=created.values("pk"))
    unchanged = Vehicle.objects.filter(pk__in=created.values("id")).filter(~Exists(changes))
    leads = Lead.objects.exclude(_lets_go(batch, "pk", ""))
    enquiries = Enquiry.objects.exclude(_lets_go(batch, "lead_id", "lead__"))
    of_car = {"vehicle": OuterRef("pk")}
    unused = unchanged.filter(~Exists(leads.filter(**of_car)), ~Exists(enquiries.filter(**of_car)))
    rows = list(unused.order_by("pk").select_for_update(of=("self",))[:limit])
    if not rows:
        return 0
    gone = [car.pk for car in rows]
    Lead.objects.filter(vehicle__in=gone).update(vehicle=None)
    Enquiry.objects.filter(vehicle__in=gone).update(vehicle=None)
    remember(Vehicle, rows, by=by, now=now, is_gone=True)
    # The library's own way would write the history of each once more.
    cars = Vehicle.objects.filter(pk__in=gone)
    cars._raw_delete(cars.db)
    return len(rows)


def _lets_go(batch: ChangeBatch, pk: str, prefix: str) -> Q:
    """Whether a lead is one of those in the bin that the batch created."""
    created = Lead.history.model._default_manager.filter(
        id=OuterRef(pk), change_batch=batch.pk, history_type="+"
    )
    in_bin = Q(**{f"{prefix}deleted_at__isnull": False, f"{prefix}merged_into": None})
    return in_bin & Q(Exists(created))
