"""AM-23 … AM-27: the ads outside, measured by the stock. Pure but for the rows they are given.

An ad belongs to a car by the ad's number, else by the dealer's own number, else by VIN; never by
make, model or price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from integrations.automanager.checks_interface import about
from integrations.automanager.situation import Ad, AppView, Car, Found
from integrations.models import Action, ExportApp, Severity, Transmission


class _Matches(NamedTuple):
    """`ads_of` cars by pk, `strays`: ads of no released car, with their car if there is one."""

    ads_of: Mapping[int, Sequence[Ad]]
    strays: Sequence[tuple[Ad, Car | None]]


def _matched(view: AppView) -> _Matches:
    by_listing: dict[str, Car] = {}
    for sent in view.sent.values():
        car = view.car_of(sent)
        if sent.listing_id and car is not None:
            by_listing[sent.listing_id] = car
    ads_of: dict[int, list[Ad]] = defaultdict(list)
    strays = []
    for ad in view.ads:
        car = by_listing.get(ad.listing_id) or view.stock.car(ad.number, ad.vin)
        release = view.releases.get(car.pk) if car else None
        if car is not None and car.is_in_stock and release is not None and release.is_released:
            ads_of[car.pk].append(ad)
        else:
            strays.append((ad, car))
    return _Matches(ads_of, strays)


def missing_ads(view: AppView) -> Iterator[Found]:
    """AM-23. A car whose creation was refused is told of by AM-20 already."""
    found = _matched(view).ads_of
    patience = timedelta(hours=view.limits.missing_hours)
    for release in view.released:
        car = release.car
        if car.pk in found or view.as_of - release.since <= patience:
            continue
        sent = view.sent_of(car)
        is_refused = sent is not None and sent.result == Transmission.Result.ERROR
        if is_refused and sent is not None and sent.action == Action.CREATE:
            continue
        yield about(
            view,
            "AM-23",
            Severity.ERROR,
            car,
            released_at=release.since.isoformat(),
            sent_at=sent.at.isoformat() if sent else None,
            online=car.online,
        )


def orphan_ads(view: AppView) -> Iterator[Found]:
    """AM-24."""
    patience = timedelta(hours=view.limits.orphan_hours)
    for ad, car in _matched(view).strays:
        since = _stray_since(view, ad, car)
        if view.as_of - since <= patience:
            continue
        is_sold = car is not None and car.is_sold
        yield Found(
            check="AM-24",
            severity=Severity.CRITICAL if is_sold else Severity.ERROR,
            app=view.app,
            location_id=view.app.location_id,
            vehicle_number=ad.number or (car.number if car else ""),
            vin=ad.vin or (car.vin if car else ""),
            subject=f"ad:{ad.listing_id}",
            facts={
                "listing": ad.listing_id,
                "state": car.status if car else "",
                "since_at": since.isoformat(),
            },
        )


def _stray_since(view: AppView, ad: Ad, car: Car | None) -> datetime:
    """Since when the ad has no car behind it, as far as anybody knows."""
    if car is None:
        return ad.since
    if not car.is_in_stock:
        return max(ad.since, car.since)
    release = view.releases.get(car.pk)
    return max(ad.since, release.since) if release else ad.since


def wrong_prices(view: AppView) -> Iterator[Found]:
    """AM-27. Prices of two currencies are not compared."""
    for pk, ads in _matched(view).ads_of.items():
        release = view.releases[pk]
        car = release.car
        wanted = car.price if release.individual_price is None else release.individual_price
        for ad in ads:
            if wanted is None or ad.price is None or ad.price == wanted:
                continue
            if ad.currency and car.currency and ad.currency != car.currency:
                continue
            percent = abs(ad.price - wanted) / wanted * 100 if wanted else Decimal(100)
            is_far = percent > view.limits.price_error_percent
            facts = {"shown_price": str(ad.price), "wanted_price": str(wanted)}
            severity = Severity.ERROR if is_far else Severity.WARNING
            yield about(view, "AM-27", severity, car, **facts)
            break  # one is enough to look at the car


# --- several exports -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveAd:
    """An ad as AM-25 compares it, on all accounts of a platform."""

    app_id: int
    listing_id: str
    number: str
    vin: str
    since: datetime


def duplicate_ads(ads: Iterable[LiveAd], apps: Mapping[int, ExportApp]) -> Iterator[Found]:
    """AM-25: ads of one car on one platform, whatever the account. The finding belongs to the
    youngest, which should go."""
    groups: dict[tuple[str, str], list[LiveAd]] = defaultdict(list)
    for ad in ads:
        app = apps.get(ad.app_id)
        if app is None:
            continue
        if ad.vin:
            groups[app.platform, f"vin:{ad.vin}"].append(ad)
        if ad.number:
            groups[app.platform, f"number:{ad.number}"].append(ad)
    told: set[frozenset[tuple[int, str]]] = set()
    for same in groups.values():
        names = frozenset((ad.app_id, ad.listing_id) for ad in same)
        if len(names) < 2 or names in told:
            continue
        told.add(names)
        oldest, *_between, youngest = sorted(same, key=lambda ad: (ad.since, ad.listing_id))
        app = apps[youngest.app_id]
        yield Found(
            check="AM-25",
            severity=Severity.ERROR,
            app=app,
            location_id=app.location_id,
            vehicle_number=youngest.number or oldest.number,
            vin=youngest.vin or oldest.vin,
            facts={
                "ads": len(names),
                "keep": oldest.listing_id,
                "remove": youngest.listing_id,
                "numbers": sorted({apps[ad.app_id].dealer_number for ad in same}),
            },
        )


@dataclass(frozen=True, slots=True)
class Move:
    """A creation or deletion that a platform accepted."""

    app_id: int
    at: datetime
    number: str
    vin: str
    action: str


def created_anew(
    moves: Iterable[Move], apps: Mapping[int, ExportApp], *, days: int
) -> Iterator[Found]:
    """AM-26: deleted and created again on one platform; `moves` in the order of time."""
    deleted: dict[tuple[str, str], datetime] = {}
    found: dict[tuple[str, str], Found] = {}
    for move in moves:
        app, car = apps.get(move.app_id), move.vin or move.number
        if app is None or not car:
            continue
        key = (app.platform, car)
        if move.action == Action.DELETE:
            deleted[key] = move.at
            continue
        before = deleted.get(key)
        if before is not None and move.at - before <= timedelta(days=days):
            found[key] = Found(
                check="AM-26",
                severity=Severity.WARNING,
                app=app,
                location_id=app.location_id,
                vehicle_number=move.number,
                vin=move.vin,
                facts={"deleted_at": before.isoformat(), "created_at": move.at.isoformat()},
            )
    yield from found.values()
