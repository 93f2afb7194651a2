"""Lists of a whole stock: what they no longer name is gone, unless that looks like an accident.

A list says only of those cars that they are gone that it has named itself before
(`Vehicle.stock_source`): cars typed in by hand, or of another list, never vanish by it. Nothing is
deleted; leads keep their car.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services.history import remember
from leads.services.storing import update_rows

_PRESENT = (Vehicle.State.IN_STOCK, Vehicle.State.RESERVED)


@dataclass(frozen=True, slots=True)
class Vanishing:
    """Of the `present` cars that a list has named before, the ids of those it no longer names."""

    missing: tuple[int, ...] = ()
    present: int = 0

    @property
    def is_odd(self) -> bool:
        """So many at once look like half a list rather than like a good month."""
        number = len(self.missing)
        percent: int = settings.STOCK_VANISH_PERCENT
        least: int = settings.STOCK_VANISH_LEAST
        return number >= least and number * 100 > percent * self.present

    def warning(self) -> str:
        """That nothing was done, why, and what to do."""
        return _(
            "%(missing)d of %(present)d vehicles are no longer in the list. That looks as if a part"
            " of it were missing, so none of them was marked as gone. Please check the list; if it"
            " is right, order it explicitly."
        ) % {"missing": len(self.missing), "present": self.present}

    def sentence(self) -> str:
        number = len(self.missing)
        text = ngettext(
            "%(n)d vehicle is no longer in the list and is marked as no longer in stock.",
            "%(n)d vehicles are no longer in the list and are marked as no longer in stock.",
            number,
        )
        return text % {"n": number}


def find_vanishing(dealer: Dealer, sources: Collection[str], seen: Collection[int]) -> Vanishing:
    """What a list of these sources that names the cars `seen` (ids) no longer names. One query."""
    named = set(seen)
    present = list(_present(dealer, sources).values_list("pk", flat=True))
    return Vanishing(tuple(pk for pk in present if pk not in named), len(present))


@transaction.atomic
def mark_gone(
    dealer: Dealer,
    sources: Collection[str],
    seen: Collection[int],
    *,
    now: datetime,
    accept: bool = False,
    by: User | None = None,
    change_batch: ChangeBatch | None = None,
) -> Vanishing:
    """Mark what is no longer named as gone; nothing, if that is odd and was not ordered with
    `accept`. A list that names nothing marks nothing, whatever was ordered."""
    locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
    found = find_vanishing(locked, sources, seen) if seen else Vanishing()
    if not found.missing or (found.is_odd and not accept):
        return found
    cars = list(
        _present(locked, sources).filter(pk__in=found.missing).select_for_update(of=("self",))
    )
    for car in cars:
        car.state, car.updated_at = Vehicle.State.GONE, now
    update_rows(Vehicle, cars)
    remember(Vehicle, cars, by=by, now=now, change_batch=change_batch)
    return found


def _present(dealer: Dealer, sources: Collection[str]) -> QuerySet[Vehicle]:
    mine = Vehicle.objects.for_dealer(dealer).filter(stock_source__in=set(sources) - {""})
    return mine.filter(state__in=_PRESENT).order_by("pk")
