"""What cells look like, told cell by cell: a table of kinds, those that say most first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from leads.models.keys import clean_text, fold, is_mobile, phone_key
from leads.resources.cells import cell_text
from leads.resources.readers import LEAD_NUMBER
from leads.services.broken_numbers import with_phone_zero
from leads.services.contact_reading import read_email
from leads.services.german_values import CURRENCY, parse_bool, parse_date, parse_decimal
from leads.services.person_names import split_name

_VIN = re.compile(r"(?=.*[A-Z])(?=(?:.*[0-9]){3})[A-HJ-NPR-Z0-9]{17}")
_PLACE = re.compile(r"(?:[A-Z]{1,2}-)?[0-9]{4,5} [^\W\d_][^\d]+")
_STREET = re.compile(
    r"[^\d]*(?:str\.|strasse|straße|weg|platz|allee|gasse|ring|ufer|damm|hof|chaussee)"
    r" ?[0-9]+ ?(?:[-–/] ?[0-9]+)? ?[a-z]?(?:,.*)?",
    re.IGNORECASE,
)
_POSTAL_CODE = re.compile(r"(?:D-)?(?!00)[0-9]{5}")
_CLOCK = re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?(?: Uhr)?")
_WEB = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_][^\W\d_.'’-]*(?:[ -][^\W\d_.'’-]+){0,3}")
_TWO_NAMES = re.compile(r"[^\W\d_]+(?:[-' ][^\W\d_]+)*,? [^\W\d_]+(?:-[^\W\d_]+)*")
_OTHER_NUMBERS = re.compile(
    r"nr\b|nummer|number|\b(?:id|no)\b|kunde|\bkm\b|preis|price|betrag|wert"
)
_OTHER_SHARES = re.compile(r"rabatt|nachlass|skonto|zins|steuer|mwst|marge|discount|rate|tax")
# Enquiries would be taken for decades old, or for not made yet.
_OTHER_DAYS = re.compile(
    r"geb|birth|zulass|\b(?:ez|hu|au|tuev|bis|ab)\b|naechst|next|letzt|last|zuletzt|geaendert"
    r"|bearbeit|change|update|liefer|abhol|termin|ende\b|frist|ablauf|vertrag|garantie"
)
_SALUTATIONS = frozenset({"herr", "frau", "herrn", "hr.", "fr.", "mr", "ms", "mrs", "mr.", "mrs."})


@dataclass(frozen=True)
class Kind:
    """`columns`: what a column of this kind may be, the likeliest first; none: it only says what
    it looks like. `certainty`: percent if all cells fit. A `is_distinct` kind is hardly ever
    met by chance, so it may contradict a header. `not_below`: headers (folded) that say that their
    cells are something else of this look: a customer number, a birthday."""

    name: str
    label: str | Promise
    fits: Callable[[Any], bool]
    certainty: int
    columns: tuple[str, ...] = ()
    is_distinct: bool = False
    not_below: re.Pattern[str] | None = None


def _text(cell: Any) -> str:
    return clean_text(cell_text(cell))


def _matches(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda cell: isinstance(cell, str | int) and bool(pattern.fullmatch(_text(cell)))


def _is_email(cell: Any) -> bool:
    text = _text(cell)
    return "@" in text and bool(read_email(text).text)


def _is_phone(cell: Any) -> bool:
    """Bare digits without a zero before them only if they are a mobile number's."""
    if not isinstance(cell, str | int) or isinstance(cell, bool):
        return False
    text = _text(cell).lstrip("'")
    if sum(sign.isdigit() for sign in text) < 7 or re.fullmatch(r"[0-9]{1,2}\.[0-9.]+", text):
        return False
    if text.startswith(("0", "+", "(")) or re.search(r"[0-9][ /-][0-9]", text):
        return bool(phone_key(text))
    return is_mobile(with_phone_zero(text)) or (text.startswith("49") and bool(phone_key(text)))


def _is_mobile(cell: Any) -> bool:
    text = _text(cell).lstrip("'")
    return _is_phone(cell) and is_mobile(with_phone_zero(text) or text)


def _is_day(cell: Any) -> bool:
    if isinstance(cell, date):
        return True
    if not isinstance(cell, str):
        return False  # a number alone is no day
    try:
        return bool(parse_date(cell))
    except ValueError:
        return False


def _is_clock(cell: Any) -> bool:
    return isinstance(cell, time) or _matches(_CLOCK)(cell)


def _is_money(cell: Any) -> bool:
    if not isinstance(cell, str):
        return False
    text = cell.casefold()
    if not any(unit.casefold() in text for unit in CURRENCY) and not text.endswith((",-", ",–")):
        return False
    try:
        return parse_decimal(cell) >= 0
    except ValueError:
        return False


def _is_percent(cell: Any) -> bool:
    return isinstance(cell, str) and bool(
        re.fullmatch(r"[0-9]{1,3}(?:[.,][0-9]+)? ?%", _text(cell))
    )


def _is_yes_or_no(cell: Any) -> bool:
    try:
        parse_bool(cell)
    except ValueError:
        return False
    return not isinstance(cell, int | float) or isinstance(cell, bool)


def _is_salutation(cell: Any) -> bool:
    return isinstance(cell, str) and fold(_text(cell)) in _SALUTATIONS


def _is_company(cell: Any) -> bool:
    return isinstance(cell, str) and bool(split_name(_text(cell)).company)


def _is_full_name(cell: Any) -> bool:
    """Two capitalised words or "Groß, Erika": likelier a name than anything else."""
    if not isinstance(cell, str):
        return False
    name = split_name(_text(cell))
    rest = f"{name.first_name} {name.last_name}"
    return (
        bool(name.first_name and name.last_name)
        and bool(_TWO_NAMES.fullmatch(rest))
        and all(word[0].isupper() for word in (name.first_name, name.last_name.split()[-1]))
    )


KINDS: tuple[Kind, ...] = (
    Kind("email", _("e-mail addresses"), _is_email, 98, ("email",), is_distinct=True),
    Kind("number", _("numbers of this office"), _matches(LEAD_NUMBER), 99, ("number",)),
    Kind("vin", _("vehicle identification numbers"), _matches(_VIN), 97, ("vin",), True),
    Kind("salutation", _("salutations"), _is_salutation, 97, ("salutation",), True),
    Kind("mobile", _("mobile numbers"), _is_mobile, 92, ("mobile", "phone"), True),
    Kind("phone", _("phone numbers"), _is_phone, 90, ("phone", "mobile"), True),
    Kind("place", _("postal codes with a town"), _matches(_PLACE), 94, ("place",), True),
    Kind("day", _("dates"), _is_day, 75, ("enquired_at",), True, _OTHER_DAYS),
    Kind("clock", _("times of day"), _is_clock, 70, ("time_of_day",)),
    Kind("percent", _("percentages"), _is_percent, 60, ("probability",), not_below=_OTHER_SHARES),
    Kind("money", _("amounts of money"), _is_money, 55, ("vehicle_price", "budget_to")),
    Kind(
        "postal_code",
        _("postal codes"),
        _matches(_POSTAL_CODE),
        60,
        ("postal_code",),
        not_below=_OTHER_NUMBERS,
    ),
    Kind("street", _("streets with a house number"), _matches(_STREET), 90, ("street",)),
    Kind("company", _("companies"), _is_company, 85, ("company",)),
    Kind("web", _("web addresses"), _matches(_WEB), 95),
    Kind("yes_or_no", _("yes or no"), _is_yes_or_no, 80),
    Kind("name", _("names of people"), _is_full_name, 50, ("name",)),
    Kind("word", _("single words"), _matches(_WORDS), 20),
)

# What no column is called.
_DATA = frozenset({"email", "number", "vin", "mobile", "phone", "place", "day", "money"})


def is_data(text: str) -> bool:
    """Whether a header is rather a cell of the list."""
    return any(kind.name in _DATA and kind.fits(text) for kind in KINDS)
