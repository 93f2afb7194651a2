"""The forms of an API key: its rights in groups, and each form good for one key."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
)

from leads.admin.forms import DealerForm
from leads.models import Scope
from leads.models.api_key import default_scopes
from leads.services.api_keys import DEFAULT_OVERLAP

# What the rights are about, in the order in which they are offered.
SCOPE_GROUPS = (
    (_("Leads"), (Scope.LEADS_READ, Scope.LEADS_WRITE, Scope.LEADS_DELETE)),
    (_("Customers"), (Scope.CUSTOMERS_READ, Scope.CUSTOMERS_WRITE, Scope.CUSTOMERS_DELETE)),
    (_("Tasks"), (Scope.TASKS_READ, Scope.TASKS_WRITE)),
    (_("Catalogues and stock"), (Scope.CATALOGS_READ, Scope.VEHICLES_READ)),
    (_("What happens"), (Scope.EVENTS_READ, Scope.WEBHOOKS_MANAGE)),
)
MAX_OVERLAP = 90  # days


def scope_choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    return [
        (group, [(scope.value, scope.label) for scope in scopes]) for group, scopes in SCOPE_GROUPS
    ]


def new_token() -> str:
    return uuid.uuid4().hex


class ApiKeyForm(DealerForm):
    scopes = forms.MultipleChoiceField(
        label=_("Rights"),
        choices=scope_choices,
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


class NewApiKeyForm(ApiKeyForm):
    """`token` makes a form good for one key: reloading the page that shows the key sends the
    form again."""

    token = forms.CharField(
        widget=forms.HiddenInput, required=False, max_length=32, initial=new_token
    )


class RenewForm(forms.Form):
    days = forms.IntegerField(
        label=_("The present key stays valid for (days)"),
        min_value=0,
        max_value=MAX_OVERLAP,
        initial=DEFAULT_OVERLAP,
        help_text=_("So long you have time to enter the new one. 0: it ends at once."),
        widget=UnfoldAdminIntegerFieldWidget,
    )
    token = forms.CharField(
        widget=forms.HiddenInput, required=False, max_length=32, initial=new_token
    )
