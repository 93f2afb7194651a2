"""What the page of the export control tells of each export, and of each connection's last check."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin.export_places import Place
from integrations.admin.finding_words import TONES, severity_label
from integrations.automanager.instructions import title_of
from integrations.models import (
    Action,
    Connection,
    ExportApp,
    ExportCheck,
    ExportRun,
    Finding,
    Severity,
    Transmission,
)
from leads.admin.display import ago, badge, moment
from leads.models import User

_TONES = {
    ExportApp.State.INACTIVE: "grey",
    ExportApp.State.RECONCILING: "amber",
    ExportApp.State.ACTIVE: "green",
    ExportApp.State.LOCKED: "alarm",
}
CHECK_TONES = {
    ExportCheck.State.RUNNING: "blue",
    ExportCheck.State.DONE: "green",
    ExportCheck.State.PARTIAL: "amber",
    ExportCheck.State.FAILED: "red",
}


# --- exports ---------------------------------------------------------------------------------


def app_cards(user: User, place: Place, *, now: datetime) -> list[dict[str, Any]]:
    """The exports of a location, locked ones first. Two queries."""
    runs = ExportRun.objects.filter(app=OuterRef("pk")).exclude(sent_at=None).order_by("-sent_at")
    sent = Transmission.objects.filter(app=OuterRef("pk")).order_by("-at")
    rows: Any = place.of(ExportApp.objects.for_user(user)).filter(gone_at=None)
    apps = list(
        rows.annotate(
            last_run=Subquery(runs.values("sent_at")[:1]), last_sent=Subquery(sent.values("at")[:1])
        )
    )
    counts = _loud_by_app(user, apps)
    apps.sort(key=lambda one: one.state != ExportApp.State.LOCKED)
    return [_app_card(one, counts[one.pk], now=now) for one in apps]


def _loud_by_app(user: User, apps: list[ExportApp]) -> dict[int, dict[int, int]]:
    counts: dict[int, dict[int, int]] = defaultdict(dict)
    rows: Any = Finding.objects.for_user(user).loud().filter(app__in=apps).order_by()
    for app_id, severity, n in rows.values_list("app_id", "severity").annotate(Count("pk")):
        counts[app_id][severity] = n
    return counts


def _app_card(app: Any, counts: dict[int, int], *, now: datetime) -> dict[str, Any]:
    released = app.released_vehicles
    list_url = reverse("admin:integrations_finding_changelist")
    return {
        "app": app,
        "page": reverse("admin:integrations_exportapp_change", args=[app.pk]),
        "edge": _TONES.get(app.state, "grey"),
        "badge": state_badge(app),
        "lock": lock_words(app, now=now) if app.state == ExportApp.State.LOCKED else "",
        "mode": capfirst(str(app.get_mode_display())) or _("not told"),
        "sent": ago(app.last_sent, now=now) if app.last_sent else "",
        "run": ago(app.last_run, now=now) if app.last_run else "",
        "released": _("not told") if released is None else number_format(released),
        "counts": [
            {"words": f"{counts[one]} × {severity_label(one)}", "tone": TONES[one]}
            for one in reversed(Severity)
            if one in counts
        ],
        "url": f"{list_url}?{urlencode({'app__id__exact': app.pk})}",
    }


def state_badge(app: ExportApp) -> SafeString:
    words = capfirst(str(app.get_state_display())) or _("Not told")
    return badge(words, _TONES.get(ExportApp.State(app.state), "grey") if app.state else "grey")


def lock_words(app: ExportApp, *, now: datetime) -> str:
    """ "seit Di., 14.01., 07:12: 8 × Löschung, erlaubt sind 6" """
    since = moment(app.lock_since, now=now) if app.lock_since else _("an unknown time")
    if app.lock_actual is None or app.lock_limit is None:
        return _("since %(at)s") % {"at": since}
    action = Action(app.lock_action).label if app.lock_action else _("transmission")
    return _("since %(at)s: %(actual)s × %(action)s, allowed are %(limit)s") % {
        "at": since,
        "actual": number_format(app.lock_actual),
        "action": action,
        "limit": number_format(app.lock_limit),
    }


# --- checks ----------------------------------------------------------------------------------


def check_cards(
    connections: Iterable[Connection], apps: Collection[str], *, now: datetime
) -> Iterable[dict[str, Any]]:
    """The last check of each connection; `apps`: the exports whose names may be told. One query."""
    shown = list(connections)
    checks = ExportCheck.objects.filter(connection=OuterRef("pk")).order_by("-started_at", "-pk")
    newest = Connection.objects.filter(pk__in=[one.pk for one in shown]).annotate(
        last_check=Subquery(checks.values("pk")[:1])
    )
    last = ExportCheck.objects.filter(pk__in=newest.values("last_check"))
    by_connection = {one.connection_id: one for one in last}
    for connection in shown:
        check = by_connection.get(connection.pk)
        yield {
            "connection": connection,
            "check": check,
            "badge": check_badge(check) if check else badge(_("Not yet checked"), "grey"),
            "when": ago(check.started_at, now=now) if check else "",
            "result": result_words(check) if check else "",
            "skipped": skipped_words(check, apps) if check else [],
        }


def check_badge(check: ExportCheck) -> SafeString:
    words = capfirst(str(check.get_state_display()))
    return badge(words, CHECK_TONES[ExportCheck.State(check.state)])


def result_words(check: ExportCheck) -> str:
    """ "3 Exporte gelesen, 2 neue Befunde, 1 erledigt." """
    if check.finished_at is None or not check.outcome:
        return ""
    exports = ngettext("%(n)d export read", "%(n)d exports read", check.apps) % {"n": check.apps}
    came = sum(check.outcome.get(name, 0) for name in ("new", "reopened"))
    new = ngettext("%(n)d new finding", "%(n)d new findings", came) % {"n": came}
    gone = _("%(n)d gone") % {"n": check.outcome.get("closed", 0)}
    return f"{exports}, {new}, {gone}."


def skipped_words(check: ExportCheck, apps: Collection[str]) -> list[dict[str, str]]:
    """Why which checks were left out; those of the named exports and of none in particular."""
    titles: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in check.skipped:
        if not one["app"] or one["app"] in apps:
            titles[one["app"], one["reason"]].append(title_of(one["check"]))
    return [
        {"app": app, "reason": reason, "titles": ", ".join(checks)}
        for (app, reason), checks in titles.items()
    ]
