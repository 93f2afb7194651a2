"""Many new messages that are booked and received at once: the rows of a list.

What `book` and `process` do in several steps is one here, because the messages are known to be new
and the caller's transaction holds all of it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, Outcome
from leads.models.user import User
from leads.services.drafts import LeadDraft, Receipt
from leads.services.inserting import append
from leads.services.intake import Message, SetAside, Unusable, book, new_entry, process
from leads.services.receiving import receive
from leads.services.rejecting import reject

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why no lead is made of a message: unusable (quarantined), turned away (rejected), or nothing
    that anybody asks for (set aside)."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a message. Without a receipt it has become no lead."""

    reason: str  # as the ledger says it
    receipt: Receipt | None = None


Arrivals = Sequence[tuple[Message, LeadDraft | Refused]]


@dataclass(frozen=True)
class _Work:
    """What both ways of taking a list in need to know."""

    dealer: Dealer
    channel: str
    sender: str
    now: datetime
    actor: User | None
    change_batch: ChangeBatch | None


def take_in_list(
    dealer: Dealer,
    arrivals: Arrivals,
    *,
    channel: str,
    sender: str,
    now: datetime,
    actor: User | None = None,
    change_batch: ChangeBatch | None = None,
) -> list[Taken]:
    """Receive the drafts and write all messages into the ledger; one answer for each, in the same
    order. If that fails, the messages are booked and processed, so that a bad one is quarantined
    and stops only itself. Trouble of the database itself is raised."""
    work = _Work(dealer, channel, sender, now, actor, change_batch)
    try:
        with transaction.atomic():
            return _at_once(work, arrivals)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        # Not the error's own words: they may quote a row, and so personal data.
        logger.warning("a list is taken in step by step: %s", type(error).__name__)
        return _step_by_step(work, arrivals)


def _at_once(work: _Work, arrivals: Arrivals) -> list[Taken]:
    drafts = [one for _message, one in arrivals if isinstance(one, LeadDraft)]
    receipts = iter(_received(work, drafts))
    entries, taken = [], []
    for message, one in arrivals:
        entry = new_entry(
            work.dealer, message, channel=work.channel, sender=work.sender, now=work.now
        )
        receipt = None if isinstance(one, Refused) else next(receipts)
        if isinstance(one, Refused):
            entry.note_outcome(one.outcome, None, [one.reason], now=work.now)
        elif receipt:
            entry.note_outcome(receipt.outcome, receipt.lead, receipt.reasons, now=work.now)
        entries.append(entry)
        taken.append(Taken(entry.reason, receipt))
    append(IntakeEntry, entries)
    return taken


def _received(work: _Work, drafts: Sequence[LeadDraft]) -> list[Receipt]:
    if not drafts:
        return []
    return receive(
        work.dealer, drafts, now=work.now, actor=work.actor, change_batch=work.change_batch
    )


def _step_by_step(work: _Work, arrivals: Arrivals) -> list[Taken]:
    messages = [message for message, _one in arrivals]
    entries = book(
        work.dealer, channel=work.channel, sender=work.sender, messages=messages, now=work.now
    )
    made = {entry.pk: one for entry, (_message, one) in zip(entries, arrivals, strict=True)}
    turned_away = {
        pk: one.reason
        for pk, one in made.items()
        if isinstance(one, Refused) and one.outcome == Outcome.REJECTED
    }
    reject([(one, turned_away[one.pk]) for one in entries if one.pk in turned_away], now=work.now)
    rest = [entry for entry in entries if entry.pk not in turned_away]
    processed = process(
        work.dealer,
        rest,
        lambda entry: _draft(made, entry),
        now=work.now,
        actor=work.actor,
        change_batch=work.change_batch,
    )
    receipts = dict(zip([entry.pk for entry in rest], processed, strict=True))
    return [Taken(entry.reason, receipts.get(entry.pk)) for entry in entries]


def _draft(made: Mapping[int, LeadDraft | Refused], entry: IntakeEntry) -> LeadDraft:
    one = made[entry.pk]
    if isinstance(one, Refused):
        raise (SetAside if one.outcome == Outcome.SET_ASIDE else Unusable)(one.reason)
    return one
