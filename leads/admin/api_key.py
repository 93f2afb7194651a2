"""API keys: made here, shown once, then known by their first characters only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import IntegrityError
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import APIKey
from unfold.decorators import action
from unfold.enums import ActionVariant

from leads.admin.api_key_form import ApiKeyForm, NewApiKeyForm, RenewForm
from leads.admin.api_key_usage import usage_table
from leads.admin.base import DealerAdmin
from leads.admin.display import badge, moment
from leads.admin.filters import RevokedFilter
from leads.admin.wall import user_of
from leads.models import ApiKey, ApiUsage, Scope
from leads.services.api_keys import NewKey, is_made, make_key, renew_key
from leads.services.api_usage import usage_of

# The library's own keys belong to no dealer; nothing here accepts them.
admin.site.unregister(APIKey)

_LISTED_DAYS = 7
_SHOWN_DAYS = 30


def _moment(at: datetime | None) -> str:
    return moment(at, now=timezone.now()) if at else ""


@admin.register(ApiKey)
class ApiKeyAdmin(DealerAdmin):
    form = ApiKeyForm
    list_display = [
        "name_cell",
        "state",
        "system",
        "beginning",
        "rights",
        "expires",
        "last_use",
        "requests_lately",
    ]
    list_display_links = ["name_cell"]
    list_filter = ["system", ("revoked", RevokedFilter)]
    list_filter_submit = True
    empty_text = _("Every outside system that sends or reads leads gets a key of its own.")
    list_select_related = ["dealer"]
    search_fields = ["name", "system", "prefix"]
    ordering = ["revoked", "-created"]
    actions_detail = ["renew", "revoke"]
    fieldsets = [
        (None, {"fields": ["name", "system", "scopes", "expiry_date"]}),
        (_("Limits"), {"fields": ["rate_per_minute", "creates_entries"]}),
        (
            _("Dr. Klein Vorgang"),
            {"fields": ["vorgang_always_real", "vorgang_is_strict"], "classes": ["collapse"]},
        ),
    ]
    state_fieldset = (
        _("State"),
        {"fields": ["state", "beginning", "origin", "renewal", "last_use"]},
    )
    usage_fieldset = (_("Use in the last 30 days"), {"fields": ["usage_lately"]})

    # What is shown

    # The library's own columns have names in English only.
    @admin.display(description=_("name"), ordering="name")
    def name_cell(self, obj: ApiKey) -> str:
        return obj.name

    @admin.display(description=_("first characters"), ordering="prefix")
    def beginning(self, obj: ApiKey) -> str:
        return obj.prefix

    @admin.display(description=_("state"))
    def state(self, obj: ApiKey) -> str:
        if obj.revoked:
            return badge(_("revoked"), "grey")
        return badge(_("expired"), "amber") if obj.has_expired else badge(_("valid"), "green")

    @admin.display(description=_("rights"))
    def rights(self, obj: ApiKey) -> str:
        labels = dict(Scope.choices)
        return ", ".join(str(labels.get(scope, scope)) for scope in obj.scopes)

    @admin.display(description=_("valid until"), ordering="expiry_date")
    def expires(self, obj: ApiKey) -> str:
        return _moment(obj.expiry_date)

    @admin.display(description=_("last used"), ordering="last_used_at")
    def last_use(self, obj: ApiKey) -> str:
        return _moment(obj.last_used_at) or str(_("never"))

    @admin.display(description=_("created"))
    def origin(self, obj: ApiKey) -> str:
        return " · ".join(filter(None, [_moment(obj.created), str(obj.created_by or "")]))

    @admin.display(description=_("renewal"))
    def renewal(self, obj: ApiKey) -> str:
        """ "takes over from k3Fq9ZxA…" or "was renewed as …"; empty for most keys."""
        sentences = []
        if obj.renewed_from:
            sentences.append(_("takes over from %(key)s…") % {"key": obj.renewed_from.prefix})
        newer = ApiKey.objects.for_dealer(obj.dealer_id).filter(renewed_from=obj).order_by("-pk")
        sentences += [_("was renewed as %(key)s…") % {"key": one.prefix} for one in newer[:1]]
        return " · ".join(map(str, sentences)) or "–"

    @admin.display(description=_("requests in 7 days"))
    def requests_lately(self, obj: Any) -> str:
        return number_format(obj.lately or 0, force_grouping=True)

    @admin.display(description=_("requests"))
    def usage_lately(self, obj: ApiKey) -> SafeString:
        return usage_table(usage_of(obj, days=_SHOWN_DAYS, now=timezone.now()))

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        since = timezone.localdate() - timedelta(days=_LISTED_DAYS - 1)
        usage = ApiUsage.objects.filter(key=OuterRef("pk"), day__gte=since).order_by()
        lately = usage.values("key").annotate(total=Sum("requests")).values("total")
        return super().get_queryset(request).annotate(lately=Subquery(lately))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        fieldsets: list[tuple[Any, Any]] = super().get_fieldsets(request, obj)
        if obj is None:
            title, options = fieldsets[-1]
            return [*fieldsets[:-1], (title, {**options, "fields": [*options["fields"], "token"]})]
        if not self.has_change_permission(request, obj):
            fieldsets = [(title, _in_words(options)) for title, options in fieldsets]
        return [*fieldsets, self.state_fieldset, self.usage_fieldset]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        if obj is None:
            return fields
        # Its leads are filed under the system; another system needs another key.
        own = [
            name
            for _title, options in (self.state_fieldset, self.usage_fieldset)
            for name in options["fields"]
        ]
        return [*fields, "system", *own, "rights", "expires"]

    # Rights

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a revoked key stays as the sender of its leads

    # Making one

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is None:
            kwargs["form"] = NewApiKeyForm
        return super().get_form(request, obj, change=change, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # After the form comes the page with the key, whatever button was pressed.
        extra = {"show_save_and_add_another": False, "show_save_and_continue": False}
        answer: HttpResponse = super().render_change_form(
            request, {**context, **extra}, *args, **kwargs
        )
        return answer

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> Any:
        token = _token(request)
        if is_made(token):
            return self._made_before(request)
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:
            if is_made(token):  # a double click: the first one has just been done
                return self._made_before(request)
            raise

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        # Lives as long as this request: the database gets the hash.
        made = make_key(obj, by=user_of(request), form_token=form.cleaned_data["token"])
        request.new_api_key = made  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._shown_once(request, request.new_api_key)  # type: ignore[attr-defined]

    def _shown_once(
        self, request: HttpRequest, made: NewKey, older: ApiKey | None = None
    ) -> HttpResponse:
        """The page with the key, in answer to the form itself: a message would carry the key
        through a cookie, a session through the database."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New API key"),
            "original": made.key,
            "key": made.secret,
            "older": older,
            "older_until": _moment(older.expiry_date) if older else "",
        }
        return TemplateResponse(request, "admin/api_key_created.html", context)

    def _made_before(self, request: HttpRequest) -> HttpResponse:
        message = _(
            "This key has been made already. It was shown once; if nobody copied it, revoke it and"
            " make another one."
        )
        self.message_user(request, message, messages.WARNING)
        return HttpResponseRedirect(self._list_url())

    def _list_url(self) -> str:
        return reverse("admin:leads_apikey_changelist", current_app=self.admin_site.name)

    # Renewing

    @action(
        description=_("Renew"),
        permissions=["change"],
        url_path="renew",
        icon="autorenew",
    )
    def renew(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asks how long the present key stays valid, then shows the new one."""
        key = self._key(request, object_id)
        if is_made(_token(request)):
            return self._made_before(request)
        form = RenewForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self._renewed(request, key, form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Renew the key “%(name)s”") % {"name": key.name},
            "original": key,
            "form": form,
        }
        return TemplateResponse(request, "admin/leads/api_key_renew.html", context)

    def _renewed(self, request: HttpRequest, key: ApiKey, form: RenewForm) -> HttpResponse:
        try:
            made = renew_key(
                key,
                overlap=timedelta(days=form.cleaned_data["days"]),
                by=user_of(request),
                now=timezone.now(),
                form_token=form.cleaned_data["token"],
            )
        except IntegrityError:
            return self._made_before(request)
        key.refresh_from_db()
        self.log_addition(request, made.key, [{"added": {}}])
        self.log_change(request, key, [{"changed": {"fields": [str(_("Valid until"))]}}])
        return self._shown_once(request, made, older=key)

    # Revoking

    @action(
        description=_("Revoke"),
        permissions=["change"],
        url_path="revoke",
        icon="key_off",
        variant=ActionVariant.DANGER,
        dialog={
            "title": _("Revoke this key?"),
            "description": _(
                "The outside system is refused from now on. This cannot be undone; a new key can be"
                " made at any time."
            ),
            "form_class": None,
            "form_submit_text": _("Revoke"),
        },
    )
    def revoke(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        key = self._key(request, object_id)
        key.revoked = True
        key.save(update_fields=["revoked"])
        self.log_change(request, key, [{"changed": {"fields": [str(_("revoked"))]}}])
        self.message_user(request, _("The key has been revoked."), messages.SUCCESS)
        return HttpResponse(headers={"HX-Redirect": self._list_url()})

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The theme asks about actions with the key's name in the address.
        if isinstance(obj, str):
            obj = self._key(request, obj)
        if obj is not None and obj.revoked:
            return False
        return super().has_change_permission(request, obj)

    def _key(self, request: HttpRequest, object_id: str) -> ApiKey:
        key = self.get_object(request, unquote(object_id))
        if key is None:
            raise Http404
        return key


def _token(request: HttpRequest) -> str:
    return request.POST.get("token", "")[:32]


# Fields whose stored value people cannot read → what is shown instead
_WORDS = {"scopes": "rights", "expiry_date": "expires"}


def _in_words(options: Any) -> Any:
    """The options of a fieldset for those who only look."""
    return {**options, "fields": [_WORDS.get(name, name) for name in options["fields"]]}
