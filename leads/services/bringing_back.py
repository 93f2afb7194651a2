"""What leads that come out of the bin need again: their customer, their car, their entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Status, Tag
from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.events import customer_event, record
from leads.services.history import begin_histories, remember
from leads.services.merge_rows import lock_customers

_ENTRIES: Mapping[type[CatalogEntry], str] = {
    Status: "status_id",
    Source: "source_id",
    Category: "category_id",
    CloseReason: "close_reason_id",
}


def bring_back(
    leads: Sequence[Lead],
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> None:
    """Give leads that are about to be stored, and no longer in the bin, what an undone import may
    have taken away meanwhile."""
    bring_customers_back(leads, by=by, now=now, change_batch=change_batch)
    bring_cars_back(leads, by=by, now=now)
    switch_entries_on(leads)


# --- customers ------------------------------------------------------------------------------------


def bring_customers_back(
    leads: Sequence[Lead], *, by: User | None, now: datetime, change_batch: ChangeBatch | None
) -> None:
    """Without them the leads would be nobody's. Those that became part of another stay."""
    pks = {lead.customer_id for lead in leads if lead.customer_id}
    binned = Customer.objects.filter(pk__in=pks, merged_into=None).exclude(deleted_at=None)
    found = list(binned.values_list("pk", flat=True))
    rows = [one for one in lock_customers(found) if one.deleted_at is not None] if found else []
    present = {"deleted_at": None, "deleted_by": ""}
    move_customers(rows, present, by=by, now=now, change_batch=change_batch)
    record(customer_event(EventKind.CUSTOMER_RESTORED, one, now=now, by=by) for one in rows)


def move_customers(
    rows: Sequence[Customer],
    values: Mapping[str, object],
    *,
    by: User | None,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> None:
    """Into the bin or out of it, with history; the rows must be locked."""
    if not rows:
        return
    begin_histories(rows)
    mine = Customer.objects.filter(pk__in=[one.pk for one in rows])
    mine.update(**values, version=F("version") + 1, updated_at=now)
    remember(Customer, rows, by=by, now=now, change_batch=change_batch)


# --- cars -----------------------------------------------------------------------------------------


def bring_cars_back(leads: Sequence[Lead], *, by: User | None, now: datetime) -> None:
    """The car that a lead had before it came into the bin, if that was taken off it there
    (undo_vehicles.py). A car of the same number that has come meanwhile is the same."""
    pks = [lead.pk for lead in leads if lead.vehicle_id is None]
    if not pks:
        return
    history = Lead.history.model._default_manager
    versions = history.filter(id=OuterRef("pk"), deleted_at=None)
    last = versions.order_by("-history_id").values("vehicle_id")[:1]
    rows = Lead.objects.filter(pk__in=pks).annotate(last_car=Subquery(last))
    cars = dict(rows.exclude(last_car=None).order_by("pk").values_list("pk", "last_car"))
    if not cars:
        return
    found = _cars(set(cars.values()), by=by, now=now)
    for lead in leads:
        lead.vehicle_id = lead.vehicle_id or found.get(cars.get(lead.pk, 0))


def _cars(pks: Collection[int], *, by: User | None, now: datetime) -> dict[int, int]:
    """By former id, the id under which the car is here (again)."""
    present = set(Vehicle.objects.filter(pk__in=pks).values_list("pk", flat=True))
    found = {pk: pk for pk in present}
    history = Vehicle.history.model
    gone = history._default_manager.filter(id__in=set(pks) - present, history_type="-")
    columns = [field.attname for field in history.tracked_fields]
    again = {
        version.id: Vehicle(**{name: getattr(version, name) for name in columns})
        for version in gone.order_by("history_id")
    }
    same = _by_number(again.values())
    new = []
    for pk, car in again.items():
        known = next((same[name] for name in _names(car) if name in same), None)
        if known is None:
            car.set_keys()
            new.append(car)
        found[pk] = known or pk
    Vehicle.objects.bulk_create(new)
    remember(Vehicle, new, by=by, now=now, is_new=True)
    return found


def _names(car: Vehicle) -> list[tuple[int, str]]:
    return [(car.dealer_id, name) for name in (car.internal_number, car.vin) if name]


def _by_number(cars: Iterable[Vehicle]) -> dict[tuple[int, str], int]:
    """The cars that are here under the own number or VIN of one of these."""
    names = {name for car in cars for name in _names(car)}
    numbers = [number for _dealer, number in names]
    wanted = Q(internal_number__in=numbers) | Q(vin__in=numbers)
    dealers = {dealer for dealer, _number in names}
    rows = Vehicle.objects.filter(wanted, dealer__in=dealers).order_by("pk")
    return {name: car.pk for car in rows for name in _names(car)}


# --- entries of catalogues ------------------------------------------------------------------------


def switch_entries_on(leads: Sequence[Lead]) -> None:
    """Entries that were switched off since only leads in the bin had them (undo_entries.py)."""
    pks = [lead.pk for lead in leads]
    for model, column in _ENTRIES.items():
        named = {getattr(lead, column) for lead in leads} - {None}
        _switch_on(model, Q(pk__in=named))
    _switch_on(Tag, Q(pk__in=Lead.tags.through.objects.filter(lead__in=pks).values("tag")))


def _switch_on(model: type[CatalogEntry], which: Q) -> None:
    retired = model._default_manager.filter(which, is_automatic=True, is_active=False)
    retired.update(is_active=True)
