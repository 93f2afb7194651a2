"""ADF 1.0 (Auto-lead Data Format), element by element; texts are kept as they came.

Names of elements and attributes are in lower case (loose_xml.py).
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Self
from xml.etree.ElementTree import Element

from integrations.loose_xml import check_entities

MAX_PROSPECTS = 500

# "<prospect" and not "<prospects"; likewise its end.
_BEGIN = re.compile(r"<prospect(?=[\s/>])", re.I)
_END = re.compile(r"</prospect\s{0,20}>", re.I)
_ESCAPED_BEGIN = re.compile(r"&lt;prospect\b", re.I)


def prospects_in(text: str) -> list[str]:
    """The text of each prospect, wherever they stand: after a greeting, in an HTML mail, below
    declarations in any order. [] if there is none that ends. Raises NotReadable."""
    check_entities(text)
    if not _BEGIN.search(text) and _ESCAPED_BEGIN.search(text):
        text = html.unescape(text)  # shown as text in an HTML mail
    found: list[str] = []
    place = 0
    while len(found) < MAX_PROSPECTS:
        begin = _BEGIN.search(text, place)
        end = _END.search(text, begin.end()) if begin else None
        if begin is None or end is None:
            break
        found.append(text[begin.start() : end.end()])
        place = end.end()
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """`id`: what something is called at its source."""

    value: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vehicle:
    """`texts` has every simple element by its name, `finance` those below finance."""

    interest: str = "buy"
    status: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    odometer_units: str = ""
    currency: str = ""
    finance: Finance | None = None

    @classmethod
    def from_element(cls, element: Element) -> Self:
        price, odometer = element.find("price"), element.find("odometer")
        finance = element.find("finance")
        return cls(
            interest=_attribute(element, "interest") or "buy",
            status=_attribute(element, "status"),
            texts=dict(_texts(element, but=["finance", "id"])),
            odometer_units=_attribute(odometer, "units"),
            currency=_attribute(price, "currency"),
            finance=Finance.from_element(finance) if finance is not None else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Finance:
    """Amounts by their type: downpayment, monthly, total; balance by finance, residual."""

    method: str = ""
    amounts: dict[str, str] = field(default_factory=dict)
    balances: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        return cls(
            method=_text(element.find("method")).lower(),
            amounts={_attribute(one, "type"): _text(one) for one in element.findall("amount")},
            balances={_attribute(one, "type"): _text(one) for one in element.findall("balance")},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    number: str
    kind: str = ""
    time: str = ""
    is_preferred: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """`names` by part (first, middle, last, suffix, full); `address` by element."""

    names: dict[str, str] = field(default_factory=dict)
    company: str = ""
    emails: tuple[str, ...] = ()
    prefers_email: bool = False
    phones: tuple[Phone, ...] = ()
    street: str = ""
    address: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        names: dict[str, str] = {}
        company = ""
        for one in element.findall("name"):
            if _attribute(one, "type") == "business":
                company = company or _text(one)
            else:
                names.setdefault(_attribute(one, "part") or "full", _text(one))
        emails = element.findall("email")
        address = element.find("address")
        return cls(
            names=names,
            company=company,
            emails=tuple(filter(None, map(_text, emails))),
            prefers_email=any(_attribute(one, "preferredcontact") == "1" for one in emails),
            phones=tuple(
                Phone(
                    number=_text(one),
                    kind=_attribute(one, "type"),
                    time=_attribute(one, "time"),
                    is_preferred=_attribute(one, "preferredcontact") == "1",
                )
                for one in element.findall("phone")
                if _text(one)
            ),
            street=" ".join(filter(None, map(_text, _all(address, "street")))),
            address=dict(_texts(address, but=["street"])) if address is not None else {},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """One enquiry; "" and empty mean that nothing was said."""

    status: str = "new"
    id: Number = field(default_factory=Number)
    request_date: str = ""
    vehicles: tuple[Vehicle, ...] = ()
    finance: Finance | None = None  # where it does not belong: directly below the prospect
    contact: Contact = field(default_factory=Contact)
    customer_id: Number = field(default_factory=Number)
    timeframe: dict[str, str] = field(default_factory=dict)
    comments: tuple[str, ...] = ()
    vendor_id: Number = field(default_factory=Number)
    provider: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_element(cls, element: Element) -> Self:
        customer, finance = element.find("customer"), element.find("finance")
        contact, timeframe = element.find("customer/contact"), element.find("customer/timeframe")
        provider = element.find("provider")
        places = (customer, element)
        comments = [one for place in places for one in _all(place, "comments")]
        return cls(
            status=_attribute(element, "status") or "new",
            id=_first_id(element),
            request_date=_text(element.find("requestdate")),
            vehicles=tuple(map(Vehicle.from_element, element.findall("vehicle"))),
            finance=Finance.from_element(finance) if finance is not None else None,
            contact=Contact.from_element(contact) if contact is not None else Contact(),
            customer_id=_first_id(customer),
            timeframe=dict(_texts(timeframe)) if timeframe is not None else {},
            comments=tuple(filter(None, (_text(one, multiline=True) for one in comments))),
            vendor_id=_first_id(element.find("vendor")),
            provider=dict(_texts(provider, but=["contact", "id"])) if provider is not None else {},
        )


def _first_id(element: Element | None) -> Number:
    """The first id with a value, otherwise the first; its source may be missing."""
    numbers = [
        Number(value=_text(one), source=_attribute(one, "source", fold=False))
        for one in _all(element, "id")
    ]
    return next((one for one in numbers if one.value), next(iter(numbers), Number()))


def _all(element: Element | None, tag: str) -> list[Element]:
    return element.findall(tag) if element is not None else []


def _texts(element: Element, *, but: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """(name, text) of every element below that has text; the first of a name counts."""
    seen: set[str] = set()
    for child in element:
        if child.tag in but:
            continue
        for one in child.iter():
            if (text := _text(one, multiline=True)) and one.tag not in seen:
                seen.add(one.tag)
                yield one.tag, text


def _text(element: Element | None, *, multiline: bool = False) -> str:
    text = (element.text or "") if element is not None else ""
    return text.strip() if multiline else " ".join(text.split())


def _attribute(element: Element | None, name: str, *, fold: bool = True) -> str:
    value = element.get(name, "").strip() if element is not None else ""
    return value.lower() if fold else value
