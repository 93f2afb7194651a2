"""AM-01 … AM-10: does the export as such work? Pure; the tables of README.md line by line.

Exports that are switched off are never handed to a check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from integrations.automanager.situation import AppView, Car, Found, Sent
from integrations.models import Action, ExportApp, ExportRun, Severity

_NAMED = 5  # cars named in a finding about many


def locked(view: AppView) -> Iterator[Found]:
    """AM-01. Where the state is not known, the newest run tells."""
    app = view.app
    newest = view.runs[0] if view.runs else None
    says_run = newest is not None and newest.result == ExportRun.Result.LOCKED
    if app.state == ExportApp.State.LOCKED or (not app.state and says_run):
        facts = {
            "action": app.lock_action,
            "limit": app.lock_limit,
            "actual": app.lock_actual,
            "since_at": app.lock_since.isoformat() if app.lock_since else None,
        }
        yield _found(view, "AM-01", Severity.CRITICAL, facts)


def lock_near(view: AppView) -> Iterator[Found]:
    """AM-02. A limit is known from an earlier lock; otherwise the size of the stock says how many
    are many. What waits while it is locked is AM-01's."""
    app, limits = view.app, view.limits
    if app.state == ExportApp.State.LOCKED:
        return
    for action, pending in (
        (Action.CREATE, app.pending_create),
        (Action.DELETE, app.pending_delete),
    ):
        limit = app.limits.get(action)
        if limit is not None:
            near = limit * limits.lock_near_percent / 100
        else:
            of_stock = view.released_count * limits.lock_near_stock_percent / 100
            near = max(limits.lock_near_least, of_stock)
        if pending and pending >= near:
            facts = {"action": str(action), "pending": pending, "limit": limit}
            yield _found(view, "AM-02", Severity.WARNING, facts, subject=str(action))


def nobody_told(view: AppView) -> Iterator[Found]:
    """AM-03."""
    app = view.app
    if app.told_count is not None and not app.told_active_count:
        yield _found(view, "AM-03", Severity.WARNING, {"people": app.told_count})


def provider_missing(view: AppView) -> Iterator[Found]:
    """AM-04. What is not told is not wrong."""
    app = view.app
    if app.provider_registered is False or app.dealer_number_valid is False:
        facts = {
            "provider": app.provider_registered is not False,
            "number": app.dealer_number_valid is not False,
        }
        yield _found(view, "AM-04", Severity.CRITICAL, facts)


def file_silent(view: AppView) -> Iterator[Found]:
    """AM-05. An export that is sent less than daily may be silent for longer."""
    app, limits = view.app, view.limits
    if app.mode != ExportApp.Mode.FILE:
        return
    sent_at = next((run.sent_at for run in view.runs if run.sent_at), None)
    every = timedelta(minutes=app.expected_interval_minutes or 0)
    day, warning = timedelta(days=1), timedelta(hours=limits.file_silent_warning_hours)
    error = timedelta(hours=limits.file_silent_error_hours)
    if every > day:
        warning, error = warning + every - day, error + 2 * (every - day)
    # No run at all in what the partner remembers: silent for longer than that.
    silent = view.as_of - sent_at if sent_at else error + day
    if silent > warning:
        severity = Severity.ERROR if silent > error else Severity.WARNING
        facts = {"sent_at": sent_at.isoformat() if sent_at else None}
        yield _found(view, "AM-05", severity, facts)


def api_behind(view: AppView) -> Iterator[Found]:
    """AM-06. Silence alone is no error: only a change that was not passed on is."""
    app, limits = view.app, view.limits
    if app.mode != ExportApp.Mode.API:
        return
    late: list[tuple[timedelta, Car]] = []
    for release in view.released:
        changed_at = release.car.updated_at
        if changed_at is None or app.read_from is None or changed_at < app.read_from:
            continue  # it may have been passed on before our time
        sent = view.sent_of(release.car)
        waiting = view.as_of - changed_at
        is_behind = sent is None or sent.at < changed_at
        if is_behind and waiting > timedelta(minutes=limits.behind_warning_minutes):
            late.append((waiting, release.car))
    error = timedelta(hours=limits.behind_error_hours)
    if len(late) >= limits.behind_together:
        longest = max(waiting for waiting, _car in late)
        facts = {
            "cars": len(late),
            "minutes": _minutes(longest),
            "names": [_name(car) for _waiting, car in late[:_NAMED]],
        }
        severity = Severity.ERROR if longest > error else Severity.WARNING
        yield _found(view, "AM-06", severity, facts)
        return
    for waiting, car in late:
        severity = Severity.ERROR if waiting > error else Severity.WARNING
        yield about(view, "AM-06", severity, car, cars=1, minutes=_minutes(waiting))


def unconfirmed(view: AppView) -> Iterator[Found]:
    """AM-07: the oldest run since the last confirmed one. A locked run waits for people."""
    is_file = view.app.mode == ExportApp.Mode.FILE
    hours = view.limits.unconfirmed_file_hours if is_file else view.limits.unconfirmed_api_hours
    oldest = None
    for run in view.runs:
        if run.confirmed_at:
            break
        if run.sent_at and run.result != ExportRun.Result.LOCKED:
            oldest = run
    if oldest and oldest.sent_at and view.as_of - oldest.sent_at > timedelta(hours=hours):
        yield _found(view, "AM-07", Severity.WARNING, {"sent_at": oldest.sent_at.isoformat()})


def count_off(view: AppView) -> Iterator[Found]:
    """AM-08: the newest run with the whole stock. Deletions are no cars in it."""
    limits = view.limits
    full = next((run for run in view.runs if run.kind == ExportRun.Kind.FULL), None)
    if full is None or full.total is None or full.result == ExportRun.Result.LOCKED:
        return
    sent, released = max(full.total - full.deleted, 0), view.released_count
    off = abs(sent - released)
    if not off:
        return
    is_critical = sent == 0 or off > released * limits.count_off_critical_percent / 100
    is_off = off > max(limits.count_off_least, released * limits.count_off_percent / 100)
    if sent == 0 or is_off:
        severity = Severity.CRITICAL if is_critical else Severity.WARNING
        yield _found(view, "AM-08", severity, {"sent": sent, "released": released})


def reconciliation_open(view: AppView) -> Iterator[Found]:
    """AM-09."""
    app = view.app
    since = app.unmatched_since
    patience = timedelta(minutes=view.limits.unmatched_minutes)
    if app.unmatched_listings and since and view.as_of - since > patience:
        facts = {"ads": app.unmatched_listings, "since_at": since.isoformat()}
        yield _found(view, "AM-09", Severity.CRITICAL, facts)


def checked_too_rarely(view: AppView) -> Iterator[Found]:
    """AM-10: since the last check that went well, whether this one does or not."""
    before, limits = view.checked_before, view.limits
    if before is None:
        return
    gap = view.as_of - before
    if gap > timedelta(hours=limits.rare_warning_hours):
        is_lost = gap > timedelta(days=limits.rare_critical_days)
        severity = Severity.CRITICAL if is_lost else Severity.WARNING
        yield _found(view, "AM-10", severity, {"checked_at": before.isoformat()})


# --- what the checks share -------------------------------------------------------------------


def _found(
    view: AppView,
    check: str,
    severity: Severity,
    facts: Mapping[str, object],
    *,
    subject: str = "",
) -> Found:
    """About the export as a whole."""
    return Found(
        check=check,
        severity=severity,
        app=view.app,
        location_id=view.app.location_id,
        subject=subject,
        facts=facts,
    )


def about(view: AppView, check: str, severity: Severity, car: Car | Sent, **facts: object) -> Found:
    """About one car in an export."""
    return Found(
        check=check,
        severity=severity,
        app=view.app,
        location_id=view.app.location_id,
        vehicle_number=car.number,
        vin=car.vin,
        subject="" if car.number or car.vin else f"id:{car.external_id}",
        facts=facts,
    )


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)


def _name(car: Car) -> str:
    return car.number or car.vin or car.external_id
