"""Selects whose options are the same many times over on a page.

A list may have 200 columns, each with a choice of 70 fields: rendered by Django's widgets, option
by option, that takes seconds. Here the options are written once and only joined for each select.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Option = tuple[str, object]  # value, label
Group = tuple[object, Sequence[Option]]  # label ("": none), options


class Selects:
    """`groups` in their order."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._written: list[SafeString] = []
        self._place: dict[str, tuple[int, object]] = {}  # by value: place and label
        for label, options in groups:
            if label:
                self._written.append(format_html('<optgroup label="{}">', label))
            for value, text in options:
                self._place[value] = (len(self._written), text)
                self._written.append(format_html('<option value="{}">{}</option>', value, text))
            if label:
                self._written.append(SafeString("</optgroup>"))

    @property
    def values(self) -> set[str]:
        return set(self._place)

    def select(self, name: str, chosen: str, *, label: object, css: str = "") -> SafeString:
        """`label` for those who cannot see what stands beside it."""
        written = list(self._written)
        if chosen in self._place:
            place, text = self._place[chosen]
            written[place] = format_html('<option value="{}" selected>{}</option>', chosen, text)
        return format_html(
            '<select class="lo-input {}" name="{}" aria-label="{}" autocomplete="off">{}</select>',
            css,
            name,
            label,
            SafeString("".join(written)),  # each escaped above
        )


def datalist(element_id: str, texts: Iterable[object]) -> SafeString:
    """Suggestions for a text field."""
    options = format_html_join("", '<option value="{}"></option>', ((one,) for one in texts))
    return format_html('<datalist id="{}">{}</datalist>', element_id, options)
