"""What was told to other systems, attempt by attempt. Nobody edits it; it can be sent again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from integrations.models import WebhookDelivery, WebhookEndpoint
from integrations.webhooks import endpoints
from leads.admin.display import badge, moment, two_lines
from leads.admin.filters import DaysFilter
from leads.admin.kept import KeptAdmin
from leads.admin.wall import has_right_at, user_of
from leads.models import Lead

CHANGE = "integrations.change_webhookdelivery"
_SHOWN_ATTEMPTS = 30

_TONES = {
    WebhookDelivery.State.PENDING: "amber",
    WebhookDelivery.State.SENT: "green",
    WebhookDelivery.State.FAILED: "red",
    WebhookDelivery.State.CANCELLED: "struck",
}


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(KeptAdmin):
    list_display = [
        "subject_cell",
        "state_cell",
        "when_cell",
        "attempts",
        "answer_cell",
        "about_cell",
    ]
    list_display_links = ["subject_cell"]
    list_select_related = ["endpoint", "event"]
    list_filter = [
        "endpoint",
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("created_at", DaysFilter),
    ]
    list_filter_submit = True
    search_fields = ["message_id"]
    search_help_text = gettext_lazy("Number of the message (webhook-id), from its beginning")
    empty_text = gettext_lazy("Every message to another system is written down here.")
    actions = ["send_selected_again"]
    actions_detail = ["send_again"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "kind_text",
                    "state_cell",
                    "when_cell",
                    "endpoint",
                    "about_cell",
                    "message_id",
                    "attempts",
                ]
            },
        ),
        (gettext_lazy("Attempts"), {"fields": ["attempts_text"]}),
        (gettext_lazy("Content"), {"fields": ["body_text"], "classes": ["collapse"]}),
    ]

    # Rights

    def has_send_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Here "change" means to send again; of one delivery only while its webhook is on."""
        if object_id is None:
            return has_right_at(user_of(request), CHANGE, None)
        delivery = self._delivery(request, object_id)
        may = has_right_at(user_of(request), CHANGE, delivery.dealer_id)
        return may and delivery.endpoint.is_active

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        hidden = ("endpoint__secret", "endpoint__previous_secret")
        lead = Lead.objects.filter(pk=OuterRef("event__lead_id"))
        return (
            super()
            .get_queryset(request)
            .select_related("endpoint", "event")
            .defer(*hidden)
            .annotate(lead_number=Subquery(lead.values("number")[:1]))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        return (queryset.filter(message_id__startswith=term) if term else queryset), False

    @display(description=gettext_lazy("message"))
    def subject_cell(self, delivery: WebhookDelivery) -> SafeString:
        return two_lines(capfirst(delivery.get_kind_display()), delivery.endpoint)

    @display(description=gettext_lazy("event"))
    def kind_text(self, delivery: WebhookDelivery) -> str:
        return f"{capfirst(delivery.get_kind_display())} ({delivery.kind})"

    @display(description=gettext_lazy("state"))
    def state_cell(self, delivery: WebhookDelivery) -> SafeString:
        words = capfirst(delivery.get_state_display())
        return badge(words, _TONES[WebhookDelivery.State(delivery.state)])

    @display(description=gettext_lazy("time"), ordering="-created_at")
    def when_cell(self, delivery: WebhookDelivery) -> str:
        now = timezone.now()
        if delivery.state == WebhookDelivery.State.PENDING:
            words = _("next attempt: %(time)s")
            return words % {"time": moment(delivery.next_attempt_at, now=now)}
        return moment(delivery.sent_at or delivery.created_at, now=now)

    @display(description=gettext_lazy("last answer"))
    def answer_cell(self, delivery: WebhookDelivery) -> str:
        if delivery.last_status:
            return str(delivery.last_status)
        return _("no answer") if delivery.attempts else "–"

    @display(description=gettext_lazy("about"))
    def about_cell(self, delivery: Any) -> SafeString | str:
        event = delivery.event
        if event is None:
            return "–"
        if event.lead_id:
            return _link("leads_lead", event.lead_id, delivery.lead_number or _("Lead"))
        return _link("leads_customer", event.customer_id, _("Customer"))

    @display(description=gettext_lazy("attempts"))
    def attempts_text(self, delivery: WebhookDelivery) -> SafeString:
        now = timezone.now()
        shown = [(one, moment(one.at, now=now)) for one in delivery.log.all()[:_SHOWN_ATTEMPTS]]
        return render_to_string("admin/integrations/webhook/attempts.html", {"attempts": shown})

    @display(description=gettext_lazy("content"))
    def body_text(self, delivery: WebhookDelivery) -> SafeString:
        return format_html('<pre class="lo-raw" tabindex="0">{}</pre>', delivery.body)

    # Sending again

    @action(
        description=gettext_lazy("Send again"),
        permissions=["send"],
        url_path="send-again",
        icon="send",
        dialog={
            "title": gettext_lazy("Send this message again?"),
            "description": gettext_lazy(
                "It goes to the other system once more, under the same number."
            ),
            "form_class": None,
            "form_submit_text": gettext_lazy("Send again"),
        },
    )
    def send_again(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        delivery = self._delivery(request, object_id)
        self._send(
            request, WebhookDelivery.objects.for_dealer(delivery.dealer_id).filter(pk=delivery.pk)
        )
        url = reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk])
        return HttpResponse(headers={"HX-Redirect": url})

    @action(description=gettext_lazy("Send again …"), permissions=["send"])
    def send_selected_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        permitted = self.permitted(request, queryset, CHANGE)
        if "answer" in request.POST:
            self._send(request, permitted)
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Send messages again"),
            "count": permitted.count(),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "back": request.get_full_path(),
        }
        return TemplateResponse(request, "admin/integrations/webhook/send_again.html", context)

    def _send(self, request: HttpRequest, deliveries: QuerySet[Any]) -> None:
        """Send, write it down with each webhook, and say what happens."""
        of_endpoints = list(
            WebhookEndpoint.objects.filter(pk__in=deliveries.order_by().values("endpoint"))
        )
        sent = endpoints.send_again(deliveries, now=timezone.now())
        words = ngettext(
            "%(n)d message is on its way.", "%(n)d messages are on their way.", sent
        ) % {"n": sent}
        self._log(request, of_endpoints, words)
        if any(not endpoint.is_active for endpoint in of_endpoints):
            words += " " + _("Nothing is sent to a webhook that is switched off.")
        self.message_user(request, words, messages.SUCCESS if sent else messages.WARNING)

    def _log(self, request: HttpRequest, rows: Iterable[WebhookEndpoint], words: str) -> None:
        for endpoint in rows:
            if endpoint.is_active:
                self.log_change(request, endpoint, [{"changed": {"fields": [words]}}])

    def _delivery(self, request: HttpRequest, object_id: str) -> WebhookDelivery:
        delivery: WebhookDelivery | None = self.get_object(request, unquote(str(object_id)))
        if delivery is None:
            raise Http404
        return delivery


def _link(name: str, pk: int | None, words: str) -> SafeString:
    url = reverse(f"admin:{name}_change", args=[pk])
    return format_html('<a class="lo-link" href="{}">{}</a>', url, words)
