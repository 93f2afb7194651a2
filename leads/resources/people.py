"""People's names as lists write them, in one cell."""

import re

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
_TITLE = re.compile(
    r"(?:prof|dr|dipl|mag|ing|med|rer|nat|jur|phil|h\.c|habil)\.?(?:-\w+\.?)?|professor|doktor",
    re.IGNORECASE,
)
# "Erika von der Heide": these belong to the last name.
_PARTICLES = frozenset(
    ["von", "vom", "van", "de", "der", "den", "zu", "zum", "zur", "ten", "di", "da", "del", "la"]
)
_COMPANY = re.compile(
    r"\b(?:gmbh|mbh|ag|kg|ohg|ug|gbr|e\.\s?k|e\.\s?v|se|kgaa|ltd|inc|stiftung|autohaus)(?!\w)",
    re.IGNORECASE,
)


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


def split_name(text: str) -> dict[str, str]:
    """ "Dr. Müller, Hans" → title, last_name, first_name; a company's name → company.

    Without a comma the last word is the last name, with the particles before it.
    """
    if _COMPANY.search(text):
        return {"company": text}
    salutation, title, rest = split_salutation(text)
    last, comma, first = map(str.strip, rest.partition(","))
    if comma:
        _word, more_title, first = split_salutation(first)
        title = title or more_title
    else:
        words = rest.split()
        start = max(len(words) - 1, 0)
        while start > 0 and words[start - 1].casefold() in _PARTICLES:
            start -= 1
        first, last = " ".join(words[:start]), " ".join(words[start:])
    found = {"salutation": salutation, "title": title, "first_name": first, "last_name": last}
    return {name: value for name, value in found.items() if value}
