"""The cars of the demo: those in stock now, and those sold in the past year."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from leads.management.demo import words
from leads.management.demo.office import Office
from leads.models import Location, Vehicle

# Cars sold in the past year, for each one in stock.
_SOLD_SHARE = 1.6
_USED, _DEMO, _PRE_REGISTERED, _NEW = (
    Vehicle.Condition.USED,
    Vehicle.Condition.DEMO,
    Vehicle.Condition.PRE_REGISTERED,
    Vehicle.Condition.NEW,
)
_PREFIXES = {_USED: "GB", _DEMO: "VF", _PRE_REGISTERED: "TZ", _NEW: "NW"}


class Stock:
    """The cars of a company, to choose from."""

    def __init__(self, vehicles: Iterable[Vehicle]) -> None:
        self._cars: dict[tuple[Location | None, bool], list[Vehicle]] = defaultdict(list)
        self._buyers: set[str] = set()
        for vehicle in vehicles:
            is_sold = vehicle.state == Vehicle.State.SOLD
            for location in (vehicle.location, None):
                self._cars[location, is_sold].append(vehicle)

    def any_car(self, rng: Random, *, at: Location | None, is_sold: bool) -> Vehicle:
        """Somewhere, if no location is given."""
        return rng.choice(self._cars[at, is_sold])

    def sell(self, vehicle: Vehicle) -> bool:
        """Whether it is this customer who gets the car: it is sold, and only once."""
        is_free = vehicle.internal_number not in self._buyers
        if vehicle.state != Vehicle.State.SOLD or not is_free:
            return False
        self._buyers.add(vehicle.internal_number)
        return True


def make_vehicles(
    office: Office, rng: Random, *, now: datetime, first_number: int
) -> list[Vehicle]:
    """The company's cars, not stored; own numbers are counted up from `first_number`."""
    in_stock = office.company.cars
    vehicles = []
    for place in range(round(in_stock * (1 + _SOLD_SHARE))):
        vehicle = _vehicle(office, rng, now=now, number=first_number + place)
        if place >= in_stock:
            vehicle.state = Vehicle.State.SOLD
        elif rng.random() < 0.06:
            vehicle.state = Vehicle.State.RESERVED
        vehicle.set_keys()
        vehicles.append(vehicle)
    return vehicles


def _vehicle(office: Office, rng: Random, *, now: datetime, number: int) -> Vehicle:
    make, model, variants, fuel, power, price = rng.choice(words.MODELS)
    condition = rng.choices([_USED, _DEMO, _PRE_REGISTERED, _NEW], [72, 10, 8, 10])[0]
    vehicle = Vehicle(
        dealer=office.dealer,
        location=rng.choices(office.locations, range(2 * len(office.locations), 0, -2))[0],
        internal_number=f"{_PREFIXES[condition]}-{number}",
        vin=f"WDEMAUT{number:010d}",
        make=make,
        model=model,
        variant=rng.choice(variants),
        condition=condition,
        fuel=fuel,
        power_kw=power,
    )
    _age(vehicle, rng, price=price, now=now)
    return vehicle


def _age(vehicle: Vehicle, rng: Random, *, price: int, now: datetime) -> None:
    """First registration, mileage and what the car costs by now."""
    months = {
        _USED: rng.randrange(14, 76),
        _DEMO: rng.randrange(3, 14),
        _PRE_REGISTERED: rng.randrange(1, 5),
        _NEW: 0,
    }[Vehicle.Condition(vehicle.condition)]
    kilometres = months * rng.randrange(650, 1900) if vehicle.condition in (_USED, _DEMO) else 10
    vehicle.mileage_km = round(kilometres, -2) or 10
    if months:
        registered = now - timedelta(days=30.44 * months)
        vehicle.first_registration = f"{registered:%Y-%m}"
    left = 0.985 ** (months * 0.85) * (0.9 if months else 0.97) - kilometres / 1_500_000
    vehicle.price = Decimal(max(round(price * left / 100) * 100 - 10, 4_990))
