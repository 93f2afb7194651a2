"""What a click does with one lead: another status, closed, mine, written down what happened."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from leads.admin.display import tone_of
from leads.admin.lead_actions import LeadActions
from leads.admin.lead_forms import ActivityForm, CloseForm, StatusForm
from leads.admin.lead_gone import FollowsMerges
from leads.admin.wall import has_right_at, user_of
from leads.models import Lead
from leads.services.handling import assign_leads, close_leads, set_status
from leads.services.noting import add_activity


class LeadSteps(LeadActions, FollowsMerges):
    def get_urls(self) -> list[Any]:
        views = {
            "status": require_POST(self.status_view),
            "close": self.close_view,
            "take": require_POST(self.take_view),
            "activity": require_POST(self.activity_view),
        }
        own = [self.address(f"<path:pk>/{name}/", name, view) for name, view in views.items()]
        return [*own, *super().get_urls()]

    def _lead_to_change(self, request: HttpRequest, pk: str) -> tuple[Lead, QuerySet[Lead]]:
        """The lead and the rows that the services take; foreign ones do not exist."""
        lead = self.get_object(request, pk)
        if lead is None:
            raise Http404
        if not self.has_change_permission(request, lead):
            raise PermissionDenied
        return lead, self.get_queryset(request).filter(pk=lead.pk)

    def status_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        """From the list by script (JSON), from the lead's page as a form."""
        lead, rows = self._lead_to_change(request, pk)
        form = StatusForm(request.POST, user=user_of(request), dealer_ids={lead.dealer_id})
        wants_json = request.accepts("application/json") and not request.accepts("text/html")
        if not form.is_valid():
            message = _("This status cannot be chosen here.")
            if wants_json:
                return JsonResponse({"message": message}, status=422)
            self.message_user(request, message, messages.ERROR)
            return self._back(request, lead)
        status = form.cleaned_data["status"]
        set_status(rows, status, by=user_of(request), now=timezone.now())
        message = _("%(number)s: %(status)s") % {"number": lead.number, "status": status.name}
        if wants_json:
            return JsonResponse({"message": message, "tone": tone_of(status)})
        self.message_user(request, message, messages.SUCCESS)
        return self._back(request, lead)

    def close_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        lead, rows = self._lead_to_change(request, pk)
        form = CloseForm(request.POST or None, user=user_of(request), dealer_ids={lead.dealer_id})
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            if close_leads(rows, reason, by=user_of(request), now=timezone.now()):
                message = _("%(number)s is closed.") % {"number": lead.number}
                self.message_user(request, message, messages.SUCCESS)
            return self._back(request, lead)
        return self.ask(
            request,
            title=_("Close lead"),
            form=form,
            leads=rows,
            button=_("Close lead"),
            back=self._back_url(request, lead),
        )

    def take_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        lead, rows = self._lead_to_change(request, pk)
        me = user_of(request)
        may_take = lead.owner_id is None or has_right_at(me, "leads.assign_lead", lead.dealer_id)
        if may_take and assign_leads(rows, me, by=me, now=timezone.now()):
            message = _("%(number)s is yours.") % {"number": lead.number}
            self.message_user(request, message, messages.SUCCESS)
        elif not may_take:
            message = _("%(number)s already belongs to somebody.") % {"number": lead.number}
            self.message_user(request, message, messages.WARNING)
        return self._back(request, lead)

    def activity_view(self, request: HttpRequest, pk: str) -> HttpResponse:
        user, form = user_of(request), ActivityForm(request.POST)

        def write_down(lead: Lead) -> None:
            if not self.has_change_permission(request, lead):
                raise PermissionDenied
            if form.is_valid():
                said = form.cleaned_data
                add_activity(lead, said["kind"], said["text"], by=user, now=timezone.now())

        lead = self.add_to_lead(request, pk, write_down)
        if lead is None:
            return self.gone(request)
        if not form.is_valid():
            self.message_user(request, _("Please write what happened."), messages.ERROR)
        is_followed = str(lead.pk) != pk
        return HttpResponseRedirect(_url(lead)) if is_followed else self._back(request, lead)

    def _back(self, request: HttpRequest, lead: Lead) -> HttpResponseRedirect:
        return HttpResponseRedirect(self._back_url(request, lead))

    def _back_url(self, request: HttpRequest, lead: Lead) -> str:
        """Where the click came from, if that is a page of ours."""
        came_from = request.POST.get("next") or request.GET.get("next") or ""
        if url_has_allowed_host_and_scheme(came_from, allowed_hosts=None):
            return came_from
        return _url(lead)


def _url(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])
