"""Rows of a list become drafts: read cell by cell, compared with what is known already."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, time
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models.dealer import Dealer
from leads.models.keys import catalog_key
from leads.models.list_import import OnExisting
from leads.models.list_kind import ListKind
from leads.models.user import User
from leads.models.warning import WarningCode
from leads.resources.cell_reading import complete_contact, read_cells
from leads.resources.cells import cell_text
from leads.resources.columns import BY_NAME
from leads.resources.comparing import differing, touched
from leads.resources.emptying import Emptied, find_emptied
from leads.resources.export_kinds import EXPORT_KINDS
from leads.resources.known import (
    Base,
    Bases,
    earlier_lists,
    lead_numbers,
    load_office,
    unseen_numbers,
)
from leads.resources.list_remarks import remarks_on_cells
from leads.resources.readers import Reading
from leads.resources.reused_numbers import ReusedNumbers, reused_number
from leads.resources.rows import SENDER, Conflict, Problem, Row, UnusableRow
from leads.services.drafts import ContactDraft, DraftWarning, LeadDraft, VehicleDraft

SOURCE = "excel"  # the catalogue's key for lists that name no source

FOREIGN = gettext_lazy("This row belongs to another dealer and is not taken over.")

_LEADS = EXPORT_KINDS[ListKind.LEADS]
_FURTHER, _TAGS = BY_NAME["custom_values"], BY_NAME["tags"]
# The part of a draft that a value belongs to.
_PART = {
    field.name: part for part in (LeadDraft, VehicleDraft, ContactDraft) for field in fields(part)
}
# With these decisions a row changes the lead that it names.
_TOUCHING = (OnExisting.UPDATE, OnExisting.FILL)
# A row that says one of these can become a lead.
_TELLING = frozenset(
    {field.name for field in fields(ContactDraft)} - {"salutation", "title", "country"}
    | {"subject", "message", "note", "model", "make", "variant", "vin", "internal_number"}
)


class RowParser:
    """Makes drafts of the rows of a list; made once for all rows that are looked at together.

    `rows` by any number of the caller's. A row with our own number says only what somebody changed
    since it was exported; without its version, what differs from an export made now. What has
    changed here as well is taken over only if the list `takes_conflicts`. A row whose number in
    the list was received before says only what differs from its last version, so that an old list
    does not undo the work of the staff. `decisions` say of rows what else is to be done with a
    lead that is here already. To be made before the rows are booked: what the ledger knows of
    their numbers are earlier lists. Fourteen queries at most, whatever the number of rows.
    """

    def __init__(
        self,
        dealer: Dealer,
        rows: Mapping[int, Row],
        *,
        now: datetime,
        user: User | None,
        decisions: Mapping[int, OnExisting] = MappingProxyType({}),
        takes_conflicts: bool = False,
    ) -> None:
        self.dealer = dealer
        self.now = now
        self.rows = rows
        self.office = load_office(dealer)
        self._dealer_key = catalog_key(dealer.name)
        self._decisions = decisions
        self._takes_conflicts = takes_conflicts
        outside = {row.outside_id for row in rows.values()} - {""}
        self._by_outside_id = lead_numbers(dealer, outside)
        self._unseen = unseen_numbers(dealer, user, set(self._by_outside_id.values()))
        shown = {(row.lead_number, row.version) for row in rows.values()}
        to_fill = [key for key in rows if self._decision(key) == OnExisting.FILL]
        filled = {(self.lead_number(key), 0) for key in to_fill}
        self._bases = Bases(dealer, user, shown | filled, _LEADS)
        self.known = self._bases.now
        self.earlier = earlier_lists(dealer, outside)
        self._reused = ReusedNumbers(dealer, self._by_outside_id, self.earlier)
        # By the row's number at the caller's.
        self.problems: dict[int, Sequence[Problem]] = {}
        self.untouched: dict[int, list[str]] = {}  # headers whose changes are not taken over
        self.kept: dict[int, list[str]] = {}  # headers whose emptied cells stay as they are
        self.conflicts: dict[int, Sequence[Conflict]] = {}
        # Whether rows of our own exports could only be compared with what is here now.
        self.lacks_versions = False
        self.warnings: dict[int, Sequence[DraftWarning]] = {}

    def __call__(self, key: int) -> LeadDraft:
        """Raises UnusableRow."""
        row = self.rows[key]
        try:
            draft = self._draft(key, row)
        except UnusableRow as error:
            self.problems[key] = error.problems
            raise
        self.warnings[key] = draft.warnings
        return draft

    def remarks_on_cells(self, key: int) -> list[str]:
        """On what somebody changed in the list that stays as it is here."""
        return remarks_on_cells(self.untouched.get(key, ()), self.kept.get(key, ()))

    def lead_number(self, key: int) -> str:
        """Of the lead that the row names, by our number or the list's own; "" if there is none."""
        row = self.rows[key]
        return row.lead_number or self._by_outside_id.get(row.outside_id, "")

    def is_foreign(self, key: int) -> bool:
        """Whether the row was exported at another dealer, where its number means another lead."""
        row = self.rows[key]
        named = row.texts_of("dealer") if row.lead_number else []
        return any(catalog_key(name) != self._dealer_key for name in named)

    def means_another(self, key: int) -> bool:
        """Whether the row's number had somebody else in an earlier list."""
        return self._reused.holds(self.rows[key])

    def _decision(self, key: int) -> OnExisting:
        return self._decisions.get(key, OnExisting.UPDATE)

    def _draft(self, key: int, row: Row) -> LeadDraft:
        if self.is_foreign(key):
            raise UnusableRow(row, [Problem("", "", str(FOREIGN))])
        decision = self._decision(key)
        if decision in _TOUCHING and self._by_outside_id.get(row.outside_id) in self._unseen:
            reason = _("This enquiry is here already, at a location that you do not see.")
            raise UnusableRow(row, [Problem("", "", reason)])
        if decision != OnExisting.NEW and self.means_another(key):
            raise UnusableRow(row, [reused_number(row)])
        match decision:
            case OnExisting.NEW:
                return self._listed(row, is_new=True)
            case OnExisting.FILL if self.lead_number(key) in self.known:
                return self._filling(key, row)
        return self._edited(key, row) if row.lead_number else self._listed(row)

    def _edited(self, key: int, row: Row) -> LeadDraft:
        """A row of our own export: only the cells that somebody changed."""
        now = self.known.get(row.lead_number)
        if now is None:
            reason = _("There is no such lead here. Please correct the number or leave it empty.")
            raise UnusableRow(row, [Problem(row.header_of("number"), row.lead_number, reason)])
        then = self._bases.exported((row.lead_number, row.version))
        emptied = Emptied()
        if then is not None:
            emptied = find_emptied(row, then, now, _LEADS, takes_conflicts=self._takes_conflicts)
        self.lacks_versions |= then is None
        then = then or now
        changed, untouched, conflicts = {}, [], emptied.conflicts
        lost = _names_in(now.cells[_TAGS.name]) if emptied.tags else set()
        for (header, column, cell), conflict in touched(row, then, now, self.office):
            if column is not None and column.fixed:
                if not column.shown:
                    untouched.append(header)
                continue
            if column is _TAGS:
                lost = _names_in(now.cells[_TAGS.name]) - _names_in(cell)
                if lost and row.version != now.cells["version"]:
                    # Nobody knows whether they were there when the row was exported.
                    lost = set()
                    untouched.append(header)
            if conflict:
                conflicts.append(conflict)
            if conflict is None or self._takes_conflicts:
                changed[header] = _new_lines(cell, then) if column is _FURTHER else cell
        self.untouched[key], self.conflicts[key] = untouched, conflicts
        self.kept[key] = emptied.kept
        less = {"removed_tags": tuple(sorted(lost)), "cleared": tuple(emptied.columns)}
        return self._change(row, changed, now, row.lead_number, **less)

    def _filling(self, key: int, row: Row) -> LeadDraft:
        """What the lead does not know yet."""
        base = self.known[self.lead_number(key)]
        news = {
            header: cell
            for header, column, cell in differing(row, base, self.office)
            if (column is None and header not in base.further)
            or (column and not column.fixed and not cell_text(base.cells.get(column.name)))
        }
        return self._change(row, news, base, self.lead_number(key))

    def _change(
        self, row: Row, cells: Mapping[str, Any], base: Base, number: str, **further: Any
    ) -> LeadDraft:
        reading = read_cells(row, cells, self.office)
        _complete(reading, base)
        if reading.custom_values:
            reading.custom_values = {**base.further, **reading.custom_values}
        # Somebody here has changed these cells on purpose.
        return _draft(reading, number=number, overrides_staff=True, **further)

    def _listed(self, row: Row, *, is_new: bool = False) -> LeadDraft:
        """A row of somebody's own list; `is_new`: whatever was received before."""
        reading = read_cells(row, row.cells, self.office)
        _complete(reading)
        if not _is_usable(reading):
            reason = _("Neither contact data nor an enquiry: there is nothing to make a lead of.")
            raise UnusableRow(row, [Problem("", "", reason)])
        content_hash = _fingerprint(reading)
        # A row without a number of its own is recognised by its content.
        external_id = row.outside_id or f"row-{content_hash[:40]}"
        if is_new:
            external_id = f"new-{uuid4().hex}"
        if bases := self.earlier.get(external_id):
            reading = self._news(row, reading, bases)
        else:
            reading.values.setdefault("source", SOURCE)
            _not_in_future(reading, self.now)
        reading.values["external_id"] = external_id
        return _draft(reading, content_hash=content_hash)

    def _news(self, row: Row, whole: Reading, bases: Sequence[Base]) -> Reading:
        """What the row says that no earlier list said."""
        changes = [differing(row, base, self.office) for base in bases]
        if not all(changes):
            return Reading(self.office)
        reading = read_cells(
            row, {header: cell for header, _column, cell in changes[-1]}, self.office
        )
        _complete(reading, bases[-1])
        if reading.custom_values:
            reading.custom_values = whole.custom_values
        return reading


def _names_in(cell: Any) -> set[str]:
    return {name.strip().casefold() for name in cell_text(cell).split(",")} - {""}


def _new_lines(cell: Any, base: Base) -> str:
    """Further values stand in one cell; those that nobody touched keep their kind."""
    known = cell_text(base.cells.get(_FURTHER.name)).splitlines()
    return "\n".join(line for line in cell_text(cell).splitlines() if line not in known)


def _complete(reading: Reading, base: Base | None = None) -> None:
    """What follows from several cells together; `base` is what the row need not say again."""
    values = reading.values
    known = base.cells if base else {}
    if clock := values.pop("time_of_day", None):
        for name in ("received_at", "enquired_at"):
            if name in values:
                values[name] = _at(values[name], clock)
    for name, other in (("received_at", "enquired_at"), ("enquired_at", "received_at")):
        if name not in values and other in values:
            values[name] = values[other]
    complete_contact(reading, known)
    low, high = values.get("budget_from"), values.get("budget_to")
    if low is not None and high is not None and low > high:
        reading.warn(WarningCode.RANGE_SWAPPED, f"{low} – {high}")
        values["budget_from"], values["budget_to"] = high, low


def _not_in_future(reading: Reading, now: datetime) -> None:
    """A slip of the pen must not stay on top of all lists for years."""
    moment = reading.values.get("received_at", now)
    if moment > now:
        shown = f"{timezone.localtime(moment):%d.%m.%Y}"
        reading.warn(WarningCode.TIME_IN_FUTURE, shown)
        reading.values["received_at"] = now
    if reading.values.get("enquired_at", now) > now:
        reading.values["enquired_at"] = reading.values["received_at"]


def _at(moment: datetime, clock: time) -> datetime:
    """The local day at that time, unless the moment has a time already."""
    local = timezone.localtime(moment)
    if local.time() != time.min:
        return moment
    return datetime.combine(local.date(), clock, tzinfo=local.tzinfo)


def _is_usable(reading: Reading) -> bool:
    return not _TELLING.isdisjoint(reading.values)


def _fingerprint(reading: Reading) -> str:
    """The same for rows that mean the same, whether they came as xlsx or as CSV."""
    values = reading.values
    said = [part for name in sorted(values) for part in (name, _canonical(values[name]))]
    further = [part for pair in sorted(reading.custom_values.items()) for part in pair]
    # No cell holds a NUL.
    return hashlib.sha256("\0".join([*said, "", *further]).encode()).hexdigest()


def _canonical(value: Any) -> str:
    if type(value) is str:  # most are
        return value
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _draft(reading: Reading, **identity: Any) -> LeadDraft:
    parts: dict[type, dict[str, Any]] = {LeadDraft: {}, VehicleDraft: {}, ContactDraft: {}}
    for name, value in reading.values.items():
        parts[_PART[name]][name] = value
    return LeadDraft(
        sender=SENDER,
        attaches=False,  # what a list calls two leads stays two
        contact=ContactDraft(**parts[ContactDraft]),
        vehicle=VehicleDraft(**parts[VehicleDraft]),
        custom_values=reading.custom_values,
        warnings=tuple(reading.warnings),
        **{**parts[LeadDraft], **identity},
    )
