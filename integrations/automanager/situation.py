"""What is stored about one export, as the checks look at it: plain objects, a fixed number of
queries per export however many cars it has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.automanager.limits import Limits
from integrations.automanager.reading import MEMORY
from integrations.models import (
    Connection,
    ExportApp,
    ExportRun,
    Listing,
    Release,
    Severity,
    StockCar,
    Transmission,
)

_CAR = (
    *("pk", "location_id", "external_id", "vehicle_number", "vin", "title", "price", "currency"),
    *("status", "status_since", "online", "updated_at", "gone_at"),
)
_SENT = (
    *("pk", "at", "vehicle_number", "vin", "vehicle_external_id", "action", "result"),
    *("listing_id", "booked"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a check says is wrong. `subject` tells it apart from the others of the same check and
    export; by default the car does."""

    check: str
    severity: Severity
    facts: Mapping[str, Any] = field(default_factory=dict)
    app: ExportApp | None = None
    location_id: int | None = None
    vehicle_number: str = ""
    vin: str = ""
    subject: str = ""
    lead_id: int | None = None


# --- cars ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Car:
    """One car of the stock, in the order of its columns."""

    pk: int
    location_id: int
    external_id: str
    number: str
    vin: str
    title: str
    price: Decimal | None
    currency: str
    status: str
    status_since: datetime
    online: bool | None
    updated_at: datetime | None
    gone_at: datetime | None

    @property
    def is_sold(self) -> bool:
        return self.status == StockCar.Status.SOLD

    @property
    def is_in_stock(self) -> bool:
        return self.status == StockCar.Status.IN_STOCK and self.gone_at is None

    @property
    def is_gone(self) -> bool:
        """Sold or deleted; a state that nobody understood is none of both."""
        is_over = self.status in (StockCar.Status.SOLD, StockCar.Status.DELETED)
        return is_over or self.gone_at is not None

    @property
    def since(self) -> datetime:
        """Since when it is in this state."""
        return max(self.status_since, self.gone_at) if self.gone_at else self.status_since


class Stock:
    """Cars, found by own number, VIN or the partner's number, in this order."""

    def __init__(self, cars: Iterable[Car]) -> None:
        self.cars = {car.pk: car for car in cars}
        self._by_number: dict[str, Car] = {}
        self._by_vin: dict[str, Car] = {}
        self._by_id: dict[str, Car] = {}
        # Of two cars with one number, that which is here counts.
        for car in sorted(self.cars.values(), key=lambda one: one.is_in_stock):
            self._by_id[car.external_id] = car
            if car.number:
                self._by_number[car.number] = car
            if car.vin:
                self._by_vin[car.vin] = car

    @classmethod
    def of(cls, connection: Connection) -> Stock:
        rows = StockCar.objects.filter(connection=connection).order_by()
        return cls(Car(*row) for row in rows.values_list(*_CAR).iterator())

    @classmethod
    def of_dealer(cls, dealer_id: int) -> Stock:
        """Of all connections together."""
        rows = StockCar.objects.for_dealer(dealer_id).order_by()
        return cls(Car(*row) for row in rows.values_list(*_CAR).iterator())

    def __iter__(self) -> Iterator[Car]:
        return iter(self.cars.values())

    def __len__(self) -> int:
        return len(self.cars)

    def car(self, number: str, vin: str, external_id: str = "") -> Car | None:
        if number and number in self._by_number:
            return self._by_number[number]
        if vin and vin in self._by_vin:
            return self._by_vin[vin]
        return self._by_id.get(external_id) if external_id else None


# --- one export ------------------------------------------------------------------------------


@dataclass(slots=True)
class Sent:
    """The newest transmission of one car; what came back only where something did."""

    pk: int
    at: datetime
    number: str
    vin: str
    external_id: str
    action: str
    result: str
    listing_id: str
    booked: int
    feedback: list[dict[str, str]] = field(default_factory=list)
    bookings: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Released:
    """That a car may go out, or may not, through this export."""

    car: Car
    is_released: bool
    since: datetime
    individual_price: Decimal | None
    wanted: list[str]


@dataclass(slots=True)
class Ad:
    listing_id: str
    number: str
    vin: str
    price: Decimal | None
    currency: str
    created_at: datetime | None
    first_seen_at: datetime

    @property
    def since(self) -> datetime:
        return self.created_at or self.first_seen_at


@dataclass
class AppView:
    """One export with everything that is known about it at `as_of`.

    `sent` by car (see `car_key`), `releases` by the car's pk. `checked_before`: the last check that
    went well. `booked_before`: paid bookings as they were some hours ago.
    """

    app: ExportApp
    as_of: datetime
    limits: Limits
    stock: Stock
    runs: list[ExportRun] = field(default_factory=list)  # newest first
    sent: dict[str, Sent] = field(default_factory=dict)
    releases: dict[int, Released] = field(default_factory=dict)
    ads: list[Ad] = field(default_factory=list)
    booked_before: int = 0
    checked_before: datetime | None = None

    @property
    def released(self) -> list[Released]:
        """Cars in stock that may go out."""
        return [one for one in self.releases.values() if one.is_released and one.car.is_in_stock]

    @property
    def released_count(self) -> int:
        """As the partner says, otherwise as the stock says."""
        told = self.app.released_vehicles
        return len(self.released) if told is None else told

    def sent_of(self, car: Car) -> Sent | None:
        return self.sent.get(car_key(car.number, car.vin, car.external_id))

    def car_of(self, sent: Sent) -> Car | None:
        return self.stock.car(sent.number, sent.vin, sent.external_id)


def car_key(number: str, vin: str, external_id: str) -> str:
    """What tells the cars of one export apart: own number, else VIN, else the partner's number."""
    return number or vin or f"id:{external_id}"


def view_of(app: ExportApp, stock: Stock, *, limits: Limits, as_of: datetime) -> AppView:
    """Five queries."""
    view = AppView(app=app, as_of=as_of, limits=limits, stock=stock, checked_before=app.checked_at)
    view.runs = list(
        ExportRun.objects.filter(app=app, sent_at__gt=as_of - MEMORY).order_by("-sent_at", "-pk")
    )
    _add_transmissions(view)
    rows = Release.objects.filter(app=app).order_by()
    names = ("car_id", "is_released", "since", "individual_price", "bookings_wanted")
    for car_id, *values in rows.values_list(*names).iterator():
        if car := stock.cars.get(car_id):
            view.releases[car_id] = Released(car, *values)
    ads = Listing.objects.filter(app=app).live().order_by("pk")
    columns = ("listing_id", "vehicle_number", "vin", "price", "currency", "created_at")
    view.ads = [Ad(*row) for row in ads.values_list(*columns, "first_seen_at").iterator()]
    return view


def _add_transmissions(view: AppView) -> None:
    """The newest of each car within the partner's memory, and the bookings some hours before."""
    before: dict[str, int] = {}
    earlier = view.as_of - timedelta(hours=view.limits.bookings_growth_hours)
    rows = Transmission.objects.filter(app=view.app, at__gt=view.as_of - MEMORY)
    for row in rows.order_by("at", "pk").values_list(*_SENT).iterator():
        sent = Sent(*row)
        key = car_key(sent.number, sent.vin, sent.external_id)
        view.sent[key] = sent
        if sent.at <= earlier:
            before[key] = sent.booked
    view.booked_before = sum(before.values())
    noted = (Transmission.Result.ERROR, Transmission.Result.WARNING)
    telling = {one.pk: one for one in view.sent.values() if one.booked or one.result in noted}
    details = Transmission.objects.filter(pk__in=list(telling))
    for pk, feedback, bookings in details.values_list("pk", "feedback", "bookings").iterator():
        telling[pk].feedback, telling[pk].bookings = feedback, bookings
