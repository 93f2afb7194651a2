"""New messages that are booked and received at once: for senders who wait for their answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry
from leads.services.drafts import LeadDraft, Receipt
from leads.services.inserting import append
from leads.services.intake import Message, new_entry
from leads.services.receiving import receive


def take_in(
    dealer: Dealer,
    messages: Sequence[tuple[Message, LeadDraft]],
    *,
    channel: str,
    now: datetime,
) -> list[Receipt]:
    """Receive the drafts and write their messages into the ledger together with the outcomes;
    one receipt for each, in the same order.

    What `book` and `process` do in several steps is one here, because the messages are known to
    be new and nobody is answered before the caller's transaction is committed. Raises whatever
    goes wrong, without a trace in the database once that transaction is rolled back: then book
    and process the messages, which puts the bad ones into quarantine.
    """
    receipts = receive(dealer, [draft for _message, draft in messages], now=now)
    entries = []
    for (message, draft), receipt in zip(messages, receipts, strict=True):
        entry = new_entry(dealer, message, channel=channel, sender=draft.sender, now=now)
        entry.note_outcome(receipt.outcome, receipt.lead, receipt.reasons, now=now)
        entries.append(entry)
    append(IntakeEntry, entries)
    return receipts
