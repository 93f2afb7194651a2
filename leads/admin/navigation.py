"""The sidebar: what this user may open, and how much waits for a person there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from leads.admin import figures
from leads.models import User

BADGE_LIMIT = 99

Rows = Callable[[User], QuerySet[Any]]


@dataclass(frozen=True)
class Entry:
    """A list of the admin; `icon` is a Material symbol of the theme's font."""

    model: str  # "leads.Lead"
    icon: str
    title: Promise | None = None  # as the list itself is called, if not said
    view: str = ""  # the chip above the list that is switched on: "mine"
    waiting: Rows | None = None
    page: str = "changelist"  # or a page beside the list, by the last word of its address' name

    @property
    def _model(self) -> type[Model]:
        return apps.get_model(self.model)

    def is_open_to(self, request: HttpRequest) -> bool:
        model_admin = admin.site.get_model_admin(self._model)
        return model_admin.has_view_or_change_permission(request)

    @property
    def path(self) -> str:
        return reverse(f"admin:{self.model.lower().replace('.', '_')}_{self.page}")

    def item(self, request: HttpRequest) -> dict[str, Any]:
        path = self.path
        return {
            "title": self.title or capfirst(self._model._meta.verbose_name_plural),
            "icon": self.icon,
            "link": f"{path}?view={self.view}" if self.view else path,
            "active": self._is_active(request, path),
            **self._badge(request),
        }

    def _is_active(self, request: HttpRequest, path: str) -> bool:
        if not request.path.startswith(path):
            return False
        if self.page == "changelist" and request.path in {one.path for one in OWN_PAGES}:
            return False
        own = request.path == path and request.GET.get("view", "") in OWN_VIEWS
        return self.view == (request.GET["view"] if own else "")

    def _badge(self, request: HttpRequest) -> dict[str, Any]:
        if self.waiting is None:
            return {}
        found = figures.count(self.waiting(request.user), limit=BADGE_LIMIT)  # type: ignore[arg-type]
        shown = number_format(found) if found <= BADGE_LIMIT else f"{BADGE_LIMIT}+"
        return {"badge": shown, "badge_variant": "warning"} if found else {}


@dataclass(frozen=True)
class Group:
    title: Promise
    entries: tuple[Entry, ...]
    # Rarely needed: shut unless one of its lists is open.
    is_collapsible: bool = False


GROUPS = (
    Group(
        _("Enquiries"),
        (
            Entry("leads.Task", "checklist", waiting=figures.my_overdue_tasks),
            Entry("leads.Lead", "inbox", _("All enquiries"), waiting=figures.unassigned),
            Entry("leads.Lead", "person", _("My enquiries"), view="mine"),
            Entry("leads.MatchSuggestion", "group", waiting=figures.undecided_duplicates),
        ),
    ),
    Group(
        _("Customers and vehicles"),
        (Entry("leads.Customer", "contacts"), Entry("leads.Vehicle", "directions_car")),
    ),
    Group(
        _("Intake"),
        (
            Entry("leads.IntakeEntry", "book_2", waiting=figures.quarantined),
            Entry("leads.UnmappedName", "rule", waiting=figures.names_to_assign),
            Entry("leads.ListImport", "upload"),
            Entry("leads.Export", "download"),
            Entry("leads.ChangeBatch", "undo"),
        ),
    ),
    Group(
        _("Connections"),
        (
            Entry("integrations.Connection", "cable", _("Partners")),
            Entry("integrations.Connection", "monitor_heart", _("State"), page="health"),
            Entry(
                "integrations.Finding",
                "publish",
                _("Export control"),
                waiting=figures.loud_findings,
                page="control",
            ),
            Entry("integrations.Finding", "troubleshoot"),
            Entry("integrations.WebsiteForm", "dynamic_form", _("Forms")),
            Entry("integrations.SyncRun", "sync"),
            Entry("integrations.Exchange", "swap_horiz", _("Exchanges")),
            Entry("integrations.Delivery", "outbox"),
            Entry("integrations.Handover", "send", waiting=figures.unclear_handovers),
            Entry("integrations.LeadFetch", "cloud_download"),
            Entry("leads.ApiKey", "key"),
            Entry("integrations.WebhookEndpoint", "webhook"),
            Entry("integrations.WebhookDelivery", "outgoing_mail"),
        ),
    ),
    Group(
        _("Catalogues"),
        (
            Entry("leads.Status", "flag"),
            Entry("leads.Source", "campaign"),
            Entry("leads.LeadType", "category"),
            Entry("leads.CloseReason", "task_alt"),
            Entry("leads.Category", "folder"),
            Entry("leads.Tag", "sell"),
            Entry("leads.ScoreWeights", "speed"),
            Entry("leads.ColumnName", "view_column"),
            Entry("leads.ListValue", "translate"),
        ),
        is_collapsible=True,
    ),
    Group(
        pgettext_lazy("group of the sidebar", "Administration"),
        (
            Entry("leads.Dealer", "store"),
            Entry("leads.Location", "location_on"),
            Entry("leads.Membership", "badge"),
            Entry("leads.User", "manage_accounts"),
            Entry("leads.Job", "work_history"),
            Entry("leads.Worker", "memory"),
        ),
        is_collapsible=True,
    ),
)
# Pages beside a list that have an entry of their own.
OWN_PAGES = [one for group in GROUPS for one in group.entries if one.page != "changelist"]
# Chips of the lead list that have one.
OWN_VIEWS = {entry.view for group in GROUPS for entry in group.entries if entry.view}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups for the theme's sidebar; entries that the user may not open are absent.

    Each badge is one count that stops at its limit; they are made once per page.
    """
    if not hasattr(request, "office_navigation"):
        groups = list(_groups(request))
        request.office_navigation = groups  # type: ignore[attr-defined]
    navigation: list[dict[str, Any]] = request.office_navigation  # type: ignore[attr-defined]
    return navigation


def _groups(request: HttpRequest) -> Iterable[dict[str, Any]]:
    for group in GROUPS:
        items = [entry.item(request) for entry in group.entries if entry.is_open_to(request)]
        if group is GROUPS[0]:
            items.insert(0, _start())
        if items:
            yield {"title": group.title, "items": items, "collapsible": group.is_collapsible}


def _start() -> dict[str, Any]:
    # The theme itself knows when the start page is open.
    return {"title": _("Start"), "icon": "home", "link": reverse("admin:index")}
