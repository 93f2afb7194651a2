"""The settings of a connection as people edit them: each partner has its own."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminPasswordWidget

from integrations.automanager.limits import checked_limits
from integrations.http import PartnerMisconfigured, checked_address, is_this_machine
from integrations.meta.schema import id_text
from integrations.models import Connection, Partner
from integrations.models.connection import MailEncryption, new_secret
from leads.admin.forms import DealerForm

_HOST = re.compile(r"[A-Za-z0-9.-]{1,200}|[0-9a-fA-F:]{2,45}")
_GENERAL = ["name", "is_active"]
_LEADS = ["location", "default_source", "default_campaign"]
# Name of a field that is only ever written → column.
_SECRETS = {
    "new_secret": "client_secret",
    "new_verify_token": "verify_token",
    "new_access_token": "access_token",
}
# What somebody must enter who sets the connection up; what is missing elsewhere is made here.
_REQUIRED = {
    Partner.BDK: ("base_url", "token_url", "client_id", "new_secret"),
    Partner.GOOGLE_ADS: (),
    Partner.META: ("page_id", "new_secret", "new_access_token"),
    Partner.MAIL: ("mail_host", "client_id", "new_secret"),
    Partner.AUTOMANAGER: ("base_url", "new_access_token"),
    Partner.MARKETPLACE: ("base_url", "new_access_token"),
    Partner.DRKLEIN: (),  # depends on the profile: drklein_form.py
}
# A secret goes to these addresses.
_SENT_TO = {
    Partner.BDK: (("base_url", "token_url"), "new_secret"),
    Partner.META: (("base_url",), "new_access_token"),
    Partner.MAIL: (("mail_host", "mail_port", "mail_encryption", "client_id"), "new_secret"),
    Partner.AUTOMANAGER: (("base_url",), "new_access_token"),
    Partner.MARKETPLACE: (("base_url",), "new_access_token"),
    Partner.DRKLEIN: (("base_url", "token_url"), "new_secret"),
}
_LABELS = {
    Partner.BDK: {"new_secret": gettext_lazy("Client secret")},
    Partner.GOOGLE_ADS: {"new_secret": gettext_lazy("Key in the lead form")},
    Partner.META: {
        "new_secret": gettext_lazy("App secret"),
        "base_url": gettext_lazy("Address of the Graph API"),
    },
    Partner.MAIL: {
        "client_id": gettext_lazy("User"),
        "new_secret": gettext_lazy("Password"),
    },
    Partner.AUTOMANAGER: {"new_access_token": gettext_lazy("Access token")},
    Partner.MARKETPLACE: {"new_access_token": gettext_lazy("API key")},
    Partner.DRKLEIN: {"new_secret": gettext_lazy("Client secret or token")},
}
_HINTS = {
    Partner.BDK: {},
    Partner.GOOGLE_ADS: {"new_secret": gettext_lazy("Leave empty to have one made.")},
    Partner.META: {
        "base_url": gettext_lazy("Leave empty for Meta's own."),
        "new_verify_token": gettext_lazy("Leave empty to have one made."),
    },
    Partner.MAIL: {"client_id": gettext_lazy("Mostly the address of the mailbox.")},
    Partner.AUTOMANAGER: {
        "location": gettext_lazy("Empty: all locations that have an Automanager code."),
        "limits": gettext_lazy(
            'Only what is not the usual, for example {"missing_hours": 4}; the names are in '
            "integrations/automanager/README.md."
        ),
    },
    Partner.MARKETPLACE: {
        "location": gettext_lazy(
            "Cars without a location code stand there. Empty: all locations that have a code."
        ),
        "base_url": gettext_lazy(
            "As Automanager shows it, for example https://api.pixel-base.de/marketplace/v3-11365"
        ),
    },
    Partner.DRKLEIN: {},
}


def partner_fieldsets(partner: str) -> list[tuple[Any, Any]]:
    """What is set up for a partner, in the order in which people need it."""
    if partner == Partner.GOOGLE_ADS:
        # Google says nothing about consents; Meta tells which boxes were ticked.
        return [
            (None, {"fields": _GENERAL}),
            (gettext_lazy("Its leads"), {"fields": [*_LEADS, "consent_text"]}),
            (gettext_lazy("Key"), {"fields": ["new_secret"]}),
        ]
    if partner == Partner.META:
        access = ["page_id", "new_access_token", "new_secret", "new_verify_token", "base_url"]
        return [
            (None, {"fields": _GENERAL}),
            (gettext_lazy("Its leads"), {"fields": _LEADS}),
            (gettext_lazy("Page and app"), {"fields": access}),
        ]
    if partner == Partner.AUTOMANAGER:
        return [
            (None, {"fields": ["name", "mode", "is_active", "location"]}),
            (gettext_lazy("Address and credentials"), {"fields": ["base_url", "new_access_token"]}),
            (gettext_lazy("Stock"), {"fields": ["takes_stock", "accepts_vanishing"]}),
            (gettext_lazy("Checks"), {"fields": ["limits"], "classes": ["collapse"]}),
        ]
    if partner == Partner.MARKETPLACE:
        return [
            (None, {"fields": ["name", "mode", "is_active", "location"]}),
            (gettext_lazy("Address and credentials"), {"fields": ["base_url", "new_access_token"]}),
            (gettext_lazy("Stock"), {"fields": ["accepts_vanishing"]}),
        ]
    if partner == Partner.MAIL:
        server = ["mail_host", "mail_port", "mail_encryption", "client_id", "new_secret"]
        folders = ["mail_folder", "mail_done_folder", "mail_aside_folder"]
        return [
            (None, {"fields": ["name", "mode", "is_active"]}),
            (gettext_lazy("Mail server"), {"fields": server}),
            (gettext_lazy("Its leads"), {"fields": _LEADS}),
            (gettext_lazy("Folders"), {"fields": folders}),
            (
                gettext_lazy("Who may write"),
                {"fields": ["mail_senders", "mail_checked_by"], "classes": ["collapse"]},
            ),
        ]
    access = ["base_url", "token_url", "client_id", "new_secret", "scope"]
    return [
        (None, {"fields": ["name", "mode", "is_active", "reports_status"]}),
        (gettext_lazy("Address and credentials"), {"fields": access}),
    ]


class _SecretField(forms.CharField):
    """Only ever written: what is stored is not part of the page, not even hidden."""

    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})

    def __init__(self, label: Any) -> None:
        super().__init__(label=label, max_length=1000, required=False, strip=False)


class ConnectionForm(DealerForm):
    # Set on the class made for each request.
    partner: str = Partner.BDK

    new_secret = _SecretField(gettext_lazy("Client secret"))
    new_verify_token = _SecretField(gettext_lazy("Verify token"))
    new_access_token = _SecretField(gettext_lazy("Page access token"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_new = self.instance.pk is None
        if is_new:
            self.instance.partner = self.partner
        partner = Partner(self.instance.partner)
        for name in set(_SECRETS) - self.listed_fields(partner):
            self.fields.pop(name, None)
        for name, label in _LABELS[partner].items():
            if name in self.fields:
                self.fields[name].label = label
        if "mail_port" in self.fields:
            self.fields["mail_port"].localize = False  # 8901, not 8.901
            self.fields["mail_port"].widget.is_localized = False
        for name in _REQUIRED[partner]:
            if name in self.fields:
                self.fields[name].required = is_new or name not in _SECRETS
        for name, hint in _HINTS[partner].items():
            if name in self.fields:
                self.fields[name].help_text = hint
        for name in _SECRETS:
            if name in self.fields and not is_new:
                self.fields[name].help_text = _("Stored. Leave empty to keep it.")

    def listed_fields(self, partner: Partner) -> set[str]:
        fieldsets = partner_fieldsets(partner)
        return {name for _title, options in fieldsets for name in options["fields"]}

    def clean_base_url(self) -> str:
        return self._address("base_url")

    def clean_token_url(self) -> str:
        return self._address("token_url")

    def clean_mail_host(self) -> str:
        host: str = self.cleaned_data["mail_host"].strip()
        if not _HOST.fullmatch(host):
            message = _("The name of a server alone, like imap.example.org.")
            raise ValidationError(message, code="mail_host")
        return host

    def clean_limits(self) -> dict[str, Any]:
        return checked_limits(self.cleaned_data["limits"] or {})

    def clean_page_id(self) -> str:
        page_id = self.cleaned_data["page_id"].strip()
        if not id_text(page_id):
            raise ValidationError(_("The id of a page consists of digits."), code="page_id")
        return page_id

    def _address(self, name: str) -> str:
        url: str = self.cleaned_data[name]
        try:
            return checked_address(url) if url else ""
        except PartnerMisconfigured as error:
            raise ValidationError(str(error), code="address") from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.partner == Partner.MAIL:
            self._check_mailbox(cleaned)
        addresses, secret = _SENT_TO.get(Partner(self.instance.partner), ((), ""))
        has_moved = set(addresses) & set(self.changed_data)
        if self.instance.pk and has_moved and not cleaned.get(secret):
            # Otherwise whoever may change the address could have the secret sent to them.
            message = _("With another address the secret has to be entered again.")
            self.add_error(secret, ValidationError(message, code="address_changed"))
        return cleaned

    def _check_mailbox(self, cleaned: dict[str, Any]) -> None:
        is_open = cleaned.get("mail_encryption") == MailEncryption.NONE
        if is_open and not is_this_machine(cleaned.get("mail_host") or ""):
            message = _("Without encryption only a server on this machine is spoken to.")
            self.add_error("mail_encryption", ValidationError(message, code="not_encrypted"))
        names = [cleaned.get(f"mail_{part}folder") or "" for part in ("", "done_", "aside_")]
        folders = [name.casefold() for name in names]  # INBOX and Inbox are one
        if len(set(folders)) < len(folders):
            message = _("Each folder needs a name of its own, or mails are read again and again.")
            self.add_error("mail_done_folder", ValidationError(message, code="same_folder"))


def put_secrets(connection: Connection, cleaned: dict[str, Any]) -> dict[str, str]:
    """Set the secrets that were entered; those a new connection lacks are made and returned by
    column, to be shown once."""
    made: dict[str, str] = {}
    is_new = connection.pk is None
    if is_new and connection.partner == Partner.GOOGLE_ADS and not cleaned.get("new_secret"):
        made["client_secret"] = new_secret()
    if is_new and connection.partner == Partner.META and not cleaned.get("new_verify_token"):
        made["verify_token"] = new_secret()
    entered = {column: cleaned.get(name) for name, column in _SECRETS.items()}
    given = {column: text for column, text in entered.items() if text} | made
    if secret := given.pop("client_secret", ""):
        if connection.is_called:
            connection.renew_secret(secret, now=timezone.now())
        else:
            connection.client_secret = secret
    for column, text in given.items():
        setattr(connection, column, text)
    if entered["access_token"] or entered["client_secret"]:
        connection.paused_at = None
    return made
