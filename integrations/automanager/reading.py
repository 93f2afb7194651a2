"""Reading everything that the checks need, list after list, and keeping it.

Each portion is one transaction. A list that breaks off keeps what it brought, but is not known as
a whole: the checks that need it are left out.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from integrations.automanager import storing, storing_stock
from integrations.automanager.fields import Remarks
from integrations.automanager.schema import (
    AppItem,
    ListingItem,
    Page,
    RunItem,
    StockItem,
    TransmissionItem,
    items_from,
)
from integrations.automanager.source import Missing, NotAsAgreed, Source
from integrations.automanager.stock_taking import StockTaking, rows_of_stock
from integrations.http import AnswerTooLarge, PartnerError, PartnerRefused
from integrations.models import Connection, ExportApp
from integrations.patience import wished_wait
from leads.models.dealer import Location

logger = logging.getLogger(__name__)
T = TypeVar("T")

# Automanager forgets details after this; nothing older needs to be asked for.
MEMORY = timedelta(days=5)
# What was read last is read once more: it may have been confirmed since.
OVERLAP = timedelta(hours=1)
# No further list is begun after this, so that a check ends before its lease does.
READING_SECONDS = 10 * 60
PORTION = 1000  # items stored in one transaction
# Where so many lists break off the trouble is the partner's as a whole.
_MAX_BROKEN = 2
_NOT_NOW = 503


class Part(StrEnum):
    """A list that checks need."""

    APPS = "apps"
    RUNS = "runs"
    TRANSMISSIONS = "transmissions"
    LISTINGS = "listings"
    STOCK = "stock"


class OutOfTime(Exception):
    """The partner is so slow that the check has to end."""


@dataclass
class Reading:
    """What one check has read. `known`: (list, export's pk; None for the stock and the list of
    exports) as a whole; `missing`: those that are not to be had. `problems` are sentences."""

    connection: Connection
    now: datetime  # by our clock
    as_of: datetime  # when it was true
    hours: int
    wanted: Callable[[ExportApp], bool]
    apps: list[ExportApp] = field(default_factory=list)
    known: set[tuple[Part, int | None]] = field(default_factory=set)
    missing: set[tuple[Part, int | None]] = field(default_factory=set)
    remarks: Remarks = field(default_factory=Remarks)
    problems: list[str] = field(default_factory=list)
    foreign_codes: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    is_cut_off: bool = False
    wish: timedelta | None = None  # of the partner, to be left alone
    is_against_contract: bool = False
    started_at: float = field(default_factory=time.monotonic)

    @property
    def is_failed(self) -> bool:
        """Whether the answer is 2: out of reach, or not as agreed."""
        return self.is_cut_off or self.is_against_contract or bool(self.remarks.broken)

    def has(self, part: Part, app: ExportApp | None = None) -> bool:
        return (part, app.pk if app else None) in self.known


def read(reading: Reading, source: Source) -> None:
    """Read and keep the exports, the stock, and for each wanted export its runs, transmissions and
    ads. What goes wrong at the partner is noted in the reading, not raised."""
    broken = 0
    for read_list in _lists(reading, source):
        try:
            read_list()
        except PartnerError as error:
            reading.is_cut_off = True
            reading.wish = wished_wait(error, now=reading.now) or reading.wish
            reading.problems.append(f"{error} {error.advice}")
            broken += 1
            if broken >= _MAX_BROKEN or not _concerns_one_list(error):
                return
        except OutOfTime:
            reading.is_cut_off = True
            reading.problems.append(_("The partner answers too slowly; reading was stopped."))
            return


def _lists(reading: Reading, source: Source) -> Iterator[Callable[[], None]]:
    """Each list, to be read before the next one is asked for: the exports name the others."""
    locations = _locations(reading.connection)
    yield partial(_read_apps, reading, source, locations)
    yield partial(_read_stock, reading, source, locations)
    for app in reading.apps:
        for read_list in (_read_runs, _read_transmissions, _read_listings):
            yield partial(read_list, reading, source, app)


def _concerns_one_list(error: PartnerError) -> bool:
    """Whether the partner has answered, but of no use. Who is out of reach, refuses us or wants to
    be left alone does so for all lists."""
    status = error.status or 0
    is_useless = 200 <= status < 300 or (status >= 500 and status != _NOT_NOW)
    return is_useless or isinstance(error, AnswerTooLarge)


def _locations(connection: Connection) -> dict[str, Location]:
    """By Automanager code; what belongs to another code never reaches this dealer."""
    active = Location.objects.for_dealer(connection.dealer_id).filter(is_active=True)
    if connection.location_id:
        active = active.filter(pk=connection.location_id)
    return {one.automanager_code: one for one in active.exclude(automanager_code="")}


# --- the lists -------------------------------------------------------------------------------


def _read_apps(reading: Reading, source: Source, locations: Mapping[str, Location]) -> None:
    if not locations:
        reading.is_cut_off = True
        reading.problems.append(
            _("No active location has an Automanager code. Please enter it at the location.")
        )
        return
    items: list[AppItem] = []

    def keep(found: Sequence[AppItem]) -> None:
        items.extend(found)

    pages = source.export_apps()
    is_whole = _read_list(reading, Part.APPS, None, pages, AppItem.from_payload, keep)
    ours = [item for item in items if item.location_code in locations]
    reading.foreign_codes |= {item.location_code for item in items} - set(locations)
    with transaction.atomic():
        apps = storing.put_apps(reading.connection, ours, locations, now=reading.now)
        if is_whole:
            seen = [app.external_id for app in apps]
            storing.note_missing_apps(reading.connection, seen, now=reading.now)
    reading.apps = [app for app in apps if reading.wanted(app)]


def _read_stock(reading: Reading, source: Source, locations: Mapping[str, Location]) -> None:
    if not reading.apps:
        return
    ours = ExportApp.objects.filter(connection=reading.connection)
    apps = {app.external_id: app for app in ours}
    seen: set[str] = set()
    vehicles = StockTaking(reading.connection, reading.now)
    takes = reading.connection.takes_stock

    def keep(found: Sequence[StockItem]) -> None:
        items = [item for item in found if item.location_code in locations]
        storing_stock.put_cars(reading.connection, items, locations, apps, now=reading.now)
        if takes:
            vehicles.take(rows_of_stock(items, locations, now=reading.now))
        seen.update(item.id for item in items)

    pages = source.stock()
    is_whole = _read_list(reading, Part.STOCK, None, pages, StockItem.from_payload, keep)
    if is_whole and not seen:
        # A list that has lost everything is an accident until a person says otherwise.
        reading.known.discard((Part.STOCK, None))
        reading.problems.append(_("The stock that was sent is empty; the one before is kept."))
    elif is_whole:
        storing_stock.note_missing_cars(reading.connection, seen, now=reading.now)
        if takes:
            vehicles.finish()
    reading.problems += vehicles.problems


def _read_runs(reading: Reading, source: Source, app: ExportApp) -> None:
    """Of all days that there are: a file export may be sent once a week."""
    since = reading.as_of - MEMORY

    def keep(found: Sequence[RunItem]) -> None:
        storing.put_runs(app, found)

    pages = source.runs(app.external_id, since, reading.as_of)
    _read_list(reading, Part.RUNS, app, pages, RunItem.from_payload, keep)


def _read_transmissions(reading: Reading, source: Source, app: ExportApp) -> None:
    """Since the last reading, at least `hours`; what well-behaved exports sent too."""
    until = reading.as_of
    since = until - timedelta(hours=reading.hours)
    if app.read_until is None:
        since = until - MEMORY
    elif app.read_until - OVERLAP < since:
        since = app.read_until - OVERLAP
    since = max(since, until - MEMORY)

    def keep(found: Sequence[TransmissionItem]) -> None:
        storing.put_transmissions(app, found)

    pages = source.transmissions(app.external_id, since, until)
    if _read_list(reading, Part.TRANSMISSIONS, app, pages, TransmissionItem.from_payload, keep):
        has_gap = app.read_until is None or app.read_until < since
        if has_gap or app.read_from is None:
            app.read_from = since
        app.read_until = max(until, app.read_until or until)
        app.save(update_fields=["read_from", "read_until"])


def _read_listings(reading: Reading, source: Source, app: ExportApp) -> None:
    seen: set[str] = set()

    def keep(found: Sequence[ListingItem]) -> None:
        storing.put_listings(app, found, now=reading.now)
        seen.update(item.id for item in found)

    pages = source.listings(app.external_id)
    if _read_list(reading, Part.LISTINGS, app, pages, ListingItem.from_payload, keep):
        storing.note_missing_listings(app, seen, now=reading.now)
        app.listings_at = reading.as_of
        app.save(update_fields=["listings_at"])


# --- one list --------------------------------------------------------------------------------


def _read_list(
    reading: Reading,
    part: Part,
    app: ExportApp | None,
    pages: Iterator[Page],
    item_from: Callable[[Any, Remarks], T],
    keep: Callable[[Sequence[T]], None],
) -> bool:
    """Hand the items to `keep`, in portions; whether the list is known as a whole now.

    Raises PartnerUnavailable, PartnerMisconfigured and OutOfTime.
    """
    where = (part, app.pk if app else None)
    broken_before = sum(reading.remarks.broken.values())
    try:
        for portion in _portions(reading, part, pages, item_from):
            with transaction.atomic():
                keep(portion)
            reading.counts[part] += len(portion)
    except Missing:
        reading.missing.add(where)
        if part == Part.APPS:
            reading.is_against_contract = True
            reading.problems.append(_("The list of exports is missing."))
        return False
    except NotAsAgreed as error:
        reading.is_against_contract = True
        reading.problems.append(_about(part, app, str(error)))
        return False
    except PartnerRefused as error:
        reading.is_against_contract = True
        reading.problems.append(_about(part, app, f"{error} {error.advice}"))
        return False
    if sum(reading.remarks.broken.values()) > broken_before:
        return False  # an item that was left out is one that might be missed
    reading.known.add(where)
    return True


def _portions(
    reading: Reading,
    part: Part,
    pages: Iterator[Page],
    item_from: Callable[[Any, Remarks], T],
) -> Iterator[list[T]]:
    portion: list[T] = []
    trouble: Exception | None = None
    while trouble is None:
        try:
            page = next(pages, None)
        except (Missing, NotAsAgreed, PartnerError) as error:  # after what came before it
            trouble, page = error, None
        if page is None:
            break
        reading.pages += 1
        portion += items_from(page, item_from, reading.remarks, part)
        if len(portion) >= PORTION:
            yield portion
            portion = []
        if time.monotonic() - reading.started_at > READING_SECONDS:
            logger.warning("connection %s: out of time", reading.connection.pk)
            trouble = OutOfTime()
    if portion:
        yield portion
    if trouble is not None:
        raise trouble


def _about(part: Part, app: ExportApp | None, problem: str) -> str:
    name = reading_names()[part]
    return f"{app}, {name}: {problem}" if app else f"{name}: {problem}"


def reading_names() -> dict[Part, str]:
    """What people call the lists."""
    return {
        Part.APPS: _("exports"),
        Part.RUNS: _("runs"),
        Part.TRANSMISSIONS: _("transmissions"),
        Part.LISTINGS: _("listings"),
        Part.STOCK: _("stock"),
    }


def lists_missing(reading: Reading, needs: Iterable[Part], app: ExportApp | None) -> list[Part]:
    """Of what a check needs, that which this reading does not know."""
    return [
        part
        for part in needs
        if not reading.has(part, app if part not in (Part.APPS, Part.STOCK) else None)
    ]
