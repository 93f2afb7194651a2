"""People's names as Germans write them in one piece. Pure, and never fails."""

from __future__ import annotations

import re
from typing import NamedTuple

_SALUTATIONS = {
    "herr": "mr",
    "herrn": "mr",
    "hr.": "mr",
    "mr": "mr",
    "mr.": "mr",
    "frau": "ms",
    "fr.": "ms",
    "ms": "ms",
    "ms.": "ms",
    "mrs": "ms",
    "mrs.": "ms",
    "divers": "diverse",
}
# "Dr.", "Dipl.-Ing.", "h.c."
_TITLE = re.compile(
    r"(?:prof|dr|dipl|mag|ing|med|rer|nat|jur|phil|h\.?c|habil)\.?(?:-\w+\.?)?|professor|doktor",
    re.IGNORECASE,
)
# What belongs to the last name although it is a word of its own: "Erika von der Heide".
_PARTICLES = {"von", "vom", "van", "de", "den", "der", "di", "da", "del", "du", "la", "le"}
_PARTICLES |= {"ten", "zu", "zum", "zur"}
# The short ones in capitals alone: "Ag" may be anything.
_COMPANY = re.compile(
    r"\b(?:AG|UG|SE|(?i:gmbh|mbh|kg|kgaa|ohg|gbr|ltd|inc|e\.\s?[kvg]|stiftung|autohaus|firma|fa\.))"
    r"(?!\w)"
)


class PersonName(NamedTuple):
    """The parts of a name; salutation "mr", "ms", "diverse" or "" (models.contact.Salutation)."""

    salutation: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""


def split_salutation(text: str) -> tuple[str, str, str]:
    """ "Frau Prof. Dr. Erika Groß" → ("ms", "Prof. Dr.", "Erika Groß"); parts may be empty."""
    words = text.split()
    salutation = ""
    if words and words[0].casefold() in _SALUTATIONS:
        salutation = _SALUTATIONS[words.pop(0).casefold()]
    end = 0
    while end < len(words) and _TITLE.fullmatch(words[end]):
        end += 1
    return salutation, " ".join(words[:end]), " ".join(words[end:])


def split_name(text: str) -> PersonName:
    """ "Frau Dr. Jana von Testmann", "Testmann, Dr. Jana", "Musterbau GmbH" → the parts.

    A single word is a last name. What does not look like a name is one all the same: somebody
    has to be greeted.
    """
    if _COMPANY.search(text):
        return PersonName(company=text.strip())
    salutation, title, rest = split_salutation(text)
    if not rest:
        return PersonName(salutation if title else "", last_name=title or text.strip())
    last, comma, first = map(str.strip, rest.partition(","))
    if comma:
        word, more, first = split_salutation(first)
        return PersonName(salutation or word, f"{title} {more}".strip(), first, last)
    words = rest.split()
    begin = len(words) - 1
    while begin > 0 and words[begin - 1].casefold() in _PARTICLES:
        begin -= 1
    return PersonName(salutation, title, " ".join(words[:begin]), " ".join(words[begin:]))
