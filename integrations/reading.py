"""Reading what partners send, value by value: what is odd becomes a warning, never an error.

Pure, and the same for every partner: each mapping.py names the values, this reads them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, Self, TypeVar, cast

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db.models import Field, Model

from leads.models.keys import clean_text, is_mobile, phone_key
from leads.models.lead import Lead
from leads.models.warning import WarningCode
from leads.services import contact_reading
from leads.services.drafts import DraftWarning
from leads.services.german_values import parse_date, parse_datetime
from leads.services.person_names import PersonName, split_name

# What PostgreSQL's integer and smallint take.
LARGEST_INTEGER = 2**31 - 1
LARGEST_SMALL_INTEGER = 2**15 - 1

_WHOLE = re.compile(r"[0-9]{1,10}")
_DECIMAL = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")
_MONTH = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
_COUNTRY = re.compile(r"[A-Z]{2}")
# The clocks of two machines differ; nobody needs to hear of it.
_CLOCK_TOLERANCE = timedelta(minutes=5)
_MAX_ID = 64  # characters, of Enquiry.external_id


class Section(Protocol):
    """An object within a message, as a partner's schema.py describes it."""

    @classmethod
    def from_payload(cls, data: dict[str, Any]) -> Self: ...


S = TypeVar("S", bound=Section)


def column_of(model: type[Model], name: str) -> Field[Any, Any]:
    """The column that a value is meant for: it says how long or large the value may be."""
    return cast("Field[Any, Any]", model._meta.get_field(name))


class Reader:
    """Reads single values into what our columns hold and collects what was odd about them.

    A value is whatever JSON can hold; None means not said. One that cannot be read becomes
    empty ("" or None), and the warning shows it as it came. `column` is the one it is meant for,
    `field` its name where nothing else about it matters.
    """

    def __init__(self) -> None:
        self.warnings: list[DraftWarning] = []

    def warn(self, code: WarningCode, value: Any = "", field: str = "") -> None:
        """Note something odd; of the value its first 200 characters are kept."""
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        self.warnings.append(DraftWarning(code, clean_text(text)[:200], field))

    def section(self, value: Any, field: str, kind: type[S]) -> S:
        """An object within the message; without any property if there is none."""
        if value is not None and not isinstance(value, dict):
            self.warn(WarningCode.VALUE_UNKNOWN, value, field)
        return kind.from_payload(value if isinstance(value, dict) else {})

    def text(self, value: Any, column: Field[Any, Any], *, multiline: bool = False) -> str:
        """Cleaned, and shortened to what the column holds."""
        text = self.cleaned(value, column.name, multiline=multiline)
        if column.max_length is None or len(text) <= column.max_length:
            return text
        self.warn(WarningCode.TEXT_SHORTENED, "", column.name)
        return text[: column.max_length].rstrip()

    def cleaned(self, value: Any, field: str, *, multiline: bool = False) -> str:
        """Text of any length; numbers are taken as text."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            return clean_text(value, multiline=multiline)
        if value is not None:
            self.warn(WarningCode.VALUE_UNKNOWN, value, field)
        return ""

    def code(self, value: Any, column: Field[Any, Any]) -> str:
        """A number somebody looks something up by: shortened it would name something else."""
        text = self.cleaned(value, column.name)
        if column.max_length and len(text) > column.max_length:
            self.warn(WarningCode.VALUE_UNKNOWN, text, column.name)
            return ""
        return text

    def choice(self, value: Any, column: Field[Any, Any], ours: Mapping[str, str]) -> str:
        """Our word for theirs. `ours` is by their words in upper case; theirs may be in any."""
        text = self.cleaned(value, column.name)
        if text and text.upper() not in ours:
            self.warn(WarningCode.VALUE_UNKNOWN, text, column.name)
        return str(ours.get(text.upper(), ""))

    def money(self, value: Any, column: Field[Any, Any]) -> Decimal | None:
        """A decimal with a dot, as text or number. Three digits after the dot of a text may be
        thousands as Germans write them: that is not guessed at."""
        text = f"{value:.2f}" if isinstance(value, float) else self._plain(value)
        if not text:
            return None
        whole_digits = column.max_digits - column.decimal_places  # type: ignore[attr-defined]
        if not _DECIMAL.fullmatch(text) or len(text.partition(".")[0]) > whole_digits:
            self.warn(WarningCode.NUMBER_UNREADABLE, value, column.name)
            return None
        return Decimal(text)

    def whole(
        self, value: Any, column: Field[Any, Any], *, largest: int = LARGEST_INTEGER
    ) -> int | None:
        """A number from 0 to `largest`, as text or number: 45000, "45000", 45000.0."""
        text = self._plain(value).removesuffix(".0")
        if not text:
            return None
        if not _WHOLE.fullmatch(text) or int(text) > largest:
            self.warn(WarningCode.NUMBER_UNREADABLE, value, column.name)
            return None
        return int(text)

    def _plain(self, value: Any) -> str:
        """A number as the digits it was sent with."""
        if value is None:
            return ""
        return clean_text(value) if isinstance(value, str) else json.dumps(value)

    def day(self, value: Any, field: str) -> date | None:
        """A date as parse_date knows them, "2026-12-31" or "31.12.2026"."""
        if value in (None, ""):
            return None
        try:
            return parse_date(value if isinstance(value, str) else None)
        except ValueError:
            self.warn(WarningCode.DATE_UNREADABLE, value, field)
            return None

    def moment(self, value: Any, field: str) -> datetime | None:
        """A time as parse_datetime knows them, in UTC; without an offset it is Berlin's time."""
        if value in (None, ""):
            return None
        try:
            return parse_datetime(value if isinstance(value, str) else None)
        except ValueError:
            self.warn(WarningCode.DATE_UNREADABLE, value, field)
            return None

    def asked_at(self, value: Any, received_at: datetime) -> datetime | None:
        """When the customer asked; None, that is the time of receipt, if that is yet to come."""
        moment = self.moment(value, "enquired_at")
        if moment is None or moment <= received_at:
            return moment
        if moment > received_at + _CLOCK_TOLERANCE:
            self.warn(WarningCode.TIME_IN_FUTURE, value, "enquired_at")
        return None

    def month(self, value: Any, column: Field[Any, Any]) -> str:
        """ "2024-05" """
        text = self.cleaned(value, column.name)
        if text and not _MONTH.fullmatch(text):
            self.warn(WarningCode.DATE_UNREADABLE, text, column.name)
            return ""
        return text

    def email(self, value: Any) -> str:
        """An address that has the form of one."""
        text = self.cleaned(value, "email")
        email, odd = contact_reading.read_email(text)
        if odd:
            self.warn(odd, text, "email")
        return email

    def phones(self, phone: Any, mobile: Any) -> tuple[str, str]:
        """(phone, mobile). The second number of a field goes to the other one, if that is free."""
        numbers = self._numbers(phone, "phone"), self._numbers(mobile, "mobile")
        first, second, _left = contact_reading.place_phones(*numbers)
        return first, second

    def sorted_phones(self, values: Iterable[Any]) -> tuple[str, str, list[str]]:
        """(phone, mobile, others) of numbers whose kind the sender does not tell, or not surely.
        The first mobile number is the mobile one, the first other the phone."""
        found: dict[str, str] = {}
        for value in values:
            for number in self._numbers(value, "phone"):
                found.setdefault(phone_key(number) or number, number)
        mobiles = [number for number in found.values() if is_mobile(number)]
        phones = [number for number in found.values() if number not in mobiles]
        return next(iter(phones), ""), next(iter(mobiles), ""), phones[1:] + mobiles[1:]

    def _numbers(self, value: Any, field: str) -> list[str]:
        """The numbers in one field. Several are never left together: they might read as one."""
        text = self.cleaned(value, field, multiline=True)
        numbers, odd = contact_reading.read_phones(text)
        if odd:
            self.warn(odd, text, field)
        return [self.text(number, column_of(Lead, field)) for number in numbers]

    def country(self, value: Any) -> str:
        """ISO 3166 alpha-2; of the letters only the form is checked."""
        text = self.cleaned(value, "country").upper()
        if text and not _COUNTRY.fullmatch(text):
            self.warn(WarningCode.VALUE_UNKNOWN, text, "country")
            return ""
        return text

    def postal_code(self, value: Any, country: str) -> str:
        """As written; `country` (ISO 3166 alpha-2) decides what is odd about it."""
        text = self.cleaned(value, "postal_code")
        code, odd = contact_reading.read_postal_code(text, country=country)
        if odd:
            self.warn(odd, text, "postal_code")
        return code

    def url(self, value: Any, column: Field[Any, Any]) -> str:
        """Only what may become a link: http and https."""
        text = self.code(value, column)
        try:
            if text:
                URLValidator(schemes=["http", "https"])(text)
        except ValidationError:
            self.warn(WarningCode.VALUE_UNKNOWN, text, column.name)
            return ""
        return text


def whole_name(text: str) -> PersonName:
    """A name given in one piece. It is taken apart only where that is no guess: of "Maria Anna
    Schmidt" nobody knows which words are the last name, so all of them are."""
    name = split_name(text)
    if "," in text or len(name.first_name.split()) <= 1:
        return name
    return name._replace(first_name="", last_name=f"{name.first_name} {name.last_name}")


def fitting_id(text: str) -> str:
    """A sender's number as our columns hold it. Of a longer one the beginning stays readable; a
    hash of the whole makes sure that it names nothing else."""
    if len(text) <= _MAX_ID:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{text[:23]}~{digest[:40]}"
