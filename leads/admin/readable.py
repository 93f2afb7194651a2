"""Messages as people can read them. Text only: who shows it, escapes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

_MAX_FIELDS = 1000
_DEEPEST = 30  # levels that are indented
# Each character belongs to one token, so that the time does not explode with the text.
_XML_TOKEN = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<[^<>]*>|[^<]+|<", re.S)
_FORM = re.compile(r"[^\s<>{}=&]+=[^\s<>{}]*")


def readable(text: str) -> str:
    """JSON and XML on indented lines, a form with a line for each field; all else as it came."""
    start = text.lstrip()[:1]
    if start in ("{", "["):
        return _json(text)
    if start == "<":
        return "\n".join(_xml_lines(text))
    return _form(text) if _FORM.fullmatch(text) else text


def json_error(text: str) -> tuple[int, int] | None:
    """(line, column) from which the text is no JSON; None if all of it is."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.lineno, error.colno
    except (ValueError, RecursionError):
        return 1, 1
    return None


def _json(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _form(text: str) -> str:
    try:
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        return text
    return "\n".join(f"{name}: {value}" for name, value in fields)


def _xml_lines(text: str) -> Iterator[str]:
    """Not parsed, only laid out: it shows also what is broken."""
    tokens = [token for token in map(str.strip, _XML_TOKEN.findall(text)) if token]
    depth, place = 0, 0
    while place < len(tokens):
        count = _length_of_line(tokens[place : place + 3])
        first = tokens[place]
        if _closes(first):
            depth = max(0, depth - 1)
        yield "  " * min(depth, _DEEPEST) + "".join(tokens[place : place + count])
        if _opens(first) and count == 1:
            depth += 1
        place += count


def _length_of_line(tokens: list[str]) -> int:
    """How many of these tokens stand on one line: an element without others in it does."""
    if not _opens(tokens[0]):
        return 1
    if len(tokens) > 1 and _closes(tokens[1]):
        return 2
    is_short = len(tokens) > 2 and not _is_tag(tokens[1]) and _closes(tokens[2])
    return 3 if is_short else 1


def _is_tag(token: str) -> bool:
    return token.startswith("<") and token.endswith(">") and not token.startswith("<![")


def _closes(token: str) -> bool:
    return _is_tag(token) and token.startswith("</")


def _opens(token: str) -> bool:
    return _is_tag(token) and not token.startswith(("</", "<?", "<!")) and token[-2:] != "/>"
