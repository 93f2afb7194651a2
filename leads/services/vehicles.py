"""Which stock car a draft is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.vehicle import Vehicle
from leads.services.catalogue import Catalogue
from leads.services.drafts import LeadDraft, VehicleDraft
from leads.services.history import remember

_COPIED = (
    "internal_number",
    "vin",
    "make",
    "model",
    "variant",
    "condition",
    "first_registration",
    "mileage_km",
    "power_kw",
    "fuel",
    "price",
    "url",
)


def resolve_vehicles(
    dealer: Dealer,
    drafts: Sequence[LeadDraft],
    catalogue: Catalogue,
    *,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> list[Vehicle | None]:
    """The car of each draft, by own number, then by VIN; None where it names neither.

    A car we have not heard of is stored as "only known from a lead", so that all its leads meet
    on one page. A known car is never changed by a lead: the stock list is the better witness.
    Three queries at most.
    """
    known = _find(dealer, [draft.vehicle for draft in drafts])
    new: list[Vehicle] = []
    found: list[Vehicle | None] = []
    for draft in drafts:
        vehicle = _known(draft.vehicle, known)
        if vehicle is None and _keys(draft.vehicle):
            vehicle = _unsaved(dealer, draft, catalogue)
            new.append(vehicle)
            known |= dict.fromkeys(_keys(draft.vehicle), vehicle)
        found.append(vehicle)
    if new:
        Vehicle.objects.bulk_create(new)
        remember(Vehicle, new, now=now, is_new=True, change_batch=change_batch)
    return found


def _keys(draft: VehicleDraft) -> list[tuple[str, str]]:
    named = [("number", draft.internal_number), ("vin", draft.vin)]
    return [(kind, value) for kind, value in named if value]


def _known(draft: VehicleDraft, known: dict[tuple[str, str], Vehicle]) -> Vehicle | None:
    return next((known[key] for key in _keys(draft) if key in known), None)


def _find(dealer: Dealer, drafts: Sequence[VehicleDraft]) -> dict[tuple[str, str], Vehicle]:
    numbers = {draft.internal_number for draft in drafts} - {""}
    vins = {draft.vin for draft in drafts} - {""}
    if not numbers and not vins:
        return {}
    rows = Vehicle.objects.for_dealer(dealer).order_by()
    by_vin = rows.filter(~Q(vin=""), vin__in=vins)
    by_number = rows.filter(~Q(internal_number=""), internal_number__in=numbers)
    found: dict[tuple[str, str], Vehicle] = {}
    # One query of two parts, each with its own index. Of two cars with one VIN the newer counts.
    for vehicle in sorted(by_vin.union(by_number, all=True), key=lambda one: one.pk):
        found[("number", vehicle.internal_number)] = vehicle
        found[("vin", vehicle.vin)] = vehicle
    return found


def _unsaved(dealer: Dealer, draft: LeadDraft, catalogue: Catalogue) -> Vehicle:
    vehicle = Vehicle(
        dealer=dealer,
        state=Vehicle.State.UNKNOWN,
        location=catalogue.location(draft.location),
        **{name: getattr(draft.vehicle, name) for name in _COPIED},
    )
    vehicle.set_keys()
    return vehicle
