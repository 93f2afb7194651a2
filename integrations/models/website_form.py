"""Website forms: what visitors of a dealer's website may send, how it is shown and limited."""

from __future__ import annotations

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

import idna
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, URLValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, Location

# 128 random bits: the key is public where the form is used, but nobody should guess others.
_KEY_BYTES = 16
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_LOOPBACK = ("localhost", "127.0.0.1")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_WEB_ADDRESS = URLValidator(schemes=["http", "https"])
_SAFE_WEB_ADDRESS = URLValidator(schemes=["https"])


class ConsentPurpose(models.TextChoices):
    """What a form may ask consent for; stored with the lead in these words."""

    CONTACT_PHONE = "contact_phone", _("contact by phone")
    CONTACT_EMAIL = "contact_email", _("contact by e-mail")
    CONTACT_WHATSAPP = "contact_whatsapp", _("contact by WhatsApp")
    MARKETING = "marketing", _("advertising")
    PRIVACY = "privacy", _("privacy notice read")


class FormField(models.TextChoices):
    """What the page of a form can ask for, in its order."""

    SALUTATION = "salutation", _("salutation")
    FIRST_NAME = "first_name", _("first name")
    LAST_NAME = "last_name", _("last name")
    COMPANY = "company", _("company")
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    STREET = "street", _("street and number")
    POSTAL_CODE = "postal_code", _("postal code")
    CITY = "city", _("city")
    MESSAGE = "message", _("message")
    WISHES = "wishes", _("wishes")
    TEST_DRIVE = "test_drive", _("test drive with day")
    TRADE_IN = "trade_in", _("details of the car to trade in")

    @classmethod
    def always_shown(cls) -> tuple[FormField, ...]:
        """Without these nobody could be answered."""
        return (cls.FIRST_NAME, cls.LAST_NAME, cls.EMAIL, cls.PHONE)

    @classmethod
    def never_required(cls) -> tuple[FormField, ...]:
        return (cls.WISHES, cls.TEST_DRIVE, cls.TRADE_IN)


def new_form_key() -> str:
    return f"lo_pub_{secrets.token_urlsafe(_KEY_BYTES)}"


def default_fields() -> list[str]:
    return [FormField.MESSAGE.value, FormField.WISHES.value]


def checked_origin(text: str) -> str:
    """ "https://www.Autohaus.de/" → "https://www.autohaus.de", as browsers name the origin of a
    page. Raises ValidationError."""
    refusal = ValidationError(
        _("Write it like https://www.example.de, without a path; http only for localhost."),
        code="origin",
    )
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode()
    except (ValueError, idna.IDNAError) as error:
        raise refusal from error
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    has_more = parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc
    if not is_safe or has_more or not _HOST.fullmatch(host) or len(host) > 253:
        raise refusal
    if port is None or port == _DEFAULT_PORTS[parts.scheme]:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{host}:{port}"


class WebsiteForm(DealerOwned):
    """One form of a dealer: an address for the dealer's own website and a page of ours.

    `consents`: [{"purpose", "text", "version", "required"}], what is asked now. `wordings`:
    [{"purpose", "text", "version", "since"}], everything that was ever asked; never shortened,
    so that what a visitor agreed to can be proven. `save` numbers the wordings.
    """

    key = models.CharField(
        _("key"), max_length=40, unique=True, default=new_form_key, editable=False
    )
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("switched on"), default=True)

    location = models.ForeignKey(
        Location,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("location"),
        related_name="+",
        help_text=_("Used unless the website names another one."),
    )
    source = models.CharField(_("source"), max_length=80, default="Website")
    campaign = models.CharField(_("campaign"), max_length=200, blank=True)
    allowed_origins: Any = models.JSONField(_("allowed websites"), default=list, blank=True)

    title = models.CharField(_("heading"), max_length=120, blank=True)
    greeting = models.TextField(_("greeting"), max_length=1000, blank=True)
    shown_fields: Any = models.JSONField(_("also asks for"), default=default_fields, blank=True)
    required_fields: Any = models.JSONField(_("must be filled in"), default=list, blank=True)
    consents: Any = models.JSONField(_("consents"), default=list, blank=True)
    wordings: Any = models.JSONField(default=list, blank=True, editable=False)
    privacy_url = models.URLField(
        _("privacy policy"), max_length=300, blank=True, validators=[_WEB_ADDRESS]
    )
    imprint_url = models.URLField(
        _("imprint"), max_length=300, blank=True, validators=[_WEB_ADDRESS]
    )
    thank_you_text = models.TextField(_("thanks"), max_length=1000, blank=True)
    thank_you_url = models.URLField(
        _("page of thanks"),
        max_length=300,
        blank=True,
        validators=[_SAFE_WEB_ADDRESS],
        help_text=_("Where visitors are sent afterwards; empty: to a page of ours."),
    )
    min_seconds = models.PositiveSmallIntegerField(
        _("shortest time to fill it in (s)"),
        default=3,
        validators=[MaxValueValidator(60)],
        help_text=_("What is sent sooner is kept, but marked as suspected spam."),
    )

    class Meta:
        verbose_name = _("website form")
        verbose_name_plural = _("website forms")
        ordering = ["dealer", "name"]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "name"], name="website_form_once_per_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.number_wordings()
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """The lists, which no column checks."""
        self.allowed_origins = list(dict.fromkeys(map(checked_origin, self.allowed_origins)))
        if not {*self.shown_fields, *self.required_fields} <= set(FormField.values):
            raise ValidationError(_("There is no such field."), code="field")
        if not {one["purpose"] for one in self.consents} <= set(ConsentPurpose.values):
            raise ValidationError(_("There is no such purpose of a consent."), code="purpose")

    @property
    def sender(self) -> str:
        """The name under which what it brings is filed; stays when anything else changes."""
        return f"form:{self.pk}"

    def number_wordings(self) -> None:
        """Give each consent the version of its wording; a wording never seen before gets the
        next one of its purpose."""
        for consent in self.consents:
            earlier = [one for one in self.wordings if one["purpose"] == consent["purpose"]]
            same = [one["version"] for one in earlier if one["text"] == consent["text"]]
            if same:
                consent["version"] = same[0]
                continue
            consent["version"] = max((one["version"] for one in earlier), default=0) + 1
            wording = {name: consent[name] for name in ("purpose", "text", "version")}
            self.wordings = [*self.wordings, {**wording, "since": timezone.now().isoformat()}]

    def wording(self, purpose: str, version: str = "") -> tuple[str, str] | None:
        """(text, version) that was asked under this version, without one what is asked now."""
        for one in self.wordings if version else self.consents:
            if one["purpose"] == purpose and version in ("", str(one["version"])):
                return one["text"], str(one["version"])
        return None

    def asks_for(self, field: FormField) -> bool:
        """Whether the page shows this field."""
        return field in (*FormField.always_shown(), *self.shown_fields, *self.required_fields)
