"""Cells of lists of catalogue entries: what they say about an entry, and how it is shown in them.

`clean` gets a cell as leads/resources/reading.py gives it and raises ValueError with a sentence for
people; None: the cell says nothing, and the entry stays as it is unless it may hold nothing.
`render` gives a cell that means the same.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db.models import Choices
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.widgets import Widget

from leads.models.keys import clean_text
from leads.resources.cells import cell_text, header_key
from leads.resources.readers import spellings_of
from leads.services.catalogue_editing import clean_spellings, problems_of
from leads.services.german_values import parse_bool, parse_int


class TextCell(Widget):
    """`needed` texts are not emptied: an empty cell leaves them as they are."""

    def __init__(self, max_length: int, *, needed: bool = False) -> None:
        super().__init__()
        self._max_length = max_length
        self._needed = needed

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        text = clean_text(cell_text(value))
        if len(text) > self._max_length:
            raise ValueError(
                _("This is longer than %(limit)s characters.") % {"limit": self._max_length}
            )
        return None if self._needed and not text else text

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str | None:
        return value or None


class IdCell(TextCell):
    """By which partners and outside systems name the entry. `is_folded`: in small letters."""

    def __init__(self, max_length: int, *, is_folded: bool = False) -> None:
        super().__init__(max_length, needed=True)
        self._is_folded = is_folded

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        text = super().clean(value, row=row, **kwargs)
        if text is None or self._is_folded:
            return text and text.lower()
        try:
            validate_slug(text)
        except ValidationError as error:
            raise ValueError(error.message) from error
        return text


class SpellingsCell(Widget):
    """Names between semicolons or one per line; one that holds a semicolon in quotation marks."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> list[str]:
        lines = cell_text(value).splitlines()
        try:
            found = list(csv.reader(lines, delimiter=";", skipinitialspace=True, strict=True))
        except csv.Error as error:
            raise ValueError(_("A quotation mark is missing or out of place.")) from error
        spellings = clean_spellings(name for names in found for name in names)
        if problems := problems_of(spellings):
            raise ValueError(" ".join(problems))
        return spellings

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str | None:
        return "; ".join(map(_quoted, value or ())) or None


def _quoted(name: str) -> str:
    needs_marks = ";" in name or '"' in name
    return '"{}"'.format(name.replace('"', '""')) if needs_marks else name


class WholeCell(Widget):
    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> int | None:
        if not cell_text(value):
            return None
        number = parse_int(value)
        if number < 0:
            raise ValueError(_("This must not be negative."))
        if number > self._limit:
            raise ValueError(_("This number is too large."))
        return number

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> int | None:
        return value


class YesNoCell(Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool | None:
        return parse_bool(value) if cell_text(value) else None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str | None:
        return None if value is None else _("yes") if value else _("no")


class ChoiceCell(Widget):
    """By value, or by its label in any of our languages."""

    def __init__(self, choices: type[Choices], *, needed: bool) -> None:
        super().__init__()
        self._choices = choices
        self._needed = needed

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str | None:
        text = clean_text(cell_text(value))
        if not text:
            return None if self._needed else ""
        chosen = spellings_of(self._choices).get(header_key(text))
        if chosen is None:
            raise ValueError(_("Possible are: %(words)s.") % {"words": ", ".join(self._words())})
        return chosen

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str | None:
        return str(self._choices(value).label) if value else None

    def _words(self) -> Iterable[str]:
        return (str(label) for value, label in self._choices.choices if value)


class OwnerCell(Widget):
    """Whose the entry is; only shown, see CatalogueResource."""

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(value) if value is not None else capfirst(_("all dealers"))
