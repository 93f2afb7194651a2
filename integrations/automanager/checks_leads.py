"""AM-41 … AM-43: open leads, and what the exports say about their cars. A reserved car is not gone.

A lead means a car by the number of the ad it names, by the dealer's own number or by VIN.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.automanager.limits import Limits
from integrations.automanager.situation import Car, Found, Stock
from integrations.models import Finding, Listing, Severity
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle

# What a customer might ask about: the car is refused, listed twice, or has another price outside.
FAULTS = ("AM-20", "AM-25", "AM-27")


# What a vehicle here says, as Automanager would.
_GONE: dict[str | None, str] = {Vehicle.State.SOLD: "sold", Vehicle.State.GONE: "deleted"}


@dataclass(slots=True)
class OpenLead:
    """An open lead that names a car or an ad, in the order of its columns."""

    pk: int
    location_id: int | None
    received_at: datetime
    offer_number: str
    vehicle_id: int | None
    number: str | None
    vin: str | None
    state: str | None

    @property
    def names_a_stock_car(self) -> bool:
        """Whether it hangs on a car that is more than what the lead itself said."""
        return self.vehicle_id is not None and self.state != Vehicle.State.UNKNOWN


_COLUMNS = (
    *("pk", "location_id", "received_at", "offer_number", "vehicle_id"),
    *("vehicle__internal_number", "vehicle__vin", "vehicle__state"),
)


@dataclass(frozen=True, slots=True)
class LeadView:
    """The open leads of a dealer with the cars they mean; `listed`: numbers of known ads."""

    leads: Sequence[tuple[OpenLead, Car | None]]
    listed: frozenset[str]
    faults: Sequence[Finding]


def lead_view_of(dealer_id: int) -> LeadView:
    """Four queries."""
    stock = Stock.of_dealer(dealer_id)
    rows = Lead.objects.for_dealer(dealer_id).open().real().order_by()
    rows = rows.exclude(vehicle=None, offer_number="")
    leads = [OpenLead(*row) for row in rows.values_list(*_COLUMNS).iterator()]
    offers = {lead.offer_number for lead in leads if lead.offer_number}
    ads = Listing.objects.for_dealer(dealer_id).filter(listing_id__in=offers)
    listed = {
        listing_id: (number, vin)
        for listing_id, number, vin in ads.values_list("listing_id", "vehicle_number", "vin")
    }
    faults = Finding.objects.for_dealer(dealer_id).open().filter(check_code__in=FAULTS)
    return LeadView(
        leads=[(lead, _car_of(lead, stock, listed)) for lead in leads],
        listed=frozenset(listed),
        faults=list(faults),
    )


def _car_of(lead: OpenLead, stock: Stock, listed: dict[str, tuple[str, str]]) -> Car | None:
    named = listed.get(lead.offer_number)
    car = stock.car(*named) if named else None
    return car or stock.car(lead.number or "", lead.vin or "")


def cars_gone(view: LeadView) -> Iterator[Found]:
    """AM-41."""
    for lead, car in view.leads:
        state = ""
        if car is not None and car.is_gone:
            state = "sold" if car.is_sold else "deleted"
        elif lead.state in _GONE:
            state = _GONE[lead.state]
        elif car is not None and car.online is False:
            state = "offline"
        if state:
            yield _about(lead, car, "AM-41", Severity.WARNING, state=state)


def cars_faulty(view: LeadView) -> Iterator[Found]:
    """AM-42."""
    by_name: dict[str, set[str]] = {}
    for fault in view.faults:
        for name in filter(None, (fault.vehicle_number, fault.vin)):
            by_name.setdefault(name, set()).add(fault.check_code)
    for lead, car in view.leads:
        names = [lead.number, lead.vin]
        names += [car.number, car.vin] if car else []
        checks = set().union(*(by_name.get(name, set()) for name in names if name))
        if checks:
            yield _about(lead, car, "AM-42", Severity.INFO, checks=sorted(checks))


def cars_unknown(view: LeadView, *, limits: Limits, now: datetime) -> Iterator[Found]:
    """AM-43."""
    patience = timedelta(minutes=limits.unmatched_lead_minutes)
    for lead, car in view.leads:
        is_known = car is not None or lead.names_a_stock_car or lead.offer_number in view.listed
        if not is_known and now - lead.received_at > patience:
            named = lead.number or lead.vin or lead.offer_number
            yield _about(lead, car, "AM-43", Severity.WARNING, named=named)


def _about(
    lead: OpenLead, car: Car | None, check: str, severity: Severity, **facts: object
) -> Found:
    return Found(
        check=check,
        severity=severity,
        location_id=lead.location_id or (car.location_id if car else None),
        vehicle_number=lead.number or (car.number if car else ""),
        vin=lead.vin or (car.vin if car else ""),
        subject=f"lead:{lead.pk}",
        lead_id=lead.pk,
        facts=facts,
    )
