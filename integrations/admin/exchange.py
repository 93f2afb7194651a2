"""Exchanges: how calls of partners went, without anything secret or personal. Nobody edits them."""

from __future__ import annotations

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from integrations.admin.connection_record import ConnectionRecordAdmin
from integrations.models import Exchange
from leads.admin.display import badge, moment, two_lines


@admin.register(Exchange)
class ExchangeAdmin(ConnectionRecordAdmin):
    list_display = ["time_cell", "call_cell", "answer_cell", "duration_cell", "size_cell"]
    list_display_links = ["time_cell"]
    list_select_related = ["connection"]
    list_filter = ["connection", ("is_good", BooleanRadioFilter)]
    list_filter_submit = True
    rows_name = gettext_lazy("calls")
    empty_text = gettext_lazy("Each call of a partner: when, where to, what came back, in shape.")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "connection",
                    "time_cell",
                    "call_cell",
                    "answer_cell",
                    "duration_cell",
                    "size_cell",
                    "shape_cell",
                ]
            },
        )
    ]

    @display(description=gettext_lazy("time"))
    def time_cell(self, exchange: Exchange) -> SafeString:
        return two_lines(moment(exchange.at, now=timezone.now()), exchange.connection)

    @display(description=gettext_lazy("call"))
    def call_cell(self, exchange: Exchange) -> SafeString:
        return format_html(
            '<code class="break-all">{} {}</code>', exchange.method, exchange.address
        )

    @display(description=gettext_lazy("answer"))
    def answer_cell(self, exchange: Exchange) -> SafeString:
        return badge(exchange.outcome, "green" if exchange.is_good else "red")

    @display(description=gettext_lazy("duration"))
    def duration_cell(self, exchange: Exchange) -> str:
        seconds = number_format(exchange.milliseconds / 1000, 1)
        return _("%(seconds)s s") % {"seconds": seconds}

    @display(description=gettext_lazy("sent / received"))
    def size_cell(self, exchange: Exchange) -> str:
        return f"{filesizeformat(exchange.sent)} / {filesizeformat(exchange.received)}"

    @display(description=gettext_lazy("shape of the answer"))
    def shape_cell(self, exchange: Exchange) -> SafeString | str:
        if exchange.shape in ("", "–"):
            return _("no JSON") if exchange.shape else _("empty")
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', exchange.shape)
