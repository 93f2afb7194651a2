"""Rows of a stock list become vehicles: named by our number, or recognised by the dealer's own
number, then by VIN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.list_import import OnExisting, RowOutcome
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.history import remember
from leads.services.inserting import blank, insert
from leads.services.listed_rows import Listed, Taken, applied, refused
from leads.services.storing import update_rows

Key = tuple[str, str]

_NUMBER_TAKEN = gettext_lazy("Another vehicle has this own number already.")

# A list that names such a car brings it (back) into the stock.
_NOT_HERE = (Vehicle.State.UNKNOWN, Vehicle.State.GONE)


def foresee_vehicles(dealer: Dealer, rows: Sequence[Listed]) -> list[Taken[Vehicle]]:
    """What would become of the rows, in their order; nothing is stored. Two queries."""
    return _plan(dealer, rows, _find(dealer, rows, locked=False))


@transaction.atomic
def take_vehicles(
    dealer: Dealer,
    rows: Sequence[Listed],
    *,
    now: datetime,
    by: User | None,
    change_batch: ChangeBatch | None = None,
) -> list[Taken[Vehicle]]:
    """Create and change vehicles, with their history; what became of the rows, in their order.

    `values` name columns of a vehicle. A car that was only known from a lead is in stock from now
    on, unless the row says something else: the stock list is the better witness. The same number
    of queries for any number of rows.
    """
    locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
    taken = _plan(locked, rows, _find(locked, rows, locked=True))
    new = [one.record for one in taken if one.is_new and one.record]
    insert(Vehicle, new)
    remember(Vehicle, new, by=by, now=now, is_new=True, change_batch=change_batch)
    mine = {id(car) for car in new}
    changed = {
        car.pk: car
        for one in taken
        if one.is_changed and (car := one.record) and id(car) not in mine
    }
    for car in changed.values():
        car.updated_at = now
    update_rows(Vehicle, list(changed.values()))
    remember(Vehicle, list(changed.values()), by=by, now=now, change_batch=change_batch)
    return taken


def _keys(number: str, vin: str) -> list[Key]:
    return [(kind, value) for kind, value in (("number", number), ("vin", vin)) if value]


def _find(dealer: Dealer, rows: Sequence[Listed], *, locked: bool) -> dict[Key, Vehicle]:
    """The dealer's vehicles by id, by own number and by VIN; of two with one VIN the newer one
    counts."""
    numbers = {row.values.get("internal_number", "") for row in rows} - {""}
    vins = {row.values.get("vin", "") for row in rows} - {""}
    mine = Vehicle.objects.for_dealer(dealer).order_by()
    by_number = mine.filter(~Q(internal_number=""), internal_number__in=numbers)
    by_vin = mine.filter(~Q(vin=""), vin__in=vins)
    # One query of two parts, each with its own index.
    found = by_number.values("pk").union(by_vin.values("pk"), all=True)
    named = [row.pk for row in rows if row.pk is not None]
    cars = mine.filter(pk__in=[*(row["pk"] for row in found), *named]).order_by("pk")
    if locked:
        cars = cars.select_for_update(of=("self",))
    return {
        key: car
        for car in cars
        for key in [("here", str(car.pk)), *_keys(car.internal_number, car.vin)]
    }


def _plan(
    dealer: Dealer, rows: Sequence[Listed], known: dict[Key, Vehicle]
) -> list[Taken[Vehicle]]:
    taken = []
    for row in rows:
        one = _judge(dealer, row, known)
        if one.record is not None and (one.is_new or one.is_changed):
            car = one.record
            car.set_keys()
            # A row further down may mean the same car.
            known |= dict.fromkeys(_keys(car.internal_number, car.vin), car)
        taken.append(one)
    return taken


def _judge(dealer: Dealer, row: Listed, known: dict[Key, Vehicle]) -> Taken[Vehicle]:
    number, vin = row.values.get("internal_number", ""), row.values.get("vin", "")
    numbered, identified = known.get(("number", number)), known.get(("vin", vin))
    if row.on_existing == OnExisting.NEW:
        if numbered is not None:
            return refused("internal_number", str(_NUMBER_TAKEN))
        return _new(dealer, row, twin=identified)
    if row.pk is not None:
        return _named(row, known.get(("here", str(row.pk))), numbered)
    if numbered and identified and numbered is not identified and numbered.vin != vin:
        return refused(
            "internal_number",
            _(
                "The own number belongs to another vehicle than the VIN. Please correct one of "
                "them."
            ),
        )
    if numbered is not None:
        return _known(row, numbered, _("Own number is the same."))
    if identified is not None:
        return _known(row, identified, _("VIN is the same."))
    return _new(dealer, row)


def _named(row: Listed, car: Vehicle | None, numbered: Vehicle | None) -> Taken[Vehicle]:
    """A list that was exported here says what to change, and nothing of what is in stock."""
    if car is None:
        return refused("pk", _("There is no such vehicle here. Please correct the number."))
    if numbered is not None and numbered is not car:
        return refused("internal_number", str(_NUMBER_TAKEN))
    return applied(car, row, reason=_("Named by its number."))


def _known(row: Listed, car: Vehicle, reason: str) -> Taken[Vehicle]:
    if car.state in _NOT_HERE and "state" not in row.values:
        row = replace(row, values={**row.values, "state": Vehicle.State.IN_STOCK})
    return applied(car, row, reason=reason, empty=("", None, *_NOT_HERE))


def _new(dealer: Dealer, row: Listed, *, twin: Vehicle | None = None) -> Taken[Vehicle]:
    car = blank(Vehicle)
    car.dealer_id = dealer.pk
    for name, value in {**row.fills, **row.values}.items():
        setattr(car, name, value)
    return Taken(RowOutcome.CREATED, car, twin, reason=_("New vehicle."))
