"""Handovers to Dr. Klein: what became of each, attempt by attempt, and what a person decides."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from integrations.drklein.handing_over import (
    AlreadySettled,
    note_arrived,
    note_not_arrived,
    summary,
    withdraw,
)
from integrations.drklein.wording import in_words
from integrations.models import Handover, HandoverAttempt
from leads.admin.display import moment, test_badge, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.kept import KeptAdmin
from leads.admin.lead_handover_card import ADD, handover_badge
from leads.admin.wall import has_right_at, user_of
from leads.models.keys import clean_text

CHANGE = "integrations.change_handover"
_SHOWN_ATTEMPTS = 30
# What was sent, and what came back, is for those who may send it.
_ANSWERS: list[Any] = ["answers_text"]
_CONTENT: list[Any] = ["content_words", "content_raw"]


class CaseNumberForm(forms.Form):
    """What Dr. Klein has said on the telephone."""

    case_number = forms.CharField(max_length=64, required=False)

    def clean_case_number(self) -> str:
        return clean_text(self.cleaned_data["case_number"])


@admin.register(Handover)
class HandoverAdmin(KeptAdmin):
    list_display = ["lead_cell", "state_cell", "case_number", "when_cell", "who_cell", "attempts"]
    list_display_links = ["lead_cell"]
    list_select_related = ["connection", "lead", "ordered_by"]
    list_filter = [
        ("state", ChoicesDropdownFilter),
        ("mode", ChoicesDropdownFilter),
        ("ordered_at", DaysFilter),
    ]
    list_filter_submit = True
    search_fields = ["case_number"]
    search_help_text = gettext_lazy("Case number or lead number, from its beginning")
    empty_text = gettext_lazy("Leads that you hand over to Dr. Klein, with what became of them.")
    change_form_outer_before_template = "admin/integrations/handover/decide.html"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "lead_link",
                    "state_cell",
                    "case_number",
                    "notes_text",
                    "problem_text",
                    "operation_text",
                    "url",
                    "ordered_text",
                    "decided_text",
                ]
            },
        ),
        (gettext_lazy("Attempts"), {"fields": ["attempts_text"]}),
        (gettext_lazy("Answers"), {"fields": _ANSWERS}),
        (gettext_lazy("What was sent"), {"fields": _CONTENT, "classes": ["collapse"]}),
    ]

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("connection__client_secret")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        fieldsets: list[tuple[Any, Any]] = super().get_fieldsets(request, obj)
        if obj is not None and has_right_at(user_of(request), ADD, obj.dealer_id):
            return fieldsets
        return [one for one in fieldsets if one[1]["fields"] not in (_ANSWERS, _CONTENT)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        by_case = queryset.filter(case_number__startswith=term)
        return by_case | queryset.filter(lead__number__startswith=term), False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        handover = self.get_object(request, object_id) if object_id else None
        if handover is not None:
            extra["decision"] = self._decision(request, handover)
        return super().changeform_view(request, object_id, form_url, extra)

    def _decision(self, request: HttpRequest, handover: Handover) -> dict[str, Any]:
        """What this user may do about it now."""
        user, state = user_of(request), handover.state
        may_decide = has_right_at(user, CHANGE, handover.dealer_id)
        may_order = has_right_at(user, ADD, handover.dealer_id)
        is_unclear = state == Handover.State.UNKNOWN
        is_over = state not in (*Handover.OPEN, *Handover.ARRIVED)
        return {
            "is_unclear": is_unclear,
            "asks_for_number": may_decide and (is_unclear or state == Handover.State.UNCONFIRMED),
            "may_withdraw": may_order and state == Handover.State.WAITING,
            "is_moving": state in (Handover.State.WAITING, Handover.State.SENDING),
            "url": reverse("admin:integrations_handover_decide", args=[handover.pk]),
            "order_url": reverse("admin:leads_lead_handover", args=[handover.lead_id])
            if may_order and is_over
            else "",
        }

    @display(description=gettext_lazy("lead"))
    def lead_cell(self, handover: Handover) -> SafeString:
        return two_lines(handover.lead.number, handover.connection)

    @display(description=gettext_lazy("lead"))
    def lead_link(self, handover: Handover) -> SafeString:
        url = reverse("admin:leads_lead_change", args=[handover.lead_id])
        return format_html('<a class="lo-link" href="{}">{}</a>', url, handover.lead.number)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_cell(self, handover: Handover) -> SafeString:
        test = test_badge() if handover.is_test else ""
        shown = handover_badge(handover)
        return format_html('<span class="lo-badges">{}{}</span>', shown, test)

    @display(description=gettext_lazy("time"), ordering="-ordered_at")
    def when_cell(self, handover: Handover) -> str:
        now = timezone.now()
        if handover.state == Handover.State.WAITING and handover.attempts:
            words = _("next attempt: %(time)s")
            return words % {"time": moment(handover.next_attempt_at, now=now)}
        return moment(handover.settled_at or handover.ordered_at, now=now)

    @display(description=gettext_lazy("ordered by"))
    def who_cell(self, handover: Handover) -> str:
        return str(handover.ordered_by or "–")

    @display(description=gettext_lazy("notes of Dr. Klein"))
    def notes_text(self, handover: Handover) -> SafeString | str:
        lines = [(one,) for one in handover.note_lines]
        if not lines:
            return "–"
        items = format_html_join("", "<li>{}</li>", lines)
        return format_html('<ul class="lo-plain lo-problem">{}</ul>', items)

    @display(description=gettext_lazy("problem"))
    def problem_text(self, handover: Handover) -> str:
        return handover.problem or "–"

    @display(description=gettext_lazy("operation"))
    def operation_text(self, handover: Handover) -> str:
        return f"{handover.connection} ({summary(handover)})"

    @display(description=gettext_lazy("ordered by"))
    def ordered_text(self, handover: Handover) -> str:
        at = moment(handover.ordered_at, now=timezone.now())
        return f"{handover.ordered_by or '–'} · {at}"

    @display(description=gettext_lazy("decided by"))
    def decided_text(self, handover: Handover) -> str:
        if handover.decided_at is None:
            return "–"
        at = moment(handover.decided_at, now=timezone.now())
        return f"{handover.decided_by or '–'} · {at}"

    @display(description=gettext_lazy("attempts"))
    def attempts_text(self, handover: Handover) -> SafeString:
        now = timezone.now()
        rows: list[HandoverAttempt] = list(handover.log.all()[:_SHOWN_ATTEMPTS])
        shown = [
            {
                "attempt": one,
                "at": moment(one.started_at, now=now),
                "words": capfirst(one.get_state_display()) if one.state else _("under way"),
            }
            for one in rows
        ]
        return render_to_string("admin/integrations/handover/attempts.html", {"attempts": shown})

    @display(description=gettext_lazy("Answers"))
    def answers_text(self, handover: Handover) -> SafeString | str:
        """The newest first; it comes from outside and is only ever shown as text."""
        rows = handover.log.exclude(answer="")[:_SHOWN_ATTEMPTS]
        blocks = [(one.answer,) for one in rows]
        return format_html_join("", '<pre class="lo-raw" tabindex="0">{}</pre>', blocks) or "–"

    @display(description=gettext_lazy("in words"))
    def content_words(self, handover: Handover) -> SafeString | str:
        if not handover.payload:
            return _("Deleted: the period for keeping messages is over.")
        words = {"words": in_words(json.loads(handover.payload))}
        return render_to_string("admin/leads/handover/words.html", words)

    @display(description=gettext_lazy("as sent"))
    def content_raw(self, handover: Handover) -> SafeString | str:
        if not handover.payload:
            return "–"
        return format_html('<pre class="lo-raw" tabindex="0">{}</pre>', handover.payload)

    # Deciding

    def get_urls(self) -> list[Any]:
        own = self.row_addresses({"decide": require_POST(self.decide_view)})
        return [*own, *super().get_urls()]

    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        handover: Handover | None = self.get_object(request, str(pk))
        if handover is None:
            raise Http404
        answer, user, now = request.POST.get("answer"), user_of(request), timezone.now()
        if not has_right_at(user, ADD if answer == "withdraw" else CHANGE, handover.dealer_id):
            raise PermissionDenied
        form = CaseNumberForm(request.POST)
        page = reverse("admin:integrations_handover_change", args=[handover.pk])
        try:
            if answer == "withdraw":
                withdraw(handover, by=user, now=now)
                words = _("Withdrawn. Nothing was sent.")
            elif answer == "not_arrived":
                note_not_arrived(handover, by=user, now=now)
                words = _("Noted: it has not arrived. You can hand the lead over again.")
            elif answer == "arrived" and form.is_valid():
                number = form.cleaned_data["case_number"]
                note_arrived(handover, case_number=number, by=user, now=now)
                words = _("Noted: the lead has arrived at Dr. Klein.")
            else:
                self.message_user(request, _("Please check the case number."), messages.ERROR)
                return HttpResponseRedirect(page)
        except AlreadySettled:
            text = _("Something else became of it meanwhile. Please look at the state below.")
            self.message_user(request, text, messages.WARNING)
            return HttpResponseRedirect(page)
        self.log_change(request, handover, words)
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(page)
