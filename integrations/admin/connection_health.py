"""The health page: every connection with its light, what is wrong, and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from integrations.admin.connection_light import health_badge
from integrations.admin.connection_pull import pull_url
from integrations.admin.connection_schedule import schedule_in_words, slot_words
from integrations.admin.connection_trial import try_url
from integrations.health import Health, Light, health_of
from integrations.models import Connection, Delivery
from integrations.trials import TRIALS
from leads.admin.base import DealerAdmin
from leads.admin.display import moment
from leads.admin.intake_filters import QUARANTINE
from leads.models import IntakeEntry, Worker

# The worst ones; nobody reads more.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits, in words, and where it is seen; "" if the user may not look."""

    words: str
    url: str


class HealthPage(DealerAdmin):
    """Part of the admin of connections."""

    def health_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        rows: Any = self.get_queryset(request)
        found = health_of(rows, now=now)
        chosen = request.GET.get("light", "")
        lease = timedelta(seconds=settings.WORKER_LEASE)
        shown = [one for one in found if chosen not in set(Light) or one.light == chosen]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("State of the connections"),
            "cards": [self._card(request, one) for one in shown[:SHOWN]],
            "left_off": max(0, len(shown) - SHOWN),
            "lights": list(_lights(found, chosen)),
            "is_empty": not found,
            "no_worker": not Worker.objects.alive(lease).exists(),
            "several_dealers": self.chooses_dealer(request),
        }
        return TemplateResponse(request, "admin/integrations/connection/health.html", context)

    def _card(self, request: HttpRequest, health: Health) -> dict[str, Any]:
        connection: Any = health.connection
        now, next_at = timezone.now(), _next_slot(connection)
        success = connection.last_success_at
        may_change = self.has_change_permission(request, connection)
        is_on = connection.is_active and connection.dealer.is_active
        is_asked = is_on and connection.paused_at is None
        return {
            "connection": connection,
            "light": health.light,
            "badge": health_badge(health),
            "mode": self.mode_cell(connection),
            "troubles": [one for one in health.troubles if one.text or one.advice],
            "success": moment(success, now=now) if success else _("never"),
            "schedule": schedule_in_words(connection, now=now),
            "next": _next_words(next_at, now=now) if next_at and is_asked else "",
            "not_before": _not_before(connection, now=now) if is_asked else "",
            "waiting": list(_waiting(request, health)),
            "url": reverse("admin:integrations_connection_change", args=[connection.pk]),
            "pull_url": pull_url(connection)
            if connection.is_pulled and is_on and connection.may_pull
            else "",
            "try_url": try_url(connection) if connection.partner in TRIALS and may_change else "",
        }


def _next_slot(connection: Connection) -> datetime | None:
    upcoming = [one.next_at for one in connection.schedules.all() if one.next_at]
    return min(upcoming, default=None)


def _next_words(slot: datetime, *, now: datetime) -> str:
    return slot_words(slot) if slot > now else _("now, as soon as a background process is free")


def _not_before(connection: Connection, *, now: datetime) -> str:
    """Until when it is left alone, whatever its schedule says."""
    at = connection.retry_at
    return moment(at, now=now) if at and at > now else ""


def _lights(found: Iterable[Health], chosen: str) -> Iterable[dict[str, Any]]:
    """How many of each, to choose from."""
    words = {
        Light.RED: _("Failing"),
        Light.AMBER: _("Irregular"),
        Light.GREY: _("Off or still empty"),
        Light.GREEN: _("Running"),
    }
    counts = Counter(one.light for one in found)
    yield {"words": _("All"), "count": sum(counts.values()), "url": "?", "is_chosen": not chosen}
    for light, word in words.items():
        yield {
            "words": word,
            "tone": light.value,
            "count": counts[light],
            "url": f"?light={light}",
            "is_chosen": chosen == light,
        }


def _waiting(request: HttpRequest, health: Health) -> Iterable[Waiting]:
    counts, connection = health.counts, health.connection
    if counts.waiting:
        words = ngettext("%(n)d delivery waits", "%(n)d deliveries wait", counts.waiting)
        url = _list_url(request, Delivery, connection=connection.pk)
        yield Waiting(words % {"n": counts.waiting}, url)
    if counts.quarantined:
        words = ngettext(
            "%(n)d message in quarantine", "%(n)d messages in quarantine", counts.quarantined
        )
        url = _list_url(request, IntakeEntry, view=QUARANTINE, channel=connection.partner)
        yield Waiting(words % {"n": counts.quarantined}, url)


def _list_url(request: HttpRequest, model: Any, **filters: object) -> str:
    model_admin = admin.site.get_model_admin(model)
    if not model_admin.has_view_permission(request):
        return ""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return f"{reverse(name)}?{urlencode(filters)}"
