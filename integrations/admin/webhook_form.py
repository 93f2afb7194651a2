"""What is entered about a webhook."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from integrations.addresses import AddressRefused, AddressUnknown, check_address
from leads.admin.forms import DealerForm
from leads.models import EventKind


def kind_labels() -> list[tuple[str, str]]:
    return [(value, capfirst(str(label))) for value, label in EventKind.choices]


class WebhookForm(DealerForm):
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Tell about"),
        choices=kind_labels,
        required=False,
        help_text=gettext_lazy("None chosen: everything."),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    # Set on the class made for each request: what is wrong with the address that was entered.
    refusal: str = ""

    def clean_url(self) -> str:
        if "url" in self.changed_data and self.refusal:
            raise ValidationError(self.refusal, code="address")
        return str(self.cleaned_data["url"])


class RenewSecretForm(forms.Form):
    """The version of the webhook that is shown: a page that is reloaded must not renew again."""

    version = forms.IntegerField(widget=forms.HiddenInput)


def refusal_of(url: str) -> str:
    """Why the address cannot be used; empty if it can."""
    try:
        check_address(url)
    except (AddressRefused, AddressUnknown) as error:
        return str(error)
    return ""
