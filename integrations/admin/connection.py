"""Connections: their settings and how they run; what is done with them by mixins."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from integrations.admin.bdk_state import BDK_STATE, BdkState
from integrations.admin.connection_form import ConnectionForm, partner_fieldsets, put_secrets
from integrations.admin.connection_health import HealthPage
from integrations.admin.connection_light import light_of
from integrations.admin.connection_pull import PULL, ConnectionPull, may_pull, pull_url
from integrations.admin.connection_schedule import ScheduleInline, SchedulePages
from integrations.admin.connection_secrets import SecretPages, asks_for_partner, partner_asked_for
from integrations.admin.connection_trial import ConnectionTrial, try_url
from integrations.admin.drklein_form import OPERATIONS, DrKleinForm, drklein_fieldsets
from integrations.admin.status_words import StatusWordPages
from integrations.drklein.client import case_url
from integrations.health import SECRETS
from integrations.http import PartnerError
from integrations.meta import sync as meta
from integrations.models import Connection, Partner
from integrations.schedules import give_schedules
from leads.admin.base import DealerAdmin
from leads.admin.display import badge, moment, test_badge
from leads.admin.wall import dealers_where, user_of


@admin.register(Connection)
class ConnectionAdmin(
    SecretPages,
    ConnectionPull,
    ConnectionTrial,
    StatusWordPages,
    BdkState,
    SchedulePages,
    HealthPage,
    DealerAdmin,
):
    form = ConnectionForm
    inlines = [ScheduleInline]
    list_display = [
        "name",
        "partner",
        "light_cell",
        "mode_cell",
        "success_cell",
        "error_cell",
        "fetch_cell",
    ]
    list_display_links = ["name"]
    list_filter = [
        ("partner", ChoicesDropdownFilter),
        ("is_active", BooleanRadioFilter),
        ("mode", ChoicesDropdownFilter),
    ]
    list_filter_submit = True
    list_after_template = "admin/integrations/connection/fetch_from_list.html"
    change_form_outer_before_template = "admin/integrations/connection/fetch.html"
    empty_text = gettext_lazy("An account at a partner, for example the BDK Leadservice.")
    search_fields = ["name"]
    fieldsets = [(None, {"fields": ["name"]})]  # replaced: they depend on the partner
    state_fields = ["light_cell", "success_cell", "counters", "error_text", "former_key"]

    # Rights

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its runs and receipts stay; it can be switched off

    # What is shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the secrets, and with the answer whether this user may fetch."""
        allowed = dealers_where(user_of(request), PULL)
        may: Any = Value(allowed is None)
        if allowed:
            may = ExpressionWrapper(Q(dealer__in=allowed), output_field=BooleanField())
        rows = super().get_queryset(request).defer(*SECRETS).annotate(may_pull=may)
        return rows.select_related("dealer").prefetch_related("schedules")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        *before, _replaced = super().get_fieldsets(request, obj)
        partner = obj.partner if obj else partner_asked_for(request)
        shown = None if obj and obj.is_called else ["light_cell", "success_cell", "error_text"]
        if obj and shown and obj.partner == Partner.BDK:
            shown = [*shown, *BDK_STATE]
        if obj and shown and (obj.is_pulled or obj.partner == Partner.AUTOMANAGER):
            shown = [*shown, "runs_cell"]
        state = (gettext_lazy("How it runs"), {"fields": shown or self.state_fields})
        settings = (
            drklein_fieldsets(obj.profile if obj else "")
            if partner == Partner.DRKLEIN
            else partner_fieldsets(partner)
        )
        if obj is None:
            return [*before, *settings]
        if self.has_change_permission(request, obj):
            return [*before, *settings, state]
        return [*before, settings[0], state]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [
            *super().get_readonly_fields(request, obj),
            *self.state_fields,
            *BDK_STATE,
            "runs_cell",
            "operation_text",
        ]

    @display(description=gettext_lazy("state"))
    def light_cell(self, obj: Connection) -> SafeString:
        return light_of(obj, now=timezone.now())

    @display(description=gettext_lazy("operation"), ordering="mode")
    def mode_cell(self, obj: Connection) -> SafeString:
        return test_badge() if obj.mode == Connection.Mode.TEST else badge(_("Live"), "violet")

    @display(description=gettext_lazy("operation"))
    def operation_text(self, obj: Connection) -> str:
        """ "Profile B, test: https://testapi.drkleinservice.de/vorgang" """
        words = {(str(one), str(mode)): label for one, mode, label in OPERATIONS.values()}
        label = str(words.get((obj.profile, obj.mode), "–"))
        try:
            return f"{label}: {case_url(obj)}"
        except PartnerError as error:
            return f"{label}: {error}"

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

    @display(description=gettext_lazy("messages"))
    def counters(self, obj: Connection) -> str:
        return _("%(received)s received, %(refused)s refused") % {
            "received": number_format(obj.received, force_grouping=True),
            "refused": number_format(obj.refused, force_grouping=True),
        }

    @display(description=gettext_lazy("runs"))
    def runs_cell(self, obj: Connection) -> SafeString:
        """Where they are listed."""
        if obj.partner == Partner.AUTOMANAGER:
            url, words = reverse("admin:integrations_finding_control"), _("To the export control")
        else:
            runs = reverse("admin:integrations_syncrun_changelist")
            url, words = f"{runs}?connection__id__exact={obj.pk}", _("All runs")
        return format_html('<a class="lo-link" href="{}">{}</a>', url, words)

    @display(description=gettext_lazy("former key valid until"))
    def former_key(self, obj: Connection) -> str:
        until, now = obj.previous_secret_until, timezone.now()
        return moment(until, now=now) if until and until > now else "–"

    @display(description="")
    def fetch_cell(self, obj: Any) -> SafeString | str:
        if not (obj.is_pulled and obj.is_active and obj.may_pull):
            return ""
        return format_html(
            '<button class="lo-button" type="submit" form="fetch-now" formaction="{}">{}</button>',
            pull_url(obj),
            _("Fetch now"),
        )

    # Setting up

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        if request.method == "GET" and not asks_for_partner(request):
            return self.choose_partner(request)
        return super().add_view(request, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        partner = obj.partner if obj else partner_asked_for(request)
        if partner == Partner.DRKLEIN:
            kwargs["form"] = DrKleinForm
        form = super().get_form(request, obj, change=change, **kwargs)
        form.partner = partner
        return form

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if not context["original"]:  # after it comes the page with what is to be copied
            hidden = {"show_save_and_add_another": False, "show_save_and_continue": False}
            context = {**context, **hidden}
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        # Lives as long as this request: the database gets it encrypted.
        request.made_secrets = put_secrets(obj, form.cleaned_data)  # type: ignore[attr-defined]
        if obj.is_called:
            obj.mode = Connection.Mode.LIVE  # these partners mark test leads themselves
        if "base_url" in form.changed_data:
            obj.cursors = {}  # they mean nothing elsewhere
            obj.paused_sites, obj.retry_at, obj.failures = {}, None, 0
        if {"client_id", "scope"} & set(form.changed_data):
            obj.paused_at = None  # signing in may work now, as after another secret
        super().save_model(request, obj, form, change)
        give_schedules(Connection.objects.filter(pk=obj.pk), now=timezone.now())
        if obj.partner == Partner.META:
            meta.adopt(obj, now=timezone.now())

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if not obj.is_called:
            return super().response_add(request, obj, post_url_continue)
        return self.show_secrets(request, obj, request.made_secrets)  # type: ignore[attr-defined]

    # Its pages and buttons

    def get_urls(self) -> list[Any]:
        own = self.row_addresses(
            {
                "pull": self.pull_view,
                "renew": self.renew_view,
                "end": self.end_view,
                "try": require_POST(self.try_view),
                "words": self.words_view,
            }
        )
        whole = [
            self.address("health/", "health", self.health_view),
            self.address("crontab/", "crontab", self.crontab_view),
        ]
        return [*own, *whole, *super().get_urls()]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        has_jobs = obj is not None and obj.schedules.exists()
        return super().get_inlines(request, obj) if has_jobs else []

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        connection = self.get_object(request, object_id) if object_id else None
        buttons = self._buttons(request, connection) if connection is not None else {}
        extra = {**(extra_context or {}), **buttons}
        return super().changeform_view(request, object_id, form_url, extra)

    def _buttons(self, request: HttpRequest, connection: Connection) -> dict[str, Any]:
        """The addresses of what this user may do with it."""
        found: dict[str, Any] = {}
        if may_pull(user_of(request), connection):
            found["pull_url"] = pull_url(connection)
        if self.may_try(request, connection):
            found["try_url"] = try_url(connection)
        if self.may_word(request, connection):
            found["words_url"] = reverse(
                "admin:integrations_connection_words", args=[connection.pk]
            )
        if self.may_renew(request, connection):
            found |= self.address_context(request, connection)
        return found
