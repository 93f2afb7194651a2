"""Values as Germans write them into spreadsheets and forms, read strictly.

Each function returns the value or raises ValueError with a sentence for people (translated when
shown, never with the value itself, which may be personal). Nothing is guessed in silence: what
can be read but looks odd comes back with a mark. All are pure; numbers are Decimal or int,
datetimes are aware and in UTC.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from leads.services.written_days import find_day, find_month, without_weekday

BERLIN = ZoneInfo("Europe/Berlin")
CURRENCY = ("€", "EUR", "Euro")
MAX_NUMBER_LENGTH = 40

_NUMBER_REFUSED = _("This is not a number. Write it like 21.990,00 or 21990.00.")
_INT_REFUSED = _("This is not a whole number.")
_PERCENT_REFUSED = _("This is not a percentage from 0 to 100. Write it like 60 or 60 %.")
_DATE_REFUSED = _("This is not a date. Write it like 31.12.2026 or 2026-12-31.")
_DATETIME_REFUSED = _("This is not a time. Write it like 31.12.2026 14:30 or 2026-12-31T14:30.")
_BOOL_REFUSED = _("This is neither yes nor no.")
_POSTAL_CODE_REFUSED = _("This is not a postal code.")

_SIGN = r"(?P<sign>[+-]?)"
# Thousands in groups of three, so that "1.23.4" is refused instead of becoming a number.
_GERMAN_GROUPS = re.compile(
    _SIGN + r"(?P<whole>[1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:,(?P<part>[0-9]+))?"
)
_ENGLISH_GROUPS = re.compile(_SIGN + r"(?P<whole>[1-9][0-9]{0,2}(?:,[0-9]{3})+)\.(?P<part>[0-9]+)")
_BLANK_GROUPS = re.compile(
    _SIGN + r"(?P<whole>[1-9][0-9]{0,2}(?: [0-9]{3})+)(?:,(?P<part>[0-9]+))?"
)
_SWISS_GROUPS = re.compile(
    _SIGN + r"(?P<whole>[1-9][0-9]{0,2}(?:['’][0-9]{3})+)(?:[.,](?P<part>[0-9]+))?"
)
_PLAIN = re.compile(_SIGN + r"(?P<whole>[0-9]+)(?:[.,](?P<part>[0-9]+))?")
_NUMBER_FORMS = (_GERMAN_GROUPS, _ENGLISH_GROUPS, _BLANK_GROUPS, _SWISS_GROUPS, _PLAIN)
# "21.990,-" and "21.990,–": no cents.
_NO_CENTS = re.compile(r"[,.](?:-{1,2}|[–—])$")
_BLANKS = re.compile(r"\s+")

_GERMAN_DATE = r"(?P<day>[0-9]{1,2})\.\s?(?P<month>[0-9]{1,2})\.\s?(?P<year>[0-9]{4}|[0-9]{2})"
_ISO_DATE = r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
_DATE_FORMS = (re.compile(_GERMAN_DATE), re.compile(_ISO_DATE))
_TIME = r"(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?)?"
_OFFSET = r"\s?(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?"
_DATETIME_FORMS = (
    re.compile(_GERMAN_DATE + r",?\s(?:um\s)?" + _TIME + r"(?:\sUhr)?"),
    # Without a colon only the word says that this is a time: "31.12.2026 14.30 Uhr", "… 14 Uhr".
    re.compile(
        _GERMAN_DATE
        + r",?\s(?:um\s)?(?P<hour>[0-9]{1,2})(?:\.(?P<minute>[0-9]{2}))?(?P<second>)\s?Uhr"
    ),
    re.compile(_ISO_DATE + r"[T\s]" + _TIME + _OFFSET),
)
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
# Two-digit years up to this one belong to this century: "1.3.26", but "1.3.71" is 1971.
_LAST_SHORT_YEAR = 69

# Day 1 of Excel is 1900-01-01, and Excel believes in 1900-02-29. Smaller numbers than these are
# years, ages and typing errors rather than days. Workbooks from a Mac may count from 1904.
_EXCEL_DAY_ZERO = datetime(1899, 12, 30)
_DAYS_TO_1904 = 1462
_EXCEL_DAYS = range(20_000, 80_000)  # 1954 to 2119

_YES = frozenset(["ja", "j", "yes", "y", "wahr", "true", "x", "1", "✓", "✔", "an", "on", "☑", "☒"])
_NO = frozenset(["nein", "n", "no", "falsch", "false", "0", "aus", "off", "nö", "☐", "✗"])

_GERMAN_POSTAL_CODE = re.compile(r"(?!00)[0-9]{5}")
_COUNTRY_PREFIX = re.compile(r"^(?:D|DE)\s?-\s?(?=[0-9])", re.IGNORECASE)


class Percent(NamedTuple):
    """Whole percent; `was_share` if it was written as a share of one (0,6 for 60 %)."""

    value: int
    was_share: bool


class PostalCode(NamedTuple):
    """As written; `is_odd` if no German postal code looks like this (a lost leading zero)."""

    text: str
    is_odd: bool


def parse_decimal(value: Any, *, units: tuple[str, ...] = CURRENCY) -> Decimal:
    """ "1.234,56 €", "1234.56", "21.990,00", 21990.0 → Decimal.

    One dot before exactly three digits separates thousands, as Germans write: "1.234" is 1234.
    `units` may stand before or after the number.
    """
    if _is_number(value):
        # By its text: Decimal(0.1) would show what a float really is.
        return Decimal(str(value))
    text = _NO_CENTS.sub("", _without_units(_text(value, _NUMBER_REFUSED), units))
    for form in _NUMBER_FORMS:
        if match := form.fullmatch(text):
            whole = re.sub(r"[., '’]", "", match["whole"])
            return Decimal(f"{match['sign']}{whole}.{match['part'] or '0'}").normalize() + 0
    raise ValueError(_NUMBER_REFUSED)


def parse_int(value: Any, *, units: tuple[str, ...] = ()) -> int:
    """ "45.000", "45.000 km" (with units=("km",)), 45000.0 → 45000; fractions are refused."""
    try:
        number = parse_decimal(value, units=units)
    except ValueError as error:
        raise ValueError(_INT_REFUSED) from error
    if number != number.to_integral_value():
        raise ValueError(_INT_REFUSED)
    return int(number)


def parse_percent(value: Any) -> Percent:
    """ "60 %", "62,5", 60 → whole percent, halves rounded up; 0.6 and "0,6" → 60 as a share.

    1 is one percent: a share of exactly one cannot be told from it.
    """
    has_sign = isinstance(value, str) and ("%" in value or "prozent" in value.casefold())
    try:
        number = parse_decimal(value, units=("%", "Prozent"))
    except ValueError as error:
        raise ValueError(_PERCENT_REFUSED) from error
    was_share = not has_sign and 0 < number < 1
    if was_share:
        number *= 100
    if not 0 <= number <= 100:
        raise ValueError(_PERCENT_REFUSED)
    return Percent(int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP)), was_share)


def parse_date(value: Any) -> date:
    """ "31.12.2026", "1.3.26", "Di., 3. März 2026", "2026-12-31", a date, a datetime (its day in
    Berlin) or the number Excel keeps for a day."""
    if isinstance(value, datetime):
        value = _aware(value, _DATE_REFUSED).astimezone(BERLIN).date()
    if isinstance(value, date):
        return _within_years(value, _DATE_REFUSED)
    if _is_number(value):
        return _from_excel(value, _DATE_REFUSED).date()
    text = without_weekday(_text(value, _DATE_REFUSED))
    for form in _DATE_FORMS:
        if match := form.fullmatch(text):
            return _date(match, _DATE_REFUSED)
    if parts := find_day(text):
        return _calendar_day(*parts, _DATE_REFUSED)
    # Spreadsheets export days with a midnight that nobody wrote.
    return parse_date(_datetime(text, _DATE_REFUSED))


def parse_month(value: Any) -> date:
    """ "Mrz 26", "März 2026", "03/2026": the first day of that month. The caller says that no day
    was named."""
    parts = find_month(_text(value, _DATE_REFUSED))
    if parts is None:
        raise ValueError(_DATE_REFUSED)
    return _calendar_day(parts.year, parts.month, 1, _DATE_REFUSED)


def from_excel_day(number: float, *, is_1904: bool = False) -> date:
    """The day, or the naive moment, that a number stands for in one of Excel's two calendars."""
    moment = _from_excel(number + (_DAYS_TO_1904 if is_1904 else 0), _DATE_REFUSED)
    return moment if moment.time() != time.min else moment.date()


def parse_datetime(value: Any, *, time_of_day: time = time.min) -> datetime:
    """ "31.12.2026 14:30", "2026-12-31T14:30:00Z" … → UTC; without an offset it is Berlin's time.

    UTC, since Python calls two equal times of October's double hour different when their zones
    differ. A day alone gets `time_of_day`. Of the two 02:30 of an October night the first is meant,
    unless an offset says otherwise; a time that the clock skips in March is an hour later.
    """
    if isinstance(value, datetime):
        return _aware(value)
    if _is_number(value):
        return _aware(_from_excel(value, _DATETIME_REFUSED))
    if not isinstance(value, date):
        text = without_weekday(_text(value, _DATETIME_REFUSED))
        if not (find_day(text) or any(form.fullmatch(text) for form in _DATE_FORMS)):
            return _aware(_datetime(text, _DATETIME_REFUSED))
        try:
            value = parse_date(text)
        except ValueError as error:
            raise ValueError(_DATETIME_REFUSED) from error
    return _aware(datetime.combine(value, time_of_day))


def parse_bool(value: Any) -> bool:
    """ja/nein, x, wahr/falsch, 1/0 …; anything else is refused, an unknown word is not a no."""
    if isinstance(value, bool):
        return value
    if _is_number(value) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().rstrip(".!").casefold()
        if word in _YES:
            return True
        if word in _NO:
            return False
    raise ValueError(_BOOL_REFUSED)


def parse_postal_code(value: Any, *, country: str = "DE") -> PostalCode:
    """ "01067", "D-50667", 50667.0 → text. 1067 stays "1067" and is odd: whether a zero was lost
    or the place lies in Austria is for people to say. `country`: ISO 3166 alpha-2."""
    if _is_number(value):
        if value != int(value) or value < 0:
            raise ValueError(_POSTAL_CODE_REFUSED)
        value = str(int(value))
    text = _COUNTRY_PREFIX.sub("", _text(value, _POSTAL_CODE_REFUSED))
    if not text or len(text) > 10 or not any(c.isalnum() for c in text):
        raise ValueError(_POSTAL_CODE_REFUSED)
    return PostalCode(text, country == "DE" and not _GERMAN_POSTAL_CODE.fullmatch(text))


def _is_number(value: Any) -> bool:
    """A finite number of reasonable size that is not a truth value."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    is_finite = isinstance(value, int) or Decimal(value).is_finite()
    return is_finite and abs(value) < 10**MAX_NUMBER_LENGTH


def _text(value: Any, refusal: Any) -> str:
    """The text with plain single blanks (Excel likes non-breaking ones) and plain minus signs."""
    if not isinstance(value, str):
        raise ValueError(refusal)
    text = _BLANKS.sub(" ", value).strip().replace("\N{MINUS SIGN}", "-")
    if not text or len(text) > MAX_NUMBER_LENGTH:
        raise ValueError(refusal)
    return text


def _without_units(text: str, units: tuple[str, ...]) -> str:
    folded = text.casefold()
    for unit in map(str.casefold, units):
        if folded.endswith(unit):
            return text[: -len(unit)].strip()
        if folded.startswith(unit):
            return text[len(unit) :].strip()
    return text


def _date(match: re.Match[str], refusal: Any) -> date:
    return _calendar_day(match["year"], int(match["month"]), int(match["day"]), refusal)


def _calendar_day(written_year: str, month: int, day: int, refusal: Any) -> date:
    year = int(written_year)
    if len(written_year) == 2:
        year += 2000 if year <= _LAST_SHORT_YEAR else 1900
    try:
        return _within_years(date(year, month, day), refusal)
    except ValueError as error:
        raise ValueError(refusal) from error


def _within_years(day: date, refusal: Any) -> date:
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(refusal)
    return day


def _datetime(text: str, refusal: Any) -> datetime:
    """Aware if the text says an offset, else naive; fractions of a second are dropped."""
    for form in _DATETIME_FORMS:
        if match := form.fullmatch(text):
            parts = match.groupdict()
            second = int(parts["second"] or 0)
            day = _date(match, refusal)
            try:
                moment = datetime.combine(
                    day, time(int(parts["hour"]), int(parts["minute"] or 0), second)
                )
                if offset := parts.get("offset"):
                    zone = datetime.strptime(offset, "%z").tzinfo
                    moment = moment.replace(tzinfo=zone)
            except ValueError as error:
                raise ValueError(refusal) from error
            return moment
    raise ValueError(refusal)


def _from_excel(number: Any, refusal: Any) -> datetime:
    """Days since Excel's day zero, the fraction being the time of the day; naive."""
    if int(number) not in _EXCEL_DAYS:
        raise ValueError(refusal)
    return _EXCEL_DAY_ZERO + timedelta(seconds=round(float(number) * 86_400))


def _aware(moment: datetime, refusal: Any = _DATETIME_REFUSED) -> datetime:
    """In UTC: there a time that Berlin's clock skips becomes the one that it shows instead."""
    _within_years(moment, refusal)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=BERLIN)
    return moment.astimezone(UTC)
