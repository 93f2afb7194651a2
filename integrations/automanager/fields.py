"""Properties of the objects that Automanager sends, read one by one: tolerant of what is unknown,
strict about what is of the wrong kind."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from integrations.models.export_control import ID_LENGTH
from leads.models.keys import clean_text

_MAX_NUMBER = 2_000_000_000
_MAX_PRICE = Decimal(10) ** 10
_MAX_NOTED = 50  # remarks of a kind; more help nobody
_MAX_LIST = 50  # words in one list
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Broken(Exception):
    """An item that is not as agreed; the text is the path of the property."""


@dataclass
class Remarks:
    """What was odd: `unknown` words {"state: paused"}, `broken` items {"runs: sent_at"}."""

    unknown: dict[str, int] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)

    def note(self, notes: dict[str, int], text: str) -> None:
        if text in notes or len(notes) < _MAX_NOTED:
            notes[text] = notes.get(text, 0) + 1


class Reader:
    """Properties of one object. A value of the wrong kind raises Broken."""

    def __init__(self, data: Any, remarks: Remarks, path: str) -> None:
        if not isinstance(data, dict):
            raise Broken(path or "?")
        self._data = data
        self._remarks = remarks
        self._path = f"{path}." if path else ""

    def has(self, name: str) -> bool:
        return self._data.get(name) is not None

    def inner(self, name: str) -> Reader | None:
        if not self.has(name):
            return None
        return Reader(self._data[name], self._remarks, self._path + name)

    def inners(self, name: str) -> list[Reader]:
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise Broken(self._path + name)
        return [Reader(one, self._remarks, self._path + name) for one in value]

    def text(self, name: str, length: int) -> str:
        """Shortened; "" if there is none."""
        value = self._data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Broken(self._path + name)
        return clean_text(value)[:length]

    def id(self, name: str, *, required: bool = False) -> str:
        """A text or a number by which something is recognised; never shortened."""
        value = self._data.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None:
            value = ""
        if not isinstance(value, str) or len(value) > ID_LENGTH:
            raise Broken(self._path + name)
        value = clean_text(value)
        if required and not value:
            raise Broken(self._path + name)
        return value

    def word(self, name: str, known: frozenset[str]) -> str:
        """A word of the contract; another one is noted and becomes ""."""
        value = self._data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise Broken(self._path + name)
        if value in known:
            return value
        shown = value if _WORD.fullmatch(value) else "?"
        self._remarks.note(self._remarks.unknown, f"{self._path}{name}: {shown}")
        return ""

    def flag(self, name: str) -> bool | None:
        value = self._data.get(name)
        if value is not None and not isinstance(value, bool):
            raise Broken(self._path + name)
        return value

    def whole(self, name: str) -> int | None:
        value = self._data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MAX_NUMBER:
            raise Broken(self._path + name)
        return value

    def money(self, name: str) -> Decimal | None:
        """A decimal as text."""
        value = self._data.get(name)
        if value is None:
            return None
        try:
            amount = Decimal(value) if isinstance(value, str | int) else None
        except InvalidOperation:
            amount = None
        is_number = amount is not None and not isinstance(value, bool) and amount.is_finite()
        if amount is None or not is_number or not 0 <= amount < _MAX_PRICE:
            raise Broken(self._path + name)
        return amount.quantize(Decimal("0.01"))

    def moment(self, name: str, *, required: bool = False) -> datetime | None:
        """ISO 8601; without an offset it is the office's time, and noted."""
        value = self._data.get(name)
        if value is None and not required:
            return None
        try:
            moment = datetime.fromisoformat(str(value))
            if moment.tzinfo is None:
                self._remarks.note(self._remarks.unknown, f"{self._path}{name}: –")
                moment = timezone.make_aware(moment)
            return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise Broken(self._path + name) from error

    def words(self, name: str) -> tuple[str, ...]:
        """A list of texts, or of objects with a "code"."""
        value = self._data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise Broken(self._path + name)
        found = [one.get("code") if isinstance(one, dict) else one for one in value[:_MAX_LIST]]
        texts = [clean_text(one)[:ID_LENGTH] for one in found if isinstance(one, str)]
        if len(texts) < len(found):
            raise Broken(self._path + name)
        return tuple(texts)


def explained(remarks: Remarks) -> list[str]:
    """Sentences for people: what was not as agreed, and how often."""
    lines = [
        _("Not as agreed: %(what)s (%(times)d ×); left out.") % {"what": what, "times": times}
        for what, times in remarks.broken.items()
    ]
    lines += [
        _("Unknown word: %(what)s (%(times)d ×).") % {"what": what, "times": times}
        for what, times in remarks.unknown.items()
    ]
    return lines
