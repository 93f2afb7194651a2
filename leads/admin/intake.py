"""The Eingangsbuch: everything that came in, with what became of it. Entries are not edited; what
can be done about their messages stands in intake_replaying.py."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import display

from leads.admin.chips import ChipChangeList
from leads.admin.deeds import deeds_of
from leads.admin.display import ago, badge, moment, two_lines
from leads.admin.filters import ChannelFilter, DaysFilter, OutcomeFilter
from leads.admin.intake_filters import IntakeViewFilter, SenderFilter
from leads.admin.intake_replaying import IntakeReplaying, why_not
from leads.models import IntakeEntry, Lead, Outcome
from leads.services.retention import WAITING_PERIODS

_TONES = {
    "": "amber",
    Outcome.CREATED: "green",
    Outcome.UPDATED: "blue",
    Outcome.ATTACHED: "violet",
    Outcome.REPEATED: "grey",
    Outcome.CONFLICT: "amber",
    Outcome.IGNORED: "grey",
    Outcome.QUARANTINED: "red",
    Outcome.REJECTED: "red",
    Outcome.SET_ASIDE: "grey",
    Outcome.UNDONE: "struck",
}


@admin.register(IntakeEntry)
class IntakeEntryAdmin(IntakeReplaying):
    list_display = ["received_cell", "sender_cell", "outcome_cell", "reason_cell", "lead_cell"]
    list_display_links = ["received_cell"]
    list_select_related = ["lead"]
    list_filter = [
        IntakeViewFilter,
        OutcomeFilter,
        ChannelFilter,
        SenderFilter,
        ("received_at", DaysFilter),
    ]
    list_filter_submit = True
    list_before_template = "admin/leads/chips.html"
    change_form_outer_before_template = "admin/leads/intakeentry/buttons.html"
    change_form_outer_after_template = "admin/leads/intakeentry/log.html"
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
                    "corrected_text",
                    "kept_text",
                ]
            },
        ),
        (
            gettext_lazy("Technical details"),
            {
                "fields": ["parser_text", "idempotency_text", "message_id", "hash_text"],
                "classes": ["collapse"],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # The message is long, and reading it means decrypting it.
        return super().get_queryset(request).defer("raw", "corrected")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChipChangeList]:
        return ChipChangeList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        number = search_term.strip()
        if not number:
            return queryset, False
        # People who are told a number on the phone do not know its capitals.
        spellings = {number, number.upper()}
        begins = Q(*[("outside_id__startswith", one) for one in spellings], _connector=Q.OR)
        return queryset.filter(begins), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        entry = kwargs.get("obj")
        if entry is not None:
            context["ledger"] = self._ledger(request, entry)
            context["show_history"] = False  # nothing is edited here; the log stands below
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def _ledger(self, request: HttpRequest, entry: IntakeEntry) -> dict[str, Any]:
        """What may be done about the entry, and who has done something about it."""
        may_read = self.may_read(request, entry) and entry.raw_deleted_at is None
        may_replay = self.has_replay_permission(request, entry)
        reason = why_not(entry)
        shown = {
            "message": may_read,
            "correct": may_read and may_replay and not reason,
            "replay": may_replay and not reason,
            "set-aside": may_replay and entry.outcome == Outcome.QUARANTINED,
        }
        urls = {
            f"{name.replace('-', '_')}_url": reverse(
                f"admin:leads_intakeentry_{name}", args=[entry.pk]
            )
            for name, is_shown in shown.items()
            if is_shown
        }
        is_open = entry.lead is None and may_replay
        return {
            **urls,
            "was_set_aside": entry.outcome == Outcome.SET_ASIDE,
            "note": reason if is_open else "",
            "log": deeds_of(entry),
        }

    # The list

    @display(description=gettext_lazy("hash of the content"))
    def hash_text(self, entry: IntakeEntry) -> str:
        return entry.content_hash

    @display(description=gettext_lazy("received"), ordering="-received_at")
    def received_cell(self, entry: IntakeEntry) -> str:
        return moment(entry.received_at, now=timezone.now())

    @display(description=gettext_lazy("channel · number"))
    def sender_cell(self, entry: IntakeEntry) -> SafeString:
        return two_lines(_channel(entry), entry.outside_id)

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
        return _channel(entry)

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

    @display(description=gettext_lazy("corrected"))
    def corrected_text(self, entry: IntakeEntry) -> str:
        if entry.corrected_at is None:
            return "–"
        at = moment(entry.corrected_at, now=timezone.now())
        return " · ".join(filter(None, [at, str(entry.corrected_by or "")]))

    @display(description=gettext_lazy("message"))
    def kept_text(self, entry: IntakeEntry) -> str:
        """Whether the message is still there, and how long it will be."""
        now = timezone.now()
        if entry.raw_deleted_at:
            return _("deleted since %(time)s") % {"time": moment(entry.raw_deleted_at, now=now)}
        is_waiting = entry.outcome in ("", Outcome.QUARANTINED)
        days = entry.dealer.raw_days * (WAITING_PERIODS if is_waiting else 1)
        words = ngettext("kept for %(n)d day", "kept for %(n)d days", days) % {"n": days}
        if not is_waiting:
            return words
        return _("%(period)s at most, since it still waits") % {"period": words}

    @display(description=gettext_lazy("read by"))
    def parser_text(self, entry: IntakeEntry) -> str:
        """The parser with its version: "mail/adf 1"."""
        return entry.parser or "–"

    @display(description=gettext_lazy("idempotency key"))
    def idempotency_text(self, entry: IntakeEntry) -> str:
        return entry.idempotency_key or "–"


def _channel(entry: IntakeEntry) -> str:
    """ "API", "API · change of a lead" """
    what = [entry.get_channel_display(), _("change of a lead") if entry.is_change else ""]
    return " · ".join(filter(None, what))


def _lead_link(lead: Lead) -> SafeString:
    url = reverse("admin:leads_lead_change", args=[lead.pk])
    return format_html('<a class="lo-link" href="{}">{}</a>', url, lead.number)
