"""ADF's words → ours. Pure: what is odd becomes a warning, what is unusable raises Unusable."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Field
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.adf.schema import Contact, Finance, Number, Prospect, Vehicle, prospects_in
from integrations.answers import Answers
from integrations.loose_xml import NotReadable, element_of
from integrations.reading import LARGEST_INTEGER, Reader, column_of, fitting_id, whole_name
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.vehicle import Vehicle as StockVehicle
from leads.models.warning import WarningCode
from leads.models.wishes import ContactChannel, FinanceKind
from leads.services.drafts import ContactDraft, LeadDraft, VehicleDraft
from leads.services.german_values import parse_decimal
from leads.services.intake import Message, Unusable

VERSION = 1
_SENDER = "adf:"
_DEFAULT_SOURCE = "ADF"
_KM_PER_MILE = Decimal("1.609344")
_RESEND = "resend"

_INTERESTS_TRADE_IN = ("trade-in", "sell")
_CONDITIONS = {"new": StockVehicle.Condition.NEW, "used": StockVehicle.Condition.USED}
_PAYMENTS = {
    "CASH": FinanceKind.CASH,
    "FINANCE": FinanceKind.FINANCE,
    "LEASE": FinanceKind.LEASING,
    "LEASING": FinanceKind.LEASING,
}
_MOBILE = ("cellphone", "cell", "mobile")
_NO_VOICE = ("fax", "pager")
_COUNTRIES = {"D": "DE", "DEU": "DE", "GERMANY": "DE", "DEUTSCHLAND": "DE"}
# Elements of a vehicle that are read by name; all others are further answers.
_READ = {"vin", "stock", "make", "model", "trim", "odometer", "price", "comments", "preference"}


# --- messages --------------------------------------------------------------------------------


def sender_of(system: str) -> str:
    return f"{_SENDER}{system}"


def message_from(text: str) -> Message:
    """One prospect's text as a message, readable or not. Named by its id and what it says, so
    that blanks make no other message; by its content alone if it has no id."""
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
    try:
        number = id_of(Prospect.from_element(element_of(text)))
    except NotReadable:
        number = ""
    name = f"{fitting_id(number)}:{digest}" if number else digest
    return Message(message_id=name, raw=text, outside_id=fitting_id(number))


def id_of(prospect: Prospect) -> str:
    """ "portal.example.org:P-2026-000815": the source makes the number unique."""
    number = prospect.id
    return f"{number.source}:{number.value}" if number.value else ""


def number_in(text: str) -> Number:
    """What the sender calls a prospect, to be repeated in the answer; empty if unreadable."""
    try:
        return Prospect.from_element(element_of(text)).id
    except NotReadable:
        return Number()


# --- leads -----------------------------------------------------------------------------------


def parse(entry: IntakeEntry) -> LeadDraft:
    """A booked message as a draft, in the language of the office. Raises Unusable."""
    entry.parser = f"adf {VERSION}"
    with translation.override(settings.LANGUAGE_CODE):
        try:
            texts = prospects_in(entry.text)
            if len(texts) != 1:
                raise NotReadable(
                    _("It holds several prospects; each needs a message of its own.")
                    if texts
                    else _("There is no prospect in it.")
                )
            prospect = Prospect.from_element(element_of(texts[0]))
        except NotReadable as error:
            raise Unusable(str(error)) from error
        return _draft(prospect, entry)


def _draft(prospect: Prospect, entry: IntakeEntry) -> LeadDraft:
    read, answers = Reader(), Answers()
    wanted = next((one for one in prospect.vehicles if not _is_trade_in(one)), Vehicle())
    interests = {one.interest for one in prospect.vehicles}
    contact = _contact(prospect.contact, read, answers)
    if contact.is_empty and not wanted.texts:
        raise Unusable(_("It names neither a person nor a vehicle."))
    _add_answers(prospect, wanted, answers)
    return LeadDraft(
        sender=entry.sender,
        external_id=fitting_id(id_of(prospect)),
        # Sent again, it adds nothing to what came the first time; unknown, it is a new lead.
        version=0 if prospect.status == _RESEND else 1,
        content_hash=entry.content_hash,
        source=_source(prospect, read),
        location=prospect.vendor_id.value,
        contact=contact,
        vehicle=_vehicle(wanted, read),
        message="\n\n".join(_comments(prospect, wanted, read)),
        test_drive_wished=True if "test-drive" in interests else None,
        trade_in_wished=True if interests & set(_INTERESTS_TRADE_IN) else None,
        enquired_at=read.asked_at(prospect.request_date, entry.received_at),
        **_preference(prospect.contact, read),
        **_money_matters(prospect, wanted, read),
        custom_values=answers.as_dict(),
        warnings=tuple(dict.fromkeys(read.warnings)),
    )


def _is_trade_in(vehicle: Vehicle) -> bool:
    return vehicle.interest in _INTERESTS_TRADE_IN


def _source(prospect: Prospect, read: Reader) -> str:
    name = prospect.provider.get("name") or prospect.id.source or _DEFAULT_SOURCE
    return read.cleaned(name, "source")[:80]


def _comments(prospect: Prospect, wanted: Vehicle, read: Reader) -> Iterator[str]:
    for text in dict.fromkeys([*prospect.comments, wanted.texts.get("comments", "")]):
        if comment := read.text(text, _lead_column("message"), multiline=True):
            yield comment


# --- people ----------------------------------------------------------------------------------


def _contact(contact: Contact, read: Reader, answers: Answers) -> ContactDraft:
    names = contact.names
    whole = whole_name(read.text(names.get("full", ""), _lead_column("last_name")))
    first = " ".join(filter(None, [names.get("first"), names.get("middle")]))
    country = _country(contact.address.get("country", ""), read)
    phone, mobile = _phones(contact, read, answers)
    for other in contact.emails[1:]:
        answers.add(_("Further e-mail address"), other)
    answers.add(_("Name affix"), names.get("suffix"))
    answers.add(_("Region"), contact.address.get("regioncode"))
    street = [contact.street, contact.address.get("apartment", "")]
    return ContactDraft(
        salutation=whole.salutation,
        title=whole.title,
        first_name=read.text(first, _lead_column("first_name")) or whole.first_name,
        last_name=read.text(names.get("last"), _lead_column("last_name")) or whole.last_name,
        company=read.text(contact.company, _lead_column("company")) or whole.company,
        email=read.email(contact.emails[0] if contact.emails else ""),
        phone=phone,
        mobile=mobile,
        street=read.text(" ".join(filter(None, street)), _lead_column("street")),
        postal_code=read.postal_code(contact.address.get("postalcode"), country or "DE"),
        city=read.text(contact.address.get("city"), _lead_column("city")),
        country=country,
    )


def _phones(contact: Contact, read: Reader, answers: Answers) -> tuple[str, str]:
    """(phone, mobile) by the kind that the sender gives; what has no place is an answer."""
    for one in contact.phones:
        if one.kind in _NO_VOICE:
            answers.add(_("Fax") if one.kind == "fax" else _("Pager"), one.number)
    voices = [one for one in contact.phones if one.kind not in _NO_VOICE]
    mobiles = [one.number for one in voices if one.kind in _MOBILE]
    others = [one.number for one in voices if one.kind not in _MOBILE]
    for number in [*others[1:], *mobiles[1:]]:
        answers.add(_("Further phone number"), number)
    return read.phones(next(iter(others), None), next(iter(mobiles), None))


def _country(text: str, read: Reader) -> str:
    return read.country(_COUNTRIES.get(text.strip().upper(), text))


def _preference(contact: Contact, read: Reader) -> dict[str, Any]:
    phone = next((one for one in contact.phones if one.is_preferred), None)
    phone = phone or next((one for one in contact.phones if one.time), None)
    prefers_phone = phone is not None and phone.is_preferred
    channel = ContactChannel.PHONE if prefers_phone else ""
    if contact.prefers_email and not channel:
        channel = ContactChannel.EMAIL
    time = phone.time if phone else ""
    times = {
        "morning": _("in the morning"),
        "afternoon": _("in the afternoon"),
        "evening": _("in the evening"),
        "day": _("during the day"),
        "nopreference": "",
    }
    return {
        "preferred_channel": str(channel),
        "preferred_time": read.text(times.get(time, time), _lead_column("preferred_time")),
    }


# --- vehicles --------------------------------------------------------------------------------


def _vehicle(vehicle: Vehicle, read: Reader) -> VehicleDraft:
    column, texts = partial(column_of, StockVehicle), vehicle.texts
    return VehicleDraft(
        internal_number=read.code(texts.get("stock"), column("internal_number")),
        vin=read.code(texts.get("vin"), column("vin")).upper(),
        make=read.text(texts.get("make"), column("make")),
        model=read.text(texts.get("model"), column("model")),
        variant=read.text(texts.get("trim"), column("variant")),
        condition=_CONDITIONS.get(vehicle.status, ""),
        mileage_km=_mileage(vehicle, read),
        price=_price(vehicle, read),
    )


def _mileage(vehicle: Vehicle, read: Reader) -> int | None:
    """In km; "42.100 km", "26,000 mi" and plain numbers with their unit beside them."""
    text = vehicle.texts.get("odometer", "")
    number = _number(text, read, "mileage_km", units=("km", "mi"))
    if number is None:
        return None
    if "mi" in text.lower() or vehicle.odometer_units.startswith("mi"):
        number *= _KM_PER_MILE
    if not 0 <= number <= LARGEST_INTEGER:
        read.warn(WarningCode.NUMBER_UNREADABLE, text, "mileage_km")
        return None
    return round(number)


def _price(vehicle: Vehicle, read: Reader) -> Decimal | None:
    if vehicle.currency not in ("", "eur"):
        read.warn(WarningCode.VALUE_UNKNOWN, vehicle.currency.upper(), "price")
        return None
    return _money(vehicle.texts.get("price", ""), read, column_of(StockVehicle, "price"))


def _money(text: str, read: Reader, column: Field[Any, Any]) -> Decimal | None:
    """EUR, also as "15.480,00 €"."""
    number = _number(text, read, column.name)
    return None if number is None else read.money(f"{number:.2f}", column)


def _number(
    text: str, read: Reader, field: str, *, units: tuple[str, ...] = ("€", "EUR", "Euro")
) -> Decimal | None:
    if not text:
        return None
    try:
        return parse_decimal(text, units=units)
    except ValueError:
        read.warn(WarningCode.NUMBER_UNREADABLE, text, field)
        return None


def _money_matters(prospect: Prospect, wanted: Vehicle, read: Reader) -> dict[str, Any]:
    finance = wanted.finance or prospect.finance or Finance()
    kind = read.choice(finance.method, _lead_column("finance_kind"), _PAYMENTS)
    if not kind and wanted.interest == "lease":
        kind = FinanceKind.LEASING
    amounts, balances = finance.amounts, finance.balances
    return {
        "finance_kind": str(kind),
        "finance_interest": kind != FinanceKind.CASH if kind else None,
        "down_payment": _money(amounts.get("downpayment", ""), read, _lead_column("down_payment")),
        "monthly_rate": _money(amounts.get("monthly", ""), read, _lead_column("monthly_rate")),
        "final_payment": _money(balances.get("residual", ""), read, _lead_column("final_payment")),
    }


# --- further answers -------------------------------------------------------------------------


def _add_answers(prospect: Prospect, wanted: Vehicle, answers: Answers) -> None:
    for vehicle in prospect.vehicles:
        if _is_trade_in(vehicle):
            answers.add(_("Trade-in vehicle"), _described(vehicle))
        elif vehicle is not wanted:
            answers.add(_("Further vehicle of interest"), _described(vehicle))
    labels = _labels()
    if not (wanted.texts.get("stock") or wanted.texts.get("vin")):
        # Otherwise it stands on the vehicle itself.
        answers.add(_("Mileage"), wanted.texts.get("odometer"))
    for name, text in wanted.texts.items():
        if name not in _READ:
            answers.add(labels.get(name, name), text)
    timeframe = prospect.timeframe
    span = [timeframe[name] for name in ("earliestdate", "latestdate") if timeframe.get(name)]
    planned = [timeframe.get("description", ""), " – ".join(span)]
    answers.add(_("Purchase planned"), ", ".join(filter(None, planned)))
    answers.add(_("Service of the provider"), prospect.provider.get("service"))
    answers.add(_("Customer number at the sender"), prospect.customer_id.value)


def _described(vehicle: Vehicle) -> str:
    """ "Volkswagen Polo, 2016, 98000 km, good" """
    texts = vehicle.texts
    name = " ".join(filter(None, [texts.get("make"), texts.get("model"), texts.get("trim")]))
    odometer = texts.get("odometer", "")
    if odometer and not odometer.lower().endswith(("km", "mi")):
        odometer = f"{odometer} {vehicle.odometer_units or 'km'}"
    rest = [texts.get(one, "") for one in texts if one not in {*_READ, "year"}]
    parts = [name, texts.get("year"), odometer, texts.get("price"), texts.get("vin"), *rest]
    return ", ".join(filter(None, [*parts, texts.get("comments")]))


def _labels() -> dict[str, str]:
    """How elements of a vehicle are called; what is missing here keeps its own name."""
    return {
        "year": _("Year of the model"),
        "doors": _("Doors"),
        "bodystyle": _("Body"),
        "transmission": _("Transmission"),
        "condition": _("Condition of the vehicle"),
        "interiorcolor": _("Interior colour"),
        "exteriorcolor": _("Exterior colour"),
        "imagetag": _("Picture"),
        "pricecomments": _("About the price"),
        "optionname": _("Options"),
    }


def _lead_column(name: str) -> Field[Any, Any]:
    return column_of(Lead, name)
