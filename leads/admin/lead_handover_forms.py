"""What somebody enters to hand a lead over to Dr. Klein: the consent, and what the lead lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from integrations.drklein.handing_over import summary
from integrations.drklein.outgoing import Entries
from integrations.models import Connection

_LONGEST_COMMENT = 2000  # characters


class ConsentForm(forms.Form):
    """Names of fields begin with "consent_": both forms stand on one page."""

    WAYS = [
        ("in_person", _("in person")),
        ("phone", _("by phone")),
        ("writing", _("in writing")),
        ("email", _("by e-mail")),
    ]

    consent_text = forms.CharField(
        label=_("Wording that the customer agreed to"),
        max_length=1000,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    consent_via = forms.ChoiceField(
        label=_("How the consent was given"), choices=WAYS, widget=UnfoldAdminSelectWidget
    )
    consent_at = forms.DateTimeField(
        label=_("When"), widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})
    )
    consent_given = forms.BooleanField(
        label=_("The customer has agreed to exactly this"),
        widget=UnfoldBooleanSwitchWidget,
        error_messages={"required": _("Without the customer's consent nothing may be passed on.")},
    )

    def clean_consent_at(self) -> Any:
        at = self.cleaned_data["consent_at"]
        if at > timezone.now():
            raise ValidationError(_("This time lies in the future."), code="future")
        return at


class HandoverForm(forms.Form):
    connection = forms.TypedChoiceField(
        label=_("Account"), coerce=int, widget=UnfoldAdminSelectWidget
    )
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
        help_text=_("Kept with the handover only, encrypted."),
    )
    comment = forms.CharField(
        label=_("Comment for Dr. Klein's adviser"),
        required=False,
        max_length=_LONGEST_COMMENT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text=_("Please nothing about creditworthiness."),
    )
    again = forms.BooleanField(
        label=_("Hand over again although there is a case already"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(
        self, *args: Any, connections: Sequence[Connection], was_there: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._connections = {one.pk: one for one in connections}
        choices = [(one.pk, f"{one.name} ({summary(one)})") for one in connections]
        account: Any = self.fields["connection"]
        # Where there is a choice, it is made by hand: test or real business.
        account.choices = choices if len(choices) == 1 else [("", "–"), *choices]
        if not was_there:
            del self.fields["again"]

    @property
    def chosen(self) -> Connection:
        """Of a valid form."""
        return self._connections[self.cleaned_data["connection"]]

    @property
    def entries(self) -> Entries:
        """Of a valid form."""
        said = self.cleaned_data
        return Entries(
            birth_date=said["birth_date"],
            comment=said["comment"],
            again=bool(said.get("again")),
        )
