"""How contact data are read, whatever channel they come by: phones, mail addresses, postal codes.

Pure. Nothing is lost in silence: what is odd is named by a warning code, and the caller says
where it stood. A text that is "" has nothing odd about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from leads.models.keys import email_key, phone_key, split_phones
from leads.models.warning import WarningCode
from leads.services.german_values import parse_postal_code

MAX_EMAIL_LENGTH = 254  # RFC 5321
# What programs put before an address that can be clicked.
_LINK = re.compile(r"(?:mailto|tel|callto):\s*", re.IGNORECASE)


class ReadText(NamedTuple):
    """The text to be kept, and what is odd about it (None: nothing)."""

    text: str
    odd: WarningCode | None = None


class ReadPhones(NamedTuple):
    """The numbers of one field as written, and what is odd about them (None: nothing)."""

    numbers: tuple[str, ...]
    odd: WarningCode | None = None


class PlacedPhones(NamedTuple):
    """One number each; `left` are those for which there was no place."""

    phone: str
    mobile: str
    left: tuple[str, ...]


def read_email(text: str) -> ReadText:
    """An address that has the form of one; anything else is not kept."""
    address = _LINK.sub("", text.strip())
    if not address:
        return ReadText("")
    if email_key(address) and len(address) <= MAX_EMAIL_LENGTH:
        return ReadText(address)
    return ReadText("", WarningCode.EMAIL_INVALID)


def read_phones(text: str) -> ReadPhones:
    """ "030 23125 101 oder 0171 3920012" → both; "0171 / 3920012" → one, as Germans write it.

    Two numbers are never kept as one, which would reach somebody else: where the first part is a
    number by itself, and no area code, the parts count. A single text that is no number stays,
    people may still make sense of it. Of several, those that are none are left out, unless all are.
    """
    text = _LINK.sub("", text.strip())
    parts = split_phones(text)
    if len(parts) < 2:
        odd = WarningCode.PHONE_INVALID if parts and not phone_key(text) else None
        return ReadPhones(tuple(parts), odd)
    if phone_key(text) and not phone_key(parts[0]):
        return ReadPhones((text,))
    valid = [part for part in parts if phone_key(part)]
    return ReadPhones(tuple(valid or parts[:1]), WarningCode.PHONE_SPLIT)


def place_phones(phone: Sequence[str], mobile: Sequence[str]) -> PlacedPhones:
    """The first number of each field; a second one goes to the other field, if that is free."""
    spare = [*phone[1:], *mobile[1:]]
    placed = [next(iter(phone), ""), next(iter(mobile), "")]
    for position in (0, 1):
        if not placed[position] and spare:
            placed[position] = spare.pop(0)
    return PlacedPhones(placed[0], placed[1], tuple(spare))


def read_postal_code(value: Any, *, country: str) -> ReadText:
    """As written; `country` (ISO 3166 alpha-2) decides what is odd about it. What cannot be a
    postal code anywhere is not kept. Lists may give a number."""
    if value in (None, ""):
        return ReadText("")
    try:
        code = parse_postal_code(value, country=country)
    except ValueError:
        return ReadText("", WarningCode.POSTAL_CODE_ODD)
    return ReadText(code.text, WarningCode.POSTAL_CODE_ODD if code.is_odd else None)
