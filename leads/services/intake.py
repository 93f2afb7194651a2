"""One way in: book what came, parse it, receive it, write down what became of it."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, IntakeEntryQuerySet, Outcome
from leads.models.user import User
from leads.services.column_updates import update_columns
from leads.services.drafts import LeadDraft, Receipt
from leads.services.inserting import blank, insert
from leads.services.receiving import receive
from leads.services.replies import Reply, attach_reply, find_leads
from leads.services.retrying import retried

logger = logging.getLogger(__name__)


class Unusable(Exception):
    """A message no lead can be made of. The text is a sentence for people, translated, and
    holds no personal data: it is shown in lists and sent back to the partner."""


class SetAside(Unusable):
    """Nothing is to become of it, and nobody need look: kept as set aside, with this reason."""


class BelongsToLead(Unusable):
    """It is no enquiry but belongs to a lead. Without that lead, `instead` is received; without
    that either, it is set aside with this reason."""

    def __init__(self, reason: str, *, reply: Reply, instead: LeadDraft | None = None) -> None:
        super().__init__(reason)
        self.reply, self.instead = reply, instead


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message as it came. `message_id` names it within its sender (see IntakeEntry)."""

    message_id: str
    raw: str
    outside_id: str = ""
    idempotency_key: str = ""  # under which the sender would repeat it
    is_change: bool = False  # of a lead that is here (IntakeEntry)

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(self.raw.encode()).hexdigest()


# One of several ways to read a message notes itself as `entry.parser`.
Parse = Callable[[IntakeEntry], LeadDraft]


def json_of(entry: IntakeEntry) -> Any:
    """What a message in JSON says, for those who parse it. Raises Unusable: it may have been
    corrected by hand since it was checked."""
    try:
        return json.loads(entry.text)
    except (ValueError, RecursionError) as error:
        raise Unusable(_("This is not JSON.")) from error


@retried
@transaction.atomic
def book(
    dealer: Dealer, *, channel: str, sender: str, messages: Sequence[Message], now: datetime
) -> list[IntakeEntry]:
    """Write the messages into the ledger; one entry per message, in the same order.

    The same message booked before, or twice in this call, finds its entry, which only counts
    the repeat. Nobody is answered before this has been committed. The number of queries does
    not depend on the number of messages.
    """
    times = Counter(message.message_id for message in messages)
    rows = IntakeEntry.objects.for_dealer(dealer).filter(sender=sender, message_id__in=times)
    # Everybody locks and inserts in the same order, so that nobody waits in a circle.
    locked = rows.order_by("pk").select_for_update().values_list("message_id", flat=True)
    known = set(locked)
    first = {message.message_id: message for message in reversed(messages)}
    entries: dict[str, IntakeEntry] | None = None
    while entries is None:
        entries = {
            name: new_entry(
                dealer, first[name], channel=channel, sender=sender, now=now, times=times[name]
            )
            for name in sorted(first.keys() - known)
        }
        try:
            with transaction.atomic():
                insert(IntakeEntry, list(entries.values()))
        except IntegrityError:
            # Somebody else has booked one of them at this moment; now it can be seen.
            entries, before, known = None, known, set(locked.all())
            if known == before:
                raise
    if known:
        entries |= _count_again(rows.filter(message_id__in=known), times, now=now)
        _put_back(entries, messages)
    return [entries[message.message_id] for message in messages]


def _count_again(
    booked: IntakeEntryQuerySet, times: Mapping[str, int], *, now: datetime
) -> dict[str, IntakeEntry]:
    """Entries of messages that were booked before, by message, once they count the repeats."""
    for often in set(times.values()):  # nearly always once
        counted = booked.filter(message_id__in=[one for one in times if times[one] == often])
        counted.update(last_received_at=now, times_received=F("times_received") + often)
    return {entry.message_id: entry for entry in booked}


def _put_back(entries: Mapping[str, IntakeEntry], messages: Sequence[Message]) -> None:
    """The text of messages that was deleted since it is old: they come again, and where there is no
    lead yet somebody may want to process them. A query each; hardly ever any."""
    for message in messages:
        entry = entries[message.message_id]
        if entry.raw_deleted_at is not None and entry.lead_id is None:
            entry.raw, entry.raw_deleted_at = message.raw, None
            entry.save(update_fields=["raw", "raw_deleted_at"])


def new_entry(
    dealer: Dealer, message: Message, *, channel: str, sender: str, now: datetime, times: int = 1
) -> IntakeEntry:
    """The entry of a message; not stored, not processed, and received so many times."""
    return blank(
        IntakeEntry,
        dealer_id=dealer.pk,
        channel=channel,
        sender=sender,
        message_id=message.message_id,
        outside_id=message.outside_id[:64],
        idempotency_key=message.idempotency_key,
        is_change=message.is_change,
        content_hash=message.content_hash,
        raw=message.raw,
        received_at=now,
        last_received_at=now,
        times_received=times,
    )


def process(
    dealer: Dealer,
    entries: Sequence[IntakeEntry],
    parse: Parse,
    *,
    now: datetime,
    actor: User | None = None,
    change_batch: ChangeBatch | None = None,
) -> list[Receipt | None]:
    """Make leads of booked entries and write each outcome on its entry; None: no lead.

    All in one transaction. If that fails, it is tried again with either half of the entries, so
    that a bad one stops only itself; it is quarantined. Trouble of the database itself is
    raised: the messages are not to blame and can be processed later.

    An entry given twice, or processed by somebody else since it was read, is not processed
    again: it has the receipt of the first time.
    """
    seen = {entry.pk: entry.attempts for entry in entries}
    distinct = list({entry.pk: entry for entry in entries}.values())
    receipts = _process_or_split(_Work(dealer, parse, now, actor, seen, change_batch), distinct)
    return [receipts[entry.pk] for entry in entries]


@dataclass(frozen=True)
class _Work:
    """What all steps of `process` need to know."""

    dealer: Dealer
    parse: Parse
    now: datetime
    actor: User | None
    seen: Mapping[int, int]  # attempts of each entry when it was handed to us
    change_batch: ChangeBatch | None  # by which all of it can be taken back


_Receipts = dict[int, Receipt | None]  # by the entry's primary key


@retried
def _process_or_split(work: _Work, entries: Sequence[IntakeEntry]) -> _Receipts:
    try:
        with transaction.atomic():
            return _process_together(work, entries)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        if len(entries) == 1:
            # Not the error's own words: they may quote the row, and so personal data.
            logger.error(
                "intake entry %s could not be stored: %s", entries[0].pk, type(error).__name__
            )
            return _quarantine(work, entries[0], _("The content could not be stored."))
    half = len(entries) // 2
    return _process_or_split(work, entries[:half]) | _process_or_split(work, entries[half:])


def _process_together(work: _Work, entries: Sequence[IntakeEntry]) -> _Receipts:
    receipts = _receipts_of_others(work, entries)
    waiting = {entry.pk: entry for entry in entries if entry.pk not in receipts}
    drafts: dict[int, LeadDraft] = {}
    replies: dict[int, BelongsToLead] = {}
    for entry in waiting.values():
        try:
            drafts[entry.pk] = work.parse(entry)
        except BelongsToLead as error:
            replies[entry.pk] = error
        except SetAside as error:
            entry.outcome, entry.reason, entry.lead = Outcome.SET_ASIDE, str(error), None
            receipts[entry.pk] = None
        except Unusable as error:
            entry.outcome, entry.reason = Outcome.QUARANTINED, str(error)
            receipts[entry.pk] = None
    receipts |= _receive(work, waiting, drafts)
    if replies:  # perhaps to what has just been received
        instead = _attach_replies(work, waiting, replies, receipts)
        receipts |= _receive(work, waiting, instead)
    _write_outcomes(work, list(waiting.values()))
    return receipts


def _receive(
    work: _Work, waiting: Mapping[int, IntakeEntry], drafts: Mapping[int, LeadDraft]
) -> _Receipts:
    if not drafts:
        return {}
    received = receive(
        work.dealer,
        list(drafts.values()),
        now=work.now,
        actor=work.actor,
        change_batch=work.change_batch,
    )
    for pk, receipt in zip(drafts, received, strict=True):
        entry = waiting[pk]
        entry.outcome, entry.lead = receipt.outcome, receipt.lead
        entry.reason = " ".join(receipt.reasons)
    return dict(zip(drafts, received, strict=True))


def _attach_replies(
    work: _Work,
    waiting: Mapping[int, IntakeEntry],
    replies: Mapping[int, BelongsToLead],
    receipts: _Receipts,
) -> dict[int, LeadDraft]:
    """Replies whose lead is here become part of its timeline, and have their receipt; of the
    others the drafts that are to be received instead."""
    # So that what was received just now is found by its message.
    _write_outcomes(work, [one for pk, one in waiting.items() if pk in receipts])
    leads = find_leads(work.dealer, {pk: one.reply for pk, one in replies.items()})
    instead: dict[int, LeadDraft] = {}
    for pk, error in replies.items():
        entry, lead = waiting[pk], leads.get(pk)
        if lead is not None and attach_reply(lead, error.reply, now=work.now):
            entry.outcome, entry.lead = Outcome.ATTACHED, lead
            entry.reason = _("Belongs to the lead %(number)s.") % {"number": lead.number}
            receipts[pk] = _receipt_of(entry)
        elif error.instead is not None:
            instead[pk] = error.instead
        else:
            entry.outcome, entry.reason, entry.lead = Outcome.SET_ASIDE, str(error), None
            receipts[pk] = None
    return instead


def _receipts_of_others(work: _Work, entries: Sequence[IntakeEntry]) -> _Receipts:
    """Locks the entries; of those somebody has processed or erased since they were read, what
    became of them."""
    rows = IntakeEntry.objects.for_dealer(work.dealer).filter(pk__in=[one.pk for one in entries])
    # Locked without a join: PostgreSQL would look for the lead that the entry had before.
    locked = dict(rows.order_by("pk").select_for_update().values_list("pk", "attempts"))
    receipts: _Receipts = {entry.pk: None for entry in entries if entry.pk not in locked}
    since = [pk for pk, attempts in locked.items() if attempts != work.seen[pk]]
    if since:
        by_pk = {entry.pk: entry for entry in entries}
        for row in rows.filter(pk__in=since).defer("raw", "corrected").select_related("lead"):
            receipts[row.pk] = _receipt_of(row)
            for name in _OUTCOME_FIELDS:
                setattr(by_pk[row.pk], name, getattr(row, name))
    return receipts


def _receipt_of(entry: IntakeEntry) -> Receipt | None:
    if entry.lead is None:
        return None
    return Receipt(outcome=entry.outcome, lead=entry.lead, reasons=(entry.reason,))


def _quarantine(work: _Work, entry: IntakeEntry, reason: str) -> _Receipts:
    entry.outcome, entry.reason, entry.lead = Outcome.QUARANTINED, reason, None
    _write_outcomes(work, [entry])
    return {entry.pk: None}


_OUTCOME_FIELDS = ["outcome", "reason", "lead", "parser", "attempts", "processed_at"]


def _write_outcomes(work: _Work, entries: Sequence[IntakeEntry]) -> None:
    """Without the messages themselves, which are neither encrypted nor sent once more."""
    for entry in entries:
        entry.attempts, entry.processed_at = work.seen[entry.pk] + 1, work.now
    update_columns(IntakeEntry, entries, _OUTCOME_FIELDS)
