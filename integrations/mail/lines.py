"""Lines like "Telefon: 030 23125 101" in a text, by what they mean in lists of leads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from leads.resources.columns import LEADS

_LINE = re.compile(r"[\s*•·–-]{0,5}([^\s:][^:\n]{0,59}?)[*\s]{0,5}:[*\s]{0,5}(.*)")
_LONG = ("message", "note")
_MAX_WORDS = 5
_MAX_LINES = 2000
# "https://…", "10:30", and the lines that mail programs put above what is forwarded.
_NO_NAMES = {"http", "https", "mailto", "an", "von", "cc", "gesendet", "to", "from", "sent"}


@dataclass(frozen=True, slots=True)
class Fields:
    """`known` by the name of the column, `further` by their own; the first of a name counts."""

    known: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_form(self) -> bool:
        """Whether somebody is named and can be reached: then it is a form and not prose."""
        names = {"name", "first_name", "last_name", "company"} & self.known.keys()
        return bool(names) and bool({"email", "phone", "mobile"} & self.known.keys())

    def without(self, words: re.Pattern[str]) -> Fields:
        """Without further lines in which these words occur."""
        kept = {
            name: value
            for name, value in self.further.items()
            if not words.search(f"{name} {value}")
        }
        return Fields(self.known, kept)


def fields_in(text: str) -> Fields:
    """A value may stand on the next line; a message goes on until the next line with a name.
    What is quoted from another mail does not count."""
    known: dict[str, str] = {}
    further: dict[str, str] = {}
    target, name = known, ""
    for line in text.splitlines()[:_MAX_LINES]:
        if line.lstrip().startswith(">"):
            name = ""
            continue
        match = _LINE.fullmatch(line)
        label = match[1].strip() if match else ""
        column = LEADS.column_for(label) if label else None
        if match and (column or (_is_name(label) and name not in _LONG)):
            target, name = (known, column.name) if column else (further, label)
            if name in target:
                name = ""  # said before
                continue
            target[name] = match[2].strip()
        elif name and (name in _LONG or (line.strip() and not target[name])):
            target[name] = f"{target[name]}\n{line.rstrip()}".lstrip("\n")
        elif not line.strip():
            name = name if name in _LONG or (name and not target[name]) else ""
    return Fields(
        {key: value.strip() for key, value in known.items() if value.strip()},
        {key: value.strip() for key, value in further.items() if value.strip()},
    )


def _is_name(label: str) -> bool:
    if label.casefold() in _NO_NAMES or len(label.split()) > _MAX_WORDS:
        return False
    return label[0].isalpha() and not label.endswith((".", ",", "!", "?"))
