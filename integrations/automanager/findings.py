"""The life of findings: opened, seen again, closed by themselves, reopened; acknowledged by staff.

One row per key for ever, so that what comes back is known. The number of queries does not depend on
the number of findings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from integrations.automanager.situation import Found
from integrations.automanager.telling import plan
from integrations.models import Connection, Finding
from integrations.models.finding import FindingQuerySet
from leads.models.keys import clean_text
from leads.models.user import User
from leads.services.column_updates import update_columns

_CHANGING = (
    *("severity", "facts", "location_id", "app_id", "connection_id", "dealer_number"),
    *("vehicle_number", "vin", "lead_id", "opened_at", "closed_at", "last_seen_at"),
    *("reopened_count", "acknowledged_at", "acknowledged_by_id", "acknowledged_severity"),
)
_TOGETHER = 2000  # ids in one statement
# About the dealer's leads, whichever connection has looked.
LEAD_CHECKS = frozenset({"AM-40", "AM-41", "AM-42", "AM-43"})

# (check, export's pk; None: not about one export)
Covered = Collection[tuple[str, int | None]]


@dataclass
class Outcome:
    """What became of the findings of one check: each stands in one of the lists."""

    new: list[Finding] = field(default_factory=list)
    reopened: list[Finding] = field(default_factory=list)
    worse: list[Finding] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)
    closed: list[Finding] = field(default_factory=list)

    def __iadd__(self, other: Outcome) -> Outcome:
        for name in ("new", "reopened", "worse", "known", "closed"):
            getattr(self, name).extend(getattr(other, name))
        return self

    @property
    def open(self) -> list[Finding]:
        return [*self.new, *self.reopened, *self.worse, *self.known]

    @property
    def news(self) -> list[Finding]:
        """What those who are named are to be told of."""
        return [*self.new, *self.reopened, *self.worse]

    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new),
            "reopened": len(self.reopened),
            "worse": len(self.worse),
            "known": len(self.known),
            "closed": len(self.closed),
        }


@transaction.atomic
def keep(
    connection: Connection, found: Iterable[Found], covered: Covered, *, now: datetime
) -> Outcome:
    """Store what was found. `covered`: what was looked at; findings of that which are not among
    `found` are gone. Everything else stays as it is, since nobody looked."""
    rows = {row.key: row for row in (_row(connection, one, now) for one in found)}
    known = {one.key: one for one in _stored(connection, rows, covered)}
    outcome = Outcome()
    changed, same = [], []
    for key, row in rows.items():
        before = known.get(key)
        if before is None:
            outcome.new.append(row)
        elif _take_over(before, row, outcome):
            changed.append(before)
        else:
            same.append(before)
    for key, before in known.items():
        if key not in rows and before.closed_at is None and _where(before) in covered:
            before.closed_at, before.tell_at = now, None
            outcome.closed.append(before)
    plan(connection.dealer_id, outcome.news, now=now)
    Finding.objects.bulk_create(outcome.new, batch_size=500)
    update_columns(Finding, [*changed, *outcome.closed], _CHANGING)
    # Of all others somebody may be told at this moment.
    update_columns(Finding, [*outcome.reopened, *outcome.worse, *outcome.closed], ("tell_at",))
    for start in range(0, len(same), _TOGETHER):
        pks = [one.pk for one in same[start : start + _TOGETHER]]
        Finding.objects.filter(pk__in=pks).update(last_seen_at=now)
    return outcome


def _row(connection: Connection, found: Found, now: datetime) -> Finding:
    app = found.app
    return Finding(
        dealer_id=connection.dealer_id,
        connection=connection,
        check_code=found.check,
        key=_key(connection, found),
        severity=found.severity,
        location_id=found.location_id,
        app=app,
        dealer_number=app.dealer_number if app else "",
        vehicle_number=found.vehicle_number,
        vin=found.vin,
        lead_id=found.lead_id,
        facts=dict(found.facts),
        opened_at=now,
        last_seen_at=now,
    )


def _key(connection: Connection, found: Found) -> str:
    """(check, export, dealer number, car). What concerns the dealer's leads is the same for all
    connections; numbers of exports are those of one."""
    app = found.app
    whose = "" if found.check in LEAD_CHECKS else str(connection.pk)
    car = found.subject or found.vehicle_number or found.vin
    export = [app.external_id, app.dealer_number] if app else ["", ""]
    return "|".join([found.check, whose, *export, car])


def _where(finding: Finding) -> tuple[str, int | None]:
    return finding.check_code, finding.app_id


def _stored(connection: Connection, rows: Collection[str], covered: Covered) -> Iterable[Finding]:
    """The open ones that were looked at, and the closed ones that are back. Locked: nobody
    acknowledges one meanwhile in vain, or tells of it."""
    codes = {code for code, _app in covered}
    ours = Q(connection=connection) | Q(check_code__in=LEAD_CHECKS)
    findings = Finding.objects.for_dealer(connection.dealer_id).select_for_update(of=("self",))
    opened = findings.open().filter(ours, check_code__in=codes)
    found = list(opened.select_related("app", "lead").order_by("pk"))
    missing = sorted(set(rows) - {one.key for one in found})
    for start in range(0, len(missing), _TOGETHER):
        back = findings.filter(key__in=missing[start : start + _TOGETHER])
        found += back.select_related("app", "lead").order_by("pk")
    return found


def _take_over(before: Finding, row: Finding, outcome: Outcome) -> bool:
    """Make a stored finding what was found now; whether more than the time has changed."""
    is_back = before.closed_at is not None
    quiet_at = before.acknowledged_severity
    is_worse = row.severity > (before.severity if quiet_at is None else quiet_at)
    names = (
        *("severity", "facts", "location_id", "app_id", "dealer_number", "vehicle_number"),
        *("vin", "lead_id"),
    )
    is_changed = is_back or any(getattr(before, one) != getattr(row, one) for one in names)
    for name in names:
        setattr(before, name, getattr(row, name))
    before.last_seen_at = row.last_seen_at
    if is_back:
        before.connection_id = row.connection_id
        before.closed_at, before.opened_at = None, row.opened_at
        before.reopened_count += 1
    if is_back or is_worse:
        before.acknowledged_at = before.acknowledged_by_id = before.acknowledged_severity = None
    chosen = outcome.reopened if is_back else outcome.worse if is_worse else outcome.known
    chosen.append(before)
    return is_changed


# --- what staff do ---------------------------------------------------------------------------


@transaction.atomic
def acknowledge(findings: FindingQuerySet, *, note: str, by: User, now: datetime) -> int:
    """Open findings of this selection stay quiet until they become worse; how many.

    Raises ValidationError without a note: the next one wants to know why.
    """
    note = clean_text(note, multiline=True)
    if not note:
        raise ValidationError(_("Please say in a note why this may stay as it is."), code="note")
    rows = list(findings.open().select_for_update(of=("self",)).order_by("pk"))
    for row in rows:
        row.acknowledged_at, row.acknowledged_by, row.note = now, by, note
        row.acknowledged_severity, row.tell_at = row.severity, None
    names = (
        *("acknowledged_at", "acknowledged_by_id", "acknowledged_severity", "note"),
        "tell_at",
    )
    update_columns(Finding, rows, names)
    return len(rows)


def speak_again(findings: FindingQuerySet) -> int:
    """Take back the acknowledgement; the note stays. How many."""
    return findings.exclude(acknowledged_at=None).update(
        acknowledged_at=None, acknowledged_by=None, acknowledged_severity=None
    )
