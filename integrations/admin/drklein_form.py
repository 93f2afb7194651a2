"""The settings of an account at Dr. Klein as people edit them.

Profile, test or real business, and address are one choice, made once: the same address means a
test in one profile and real business in the other. Another operation is another connection.
"""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
)

from integrations.admin.connection_form import ConnectionForm
from integrations.drklein.outgoing import OWN_VALUES
from integrations.http import host_of
from integrations.models import Connection, Partner

_Mode, _Profile = Connection.Mode, Connection.Profile
_ADVISER = re.compile(r"[A-Z]{3}[0-9]{2}|TEST")
_VISIBLE = re.compile(r"[!-~]+")
_FLAGS = {"true": True, "false": False}
_MAX_VALUES = 50

OPERATIONS = {
    "b-test": (_Profile.B, _Mode.TEST, gettext_lazy("Profile B, test")),
    "b-live": (_Profile.B, _Mode.LIVE, gettext_lazy("Profile B, real business")),
    "a-test": (_Profile.A, _Mode.TEST, gettext_lazy("Profile A, test")),
    "a-live": (_Profile.A, _Mode.LIVE, gettext_lazy("Profile A, real business")),
}
# What each profile cannot do without, beside its secret.
_NEEDED = {_Profile.A: ("adviser_number",), _Profile.B: ("client_id", "case_source")}
_ACCOUNT = ["client_id", "new_secret", "case_source", "adviser_number"]
_ONLY_A, _ONLY_B = ("adviser_number",), ("client_id", "case_source", "token_url", "scope")


def drklein_fieldsets(profile: str) -> list[tuple[Any, Any]]:
    """For a new connection (no profile yet) everything, later what its profile needs."""
    left_out = {"": (), _Profile.A: _ONLY_B, _Profile.B: _ONLY_A}[profile]
    operation = "operation_text" if profile else "operation"
    fieldsets = [
        (None, ["name", "is_active", operation]),
        (gettext_lazy("Account"), _ACCOUNT),
        (gettext_lazy("What is sent along"), ["consent_text", "further_values"]),
        (gettext_lazy("Other addresses"), ["base_url", "token_url", "scope"]),
    ]
    return [
        (title, {"fields": [name for name in fields if name not in left_out]})
        for title, fields in fieldsets
    ]


class ValuesField(forms.Field):
    """ "vertriebsschluessel = 0001", one per line; true, false and whole numbers are such."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return "\n".join(f"{key} = {_written(one)}" for key, one in value.items())

    def to_python(self, value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        lines = [line for line in str(value or "").splitlines() if line.strip()]
        if len(lines) > _MAX_VALUES:
            message = _("At most %(count)s values are possible.") % {"count": _MAX_VALUES}
            raise ValidationError(message, code="too_many")
        return dict(map(_read_pair, lines))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial or {}) != (data or "")


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_pair(line: str) -> tuple[str, Any]:
    key, sign, text = (part.strip() for part in line.partition("="))
    if not (key and sign and text) or len(key) > 80:
        message = _("Please write one value per line, like vertriebsschluessel = 0001.")
        raise ValidationError(message, code="pair")
    if key in OWN_VALUES:
        message = _("“%(key)s” is filled in from the lead.") % {"key": key}
        raise ValidationError(message, code="own")
    if text in _FLAGS:
        return key, _FLAGS[text]
    # A leading zero is part of a key, not of a number.
    is_number = text.isascii() and text.isdecimal() and text == str(int(text)) and len(text) < 16
    return key, int(text) if is_number else text[:200]


class DrKleinForm(ConnectionForm):
    operation = forms.ChoiceField(
        label=gettext_lazy("Operation"),
        choices=[(name, label) for name, (_profile, _mode, label) in OPERATIONS.items()],
        initial="b-test",
        widget=UnfoldAdminRadioSelectWidget,
        help_text=gettext_lazy(
            "Dr. Klein says which profile applies. It cannot be changed later: test and real "
            "business are two connections, each with credentials of its own."
        ),
    )
    further_values = ValuesField(
        label=gettext_lazy("Further values"),
        required=False,
        help_text=gettext_lazy(
            "One per line as agreed with Dr. Klein, for example vertriebsschluessel = 0001."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields.pop("operation", None)
        if "further_values" in self.fields:
            self.fields["further_values"].initial = self.instance.case_values
        for name, hint in (
            ("new_secret", _("Profile A: the token from Dr. Klein's support.")),
            ("client_id", _("Profile B only.")),
            ("case_source", _("leadquelle, as agreed with Dr. Klein; profile B only.")),
            ("adviser_number", _("kundenbetreuer.partnerId, like ABC12; profile A only.")),
        ):
            if name in self.fields and not self.instance.pk:
                self.fields[name].help_text = hint
        for name in ("base_url", "token_url", "scope"):
            if name in self.fields:
                self.fields[name].help_text = _("Empty: Dr. Klein's own for this operation.")
        if "consent_text" in self.fields:
            self.fields["consent_text"].label = _("Wording of the consent")
            self.fields["consent_text"].help_text = _(
                "Offered where somebody writes down that a customer agrees to the handover."
            )

    def listed_fields(self, partner: Partner) -> set[str]:
        fieldsets = drklein_fieldsets(self.instance.profile)
        return {name for _title, options in fieldsets for name in options["fields"]}

    def clean_base_url(self) -> str:
        """An address of Dr. Klein's own would say something else than the operation does."""
        url = super().clean_base_url()
        known = (
            settings.DRKLEIN_A_URL,
            settings.DRKLEIN_B_TEST_URL,
            settings.DRKLEIN_B_LIVE_URL,
        )
        if url and host_of(url) in {host_of(one) for one in known}:
            message = _("Leave this empty: the address follows from the operation.")
            raise ValidationError(message, code="own_address")
        return url

    def clean_adviser_number(self) -> str:
        number: str = self.cleaned_data["adviser_number"].strip().upper()
        if number and not _ADVISER.fullmatch(number):
            message = _("A partner number looks like ABC12; for trying it out, TEST.")
            raise ValidationError(message, code="partner_number")
        return number

    def clean_new_secret(self) -> str:
        secret: str = self.cleaned_data["new_secret"]
        if secret and not _VISIBLE.fullmatch(secret):
            message = _("Please copy it without blanks and line breaks.")
            raise ValidationError(message, code="characters")
        return secret

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        connection = self.instance
        if operation := cleaned.get("operation"):
            connection.profile, connection.mode, _label = OPERATIONS[operation]
        if not connection.profile:
            return cleaned
        needed = list(_NEEDED[_Profile(connection.profile)])
        if connection.pk is None:
            needed.append("new_secret")
        for name in needed:
            if name in self.fields and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("This is needed for the chosen operation."))
        if "further_values" in cleaned:
            connection.case_values = cleaned["further_values"]
        return cleaned
