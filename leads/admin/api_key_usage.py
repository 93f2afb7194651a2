"""How much an API key was used, day by day."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from leads.models import ApiUsage


def usage_table(days: Sequence[ApiUsage]) -> SafeString:
    """The sums in a sentence, a bar for each day, and the figures folded away below them."""
    if not any(day.requests for day in days):
        return format_html("{}", _("Not used in this time."))
    most = max(day.requests for day in days)
    bars = format_html_join(
        "",
        '<span style="height: {}%" title="{}: {}"></span>',
        [(_height(day, most), _day(day), _n(day.requests)) for day in days],
    )
    rows = format_html_join(
        "",
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        [
            (_day(day), _n(day.requests), _n(day.errors), _n(day.refused))
            for day in reversed(days)
            if day.requests
        ],
    )
    return format_html(
        '<p>{}</p><div class="lo-bars" aria-hidden="true">{}</div>'
        '<details><summary>{}</summary><table class="lo-figures"><thead><tr>'
        '<th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
        '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table></details>',
        _sums(days),
        bars,
        _("By day"),
        _("Day"),
        _("Requests"),
        _("Errors"),
        _("Refused"),
        rows,
    )


def _height(day: ApiUsage, most: int) -> int:
    """Of the bar, in percent; the smallest number can still be seen."""
    return max(round(100 * day.requests / most), 2) if day.requests else 0


def _sums(days: Sequence[ApiUsage]) -> str:
    words = _("%(requests)s requests, %(errors)s with an error, %(refused)s refused as too many.")
    return words % {
        "requests": _n(sum(day.requests for day in days)),
        "errors": _n(sum(day.errors for day in days)),
        "refused": _n(sum(day.refused for day in days)),
    }


def _day(usage: ApiUsage) -> str:
    return date_format(usage.day, "D, d.m.")


def _n(number: int) -> str:
    return number_format(number, force_grouping=True)
