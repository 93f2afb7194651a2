"""The Vorgang of Dr. Klein and Europace (KEX), flat or as an envelope, and what is wrong in it.

Lenient as the original: a value that is not as agreed is dropped and named in `messages`, unknown
properties are nobody's business. Source: README.md here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from django.utils.translation import gettext as _

from integrations.checking import TEXT, Check, ListOf
from integrations.drklein.tree import JOBS, TIPSTER, VORGANG

# Any JSON value: nobody has promised us types.
Json = Any

# Ours, beside the sender's own properties: {"environment": "PRODUCTION"}
ENVELOPE = "leadoffice"
PRODUCTION = "PRODUCTION"

_VEHICLE_PURCHASE = "FAHRZEUGKAUF"
# Both spellings of the documents.
_SALES_KEYS = ("vertriebsschlüssel", "vertriebsschluessel")
# Additional values whose kind is known.
_FLAGS = ("einwilligungUnterschrieben",)
_MAX_PAIRS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Vorgang:
    """One Vorgang as far as it is as agreed; objects are dicts with the properties of the tree.

    `custom` holds the additional values of Dr. Klein's partners by their key.
    """

    applicant: Mapping[str, Any] = field(default_factory=dict)
    second_applicant: Mapping[str, Any] = field(default_factory=dict)
    need: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    own_number: str = ""
    comments: tuple[str, ...] = ()
    tipster: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Json] = field(default_factory=dict)
    is_real: bool = False
    # KEX wants to know its adviser; the envelope of profile B has no place for one.
    lacks_adviser: bool = False
    # What was dropped, each with its path within the Vorgang.
    messages: tuple[str, ...] = ()

    @classmethod
    def from_payload(cls, data: dict[str, Json]) -> Self:
        """Flat (profile A), or an envelope (profile B) if there is an object `vorgang`."""
        check = Check()
        inner = data.get("vorgang")
        kex = inner if isinstance(inner, dict) else data
        read = check.read(kex, VORGANG)
        _drop_superfluous(kex, read, check)
        tipster = data.get("tippgeber", kex.get("tippgeber"))
        ours = data.get(ENVELOPE)
        return cls(
            applicant=read.get("antragsteller1", {}),
            second_applicant=read.get("antragsteller2", {}),
            need=read.get("finanzbedarf", {}),
            source=read.get("leadquelle", ""),
            own_number=read.get("eigeneVorgangsnummer", "").strip(),
            comments=tuple(_comments(data, kex, check)),
            tipster=check.read(tipster, TIPSTER, "tippgeber") or {},
            custom=dict(_custom(data, kex, check)),
            is_real=isinstance(ours, dict) and ours.get("environment") == PRODUCTION,
            lacks_adviser=kex is data and not _adviser(read),
            messages=tuple(check.messages),
        )

    def missing(self, *, adviser: bool) -> str:
        """The path of what a Vorgang that cannot be used lacks; `adviser`: whether it needs one."""
        lacks_adviser = adviser and self.lacks_adviser
        return "kundenbetreuer.partnerId" if lacks_adviser else "antragsteller1.personendaten"


def _adviser(read: Mapping[str, Any]) -> str:
    return str(read.get("kundenbetreuer", {}).get("partnerId", "")).strip()


def _drop_superfluous(kex: dict[str, Json], read: dict[str, Any], check: Check) -> None:
    """Values that mean nothing where they stand."""
    first = "antragsteller1"
    if read.get(first, {}).get("wohnsituation", {}).pop("gemeinsamerHaushalt", None) is not None:
        path = f"{first}.wohnsituation.gemeinsamerHaushalt"
        check.say(path, _("only for antragsteller2, dropped"))
    for name in (first, "antragsteller2"):
        job = read.get(name, {}).get("beschaeftigung", {})
        kind = str(job.get("beschaeftigungsart", "")).lower()
        for other in [one for one in JOBS if one in job and one != kind]:
            del job[other]
            check.say(
                f"{name}.beschaeftigung.{other}", _("does not fit beschaeftigungsart, dropped")
            )
    need = read.get("finanzbedarf", {})
    if "fahrzeugkauf" in need and need.get("finanzierungszweck") != _VEHICLE_PURCHASE:
        del need["fahrzeugkauf"]
        check.say("finanzbedarf.fahrzeugkauf", _("only with the purpose FAHRZEUGKAUF, dropped"))


def _comments(data: dict[str, Json], kex: dict[str, Json], check: Check) -> Iterator[str]:
    """At both levels; a single text instead of a list is a comment all the same."""
    for place in (kex, data) if kex is not data else (data,):
        given = place.get("kommentare")
        if isinstance(given, str):
            check.say("kommentare", _("list expected, the text was taken as the only entry"))
            given = [given]
        yield from check.read(given, ListOf(TEXT), "kommentare") or []


def _custom(
    data: dict[str, Json], kex: dict[str, Json], check: Check
) -> Iterator[tuple[str, Json]]:
    """`data` and `custom` as a list of {key, value}, `custom` also as an object."""
    partner = data.get("partner")
    places = [("data", data.get("data")), ("custom", data.get("custom"))]
    if isinstance(partner, dict):
        places.append(("partner.custom", partner.get("custom")))
    for name in _SALES_KEYS:
        for place in (data, kex):
            if isinstance(place.get(name), str):
                yield _SALES_KEYS[1], place[name]
    for path, given in places:
        for key, value, where in _pairs(given, path, check):
            if key == _SALES_KEYS[0]:
                key = _SALES_KEYS[1]
            if key in _FLAGS and not isinstance(value, bool):
                check.say(where, _("true or false expected, value dropped"))
            elif isinstance(value, str | int | float | bool):
                yield key, value
            elif value is not None:
                check.say(where, _("single value expected, dropped"))


def _pairs(given: Json, path: str, check: Check) -> Iterator[tuple[str, Json, str]]:
    """(key, value, path)"""
    if isinstance(given, dict):
        for key, value in list(given.items())[:_MAX_PAIRS]:
            yield key, value, f"{path}.{key}"
    elif isinstance(given, list):
        for place, entry in enumerate(given[:_MAX_PAIRS]):
            key = entry.get("key") if isinstance(entry, dict) else None
            if isinstance(key, str) and key:
                yield key, entry.get("value"), f"{path}[{place}].value"
            else:
                check.say(f"{path}[{place}]", _("without a key, dropped"))
    elif given is not None:
        check.say(path, _("list expected, value dropped"))
