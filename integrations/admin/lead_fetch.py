"""Leads that a partner has announced: which are still to be fetched, and which it does not give."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from integrations.admin.connection_pull import PULL
from integrations.admin.connection_record import ConnectionRecordAdmin
from integrations.meta import sync as meta
from integrations.models import LeadFetch
from leads.admin.display import badge, moment, two_lines

_TONES = {
    LeadFetch.State.WAITING: "amber",
    LeadFetch.State.FETCHED: "green",
    LeadFetch.State.UNAVAILABLE: "red",
}


@admin.register(LeadFetch)
class LeadFetchAdmin(ConnectionRecordAdmin):
    list_display = ["subject_cell", "state_cell", "when_cell", "attempts", "last_error"]
    list_display_links = ["subject_cell"]
    list_select_related = ["connection", "entry"]
    list_filter = ["connection", ("state", ChoicesDropdownFilter)]
    list_filter_submit = True
    empty_text = gettext_lazy("Leads that Meta has announced and that are fetched from there.")
    actions = ["fetch_again"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "subject_cell",
                    "state_cell",
                    "when_cell",
                    "announced_at",
                    "attempts",
                    "last_error",
                    "entry_link",
                ]
            },
        ),
    ]

    def has_pull_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PULL)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("entry__raw", "entry__corrected")

    @display(description=gettext_lazy("lead"))
    def subject_cell(self, fetch: LeadFetch) -> SafeString:
        return two_lines(fetch.entry.outside_id, fetch.connection)

    @display(description=gettext_lazy("state"))
    def state_cell(self, fetch: LeadFetch) -> SafeString:
        words = capfirst(fetch.get_state_display())
        return badge(words, _TONES[LeadFetch.State(fetch.state)])

    @display(description=gettext_lazy("time"))
    def when_cell(self, fetch: LeadFetch) -> str:
        now = timezone.now()
        if fetch.state != LeadFetch.State.WAITING:
            return moment(fetch.announced_at, now=now)
        if fetch.connection.paused_at:
            return _("waits for a new page access token or app secret")
        words = _("next attempt: %(time)s")
        return words % {"time": moment(fetch.next_attempt_at, now=now)}

    @display(description=gettext_lazy("intake entry"))
    def entry_link(self, fetch: LeadFetch) -> SafeString:
        url = reverse("admin:leads_intakeentry_change", args=[fetch.entry_id])
        return format_html('<a class="lo-link" href="{}">{}</a>', url, fetch.entry)

    @action(description=gettext_lazy("Fetch again"), permissions=["pull"])
    def fetch_again(self, request: HttpRequest, queryset: QuerySet[LeadFetch]) -> None:
        """Start anew with those that were given up; a worker fetches them."""
        number = meta.fetch_again(self.permitted(request, queryset, PULL), now=timezone.now())
        words = ngettext(
            "%(n)d lead will be fetched again.", "%(n)d leads will be fetched again.", number
        )
        self.message_user(request, words % {"n": number}, messages.SUCCESS)
