"""Background jobs and the processes that do them; for the operator, who alone has these rights."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import flatten_fieldsets
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_tasks_db.models import DBTaskResult
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from leads.admin.display import ago, badge, moment, span, two_lines
from leads.admin.filters import EnqueuedFilter
from leads.admin.kept import KeptAdmin
from leads.admin.wall import user_of
from leads.background import queue
from leads.models import Job, JobState, Worker
from leads.models.background import JobQuerySet

# The library's own list is of the same rows, without anything to do about them.
admin.site.unregister(DBTaskResult)

_TONES = {
    JobState.WAITING: "blue",
    JobState.RUNNING: "violet",
    JobState.RETRYING: "amber",
    JobState.DONE: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "struck",
}


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(value, capfirst(str(label))) for value, label in JobState.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        rows: Any = queryset
        return rows.in_state(self.value()) if self.value() in JobState.values else queryset


class OperatorAdmin(KeptAdmin):
    """Rows of the installation: read by the operator, written by the workers."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return flatten_fieldsets(self.get_fieldsets(request, obj))


@admin.register(Job)
class JobAdmin(OperatorAdmin):
    list_display = ["title_cell", "state_cell", "attempts_cell", "when_cell", "error_cell"]
    list_display_links = ["title_cell"]
    list_filter = [StateFilter, ("enqueued_at", EnqueuedFilter)]
    list_filter_submit = True
    ordering = ["-enqueued_at"]
    rows_name = gettext_lazy("jobs")
    empty_text = gettext_lazy("What the office does by itself, at night for example.")
    actions = ["run_selected_again", "cancel_selected"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "title_cell",
                    "state_cell",
                    "attempts_cell",
                    "enqueued_text",
                    "when_cell",
                    "duration_text",
                    "error_text",
                ]
            },
        ),
        (gettext_lazy("Technical details"), {"fields": ["trace_text"], "classes": ["collapse"]}),
    ]

    def has_steer_permission(self, request: HttpRequest) -> bool:
        return user_of(request).is_superuser

    @action(description=gettext_lazy("Run again"), permissions=["steer"])
    def run_selected_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        chosen = _as_found(queryset)
        steered = list(chosen.at_rest())
        done = queue.run_again(chosen)
        words = ngettext("%(n)d job will run again.", "%(n)d jobs will run again.", done)
        self._say(request, words % {"n": done}, _("Run again"), steered, len(chosen) - done)

    @action(description=gettext_lazy("Cancel"), permissions=["steer"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        chosen = _as_found(queryset)
        steered = list(chosen.ready())
        done = queue.cancel(chosen, now=timezone.now())
        words = ngettext("%(n)d job cancelled.", "%(n)d jobs cancelled.", done)
        self._say(request, words % {"n": done}, _("Cancelled"), steered, len(chosen) - done)

    def _say(
        self, request: HttpRequest, words: str, change: str, steered: list[Job], left: int
    ) -> None:
        """Tell the operator, and note in each job's history who has steered it."""
        LogEntry.objects.log_actions(user_of(request).pk, steered, CHANGE, change)
        if left:
            sentence = ngettext(
                "%(n)d was left as it is, because it is running or over.",
                "%(n)d were left as they are, because they are running or over.",
                left,
            )
            words = f"{words} {sentence % {'n': left}}"
        self.message_user(request, words, messages.WARNING if left else messages.SUCCESS)

    # What is shown

    @display(description=gettext_lazy("job"))
    def title_cell(self, job: Job) -> SafeString:
        return two_lines(job.title, _ids_of(job))

    @display(description=gettext_lazy("state"))
    def state_cell(self, job: Job) -> SafeString:
        return badge(capfirst(str(job.state.label)), _TONES[job.state])

    @display(description=gettext_lazy("attempts"))
    def attempts_cell(self, job: Job) -> str:
        most = queue.policy_of(job).attempts
        return _("%(n)d of %(most)d") % {"n": job.attempts, "most": most}

    @display(description=gettext_lazy("time"))
    def when_cell(self, job: Job) -> str:
        now = timezone.now()
        match job.state:
            case JobState.WAITING | JobState.RETRYING:
                if job.due_at is None or job.due_at <= now:
                    return _("as soon as possible")
                return _("next attempt: %(time)s") % {"time": moment(job.due_at, now=now)}
            case JobState.RUNNING:
                return _("started %(when)s") % {"when": ago(job.started_at or now, now=now)}
        return moment(job.finished_at, now=now) if job.finished_at else "–"

    @display(description=gettext_lazy("error"))
    def error_cell(self, job: Job) -> SafeString:
        return format_html('<span class="lo-reason" title="{0}">{0}</span>', job.error or "–")

    @display(description=gettext_lazy("ordered"))
    def enqueued_text(self, job: Job) -> str:
        return moment(job.enqueued_at, now=timezone.now())

    @display(description=gettext_lazy("duration"))
    def duration_text(self, job: Job) -> str:
        if not (job.started_at and job.finished_at):
            return "–"
        seconds = (job.finished_at - job.started_at).total_seconds()
        return f"{number_format(seconds, 1, force_grouping=True)} s"

    @display(description=gettext_lazy("error"))
    def error_text(self, job: Job) -> str:
        return job.error or "–"

    @display(description=gettext_lazy("where it happened"))
    def trace_text(self, job: Job) -> SafeString:
        text = f"{job.task_path}\n{job.pk}\n\n{job.traceback}".strip()
        return format_html('<pre class="lo-raw" tabindex="0">{}</pre>', text)


@admin.register(Worker)
class WorkerAdmin(OperatorAdmin):
    list_display = ["place_cell", "state_cell", "started_text", "trouble_cell"]
    list_display_links = ["place_cell"]
    rows_name = gettext_lazy("processes")
    empty_text = gettext_lazy("None is running: start one with `manage.py worker`.")
    fieldsets = [
        (None, {"fields": ["place_cell", "state_cell", "started_text", "trouble_cell"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Compared by the clock of the database, by which they note when they were last seen.
        is_seen = Q(seen_at__gte=Now() - timedelta(seconds=settings.WORKER_LEASE))
        is_alive = ExpressionWrapper(is_seen, output_field=BooleanField())
        return super().get_queryset(request).annotate(is_alive=is_alive)

    @display(description=gettext_lazy("process"), ordering="machine")
    def place_cell(self, worker: Worker) -> SafeString:
        number = _("process %(number)d") % {"number": worker.process_id}
        return two_lines(worker.machine, number)

    @display(description=gettext_lazy("state"), ordering="-seen_at")
    def state_cell(self, worker: Any) -> SafeString:
        if worker.is_alive:
            return badge(_("Running"), "green")
        lost = span(timezone.now() - worker.seen_at)
        return badge(_("Lost for %(span)s") % {"span": lost}, "red")

    @display(description=gettext_lazy("started"), ordering="started_at")
    def started_text(self, worker: Worker) -> str:
        return moment(worker.started_at, now=timezone.now())

    @display(description=gettext_lazy("trouble"))
    def trouble_cell(self, worker: Worker) -> SafeString:
        return format_html('<span class="lo-reason" title="{0}">{0}</span>', worker.trouble or "–")


def _as_found(jobs: QuerySet[Job]) -> JobQuerySet:
    """The same rows without the order of the list, as an UPDATE needs them."""
    return Job.objects.filter(pk__in=list(jobs.values_list("pk", flat=True)))


def _ids_of(job: Job) -> str:
    """The numbers of what the job is about: "No. 17, 18"."""
    values = [*job.args_kwargs["args"], *job.args_kwargs["kwargs"].values()]
    return _("No. %(numbers)s") % {"numbers": ", ".join(map(str, values))} if values else ""
