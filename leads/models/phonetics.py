"""Kölner Phonetik: names that sound alike in German have the same code.

H. J. Postel, „Die Kölner Phonetik“, IBM-Nachrichten 19 (1969).
"""

from functools import lru_cache

from leads.models.keys import fold

_CODES = {
    **dict.fromkeys("aeijouy", "0"),
    **dict.fromkeys("bp", "1"),
    **dict.fromkeys("dt", "2"),
    **dict.fromkeys("fvw", "3"),
    **dict.fromkeys("gkq", "4"),
    "x": "48",
    "l": "5",
    **dict.fromkeys("mn", "6"),
    "r": "7",
    **dict.fromkeys("sz", "8"),
    "h": "",
}


@lru_cache(4096)  # last names come again, in the draft and the customers it is compared with
def cologne_code(name: str) -> str:
    """ "Müller-Lüdenscheidt" → "65752682"; "" where no Latin letter has a sound."""
    letters = [letter for letter in fold(name) if "a" <= letter <= "z"]
    code = ""
    for before, letter, after in zip(["", *letters], letters, [*letters[1:], ""], strict=False):
        for digit in _digits(before, letter, after):
            code += digit if code[-1:] != digit else ""
    return code[:1] + code[1:].replace("0", "")


def _digits(before: str, letter: str, after: str) -> str:
    """The code of a letter between its neighbours; "" stands for the begin or end of the name."""
    if letter == "c":
        hard = "ahkloqrux" if not before else "ahkoqux"
        return "4" if after and after in hard and before not in ("s", "z") else "8"
    if letter == "p" and after == "h":
        return "3"
    if letter in "dt" and after and after in "csz":
        return "8"
    if letter == "x" and before and before in "ckq":
        return "8"
    return _CODES[letter]
