"""Cells and headers of a list as values and as texts."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from leads.models.keys import clean_text, fold

# Longer texts do not fit into a cell of Excel.
MAX_CELL_TEXT = 32_000


def header_key(header: str) -> str:
    """ "E-Mail", "e mail" and "EMail:" are one header."""
    return re.sub(r"[^a-z0-9]", "", fold(header))


def cell_text(cell: Any) -> str:
    """A cell as somebody would type it into a German sheet."""
    match cell:
        case str():  # most are
            return clean_text(cell, multiline=True)
        case None:
            return ""
        case bool():
            return _("yes") if cell else _("no")
        case float():
            return repr(cell).replace(".", ",")
        case Decimal():
            return format(cell, "f").replace(".", ",")
        case datetime():
            return cell.strftime("%d.%m.%Y %H:%M")
        case date():
            return cell.strftime("%d.%m.%Y")
        case time():
            return cell.strftime("%H:%M")
    return str(cell)


def in_windows(text: str) -> str:
    """What is left of a text in a file in Windows-1252: signs that it lacks are question marks."""
    return text if text.isascii() else text.encode("cp1252", "replace").decode("cp1252")


def is_empty(cell: Any) -> bool:
    """Whether nobody sees anything in it."""
    if isinstance(cell, str):  # nearly always its first sign says so
        return not cell[:1].isalnum() and cell_text(cell) == ""
    return cell is None


def line_text(cell: Any) -> str:
    """The same on one line, with single blanks."""
    return clean_text(cell if isinstance(cell, str) else cell_text(cell))


def shortened(text: str) -> str:
    """As much as fits into a cell. Excel counts in units of UTF-16, of which an emoji takes two."""
    if 2 * len(text) <= MAX_CELL_TEXT:
        return text
    units = text.encode("utf-16-le", "replace")
    if len(units) <= 2 * MAX_CELL_TEXT:
        return text
    return units[: 2 * MAX_CELL_TEXT].decode("utf-16-le", "ignore") + "…"


_AS_IT_IS = frozenset({str, int, float, bool, type(None)})
_TIMES: dict[str, Any] = {"datetime": datetime, "date": date, "time": time}


def cell_to_json(cell: Any) -> Any:
    """Text, number, truth value as they are; {"date": "2026-12-31"} and likewise for times."""
    if type(cell) not in _AS_IT_IS:
        for name, kind in _TIMES.items():
            if isinstance(cell, kind):
                return {name: cell.isoformat()}
    return cell


def cell_from_json(cell: Any) -> Any:
    if isinstance(cell, dict):
        [(name, text)] = cell.items()
        return _TIMES[name].fromisoformat(text)
    return cell
