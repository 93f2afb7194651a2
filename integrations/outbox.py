"""What goes out: written with its cause, sent after the commit, repeated until it is through."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import F

from integrations.bdk.sync import BdkMailbox
from integrations.http import PartnerError, PartnerRefused
from integrations.models import Connection, Delivery
from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry

logger = logging.getLogger(__name__)

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=15)

_THROUGH = ("ACKNOWLEDGED", "ALREADY_ACKNOWLEDGED")
# These concern a Partnernummer, not the receipts: once a person has set it right, they go out.
_SITE_REFUSED = (403, 404)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How many receipts got through, and what stood in the way of others, in words."""

    acknowledged: int
    problems: Sequence[str] = ()


def enqueue(
    connection: Connection, entries: Iterable[IntakeEntry], *, recipient: str, now: datetime
) -> None:
    """Queue the receipt of each entry; one that went out before goes out again. One query.

    Belongs into the transaction that books the entries.
    """
    deliveries = {
        entry.pk: Delivery(
            dealer_id=connection.dealer_id,
            connection=connection,
            entry=entry,
            recipient=recipient,
            next_attempt_at=now,
        )
        for entry in entries
    }
    Delivery.objects.bulk_create(
        deliveries.values(),
        update_conflicts=True,
        unique_fields=["connection", "kind", "entry"],
        update_fields=["state", "attempts", "next_attempt_at"],
    )


def acknowledge_again(dealer: Dealer, entries: Iterable[IntakeEntry], *, now: datetime) -> int:
    """Let receipts that went out before go out again, since something else has become of their
    messages; how many. Belongs into the transaction in which that happens."""
    receipts = Delivery.objects.for_dealer(dealer).filter(
        kind=Delivery.Kind.RECEIPT, entry__in=[entry.pk for entry in entries]
    )
    return receipts.update(state=Delivery.State.PENDING, attempts=0, next_attempt_at=now)


def deliver(connection: Connection, mailbox: BdkMailbox, *, now: datetime) -> Delivered:
    """Send all receipts that are due, at most 200 per call.

    What does not get through stays pending with a later time, what the partner refuses as such
    is marked and not repeated. Never raises PartnerError: nothing waits for receipts.
    """
    due = (
        Delivery.objects.filter(connection=connection)
        .due(now)
        .select_related("entry__lead")
        .defer("entry__raw")
        .order_by("recipient", "pk")
    )
    acknowledged = 0
    problems: list[str] = []
    for recipient, deliveries in groupby(due, key=lambda delivery: delivery.recipient):
        waiting = list(deliveries)
        for start in range(0, len(waiting), mailbox.max_receipts):
            batch = waiting[start : start + mailbox.max_receipts]
            try:
                words = mailbox.send_receipts(recipient, [one.entry for one in batch])
            except PartnerRefused as error:
                _refused(batch, error, now=now)
                problems.append(f"{recipient}: {error}")
            except PartnerError as error:
                # The whole partner is out of reach: the rest stays as it is.
                _postpone(batch, error.code or str(error.status or ""), now=now)
                return Delivered(acknowledged, [*problems, str(error)])
            else:
                acknowledged += _settle(batch, words, now=now)
    return Delivered(acknowledged, problems)


@transaction.atomic
def _settle(batch: Sequence[Delivery], words: Sequence[str], *, now: datetime) -> int:
    """Note the partner's word on each delivery; one query for each different word."""
    for word in Counter(words):
        ids = [one.pk for one, said in zip(batch, words, strict=True) if said == word]
        rows = Delivery.objects.filter(pk__in=ids)
        if word in _THROUGH:
            rows.update(
                state=Delivery.State.SENT, sent_at=now, answer=word, attempts=F("attempts") + 1
            )
        elif word:
            logger.warning("receipts refused as %s, deliveries %s", word, ids)
            rows.update(state=Delivery.State.REFUSED, answer=word, attempts=F("attempts") + 1)
    unanswered = [one for one, said in zip(batch, words, strict=True) if not said]
    if unanswered:
        _postpone(unanswered, "", now=now)
    return sum(word in _THROUGH for word in words)


def _refused(batch: Sequence[Delivery], error: PartnerRefused, *, now: datetime) -> None:
    answer = f"{error.status or ''} {error.code}".strip()
    # An answer that could not be read (no status) says nothing about the receipts.
    if error.status is None or error.status in _SITE_REFUSED:
        _postpone(batch, answer, now=now)
        return
    logger.error("%d receipts refused: %s", len(batch), answer)
    Delivery.objects.filter(pk__in=[one.pk for one in batch]).update(
        state=Delivery.State.REFUSED, answer=answer, attempts=F("attempts") + 1
    )


def _postpone(batch: Sequence[Delivery], answer: str, *, now: datetime) -> None:
    """Later and later, with some chance in it so that not all come back at once."""
    for delivery in batch:
        delivery.attempts = min(delivery.attempts + 1, 1000)
        delivery.answer = answer
        delivery.next_attempt_at = now + _delay(delivery.attempts)
    Delivery.objects.bulk_update(batch, ["attempts", "answer", "next_attempt_at"])


def _delay(attempts: int) -> timedelta:
    longest = min(LONGEST_DELAY, FIRST_DELAY * (1 << min(attempts, 10)))
    return longest * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)
