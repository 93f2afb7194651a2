"""The stock is kept likewise, with the releases of each car; cars by the partner's number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from integrations.automanager.schema import ReleaseItem, StockItem
from integrations.automanager.storing import Stored, note_gone, put
from integrations.models import Connection, ExportApp, Release, StockCar
from leads.models.dealer import Location
from leads.services.inserting import blank

_TOLD = (
    *("location_id", "vehicle_number", "vin", "title", "price", "currency", "status"),
    *("status_since", "reserved_until", "online", "updated_at", "gone_at"),
)
_RELEASED = ("is_released", "since", "individual_price", "bookings_wanted")


def put_cars(
    connection: Connection,
    items: Sequence[StockItem],
    locations: Mapping[str, Location],
    apps: Mapping[str, ExportApp],
    *,
    now: datetime,
) -> Stored:
    """Store cars and their releases; releases for exports that are not ours are left out."""
    ids = [item.id for item in items]
    found = StockCar.objects.filter(connection=connection, external_id__in=ids)
    known = {one.external_id: one for one in found}
    cars = {
        item.id: _car(connection, item, locations[item.location_code], known.get(item.id), now)
        for item in items
    }
    stored = put(StockCar, cars, known, _TOLD)
    _put_releases(cars, items, apps, now=now)
    return stored


def _car(
    connection: Connection,
    item: StockItem,
    location: Location,
    before: StockCar | None,
    now: datetime,
) -> StockCar:
    car = blank(StockCar)
    car.dealer_id, car.connection_id = connection.dealer_id, connection.pk
    car.location_id, car.external_id = location.pk, item.id
    car.vehicle_number, car.vin, car.title = item.number, item.vin, item.title
    car.price, car.currency, car.status = item.price, item.currency, item.status
    car.reserved_until, car.online, car.updated_at = (
        item.reserved_until,
        item.online,
        item.updated_at,
    )
    if before is None:
        car.status_since = item.updated_at or now
    elif before.status == item.status and before.gone_at is None:
        car.status_since = before.status_since
    else:
        car.status_since = now
    return car


def _put_releases(
    cars: Mapping[str, StockCar],
    items: Sequence[StockItem],
    apps: Mapping[str, ExportApp],
    *,
    now: datetime,
) -> None:
    found = Release.objects.filter(car__in=[car.pk for car in cars.values()])
    known = {(one.app_id, one.car_id): one for one in found}
    rows = {}
    for item in items:
        car = cars[item.id]
        for told in item.exports:
            app = apps.get(told.app_id)
            if app is not None:
                key = (app.pk, car.pk)
                rows[key] = _release(app, car, told, known.get(key), now)
    # A release that is no longer told of has ended.
    for key, before in known.items():
        if key not in rows and before.is_released:
            rows[key] = _ended(before, now)
    put(Release, rows, known, _RELEASED)


def _release(
    app: ExportApp, car: StockCar, told: ReleaseItem, before: Release | None, now: datetime
) -> Release:
    row = blank(Release)
    row.__dict__.update(
        dealer_id=app.dealer_id,
        app_id=app.pk,
        car_id=car.pk,
        is_released=told.released,
        individual_price=told.individual_price,
        bookings_wanted=list(told.bookings_wanted),
    )
    if told.released and told.released_at:
        row.since = told.released_at
    elif before is not None and before.is_released == told.released:
        row.since = before.since
    else:
        row.since = now if before is not None else (car.updated_at or now)
    return row


def _ended(before: Release, now: datetime) -> Release:
    row = blank(Release)
    row.dealer_id, row.app_id, row.car_id = before.dealer_id, before.app_id, before.car_id
    row.is_released, row.since, row.bookings_wanted = False, now, []
    return row


def note_missing_cars(connection: Connection, seen: set[str], *, now: datetime) -> None:
    """Cars that a complete list of the stock no longer names."""
    present = StockCar.objects.filter(connection=connection, gone_at=None)
    pks = [pk for pk, number in present.values_list("pk", "external_id") if number not in seen]
    note_gone(StockCar, pks, now=now)
