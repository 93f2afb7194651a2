"""Messages that were turned away: the sender got an error, the office can see what it sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, Outcome
from leads.services.column_updates import update_columns
from leads.services.intake import Message, book


@transaction.atomic
def book_rejected(
    dealer: Dealer,
    *,
    channel: str,
    sender: str,
    raw: str,
    reason: str,
    now: datetime,
    outside_id: str = "",
    is_change: bool = False,
) -> IntakeEntry:
    """Write a rejected message into the ledger; each one has an entry of its own.

    `reason` is a sentence in the language of the office without personal data.
    """
    message = Message(
        message_id=f"rejected {uuid.uuid4()}", raw=raw, outside_id=outside_id, is_change=is_change
    )
    [entry] = book(dealer, channel=channel, sender=sender, messages=[message], now=now)
    reject([(entry, reason)], now=now)
    return entry


def reject(rejected: Sequence[tuple[IntakeEntry, str]], *, now: datetime) -> None:
    """Write the reasons on booked entries that are turned away; one query."""
    for entry, reason in rejected:
        entry.outcome, entry.reason, entry.processed_at = Outcome.REJECTED, reason, now
    update_columns(
        IntakeEntry,
        [entry for entry, _reason in rejected],
        ["outcome", "reason", "processed_at"],
    )
