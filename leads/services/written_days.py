"""Days and months as Germans write them in words: "Di., 3. März 2026", "Mrz 26". Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

_MONTHS = {
    spelling: number
    for number, spellings in enumerate(
        (
            ("januar", "jänner", "jan", "jän", "january"),
            ("februar", "feber", "feb", "february"),
            ("märz", "mär", "mrz", "maerz", "march", "mar"),
            ("april", "apr"),
            ("mai", "may"),
            ("juni", "jun", "june"),
            ("juli", "jul", "july"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("oktober", "okt", "october", "oct"),
            ("november", "nov"),
            ("dezember", "dez", "december", "dec"),
        ),
        start=1,
    )
    for spelling in spellings
}
_YEAR = r"(?P<year>[0-9]{4}|'?[0-9]{2})"
# "3. März 2026", "03-Mrz-26"; and without a day "Mrz 26", "März 2026", "03/2026".
_WORDY_DATE = re.compile(r"(?P<day>[0-9]{1,2})\.?[\s-]?(?P<month>[^\W\d_]{3,9})\.?[\s-]?" + _YEAR)
_WORDY_MONTH = re.compile(r"(?P<month>[^\W\d_]{3,9})\.?[\s-]?" + _YEAR)
_BARE_MONTH = re.compile(r"(?P<month>[0-9]{1,2})[./-](?P<year>[0-9]{4})")
_WEEKDAY = re.compile(
    r"(?:mo|di|mi|do|fr|sa|so|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
    r"(?:\.,?|,)?\s(?=[0-9])",
    re.IGNORECASE,
)


class Parts(NamedTuple):
    """As written: the year with two or four digits, the day 0 if only a month is named."""

    year: str
    month: int
    day: int


def without_weekday(text: str) -> str:
    """ "Di., 3.3.2026" → "3.3.2026" """
    return _WEEKDAY.sub("", text, count=1)


def find_day(text: str) -> Parts | None:
    """ "3. März 2026", "03-Mrz-26"; None if it is none. There need not be such a day."""
    match = _WORDY_DATE.fullmatch(text)
    month = _MONTHS.get(match["month"].casefold()) if match else None
    return Parts(match["year"].lstrip("'"), month, int(match["day"])) if match and month else None


def find_month(text: str) -> Parts | None:
    """ "Mrz 26", "März 2026", "03/2026" """
    if match := _BARE_MONTH.fullmatch(text):
        return Parts(match["year"], int(match["month"]), 0)
    match = _WORDY_MONTH.fullmatch(text)
    month = _MONTHS.get(match["month"].casefold()) if match else None
    return Parts(match["year"].lstrip("'"), month, 0) if match and month else None
