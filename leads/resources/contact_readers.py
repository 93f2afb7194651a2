"""How contact data are read: names, addresses, phones and mail addresses as lists write them."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from leads.models.contact import Salutation
from leads.models.warning import WarningCode
from leads.resources.cells import cell_text, header_key, line_text
from leads.resources.readers import Reader, Reading, reads_text, refuse_shortened, spellings_of
from leads.services import contact_reading
from leads.services.broken_numbers import (
    before_it_was_a_date,
    with_phone_zero,
    with_postal_zero,
)
from leads.services.person_names import split_name, split_salutation

_NOT_A_POSTAL_CODE = _("This is not a postal code.")
_BETWEEN_EMAILS = re.compile(r"[;,/\s]+")
_STREET_AND_PLACE = re.compile(r"([^,\n]+?)\s*[,\n]\s*((?:[A-Z]{1,2}-)?\d{5}\s+\D.*)")
_PLACE = re.compile(r"((?:[A-Z]{1,2}-)?\d{4,5})\s+(\D.*)")


def read_email(cell: Any, row: Reading, header: str) -> None:
    text = line_text(cell)
    email, odd = contact_reading.read_email(text)
    if odd and (email := _first_email(text)):
        row.keep_beside(header, text)
    elif odd:
        row.warn(odd, text, header)
    row.put("email", email)


def _first_email(text: str) -> str:
    """Of several in one cell, or of one with a name beside it; "" if there is none."""
    parts = (part.strip("<>()[]") for part in _BETWEEN_EMAILS.split(text))
    return next(filter(None, (contact_reading.read_email(part).text for part in parts)), "")


def reads_phone(name: str) -> Reader:
    def read(cell: Any, row: Reading, header: str) -> None:
        refuse_shortened(cell)
        text = line_text(cell).lstrip("'")
        if whole := with_phone_zero(text):
            row.warn(WarningCode.EXCEL_CHANGED, _suggestion(text, whole), header)
        numbers, odd = contact_reading.read_phones(text)
        if odd:
            row.warn(odd, text, header)
        if numbers:
            row.put(name, numbers[0][:100])
            row.spare_phones += [(header, number[:100]) for number in numbers[1:]]

    return read


def read_postal_code(cell: Any, row: Reading, header: str) -> None:
    country = row.values.get("country") or "DE"
    code, odd = contact_reading.read_postal_code(cell, country=country)
    if not code:
        raise ValueError(_NOT_A_POSTAL_CODE)
    if odd and country == "DE" and (whole := with_postal_zero(code)):
        row.warn(WarningCode.EXCEL_CHANGED, _suggestion(code, whole), header)
    elif odd:
        row.warn(odd, code, header)
    row.put("postal_code", code)


def _suggestion(written: str, whole: str) -> str:
    """What stands there stays; what it may have been is for people to say."""
    return gettext("“%(written)s”, perhaps it was “%(whole)s”.") % {
        "written": written,
        "whole": whole,
    }


def read_place(cell: Any, row: Reading, header: str) -> None:
    """ "01067 Dresden" """
    text = line_text(cell)
    if match := _PLACE.fullmatch(text):
        read_postal_code(match[1], row, header)
        text = match[2]
    row.put("city", text[:100])


_COUNTRIES = {
    "d": "DE",
    "brd": "DE",
    "deutschland": "DE",
    "germany": "DE",
    "a": "AT",
    "oesterreich": "AT",
    "austria": "AT",
    "schweiz": "CH",
    "switzerland": "CH",
    "f": "FR",
    "frankreich": "FR",
    "niederlande": "NL",
    "belgien": "BE",
    "luxemburg": "LU",
    "polen": "PL",
    "tschechien": "CZ",
    "daenemark": "DK",
    "italien": "IT",
}


def read_country(cell: Any, row: Reading, header: str) -> None:
    text = line_text(cell)
    code = _COUNTRIES.get(header_key(text)) or (text.upper() if len(text) == 2 else "")
    if code.isalpha() and code.isascii():
        row.put("country", code)
    else:
        row.keep(header, text, header)


_SALUTATION_WORDS = {"w": "ms", "weiblich": "ms", "m": "mr", "maennlich": "mr", "d": "diverse"}
_COMPANY_WORDS = ("firma", "fa", "company")


def read_salutation(cell: Any, row: Reading, header: str) -> None:
    """ "Herr", "Frau Dr.", "w", "Firma" (which the name of the company tells already)."""
    text = line_text(cell)
    salutation, title, rest = split_salutation(text)
    row.put("title", title)
    if not salutation or rest:
        key = header_key(text)
        salutation = spellings_of(Salutation).get(key) or _SALUTATION_WORDS.get(key, "")
        if not salutation and not (title and not rest) and key not in _COMPANY_WORDS:
            row.keep(header, text, header)
    row.put("salutation", salutation)


_plain_first_name, _plain_last_name = reads_text("first_name"), reads_text("last_name")
_plain_title, _plain_subject, _plain_street = (
    reads_text("title"),
    reads_text("subject"),
    reads_text("street"),
)


def read_title(cell: Any, row: Reading, header: str) -> None:
    """ "Dr." is a person's title, "Golf gesucht" the enquiry's."""
    _salutation, title, rest = split_salutation(line_text(cell))
    (_plain_subject if rest else _plain_title)(cell if rest else title, row, header)


def read_first_name(cell: Any, row: Reading, header: str) -> None:
    _salutation, title, rest = split_salutation(line_text(cell))
    row.put("title", title)
    _plain_first_name(rest, row, header)


def read_last_name(cell: Any, row: Reading, header: str) -> None:
    """A list with one name column may still call it "Nachname"."""
    text = line_text(cell)
    if "," in text and "first_name" not in row.values:
        read_name(text, row, header)
        return
    _salutation, title, rest = split_salutation(text)
    row.put("title", title)
    _plain_last_name(rest, row, header)


def read_name(cell: Any, row: Reading, header: str) -> None:
    """ "Dr. Müller, Hans", "Frau Erika von der Heide", "Musterbau GmbH" """
    for part, value in split_name(line_text(cell))._asdict().items():
        row.put(part, value[: 40 if part == "title" else 100])


def read_street(cell: Any, row: Reading, header: str) -> None:
    """ "Übungsweg 7", perhaps with ", 04109 Leipzig" behind it or on the next line."""
    text = cell_text(cell)
    if match := _STREET_AND_PLACE.fullmatch(text):
        read_place(match[2], row, header)
        text = match[1]
    _plain_street(text, row, header)


def read_house_number(cell: Any, row: Reading, header: str) -> None:
    """ "7 a"; of "3-5" Excel makes the third of May, which is no house number."""
    if number := before_it_was_a_date(cell):
        shown = _suggestion(cell_text(cell), number)
        row.warn(WarningCode.EXCEL_CHANGED, shown, header)
        row.custom_values[header] = cell_text(cell)
        return
    row.put("house_number", line_text(cell)[:20])
