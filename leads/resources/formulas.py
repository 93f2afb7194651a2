"""Texts that a spreadsheet program might run as a formula, made harmless and restored."""

import re

# A text that starts like this may be run as a formula by the program that opens the file. The
# full-width twins are folded to the plain signs by some of them.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\0＝＋－＠]")


def is_formula_like(text: str) -> bool:
    return bool(_FORMULA.match(text))


def neutralise(text: str) -> str:
    """An apostrophe in front keeps it a text; `restore` takes it off again."""
    return f"'{text}" if is_formula_like(text) else text


def restore(text: str) -> str:
    return text[1:] if text.startswith("'") and is_formula_like(text) else text
