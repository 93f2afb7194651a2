"""Signs that nobody sees and that spoil phones and addresses: they come along when text is copied
from a phone or a web page. leads/models/keys.py takes them off; here they are found."""

import re

# Marks of the writing direction, zero-width blanks, byte order marks; and NUL.
INVISIBLE = "\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
_PATTERN = re.compile(f"[{INVISIBLE}\0]")
_IN_JSON = re.compile(f"[{INVISIBLE}]|\\\\u0000")


def has_invisible(text: str) -> bool:
    return bool(_PATTERN.search(text))


def json_has_invisible(document: str) -> bool:
    """The same for JSON, where NUL is escaped."""
    return bool(_IN_JSON.search(document))
