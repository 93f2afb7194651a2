"""The start page: today's figures, what to do now, and whether enquiries keep coming in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Case, Count, F, Q, QuerySet, When
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from integrations.models import Connection
from leads.admin import figures
from leads.admin.display import status_badge, urgency_of
from leads.admin.filters import local_day
from leads.admin.intake_filters import QUARANTINE
from leads.admin.start_connections import connections_card
from leads.admin.start_exports import exports_card
from leads.admin.start_notices import notices_for
from leads.admin.wall import user_of
from leads.models import IntakeEntry, Lead, UnmappedName, User
from leads.models.keys import display_phone, phone_key
from leads.services.next_step import next_step

URGENT_LEADS = 8
CHART_DAYS = 14
SOURCE_DAYS = 30
TOP_SOURCES = 6


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the theme's start page is made of; always the same number of queries."""
    user = user_of(request)
    now = timezone.now()
    context["title"] = _("Start")
    context["subtitle"] = None
    context["buttons"] = list(_buttons(request))
    context["is_empty"] = not figures.leads_of(user).exists()
    context["connections"] = connections_card(user, now=now) if _may(request, Connection) else []
    context["exports"] = exports_card(user, now=now)
    if context["is_empty"]:
        return context
    context["cards"] = list(_cards(request, now))
    context["urgent"] = [_urgent(lead, now) for lead in _most_urgent(user)]
    context["chart"] = _chart(user, timezone.localdate(now))
    context["sources"] = _sources(user, timezone.localdate(now))
    context["notices"] = list(notices_for(user))
    return context


def _may(request: HttpRequest, model: Any, action: str = "view") -> bool:
    model_admin = admin.site.get_model_admin(model)
    return bool(getattr(model_admin, f"has_{action}_permission")(request))


def _leads_url(**filters: object) -> str:
    return f"{reverse('admin:leads_lead_changelist')}?{urlencode({**filters, 'test': 0})}"


def _buttons(request: HttpRequest) -> Iterable[dict[str, str]]:
    if _may(request, Lead, "add"):
        url = reverse("admin:leads_lead_add")
        yield {"url": url, "icon": "add", "label": _("Add an enquiry")}
    if request.user.has_perm("leads.import_lead"):
        url = reverse("admin:leads_listimport_add")
        yield {"url": url, "icon": "upload_file", "label": _("Import a list")}


# --- figures ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    label: str
    icon: str
    count: int
    url: str
    tone: str = ""  # of a badge; only where somebody has to act

    @property
    def shown(self) -> str:
        if self.count > figures.LIMIT:
            return f"{number_format(figures.LIMIT)}+"
        return number_format(self.count)

    @property
    def active_tone(self) -> str:
        return self.tone if self.count else ""


def _cards(request: HttpRequest, now: datetime) -> Iterable[Card]:
    user = user_of(request)
    today = timezone.localdate(now)
    yield Card(
        _("New today"),
        "inbox",
        figures.count(figures.received_on(user, today, today)),
        _leads_url(received_at_from=today, received_at_to=today),
    )
    yield Card(
        _("Waiting for the first answer"),
        "hourglass_top",
        figures.count(figures.unanswered(user)),
        _leads_url(view="unanswered"),
        "amber",
    )
    yield Card(
        _("Overdue"),
        "alarm",
        figures.count(figures.overdue(user, now)),
        _leads_url(view="overdue"),
        "red",
    )
    yield Card(
        _("Due today"),
        "today",
        figures.count(figures.due_today(user, now)),
        _leads_url(view="today"),
    )
    yield Card(
        _("Unassigned"),
        "person_off",
        figures.count(figures.unassigned(user)),
        _leads_url(view="unassigned"),
        "amber",
    )
    if _may(request, IntakeEntry):
        yield Card(
            _("In quarantine"),
            "report",
            figures.count(figures.quarantined(user)),
            f"{reverse('admin:leads_intakeentry_changelist')}?view={QUARANTINE}",
            "red",
        )
    if _may(request, UnmappedName):
        yield Card(
            _("To assign"),
            "rule",
            figures.count(figures.names_to_assign(user)),
            reverse("admin:leads_unmappedname_changelist"),
            "amber",
        )


# --- what now --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Urgent:
    lead: Lead
    url: str
    name: str
    step: object
    due: SafeString | str
    status: SafeString
    call: str  # the number for a tel: link, or ""
    shown_number: str


def _most_urgent(user: User) -> QuerySet[Lead]:
    """Open leads of this user or of nobody: what is due first, then what waits longest."""
    rows = figures.open_leads_of(user).filter(Q(owner=user) | Q(owner=None))
    due_at = Case(
        When(follow_up_at__isnull=False, then=F("follow_up_at")),
        When(first_response_at=None, contract_expiring=False, then=F("enquired_at")),
    )
    rows = rows.select_related("status", "owner", "lead_type")
    return rows.order_by(due_at.asc(nulls_last=True), "pk")[:URGENT_LEADS]


def _urgent(lead: Lead, now: datetime) -> Urgent:
    number = lead.phone if phone_key(lead.phone) else lead.mobile
    return Urgent(
        lead=lead,
        url=reverse("admin:leads_lead_change", args=[lead.pk]),
        name=lead.full_name or lead.email or _("Without a name"),
        step=next_step(lead),
        due=format_html("{}", urgency_of(lead, now=now) or ""),
        status=status_badge(lead.status),
        call=phone_key(number),
        shown_number=display_phone(number),
    )


# --- where they come from --------------------------------------------------------------------


def _chart(user: User, today: date) -> dict[str, Any]:
    """Real leads per day, for the theme's bar chart, and the same in words.

    One count per day instead of grouping: SQLite would call Python for the date of every row.
    """
    days = [today - timedelta(days=back) for back in reversed(range(CHART_DAYS))]
    counts = figures.received_on(user, days[0], today).aggregate(
        **{
            f"day_{place}": Count(
                "pk",
                filter=Q(
                    received_at__gte=local_day(day),
                    received_at__lt=local_day(day + timedelta(days=1)),
                ),
            )
            for place, day in enumerate(days)
        }
    )
    values = [counts[f"day_{place}"] for place in range(CHART_DAYS)]
    labels = [date_format(day, pgettext("day in a chart", "M j")) for day in days]
    bars = {
        "label": _("Enquiries"),
        "data": values,
        "backgroundColor": "var(--color-primary-600)",
        "maxBarThickness": 28,
        "borderRadius": 4,
        "displayYAxis": True,
    }
    return {
        "data": json.dumps({"labels": labels, "datasets": [bars]}),
        "words": _("%(count)s enquiries in %(days)s days, %(today)s of them today.")
        % {
            "count": number_format(sum(values)),
            "days": CHART_DAYS,
            "today": number_format(values[-1]),
        },
    }


def _sources(user: User, today: date) -> list[dict[str, Any]]:
    """The sources that brought most, with their share of the best one in percent."""
    first = today - timedelta(days=SOURCE_DAYS - 1)
    found = list(
        figures.received_on(user, first, today)
        .order_by()
        .values("source", "source__name")
        .annotate(count=Count("pk"))
        .order_by("-count", "source__name")[:TOP_SOURCES]
    )
    return [
        {
            "name": row["source__name"],
            "count": row["count"],
            "share": round(100 * row["count"] / found[0]["count"]),
            "url": _leads_url(source=row["source"], received_at_from=first, received_at_to=today),
        }
        for row in found
    ]
