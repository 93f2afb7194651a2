"""How the cells of a lead list are read: one reader per kind of column.

A reader gets a cell that is not empty, the row as read so far and the header of the column. It
puts what the cell says, leaves a warning where that is odd, or raises ValueError with a sentence
for people where nothing can be made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Choices, Field
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from leads.models.keys import clean_text, fold
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode
from leads.resources.cells import cell_text, header_key, line_text
from leads.services.broken_numbers import kept_digits
from leads.services.drafts import DraftWarning
from leads.services.german_values import (
    parse_bool,
    parse_date,
    parse_datetime,
    parse_decimal,
    parse_int,
    parse_month,
    parse_percent,
)

LEAD_NUMBER = re.compile(r"L-\d{4}-\d{6,}")
LEAD_VERSION = re.compile(r"[0-9]{1,15}")

# "9.15", "9:15"
_LOWEST_RATE = 0.3  # percent a year
_DOTTED_TIME = re.compile(r"([0-9]{1,2})[.:]([0-5][0-9])")

_TOO_LARGE = _("This number is too large. Please correct it or leave the cell empty.")
_NEGATIVE = _("This must not be negative. Please correct it or leave the cell empty.")
_TOO_LONG = _("This is longer than %(limit)s characters.")
_SHORTENED = _(
    "Excel has shortened this number; only its beginning %(digits)s is left. Please enter it "
    "again as text."
)
_NO_TIME = _("This is not a time of day. Write it like 14:30.")


@dataclass(frozen=True)
class Office:
    """What the names in a list may stand for at this dealer; keys are folded."""

    owners: Mapping[str, str] = field(default_factory=dict)  # name, e-mail … → e-mail
    locations: frozenset[str] = frozenset()
    lead_types: Mapping[str, str] = field(default_factory=dict)  # id, title → id


@dataclass
class Reading:
    """One row while it is read: what the readers found, and their remarks.

    `values` has the names of the fields of LeadDraft, ContactDraft and VehicleDraft, which do
    not overlap. What cannot be understood but need not stop the row goes to `custom_values`.
    """

    office: Office
    values: dict[str, Any] = field(default_factory=dict)
    custom_values: dict[str, str] = field(default_factory=dict)
    warnings: list[DraftWarning] = field(default_factory=list)
    # (header, number) of what stood behind the first number of a cell.
    spare_phones: list[tuple[str, str]] = field(default_factory=list)
    # Whether the cell that was just read says something else than an earlier one.
    is_contradicted: bool = False

    def put(self, name: str, value: Any) -> None:
        """What a more specific column said before stays."""
        if value or value not in ("", None, ()):
            self.is_contradicted |= self.values.setdefault(name, value) != value

    def warn(self, code: WarningCode, value: str, column: str = "") -> None:
        self.warnings.append(DraftWarning(code, value[:200], column))

    def keep(self, header: str, text: str, column: str) -> None:
        """Not understood: said so, and kept under the header it came with."""
        self.warn(WarningCode.VALUE_UNKNOWN, text, column)
        self.custom_values[header] = text

    def keep_beside(self, header: str, text: str) -> None:
        """Understood, but there is no place for all of it."""
        self.warn(WarningCode.VALUE_BESIDE, text, header)
        self.custom_values[header] = text


Reader = Callable[[Any, Reading, str], None]


def reads_text(
    name: str, *, multiline: bool = False, exact: bool = False, limit: int | None = None
) -> Reader:
    """`exact` texts are numbers of something and useless when shortened. `limit`: of characters,
    where it is not that of the lead's or vehicle's column."""
    limit = limit or getattr(_model_field(name), "max_length", None)

    def read(cell: Any, row: Reading, header: str) -> None:
        if exact:
            refuse_shortened(cell)
        text = cell_text(cell) if multiline else line_text(cell)
        if limit and len(text) > limit:
            if exact:
                raise ValueError(_TOO_LONG % {"limit": limit})
            row.warn(WarningCode.TEXT_SHORTENED, "", header)
            text = text[:limit].strip()
        row.put(name, text)

    return read


def refuse_shortened(cell: Any) -> None:
    """A long number whose last digits Excel has thrown away; what is left of it is shown."""
    if digits := kept_digits(cell):
        raise ValueError(_SHORTENED % {"digits": digits})


def _model_field(name: str) -> Field | None:
    """The column that will hold a value, for its limits."""
    for model in (Lead, Vehicle):
        names = {one.name: one for one in model._meta.concrete_fields}
        if name in names:
            return names[name]
    return None


def reads_money(name: str, column: str | None = None) -> Reader:
    """EUR; `column` is the lead's column if it has another name."""
    kept = _model_field(column or name)
    digits, places = kept.max_digits, kept.decimal_places  # type: ignore[union-attr]

    def read(cell: Any, row: Reading, header: str) -> None:
        amount = parse_decimal(cell, units=("€", "EUR", "Euro", "%"))
        if amount < 0:
            raise ValueError(_NEGATIVE)
        if amount >= 10 ** (digits - places) - 1:
            raise ValueError(_TOO_LARGE)
        row.put(name, amount.quantize(Decimal(1).scaleb(-places)))

    return read


_rate = reads_money("effective_rate")


def read_effective_rate(cell: Any, row: Reading, header: str) -> None:
    """Percent a year. A cell that shows 4,99 % holds 0.0499, and no loan costs so little."""
    if type(cell) is float and 0 < cell < _LOWEST_RATE:
        row.warn(WarningCode.RATE_AS_SHARE, cell_text(cell), header)
        cell *= 100
    _rate(cell, row, header)


def reads_whole(name: str, limit: int, *units: str) -> Reader:
    def read(cell: Any, row: Reading, header: str) -> None:
        number = parse_int(cell, units=units)
        if number < 0:
            raise ValueError(_NEGATIVE)
        if number > limit:
            raise ValueError(_TOO_LARGE)
        row.put(name, number)

    return read


def read_probability(cell: Any, row: Reading, header: str) -> None:
    percent = parse_percent(cell)
    if percent.was_share:
        row.warn(WarningCode.PROBABILITY_AS_SHARE, cell_text(cell), header)
    row.put("probability", percent.value)


def reads_day(name: str) -> Reader:
    def read(cell: Any, row: Reading, header: str) -> None:
        row.put(name, _day_or_month(cell, row, header) or parse_date(cell))

    return read


def _day_or_month(cell: Any, row: Reading, header: str) -> date | None:
    """The first of the month if that is all the cell says."""
    try:
        day = parse_month(cell)
    except ValueError:
        return None
    row.warn(WarningCode.DAY_MISSING, cell_text(cell), header)
    return day


def reads_moment(name: str, *, time_of_day: time = time.min) -> Reader:
    """A day, perhaps with a time; a day alone gets `time_of_day`."""

    def read(cell: Any, row: Reading, header: str) -> None:
        cell = _day_or_month(cell, row, header) or cell
        try:
            row.put(name, parse_datetime(cell, time_of_day=time_of_day))
        except ValueError:
            parse_date(cell)  # says how to write a day, which is all that most lists have
            raise

    return read


def read_time_of_day(cell: Any, row: Reading, header: str) -> None:
    text = cell_text(cell).casefold().removesuffix("uhr").strip()
    if match := _DOTTED_TIME.fullmatch(text):
        text = f"{int(match[1]):02}:{match[2]}"
    try:
        row.put("time_of_day", cell if isinstance(cell, time) else time.fromisoformat(text))
    except ValueError as error:
        raise ValueError(_NO_TIME) from error


def reads_yes_or_no(name: str) -> Reader:
    def read(cell: Any, row: Reading, header: str) -> None:
        try:
            row.put(name, parse_bool(cell))
        except ValueError:
            row.keep(header, cell_text(cell), header)

    return read


def reads_choice(name: str, choices: type[Choices], words: Mapping[str, str]) -> Reader:
    """By value, by its label in any of our languages, or by one of the German `words`."""

    def read(cell: Any, row: Reading, header: str) -> None:
        value = spellings_of(choices).get(header_key(cell_text(cell)))
        value = value or words.get(header_key(cell_text(cell)))
        if value is None:
            row.keep(header, cell_text(cell), header)
        else:
            row.put(name, value)

    return read


@cache
def spellings_of(choices: type[Choices]) -> dict[str, str]:
    found = {header_key(value): value for value in choices.values}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found |= {header_key(str(label)): value for value, label in choices.choices}
    return found


def read_number(cell: Any, row: Reading, header: str) -> None:
    """Our own number; a list from elsewhere may call its own numbers so."""
    text = line_text(cell)
    if LEAD_NUMBER.fullmatch(text):
        row.put("number", text)
    else:
        reads_text("external_id", exact=True)(text, row, header)


def read_owner(cell: Any, row: Reading, header: str) -> None:
    """By e-mail, user name or name; an unknown one leaves the lead unassigned and is said."""
    text = line_text(cell)
    if email := row.office.owners.get(fold(text)):
        row.put("owner_email", email)
    else:
        row.warn(WarningCode.OWNER_UNKNOWN, text, header)
        row.custom_values[header] = text


def read_location(cell: Any, row: Reading, header: str) -> None:
    text = line_text(cell)
    if fold(text) in row.office.locations:
        row.put("location", text)
    else:
        row.keep(header, text, header)


def read_lead_type(cell: Any, row: Reading, header: str) -> None:
    text = line_text(cell)
    row.put("lead_type", row.office.lead_types.get(fold(text), text.lower()[:40]))


def reads_catalogue_name(name: str) -> Reader:
    return lambda cell, row, header: row.put(name, line_text(cell))


def read_tags(cell: Any, row: Reading, header: str) -> None:
    names = (clean_text(part) for part in re.split(r"[,;\n]", cell_text(cell)))
    row.put("tags", tuple(dict.fromkeys(filter(None, names))))


def read_vehicle(cell: Any, row: Reading, header: str) -> None:
    """The whole name in one cell, laid out over columns of 100 and 150 characters."""
    text = line_text(cell)
    if len(text) > 100:
        end = text.rfind(" ", 0, 101)
        end = end if end > 0 else 100
        row.put("variant", text[end:].strip()[:150])
        if len(text) - end > 151:
            row.warn(WarningCode.TEXT_SHORTENED, "", header)
        text = text[:end]
    row.put("model", text)


def read_further_values(cell: Any, row: Reading, header: str) -> None:
    """Lines "Farbe: rot", as an export writes them."""
    for line in cell_text(cell).splitlines():
        name, colon, value = line.partition(":")
        row.custom_values[name.strip() if colon else header] = (value if colon else name).strip()


def read_version(cell: Any, row: Reading, header: str) -> None:
    """In our own exports a count and no data; what other lists call so is kept."""
    text = line_text(cell)
    if not LEAD_VERSION.fullmatch(text):
        row.custom_values[header] = text


def read_nothing(cell: Any, row: Reading, header: str) -> None:
    """Only shown in exports."""
