"""The page „Exportkontrolle“: per location its exports, what is wrong and what to do about it, how
that was in the last days, and when somebody last looked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from integrations.admin.connection_pull import PULL
from integrations.admin.export_cards import app_cards, check_cards
from integrations.admin.export_places import MAX_CHIPS, Place, chosen_place, places_of
from integrations.admin.export_trend import chart_of, days_of
from integrations.admin.finding_groups import groups_of
from integrations.health import SECRETS
from integrations.models import Connection, ExportCheck, Partner
from integrations.schedules import JOBS, start_now
from leads.admin.kept import KeptAdmin
from leads.admin.merge_pages import back_url
from leads.admin.wall import dealers_where, has_right_at, rows_at, user_of
from leads.models import Location, Worker

CONTROL = "admin:integrations_finding_control"
LIST = "admin:integrations_finding_changelist"


class ExportControl(KeptAdmin):
    """Part of the admin of findings."""

    def get_urls(self) -> list[Any]:
        return [
            self.address("control/", "control", self.control_view),
            self.address("control/check/<int:pk>/", "check", require_POST(self.check_view)),
            *super().get_urls(),
        ]

    # The page

    def control_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        connections = list(self._connections(request).order_by("-is_active", "name", "pk"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Export control"),
            "content_title": _("Export control"),
            "connections": connections,
        }
        if connections:
            findings = self.get_queryset(request)
            places = places_of(user_of(request), connections, findings)
            place = chosen_place(places, request.GET.get("place", ""))
            context |= self._choice(places, place)
            context |= self._content(request, place, connections)
        else:
            context["add_url"] = _url_if_may(request, Connection, "add", "?partner=automanager")
        return TemplateResponse(request, "admin/integrations/finding/control.html", context)

    def _connections(self, request: HttpRequest) -> Any:
        """With Automanager, of dealers whose findings the user may see."""
        user = user_of(request)
        rows = Connection.objects.for_user(user).filter(partner=Partner.AUTOMANAGER)
        rows = rows.select_related("dealer").prefetch_related("schedules").defer(*SECRETS)
        return rows_at(rows, dealers_where(user, self.permission("view")))

    def _choice(self, places: list[Place], place: Place) -> dict[str, Any]:
        several = len({one.dealer.pk for one in places}) > 1
        named = [
            {
                "place": one,
                "words": f"{one.dealer}: {one.name}" if several else one.name,
                "is_chosen": one == place,
            }
            for one in places
        ]
        return {"place": place, "places": named, "has_chips": len(places) <= MAX_CHIPS}

    def _content(
        self, request: HttpRequest, place: Place, connections: list[Connection]
    ) -> dict[str, Any]:
        user, now = user_of(request), timezone.now()
        looking = _looking_at(place, connections)
        apps = app_cards(user, place, now=now) if place.location else []
        findings: Any = place.of(self.get_queryset(request))
        quiet = findings.open().exclude(acknowledged_at=None).count()
        days = days_of(
            [one.pk for one in looking],
            str(place.location.pk) if place.location else "",
            today=timezone.localdate(now),
        )
        checks = list(self._checks(request, looking, [str(one["app"]) for one in apps], now))
        return {
            "apps": apps,
            "groups": [
                {**one, "url": _list_url(place, check=one["check"])}
                for one in groups_of(findings.loud(), user, now=now)
            ],
            "list_url": _list_url(place),
            "quiet": quiet,
            "quiet_url": _list_url(place, view="acknowledged"),
            "chart": chart_of(days),
            "checks": checks,
            "calm": _calm_words(checks, has_exports=bool(apps) or place.location is None),
            "all_checks_url": reverse("admin:integrations_exportcheck_changelist"),
            "locations_url": _locations_url(request, place),
        }

    def _checks(
        self, request: HttpRequest, connections: list[Connection], apps: list[str], now: datetime
    ) -> Iterable[dict[str, Any]]:
        for card in check_cards(connections, apps, now=now):
            connection = card["connection"]
            yield {**card, "url": _check_url(connection) if _may_check(request, connection) else ""}

    # Ordering a check

    def check_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Nothing is read here; a background process does it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        connection = self._connections(request).filter(pk=pk).first()
        if connection is None:
            raise Http404
        if not _may_check(request, connection):
            raise PermissionDenied
        is_ordered = start_now(connection, JOBS[Partner.AUTOMANAGER][0], now=timezone.now())
        self.message_user(request, *_answer(is_ordered=is_ordered))
        return HttpResponseRedirect(back_url(request, reverse(CONTROL)))


def _looking_at(place: Place, connections: list[Connection]) -> list[Connection]:
    """The connections whose checks tell of this place."""
    here = [one for one in connections if one.dealer_id == place.dealer.pk]
    if place.location is None:
        return here
    return [one for one in here if one.location_id in (None, place.location.pk)]


def _calm_words(checks: list[dict[str, Any]], *, has_exports: bool) -> str:
    """What is said where nothing was found; "all is well" only after a look at everything."""
    last = [one["check"] for one in checks if one["check"]]
    if not last:
        return _("Nothing was checked yet.")
    if any(one.state == ExportCheck.State.RUNNING for one in last):
        return _("Nothing was found yet; a check is running.")
    is_whole = all(one.state == ExportCheck.State.DONE for one in last)
    if not is_whole or any(one["skipped"] for one in checks):
        return _("Nothing is known to be wrong, but not everything could be checked.")
    return _("Nothing is wrong here.") if has_exports else _("Nothing was found.")


def _may_check(request: HttpRequest, connection: Connection) -> bool:
    is_on = connection.is_active and connection.dealer.is_active
    return is_on and has_right_at(user_of(request), PULL, connection.dealer_id)


def _check_url(connection: Connection) -> str:
    return reverse("admin:integrations_finding_check", args=[connection.pk])


def _answer(*, is_ordered: bool) -> tuple[str, int]:
    """(what to tell, level)"""
    if not Worker.objects.alive(timedelta(seconds=settings.WORKER_LEASE)).exists():
        words = _(
            "The check is ordered, but no background process is running. Please tell the operator."
        )
        return words, messages.WARNING
    if not is_ordered:
        return _("A check runs or waits already. Please reload this page soon."), messages.INFO
    words = _("The check is ordered. Please reload this page in a minute.")
    return words, messages.SUCCESS


def _list_url(place: Place, **filters: object) -> str:
    return f"{reverse(LIST)}?{urlencode({**place.list_filter, **filters})}"


def _locations_url(request: HttpRequest, place: Place) -> str:
    """Where codes are entered, if there is none yet and the user may do it."""
    if place.location is not None:
        return ""
    return _url_if_may(request, Location, "change")


def _url_if_may(request: HttpRequest, model: Any, action: str, query: str = "") -> str:
    model_admin = admin.site.get_model_admin(model)
    if not getattr(model_admin, f"has_{action}_permission")(request):
        return ""
    page = "add" if action == "add" else "changelist"
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}") + query
