"""Numbers that a spreadsheet program has changed without being asked: lost zeros, lost digits.

Pure. Each function says what the cell seems to have been, or "" where nothing is odd. None of
them changes anything: people decide.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from leads.models.keys import phone_key

# "1,76041E+11": what Excel shows of a long number, saved as text. The last digits are lost.
_SHORTENED = re.compile(r"(?P<lead>[0-9])(?:[.,](?P<rest>[0-9]+))?E\+?(?P<power>[0-9]{1,3})", re.I)
# Excel keeps fifteen digits of a number and makes the rest zeros.
_KEPT_DIGITS = 15
_FEWEST_DIGITS = 6  # a national phone number without its zero has more


def kept_digits(cell: Any) -> str:
    """ "1,76041E+11" → "176041", the digits that are left of a shortened number; else ""."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if not 10**_KEPT_DIGITS <= abs(cell) < float("inf"):
            return ""
        return str(abs(int(cell)))[:_KEPT_DIGITS]
    if isinstance(cell, str) and (match := _SHORTENED.fullmatch(cell.strip().lstrip("'"))):
        digits = match["lead"] + (match["rest"] or "")
        # "5E4" is a number of its own, and a type of some cars.
        return digits if int(match["power"]) >= max(len(digits), _FEWEST_DIGITS) else ""
    return ""


def with_postal_zero(text: str) -> str:
    """ "1067" → "01067": four digits are a German postal code whose zero is gone, or Austrian."""
    return f"0{text}" if re.fullmatch(r"[1-9][0-9]{3}", text) else ""


def with_phone_zero(text: str) -> str:
    """ "1713920012" → "01713920012": bare digits that are a German number with a zero before."""
    if not re.fullmatch(r"[1-9][0-9]+", text) or len(text) < _FEWEST_DIGITS:
        return ""
    if phone_key(f"+{text}") and text.startswith("49"):
        return ""
    return f"0{text}" if phone_key(f"0{text}") else ""


def before_it_was_a_date(cell: Any) -> str:
    """3 May → "3-5": house numbers and the like that Excel takes for a day of this year."""
    if isinstance(cell, date | datetime):
        return f"{cell.day}-{cell.month}"
    return ""
