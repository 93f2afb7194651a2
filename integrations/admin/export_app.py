"""Exports: all that Automanager told about one, and its newest runs. Nobody edits them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from integrations.admin.connection_record import ConnectionRecordAdmin
from integrations.admin.export_cards import lock_words, state_badge
from integrations.models import Action, ExportApp, ExportRun
from leads.admin.display import badge, moment, two_lines
from leads.admin.filters import LocationFilter

_RUNS = 30
_TONES = {
    ExportRun.Result.PENDING: "amber",
    ExportRun.Result.OK: "green",
    ExportRun.Result.PARTIAL: "amber",
    ExportRun.Result.ERROR: "red",
    ExportRun.Result.LOCKED: "red",
}


@admin.register(ExportApp)
class ExportAppAdmin(ConnectionRecordAdmin):
    list_display = ["export_cell", "state_cell", "location", "mode_text", "seen_cell"]
    list_display_links = ["export_cell"]
    list_select_related = ["location", "connection"]
    list_filter = [("state", ChoicesDropdownFilter), LocationFilter]
    list_filter_submit = True
    empty_text = gettext_lazy("The exports that Automanager names are shown here.")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "state_cell",
                    "lock_text",
                    "location",
                    "connection",
                    "mode_text",
                    "dealer_number",
                    "external_id",
                ]
            },
        ),
        (
            gettext_lazy("As Automanager told it"),
            {
                "fields": [
                    "released_text",
                    "waiting_text",
                    "limits_text",
                    "told_text",
                    "provider_text",
                    "number_text",
                    "reconciliation_text",
                    "seen_cell",
                    "checked_text",
                ]
            },
        ),
        (gettext_lazy("Newest runs"), {"fields": ["runs_text"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("connection")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        context["show_history"] = False  # nobody edits it
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=gettext_lazy("export"), ordering="platform")
    def export_cell(self, app: ExportApp) -> SafeString:
        return two_lines(app, app.connection)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_cell(self, app: ExportApp) -> SafeString:
        if app.gone_at is not None:
            return badge(_("Removed"), "grey", title=moment(app.gone_at, now=timezone.now()))
        return state_badge(app)

    @display(description=gettext_lazy("lock"))
    def lock_text(self, app: ExportApp) -> str:
        if app.state != ExportApp.State.LOCKED:
            return pgettext("lock", "none")
        return lock_words(app, now=timezone.now())

    @display(description=gettext_lazy("way of sending"))
    def mode_text(self, app: ExportApp) -> str:
        return capfirst(str(app.get_mode_display())) or _("not told")

    @display(description=gettext_lazy("last seen"), ordering="-last_seen_at")
    def seen_cell(self, app: ExportApp) -> str:
        return moment(app.last_seen_at, now=timezone.now())

    @display(description=gettext_lazy("last checked"))
    def checked_text(self, app: ExportApp) -> str:
        return moment(app.checked_at, now=timezone.now()) if app.checked_at else _("never")

    @display(description=gettext_lazy("released cars"))
    def released_text(self, app: ExportApp) -> str:
        return _number(app.released_vehicles)

    @display(description=gettext_lazy("waiting"))
    def waiting_text(self, app: ExportApp) -> str:
        """ "1 × Neuanlage, 14 × Änderung, 8 × Löschung" """
        waiting = {
            Action.CREATE: app.pending_create,
            Action.CHANGE: app.pending_change,
            Action.DELETE: app.pending_delete,
        }
        return _actions(waiting) or _("not told")

    @display(description=gettext_lazy("limits that locks have told"))
    def limits_text(self, app: ExportApp) -> str:
        return _actions({one: app.limits.get(one.value) for one in Action}) or _("not known")

    @display(description=gettext_lazy("people to be told about a lock"))
    def told_text(self, app: ExportApp) -> str:
        if app.told_count is None:
            return _("not told")
        words = _("%(people)d, of them %(active)d active")
        return words % {"people": app.told_count, "active": app.told_active_count or 0}

    @display(description=gettext_lazy("data provider registered"))
    def provider_text(self, app: ExportApp) -> str:
        return _yes_or_no(app.provider_registered)

    @display(description=gettext_lazy("dealer number valid"))
    def number_text(self, app: ExportApp) -> str:
        return _yes_or_no(app.dealer_number_valid)

    @display(description=gettext_lazy("reconciliation"))
    def reconciliation_text(self, app: ExportApp) -> str:
        words = capfirst(str(app.get_reconciliation_display())) or _("not told")
        if not app.unmatched_listings:
            return words
        open_ads = _("%(n)d not assigned") % {"n": app.unmatched_listings}
        return f"{words} ({open_ads})"

    @display(description=gettext_lazy("runs"))
    def runs_text(self, app: ExportApp) -> SafeString | str:
        now = timezone.now()
        runs: list[ExportRun] = list(app.runs.exclude(sent_at=None).order_by("-sent_at")[:_RUNS])
        shown = [
            {
                "run": one,
                "sent": moment(one.sent_at, now=now) if one.sent_at else "–",
                "confirmed": moment(one.confirmed_at, now=now) if one.confirmed_at else "",
                "badge": _result(one),
            }
            for one in runs
        ]
        return render_to_string("admin/integrations/exportapp/runs.html", {"runs": shown})


def _number(value: int | None) -> str:
    return _("not told") if value is None else number_format(value, force_grouping=True)


def _yes_or_no(value: bool | None) -> str:
    if value is None:
        return _("not told")
    return _("yes") if value else _("no")


def _actions(counts: dict[Action, int | None]) -> str:
    return ", ".join(f"{n} × {action.label}" for action, n in counts.items() if n is not None)


def _result(run: ExportRun) -> SafeString:
    words = capfirst(str(run.get_result_display())) or _("Not told")
    tone = _TONES[ExportRun.Result(run.result)] if run.result else "grey"
    return badge(words, tone, title=run.message)
