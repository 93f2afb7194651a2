"""Handing a lead over to Dr. Klein: what is missing, what exactly would be sent, and the order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from integrations.drklein.handing_over import (
    RELATED,
    AlreadyUnderWay,
    NotReady,
    Preparation,
    connections_of,
    hand_over,
    prepare,
)
from integrations.drklein.outgoing import Entries
from integrations.drklein.wording import in_words
from integrations.http import PartnerError
from integrations.models import Connection, Handover
from leads.admin.base import DealerAdmin
from leads.admin.display import badge, test_badge
from leads.admin.lead_handover_card import ADD
from leads.admin.lead_handover_forms import ConsentForm, HandoverForm
from leads.admin.wall import has_right_at, user_of
from leads.models import Lead
from leads.services.consenting import FINANCE_FORWARDING, consent_for, record_consent
from leads.services.handling import LeadGone

_TEMPLATE = "admin/leads/handover/page.html"


class LeadHandover(DealerAdmin):
    """Part of the admin of leads."""

    def get_urls(self) -> list[Any]:
        return [*self.row_addresses({"handover": self.handover_view}), *super().get_urls()]

    def handover_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Looked at with GET; POST notes the consent, shows the preview or gives the order."""
        lead = self._lead_to_hand_over(request, pk)
        connections = connections_of(lead.dealer_id)
        if not connections:
            text = _("There is no account at Dr. Klein. An administrator can add it as a partner.")
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(_lead_url(lead))
        try:
            if "consent" in request.POST:
                return self._note_consent(request, lead, connections)
            return self._preview_or_send(request, lead, connections)
        except LeadGone:
            text = _("The lead was deleted or merged meanwhile. Nothing was sent.")
            self.message_user(request, text, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:leads_lead_changelist"))
        except PartnerError as error:
            self.message_user(request, f"{error} {error.advice}", messages.ERROR)
            return HttpResponseRedirect(_lead_url(lead))

    def _lead_to_hand_over(self, request: HttpRequest, pk: int) -> Lead:
        rows = self.get_queryset(request).select_related(*RELATED)
        lead: Lead | None = rows.filter(pk=pk).first()
        if lead is None:
            raise Http404
        if not has_right_at(user_of(request), ADD, lead.dealer_id):
            raise PermissionDenied
        return lead

    # The consent

    def _note_consent(
        self, request: HttpRequest, lead: Lead, connections: Sequence[Connection]
    ) -> HttpResponse:
        if not self.has_change_permission(request, lead):
            raise PermissionDenied
        form = ConsentForm(request.POST)
        if not form.is_valid():
            handover_form = self._form(lead, connections, None)
            return self._page(request, lead, connections, handover_form, consent_form=form)
        said = form.cleaned_data
        record_consent(
            lead,
            FINANCE_FORWARDING,
            text=said["consent_text"],
            given_at=said["consent_at"],
            via=said["consent_via"],
            by=user_of(request),
            now=timezone.now(),
        )
        self.message_user(request, _("The consent was noted."), messages.SUCCESS)
        return HttpResponseRedirect(_url(lead))

    # Preview and order

    def _preview_or_send(
        self, request: HttpRequest, lead: Lead, connections: Sequence[Connection]
    ) -> HttpResponse:
        form = self._form(lead, connections, request.POST if request.method == "POST" else None)
        if not form.is_bound or not form.is_valid():
            return self._page(request, lead, connections, form)
        user, now = user_of(request), timezone.now()
        if "send" not in request.POST:
            preparation = prepare(lead, form.chosen, entries=form.entries, by=user, now=now)
            return self._page(request, lead, connections, form, preparation=preparation)
        try:
            handover = hand_over(
                lead,
                form.chosen,
                entries=form.entries,
                fingerprint=request.POST.get("fingerprint", ""),
                by=user,
                now=now,
            )
        except NotReady as changed:
            text = _("Something has changed since the preview. Please look at it once more.")
            self.message_user(request, text, messages.WARNING)
            return self._page(request, lead, connections, form, preparation=changed.preparation)
        except AlreadyUnderWay:
            text = _("A handover of this lead is under way already.")
            self.message_user(request, text, messages.INFO)
            return HttpResponseRedirect(_lead_url(lead))
        self.log_change(request, lead, _("Handover to Dr. Klein ordered."))
        self.message_user(
            request, _("The handover is on its way. Its result appears here."), messages.SUCCESS
        )
        return HttpResponseRedirect(
            reverse("admin:integrations_handover_change", args=[handover.pk])
        )

    def _form(self, lead: Lead, connections: Sequence[Connection], said: Any) -> HandoverForm:
        earlier = list(Handover.objects.of_lead(lead))
        initial = {
            "connection": connections[0].pk if len(connections) == 1 else "",
            "birth_date": _birth_date(earlier),
            "comment": lead.message,
        }
        was_there = any(one.state in Handover.ARRIVED for one in earlier)
        return HandoverForm(said, initial=initial, connections=connections, was_there=was_there)

    def _page(
        self,
        request: HttpRequest,
        lead: Lead,
        connections: Sequence[Connection],
        form: HandoverForm,
        *,
        preparation: Preparation | None = None,
        consent_form: ConsentForm | None = None,
    ) -> HttpResponse:
        """Without a preparation: what can be said already."""
        now = timezone.now()
        is_chosen = preparation is not None
        connection = form.chosen if is_chosen else connections[0]
        if preparation is None:
            said = form.initial
            known = Entries(birth_date=said["birth_date"], comment=said["comment"])
            preparation = prepare(lead, connection, entries=known, by=user_of(request), now=now)
        if consent_form is None and consent_for(lead, FINANCE_FORWARDING) is None:
            consent_form = ConsentForm(initial=_proposed(lead, connection))
        shows_preview = is_chosen and preparation.is_ready
        is_test = connection.mode == Connection.Mode.TEST
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Hand over to Dr. Klein"),
            "subtitle": lead.number,
            "lead": lead,
            "form": form,
            "consent_form": consent_form,
            "conditions": preparation.conditions,
            "preview": in_words(preparation.payload) if shows_preview else None,
            "preparation": preparation,
            "connection": connection,
            "is_test": is_test,
            "mode_badge": test_badge() if is_test else badge(_("Real business"), "red"),
            "back": _lead_url(lead),
        }
        return TemplateResponse(request, _TEMPLATE, context)


def _proposed(lead: Lead, connection: Connection) -> dict[str, Any]:
    """What the form about the consent begins with."""
    text = connection.consent_text or _(
        "I agree that %(dealer)s passes my details on to Dr. Klein Ratenkredit, which may contact "
        "me about financing."
    ) % {"dealer": lead.dealer}
    at = timezone.localtime().isoformat(sep="T", timespec="minutes")[:16]
    return {"consent_text": text, "consent_at": at}


def _birth_date(earlier: Sequence[Handover]) -> Any:
    """As it was entered for the newest handover, so that nobody has to ask again."""
    for one in earlier:
        if one.payload:
            sent = json.loads(one.payload)
            person = sent.get("vorgang", sent).get("antragsteller1", {}).get("personendaten", {})
            return parse_date(person.get("geburtsdatum", ""))
    return None


def _url(lead: Lead) -> str:
    return reverse("admin:leads_lead_handover", args=[lead.pk])


def _lead_url(lead: Lead) -> str:
    return reverse("admin:leads_lead_change", args=[lead.pk])
