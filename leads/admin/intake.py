"""The Eingangsbuch: everything that came in, with what became of it. Nobody edits it."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from leads.admin.base import DealerAdmin
from leads.admin.display import ago, badge, moment, two_lines
from leads.admin.filters import ChannelFilter, DaysFilter, OutcomeFilter
from leads.admin.wall import has_right_at, user_of
from leads.models import IntakeEntry, Lead, Outcome

_TONES = {
    "": "amber",
    Outcome.CREATED: "green",
    Outcome.UPDATED: "blue",
    Outcome.REPEATED: "grey",
    Outcome.CONFLICT: "amber",
    Outcome.IGNORED: "grey",
    Outcome.QUARANTINED: "red",
    Outcome.REJECTED: "red",
}


@admin.register(IntakeEntry)
class IntakeEntryAdmin(DealerAdmin):
    list_display = ["received_cell", "sender_cell", "outcome_cell", "reason_cell", "lead_cell"]
    list_display_links = ["received_cell"]
    list_select_related = ["lead"]
    list_filter = [OutcomeFilter, ChannelFilter, ("received_at", DaysFilter)]
    list_filter_submit = True
    rows_name = gettext_lazy("entries")
    empty_text = gettext_lazy("Every message that arrives is written down here, with its outcome.")
    search_fields = ["outside_id"]
    search_help_text = gettext_lazy("Number at the sender, from its beginning")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "outcome_cell",
                    "reason_text",
                    "lead_link",
                    "channel_text",
                    "sender",
                    "outside_id",
                    "received_text",
                    "repeats_text",
                    "processed_text",
                    "attempts",
                ]
            },
        ),
        (gettext_lazy("As received"), {"fields": ["raw_text"], "classes": ["collapse"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # The message is long, and reading it means decrypting it.
        return super().get_queryset(request).defer("raw")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(outside_id__startswith=search_term.strip()), False

    def hidden_fields(self, request: HttpRequest, obj: Any = None) -> set[str]:
        may = obj is not None and has_right_at(user_of(request), "leads.view_raw", obj.dealer_id)
        return super().hidden_fields(request, obj) | (set() if may else {"raw_text"})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        sections: Any = self.fieldsets
        shown = [name for _title, options in sections for name in options["fields"]]
        hidden = self.hidden_fields(request, obj)
        return [*(name for name in shown if name not in hidden), "dealer"]

    # The list

    @display(description=gettext_lazy("received"), ordering="-received_at")
    def received_cell(self, entry: IntakeEntry) -> str:
        return moment(entry.received_at, now=timezone.now())

    @display(description=gettext_lazy("channel · number"))
    def sender_cell(self, entry: IntakeEntry) -> SafeString:
        return two_lines(entry.get_channel_display(), entry.outside_id)

    @display(description=gettext_lazy("outcome"))
    def outcome_cell(self, entry: IntakeEntry) -> SafeString:
        words = entry.get_outcome_display() or _("not processed yet")
        return badge(capfirst(words), _TONES[entry.outcome])

    @display(description=gettext_lazy("reason"))
    def reason_cell(self, entry: IntakeEntry) -> SafeString:
        return format_html('<span class="lo-reason" title="{0}">{0}</span>', entry.reason or "–")

    @display(description=gettext_lazy("lead"))
    def lead_cell(self, entry: IntakeEntry) -> SafeString | str:
        return _lead_link(entry.lead) if entry.lead else "–"

    # The page

    @display(description=gettext_lazy("reason"))
    def reason_text(self, entry: IntakeEntry) -> str:
        return entry.reason or "–"

    @display(description=gettext_lazy("lead"))
    def lead_link(self, entry: IntakeEntry) -> SafeString | str:
        return _lead_link(entry.lead) if entry.lead else "–"

    @display(description=gettext_lazy("channel"))
    def channel_text(self, entry: IntakeEntry) -> str:
        return entry.get_channel_display()

    @display(description=gettext_lazy("received"))
    def received_text(self, entry: IntakeEntry) -> str:
        return moment(entry.received_at, now=timezone.now())

    @display(description=gettext_lazy("times received"))
    def repeats_text(self, entry: IntakeEntry) -> str:
        times = ngettext("%(n)d time", "%(n)d times", entry.times_received)
        words = times % {"n": entry.times_received}
        if entry.times_received == 1:
            return words
        last = ago(entry.last_received_at, now=timezone.now())
        return _("%(times)s, last %(when)s") % {"times": words, "when": last}

    @display(description=gettext_lazy("processed"))
    def processed_text(self, entry: IntakeEntry) -> str:
        return moment(entry.processed_at, now=timezone.now()) if entry.processed_at else "–"

    @display(description=gettext_lazy("message"))
    def raw_text(self, entry: IntakeEntry) -> SafeString:
        return format_html('<pre class="lo-raw" tabindex="0">{}</pre>', pretty(entry.raw))


def pretty(raw: str) -> str:
    """JSON on indented lines; anything else as it came."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return raw


def _lead_link(lead: Lead) -> SafeString:
    url = reverse("admin:leads_lead_change", args=[lead.pk])
    return format_html('<a class="lo-link" href="{}">{}</a>', url, lead.number)
