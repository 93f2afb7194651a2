"""What the page of a vehicle shows of the exports: its ads on the platforms, and what was sent.

All of it is what partners say: text, never markup, and a link only where it leads to the web.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from integrations.automanager.schema import web_address
from integrations.models import Listing, Release, StockCar, Transmission
from leads.admin.display import badge, moment, money
from leads.admin.wall import has_right_at
from leads.models import User, Vehicle

BEFORE = "before"  # in the address: the transmission after which the older ones come
SHOWN = 5  # transmissions at once
_ADS = 20
_EURO = ("", "EUR")
_COSTS = ("requested", "booked")
_TONES = {
    Transmission.Result.PENDING: "grey",
    Transmission.Result.OK: "green",
    Transmission.Result.WARNING: "amber",
    Transmission.Result.ERROR: "red",
}


# --- ads -------------------------------------------------------------------------------------


def ads_of(vehicle: Vehicle, *, user: User, now: datetime) -> dict[str, Any]:
    """`stock`: what Automanager's stock says about the car, `ads`: those online first. Prices stand
    beside what the export should show."""
    if not has_right_at(user, "integrations.view_listing", vehicle.dealer_id):
        return {"stock": [], "ads": []}
    rows = Listing.objects.of_vehicle(vehicle).select_related("app")
    ads = list(rows.order_by("gone_at", "-is_live", "-first_seen_at", "-pk")[:_ADS])
    ads.sort(key=lambda ad: not _is_online(ad))
    cars = list(StockCar.objects.of_vehicle(vehicle).order_by("gone_at", "pk")[:_ADS])
    wanted = _wanted_prices(ads, cars)
    addresses = _addresses(vehicle, ads)
    return {
        "stock": [_stock_line(car, now=now) for car in cars],
        "ads": [
            _ad(ad, wanted.get(ad.app_id), addresses.get((ad.app_id, ad.listing_id), ""), now=now)
            for ad in ads
        ],
    }


def _is_online(ad: Listing) -> bool:
    return ad.is_live and ad.gone_at is None


def _wanted_prices(ads: list[Listing], cars: list[StockCar]) -> dict[int, Decimal]:
    """The price in euros each export should show: its own for this car, otherwise the car's."""
    apps = {ad.app_id: ad.app.connection_id for ad in ads}
    cars = [one for one in cars if one.currency in _EURO]
    priced = {one.connection_id: one.price for one in reversed(cars) if one.price is not None}
    wanted = {app: priced[connection] for app, connection in apps.items() if connection in priced}
    own = Release.objects.filter(app__in=apps, car__in=cars)
    for app, price in own.values_list("app", "individual_price"):
        if price is not None:
            wanted[app] = price
    return wanted


def _addresses(vehicle: Vehicle, ads: list[Listing]) -> dict[tuple[int, str], str]:
    """Where each ad is, as the newest transmission about it says."""
    rows = Transmission.objects.of_vehicle(vehicle).filter(
        app__in={ad.app_id for ad in ads}, listing_id__in={ad.listing_id for ad in ads}
    )
    named = rows.exclude(listing_url="").order_by().values("app", "listing_id", "listing_url")
    return {
        (row["app"], row["listing_id"]): row["listing_url"]
        for row in named.annotate(last=Max("at")).order_by("last")
    }


def _stock_line(car: StockCar, *, now: datetime) -> dict[str, Any]:
    state = capfirst(car.get_status_display()) or _("State not known")
    if car.gone_at is not None:
        state = _("No longer in the stock")
    facts = [money(car.price)]
    if car.gone_at is None and car.online is not None:
        facts.append(_("online") if car.online else _("offline"))
    if car.reserved_until and car.reserved_until > now:
        at = moment(car.reserved_until, now=now)
        facts.append(_("reserved until %(at)s") % {"at": at})
    is_here = car.gone_at is None and car.status == StockCar.Status.IN_STOCK
    return {
        "badge": badge(state, "green" if is_here else "grey"),
        "name": car.title or car.vehicle_number or car.vin,
        "facts": " · ".join(filter(None, facts)),
    }


def _ad(ad: Listing, wanted: Decimal | None, url: str, *, now: datetime) -> dict[str, Any]:
    online = _is_online(ad)
    is_compared = online and ad.currency in _EURO and None not in (ad.price, wanted)
    gone = ""
    if ad.gone_at is not None:
        gone = _("gone since %(at)s") % {"at": moment(ad.gone_at, now=now)}
    return {
        "badge": badge(_("Online"), "green") if online else badge(_("Offline"), "grey"),
        "where": str(ad.app),
        "number": ad.listing_id,
        "url": web_address(url),
        "price": _amount(ad.price, ad.currency),
        "wanted": _("Stock: %(price)s") % {"price": money(wanted)}
        if is_compared and ad.price != wanted
        else "",
        "since": gone or _since(ad, now=now),
    }


def _since(ad: Listing, *, now: datetime) -> str:
    at = moment(ad.created_at or ad.first_seen_at, now=now)
    return _("since %(at)s") % {"at": at}


def _amount(price: Decimal | None, currency: str) -> str:
    if price is None or currency in _EURO:
        return money(price)
    return f"{price} {currency}"


# --- transmissions ---------------------------------------------------------------------------


def transmissions_of(
    vehicle: Vehicle, *, user: User, asked: QueryDict, now: datetime
) -> dict[str, Any]:
    """`sent`: some of them, newest first. `older` and `newest`: queries of links to other ones."""
    if not has_right_at(user, "integrations.view_transmission", vehicle.dealer_id):
        return {"sent": [], "older": "", "newest": ""}
    rows: Any = Transmission.objects.of_vehicle(vehicle)
    last = _asked_for(rows, asked.get(BEFORE, ""))
    if last is not None:
        rows = rows.filter(at__lte=last.at).exclude(at=last.at, pk__gte=last.pk)
    found = list(rows.select_related("app")[: SHOWN + 1])
    has_older = len(found) > SHOWN
    return {
        "sent": [_sent(one, now=now) for one in found[:SHOWN]],
        "older": _with(asked, found[SHOWN - 1].pk) if has_older else "",
        "newest": _with(asked, None) if last is not None else "",
    }


def _asked_for(rows: Any, value: str) -> Transmission | None:
    """The one of these that is named in the address, if there is such a one."""
    if not (value.isascii() and value.isdecimal() and len(value) < 19):
        return None
    found: Transmission | None = rows.filter(pk=int(value)).first()
    return found


def _with(asked: QueryDict, before: int | None) -> str:
    query = asked.copy()
    query.pop(BEFORE, None)
    if before is not None:
        query[BEFORE] = str(before)
    return f"?{query.urlencode()}"


def _sent(one: Transmission, *, now: datetime) -> dict[str, Any]:
    return {
        "badge": _result_badge(one),
        "what": capfirst(one.get_action_display()) or pgettext("export", "Transmission"),
        "where": str(one.app),
        "at": moment(one.at, now=now),
        "exact": date_format(one.at, "DATETIME_FORMAT"),
        "url": web_address(one.listing_url),
        "said": list(_feedback(one.feedback)),
        "booked": ", ".join(_bookings(one.bookings)),
    }


def _result_badge(one: Transmission) -> SafeString:
    if not one.result:
        return badge(_("Result not known"), "grey")
    result = Transmission.Result(one.result)
    return badge(capfirst(str(result.label)), _TONES[result])


def _feedback(feedback: Iterable[dict[str, str]]) -> Iterable[str]:
    """ "Verbrauchsangabe fehlt (50060)" """
    for told in feedback:
        words = told["text"] or told["field"]
        code = told["code"]
        if words or code:
            yield f"{words} ({code})" if words and code else words or code


def _bookings(bookings: Iterable[dict[str, str]]) -> Iterable[str]:
    """Those that cost something."""
    for one in bookings:
        if one["status"] in _COSTS:
            yield one["label"] or one["code"]
