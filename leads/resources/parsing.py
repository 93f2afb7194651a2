"""Rows of a list become drafts: read cell by cell, compared with what is known already."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry
from leads.models.user import User
from leads.models.warning import WarningCode
from leads.resources.cells import cell_text
from leads.resources.columns import BY_NAME, COLUMNS, Column, column_for
from leads.resources.known import Base, earlier_lists, exported_now, load_office
from leads.resources.readers import Reading
from leads.resources.rows import SENDER, Problem, Row, UnusableRow
from leads.services.drafts import ContactDraft, DraftWarning, LeadDraft, VehicleDraft

SOURCE = "excel"  # the catalogue's key for lists that name no source

_FURTHER, _TAGS = BY_NAME["custom_values"], BY_NAME["tags"]
# Excel takes these for numbers when it opens a CSV, and drops their leading zeros.
_ZEROS = (BY_NAME["postal_code"], BY_NAME["phone"], BY_NAME["mobile"])
_PHONES = ("mobile", "phone")
_POSITION = {column.name: position for position, column in enumerate(COLUMNS)}
_CONTACT = frozenset(field.name for field in fields(ContactDraft))
_VEHICLE = frozenset(field.name for field in fields(VehicleDraft))
_LEAD = frozenset(field.name for field in fields(LeadDraft))


class RowParser:
    """`parse` for leads.services.intake.process, made once for all rows of a file.

    A row with our own number says only what differs from an export made now. A row whose number
    in the list was received before says only what differs from its last version, so that an
    old list does not undo the work of the staff. Seven queries, whatever the number of rows.
    """

    def __init__(
        self, dealer: Dealer, entries: Sequence[IntakeEntry], *, now: datetime, user: User | None
    ) -> None:
        self.now = now
        self.rows = {entry.pk: Row.from_raw(entry.raw) for entry in entries}
        self.office = load_office(dealer)
        self.known = exported_now(dealer, user, {row.lead_number for row in self.rows.values()})
        self.earlier = earlier_lists(dealer, entries)
        # For the preview, by primary key of the entry.
        self.problems: dict[int, Sequence[Problem]] = {}
        self.untouched: dict[int, list[str]] = {}  # headers whose changes are not taken over
        self.warnings: dict[int, Sequence[DraftWarning]] = {}

    def __call__(self, entry: IntakeEntry) -> LeadDraft:
        """Raises UnusableRow."""
        row = self.rows[entry.pk]
        try:
            draft = self._edited(entry, row) if row.lead_number else self._listed(row)
        except UnusableRow as error:
            self.problems[entry.pk] = error.problems
            raise
        self.warnings[entry.pk] = draft.warnings
        return draft

    def _edited(self, entry: IntakeEntry, row: Row) -> LeadDraft:
        """A row of our own export: only the cells that somebody changed."""
        base = self.known.get(row.lead_number)
        if base is None:
            reason = _("There is no such lead here. Please correct the number or leave it empty.")
            raise UnusableRow(row, [Problem(row.header_of("number"), row.lead_number, reason)])
        changed, untouched = {}, []
        for header, cell in self._changed(row, base).items():
            column = column_for(header)
            if column is None or not column.fixed:
                changed[header] = _new_lines(cell, base) if column is _FURTHER else cell
            elif not column.shown:
                untouched.append(header)
            if column is _TAGS and not _names_in(base.cells[_TAGS.name]) <= _names_in(cell):
                untouched.append(header)  # tags are added; taking one away is left to people
        self.untouched[entry.pk] = untouched
        reading = self._read(row, changed)
        _complete(reading, base)
        if reading.custom_values:
            reading.custom_values = {**base.further, **reading.custom_values}
        # Somebody here has changed these cells on purpose.
        return _draft(reading, number=row.lead_number, overrides_staff=True)

    def _listed(self, row: Row) -> LeadDraft:
        """A row of somebody's own list."""
        reading = self._read(row, row.cells)
        _complete(reading)
        if not _is_usable(reading):
            reason = _("Neither contact data nor an enquiry: there is nothing to make a lead of.")
            raise UnusableRow(row, [Problem("", "", reason)])
        content_hash = _fingerprint(reading)
        # A row without a number of its own is recognised by its content.
        external_id = row.outside_id or f"row-{content_hash[:40]}"
        if bases := self.earlier.get(external_id):
            reading = self._news(row, reading, bases)
        else:
            reading.values.setdefault("source", SOURCE)
            _not_in_future(reading, self.now)
        reading.values["external_id"] = external_id
        return _draft(reading, content_hash=content_hash)

    def _news(self, row: Row, whole: Reading, bases: Sequence[Base]) -> Reading:
        """What the row says that no earlier list said."""
        if any(not self._changed(row, base) for base in bases):
            return Reading(self.office)
        reading = self._read(row, self._changed(row, bases[-1]))
        _complete(reading, bases[-1])
        if reading.custom_values:
            reading.custom_values = whole.custom_values
        return reading

    def _changed(self, row: Row, base: Base) -> dict[str, Any]:
        """The cells that say something else than the base does."""
        changed = {}
        for header, cell in row.cells.items():
            column = column_for(header)
            if column is None:
                if cell_text(cell) != cell_text(base.further.get(header)):
                    changed[header] = cell
            elif not self._same(column, cell, base.cells.get(column.name)):
                changed[header] = cell
        return changed

    def _same(self, column: Column, one: Any, other: Any) -> bool:
        """Same text, or read as the same value ("1.234,50 €" and 1234.5)."""
        if cell_text(one) == cell_text(other):
            return True
        if column in _ZEROS and cell_text(one) == cell_text(other).lstrip("0"):
            return True
        return other is not None and self._meaning(column, one) == self._meaning(column, other)

    def _meaning(self, column: Column, cell: Any) -> Any:
        reading = Reading(self.office)
        try:
            column.read(cell, reading, "")
        except ValueError:
            return cell_text(cell)
        return reading.values, reading.custom_values, reading.warnings

    def _read(self, row: Row, cells: Mapping[str, Any]) -> Reading:
        """Read the cells, specific columns first. Raises UnusableRow with all its problems."""
        reading, problems = Reading(self.office), []
        filled: set[str] = set()
        for header, cell in sorted(cells.items(), key=_by_column):
            column = column_for(header)
            if column is None or column.name in filled:  # two columns with one meaning
                reading.custom_values[header] = cell_text(cell)
                continue
            filled.add(column.name)
            try:
                column.read(cell, reading, header)
            except ValueError as error:
                problems.append(Problem(header, cell_text(cell)[:60], str(error)))
        if problems:
            raise UnusableRow(row, problems)
        return reading


def _by_column(item: tuple[str, Any]) -> int:
    column = column_for(item[0])
    return _POSITION[column.name] if column else len(_POSITION)


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
    if house_number := values.pop("house_number", ""):
        street = values.get("street", "")
        if not street.casefold().endswith(f" {house_number}".casefold()):  # some write it twice
            values["street"] = f"{street} {house_number}".strip()
    for header, number in reading.spare_phones:
        free = next((one for one in _PHONES if one not in values and not known.get(one)), None)
        if free:
            values[free] = number
        else:
            reading.custom_values[header] = number
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


def _at(moment: datetime, clock: time) -> datetime:
    """The local day at that time, unless the moment has a time already."""
    local = timezone.localtime(moment)
    if local.time() != time.min:
        return moment
    return datetime.combine(local.date(), clock, tzinfo=local.tzinfo)


def _is_usable(reading: Reading) -> bool:
    said = reading.values.keys()
    return bool(said & (_CONTACT - {"salutation", "title", "country"})) or bool(
        said & {"subject", "message", "note", "model", "make", "variant", "vin", "internal_number"}
    )


def _fingerprint(reading: Reading) -> str:
    """The same for rows that mean the same, whether they came as xlsx or as CSV."""
    content = {name: _canonical(value) for name, value in reading.values.items()}
    further = dict(sorted(reading.custom_values.items()))
    text = json.dumps([dict(sorted(content.items())), further], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> str:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)


def _draft(reading: Reading, **identity: Any) -> LeadDraft:
    values = reading.values
    return LeadDraft(
        sender=SENDER,
        attaches=False,  # what a list calls two leads stays two
        contact=ContactDraft(**_part(values, _CONTACT)),
        vehicle=VehicleDraft(**_part(values, _VEHICLE)),
        custom_values=reading.custom_values,
        warnings=tuple(reading.warnings),
        **{**_part(values, _LEAD), **identity},
    )


def _part(values: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}
