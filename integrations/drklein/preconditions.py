"""What must be true before a lead may be handed over; each with what to do if it is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integrations.checking import Check
from integrations.drklein.outgoing import Entries, Payload
from integrations.drklein.tree import TIPSTER, VORGANG
from integrations.models import Connection, Handover
from leads.models.keys import email_key
from leads.models.lead import Lead
from leads.models.wishes import FinanceKind
from leads.services.consenting import FINANCE_FORWARDING, consent_for, given_at

FULL_AGE = 18  # years
_OLDEST = 120
_CREDITWORTHINESS = re.compile(
    r"kredit(vor|prüf|würdig)|voreinschätzung|\bkve\b|bonität|schufa|pre-?check|credit.?check", re.I
)


@dataclass(frozen=True, slots=True)
class Condition:
    """`text`: what is fine, or a sentence with what to do."""

    is_met: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Everything that the conditions look at. `earlier`: the lead's handovers so far."""

    lead: Lead
    connection: Connection
    entries: Entries
    earlier: Sequence[Handover]
    payload: Payload
    now: datetime


def conditions(order: Order) -> list[Condition]:
    """All of them, in the order in which people see to them."""
    return [
        *_about_the_lead(order),
        _consent(order.lead, order.now),
        _age(order.entries.birth_date, timezone.localdate(order.now)),
        *_email(order),
        *_once(order),
        _comments(order.payload),
        *_account(order.connection),
        *_format(order),
    ]


def _about_the_lead(order: Order) -> Iterator[Condition]:
    lead = order.lead
    if not lead.last_name:
        yield Condition(False, _("The customer's name is missing. Please enter it in the lead."))
    if lead.finance_kind == FinanceKind.LEASING:
        yield Condition(
            False,
            _(
                "The customer asks for leasing. Dr. Klein brokers loans for consumers only; please "
                "offer leasing through your bank, or change the kind of payment in the lead."
            ),
        )
    if lead.is_test and order.connection.mode == Connection.Mode.LIVE:
        text = _("This is a test lead. It can only be handed over through a test connection.")
        yield Condition(False, text)


def _consent(lead: Lead, now: datetime) -> Condition:
    consent = consent_for(lead, FINANCE_FORWARDING)
    if consent is None or given_at(consent) > now:
        text = _("The customer's consent is missing. Please ask for it and write it down below.")
        return Condition(False, text)
    at = date_format(timezone.localtime(given_at(consent)), "SHORT_DATETIME_FORMAT")
    return Condition(True, _("The customer agreed on %(time)s.") % {"time": at})


def _age(birth_date: date | None, today: date) -> Condition:
    if birth_date is None:
        return Condition(False, _("Please ask for the date of birth and enter it below."))
    age = today.year - birth_date.year
    age -= (today.month, today.day) < (birth_date.month, birth_date.day)
    if not 0 <= age <= _OLDEST:
        return Condition(False, _("This date of birth cannot be right. Please check it."))
    if age < FULL_AGE:
        return Condition(False, _("The customer is not of age. A loan is not possible yet."))
    return Condition(True, _("The customer is of age."))


def _email(order: Order) -> Iterator[Condition]:
    if email_key(order.lead.email):
        yield Condition(True, _("There is an e-mail address."))
    elif order.connection.profile == Connection.Profile.B or order.lead.email:
        text = _("Dr. Klein needs a valid e-mail address. Please enter it in the lead.")
        yield Condition(False, text)


def _once(order: Order) -> Iterator[Condition]:
    for one in order.earlier:
        if one.state in Handover.OPEN:
            yield Condition(False, _under_way(one))
    arrived = [
        one
        for one in order.earlier
        if one.state in Handover.ARRIVED and one.mode == order.connection.mode
    ]
    if not arrived:
        return
    words = {"number": arrived[0].case_number or "–"}
    if order.entries.again:
        text = _("Handed over before (case %(number)s); you want to do it again all the same.")
        yield Condition(True, text % words)
    else:
        text = _(
            "The lead was handed over before (case %(number)s). A second case would be made; if "
            "you want that, please confirm it below."
        )
        yield Condition(False, text % words)


def _under_way(handover: Handover) -> str:
    if handover.state == Handover.State.UNKNOWN:
        return _(
            "It is unclear whether an earlier handover arrived. Please ask Dr. Klein and note the "
            "answer there first."
        )
    return _("A handover of this lead is under way. Please wait for its result.")


def _comments(payload: Payload) -> Condition:
    inner = payload.get("vorgang", payload)
    if any(_CREDITWORTHINESS.search(one) for one in inner.get("kommentare", [])):
        text = _(
            "A comment speaks of the customer's creditworthiness. Results of credit pre-checks "
            "must not be passed on; please take it out."
        )
        return Condition(False, text)
    return Condition(True, _("Nothing is said about creditworthiness."))


def _account(connection: Connection) -> Iterator[Condition]:
    is_b = connection.profile == Connection.Profile.B
    if not connection.is_active:
        yield Condition(False, _("The connection is switched off. Please switch it on first."))
    if not (connection.case_source if is_b else connection.adviser_number):
        text = _("The connection is incomplete. Please have its settings completed.")
        yield Condition(False, text)


def _format(order: Order) -> Iterator[Condition]:
    """What they would drop; said before it is sent instead of after it."""
    check = Check()
    check.read(order.payload.get("vorgang", order.payload), VORGANG)
    check.read(order.payload.get("tippgeber"), TIPSTER, "tippgeber")
    for message in check.messages:
        yield Condition(False, message)
