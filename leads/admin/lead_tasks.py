"""The tasks on the page of a lead: what is open, done with a click, and a short form for more."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from leads.admin.display import due
from leads.admin.lead_gone import FollowsMerges
from leads.admin.task import kind_badge, task_name
from leads.admin.wall import has_right_at, user_of
from leads.models import Lead, Task, User
from leads.services.tasks import create_task

SHOWN = 10
_USUAL_TIME = time(9)


class NewTaskForm(forms.Form):
    """`due_at` comes from the browser's own field for date and time."""

    KINDS = [kind for kind in Task.Kind if kind != Task.Kind.ENQUIRED_AGAIN]

    kind = forms.ChoiceField(choices=[(kind.value, kind.label) for kind in KINDS])
    title = forms.CharField(max_length=200, required=False)
    due_at = forms.DateTimeField(
        error_messages={
            "required": gettext_lazy("Please say until when."),
            "invalid": gettext_lazy("Please say until when."),
        }
    )


def task_card(lead: Lead, *, user: User, now: datetime) -> dict[str, Any]:
    """Open tasks, the most pressing first, and what the form needs. One query."""
    rows = Task.objects.for_dealer(lead.dealer_id).filter(lead=lead).open()
    found = list(rows.select_related("owner").order_by("due_at", "pk")[: SHOWN + 1])
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    return {
        "rows": [
            {
                "task": task,
                "name": task_name(task),
                "kind": kind_badge(task),
                "due": due(task.due_at, now=now),
            }
            for task in found[:SHOWN]
        ],
        "has_more": len(found) > SHOWN,
        "may_finish": has_right_at(user, "leads.change_task", lead.dealer_id),
        "may_add": has_right_at(user, "leads.add_task", lead.dealer_id),
        "kinds": [(kind.value, kind.label) for kind in NewTaskForm.KINDS],
        "usual_due": datetime.combine(tomorrow, _USUAL_TIME).isoformat(timespec="minutes"),
        "back": reverse("admin:leads_lead_change", args=[lead.pk]),
    }


class LeadTasks(FollowsMerges):
    def get_urls(self) -> list[Any]:
        own = self.row_addresses({"task": require_POST(self.task_view)})
        return [*own, *super().get_urls()]

    def task_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Make a task; it is the lead's owner's, or of who makes it if there is none."""
        user, form = user_of(request), NewTaskForm(request.POST)

        def add(lead: Lead) -> None:
            if not has_right_at(user, "leads.add_task", lead.dealer_id):
                raise PermissionDenied
            if form.is_valid():
                owner = lead.owner or user
                create_task(lead, now=timezone.now(), owner=owner, **form.cleaned_data)

        lead = self.add_to_lead(request, str(pk), add)
        if lead is None:
            return self.gone(request)
        if form.is_valid():
            self.message_user(request, _("The task was added."), messages.SUCCESS)
        else:
            errors = " ".join(str(one) for found in form.errors.values() for one in found)
            self.message_user(request, errors, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:leads_lead_change", args=[lead.pk]))
