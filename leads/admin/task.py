"""Tasks: what somebody has to do about a lead, until when; done with one click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.decorators import action, display
from unfold.views import ChangeList

from leads.admin.base import DealerAdmin
from leads.admin.chips import ChipChangeList, ChipFilter
from leads.admin.display import ago, badge, due, two_lines
from leads.admin.filters import DaysFilter, OwnerFilter, TaskKindFilter, local_day
from leads.admin.merge_pages import back_url, with_button
from leads.admin.wall import user_of
from leads.models import Dealer, Task
from leads.services.tasks import COLUMNS, change_task, finish_task, lock_task, reopen_task

OVERDUE, TODAY, ALL, DONE = "overdue", "today", "all", "done"


class TaskViewFilter(ChipFilter):
    """One's own come by themselves; the others are those of all leads that one sees."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("", _("Mine")),
            (OVERDUE, _("Overdue")),
            (TODAY, _("Due today")),
            (ALL, _("All open ones")),
            (DONE, _("Done")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        now, rows = timezone.now(), queryset.filter(done_at=None)
        match self.value():
            case "overdue":
                return rows.filter(due_at__lt=now)
            case "today":
                tomorrow = local_day(timezone.localdate(now) + timedelta(days=1))
                today = local_day(timezone.localdate(now))
                return rows.filter(due_at__gte=today, due_at__lt=tomorrow)
            case "all":
                return rows
            case "done":
                return queryset.exclude(done_at=None).order_by("-done_at", "-pk")
        return rows.filter(owner=user_of(request))


class TaskChangeList(ChipChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)  # type: ignore[has-type]
        for task in rows:
            task.may_finish = self.model_admin.has_change_permission(request, task)
        self.result_list = rows


def kind_badge(task: Task) -> SafeString:
    if task.kind == Task.Kind.ENQUIRED_AGAIN:
        return badge(_("Has asked again"), "amber")
    return badge(task.get_kind_display(), "grey")


def task_name(task: Task) -> str:
    """What is to be done; its kind says why."""
    if task.kind == Task.Kind.ENQUIRED_AGAIN and not task.title:
        return _("Look at the new enquiry")
    return capfirst(str(task))


@admin.register(Task)
class TaskAdmin(DealerAdmin):
    """New tasks are made on the page of their lead."""

    list_display = ["task_cell", "lead_cell", "owner_cell", "due_cell", "done_cell"]
    list_display_links = None
    list_select_related = ["lead", "owner", "done_by"]
    list_filter = [
        TaskViewFilter,
        TaskKindFilter,
        OwnerFilter,
        ("due_at", DaysFilter),
    ]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    rows_name = gettext_lazy("tasks")
    empty_text = gettext_lazy(
        "Nothing is waiting for you. Tasks are made on the page of a lead, by outside systems, and"
        " when a customer asks again."
    )
    actions = ["finish_selected"]
    fieldsets = [
        (None, {"fields": ["lead_link", "kind", "title", "note", "owner", "due_at", "done_text"]})
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TaskChangeList

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "lead_link", "done_text"]

    # What is shown

    @display(description=gettext_lazy("task"))
    def task_cell(self, task: Task) -> SafeString:
        url = reverse("admin:leads_task_change", args=[task.pk])
        link = format_html('<a class="lo-link lo-strong" href="{}">{}</a>', url, task_name(task))
        return two_lines(link, kind_badge(task))

    @display(description=gettext_lazy("lead"))
    def lead_cell(self, task: Task) -> SafeString:
        name = task.lead.full_name or _("Without a name")
        return two_lines(_lead_link(task, name), f"{task.lead.number} · {task.lead.subject}")

    @display(description=gettext_lazy("lead"))
    def lead_link(self, task: Task) -> SafeString:
        words = [task.lead.number, task.lead.full_name or _("Without a name"), task.lead.subject]
        return _lead_link(task, " · ".join(filter(None, words)))

    @display(description=gettext_lazy("owner"), ordering="owner")
    def owner_cell(self, task: Task) -> str:
        return str(task.owner or _("Unassigned"))

    @display(description=gettext_lazy("due"), ordering="due_at")
    def due_cell(self, task: Task) -> object:
        now = timezone.now()
        if task.done_at is None:
            return format_html("{}", due(task.due_at, now=now))
        return badge(_("Done"), "green", title=ago(task.done_at, now=now))

    @display(description="")
    def done_cell(self, task: Any) -> SafeString | str:
        if not task.may_finish:
            return ""
        done = ("done", pgettext("what to do", "Done"))
        name, words = done if task.done_at is None else ("reopen", _("Open again"))
        return format_html(
            # The list is a form already, and none stands within another.
            '<button class="lo-button" type="submit" formaction="{}">{}</button>',
            reverse(f"admin:leads_task_{name}", args=[task.pk]),
            words,
        )

    @display(description=gettext_lazy("done"))
    def done_text(self, task: Task) -> str:
        if task.done_at is None:
            return _("not yet")
        when = ago(task.done_at, now=timezone.now())
        return " · ".join(filter(None, [when, str(task.done_by or "")]))

    # Saving

    def save_model(self, request: HttpRequest, obj: Task, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.changed_data if name in COLUMNS}
        with transaction.atomic():
            change_task(lock_task(obj.dealer, obj.pk), values)

    # One click

    def get_urls(self) -> list[Any]:
        own = self.row_addresses(
            {"done": require_POST(self.done_view), "reopen": require_POST(self.reopen_view)}
        )
        return [*own, *super().get_urls()]

    def done_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        task = self._task(request, pk)
        with transaction.atomic():
            now = timezone.now()
            finish_task(lock_task(task.dealer, task.pk), now=now, by=user_of(request))
        back = self._back(request)
        text = _("Done: %(task)s.") % {"task": task_name(task)}
        url = reverse("admin:leads_task_reopen", args=[task.pk])
        self.message_user(request, with_button(request, text, url=url, back=back), messages.SUCCESS)
        return HttpResponseRedirect(back)

    def reopen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        task = self._task(request, pk)
        with transaction.atomic():
            reopen_task(lock_task(task.dealer, task.pk))
        self.message_user(
            request, _("Open again: %(task)s.") % {"task": task_name(task)}, messages.SUCCESS
        )
        return HttpResponseRedirect(self._back(request))

    def _task(self, request: HttpRequest, pk: int) -> Task:
        task = self.get_object(request, str(pk))
        if not isinstance(task, Task):
            raise Http404
        if not self.has_change_permission(request, task):
            raise PermissionDenied
        return task

    def _back(self, request: HttpRequest) -> str:
        return back_url(request, reverse("admin:leads_task_changelist"))

    @action(description=pgettext_lazy("what to do", "Done"), permissions=["change"])
    def finish_selected(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        rows = self.permitted(request, queryset, "leads.change_task").filter(done_at=None)
        chosen = list(rows.order_by("pk").values_list("dealer", "pk"))
        dealers = Dealer.objects.in_bulk({dealer_id for dealer_id, _pk in chosen})
        done = 0
        with transaction.atomic():
            for dealer_id, pk in chosen:
                task = lock_task(dealers[dealer_id], pk)
                done += bool(finish_task(task, now=timezone.now(), by=user_of(request)))
        words = ngettext("%(n)d task is done.", "%(n)d tasks are done.", done)
        self.message_user(request, words % {"n": done}, messages.SUCCESS)


def _lead_link(task: Task, words: str) -> SafeString:
    url = reverse("admin:leads_lead_change", args=[task.lead_id])
    return format_html('<a class="lo-link" href="{}">{}</a>', url, words)
