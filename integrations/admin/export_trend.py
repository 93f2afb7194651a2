"""How many findings were open in the evening of each of the last days: a chart, a table, words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from integrations.admin.finding_words import severity_label
from integrations.models import ExportCheck, Severity
from leads.admin.filters import local_day

DAYS = 30

_WORST_FIRST = tuple(reversed(Severity))


@dataclass(frozen=True, slots=True)
class Day:
    """`counts` by severity after the last check of the day; None: nobody looked."""

    on: date
    counts: Counter[str] | None

    @property
    def label(self) -> str:
        return date_format(self.on, pgettext("day in a chart", "M j"))

    @property
    def cells(self) -> list[int]:
        return [self.counts[one.word] for one in _WORST_FIRST] if self.counts is not None else []


def days_of(connections: Collection[int], place: str, *, today: date) -> list[Day]:
    """The last days, today included, as the checks of these connections have left them. `place`:
    the location's number, "" for what is at none. Two queries."""
    dates = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    counted: dict[date, Counter[str]] = {}
    for on, open_counts in _last_of_each_day(connections, dates):
        counted.setdefault(on, Counter()).update(open_counts.get(place, {}))
    return [Day(on, counted.get(on)) for on in dates]


def _last_of_each_day(
    connections: Collection[int], dates: list[date]
) -> Iterable[tuple[date, dict[str, dict[str, int]]]]:
    """A check that failed has not looked. One Max per day instead of grouping: SQLite would call
    Python for the date of every row."""
    rows = ExportCheck.objects.filter(
        connection__in=connections,
        started_at__gte=local_day(dates[0]),
        state__in=(ExportCheck.State.DONE, ExportCheck.State.PARTIAL),
    )
    last = {
        f"day_{place}": Max(
            "pk",
            filter=Q(
                started_at__gte=local_day(on), started_at__lt=local_day(on + timedelta(days=1))
            ),
        )
        for place, on in enumerate(dates)
    }
    newest: Any = rows.order_by().values("connection").annotate(**last)
    day_of = {row[f"day_{place}"]: on for row in newest for place, on in enumerate(dates)}
    day_of.pop(None, None)
    checks = ExportCheck.objects.filter(pk__in=list(day_of)).order_by()
    for pk, open_counts in checks.values_list("pk", "open_counts"):
        yield day_of[pk], open_counts


# --- how it is shown -------------------------------------------------------------------------


def chart_of(days: list[Day]) -> dict[str, Any]:
    """For the theme's bar chart. A day without a check has no bar; one without findings a dot."""
    datasets: list[dict[str, Any]] = [
        {
            "label": severity_label(one),
            "data": [None if day.counts is None else day.counts[one.word] for day in days],
            "backgroundColor": f"var(--exports-{one.word})",
            "stack": "open",
        }
        for one in _WORST_FIRST
    ]
    fine = [0 if day.counts is not None and not any(day.cells) else None for day in days]
    dots = {
        "type": "line",
        "label": _("No finding"),
        "data": fine,
        "backgroundColor": "var(--exports-none)",
        "showLine": False,
        "pointRadius": 3,
        "clip": False,
    }
    return {
        "data": json.dumps({"labels": [day.label for day in days], "datasets": [*datasets, dots]}),
        "options": json.dumps(_OPTIONS),
        "words": _words(days),
        "days": days[::-1],
        "heads": [severity_label(one) for one in _WORST_FIRST],
        "is_empty": all(day.counts is None for day in days),
    }


def _words(days: list[Day]) -> str:
    known = [day for day in days if day.counts is not None]
    gaps = len(days) - len(known)
    words = []
    if known:
        found = sum(known[-1].cells)
        message = ngettext("%(day)s: %(n)d open finding.", "%(day)s: %(n)d open findings.", found)
        words.append(message % {"day": known[-1].label, "n": found})
    if gaps:
        message = ngettext(
            "On %(n)d day nobody looked.", "On %(n)d days nobody looked; they stay empty.", gaps
        )
        words.append(message % {"n": gaps})
    return " ".join(words)


_QUIET = "#9ca3af"  # as the theme writes on its axes
_OPTIONS = {
    "animation": False,
    "responsive": True,
    "maintainAspectRatio": False,
    "datasets": {"bar": {"maxBarThickness": 22, "borderRadius": 2}},
    "interaction": {"mode": "index", "intersect": False},
    "plugins": {
        "legend": {
            "align": "start",
            "position": "bottom",
            "labels": {"boxHeight": 8, "boxWidth": 8, "color": _QUIET},
        },
    },
    "scales": {
        "x": {
            "stacked": True,
            "border": {"width": 0},
            "grid": {"display": False},
            "ticks": {"color": _QUIET, "maxRotation": 0, "autoSkip": True, "autoSkipPadding": 12},
        },
        "y": {
            "stacked": True,
            "beginAtZero": True,
            "border": {"width": 0},
            "grid": {"tickWidth": 0},
            "ticks": {"color": _QUIET, "precision": 0, "maxTicksLimit": 6},
        },
    },
}
