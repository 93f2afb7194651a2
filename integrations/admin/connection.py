"""Connections: settings, health, and the button that fetches what is new."""

from __future__ import annotations

import logging
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget

from integrations import inbox
from integrations.http import PartnerMisconfigured, checked_address
from integrations.models import Connection, SyncRun
from leads.admin.base import DealerAdmin
from leads.admin.display import badge, moment, test_badge
from leads.admin.forms import DealerForm
from leads.admin.start import light_of
from leads.admin.wall import dealers_where

logger = logging.getLogger(__name__)

PULL = "integrations.pull_connection"

_LEVELS = {
    SyncRun.State.DONE: messages.SUCCESS,
    SyncRun.State.PARTIAL: messages.WARNING,
    SyncRun.State.FAILED: messages.ERROR,
}


class ConnectionForm(DealerForm):
    """The secret is only ever written: it is not part of the page, not even hidden."""

    new_secret = forms.CharField(
        label=gettext_lazy("Client secret"),
        max_length=500,
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "new_secret" not in self.fields:  # read-only page
            return
        is_new = self.instance.pk is None
        self.fields["new_secret"].required = is_new
        if not is_new:
            self.fields["new_secret"].help_text = _("Stored. Leave empty to keep it.")

    def clean_base_url(self) -> str:
        return self._address("base_url")

    def clean_token_url(self) -> str:
        return self._address("token_url")

    def _address(self, name: str) -> str:
        try:
            return checked_address(self.cleaned_data[name])
        except PartnerMisconfigured as error:
            raise ValidationError(str(error), code="address") from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        has_moved = {"base_url", "token_url"} & set(self.changed_data)
        if self.instance.pk and has_moved and not cleaned.get("new_secret"):
            # Otherwise whoever may change the address could have the secret sent to them.
            message = _("With another address the secret has to be entered again.")
            self.add_error("new_secret", ValidationError(message, code="address_changed"))
        return cleaned


@admin.register(Connection)
class ConnectionAdmin(DealerAdmin):
    form = ConnectionForm
    list_display = ["name", "light_cell", "mode_cell", "success_cell", "error_cell", "fetch_cell"]
    list_display_links = ["name"]
    list_filter = [("is_active", BooleanRadioFilter), ("mode", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_after_template = "admin/integrations/connection/fetch_from_list.html"
    change_form_outer_before_template = "admin/integrations/connection/fetch.html"
    empty_text = gettext_lazy("An account at a partner, for example the BDK Leadservice.")
    search_fields = ["name"]
    fieldsets = [
        (None, {"fields": ["name", "mode", "is_active"]}),
        (
            gettext_lazy("Address and credentials"),
            {"fields": ["base_url", "token_url", "client_id", "new_secret", "scope"]},
        ),
        (gettext_lazy("How it runs"), {"fields": ["light_cell", "success_cell", "error_text"]}),
    ]

    # Rights

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its runs and receipts stay; it can be switched off

    def may_pull(self, request: HttpRequest, connection: Connection) -> bool:
        return connection.is_active and request.user.has_perm(PULL, connection)

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the secret, and with the answer whether this user may fetch."""
        allowed = dealers_where(request.user, PULL)  # type: ignore[arg-type]
        may: Any = Value(allowed is None)
        if allowed:
            may = ExpressionWrapper(Q(dealer__in=allowed), output_field=BooleanField())
        return super().get_queryset(request).defer("client_secret").annotate(may_pull=may)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        *before, general, access, state = super().get_fieldsets(request, obj)
        if obj is None:
            return [*before, general, access]
        if not self.has_change_permission(request, obj):
            return [*before, general, state]
        return [*before, general, access, state]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [
            *super().get_readonly_fields(request, obj),
            "light_cell",
            "success_cell",
            "error_text",
        ]

    @display(description=gettext_lazy("state"))
    def light_cell(self, obj: Connection) -> SafeString:
        return light_of(obj, now=timezone.now())

    @display(description=gettext_lazy("operation"), ordering="mode")
    def mode_cell(self, obj: Connection) -> SafeString:
        return test_badge() if obj.mode == Connection.Mode.TEST else badge(_("Live"), "violet")

    @display(description=gettext_lazy("last success"), ordering="last_success_at")
    def success_cell(self, obj: Connection) -> str:
        if obj.last_success_at is None:
            return _("never")
        return moment(obj.last_success_at, now=timezone.now())

    @display(description=gettext_lazy("last error"))
    def error_cell(self, obj: Connection) -> SafeString | str:
        if not obj.last_error:
            return "–"
        return format_html('<span class="lo-reason" title="{0}">{0}</span>', obj.last_error)

    @display(description=gettext_lazy("last error"))
    def error_text(self, obj: Connection) -> str:
        if not obj.last_error or obj.last_error_at is None:
            return "–"
        return f"{moment(obj.last_error_at, now=timezone.now())}: {obj.last_error}"

    @display(description="")
    def fetch_cell(self, obj: Any) -> SafeString | str:
        if not (obj.is_active and obj.may_pull):
            return ""
        return format_html(
            '<button class="lo-button" type="submit" form="fetch-now" formaction="{}">{}</button>',
            _pull_url(obj),
            _("Fetch now"),
        )

    # Saving

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if secret := form.cleaned_data.get("new_secret"):
            obj.client_secret = secret
        if "base_url" in form.changed_data:
            obj.cursors = {}  # they mean nothing elsewhere
        super().save_model(request, obj, form, change)

    # Fetching

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.pull_view)
        name = "integrations_connection_pull"
        return [path("<int:pk>/pull/", view, name=name), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        connection = self.get_object(request, object_id) if object_id else None
        if connection is not None and self.may_pull(request, connection):
            extra["pull_url"] = _pull_url(connection)
        return super().changeform_view(request, object_id, form_url, extra)

    def pull_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Fetch now, and say what came of it; only by POST, since it has effects."""
        connection = self.get_object(request, str(pk))
        if connection is None:
            raise Http404
        if not self.may_pull(request, connection):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        level, text = self._pull(request, connection)
        self.message_user(request, text, level)
        return HttpResponseRedirect(self._back(request))

    def _pull(self, request: HttpRequest, connection: Connection) -> tuple[int, str]:
        """(message level, what to tell)"""
        try:
            user: Any = request.user
            run = inbox.pull(connection, now=timezone.now(), started_by=user)
        except inbox.AlreadyRunning:
            message = _("%(connection)s is being fetched at this moment. Please wait a little.")
            return messages.INFO, message % {"connection": connection}
        except Exception:
            logger.exception("connection %s", connection.pk)
            message = _(
                "%(connection)s: an unexpected error stopped the run. Please tell the operator."
            )
            return messages.ERROR, message % {"connection": connection}
        if run.state == SyncRun.State.FAILED:
            return messages.ERROR, f"{connection}: {run.error}"
        return _LEVELS[SyncRun.State(run.state)], f"{run.summary()} {run.error}".strip()

    def _back(self, request: HttpRequest) -> str:
        """The page with the button."""
        came_from = request.headers.get("Referer", "")
        if url_has_allowed_host_and_scheme(
            came_from, {request.get_host()}, require_https=request.is_secure()
        ):
            return came_from
        return reverse("admin:integrations_connection_changelist")


def _pull_url(connection: Connection) -> str:
    return reverse("admin:integrations_connection_pull", args=[connection.pk])
