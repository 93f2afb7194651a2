"""One new message that is booked and received at once: for senders who wait for their answer."""

from __future__ import annotations

from datetime import datetime

from leads.models.dealer import Dealer
from leads.services.drafts import LeadDraft, Receipt
from leads.services.intake import Message, new_entry
from leads.services.receiving import receive


def take_in(
    dealer: Dealer, message: Message, draft: LeadDraft, *, channel: str, now: datetime
) -> Receipt:
    """Receive the draft and write its message into the ledger together with the outcome.

    What `book` and `process` do in several steps is one here, because the message is known to be
    new and nobody is answered before the caller's transaction is committed. Raises whatever goes
    wrong, without a trace in the database once that transaction is rolled back: then book and
    process the message, which puts it into quarantine.
    """
    [receipt] = receive(dealer, [draft], now=now)
    entry = new_entry(dealer, message, channel=channel, sender=draft.sender, now=now)
    entry.note_outcome(receipt.outcome, receipt.lead, receipt.reasons, now=now)
    entry.save(force_insert=True)
    return receipt
