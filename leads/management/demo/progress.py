"""What became of the demo's leads: status, owner, next step and timeline."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random

from django.utils.translation import gettext as _

from leads.management.demo import words
from leads.management.demo.catalogs import Catalogs
from leads.management.demo.enquiry import Enquiry
from leads.management.demo.office import Office
from leads.management.demo.stock import Stock
from leads.management.demo.times import Calendar
from leads.models import Activity, Stage, User, Vehicle
from leads.services.scoring import score_of

_S = Stage
# Up to this age in days, how many of a hundred leads are in which stage.
_STAGES: tuple[tuple[int, dict[Stage, int]], ...] = (
    (1, {_S.NEW: 68, _S.IN_WORK: 12, _S.CONTACTED: 12, _S.NOT_REACHED: 6, _S.APPOINTMENT: 2}),
    (
        4,
        {_S.NEW: 30, _S.IN_WORK: 20, _S.CONTACTED: 22, _S.NOT_REACHED: 14, _S.APPOINTMENT: 8}
        | {_S.TEST_DRIVE: 2, _S.LOST: 2, _S.INVALID: 2},
    ),
    (
        15,
        {_S.NEW: 5, _S.IN_WORK: 14, _S.CONTACTED: 22, _S.NOT_REACHED: 12, _S.APPOINTMENT: 10}
        | {_S.TEST_DRIVE: 7, _S.OFFER: 12, _S.WON: 6, _S.LOST: 8, _S.INVALID: 4},
    ),
    (
        45,
        {_S.NEW: 1, _S.IN_WORK: 4, _S.CONTACTED: 8, _S.NOT_REACHED: 5, _S.APPOINTMENT: 4}
        | {_S.TEST_DRIVE: 4, _S.OFFER: 12, _S.WON: 22, _S.LOST: 32, _S.INVALID: 8},
    ),
    (120, {_S.CONTACTED: 3, _S.OFFER: 4, _S.WON: 25, _S.LOST: 60, _S.INVALID: 8}),
    (400, {_S.OFFER: 1, _S.WON: 25, _S.LOST: 65, _S.INVALID: 9}),
)
# The steps that lead to each stage; answered at the first one that is a contact.
_WAYS: dict[Stage, tuple[tuple[Stage, ...], ...]] = {
    _S.NEW: ((),),
    _S.IN_WORK: ((_S.IN_WORK,),),
    _S.CONTACTED: ((_S.CONTACTED,), (_S.IN_WORK, _S.CONTACTED)),
    _S.NOT_REACHED: ((_S.NOT_REACHED,), (_S.IN_WORK, _S.NOT_REACHED)),
    _S.APPOINTMENT: ((_S.CONTACTED, _S.APPOINTMENT),),
    _S.TEST_DRIVE: ((_S.CONTACTED, _S.TEST_DRIVE), (_S.CONTACTED, _S.APPOINTMENT, _S.TEST_DRIVE)),
    _S.OFFER: ((_S.CONTACTED, _S.OFFER), (_S.CONTACTED, _S.TEST_DRIVE, _S.OFFER)),
    _S.WON: ((_S.CONTACTED, _S.OFFER, _S.WON), (_S.CONTACTED, _S.TEST_DRIVE, _S.OFFER, _S.WON)),
    _S.LOST: (
        (_S.CONTACTED, _S.LOST),
        (_S.CONTACTED, _S.OFFER, _S.LOST),
        (_S.NOT_REACHED, _S.LOST),
    ),
    _S.INVALID: ((_S.INVALID,),),
}
_PROBABILITIES = {_S.CONTACTED: 30, _S.APPOINTMENT: 45, _S.TEST_DRIVE: 60, _S.OFFER: 70}
_REASONS = {
    _S.WON: {"vehicle_bought": 8},
    _S.LOST: {
        "price": 24,
        "bought_elsewhere": 24,
        "no_interest": 26,
        "not_reachable": 10,
    },
    _S.INVALID: {"invalid_contact": 40, "duplicate": 35, "spam": 25},
}


class Story:
    """One lead from its arrival to where it stands today."""

    def __init__(
        self,
        enquiry: Enquiry,
        office: Office,
        stock: Stock,
        catalogs: Catalogs,
        calendar: Calendar,
        rng: Random,
    ) -> None:
        self.lead = enquiry.lead
        self.activities: list[Activity] = []
        self._enquiry = enquiry
        self._office = office
        self._stock = stock
        self._catalogs = catalogs
        self._calendar = calendar
        self._rng = rng
        self._at = self.lead.received_at
        self._boss = office.staff.get("leitung") or office.staff["beide"]

    def tell(self) -> list[Activity]:
        """Give the lead status, owner, dates and score; returns what was done, not stored."""
        self.lead.status = self._catalogs.status(_S.NEW)
        stage = self._stage()
        if stage != _S.NEW or self._rng.random() < 0.35:
            self._assign(self._owner())
        for step in self._rng.choice(_WAYS[stage]):
            self._take(step)
        if self.lead.closed_at is None:
            self._plan(stage)
        self._value(stage)
        self.lead.last_activity_at = self._at
        weights = self.lead.dealer.score_weights
        self.lead.score = score_of(self.lead, weights=weights, now=self._calendar.now)
        return self.activities

    def _stage(self) -> Stage:
        if self.lead.is_test:
            return _S.INVALID if self._enquiry.days_ago > 2 else _S.NEW
        age = self._enquiry.days_ago
        shares = next(shares for limit, shares in _STAGES if age < limit)
        stage = self._rng.choices(list(shares), list(shares.values()))[0]
        if stage == _S.WON and self.lead.vehicle and not self._stock.sell(self.lead.vehicle):
            return _S.LOST
        return stage

    def _owner(self) -> User:
        places = {place.name: place for place in self._office.company.places}
        place = places[self.lead.location.name if self.lead.location else next(iter(places))]
        name = self._rng.choices(list(place.shares), list(place.shares.values()))[0]
        return self._office.staff[name]

    def _assign(self, owner: User) -> None:
        self.lead.owner = owner
        by = self._boss if self._rng.random() < 0.7 else owner
        self._wait(self._rng.randrange(2, 90))
        self._add(Activity.Kind.ASSIGNED, by=by, text=_("Assigned to %(name)s.") % {"name": owner})

    def _take(self, stage: Stage) -> None:
        """One step: what was done, and the status that follows from it."""
        days = self._rng.choice([0.005, 0.01, 0.02, 0.04, 0.1, 0.8]) if self._is_fresh() else 2.2
        self._wait(days * 24 * 60 * self._rng.uniform(0.3, 1.7))
        for kind, texts in self._deeds(stage):
            self._add(kind, by=self.lead.owner, text=self._rng.choice(texts))
            if kind in Activity.OUTGOING and self.lead.first_response_at is None:
                self.lead.first_response_at = self._at
        if self._rng.random() < 0.12:
            self._add(Activity.Kind.NOTE, by=self.lead.owner, text=self._rng.choice(words.NOTES))
        self._move(stage)

    def _is_fresh(self) -> bool:
        return self.lead.first_response_at is None

    def _deeds(self, stage: Stage) -> list[tuple[Activity.Kind, tuple[str, ...]]]:
        kinds = Activity.Kind
        if stage == _S.CONTACTED:
            if self.lead.phone and self._rng.random() < 0.7:
                return [(kinds.CALL, words.CALLS)]
            return [(kinds.MAIL, words.MAILS)]
        deeds: dict[Stage, list[tuple[Activity.Kind, tuple[str, ...]]]] = {
            _S.NOT_REACHED: [(kinds.CALL, words.MISSED_CALLS)],
            _S.APPOINTMENT: [(kinds.APPOINTMENT, words.APPOINTMENTS)],
            _S.TEST_DRIVE: [(kinds.APPOINTMENT, words.TEST_DRIVES)],
            _S.OFFER: [(kinds.MAIL, words.MAILS[1:2])],
        }
        return deeds.get(stage, [])

    def _move(self, stage: Stage) -> None:
        before, after = self.lead.status, self._catalogs.status(stage)
        self.lead.status = after
        text = f"{before} → {after}"
        kind = Activity.Kind.STATUS_CHANGED
        if stage in Stage.closed():
            kind = Activity.Kind.CLOSED
            reasons = _REASONS[stage] | self._special_reasons(stage)
            key = self._rng.choices(list(reasons), list(reasons.values()))[0]
            self.lead.close_reason = self._catalogs.close_reasons[key]
            self.lead.closed_at = self._at
            text = f"{text} ({self.lead.close_reason})"
        self._add(kind, by=self.lead.owner, text=text)

    def _special_reasons(self, stage: Stage) -> dict[str, int]:
        if stage == _S.WON and self.lead.contract_expiring:
            return {"contract_renewed": 60}
        if stage == _S.WON and self.lead.finance_kind == "leasing":
            return {"vehicle_leased": 60}
        reasons = {}
        if stage == _S.LOST and self.lead.finance_kind == "finance":
            reasons["finance_declined"] = 10
        if stage == _S.LOST and self.lead.vehicle:
            is_sold = self.lead.vehicle.state == Vehicle.State.SOLD
            reasons["vehicle_sold"] = 20 if is_sold else 0
        return reasons

    def _plan(self, stage: Stage) -> None:
        """The next step of an open lead: overdue, today, or in the next two weeks."""
        if stage == _S.NEW or self._rng.random() < 0.12:
            return
        when = self._rng.choices([-1, 0, 1], [22, 20, 58])[0]
        days = when * self._rng.randrange(1, 13)
        hour, minute = self._rng.randrange(8, 19), self._rng.choice([0, 15, 30, 45])
        due = self._calendar.on(days, hour, minute)
        while due <= self._at + timedelta(hours=1):
            due += timedelta(days=1)
        self.lead.follow_up_at = due

    def _value(self, stage: Stage) -> None:
        if stage in _PROBABILITIES and self._rng.random() < 0.6:
            self.lead.probability = _PROBABILITIES[stage] + self._rng.choice([-10, 0, 0, 10])
            self.lead.expected_value = self.lead.vehicle_price
        if stage == _S.WON:
            price = self.lead.vehicle_price or self.lead.budget_to
            self.lead.probability = 100
            self.lead.expected_value = price and price - Decimal(self._rng.randrange(0, 9) * 100)

    def _wait(self, minutes: float) -> None:
        self._at = self._calendar.after(self._at, minutes)

    def _add(self, kind: Activity.Kind, *, by: User | None = None, text: str = "") -> None:
        activity = Activity(dealer=self._office.dealer, lead=self.lead, at=self._at, user=by)
        activity.kind, activity.text = kind, text
        self.activities.append(activity)
