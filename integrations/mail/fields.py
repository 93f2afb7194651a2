"""What the lines of a mail say → parts of a draft. What is odd becomes a warning."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from integrations.answers import Answers
from integrations.mail.lines import Fields
from integrations.reading import (
    LARGEST_INTEGER,
    LARGEST_SMALL_INTEGER,
    Reader,
    column_of,
    whole_name,
)
from leads.models.contact import Salutation
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode
from leads.models.wishes import FinanceKind
from leads.services.drafts import ContactDraft, VehicleDraft
from leads.services.german_values import parse_decimal
from leads.services.person_names import split_name

_SALUTATIONS = {
    "HERR": Salutation.MR,
    "MR": Salutation.MR,
    "FRAU": Salutation.MS,
    "MS": Salutation.MS,
    "MRS": Salutation.MS,
    "DIVERS": Salutation.DIVERSE,
}
_COUNTRIES = {"D": "DE", "DEU": "DE", "GERMANY": "DE", "DEUTSCHLAND": "DE"}
_PLACE = re.compile(r"(?:[A-Z]{1,3}[- ])?(\d{4,5})\s+(\S.*)")
_NO = re.compile(r"\s*(?:nein|no|false|0|-|–|keine?|nicht gewünscht)\b", re.I)
_PAYMENTS = (
    (re.compile(r"leas", re.I), FinanceKind.LEASING),
    (re.compile(r"finan|kredit|raten", re.I), FinanceKind.FINANCE),
    (re.compile(r"\bbar|cash|überweis", re.I), FinanceKind.CASH),
)
_WHOLE = re.compile(r"\d[\d. ]{0,12}")
# Columns of a list that are read here; what the others say is a further answer.
_READ = {
    *("salutation", "title", "first_name", "last_name", "company", "email", "country", "street"),
    *("house_number", "postal_code", "city", "mobile", "phone", "name", "place", "subject"),
    *("message", "variant", "make", "vehicle_name", "internal_number", "vin", "vehicle_price"),
    *("offer_number", "preferred_time", "test_drive_wished", "test_drive_on", "test_drive_time"),
    *("callback_wished", "trade_in_wished", "finance_kind", "finance_interest", "down_payment"),
    *("term_months", "annual_mileage_km", "final_payment", "monthly_rate", "contract_number"),
    *("contract_ends_on", "campaign", "note"),
}
# Those that tell of the message, not of the enquiry.
_LEFT_OUT = {"enquired_at", "received_at", "time_of_day", "source", "external_id", "location"}


def contact_in(fields: Fields, read: Reader) -> ContactDraft:
    known, column = fields.known, partial(column_of, Lead)
    whole = split_name("")
    if not {"first_name", "last_name"} & known.keys():
        whole = whole_name(read.text(known.get("name"), column("company")))
    place = _PLACE.fullmatch(known.get("place", ""))
    code, city = (place[1], place[2]) if place else ("", known.get("place", ""))
    country = _COUNTRIES.get(known.get("country", "").strip().upper(), known.get("country", ""))
    country = read.country(country)
    street = " ".join(filter(None, [known.get("street"), known.get("house_number")]))
    phone, mobile = read.phones(known.get("phone"), known.get("mobile"))
    salutation = read.choice(known.get("salutation"), column("salutation"), _SALUTATIONS)
    return ContactDraft(
        salutation=salutation or whole.salutation,
        title=read.text(known.get("title"), column("title")) or whole.title[:40],
        first_name=read.text(known.get("first_name"), column("first_name"))
        or whole.first_name[:100],
        last_name=read.text(known.get("last_name"), column("last_name")) or whole.last_name[:100],
        company=read.text(known.get("company"), column("company")) or whole.company,
        email=read.email(_bare_address(known.get("email", ""))),
        phone=phone,
        mobile=mobile,
        street=read.text(street, column("street")),
        postal_code=read.postal_code(known.get("postal_code") or code, country or "DE"),
        city=read.text(known.get("city") or city, column("city")),
        country=country,
    )


def _bare_address(text: str) -> str:
    """ "a@example.org <mailto:a@example.org>" → the first word with an @."""
    words = (word.strip("<>()[],;").removeprefix("mailto:") for word in text.split())
    return next((word for word in words if "@" in word), text)


def vehicle_in(fields: Fields, read: Reader) -> VehicleDraft:
    known, column = fields.known, partial(column_of, Vehicle)
    return VehicleDraft(
        internal_number=read.code(known.get("internal_number"), column("internal_number")),
        vin=read.code(known.get("vin"), column("vin")).upper(),
        make=read.text(known.get("make"), column("make")),
        model=read.text(known.get("vehicle_name"), column("model")),
        variant=read.text(known.get("variant"), column("variant")),
        price=_money(known.get("vehicle_price", ""), read, "price", Vehicle),
        offer_number=read.code(known.get("offer_number"), column_of(Lead, "offer_number")),
    )


def wishes_in(fields: Fields, read: Reader) -> dict[str, Any]:
    """Keywords of a draft. A wish is one if its line is not denied."""
    known, column = fields.known, partial(column_of, Lead)
    said = f"{known.get('finance_kind', '')} {known.get('finance_interest', '')}"
    kinds = (kind for word, kind in _PAYMENTS if word.search(said))
    kind = next(kinds, "") if said.strip() and not _NO.match(said) else ""
    interest: bool | None = kind != FinanceKind.CASH if kind else None
    if not kind and known.get("finance_interest"):
        interest = not _NO.match(known["finance_interest"])
    return {
        "test_drive_wished": _wish(known.get("test_drive_wished") or known.get("test_drive_on")),
        "test_drive_on": read.day(known.get("test_drive_on"), "test_drive_on"),
        "test_drive_time": read.text(known.get("test_drive_time"), column("test_drive_time")),
        "callback_wished": _wish(known.get("callback_wished")),
        "trade_in_wished": _wish(known.get("trade_in_wished")),
        "preferred_time": read.text(known.get("preferred_time"), column("preferred_time")),
        "finance_kind": str(kind),
        "finance_interest": interest,
        "down_payment": _money(known.get("down_payment", ""), read, "down_payment"),
        "monthly_rate": _money(known.get("monthly_rate", ""), read, "monthly_rate"),
        "final_payment": _money(known.get("final_payment", ""), read, "final_payment"),
        "term_months": _whole(known.get("term_months", ""), read, "term_months"),
        "annual_mileage_km": _whole(known.get("annual_mileage_km", ""), read, "annual_mileage_km"),
        "contract_number": read.text(known.get("contract_number"), column("contract_number")),
        "contract_ends_on": read.day(known.get("contract_ends_on"), "contract_ends_on"),
        "campaign": read.text(known.get("campaign"), column("campaign")),
    }


def add_further(fields: Fields, answers: Answers) -> None:
    """What has no place of its own, by the name of its line."""
    for name, value in fields.known.items():
        if name not in _READ | _LEFT_OUT:
            answers.add(name, value)
    for name, value in fields.further.items():
        answers.add(name, value)


def message_in(fields: Fields, read: Reader) -> str:
    said = [fields.known.get(name, "") for name in ("message", "note")]
    column = column_of(Lead, "message")
    return read.text("\n\n".join(filter(None, said)), column, multiline=True)


def add_attachments(names: list[tuple[str, int]], answers: Answers) -> None:
    """Name and size; what is in them stays in the message as received."""
    shown = [f"{name} ({max(1, size // 1024)} KB)" for name, size in names]
    answers.add(_("Attachments"), ", ".join(shown))


def _wish(text: str | None) -> bool | None:
    return None if not text else not _NO.match(text)


def _money(text: str, read: Reader, field: str, model: Any = Lead) -> Any:
    if not text:
        return None
    try:
        number = parse_decimal(text, units=("€", "EUR", "Euro", "brutto"))
    except ValueError:
        read.warn(WarningCode.NUMBER_UNREADABLE, text, field)
        return None
    return None if number is None else read.money(f"{number:.2f}", column_of(model, field))


def _whole(text: str, read: Reader, field: str) -> int | None:
    """ "48 Monate", "15.000 km" """
    match = _WHOLE.match(text.strip())
    digits = "".join(filter(str.isdecimal, match[0])) if match else ""
    if text and not digits:
        read.warn(WarningCode.NUMBER_UNREADABLE, text, field)
    largest = LARGEST_SMALL_INTEGER if field == "term_months" else LARGEST_INTEGER
    return read.whole(digits, column_of(Lead, field), largest=largest)
