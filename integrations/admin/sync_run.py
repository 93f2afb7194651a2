"""Runs: what each pull brought. Nobody edits them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from integrations.models import SyncRun
from integrations.models.sync_run import COUNTERS
from leads.admin.display import badge, moment, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.kept import KeptAdmin

_TONES = {
    SyncRun.State.RUNNING: "blue",
    SyncRun.State.DONE: "green",
    SyncRun.State.PARTIAL: "amber",
    SyncRun.State.FAILED: "red",
}
_NUMBERS = ("pages", *COUNTERS)


@admin.register(SyncRun)
class SyncRunAdmin(KeptAdmin):
    list_display = ["start_cell", "state_cell", "outcome_cell"]
    list_display_links = ["start_cell"]
    list_select_related = ["connection", "started_by"]
    list_filter = ["connection", ("state", ChoicesDropdownFilter), ("started_at", DaysFilter)]
    list_filter_submit = True
    empty_text = gettext_lazy("Each time leads are fetched from a partner, a line is added here.")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "connection",
                    "state_cell",
                    "start_text",
                    "duration",
                    "who_text",
                    "error_text",
                ]
            },
        ),
        (gettext_lazy("What it brought"), {"fields": [*_NUMBERS]}),
        (gettext_lazy("How it went"), {"fields": ["exchanges_cell"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("connection__client_secret")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        """Of the counters those that say something; none if nothing could be asked."""
        shown = []
        for title, options in super().get_fieldsets(request, obj):
            fields = [one for one in options["fields"] if one not in _NUMBERS or getattr(obj, one)]
            if fields:
                shown.append((title, {**options, "fields": fields}))
        return shown

    @display(description=gettext_lazy("started"), ordering="-started_at")
    def start_cell(self, run: SyncRun) -> SafeString:
        took = self.duration(run)
        return two_lines(moment(run.started_at, now=timezone.now()), f"{run.connection} · {took}")

    @display(description=gettext_lazy("state"))
    def state_cell(self, run: SyncRun) -> SafeString:
        words = capfirst(run.get_state_display())
        return badge(words, _TONES[SyncRun.State(run.state)], title=run.error)

    @display(description=gettext_lazy("outcome"))
    def outcome_cell(self, run: SyncRun) -> SafeString:
        """In words: a dozen columns, most of them 0, nobody reads, least of all on a phone."""
        is_without = run.state == SyncRun.State.FAILED and not run.received
        told = "" if is_without else run.brought()
        lines = [(told, ""), (run.error, " lo-sub" if told else "")]
        shown = format_html_join(
            "",
            '<div class="lo-two{0}" title="{1}">{1}</div>',
            ((look, words) for words, look in lines if words),
        )
        return format_html('<div class="lo-cell">{}</div>', shown)

    @display(description=gettext_lazy("started"))
    def start_text(self, run: SyncRun) -> str:
        return moment(run.started_at, now=timezone.now())

    @display(description=gettext_lazy("ordered by"))
    def who_text(self, run: SyncRun) -> str:
        return str(run.started_by or _("schedule or command"))

    @display(description=gettext_lazy("duration"))
    def duration(self, run: SyncRun) -> str:
        if run.finished_at is None:
            return "–"
        seconds = (run.finished_at - run.started_at).total_seconds()
        return _("%(seconds)s s") % {"seconds": number_format(seconds, 1)}

    @display(description=gettext_lazy("calls of the partner"))
    def exchanges_cell(self, run: SyncRun) -> SafeString | str:
        """Without the shapes of the answers; those are in the list of exchanges."""
        calls = run.exchanges.order_by("pk")
        lines = (
            (
                call.method,
                call.address,
                call.outcome,
                number_format(call.milliseconds / 1000, 1),
            )
            for call in calls
        )
        told = format_html_join("", "<li><code>{} {}</code>: {}, {} s</li>", lines)
        return format_html('<ol class="break-all">{}</ol>', told) if told else "–"

    @display(description=gettext_lazy("error"))
    def error_text(self, run: SyncRun) -> str:
        if run.quarantined and not run.error:  # why it is only partly done
            words = ngettext(
                "%(n)d message is in quarantine; the intake ledger says why.",
                "%(n)d messages are in quarantine; the intake ledger says why.",
                run.quarantined,
            )
            return words % {"n": run.quarantined}
        return run.error or "–"
