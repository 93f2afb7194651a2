"""The change feed: events in an order that a reader can follow without missing one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction

from leads.models.dealer import Dealer
from leads.models.event import Event

# Events that get their position in one transaction; the rest is left for the next reader.
_PLACED_TOGETHER = 10_000
# Positions that one page looks through for events of some kinds: a rare kind costs no more.
_LOOKED_THROUGH = 10_000


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Events in their order, and where the reader goes on."""

    events: list[Event]
    next: int  # the position to read after
    has_more: bool


class PositionNotGiven(ValueError):
    """Nobody can have read this far: the cursor is another dealer's, or from another database."""


def read_feed(dealer: Dealer, *, after: int, limit: int, kinds: Collection[str] = ()) -> FeedPage:
    """The events after a position, at most `limit`; of some kinds only, if any are named.

    Ids are given out when a row is written, so a transaction that commits late shows a smaller
    one than readers have seen already. Positions are given out here, to committed rows alone and
    under the lock of the dealer's row: whoever sees position 17 has seen, or can see, 1 to 16.
    Raises PositionNotGiven.
    """
    is_complete = _place_waiting(dealer)
    last = Dealer.objects.values_list("last_event_position", flat=True).get(pk=dealer.pk)
    if after > last:
        raise PositionNotGiven(after)
    until = min(last, after + _LOOKED_THROUGH) if kinds else last
    events = Event.objects.for_dealer(dealer).filter(position__gt=after, position__lte=until)
    if kinds:
        events = events.filter(kind__in=kinds)
    page = list(events.order_by("position")[: limit + 1])
    if len(page) > limit:
        return FeedPage(page[:limit], next=page[limit - 1].position or after, has_more=True)
    return FeedPage(page, next=until, has_more=until < last or not is_complete)


def _place_waiting(dealer: Dealer) -> bool:
    """Give positions to events that have none; False if some are left for the next time."""
    waiting = Event.objects.for_dealer(dealer).filter(position=None)
    if not waiting.exists():  # most readers ask often; they need not write
        return True
    with transaction.atomic():
        locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
        placed = _place(locked)
        if placed:
            locked.last_event_position += placed
            locked.save(update_fields=["last_event_position"])
    return placed < _PLACED_TOGETHER


def _place(dealer: Dealer) -> int:
    """How many events got a position; one statement for any number of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE leads_event SET position = %(last)s + waiting.number
            FROM (
                SELECT id, row_number() OVER (ORDER BY id) AS number
                FROM leads_event WHERE dealer_id = %(dealer)s AND position IS NULL
                ORDER BY id LIMIT %(limit)s
            ) AS waiting
            WHERE leads_event.id = waiting.id
            """,
            {
                "last": dealer.last_event_position,
                "dealer": dealer.pk,
                "limit": _PLACED_TOGETHER,
            },
        )
        return int(cursor.rowcount)
