"""Cars that Automanager names become vehicles here, by the same way in as those of lists.

A car that several sources name stays with the one that had it, as long as that one still comes:
otherwise they would take it from each other with each run, and each would say that it is gone
although another one has just named it. README.md, "Stock".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from integrations.automanager.marketplace_schema import MarketCar
from integrations.automanager.schema import StockItem
from integrations.models import Connection
from leads.models.dealer import Location
from leads.models.vehicle import Vehicle
from leads.resources.stock_lists import imported_sources
from leads.services.listed_rows import Listed, Taken
from leads.services.listed_vehicles import foresee_vehicles, take_vehicles
from leads.services.whole_stock import Vanishing, mark_gone

_STATES = {
    "in_stock": Vehicle.State.IN_STOCK,
    "sold": Vehicle.State.SOLD,
    "deleted": Vehicle.State.GONE,
}
_LEFT = (Vehicle.State.SOLD, Vehicle.State.GONE)
_HERE = (Vehicle.State.IN_STOCK, Vehicle.State.RESERVED)
_MAX_PROBLEMS = 20
_LONGEST_NUMBER, _LONGEST_VIN = 40, 17


@dataclass
class StockTaking:
    """What one run makes of a stock. `seen`: ids of the vehicles that it named."""

    connection: Connection
    now: datetime
    seen: set[int] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        return _source_of(self.connection.pk)

    def take(self, rows: Sequence[Listed]) -> None:
        """Create and change vehicles. What has left the stock is noted on cars that are here; none
        is made of it."""
        dealer = self.connection.dealer
        foreseen = foresee_vehicles(dealer, rows)
        wanted = [
            row if self._is_anothers(one) else self._claimed(row)
            for row, one in zip(rows, foreseen, strict=True)
            if not (one.is_new and row.values.get("state") in _LEFT)
        ]
        taken = take_vehicles(dealer, wanted, now=self.now, by=None)
        self.seen.update(one.record.pk for one in taken if one.record is not None)
        for outcome, number in Counter(one.outcome for one in taken).items():
            self.outcomes[outcome] += number
        refused = [(row, one) for row, one in zip(wanted, taken, strict=True) if one.record is None]
        if refused:
            self._note_refused(refused)

    def _claimed(self, row: Listed) -> Listed:
        return replace(row, values={**row.values, "stock_source": self.source})

    def _is_anothers(self, one: Taken[Vehicle]) -> bool:
        """Whether another source that still comes answers for this car. Not if it has gone there,
        or has been moved to another location: that is another stock."""
        car = one.record
        if one.is_new or car is None or car.stock_source not in self._others:
            return False
        state, _after = one.changes.get("state", (car.state, ""))
        location_before, _after = one.changes.get("location_id", (None, None))
        return state in _HERE and location_before is None

    @cached_property
    def _others(self) -> set[str]:
        """The other sources that have named their stock lately."""
        dealer = self.connection.dealer
        since = self.now - timedelta(days=settings.STOCK_SOURCE_FRESH_DAYS)
        active = Connection.objects.for_dealer(dealer).active().filter(last_success_at__gte=since)
        others = active.exclude(pk=self.connection.pk).values_list("pk", flat=True)
        return {*map(_source_of, others), *imported_sources(dealer, since=since)}

    def _note_refused(self, refused: Sequence[tuple[Listed, Taken[Vehicle]]]) -> None:
        """Which of two cars is meant nobody knows; both are still there."""
        numbers = {row.values.get("internal_number", "") for row, _one in refused} - {""}
        vins = {row.values.get("vin", "") for row, _one in refused} - {""}
        mine = Vehicle.objects.for_dealer(self.connection.dealer_id)
        named = mine.filter(Q(internal_number__in=numbers) | Q(vin__in=vins))
        self.seen.update(named.values_list("pk", flat=True))
        for row, one in refused[: _MAX_PROBLEMS - len(self.problems)]:
            name = row.values.get("internal_number") or row.values.get("vin", "")
            self.problems.append(f"{name}: {one.reason}")

    def finish(self, *, accept: bool = False) -> Vanishing:
        """All cars were named: those that were not are gone, unless too many are."""
        found = mark_gone(
            self.connection.dealer,
            [self.source],
            self.seen,
            now=self.now,
            accept=accept or self.connection.accepts_vanishing,
        )
        is_held = found.is_odd and not (accept or self.connection.accepts_vanishing)
        if is_held:
            hint = _(
                "To do so, tick “many vehicles may be gone” in the settings of the connection."
            )
            self.problems.append(f"{found.warning()} {hint}")
        elif self.connection.accepts_vanishing:  # ordered for once
            self.connection.accepts_vanishing = False
            self.connection.save(update_fields=["accepts_vanishing"])
        return Vanishing() if is_held else found


def _source_of(connection_id: int) -> str:
    return f"connection:{connection_id}"


def rows_of_stock(
    items: Sequence[StockItem], locations: Mapping[str, Location], *, now: datetime
) -> list[Listed]:
    """Cars of the contract's /v1/stock; one without number and VIN could not be found again."""
    rows = []
    for item in items:
        state = _STATES.get(item.status)
        if state == Vehicle.State.IN_STOCK and item.reserved_until and item.reserved_until > now:
            state = Vehicle.State.RESERVED
        said = {
            "internal_number": item.number if len(item.number) <= _LONGEST_NUMBER else "",
            "vin": item.vin if len(item.vin) <= _LONGEST_VIN else "",
            "location_id": locations[item.location_code].pk,
            "price": item.price if item.currency in ("", "EUR") else None,
            "state": state,
        }
        values = _without_gaps(said)
        if "internal_number" in values or "vin" in values:
            # The title is no better than what somebody has typed in.
            rows.append(Listed(values, fills=_without_gaps({"model": item.title[:100]})))
    return rows


def row_of_market(car: MarketCar, location: Location | None) -> Listed:
    """A published car is in stock."""
    said = {
        "internal_number": car.number,
        "vin": car.vin,
        "make": car.make,
        "model": car.model,
        "variant": car.variant,
        "mileage_km": car.mileage_km,
        "first_registration": car.first_registration,
        "price": car.price,
        "location_id": location.pk if location else None,
        "state": Vehicle.State.RESERVED if car.is_reserved else Vehicle.State.IN_STOCK,
    }
    return Listed(_without_gaps(said))


def _without_gaps(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value not in ("", None)}
