"""Call mails of AutoScout24: the subject says accepted or missed, an HTML comment has the XML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from integrations.loose_xml import NotReadable, element_of

VERSION = 1
SENDERS = ("no-reply@rtm.autoscout24.com",)

_SUBJECT = re.compile(r"\b(angenommener|verpasster)\s+anruf\b", re.I)
_XML = re.compile(r"<[A-Za-z].*>", re.S)
# Our word for theirs, in lower case without signs [assumption].
_NAMES = {
    **dict.fromkeys(("callernumber", "caller", "phone", "phonenumber", "anrufer"), "phone"),
    **dict.fromkeys(("callernummer", "anrufernummer", "from", "callingnumber"), "phone"),
    **dict.fromkeys(("make", "marke", "brand"), "make"),
    **dict.fromkeys(("model", "modell"), "model"),
    **dict.fromkeys(("offerreference", "internalnumber", "angebotsnummer"), "internal_number"),
    **dict.fromkeys(("vehicleid", "listingid", "adid", "classifiedid"), "offer_number"),
    **dict.fromkeys(("callid", "id"), "id"),
    **dict.fromkeys(("starttime", "calltime", "time", "timestamp", "zeitpunkt", "date"), "at"),
    **dict.fromkeys(("vin", "fin"), "vin"),
}


@dataclass(frozen=True, slots=True)
class Call:
    """`values` by our words (phone, make, model, internal_number, offer_number, id, at, vin);
    `further` by theirs."""

    is_missed: bool
    values: dict[str, str] = field(default_factory=dict)
    further: dict[str, str] = field(default_factory=dict)


def is_call_subject(subject: str) -> bool:
    return _SUBJECT.search(subject) is not None


def has_xml(comments: str) -> bool:
    return _XML.search(comments) is not None


def call_in(subject: str, comments: str) -> Call:
    """Raises NotReadable if there is no XML with a caller or a car."""
    match, snippet = _SUBJECT.search(subject), _XML.search(comments)
    if match is None or snippet is None:
        raise NotReadable
    call = Call(is_missed=match[1].lower() == "verpasster")
    for name, text in _leaves(element_of(snippet[0])):
        ours = _NAMES.get(re.sub(r"[^a-z]", "", name))
        if ours:
            call.values.setdefault(ours, text)
        else:
            call.further.setdefault(name, text)
    if not {"phone", "make", "model", "internal_number"} & call.values.keys():
        raise NotReadable
    return call


def _leaves(element: Element) -> Iterator[tuple[str, str]]:
    for one in element.iter():
        text = " ".join((one.text or "").split())
        if text and len(one) == 0:
            yield one.tag, text
        for name, value in one.attrib.items():
            yield name, value.strip()
