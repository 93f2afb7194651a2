"""What goes out: written with its cause, sent after the commit, repeated until it is through."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from integrations.bdk.reporting import queue_reports
from integrations.bdk.sync import BdkMailbox
from integrations.http import PartnerError, PartnerRefused
from integrations.models import Connection, Delivery
from integrations.patience import SITE_REFUSED, back_off, wished_wait
from leads.models.dealer import Dealer
from leads.models.event import Event
from leads.models.intake import IntakeEntry

logger = logging.getLogger(__name__)

_THROUGH = ("ACKNOWLEDGED", "ALREADY_ACKNOWLEDGED")
_UNKNOWN_PARTNER = "UNKNOWN_PARTNER"
_REPORTS_AT_ONCE = 100


@dataclass
class Delivered:
    """What got through, and what stood in the way of the rest, also in words."""

    acknowledged: int = 0
    reported: int = 0
    problems: list[str] = field(default_factory=list)
    errors: list[PartnerError] = field(default_factory=list)

    def note(self, error: PartnerError, *, about: str = "") -> None:
        self.problems.append(f"{about}{error}")
        self.errors.append(error)


def _always() -> None:
    pass


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Limits:
    """`before` is called before each call; with `is_over` the rest waits for another time."""

    before: Callable[[], None] = _always
    is_over: Callable[[], bool] = _never


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


def tell_partners(events: Sequence[Event], *, now: datetime) -> None:
    """Queue what partners are to hear because of these events. Belongs into the transaction in
    which they are fanned out."""
    queue_reports(events, now=now)


def acknowledge_again(dealer: Dealer, entries: Iterable[IntakeEntry], *, now: datetime) -> int:
    """Let receipts that went out before go out again, since something else has become of their
    messages; how many. Belongs into the transaction in which that happens."""
    receipts = Delivery.objects.for_dealer(dealer).filter(
        kind=Delivery.Kind.RECEIPT, entry__in=[entry.pk for entry in entries]
    )
    return receipts.update(state=Delivery.State.PENDING, attempts=0, next_attempt_at=now)


def has_late_receipts(connection: Connection, *, before: datetime) -> bool:
    """Whether the receipt of something that came before then has still not gone out."""
    waiting = Delivery.objects.pending().filter(connection=connection, kind=Delivery.Kind.RECEIPT)
    return waiting.filter(entry__received_at__lt=before).exists()


def deliver(
    connection: Connection, mailbox: BdkMailbox, *, now: datetime, limits: Limits | None = None
) -> Delivered:
    """Send all receipts that are due, at most 200 per call, then the statuses.

    What does not get through stays pending with a later time, what the partner refuses as such
    is marked and not repeated. Never raises PartnerError: nothing waits for deliveries.
    """
    delivered, limits = Delivered(), limits or Limits()
    if _acknowledge(connection, mailbox, delivered, limits, now=now):
        _report(connection, mailbox, delivered, limits, now=now)
    return delivered


def _acknowledge(
    connection: Connection,
    mailbox: BdkMailbox,
    delivered: Delivered,
    limits: Limits,
    *,
    now: datetime,
) -> bool:
    """Whether the partner is still within reach. A batch after the other: there may be many."""
    due = Delivery.objects.filter(connection=connection).due_receipts(now)
    due = due.select_related("entry__lead").defer("entry__raw", "entry__corrected")
    for recipient in due.order_by("recipient").values_list("recipient", flat=True).distinct():
        # In this order from the index of what is pending; by key alone all that was ever sent
        # would be looked through.
        of_site = due.filter(recipient=recipient).order_by("next_attempt_at", "pk")
        while batch := list(of_site[: mailbox.max_receipts]):
            limits.before()
            if limits.is_over():
                return False
            entries = [one.entry for one in batch if one.entry]
            try:
                words = mailbox.send_receipts(recipient, entries)
            except PartnerRefused as error:
                _refused(batch, error, now=now)
                delivered.note(error, about=f"{recipient}: ")
            except PartnerError as error:
                # The whole partner is out of reach: the rest stays as it is.
                _postpone(batch, error, now=now)
                delivered.note(error)
                return False
            else:
                delivered.acknowledged += _settle(batch, words, now=now)
    return True


def _report(
    connection: Connection,
    mailbox: BdkMailbox,
    delivered: Delivered,
    limits: Limits,
    *,
    now: datetime,
) -> None:
    """Statuses one by one, each lead's in the order in which they happened."""
    due = Delivery.objects.filter(connection=connection).due_reports(now)
    while batch := list(due.order_by("occurred_at", "pk")[:_REPORTS_AT_ONCE]):
        for report in batch:
            limits.before()
            if limits.is_over():
                return
            try:
                mailbox.send_status(report)
            except PartnerRefused as error:
                if not _drop(report, error):
                    delivered.note(error, about=f"{report.recipient}: ")
                    _refused([report], error, now=now)
            except PartnerError as error:
                _postpone([report], error, now=now)
                delivered.note(error)
                return
            else:
                delivered.reported += 1
                Delivery.objects.filter(pk=report.pk).update(
                    state=Delivery.State.SENT, sent_at=now, answer="", attempts=F("attempts") + 1
                )


def _drop(report: Delivery, error: PartnerRefused) -> bool:
    """Whether the report is settled: the partner knows something newer (409), or not the lead at
    all (404); of such a one it hears nothing any more (contract §4.5)."""
    if error.status == 409:
        rows = Delivery.objects.filter(pk=report.pk)
    elif error.status == 404 and error.code != _UNKNOWN_PARTNER:
        rows = Delivery.objects.pending().filter(
            connection=report.connection_id,
            kind=Delivery.Kind.STATUS,
            recipient=report.recipient,
            outside_id=report.outside_id,
        )
    else:
        return False
    logger.info("status report %s dropped: %s", report.pk, _answer(error))
    rows.update(state=Delivery.State.DROPPED, answer=_answer(error), attempts=F("attempts") + 1)
    return True


@transaction.atomic
def _settle(batch: Sequence[Delivery], words: Sequence[str], *, now: datetime) -> int:
    """Note the partner's word on each delivery; one query for each different word."""
    for word in Counter(words):
        said_so = [one for one, said in zip(batch, words, strict=True) if said == word]
        ids, rows = [one.pk for one in said_so], _as_sent(said_so)
        if word in _THROUGH:
            rows.update(
                state=Delivery.State.SENT, sent_at=now, answer=word, attempts=F("attempts") + 1
            )
        elif word:
            logger.warning("receipts refused as %s, deliveries %s", word, ids)
            rows.update(state=Delivery.State.REFUSED, answer=word, attempts=F("attempts") + 1)
    unanswered = [one for one, said in zip(batch, words, strict=True) if not said]
    if unanswered:
        _postpone(unanswered, None, now=now)
    return sum(word in _THROUGH for word in words)


def _as_sent(batch: Sequence[Delivery]) -> QuerySet[Delivery]:
    """Those of the batch that nobody has queued anew while it was on its way: these go out once
    more, since something else has become of their messages."""
    times = {one.next_attempt_at for one in batch}
    ids = [one.pk for one in batch]
    return Delivery.objects.pending().filter(pk__in=ids, next_attempt_at__in=times)


def _refused(batch: Sequence[Delivery], error: PartnerRefused, *, now: datetime) -> None:
    # An answer that could not be read (no status) says nothing about what was sent; one about the
    # site is set right by a person, and then it goes out.
    if error.status is None or error.status in SITE_REFUSED:
        _postpone(batch, error, now=now)
        return
    logger.error("%d deliveries refused: %s", len(batch), _answer(error))
    _as_sent(batch).update(
        state=Delivery.State.REFUSED, answer=_answer(error), attempts=F("attempts") + 1
    )


def _postpone(batch: Sequence[Delivery], error: PartnerError | None, *, now: datetime) -> None:
    wish = wished_wait(error, now=now) if error else None
    for delivery in batch:
        delivery.attempts = min(delivery.attempts + 1, 1000)
        delivery.answer = _answer(error) if error else ""
        wait = back_off(delivery.attempts)
        delivery.next_attempt_at = now + (max(wait, wish) if wish else wait)
    Delivery.objects.bulk_update(batch, ["attempts", "answer", "next_attempt_at"])


def _answer(error: PartnerError) -> str:
    """ "403 PARTNER_NOT_ALLOWED" """
    return f"{error.status or ''} {error.code}".strip()
