"""What Automanager sends, in its own words (contract of README.md).

A tolerant reader: unknown properties are ignored, and a word that we do not know becomes "" and a
remark. What is missing or of the wrong kind breaks the contract: that item is left out and named.
Neither remarks nor violations quote a value that could be anything but a word of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from integrations.automanager.fields import Broken, Reader, Remarks

Json = Any
T = TypeVar("T")

_MAX_CURSOR = 2000  # characters
_MAX_LIST = 50  # bookings or feedback of one transmission
_SENT_STATES = frozenset({"requested", "booked"})

MODES = frozenset({"api", "file"})
STATES = frozenset({"inactive", "reconciling", "active", "locked"})
ACTIONS = frozenset({"create", "change", "delete"})
RECONCILIATIONS = frozenset({"none", "open", "done"})
KINDS = frozenset({"delta", "full", "initial"})
RUN_RESULTS = frozenset({"pending", "ok", "partial", "error", "locked"})
RESULTS = frozenset({"pending", "ok", "warning", "error"})
SEVERITIES = frozenset({"info", "warning", "error"})
BOOKINGS = frozenset({"requested", "booked", "refused", "removed"})
STATUSES = frozenset({"in_stock", "sold", "deleted"})


# --- pages -----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    items: Sequence[Json]
    next_cursor: str = ""
    generated_at: datetime | None = None


def page_from(data: Json) -> Page:
    """Raises Broken."""
    if not isinstance(data, dict) or not isinstance(data.get("items"), list):
        raise Broken("items")
    cursor = data.get("next_cursor")
    if cursor is not None and (not isinstance(cursor, str) or len(cursor) > _MAX_CURSOR):
        raise Broken("next_cursor")
    reader = Reader(data, Remarks(), "")
    return Page(
        items=data["items"],
        next_cursor=cursor or "",
        generated_at=reader.moment("generated_at"),
    )


def items_from(
    page: Page, read: Callable[[Json, Remarks], T], remarks: Remarks, about: str
) -> list[T]:
    """The items that are as agreed; the others are noted."""
    found = []
    for item in page.items:
        try:
            found.append(read(item, remarks))
        except Broken as broken:
            remarks.note(remarks.broken, f"{about}: {broken}")
    return found


# --- exports and their runs ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class LockItem:
    since: datetime | None
    action: str
    limit: int | None
    actual: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AppItem:
    id: str
    platform: str
    mode: str
    location_code: str
    dealer_number: str
    state: str
    provider_registered: bool | None
    dealer_number_valid: bool | None
    lock: LockItem | None
    pending: Mapping[str, int | None]
    told: int | None
    told_active: int | None
    reconciliation: str
    unmatched_listings: int | None
    released_vehicles: int | None
    expected_interval_minutes: int | None

    @classmethod
    def from_payload(cls, data: Json, remarks: Remarks) -> AppItem:
        read = Reader(data, remarks, "")
        pending, matching = read.inner("pending"), read.inner("reconciliation")
        people = read.inners("notify_users")
        is_known = read.has("notify_users")
        return cls(
            id=read.id("id", required=True),
            platform=read.text("platform", 60),
            mode=read.word("mode", MODES),
            location_code=read.id("location_code", required=True),
            dealer_number=read.id("dealer_number")[:40],
            state=read.word("state", STATES),
            provider_registered=read.flag("provider_registered"),
            dealer_number_valid=read.flag("dealer_number_valid"),
            lock=_lock(read.inner("lock")),
            pending={name: pending.whole(name) for name in sorted(ACTIONS)} if pending else {},
            told=len(people) if is_known else None,
            told_active=sum(one.flag("active") is True for one in people) if is_known else None,
            reconciliation=matching.word("state", RECONCILIATIONS) if matching else "",
            unmatched_listings=matching.whole("unmatched_listings") if matching else None,
            released_vehicles=read.whole("released_vehicles"),
            expected_interval_minutes=read.whole("expected_interval_minutes"),
        )


def _lock(read: Reader | None) -> LockItem | None:
    if read is None:
        return None
    return LockItem(
        since=read.moment("since"),
        action=read.word("action", ACTIONS),
        limit=read.whole("limit"),
        actual=read.whole("actual"),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class RunItem:
    id: str
    kind: str
    sent_at: datetime | None
    confirmed_at: datetime | None
    result: str
    counts: Mapping[str, int | None]
    message: str

    @classmethod
    def from_payload(cls, data: Json, remarks: Remarks) -> RunItem:
        read = Reader(data, remarks, "")
        counts = read.inner("counts")
        names = ("create", "change", "delete", "error", "total")
        return cls(
            id=read.id("id", required=True),
            kind=read.word("kind", KINDS),
            sent_at=read.moment("sent_at"),
            confirmed_at=read.moment("confirmed_at"),
            result=read.word("result", RUN_RESULTS),
            counts={name: counts.whole(name) for name in names} if counts else {},
            message=read.text("message", 300),
        )


# --- cars ------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class TransmissionItem:
    """`bookings` and `feedback` as the model stores them; `booked` counts what costs."""

    id: str
    run_id: str
    at: datetime
    vehicle_id: str
    vehicle_number: str
    vin: str
    action: str
    result: str
    listing_id: str
    listing_url: str
    bookings: list[dict[str, str]]
    booked: int
    feedback: list[dict[str, str]]

    @classmethod
    def from_payload(cls, data: Json, remarks: Remarks) -> TransmissionItem:
        read = Reader(data, remarks, "")
        vehicle = read.inner("vehicle")
        at = read.moment("at", required=True)
        if vehicle is None or at is None:
            raise Broken("vehicle")
        bookings = [
            {
                "code": one.id("code"),
                "label": one.text("label", 100),
                "status": one.word("status", BOOKINGS),
            }
            for one in read.inners("bookings")[:_MAX_LIST]
        ]
        return cls(
            id=read.id("id"),
            run_id=read.id("run_id"),
            at=at,
            vehicle_id=vehicle.id("id"),
            vehicle_number=vehicle.id("number"),
            vin=vehicle.text("vin", 40).upper(),
            action=read.word("action", ACTIONS),
            result=read.word("result", RESULTS),
            listing_id=read.id("listing_id"),
            listing_url=web_address(read.text("listing_url", 2000)),
            bookings=bookings,
            booked=sum(one["status"] in _SENT_STATES for one in bookings),
            feedback=[
                {
                    "severity": one.word("severity", SEVERITIES),
                    "code": one.id("code"),
                    "field": one.text("field", 100),
                    "text": one.text("text", 300),
                }
                for one in read.inners("feedback")[:_MAX_LIST]
            ],
        )


def web_address(text: str) -> str:
    """ "" for what is no address of a page, or too long."""
    return text if text.startswith(("https://", "http://")) and len(text) <= 500 else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReleaseItem:
    app_id: str
    released: bool
    released_at: datetime | None
    individual_price: Decimal | None
    bookings_wanted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StockItem:
    id: str
    number: str
    vin: str
    location_code: str
    title: str
    price: Decimal | None
    currency: str
    status: str
    reserved_until: datetime | None
    online: bool | None
    updated_at: datetime | None
    exports: Sequence[ReleaseItem]

    @classmethod
    def from_payload(cls, data: Json, remarks: Remarks) -> StockItem:
        read = Reader(data, remarks, "")
        return cls(
            id=read.id("id", required=True),
            number=read.id("number"),
            vin=read.text("vin", 40).upper(),
            location_code=read.id("location_code", required=True),
            title=read.text("title", 200),
            price=read.money("price"),
            currency=read.text("currency", 3).upper(),
            status=read.word("status", STATUSES),
            reserved_until=read.moment("reserved_until"),
            online=read.flag("online"),
            updated_at=read.moment("updated_at"),
            exports=[
                ReleaseItem(
                    app_id=one.id("app_id", required=True),
                    released=one.flag("released") is True,
                    released_at=one.moment("released_at"),
                    individual_price=one.money("individual_price"),
                    bookings_wanted=one.words("bookings_wanted"),
                )
                for one in read.inners("exports")
            ],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ListingItem:
    id: str
    vehicle_number: str
    vin: str
    price: Decimal | None
    currency: str
    live: bool
    created_at: datetime | None

    @classmethod
    def from_payload(cls, data: Json, remarks: Remarks) -> ListingItem:
        read = Reader(data, remarks, "")
        return cls(
            id=read.id("listing_id", required=True),
            vehicle_number=read.id("vehicle_number"),
            vin=read.text("vin", 40).upper(),
            price=read.money("price"),
            currency=read.text("currency", 3).upper(),
            live=read.flag("live") is not False,
            created_at=read.moment("created_at"),
        )
