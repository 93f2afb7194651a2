"""Lists of vehicles: what their rows say of a car, and by what it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from leads.models.dealer import Dealer, Location
from leads.models.keys import catalog_key
from leads.models.vehicle import Vehicle
from leads.resources.readers import Reading
from leads.resources.record_lists import RecordList, Said, shown_value
from leads.resources.rows import Problem, Row, UnusableRow
from leads.services.listed_vehicles import foresee_vehicles, take_vehicles

_COLUMNS = (
    *("internal_number", "vin", "make", "model", "variant", "condition", "first_registration"),
    *("mileage_km", "power_kw", "fuel", "price", "url", "state"),
)


def _understanding(dealer: Dealer) -> Callable[[Row, Reading], Said]:
    locations: dict[str, int] = {}
    for one in Location.objects.for_dealer(dealer):
        for name in filter(None, (one.name, one.bdk_partner_number)):
            locations[catalog_key(name)] = one.pk

    def understand(row: Row, reading: Reading) -> Said:
        said = reading.values
        values = {name: said[name] for name in _COLUMNS if name in said}
        number, vin = values.get("internal_number", ""), values.get("vin", "")
        if not number and not vin:
            reason = _("Neither own number nor VIN: the vehicle could not be found again.")
            raise UnusableRow(row, [Problem("", "", reason)])
        location = locations.get(catalog_key(said.get("location", "")))
        if location is not None:
            values["location_id"] = location
        name = " ".join(filter(None, (values.get(one) for one in ("make", "model", "variant"))))
        names = [("number", number), ("vin", vin)]
        return Said(
            values,
            title=" · ".join(filter(None, [name, number or vin])),
            names=[one for one in names if one[1]],
            warnings=reading.warnings,
        )

    return understand


def _showing(dealer: Dealer) -> Callable[[str, Any], str]:
    locations = dict(Location.objects.for_dealer(dealer).values_list("pk", "name"))

    def show(name: str, value: Any) -> str:
        if name == "location_id":
            return locations.get(value, "")
        return shown_value(Vehicle, name, value)

    return show


VEHICLE_LIST = RecordList(
    model=Vehicle,
    understand=_understanding,
    foresee=foresee_vehicles,
    take=take_vehicles,
    shown=_showing,
    columns={"location_id": "location"},
)
