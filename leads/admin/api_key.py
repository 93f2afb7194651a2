"""API keys: made here, shown once, then known by their first characters only."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import APIKey
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from leads.admin.base import DealerAdmin
from leads.admin.display import badge, moment
from leads.admin.forms import DealerForm
from leads.models import ApiKey, Scope
from leads.models.api_key import default_scopes

# The library's own keys belong to no dealer; nothing here accepts them.
admin.site.unregister(APIKey)


def _moment(at: datetime | None) -> str:
    return moment(at, now=timezone.now()) if at else ""


class ApiKeyForm(DealerForm):
    scopes = forms.MultipleChoiceField(
        label=_("Rights"),
        choices=Scope.choices,
        initial=default_scopes,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )

    class Meta:
        labels = {"name": _("Name"), "expiry_date": _("Valid until")}
        help_texts = {
            "name": _("What the key is for, in words: Website contact form, CRM …"),
            "expiry_date": _("Empty: until it is revoked."),
        }

    def clean_expiry_date(self) -> Any:
        expiry = self.cleaned_data["expiry_date"]
        if expiry and "expiry_date" in self.changed_data and expiry <= timezone.now():
            raise ValidationError(_("This time has passed already."), code="past")
        return expiry


@admin.register(ApiKey)
class ApiKeyAdmin(DealerAdmin):
    form = ApiKeyForm
    list_display = ["name", "state", "system", "prefix", "rights", "expires", "last_use"]
    list_display_links = ["name"]
    list_filter = ["system", ("revoked", BooleanRadioFilter)]
    list_filter_submit = True
    empty_text = _("Every outside system that sends or reads leads gets a key of its own.")
    list_select_related = ["dealer"]
    search_fields = ["name", "system", "prefix"]
    ordering = ["revoked", "-created"]
    actions_detail = ["revoke"]
    fieldsets = [
        (None, {"fields": ["name", "system", "scopes", "expiry_date"]}),
    ]
    state_fieldset = (
        _("State"),
        {"fields": ["state", "prefix", "origin", "last_use"]},
    )

    # What is shown

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

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None:
            return fieldsets
        if not self.has_change_permission(request, obj):
            fieldsets[-1] = (None, {"fields": ["name", "system", "rights", "expires"]})
        return [*fieldsets, self.state_fieldset]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fields = super().get_readonly_fields(request, obj)
        if obj is None:
            return fields
        # Its leads are filed under the system; another system needs another key.
        return [*fields, "system", "state", "prefix", "origin", "last_use", "rights", "expires"]

    # Rights

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a revoked key stays as the sender of its leads

    # Making one

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        # After the form comes the page with the key, whatever button was pressed.
        extra = {"show_save_and_add_another": False, "show_save_and_continue": False}
        answer: HttpResponse = super().render_change_form(
            request, {**context, **extra}, *args, **kwargs
        )
        return answer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
            # Lives as long as this request: the database gets the hash.
            request.new_api_key = ApiKey.objects.assign_key(obj)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page with the key, in answer to the form itself: a message would carry the key
        through a cookie, a session through the database."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New API key"),
            "original": obj,
            "key": request.new_api_key,  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "admin/api_key_created.html", context)

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
        url = reverse("admin:leads_apikey_changelist", current_app=self.admin_site.name)
        return HttpResponse(headers={"HX-Redirect": url})

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
