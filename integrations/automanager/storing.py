"""What was read is kept: rows that are new are added, those that changed are written, and what is
the same as before costs no write. The number of queries does not depend on the number of items."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from django.db import models

from integrations.automanager.schema import AppItem, ListingItem, RunItem, TransmissionItem
from integrations.models import Connection, ExportApp, ExportRun, Listing, Transmission
from leads.models.dealer import Location
from leads.services.column_updates import update_columns
from leads.services.inserting import append, blank, insert

M = TypeVar("M", bound=models.Model)
_SEPARATOR = "\x1f"


class Stored(NamedTuple):
    new: int
    changed: int


def put(
    model: type[M], rows: Mapping[Any, M], known: Mapping[Any, M], names: Sequence[str]
) -> Stored:
    """Store rows by key: new ones, and the named columns of those that differ from what is known.

    A row that is known gets its id, so that others may refer to it.
    """
    new, changed = [], []
    for key, row in rows.items():
        before = known.get(key)
        if before is None:
            new.append(row)
            continue
        row.pk = before.pk
        if any(getattr(row, name) != getattr(before, name) for name in names):
            changed.append(row)
    insert(model, new)
    update_columns(model, changed, names)
    return Stored(len(new), len(changed))


# --- exports ---------------------------------------------------------------------------------

_TOLD = (
    *("location_id", "platform", "mode", "dealer_number", "state", "provider_registered"),
    *("dealer_number_valid", "lock_since", "lock_action", "lock_limit", "lock_actual", "limits"),
    *("pending_create", "pending_change", "pending_delete", "told_count", "told_active_count"),
    *("reconciliation", "unmatched_listings", "unmatched_since", "released_vehicles"),
    *("expected_interval_minutes", "last_seen_at", "gone_at"),
)
# What reading and checking have noted; Automanager knows nothing of it.
_OURS = ("first_seen_at", "read_from", "read_until", "listings_at", "checked_at")


def put_apps(
    connection: Connection,
    items: Iterable[AppItem],
    locations: Mapping[str, Location],
    *,
    now: datetime,
) -> list[ExportApp]:
    """Store the exports of our locations, in the order in which they came."""
    known = {one.external_id: one for one in ExportApp.objects.filter(connection=connection)}
    rows = {
        item.id: _app(connection, item, locations[item.location_code], known.get(item.id), now)
        for item in items
    }
    put(ExportApp, rows, known, _TOLD)
    return list(rows.values())


def _app(
    connection: Connection,
    item: AppItem,
    location: Location,
    before: ExportApp | None,
    now: datetime,
) -> ExportApp:
    row = ExportApp(
        dealer_id=connection.dealer_id,
        connection=connection,
        location=location,
        external_id=item.id,
        platform=item.platform,
        mode=item.mode,
        dealer_number=item.dealer_number,
        state=item.state,
        provider_registered=item.provider_registered,
        dealer_number_valid=item.dealer_number_valid,
        pending_create=item.pending.get("create"),
        pending_change=item.pending.get("change"),
        pending_delete=item.pending.get("delete"),
        told_count=item.told,
        told_active_count=item.told_active,
        reconciliation=item.reconciliation,
        unmatched_listings=item.unmatched_listings,
        released_vehicles=item.released_vehicles,
        expected_interval_minutes=item.expected_interval_minutes,
        first_seen_at=now,
        last_seen_at=now,
        limits=dict(before.limits) if before else {},
    )
    if before:
        for name in _OURS:
            setattr(row, name, getattr(before, name))
    if item.unmatched_listings:
        row.unmatched_since = (before and before.unmatched_since) or now
    if item.lock:
        row.lock_since, row.lock_action = item.lock.since, item.lock.action
        row.lock_limit, row.lock_actual = item.lock.limit, item.lock.actual
        if item.lock.action and item.lock.limit is not None:
            row.limits[item.lock.action] = item.lock.limit
    return row


def note_missing_apps(connection: Connection, seen: Iterable[str], *, now: datetime) -> None:
    """Exports that a complete list no longer names."""
    present = ExportApp.objects.filter(connection=connection, gone_at=None)
    present.exclude(external_id__in=set(seen)).update(gone_at=now)


# --- runs ------------------------------------------------------------------------------------

_RUN = (
    *("kind", "sent_at", "confirmed_at", "result", "created", "changed", "deleted", "errors"),
    *("total", "message"),
)


def put_runs(app: ExportApp, items: Iterable[RunItem]) -> Stored:
    rows = {item.id: _run(app, item) for item in items}
    known = ExportRun.objects.filter(app=app, external_id__in=list(rows))
    return put(ExportRun, rows, {one.external_id: one for one in known}, _RUN)


def _run(app: ExportApp, item: RunItem) -> ExportRun:
    counts = item.counts
    return ExportRun(
        dealer_id=app.dealer_id,
        app=app,
        external_id=item.id,
        kind=item.kind,
        sent_at=item.sent_at,
        confirmed_at=item.confirmed_at,
        result=item.result,
        created=counts.get("create") or 0,
        changed=counts.get("change") or 0,
        deleted=counts.get("delete") or 0,
        errors=counts.get("error") or 0,
        total=counts.get("total"),
        message=item.message,
    )


# --- transmissions ---------------------------------------------------------------------------

_SENT = (
    *("run_number", "vehicle_external_id", "vehicle_number", "vin", "action", "result"),
    *("listing_id", "listing_url", "bookings", "booked", "feedback", "at"),
)
_told = attrgetter(*_SENT)


def put_transmissions(app: ExportApp, items: Iterable[TransmissionItem]) -> Stored:
    """Five days of one export may be thousands: only what cannot be left out happens here."""
    rows = {}
    for item in items:
        row = _transmission(app, item)
        rows[row.key] = row
    stored = Transmission.objects.filter(app=app, key__in=list(rows))
    known = {key: told for key, *told in stored.values_list("key", "pk", *_SENT)}
    fresh, changed = [], []
    for key, row in rows.items():
        if key not in known:
            fresh.append(row)
            continue
        pk, *before = known[key]
        if list(_told(row)) != before:
            row.pk = pk
            changed.append(row)
    append(Transmission, fresh)
    update_columns(Transmission, changed, _SENT)
    return Stored(len(fresh), len(changed))


def _transmission(app: ExportApp, item: TransmissionItem) -> Transmission:
    row = blank(Transmission)
    # Not attribute by attribute: setting a foreign key's column costs as much as all the others.
    row.__dict__.update(
        dealer_id=app.dealer_id,
        app_id=app.pk,
        key=identity_of(app, item),
        run_number=item.run_id,
        at=item.at,
        vehicle_external_id=item.vehicle_id,
        vehicle_number=item.vehicle_number,
        vin=item.vin,
        action=item.action,
        result=item.result,
        listing_id=item.listing_id,
        listing_url=item.listing_url,
        bookings=item.bookings,
        booked=item.booked,
        feedback=item.feedback,
    )
    return row


def identity_of(app: ExportApp, item: TransmissionItem) -> str:
    """Automanager's number, otherwise dealer number, car, time and action (§4, rule 3)."""
    if item.id:
        return f"id:{item.id}"
    car = item.vehicle_number or item.vin or item.vehicle_id
    told = _SEPARATOR.join([app.dealer_number, car, item.at.isoformat(), item.action])
    return f"h:{hashlib.sha256(told.encode()).hexdigest()}"


# --- listings --------------------------------------------------------------------------------

_LISTED = ("vehicle_number", "vin", "price", "currency", "is_live", "created_at", "gone_at")


def put_listings(app: ExportApp, items: Iterable[ListingItem], *, now: datetime) -> Stored:
    rows = {item.id: _listing(app, item, now) for item in items}
    known = Listing.objects.filter(app=app, listing_id__in=list(rows))
    return put(Listing, rows, {one.listing_id: one for one in known}, _LISTED)


def _listing(app: ExportApp, item: ListingItem, now: datetime) -> Listing:
    row = blank(Listing)
    row.__dict__.update(
        dealer_id=app.dealer_id,
        app_id=app.pk,
        listing_id=item.id,
        vehicle_number=item.vehicle_number,
        vin=item.vin,
        price=item.price,
        currency=item.currency,
        is_live=item.live,
        created_at=item.created_at,
        first_seen_at=now,
    )
    return row


def note_missing_listings(app: ExportApp, seen: set[str], *, now: datetime) -> None:
    """Ads that a complete list no longer names."""
    present = Listing.objects.filter(app=app, gone_at=None).values_list("pk", "listing_id")
    gone = [pk for pk, listing_id in present if listing_id not in seen]
    note_gone(Listing, gone, now=now)


def note_gone(model: type[models.Model], pks: Sequence[int], *, now: datetime) -> None:
    for start in range(0, len(pks), 2000):
        together = pks[start : start + 2000]
        model._default_manager.filter(pk__in=together).update(gone_at=now)
