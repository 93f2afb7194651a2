"""JSON against a tree of kinds, leniently: what is not as agreed is dropped and named by its path.

A tree is a dict of property → kind; a kind is one of the names below, a Choice, a ListOf another
kind, or a dict for an object. Properties that the tree does not know are left out in silence.
Pure, and the same for every partner.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import phonenumbers
from django.utils.translation import gettext as _

_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Messages are read by people; more of them help nobody.
MAX_MESSAGES = 100
_MAX_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """A single value; names as below."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    words: frozenset[str]

    @classmethod
    def of(cls, words: str) -> Choice:
        return cls(frozenset(words.split()))


@dataclass(frozen=True, slots=True)
class ListOf:
    kind: Any


TEXT = Kind("text")
DATE = Kind("date")  # YYYY-MM-DD
NUMBER = Kind("number")
WHOLE = Kind("whole")
FLAG = Kind("flag")
COUNTRY = Kind("country")  # ISO 3166 alpha-2, as far as Europace knows it

# Those without a place in KEX; AC and TA are only in the telephone plan.
_NO_COUNTRY = Choice.of(
    "AC AI AQ AS AW AX BL BM BQ BV CC CW CX EH FK FO GF GG GI GL GP GS GU HK HM IM IO JE KY MF MO"
    " MP MQ MS NC NF PF PM PN PR RE SH SJ SX TA TC TF TK TW UM VG VI WF YT"
)
COUNTRIES = (frozenset(phonenumbers.SUPPORTED_REGIONS) - _NO_COUNTRY.words) | {"SONSTIGE"}


@dataclass
class Check:
    """Collects what was dropped, as "path: what was expected"; never with the value."""

    messages: list[str] = field(default_factory=list)

    def say(self, path: str, message: str) -> None:
        if len(self.messages) < MAX_MESSAGES:
            self.messages.append(f"{path}: {message}")

    def read(self, value: Any, kind: Any, path: str = "") -> Any:
        """The value without what is not as agreed; None if nothing is left of it."""
        if value is None:
            return None
        if isinstance(kind, Mapping):
            return self._object(value, kind, path)
        if isinstance(kind, ListOf):
            return self._list(value, kind.kind, path)
        if isinstance(kind, Choice):
            return self._word(value, kind.words, path)
        return self._single(value, kind, path)

    def _object(self, value: Any, tree: Mapping[str, Any], path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.say(path, _("object expected, value dropped"))
            return {}
        found = {}
        for name, kind in tree.items():
            read = self.read(value.get(name), kind, f"{path}.{name}".lstrip("."))
            if read is not None:
                found[name] = read
        return found

    def _list(self, value: Any, kind: Any, path: str) -> list[Any]:
        if not isinstance(value, list):
            self.say(path, _("list expected, value dropped"))
            return []
        read = (
            self.read(one, kind, f"{path}[{place}]")
            for place, one in enumerate(value[:_MAX_ENTRIES])
        )
        return [one for one in read if one is not None]

    def _word(self, value: Any, words: frozenset[str], path: str) -> str | None:
        if isinstance(value, str) and value in words:
            return value
        self.say(path, _("unknown value, dropped"))
        return None

    def _single(self, value: Any, kind: Kind, path: str) -> Any:
        if kind == TEXT and _is_number(value):
            self.say(path, _("text expected, the number was taken as text"))
            return str(value)
        if _fits(value, kind):
            return value
        self.say(path, _expected()[kind.name])
        return None


def _fits(value: Any, kind: Kind) -> bool:
    if kind == FLAG:
        return isinstance(value, bool)
    if kind == NUMBER:
        return _is_number(value)
    if kind == WHOLE:
        return _is_number(value) and value == int(value)
    if not isinstance(value, str):
        return False
    if kind == DATE:
        return _is_date(value)
    return kind == TEXT or value in COUNTRIES


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)


def _is_date(value: str) -> bool:
    if not _ISO_DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _expected() -> dict[str, str]:
    return {
        "text": _("text expected, value dropped"),
        "date": _("date in the format YYYY-MM-DD expected, value dropped"),
        "number": _("number expected, value dropped"),
        "whole": _("whole number expected, value dropped"),
        "flag": _("true or false expected, value dropped"),
        "country": _("unknown country, value dropped"),
    }
