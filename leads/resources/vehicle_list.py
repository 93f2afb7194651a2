"""Lists of vehicles: what their rows say of a car, and by what it is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from leads.models.dealer import Dealer, Location
from leads.models.keys import catalog_key
from leads.models.list_import import ListImport
from leads.models.vehicle import Vehicle
from leads.resources.mobilede_reading import NUMBER, is_own_number
from leads.resources.readers import Reading
from leads.resources.record_lists import RecordList, Said, shown_value
from leads.resources.rows import Problem, Row, UnusableRow
from leads.resources.stock_lists import is_whole_stock, source_of
from leads.services.catalogue import locations_by_name
from leads.services.listed_vehicles import foresee_vehicles, take_vehicles

_COLUMNS = (
    *("internal_number", "vin", "make", "model", "variant", "condition", "first_registration"),
    *("mileage_km", "power_kw", "fuel", "price", "url", "state"),
)


def _understanding(list_import: ListImport) -> Callable[[Row, Reading, Mapping[str, Any]], Said]:
    locations = locations_by_name(list_import.dealer)
    is_stock = is_whole_stock(list_import)

    def understand(row: Row, reading: Reading, known: Mapping[str, Any]) -> Said:
        said = reading.values
        if is_stock:
            _check_stock_row(row, said)
        values = {name: said[name] for name in _COLUMNS if name in said}
        number, vin = values.get("internal_number", ""), values.get("vin", "")
        pk = said.get("pk")
        if not number and not vin and pk is None:
            reason = _("Neither own number nor VIN: the vehicle could not be found again.")
            raise UnusableRow(row, [Problem("", "", reason)])
        location = locations.get(catalog_key(said.get("location", "")))
        if location is not None:
            values["location_id"] = location.pk
        if is_stock:
            values["stock_source"] = source_of(said.get("stock_account", ""), location)
        told = {**known, **values}
        name = " ".join(filter(None, (told.get(one) for one in ("make", "model", "variant"))))
        number, vin = told.get("internal_number") or "", told.get("vin") or ""
        names = [("here", str(pk or "")), ("number", number), ("vin", vin)]
        return Said(
            values,
            title=" · ".join(filter(None, [name, number or vin])),
            names=[one for one in names if one[1]],
            pk=pk,
            warnings=reading.warnings,
        )

    return understand


def _check_stock_row(row: Row, said: Mapping[str, Any]) -> None:
    """What mobile.de would not take either. Raises UnusableRow."""
    if trouble := said.get("trouble"):
        raise UnusableRow(row, [Problem("", "", trouble)])
    number = said.get("internal_number", "")
    if not number:
        reason = _("The own number is missing. Please enter it: by it the car is found again.")
        raise UnusableRow(row, [Problem(NUMBER, "", reason)])
    if not is_own_number(number):
        reason = _("Only letters A–Z, digits, - and _ are allowed here, at most 40 of them.")
        raise UnusableRow(row, [Problem(NUMBER, number[:60], reason)])


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
    columns={"pk": "number", "location_id": "location"},
)
