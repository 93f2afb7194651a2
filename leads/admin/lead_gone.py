"""Work on a lead that somebody else merges or deletes at the same time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from leads.admin.lead_merging import LeadMerging
from leads.models import Lead
from leads.services.handling import LeadGone


class FollowsMerges(LeadMerging):
    """What is added to a lead that was merged goes where the merge would have taken it: to the one
    that was kept. What was edited in its form has another lead to be compared with, so it is not
    saved. Nothing is added to a lead in the bin."""

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, *args, **kwargs)
        except LeadGone:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(object_id))

    def add_to_lead(
        self, request: HttpRequest, pk: str, act: Callable[[Lead], object]
    ) -> Lead | None:
        """Calls `act` with the lead or with the one that it became part of, and says which it was.
        None if it lies in the bin; foreign ones do not exist."""
        lead = self.get_object(request, pk)
        if lead is None and pk.isascii() and pk.isdecimal():
            lead = self.forwarded(request, int(pk))
        if not isinstance(lead, Lead):
            self._must_have_been_here(request, pk)
            return None
        try:
            act(lead)
        except LeadGone:
            return self.add_to_lead(request, pk, act)
        if str(lead.pk) != pk:
            text = _("The lead was merged with %(number)s and goes on here.")
            self.message_user(request, text % {"number": lead.number}, messages.INFO)
        return lead

    def gone(self, request: HttpRequest) -> HttpResponse:
        text = _("The lead was put into the bin meanwhile. What you entered was not saved.")
        self.message_user(request, text, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:leads_lead_changelist"))

    def _must_have_been_here(self, request: HttpRequest, pk: str) -> None:
        rows = self.rows_ever(request)
        is_number = pk.isascii() and pk.isdecimal()
        if not is_number or not rows.filter(pk=int(pk)).exclude(deleted_at=None).exists():
            raise Http404

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        is_number = object_id.isascii() and object_id.isdecimal()
        if request.method != "POST" or (is_number and self.forwarded(request, int(object_id))):
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        self._must_have_been_here(request, object_id)
        return self.gone(request)
