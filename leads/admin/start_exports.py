"""The start page's card about the exports: the worst of each kind that nobody has acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.translation import ngettext

from integrations.admin.finding_links import links_of
from integrations.admin.finding_words import notice
from integrations.models import Connection, ExportCheck, Finding, Partner
from leads.admin.display import ago
from leads.admin.finding_rows import VIEW
from leads.admin.wall import dealers_where, rows_at
from leads.models import Dealer, Location, User

SHOWN = 6
_LOOKED = (ExportCheck.State.DONE, ExportCheck.State.PARTIAL)
_LIST = "admin:integrations_finding_changelist"


def exports_card(user: User, *, now: datetime) -> dict[str, Any] | None:
    """None without the right, without an account at Automanager, or with one that is off and told
    nothing. `findings`: empty when all is well; `checked`: how long ago, "" if one of the accounts
    in use was never looked at."""
    dealers = dealers_where(user, VIEW)
    accounts = [] if dealers == [] else list(_accounts(user, dealers))
    findings = list(_worst_of_each_kind(user, dealers)) if accounts else []
    looks = [at for is_active, at in accounts if is_active]
    if not findings and not looks:
        return None
    several = user.is_superuser or len(user.dealer_ids()) > 1
    links = links_of([one for one, _together in findings], user)
    known = [at for at in looks if at is not None]
    is_known = bool(known) and len(known) == len(looks)
    return {
        "findings": [
            {
                **_item(one, more=together - 1, several_dealers=several, now=now),
                "links": links[one.pk],
            }
            for one, together in findings
        ],
        "url": reverse(_LIST),
        "checked": ago(min(known), now=now) if is_known else "",
    }


def _worst_of_each_kind(user: User, dealers: list[int] | None) -> Iterable[tuple[Finding, int]]:
    """One finding of each check and how many there are of it, worst first, so that forty refused
    cars do not hide a lock. Two queries: the first sorts numbers alone."""
    rows: Any = rows_at(Finding.objects.for_user(user).loud(), dealers)
    if user.is_superuser:
        # The index of open findings begins with the dealer.
        rows = rows.filter(dealer__in=Dealer.objects.values("pk"))
    same = [F("check_code")]
    first = [F("severity").desc(), F("opened_at").desc(), F("pk").desc()]
    rows = rows.annotate(
        place=Window(RowNumber(), partition_by=same, order_by=first),
        together=Window(Count("pk"), partition_by=same),
    )
    counts = dict(rows.filter(place=1).worst_first().values_list("pk", "together")[:SHOWN])
    chosen: Any = Finding.objects.filter(pk__in=counts)
    chosen = chosen.select_related("app", "location", "dealer").worst_first()
    return [(finding, counts[finding.pk]) for finding in chosen]


def _item(finding: Finding, *, more: int, several_dealers: bool, now: datetime) -> dict[str, Any]:
    words = notice(finding, now=now)
    places: list[Location | Dealer] = [finding.location] if finding.location else []
    if several_dealers or not places:
        places.append(finding.dealer)
    return {
        **words,
        "about": " · ".join(filter(None, [words["about"], *map(str, places)])),
        "more": ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more} if more else "",
        "more_url": f"{reverse(_LIST)}?{urlencode({'check': finding.check_code})}",
    }


def _accounts(user: User, dealers: list[int] | None) -> Iterable[tuple[bool, datetime | None]]:
    """Of each account at Automanager, whether it is in use and when a check last came through."""
    looks = ExportCheck.objects.filter(connection=OuterRef("pk"), state__in=_LOOKED)
    newest = Subquery(looks.order_by("-started_at").values("started_at")[:1])
    accounts = Connection.objects.for_user(user).filter(partner=Partner.AUTOMANAGER)
    return rows_at(accounts, dealers).order_by().values_list("is_active", newest)
