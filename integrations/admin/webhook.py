"""Webhooks: which other systems are told what happens, and whether they listen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from integrations.admin.webhook_form import (
    RenewSecretForm,
    WebhookForm,
    kind_labels,
    refusal_of,
)
from integrations.models import WebhookEndpoint
from integrations.webhooks import endpoints
from leads.admin.base import DealerAdmin
from leads.admin.display import badge, moment, span, two_lines
from leads.admin.wall import user_of


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(DealerAdmin):
    form = WebhookForm
    list_display = ["name_cell", "kinds_cell", "state_cell", "deliveries_cell"]
    list_display_links = ["name_cell"]
    list_filter = [("is_active", BooleanRadioFilter)]
    list_filter_submit = True
    search_fields = ["name", "url"]
    empty_text = gettext_lazy(
        "A CRM or another system can be told at once when a lead arrives or changes."
    )
    actions_detail = ["send_test", "renew_secret", "switch_on", "switch_off"]
    fieldsets = [
        (None, {"fields": ["name", "url", "kinds"]}),
    ]
    state_fieldset = (
        gettext_lazy("State"),
        {"fields": ["state_cell", "reason_text", "secret_text", "deliveries_cell", "origin"]},
    )

    # Rights

    def has_test_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self._may_change(request, object_id, is_active=True)

    def has_switch_on_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self._may_change(request, object_id, is_active=False)

    def has_switch_off_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self._may_change(request, object_id, is_active=True)

    def has_renew_permission(self, request: HttpRequest, object_id: str) -> bool:
        return self.has_change_permission(request, self._endpoint(request, object_id))

    def _may_change(self, request: HttpRequest, object_id: str, *, is_active: bool) -> bool:
        endpoint = self._endpoint(request, object_id)
        return endpoint.is_active == is_active and self.has_change_permission(request, endpoint)

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("secret", "previous_secret")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        fieldsets: list[tuple[Any, Any]] = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        if not self.has_change_permission(request, obj):
            fieldsets[-1] = (None, {"fields": ["name", "url", "kinds_text"]})
        return [*fieldsets, self.state_fieldset]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields: list[str] = super().get_readonly_fields(request, obj)
        if obj is None:
            return fields
        return [*fields, *self.state_fieldset[1]["fields"], "kinds_text"]

    @display(description=gettext_lazy("name"), ordering="name")
    def name_cell(self, endpoint: WebhookEndpoint) -> SafeString:
        return two_lines(endpoint.name, endpoint.url)

    @display(description=gettext_lazy("told about"))
    def kinds_cell(self, endpoint: WebhookEndpoint) -> SafeString:
        return format_html('<span class="lo-reason" title="{0}">{0}</span>', _kinds(endpoint))

    @display(description=gettext_lazy("told about"))
    def kinds_text(self, endpoint: WebhookEndpoint) -> str:
        return _kinds(endpoint)

    @display(description=gettext_lazy("state"))
    def state_cell(self, endpoint: WebhookEndpoint) -> SafeString:
        now = timezone.now()
        if not endpoint.is_active:
            return badge(_("Switched off"), "grey", title=endpoint.disabled_reason)
        if endpoint.failing_since:
            words = _("Failing for %(span)s") % {"span": span(now - endpoint.failing_since)}
            return badge(words, "red", title=moment(endpoint.failing_since, now=now))
        return badge(pgettext("state of a webhook", "Runs"), "green")

    @display(description=gettext_lazy("reason"))
    def reason_text(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.disabled_at is None:
            return "–"
        at = moment(endpoint.disabled_at, now=timezone.now())
        return f"{at}: {endpoint.disabled_reason}"

    @display(description=gettext_lazy("secret"))
    def secret_text(self, endpoint: WebhookEndpoint) -> str:
        ends_at, now = endpoint.previous_secret_ends_at, timezone.now()
        if ends_at is None or ends_at <= now:
            return _("Stored; it was shown once.")
        words = _("Stored. The one before is valid until %(time)s.")
        return words % {"time": moment(ends_at, now=now)}

    @display(description=gettext_lazy("deliveries"))
    def deliveries_cell(self, endpoint: WebhookEndpoint) -> SafeString:
        url = reverse("admin:integrations_webhookdelivery_changelist")
        return format_html(
            '<a class="lo-link" href="{}?endpoint__id__exact={}">{}</a>',
            url,
            endpoint.pk,
            _("Show"),
        )

    @display(description=gettext_lazy("created"))
    def origin(self, endpoint: WebhookEndpoint) -> str:
        at = moment(endpoint.created_at, now=timezone.now())
        return " · ".join(filter(None, [at, str(endpoint.created_by or endpoint.sender)]))

    # Saving

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        # Here and not in the form: Django opens a transaction for that, and this asks the network.
        if request.method == "POST":
            request.refusal = refusal_of(request.POST.get("url", ""))  # type: ignore[attr-defined]
        return super().changeform_view(request, *args, **kwargs)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.refusal = getattr(request, "refusal", "")
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            said = form.cleaned_data
            endpoints.change_endpoint(obj, name=said["name"], url=said["url"], kinds=said["kinds"])
        else:
            endpoints.create_endpoint(obj, by=user_of(request), now=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._shown_once(request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if kwargs.get("add"):  # after the form comes the page with the secret
            context = {
                **context,
                "show_save_and_add_another": False,
                "show_save_and_continue": False,
            }
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def _shown_once(self, request: HttpRequest, endpoint: WebhookEndpoint) -> HttpResponse:
        """The page with the secret, in answer to the form itself: a message would carry it
        through a cookie, a session through the database."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Secret of the webhook"),
            "original": endpoint,
            "secret": endpoint.secret,
        }
        return TemplateResponse(request, "admin/integrations/webhook/secret.html", context)

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Its deliveries go with it; they are not listed one by one."""
        rows = list(objs)
        lacking = {
            str(self.opts.verbose_name)
            for row in rows
            if not self.has_delete_permission(request, row)
        }
        return (
            [str(row) for row in rows],
            {str(self.opts.verbose_name_plural): len(rows)},
            lacking,
            [],
        )

    # Actions

    @action(
        description=gettext_lazy("Send a test message"),
        permissions=["test"],
        url_path="test",
        icon="send",
        dialog={
            "title": gettext_lazy("Send a test message?"),
            "description": gettext_lazy(
                "The other system gets a message of the kind webhook.test. What it answers is shown"
                " among the deliveries."
            ),
            "form_class": None,
            "form_submit_text": gettext_lazy("Send"),
        },
    )
    def send_test(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        endpoint = self._endpoint(request, object_id)
        delivery = endpoints.send_test(endpoint, now=timezone.now())
        self.message_user(request, _("The test message is on its way."), messages.SUCCESS)
        url = reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk])
        return HttpResponse(headers={"HX-Redirect": url})

    @action(
        description=gettext_lazy("Renew the secret"),
        permissions=["renew"],
        url_path="renew-secret",
        icon="autorenew",
    )
    def renew_secret(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Says what that means, then shows the new one."""
        endpoint = self._endpoint(request, object_id)
        form = RenewSecretForm(request.POST or None, initial={"version": endpoint.version})
        if request.method == "POST" and form.is_valid():
            version = form.cleaned_data["version"]
            try:
                renewed = endpoints.renew_secret(endpoint, version=version, now=timezone.now())
            except endpoints.ChangedMeanwhile:
                message = _("The webhook has been changed meanwhile; nothing was renewed.")
                self.message_user(request, message, messages.WARNING)
                return HttpResponseRedirect(_page(endpoint))
            self._log(request, endpoint, _("secret renewed"))
            return self._shown_once(request, renewed)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Renew the secret of “%(name)s”") % {"name": endpoint.name},
            "original": endpoint,
            "form": form,
            "hours": int(endpoints.OVERLAP.total_seconds() // 3600),
        }
        return TemplateResponse(request, "admin/integrations/webhook/renew.html", context)

    @action(
        description=gettext_lazy("Switch on again"),
        permissions=["switch_on"],
        url_path="switch-on",
        icon="play_arrow",
        dialog={
            "title": gettext_lazy("Switch the webhook on again?"),
            "description": gettext_lazy(
                "From now on it is told what happens. What happened meanwhile is not sent by"
                " itself; cancelled deliveries can be sent again."
            ),
            "form_class": None,
            "form_submit_text": gettext_lazy("Switch on again"),
        },
    )
    def switch_on(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        endpoint = endpoints.switch_on(self._endpoint(request, object_id))
        self._log(request, endpoint, _("switched on"))
        self.message_user(request, _("The webhook is switched on."), messages.SUCCESS)
        return HttpResponse(headers={"HX-Redirect": _page(endpoint)})

    @action(
        description=gettext_lazy("Switch off"),
        permissions=["switch_off"],
        url_path="switch-off",
        icon="pause",
        variant=ActionVariant.DANGER,
        dialog={
            "title": gettext_lazy("Switch the webhook off?"),
            "description": gettext_lazy(
                "The other system is no longer told what happens, and what waits is cancelled."
            ),
            "form_class": None,
            "form_submit_text": gettext_lazy("Switch off"),
        },
    )
    def switch_off(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        endpoint = endpoints.switch_off(self._endpoint(request, object_id))
        self._log(request, endpoint, _("switched off"))
        self.message_user(request, _("The webhook is switched off."), messages.SUCCESS)
        return HttpResponse(headers={"HX-Redirect": _page(endpoint)})

    def _endpoint(self, request: HttpRequest, object_id: str) -> WebhookEndpoint:
        endpoint: WebhookEndpoint | None = self.get_object(request, unquote(str(object_id)))
        if endpoint is None:
            raise Http404
        return endpoint

    def _log(self, request: HttpRequest, endpoint: WebhookEndpoint, what: str) -> None:
        self.log_change(request, endpoint, [{"changed": {"fields": [what]}}])


def _page(endpoint: WebhookEndpoint) -> str:
    return reverse("admin:integrations_webhookendpoint_change", args=[endpoint.pk])


def _kinds(endpoint: WebhookEndpoint) -> str:
    chosen = [label for value, label in kind_labels() if value in endpoint.kinds]
    return ", ".join(chosen) or _("everything")
