"""The fields of a website form: how our page shows them, and what is wrong with what was sent.

Programs and our page are checked by the same rules. What is merely odd is no error here: it
becomes a warning on the lead (integrations/website_form/mapping.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.widgets import Input
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.models import WebsiteForm
from integrations.models.website_form import FormField
from integrations.website_form.mapping import DayPart, Wish
from integrations.website_form.schema import (
    CONSENT_PREFIX,
    TOKEN,
    TRAP,
    FormPayload,
    Json,
)
from leads.models.contact import Salutation
from leads.models.keys import clean_text, email_key
from leads.models.lead import Lead
from leads.services.person_names import split_name

MAX_MESSAGE = 10_000
WAY_TO_REACH = gettext_lazy("Please give your e-mail address or your phone number.")
_MAX_OTHER = 100
_MIN_PHONE_DIGITS = 5
# One of them says who is asking; a first name alone does not.
_NAMES = ("last_name", "name", "company")
# How programs hear of errors that belong to no field.
_WHOLE_FORM = "form"

# field → (label, its token for browsers that fill forms in)
_TEXTS: dict[str, tuple[Any, str]] = {
    "first_name": (gettext_lazy("First name"), "given-name"),
    "last_name": (gettext_lazy("Last name"), "family-name"),
    "name": (gettext_lazy("Name"), "name"),
    "company": (gettext_lazy("Company"), "organization"),
    "street": (gettext_lazy("Street and number"), "street-address"),
    "postal_code": (gettext_lazy("Postal code"), "postal-code"),
    "city": (gettext_lazy("City"), "address-level2"),
    "email": (gettext_lazy("E-mail"), "email"),
    "phone": (gettext_lazy("Phone"), "tel"),
}
_LENGTH_OF = {"name": "company"}  # has no column of its own
_WIDGETS: dict[str, type[Input]] = {"email": forms.EmailInput, "phone": forms.TelInput}
_TRADE_IN = {
    "trade_in_make": gettext_lazy("Make"),
    "trade_in_model": gettext_lazy("Model"),
    "trade_in_first_registration": gettext_lazy("First registration"),
    "trade_in_mileage_km": gettext_lazy("Mileage (km)"),
}
# As on the page, where errors are listed in this order.
_IN_ORDER = (
    "salutation",
    *_TEXTS,
    "wishes",
    "test_drive_date",
    "test_drive_daypart",
    *_TRADE_IN,
    "message",
)


class _AnyWords(forms.MultipleChoiceField):
    """Our choices for people; programs may send other words, which are kept."""

    widget = forms.CheckboxSelectMultiple

    def valid_value(self, value: Any) -> bool:
        return True


class EnquiryForm(forms.Form):
    """Everything that can be sent. The page shows what its settings ask for, and marks what is
    `needed`."""

    salutation = forms.CharField(
        label=gettext_lazy("Salutation"),
        required=False,
        max_length=_MAX_OTHER,
        widget=forms.Select(
            attrs={"autocomplete": "honorific-prefix"},
            choices=[("", gettext_lazy("not stated")), *Salutation.choices],
        ),
    )
    message = forms.CharField(
        label=gettext_lazy("Your message"),
        required=False,
        max_length=MAX_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    wishes = _AnyWords(
        label=gettext_lazy("What may we do for you?"), choices=Wish.offered(), required=False
    )
    test_drive_date = forms.DateField(
        label=gettext_lazy("Day of the test drive"),
        required=False,
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Please give a day, such as 31.12.2026.")},
    )
    test_drive_daypart = forms.CharField(
        label=gettext_lazy("Time of the test drive"),
        required=False,
        max_length=_MAX_OTHER,
        widget=forms.Select(choices=[("", gettext_lazy("any time")), *DayPart.choices]),
    )
    website = forms.CharField(
        label=gettext_lazy("Please leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    vehicle_ref = forms.CharField(required=False, widget=forms.HiddenInput)
    token = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        settings: WebsiteForm,
        data: Mapping[str, Json] | None = None,
        *,
        initial: dict[str, Any] | None = None,
    ) -> None:
        """`data`: the fields as a program or our page has sent them, nested or flat."""
        self.settings = settings
        self.payload = FormPayload.from_payload(data or {})
        super().__init__(None if data is None else _bound(self.payload, data), initial=initial)
        for name, (label, autocomplete) in _TEXTS.items():
            self.fields[name] = _text_field(name, label, autocomplete)
        for name, label in _TRADE_IN.items():
            self.fields[name] = forms.CharField(label=label, max_length=_MAX_OTHER, required=False)
        for consent in settings.consents:
            self.fields[CONSENT_PREFIX + consent["purpose"]] = _consent_field(consent)
        for name in settings.required_fields:
            field = self.fields[name]
            field.required = True
            message = _("Please fill this in: %(label)s.") % {"label": field.label}
            field.error_messages["required"] = message
        self.order_fields(_IN_ORDER)
        self.needed = {name for name, field in self.fields.items() if field.required}
        if not settings.asks_for(FormField.COMPANY):
            # For people it is the name that has to be there; programs may send a company.
            self.needed.add("last_name")
            self.fields["last_name"].widget.attrs["aria-required"] = "true"

    # Checks

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if email and not email_key(email):
            message = _("This is no complete e-mail address. It looks like name@example.de.")
            raise ValidationError(message)
        return email

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        if phone and sum(character.isdigit() for character in phone) < _MIN_PHONE_DIGITS:
            message = _("This is no complete phone number. It looks like 0221 4710123.")
            raise ValidationError(message)
        return phone

    def clean(self) -> dict[str, Any]:
        for name, value in self.payload.values.items():
            if isinstance(value, bool | list | dict):
                self._refuse(name, _("This must be text."))
        self._check_who()
        self._check_wordings()
        return self.cleaned_data

    def _check_who(self) -> None:
        """Somebody, with at least one way to be reached."""
        values = self.payload.values
        if not any(_text(values.get(name)) for name in _NAMES):
            self._refuse("last_name", _("Please give your last name."))
        if not _text(values.get("email")) and not _text(values.get("phone")):
            self._refuse("email", WAY_TO_REACH)

    def _check_wordings(self) -> None:
        """What somebody agreed to can be proven only if we know its text."""
        for one in self.payload.consents:
            is_known = (
                one.text or not one.version or self.settings.wording(one.purpose, one.version)
            )
            if one.granted and not is_known:
                message = _("No such version of this consent. Please send its text along.")
                self._refuse(CONSENT_PREFIX + one.purpose, message)

    def _refuse(self, name: str, message: Any) -> None:
        """One error for each field is enough."""
        if name not in self.fields:
            self.add_error(None, message)  # a name of the sender's must not come back
        elif name not in self.errors:
            self.add_error(name, message)

    @property
    def problems(self) -> dict[str, list[str]]:
        """For programs: sentences by field, in the language of now."""
        return {
            _WHOLE_FORM if name == NON_FIELD_ERRORS else name: [str(one) for one in errors]
            for name, errors in self.errors.items()
        }


def _text_field(name: str, label: Any, autocomplete: str) -> forms.CharField:
    column: Any = Lead._meta.get_field(_LENGTH_OF.get(name, name))
    widget = _WIDGETS.get(name, forms.TextInput)(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=column.max_length, required=False, widget=widget)


def _consent_field(consent: Mapping[str, Any]) -> forms.BooleanField:
    message = _("Please tick this: without it we cannot take your enquiry.")
    return forms.BooleanField(
        label=consent["text"],
        required=consent["required"],
        error_messages={"required": message},
    )


def _bound(payload: FormPayload, data: Mapping[str, Json]) -> dict[str, Any]:
    """The values by the names of our fields; what is no text is left out, `clean` refuses it."""
    values = {name: _text(value) for name, value in payload.values.items()}
    if values.get("name") and not values.get("first_name") and not values.get("last_name"):
        whole = split_name(values["name"])
        values |= {"first_name": whole.first_name, "last_name": whole.last_name or whole.company}
    granted = {CONSENT_PREFIX + one.purpose: one.granted for one in payload.consents}
    technical = {name: _text(data.get(name)) for name in (TRAP, TOKEN)}
    wishes = [one for one in payload.wishes if isinstance(one, str)]
    return {**values, **granted, **technical, "wishes": wishes}


def _text(value: Json) -> str:
    """As mapping.py will read it; "" for what is no text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return clean_text(value, multiline=True) if isinstance(value, str) else ""
