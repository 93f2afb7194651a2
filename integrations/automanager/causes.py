"""Why a platform refused a car, from the code or words of its feedback (AM-21)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from leads.models.keys import fold


class Cause(StrEnum):
    ENVKV = "envkv"
    MANDATORY = "mandatory"
    MODEL = "model"
    PRICE = "price"
    IMAGE = "image"
    ACCOUNT = "account"
    BOOKING = "booking"
    OTHER = "other"


# AutoScout24's codes (LCA, 2021; the documents are out of date, codes may differ).
_CODES = {
    **dict.fromkeys(("50058", "50059", "50060", "50061", "50062"), Cause.ENVKV),
    **dict.fromkeys(("50001", "50004"), Cause.MANDATORY),
    **dict.fromkeys(("50030", "50040", "50041"), Cause.MODEL),
    **dict.fromkeys(("50087", "50105", "50077"), Cause.ACCOUNT),
    **dict.fromkeys(("50088", "50089", "50090", "50091", "50092", "50096"), Cause.BOOKING),
}
# Words as they stand in fields and texts, folded; the first that fits decides.
_WORDS = (
    (Cause.ENVKV, r"envkv|wltp|verbrauch|consumption|emission|co2|energieeffizienz|kraftstoffart"),
    (Cause.IMAGE, r"\bbild|image|foto|photo|picture"),
    (Cause.PRICE, r"preis|price|mwst|\bvat"),
    (Cause.BOOKING, r"buchung|booking|top-inserat|blickfaenger|\bpremium|\bplus\b"),
    (
        Cause.ACCOUNT,
        r"kundennummer|haendlernummer|datendienstleister|account|customer|seller"
        r"|provider|berechtig|zugang|kontingent",
    ),
    (Cause.MODEL, r"\bmarke|\bmodell|\bmake\b|\bmodel\b|modelkey|makekey"),
    (Cause.MANDATORY, r"pflicht|mandatory|required|fehlt|missing|\bleer\b|empty"),
)
_PATTERNS = [(cause, re.compile(words)) for cause, words in _WORDS]


def cause_of(feedback: Iterable[Mapping[str, str]]) -> tuple[Cause, str]:
    """The cause, and what else tells it apart: the code or the words, if the cause is OTHER.

    Errors speak first; a field's name says more than the sentence around it.
    """
    told = sorted(feedback, key=lambda one: one.get("severity") != "error")
    for one in told:
        if cause := _CODES.get(one.get("code", "")):
            return cause, ""
    for one in told:
        for name in ("field", "text"):
            words = fold(one.get(name, ""))
            for cause, pattern in _PATTERNS:
                if words and pattern.search(words):
                    return cause, ""
    first = told[0] if told else {}
    return Cause.OTHER, first.get("code", "") or fold(first.get("text", ""))[:60]
