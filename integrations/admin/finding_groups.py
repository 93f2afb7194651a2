"""Loud findings of a place by check, the worst check first, and an interface before single cars:
what to do is said once for all of a kind, of which a few are named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber

from integrations.admin.finding_links import links_of
from integrations.admin.finding_words import shown
from integrations.models import Finding
from leads.models import User

SHOWN = 3  # findings of one check


def groups_of(findings: Any, user: User, *, now: datetime) -> Iterable[dict[str, Any]]:
    """{"first": as `shown`, "rows": the worst few, "count": of all}. Four queries."""
    counts = dict(findings.order_by().values_list("check_code").annotate(Count("pk")))
    by_check: dict[str, list[Finding]] = defaultdict(list)
    for one in _few_of_each(findings):
        by_check[one.check_code].append(one)
    links = links_of((one for rows in by_check.values() for one in rows), user)
    for check, rows in sorted(by_check.items(), key=lambda one: (-one[1][0].severity, one[0])):
        told = [{**shown(one, now=now), "app": one.app, "links": links[one.pk]} for one in rows]
        yield {
            "check": check,
            "first": told[0],
            "rows": told,
            "count": counts[check],
            "more": counts[check] - len(told),
        }


def _few_of_each(findings: Any) -> Any:
    """The worst first."""
    worst_first = [F("severity").desc(), F("opened_at").desc(), F("pk").desc()]
    place = Window(RowNumber(), partition_by="check_code", order_by=worst_first)
    few = findings.annotate(place=place).filter(place__lte=SHOWN)
    return few.order_by(*worst_first).select_related("app")
