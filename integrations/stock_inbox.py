"""The cars of a Marketplace connection, page after page; each page is one transaction.

What a run brings is there even if the run breaks off; only a run that has read everything says
what is gone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.utils.translation import gettext as _

from integrations import patience
from integrations.automanager.fields import Broken, Remarks, explained
from integrations.automanager.marketplace import MarketplaceClient, client_of, pages_of
from integrations.automanager.marketplace_schema import MarketCar
from integrations.automanager.stock_taking import StockTaking, row_of_market
from integrations.models import Connection, SyncRun
from integrations.running import Order, Progress, Run, close, note_health, running, told
from leads.models.dealer import Location
from leads.models.list_import import RowOutcome
from leads.models.user import User

logger = logging.getLogger(__name__)

READING_SECONDS = 10 * 60  # then the run ends, and marks nothing as gone
_COUNTERS = {
    "created": RowOutcome.CREATED,
    "updated": RowOutcome.UPDATED,
    "repeated": RowOutcome.UNCHANGED,
    "conflicts": RowOutcome.BAD,
}


def fetch(
    connection: Connection,
    *,
    now: datetime,
    anyway: bool = False,
    accept_vanishing: bool = False,
    progress: Progress | None = None,
    started_by: User | None = None,
) -> SyncRun:
    """Take over the published cars; the run says what came of it, in the language of the office.
    `anyway`, as a person may ask: also before the next attempt is due.

    Raises AlreadyRunning and NotYet; what is not the partner's fault is noted and raised.
    """
    order = Order(anyway=anyway or started_by is not None)
    with running(connection, now=now, order=order, progress=progress, started_by=started_by) as run:
        _perform(run, accept_vanishing=accept_vanishing)
        return run.record


def _perform(run: Run, *, accept_vanishing: bool) -> None:
    reading = _Reading(run)
    try:
        with told(run, is_permanent=patience.is_permanent), client_of(run.connection) as client:
            reading.read(client)
            if reading.is_whole(client):
                vanished = reading.stock.finish(accept=accept_vanishing)
                run.record.gone = len(vanished.missing)
    finally:
        reading.tell()
        close(run)
        run.record.save()
        note_health(run)


class _Reading:
    """What one run has read so far."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stock = StockTaking(run.connection, run.now)
        self.remarks = Remarks()
        self.foreign: Counter[str] = Counter()
        self.is_out_of_time = False
        self._locations = _locations(run.connection)

    def read(self, client: MarketplaceClient) -> None:
        """Raises PartnerError and TakenOver."""
        for items in pages_of(client):
            self.run.hold()
            cars = [car for item in items if (car := self._car(item)) is not None]
            ours = [car for car in cars if self._is_ours(car)]
            self.stock.take([row_of_market(car, self._location(car)) for car in ours])
            self.run.record.pages += 1
            self.run.record.received += len(items)
            self.run.progress(len(items))
            if self.run.seconds > READING_SECONDS:
                logger.warning("connection %s: out of time", self.run.connection.pk)
                self.is_out_of_time = True
                return

    def is_whole(self, client: MarketplaceClient) -> bool:
        """Whether what was not named is really gone; if not, why. Raises PartnerError."""
        record, problems = self.run.record, self.run.problems
        if self.is_out_of_time:
            problems.append(_("The partner answers too slowly; reading was stopped."))
            return False
        if not record.received:
            problems.append(_("The stock that was sent is empty; the one before is kept."))
            return False
        expected = client.count()
        if expected != record.received:
            message = _(
                "%(read)d vehicles were read, but there are said to be %(expected)d; so none was"
                " marked as gone. The next run looks again."
            )
            problems.append(message % {"read": record.received, "expected": expected})
            return False
        return not self.remarks.broken  # one that was left out might be missed

    def tell(self) -> None:
        """Into the run: counters and sentences."""
        record, problems = self.run.record, self.run.problems
        for name, outcome in _COUNTERS.items():
            setattr(record, name, self.stock.outcomes[outcome])
        record.quarantined = sum(self.remarks.broken.values())
        problems += explained(self.remarks)
        if self.foreign:
            message = _(
                "Vehicles of other location codes were left out: %(codes)s. Where one is missing,"
                " please enter it at its location as Automanager code."
            )
            problems.append(message % {"codes": ", ".join(sorted(self.foreign)[:10])})
        problems += self.stock.problems

    def _car(self, item: object) -> MarketCar | None:
        try:
            return MarketCar.from_payload(item, self.remarks)
        except Broken as broken:
            self.remarks.note(self.remarks.broken, _("vehicle: %(what)s") % {"what": broken})
            return None

    def _is_ours(self, car: MarketCar) -> bool:
        """What belongs to another code never reaches this dealer."""
        if car.code and car.code not in self._locations:
            self.foreign[car.code] += 1
            return False
        return True

    def _location(self, car: MarketCar) -> Location | None:
        return self._locations[car.code] if car.code else self.run.connection.location


def _locations(connection: Connection) -> Mapping[str, Location]:
    """By Automanager code."""
    active = Location.objects.for_dealer(connection.dealer_id).filter(is_active=True)
    if connection.location_id:
        active = active.filter(pk=connection.location_id)
    return {one.automanager_code: one for one in active.exclude(automanager_code="")}
