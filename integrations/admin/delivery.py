"""Deliveries: what is on its way out, and what the partner said to it. Nobody edits them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from integrations.admin.connection_record import ConnectionRecordAdmin
from integrations.models import Delivery
from leads.admin.display import badge, moment, two_lines

_TONES = {
    Delivery.State.PENDING: "amber",
    Delivery.State.SENT: "green",
    Delivery.State.REFUSED: "red",
    Delivery.State.DROPPED: "grey",
}


@admin.register(Delivery)
class DeliveryAdmin(ConnectionRecordAdmin):
    list_display = ["subject_cell", "state_cell", "when_cell", "attempts", "answer", "lead_cell"]
    list_display_links = ["subject_cell"]
    list_select_related = ["connection", "entry__lead", "lead", "user"]
    list_filter = ["connection", ("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter)]
    list_filter_submit = True
    empty_text = gettext_lazy("What goes out to partners, for example receipts for their leads.")
    search_fields = ["entry__outside_id"]
    search_help_text = gettext_lazy("Number at the sender, from its beginning")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "subject_cell",
                    "words_text",
                    "state_cell",
                    "when_cell",
                    "attempts",
                    "answer",
                    "recipient_text",
                    "connection",
                    "lead_cell",
                    "entry_link",
                ]
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("entry__raw", "entry__corrected", "text")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        named = Q(entry__outside_id__startswith=term) | Q(outside_id__startswith=term)
        return queryset.filter(named), False

    @display(description=gettext_lazy("delivery"))
    def subject_cell(self, delivery: Delivery) -> SafeString:
        entry = delivery.entry
        name = delivery.subject or (entry.outside_id if entry else delivery.outside_id)
        what = f"{capfirst(delivery.get_kind_display())} {name}"
        told = str(delivery.user) if delivery.user else _said(delivery)
        return two_lines(what, " · ".join(filter(None, [str(delivery.connection), told])))

    @display(description=gettext_lazy("content"))
    def words_text(self, delivery: Delivery) -> str:
        return _said(delivery) or delivery.subject or "–"

    @display(description=gettext_lazy("recipient"))
    def recipient_text(self, delivery: Delivery) -> str:
        return str(delivery.user or delivery.recipient)

    @display(description=gettext_lazy("state"))
    def state_cell(self, delivery: Delivery) -> SafeString:
        words = capfirst(delivery.get_state_display())
        return badge(words, _TONES[Delivery.State(delivery.state)])

    @display(description=gettext_lazy("time"))
    def when_cell(self, delivery: Delivery) -> str:
        now = timezone.now()
        if delivery.state == Delivery.State.PENDING:
            words = _("next attempt: %(time)s")
            return words % {"time": moment(delivery.next_attempt_at, now=now)}
        return moment(delivery.sent_at, now=now) if delivery.sent_at else "–"

    @display(description=gettext_lazy("lead"))
    def lead_cell(self, delivery: Delivery) -> SafeString | str:
        lead = delivery.entry.lead if delivery.entry else delivery.lead
        if lead is None:
            return "–"
        url = reverse("admin:leads_lead_change", args=[lead.pk])
        return format_html('<a class="lo-link" href="{}">{}</a>', url, lead.number)

    @display(description=gettext_lazy("intake entry"))
    def entry_link(self, delivery: Delivery) -> SafeString | str:
        if delivery.entry is None:
            return "–"
        url = reverse("admin:leads_intakeentry_change", args=[delivery.entry_id])
        return format_html('<a class="lo-link" href="{}">{}</a>', url, delivery.entry)


def _said(delivery: Delivery) -> str:
    """A status in the partner's words: "LOST, PRICE"; "" for others."""
    return ", ".join(filter(None, [delivery.status_word, delivery.reason_word]))
