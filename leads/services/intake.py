"""One way in: book what came, parse it, receive it, write down what became of it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, Outcome
from leads.models.user import User
from leads.services.drafts import LeadDraft, Receipt
from leads.services.matching import UnknownCustomer
from leads.services.receiving import receive

logger = logging.getLogger(__name__)


class Unusable(Exception):
    """A message no lead can be made of. The text is a sentence for people, translated, and
    holds no personal data: it is shown in lists and sent back to the partner."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as it came. `message_id` names it within its sender (see IntakeEntry)."""

    message_id: str
    raw: str
    outside_id: str = ""

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(self.raw.encode()).hexdigest()


Parse = Callable[[IntakeEntry], LeadDraft]


@transaction.atomic
def book(
    dealer: Dealer, *, channel: str, sender: str, messages: Sequence[Message], now: datetime
) -> list[IntakeEntry]:
    """Write the messages into the ledger; one entry per message, in the same order.

    The same message booked before finds its entry, which only counts the repeat. Nobody is
    answered before this has been committed. Five queries, whatever the number of messages.
    """
    ids = {message.message_id for message in messages}
    booked = IntakeEntry.objects.for_dealer(dealer).filter(sender=sender, message_id__in=ids)
    known = set(booked.values_list("message_id", flat=True))
    if known:
        booked.update(last_received_at=now, times_received=F("times_received") + 1)
    IntakeEntry.objects.bulk_create(
        [
            IntakeEntry(
                dealer=dealer,
                channel=channel,
                sender=sender,
                message_id=message.message_id,
                outside_id=message.outside_id[:64],
                content_hash=message.content_hash,
                raw=message.raw,
                received_at=now,
                last_received_at=now,
            )
            for message in {one.message_id: one for one in messages}.values()
            if message.message_id not in known
        ],
        # Somebody else may book the same message at the same moment; one row is enough.
        ignore_conflicts=True,
    )
    entries = {entry.message_id: entry for entry in booked.all()}
    return [entries[message.message_id] for message in messages]


def process(
    dealer: Dealer,
    entries: Sequence[IntakeEntry],
    parse: Parse,
    *,
    now: datetime,
    actor: User | None = None,
) -> list[Receipt | None]:
    """Make leads of booked entries and write each outcome on its entry; None: no lead.

    All in one transaction. If the database refuses the batch, the entries are tried one by
    one, so that a bad one stops only itself; it is quarantined.
    """
    try:
        with transaction.atomic():
            return _process_together(dealer, entries, parse, now=now, actor=actor)
    except (DatabaseError, UnknownCustomer):
        if len(entries) == 1:
            logger.exception("intake entry %s could not be stored", entries[0].pk)
            _quarantine(entries, _("The content could not be stored."), now=now)
            return [None]
    return [
        receipt
        for entry in entries
        for receipt in process(dealer, [entry], parse, now=now, actor=actor)
    ]


def _process_together(
    dealer: Dealer,
    entries: Sequence[IntakeEntry],
    parse: Parse,
    *,
    now: datetime,
    actor: User | None,
) -> list[Receipt | None]:
    drafts: dict[int, LeadDraft] = {}
    for position, entry in enumerate(entries):
        entry.attempts += 1
        entry.processed_at = now
        try:
            drafts[position] = parse(entry)
        except Unusable as error:
            entry.outcome, entry.reason = Outcome.QUARANTINED, str(error)
    received = receive(dealer, list(drafts.values()), now=now, actor=actor) if drafts else []
    receipts = dict(zip(drafts, received, strict=True))
    for position, receipt in receipts.items():
        entry = entries[position]
        entry.outcome = receipt.outcome
        entry.reason = " ".join(receipt.reasons)
        entry.lead = receipt.lead
    _write_outcomes(entries)
    return [receipts.get(position) for position in range(len(entries))]


def _quarantine(entries: Sequence[IntakeEntry], reason: str, *, now: datetime) -> None:
    for entry in entries:
        entry.outcome, entry.reason, entry.processed_at = Outcome.QUARANTINED, reason, now
        entry.lead = None
    _write_outcomes(entries)


_OUTCOME_FIELDS = ["outcome", "reason", "lead", "attempts", "processed_at"]


def _write_outcomes(entries: Sequence[IntakeEntry]) -> None:
    """One upsert: Django's bulk_update writes a CASE per row and column and is far slower."""
    distinct = {entry.pk: entry for entry in entries}
    IntakeEntry.objects.bulk_create(
        distinct.values(),
        update_conflicts=True,
        unique_fields=["pk"],
        update_fields=_OUTCOME_FIELDS,
    )
