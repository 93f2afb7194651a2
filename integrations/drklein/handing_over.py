"""Orders to hand a lead over: prepared, looked at, given once, taken back, decided by a person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from integrations.drklein.client import case_url
from integrations.drklein.outgoing import (
    Account,
    Entries,
    Payload,
    Tipster,
    as_text,
    payload_of,
)
from integrations.drklein.preconditions import Condition, Order, conditions
from integrations.drklein.reporting import report
from integrations.models import Connection, Handover, Partner
from leads.models.dealer import Dealer, Membership
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.handling import lock_leads, lock_present
from leads.services.retrying import retried

State = Handover.State
# Loaded with a lead whose case is to be made.
RELATED = ("dealer", "location", "vehicle", "customer", "owner")


class NotReady(Exception):
    """A condition is not met (any more), or the lead has changed since it was looked at."""

    def __init__(self, preparation: Preparation) -> None:
        super().__init__("not ready")
        self.preparation = preparation


class AlreadyUnderWay(Exception):
    """Somebody else gave the same order a moment ago."""


class AlreadySettled(Exception):
    """Something else became of it meanwhile."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What would be sent where, and whether it may be."""

    payload: Payload
    url: str
    conditions: Sequence[Condition]

    @property
    def text(self) -> str:
        return as_text(self.payload)

    @property
    def fingerprint(self) -> str:
        """Of the content and of where it goes."""
        return hashlib.sha256(f"{self.url}\n{self.text}".encode()).hexdigest()

    @property
    def is_ready(self) -> bool:
        return all(one.is_met for one in self.conditions)


def connections_of(dealer: Dealer | int) -> Sequence[Connection]:
    """The dealer's accounts at Dr. Klein that are switched on, tests last."""
    rows = Connection.objects.for_dealer(dealer).active().filter(partner=Partner.DRKLEIN)
    return list(rows.select_related("location").order_by("mode", "name"))


def prepare(
    lead: Lead, connection: Connection, *, entries: Entries, by: User, now: datetime
) -> Preparation:
    """Nothing is stored. Raises PartnerMisconfigured for an address we do not call."""
    payload = payload_of(
        lead, entries=entries, tipster=_tipster(lead, by), account=Account.of(connection)
    )
    order = Order(
        lead=lead,
        connection=connection,
        entries=entries,
        earlier=list(Handover.objects.of_lead(lead).defer("payload", "notes")),
        payload=payload,
        now=now,
    )
    return Preparation(payload, case_url(connection), conditions(order))


@retried
@transaction.atomic
def hand_over(
    lead: Lead,
    connection: Connection,
    *,
    entries: Entries,
    fingerprint: str,
    by: User,
    now: datetime,
) -> Handover:
    """Order what was looked at under this fingerprint; a worker sends it after the commit.

    Raises NotReady, AlreadyUnderWay, LeadGone and PartnerMisconfigured.
    """
    stored = lock_present(lead, *RELATED)
    preparation = prepare(stored, connection, entries=entries, by=by, now=now)
    if any(one.state in Handover.OPEN for one in Handover.objects.of_lead(stored).only("state")):
        raise AlreadyUnderWay
    if not preparation.is_ready or preparation.fingerprint != fingerprint:
        raise NotReady(preparation)
    text = preparation.text
    handover = Handover(
        dealer_id=stored.dealer_id,
        lead=stored,
        connection=connection,
        mode=connection.mode,
        profile=connection.profile,
        url=preparation.url,
        payload=text,
        payload_hash=hashlib.sha256(text.encode()).hexdigest(),
        ordered_by=by,
        ordered_at=now,
        next_attempt_at=now,
    )
    try:
        with transaction.atomic():
            handover.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyUnderWay from error
    return handover


def withdraw(handover: Handover, *, by: User, now: datetime) -> None:
    """Nothing is sent. Raises AlreadySettled if a worker was faster."""
    _decide(handover, (State.WAITING,), State.WITHDRAWN, by=by, now=now)


def note_arrived(handover: Handover, *, case_number: str, by: User, now: datetime) -> None:
    """A person has heard from Dr. Klein that the case is there. Raises AlreadySettled."""

    def name_it(stored: Handover) -> None:
        stored.case_number = case_number or stored.case_number

    state = State.FORWARDED if case_number else State.UNCONFIRMED
    _decide(handover, (State.UNKNOWN, State.UNCONFIRMED), state, by=by, now=now, also=name_it)


def note_not_arrived(handover: Handover, *, by: User, now: datetime) -> None:
    """A person has heard from Dr. Klein that there is no case: it may be ordered again. Raises
    AlreadySettled."""
    _decide(handover, (State.UNKNOWN,), State.NOT_ARRIVED, by=by, now=now)


@retried
@transaction.atomic
def _decide(
    handover: Handover,
    before: Sequence[str],
    state: Handover.State,
    *,
    by: User,
    now: datetime,
    also: Callable[[Handover], None] = lambda _stored: None,
) -> None:
    lock_leads([handover.lead_id])  # before the handover, here and everywhere
    stored = Handover.objects.select_for_update().get(pk=handover.pk)
    if stored.state not in before:
        raise AlreadySettled
    connections = Connection.objects.filter(pk=stored.connection_id)
    if state in Handover.ARRIVED:
        connections.update(last_success_at=now)
    elif state == State.NOT_ARRIVED:
        # Cleared up, it is no trouble of the connection any more; a later one is.
        its_own = connections.filter(last_error=stored.problem, last_error_at=stored.settled_at)
        its_own.update(last_error="", last_error_at=None)
    stored.state, stored.decided_by, stored.decided_at = state, by, now
    stored.settled_at, stored.lease_until = now, None
    stored.problem = "" if state in Handover.ARRIVED else stored.problem
    also(stored)
    stored.save()
    report(stored, by=by, now=now)


def _tipster(lead: Lead, by: User) -> Tipster:
    """Whose lead it is; nobody's: who hands it over."""
    person = lead.owner or by
    here = Membership.objects.for_dealer(lead.dealer_id).filter(user=person, is_active=True)
    membership = here.first() or Membership()
    return Tipster(
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
        salutation=membership.salutation,
        staff_number=membership.staff_number,
        phone=membership.phone,
    )


def summary(row: Connection | Handover) -> str:
    """ "Test, profile B", for lists and choices."""
    mode = _("Test") if row.mode == Connection.Mode.TEST else _("Live")
    return f"{mode}, {row.get_profile_display()}"
