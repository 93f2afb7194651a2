"""Connections: one partner account of one dealer."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned, DealerOwnedQuerySet, Location
from leads.models.encrypted import EncryptedTextField

# How long a secret that was replaced is still taken: forms and apps are changed one by one.
SECRET_OVERLAP = timedelta(days=14)


class Partner(models.TextChoices):
    BDK = "bdk", _("BDK Leadservice")
    GOOGLE_ADS = "google_ads", _("Google Ads")
    META = "meta", _("Meta Lead Ads")
    MAIL = "mail", _("mailbox")
    AUTOMANAGER = "automanager", _("Automanager")
    MARKETPLACE = "marketplace", _("Automanager Marketplace")
    DRKLEIN = "drklein", _("Dr. Klein Ratenkredit")


class MailEncryption(models.TextChoices):
    TLS = "tls", _("TLS")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("none, on this machine only")


def new_address_key() -> str:
    """32 characters that nobody guesses, fit for an address."""
    return secrets.token_urlsafe(24)


def new_secret() -> str:
    """A key to be typed into a partner's form; Google takes at most 50 characters."""
    return secrets.token_urlsafe(24)


class ConnectionQuerySet(DealerOwnedQuerySet["Connection"]):
    def active(self) -> Self:
        return self.filter(is_active=True, dealer__is_active=True)

    def take_lease(self, pk: int, *, now: datetime, for_: timedelta) -> bool:
        """Whether the caller is now the only one who may run this connection until the lease
        ends. One UPDATE decides, so any number of machines may ask at once."""
        free = self.filter(pk=pk).filter(Q(lease_until=None) | Q(lease_until__lt=now))
        return free.update(lease_until=now + for_) == 1

    def renew_lease(self, pk: int, *, held: datetime, until: datetime) -> bool:
        """Whether the lease that was held until then is still ours, and now until later."""
        return self.filter(pk=pk, lease_until=held).update(lease_until=until) == 1

    def give_back_lease(self, pk: int, *, until: datetime) -> None:
        """End the lease that was taken until then; somebody else's later one stays."""
        self.filter(pk=pk, lease_until=until).update(lease_until=None)

    def note_received(self, messages: int, *, now: datetime) -> None:
        """These connections brought something that is stored now."""
        self.update(received=F("received") + messages, last_success_at=now)

    def note_error(self, error: str, *, now: datetime) -> None:
        """`error` is a sentence in the language of the office, without personal data."""
        self.update(last_error=error, last_error_at=now)

    def note_refused(self, error: str, *, now: datetime) -> None:
        """A message was turned away at the door."""
        self.update(refused=F("refused") + 1, last_error=error, last_error_at=now)


class Connection(DealerOwned):
    """Settings, encrypted secrets, switch and health of one partner account.

    BDK is asked by us; Google and Meta call an address of ours that ends with `address_key`; Dr.
    Klein is handed leads by us. `client_secret` is what opens the door: the client secret of BDK
    and Dr. Klein (its token in profile A), the key in Google's forms, the secret of Meta's app.
    `cursors` holds one opaque cursor per Partnernummer: {"0012345": "b3BhcXVl"}.
    """

    class Mode(models.TextChoices):
        TEST = "test", _("test")
        LIVE = "live", _("live")

    class Profile(models.TextChoices):
        """Which of Dr. Klein's two contracts; integrations/drklein/README.md has both."""

        A = "a", _("profile A")
        B = "b", _("profile B")

    partner = models.CharField(_("partner"), max_length=20, choices=Partner, default=Partner.BDK)
    name = models.CharField(_("name"), max_length=100)
    mode = models.CharField(_("operation"), max_length=4, choices=Mode, default=Mode.TEST)
    is_active = models.BooleanField(_("switched on"), default=True)
    base_url = models.URLField(_("address of the service"), max_length=300, blank=True)
    token_url = models.URLField(_("address for signing in"), max_length=300, blank=True)
    client_id = models.CharField(_("client id"), max_length=200, blank=True)
    client_secret = EncryptedTextField(_("client secret"), blank=True)
    scope = models.CharField(_("scope"), max_length=200, blank=True)

    # What partners that call us need: where, with which key, and what their leads are here.
    address_key = models.CharField(
        _("address"), max_length=40, unique=True, default=new_address_key, editable=False
    )
    previous_secret = EncryptedTextField(blank=True, editable=False)
    previous_secret_until = models.DateTimeField(
        _("former key valid until"), null=True, blank=True, editable=False
    )
    location = models.ForeignKey(
        Location,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("location"),
        related_name="+",
        help_text=_("Its leads belong there, unless the message names another one."),
    )
    default_source = models.CharField(
        _("source of its leads"),
        max_length=80,
        blank=True,
        help_text=_("Empty: the usual source of this partner."),
    )
    default_campaign = models.CharField(
        _("campaign of its leads"),
        max_length=200,
        blank=True,
        help_text=_("Where the partner does not name one itself."),
    )
    consent_text = models.CharField(
        _("consent text of the form"),
        max_length=300,
        blank=True,
        help_text=_("Which wording people agree to in the form, and where it can be read."),
    )

    # Meta
    page_id = models.CharField(_("page id"), max_length=40, blank=True)
    verify_token = EncryptedTextField(_("verify token"), blank=True)
    access_token = EncryptedTextField(_("page access token"), blank=True)
    # Meta no longer takes the token: nothing is fetched until somebody enters a new one.
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True, editable=False)

    # Dr. Klein
    profile = models.CharField(_("profile"), max_length=1, choices=Profile, blank=True)
    case_source = models.CharField(
        _("lead source there"),
        max_length=80,
        blank=True,
        help_text=_("leadquelle: as agreed with Dr. Klein."),
    )
    adviser_number = models.CharField(
        _("adviser's partner number"),
        max_length=5,
        blank=True,
        help_text=_("kundenbetreuer.partnerId: five characters like ABC12, or TEST."),
    )
    # Sent along with every case: {"vertriebsschluessel": "0001"}
    case_values: Any = models.JSONField(_("further values"), default=dict, blank=True)

    # Automanager
    takes_stock = models.BooleanField(
        _("take over the stock"),
        default=False,
        help_text=_("Its cars become vehicles here; those it no longer names are marked as gone."),
    )
    # For one run.
    accepts_vanishing = models.BooleanField(
        _("many vehicles may be gone"),
        default=False,
        help_text=_(
            "In the next run, however many vehicles the stock no longer names are marked as gone."
        ),
    )
    # Where its checks draw the line, as far as not the usual (automanager/limits.py).
    limits: Any = models.JSONField(_("limits of the checks"), default=dict, blank=True)

    # Mailbox: `client_id` is the user, `client_secret` the password.
    mail_host = models.CharField(_("mail server"), max_length=200, blank=True)
    mail_port = models.PositiveIntegerField(
        _("port"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(65535)],
        help_text=_("Empty: the usual one."),
    )
    mail_encryption = models.CharField(
        _("encryption"), max_length=8, choices=MailEncryption, default=MailEncryption.TLS
    )
    mail_folder = models.CharField(_("folder that is read"), max_length=200, default="INBOX")
    mail_done_folder = models.CharField(
        _("folder for what was taken in"), max_length=200, default="LeadOffice"
    )
    mail_aside_folder = models.CharField(
        _("folder for what a person should look at"), max_length=200, default="LeadOffice-Pruefen"
    )
    mail_senders = models.TextField(
        _("allowed senders"),
        blank=True,
        help_text=_(
            "An address or a domain per line; mails of others wait for a person. Empty: everybody."
        ),
    )
    mail_checked_by = models.CharField(
        _("server that checks senders"),
        max_length=200,
        blank=True,
        help_text=_(
            "Its name in the header Authentication-Results. With it, mails of partners count only"
            " if SPF or DKIM has confirmed them."
        ),
    )

    # BDK
    reports_status = models.BooleanField(
        _("report the status of its leads"),
        default=True,
        help_text=_("BDK hears how far its leads are; never what somebody has written."),
    )
    # What BDK hears, where it is not the usual (bdk/wording.py):
    # {"statuses": {"17": "OFFER"}, "reasons": {"4": "PRICE"}}
    status_words: Any = models.JSONField(default=dict, blank=True, editable=False)
    # With this one BDK may bring leads to an address of ours; empty: nobody may.
    push_secret = EncryptedTextField(blank=True, editable=False)
    # Of the last run, as long as it is valid (signing_in.py).
    kept_token = EncryptedTextField(blank=True, editable=False)
    # {"0012345": {"since": "2026-03-02T09:15:04+00:00", "answer": "403 PARTNER_NOT_ALLOWED"}}
    paused_sites: Any = models.JSONField(default=dict, blank=True, editable=False)
    # Not asked again before this; the partner's own wish binds people, too.
    retry_at = models.DateTimeField(_("next attempt"), null=True, blank=True, editable=False)
    is_told_to_wait = models.BooleanField(default=False, editable=False)
    failures = models.PositiveSmallIntegerField(_("failures in a row"), default=0, editable=False)
    unusable_answers = models.PositiveSmallIntegerField(default=0, editable=False)
    newest_lead_at = models.DateTimeField(_("newest lead"), null=True, blank=True, editable=False)
    # Since it was set up, by names of SyncRun's columns: {"created": 46, "quarantined": 4}
    totals: Any = models.JSONField(default=dict, blank=True, editable=False)

    cursors = models.JSONField(default=dict, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    received = models.PositiveIntegerField(_("messages received"), default=0, editable=False)
    refused = models.PositiveIntegerField(_("messages refused"), default=0, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["dealer", "partner", "name"]
        permissions = [("pull_connection", _("Can fetch leads from a partner"))]
        constraints = [
            models.UniqueConstraint(fields=["dealer", "name"], name="connection_once_per_name"),
            # A lead of a page is fetched with the token of one connection.
            models.UniqueConstraint(
                fields=["dealer", "page_id"],
                condition=~Q(page_id=""),
                name="connection_once_per_page",
            ),
            # Without its profile the same address means test or real business.
            models.CheckConstraint(
                condition=~Q(partner="drklein") | ~Q(profile=""),
                name="connection_to_drklein_has_profile",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pulled(self) -> bool:
        """Whether we fetch its leads or cars in runs; the others come to us, or have runs of their
        own."""
        return self.partner in (Partner.BDK, Partner.MAIL, Partner.MARKETPLACE)

    @property
    def is_called(self) -> bool:
        """Whether the partner calls an address of ours."""
        return self.partner in (Partner.GOOGLE_ADS, Partner.META)

    @property
    def door_column(self) -> str:
        """Which secret opens our door; BDK's client secret opens only its own."""
        return "push_secret" if self.partner == Partner.BDK else "client_secret"

    def lead_defaults(self) -> dict[str, str]:
        """What is said here about its leads; kept with each message that comes through it."""
        said = {
            "location": self.location.name if self.location else "",
            "source": self.default_source,
            "campaign": self.default_campaign,
            "consent_text": self.consent_text,
        }
        return {name: value for name, value in said.items() if value}

    def secrets_at(self, now: datetime) -> list[str]:
        """The secrets that open the door: the newest, and for a while the one before."""
        valid: list[str] = [getattr(self, self.door_column)]
        if self.has_former_secret(now):
            valid.append(self.previous_secret)
        return [secret for secret in valid if secret]

    def accepts(self, sent: str, *, now: datetime) -> bool:
        """Whether this is one of the secrets; how near a wrong one comes does not show in time."""
        given = sent.encode(errors="surrogatepass")
        return any(hmac.compare_digest(given, one.encode()) for one in self.secrets_at(now))

    def renew_secret(self, secret: str, *, now: datetime) -> None:
        """Replace the secret; what was the newest until now is taken for a while longer.

        If one is still taken, it stays that one: it is in use, the newest perhaps nowhere yet.
        """
        present = getattr(self, self.door_column)
        if secret == present:
            return
        if not self.has_former_secret(now) and present:
            self.previous_secret = present
            self.previous_secret_until = now + SECRET_OVERLAP
        setattr(self, self.door_column, secret)

    def has_former_secret(self, now: datetime) -> bool:
        return self.previous_secret_until is not None and now < self.previous_secret_until
