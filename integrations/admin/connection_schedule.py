"""When the jobs of a connection run: a line of the clock, told in words, with its next times."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from integrations.models import Connection, ConnectionSchedule
from integrations.schedules import job_of
from leads.admin.base import DealerAdmin
from leads.admin.forms import DealerForm
from leads.admin.inlines import DealerTabularInline
from leads.background import crontab

SHOWN_SLOTS = 3
_MAX_LINES = 10


class ScheduleForm(DealerForm):
    crontab = forms.CharField(
        label=gettext_lazy("when"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "Minute, hour, day, month and weekday, German time; several lines are possible."
            " */5 7-19 * * 1-6: every five minutes by day. Empty: only by hand."
        ),
        widget=UnfoldAdminTextareaWidget(
            {"rows": 2, "spellcheck": "false", "class": "font-mono", "data-crontab": ""}
        ),
    )

    class Meta:
        model = ConnectionSchedule
        fields = ["crontab"]

    def clean_crontab(self) -> str:
        text: str = self.cleaned_data["crontab"]
        if len(crontab.lines_of(text)) > _MAX_LINES:
            message = _("At most %(n)d lines, please.") % {"n": _MAX_LINES}
            raise ValidationError(message, code="crontab")
        try:
            self.instance.set_crontab(text, now=timezone.now())
        except crontab.BadCrontab as error:
            raise ValidationError(str(error), code="crontab") from error
        return str(self.instance.crontab)


class ScheduleInline(DealerTabularInline):
    """A row per job of the partner; nobody adds or deletes one."""

    model = ConnectionSchedule
    form = ScheduleForm
    fields = ["job_cell", "crontab", "words_cell"]
    readonly_fields = ["job_cell", "words_cell"]
    can_delete = False
    verbose_name_plural = gettext_lazy("Schedules")
    hide_title = True

    class Media:
        js = ["integrations/schedule.js"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("job"))
    def job_cell(self, schedule: ConnectionSchedule) -> SafeString:
        job = job_of(schedule)
        if job is None:
            return format_html("{}", schedule.job)
        return format_html("{}<br><code>manage.py {}</code>", job.title, job.command)

    @display(description=gettext_lazy("that is"))
    def words_cell(self, schedule: ConnectionSchedule) -> SafeString:
        lines = _words(schedule.lines, now=timezone.now())
        return format_html(
            '<div data-crontab-words aria-live="polite">{}</div>',
            format_html_join("", "<p>{}</p>", ((line,) for line in lines)),
        )


class SchedulePages(DealerAdmin):
    """Part of the admin of connections."""

    def crontab_view(self, request: HttpRequest) -> JsonResponse:
        """What lines of the clock mean, while somebody types them: {"lines": […], "is_good": …}"""
        if not self.has_view_permission(request):
            raise PermissionDenied
        lines = crontab.lines_of(request.GET.get("lines", "")[:500])[:_MAX_LINES]
        now = timezone.now()
        try:
            for line in lines:
                crontab.check(line, now=now)
        except crontab.BadCrontab as error:
            return JsonResponse({"lines": [str(error)], "is_good": False})
        return JsonResponse({"lines": _words(lines, now=now), "is_good": True})


def schedule_in_words(connection: Connection, *, now: datetime) -> str:
    """ "alle 5 Minuten, täglich; um 3:17 Uhr, täglich": all that happens by itself."""
    lines = [line for one in connection.schedules.all() for line in one.lines]
    return "; ".join(map(crontab.describe, lines))


def slot_words(slot: datetime) -> str:
    """ "Mo., 23.11., 08:05" """
    return date_format(timezone.localtime(slot), pgettext("time of a schedule", "D, M j, H:i"))


def _words(lines: list[str], *, now: datetime) -> list[str]:
    """Each line told in words, then the next times of all of them."""
    if not lines:
        return [_("Only by hand: nothing happens by itself.")]
    slots = crontab.next_slots(lines, now, SHOWN_SLOTS)
    upcoming = " · ".join(map(slot_words, slots))
    return [*map(crontab.describe, lines), _("Next: %(times)s") % {"times": upcoming}]
