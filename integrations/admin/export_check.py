"""Checks of the exports: when somebody looked, what was read, what was left out. Only kept."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from integrations.admin.connection_record import ConnectionRecordAdmin
from integrations.admin.export_cards import check_badge, skipped_words
from integrations.admin.finding_words import TONES, severity_label
from integrations.automanager.reading import reading_names
from integrations.models import ExportApp, ExportCheck, Severity
from leads.admin.display import badge, moment, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.wall import user_of
from leads.models import Location
from leads.models.dealer import within_places_of


@admin.register(ExportCheck)
class ExportCheckAdmin(ConnectionRecordAdmin):
    list_display = ["start_cell", "state_cell", "duration", "apps", "found_cell", "error_cell"]
    list_display_links = ["start_cell"]
    list_select_related = ["connection"]
    list_filter = ["connection", ("state", ChoicesDropdownFilter), ("started_at", DaysFilter)]
    list_filter_submit = True
    empty_text = gettext_lazy("Each time the exports are checked, a line is added here.")
    fieldsets = [
        (
            None,
            {"fields": ["connection", "state_cell", "start_text", "duration", "error_text"]},
        ),
        (
            gettext_lazy("What it brought"),
            {"fields": ["found_cell", "open_cell", "apps", "pages", "read_cell", "skipped_cell"]},
        ),
    ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        check: Any = kwargs.get("obj")
        if check is not None:
            # Exports and locations whose names this user may read.
            user = user_of(request)
            apps = ExportApp.objects.for_user(user).filter(connection=check.connection_id)
            check.named_apps = {str(one) for one in apps}
            places = Location.objects.for_dealer(check.dealer_id)
            places = places.filter(within_places_of(user, "pk"))
            check.places = {str(one.pk): one.name for one in places}
            context["show_history"] = False  # nobody edits it
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=gettext_lazy("started"), ordering="-started_at")
    def start_cell(self, check: ExportCheck) -> SafeString:
        return two_lines(moment(check.started_at, now=timezone.now()), check.connection)

    @display(description=gettext_lazy("started"))
    def start_text(self, check: ExportCheck) -> str:
        return moment(check.started_at, now=timezone.now())

    @display(description=gettext_lazy("state"))
    def state_cell(self, check: ExportCheck) -> SafeString:
        return check_badge(check)

    @display(description=gettext_lazy("duration"))
    def duration(self, check: ExportCheck) -> str:
        if check.finished_at is None:
            return "–"
        seconds = (check.finished_at - check.started_at).total_seconds()
        return _("%(seconds)s s") % {"seconds": number_format(seconds, 1)}

    @display(description=gettext_lazy("findings"))
    def found_cell(self, check: ExportCheck) -> str:
        """ "2 neu, 5 bekannt, 1 erledigt" """
        words = {
            "new": _("%(n)d new"),
            "reopened": _("%(n)d came back"),
            "worse": _("%(n)d became worse"),
            "known": _("%(n)d known"),
            "closed": _("%(n)d gone"),
        }
        told = [text % {"n": n} for name, text in words.items() if (n := check.outcome.get(name))]
        return ", ".join(told) or "–"

    @display(description=gettext_lazy("error"))
    def error_cell(self, check: ExportCheck) -> SafeString | str:
        if not check.error:
            return "–"
        return format_html('<span class="lo-reason" title="{0}">{0}</span>', check.error)

    @display(description=gettext_lazy("error"))
    def error_text(self, check: ExportCheck) -> SafeString | str:
        return format_html('<span class="lo-text">{}</span>', check.error) if check.error else "–"

    @display(description=gettext_lazy("read"))
    def read_cell(self, check: ExportCheck) -> SafeString | str:
        """ "Übertragungen: 412" """
        names = {part.value: name for part, name in reading_names().items()}
        told = [
            f"{capfirst(names.get(name, name))}: {number_format(n, force_grouping=True)}"
            for name, n in check.read.items()
        ]
        return _lines(told)

    @display(description=gettext_lazy("open findings"))
    def open_cell(self, check: Any) -> SafeString | str:
        """As the check left them, of the locations that the user sees."""
        named = {**check.places, "": _("Without a location")}
        lines = [
            format_html("<li>{} {}</li>", named[place], _severities(counts))
            for place, counts in check.open_counts.items()
            if place in named
        ]
        shown = format_html_join("", "{}", ((line,) for line in lines))
        return format_html('<ul class="lo-plain">{}</ul>', shown) if lines else "–"

    @display(description=gettext_lazy("checks left out"))
    def skipped_cell(self, check: Any) -> SafeString | str:
        told = [
            ": ".join(filter(None, [one["app"], f"{one['titles']} ({one['reason']})"]))
            for one in skipped_words(check, check.named_apps)
        ]
        return _lines(told)


def _severities(counts: dict[str, int]) -> SafeString:
    badges = (
        (badge(f"{counts[one.word]} × {severity_label(one)}", TONES[one]),)
        for one in reversed(Severity)
        if one.word in counts
    )
    return format_html_join(" ", "{}", badges)


def _lines(told: list[str]) -> SafeString | str:
    shown = format_html_join("", "<li>{}</li>", ((line,) for line in told))
    return format_html('<ul class="lo-plain">{}</ul>', shown) if told else "–"
