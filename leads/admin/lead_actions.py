"""What can be done with several leads at once; each action first asks on a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from leads.admin.base import DealerAdmin
from leads.admin.change_batch_undo import with_undo
from leads.admin.lead_forms import AssignForm, CloseForm, StatusForm, lead_dealers
from leads.admin.lead_list import short_list
from leads.admin.wall import user_of
from leads.models import ChangeBatch, Lead
from leads.services.change_batches import edit_together
from leads.services.handling import assign_leads, close_leads, set_status

SHOWN = 5  # leads named on the asking page


class LeadActions(DealerAdmin):
    """Rights are asked for each row again: the list may show leads of several dealers."""

    actions = [
        "assign_selected",
        "take_selected",
        "set_status_of_selected",
        "close_selected",
        "merge_selected",
        "bin_selected",
        "restore_selected",
    ]

    def has_assign_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_right(request, "assign", obj)

    @action(description=gettext_lazy("Assign …"), permissions=["assign"])
    def assign_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> Any:
        return self._run(
            request,
            self.permitted(request, queryset, "leads.assign_lead"),
            name="assign_selected",
            title=_("Assign leads"),
            button=_("Assign"),
            form_class=AssignForm,
            kind=ChangeBatch.Kind.ASSIGN,
            answer="owner",
            service=assign_leads,
        )

    @action(description=gettext_lazy("Take over"), permissions=["change"])
    def take_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> None:
        """No question: nobody loses anything, since only unassigned leads are taken."""
        me = user_of(request)
        rows: Any = self.permitted(request, queryset, "leads.change_lead").filter(owner=None)
        now = timezone.now()
        batches = edit_together(
            rows,
            lambda some, batch: assign_leads(some, me, by=me, now=now, change_batch=batch),
            kind=ChangeBatch.Kind.TAKE,
            by=me,
            now=now,
        )
        self._say(request, batches)

    @action(description=gettext_lazy("Change status …"), permissions=["change"])
    def set_status_of_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> Any:
        return self._run(
            request,
            self.permitted(request, queryset, "leads.change_lead"),
            name="set_status_of_selected",
            title=_("Change status"),
            button=_("Change status"),
            form_class=StatusForm,
            kind=ChangeBatch.Kind.STATUS,
            answer="status",
            service=set_status,
        )

    @action(description=gettext_lazy("Close …"), permissions=["change"])
    def close_selected(self, request: HttpRequest, queryset: QuerySet[Lead]) -> Any:
        return self._run(
            request,
            self.permitted(request, queryset, "leads.change_lead"),
            name="close_selected",
            title=_("Close leads"),
            button=_("Close leads"),
            form_class=CloseForm,
            kind=ChangeBatch.Kind.CLOSE,
            answer="reason",
            service=close_leads,
        )

    def _run(
        self,
        request: HttpRequest,
        leads: Any,
        *,
        name: str,
        title: str,
        button: str,
        form_class: Any,
        kind: ChangeBatch.Kind,
        answer: str,
        service: Callable[..., int],
    ) -> HttpResponse | None:
        """First the question, then one call of the service with the `answer` of the form."""
        said = request.POST if "answer" in request.POST else None
        form = form_class(said, user=user_of(request), dealer_ids=lead_dealers(leads))
        if said is not None and form.is_valid():
            value, by, now = form.cleaned_data[answer], user_of(request), timezone.now()
            batches = edit_together(
                leads,
                lambda rows, batch: service(rows, value, by=by, now=now, change_batch=batch),
                kind=kind,
                what=str(value or _("nobody")),
                by=by,
                now=now,
            )
            self._say(request, batches)
            return None
        return self.ask(request, title=title, form=form, leads=leads, button=button, action=name)

    def _say(self, request: HttpRequest, batches: Sequence[ChangeBatch]) -> None:
        if changed := sum(one.changed_count for one in batches):
            text = ngettext("%(n)d lead changed.", "%(n)d leads changed.", changed)
            message = with_undo(request, text % {"n": changed}, batches)
            self.message_user(request, message, messages.SUCCESS)
        else:
            self.message_user(request, _("No lead had to be changed."), messages.INFO)

    def ask(
        self,
        request: HttpRequest,
        *,
        title: str | Promise,
        form: Any,
        leads: Any,
        button: str,
        action: str = "",
        back: str = "",
    ) -> HttpResponse:
        """The page that asks what is needed before something is done with the leads."""
        count = leads.count()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "count": count,
            "leads": short_list(leads[:SHOWN]),
            "more": max(0, count - SHOWN),
            "button": button,
            "action": action,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME) if action else [],
            "select_across": request.POST.get("select_across", "0") if action else "0",
            "index": request.POST.get("index", "0"),
            "back": back or request.get_full_path(),
        }
        return TemplateResponse(request, "admin/leads/lead/ask.html", context)
