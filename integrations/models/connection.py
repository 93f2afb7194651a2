"""Connections: one partner account of one dealer."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Self

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

    BDK is asked by us; Google and Meta call an address of ours that ends with `address_key`.
    `client_secret` is what opens the door: BDK's client secret, the key that stands in Google's
    forms, the secret of Meta's app. `cursors` holds one opaque cursor per Partnernummer:
    {"0012345": "b3BhcXVl"}.
    """

    class Mode(models.TextChoices):
        TEST = "test", _("test")
        LIVE = "live", _("live")

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
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pulled(self) -> bool:
        """Whether we fetch its leads in runs; the others come to us."""
        return self.partner == Partner.BDK

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
        valid = [self.client_secret]
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
        if secret == self.client_secret:
            return
        if not self.has_former_secret(now) and self.client_secret:
            self.previous_secret = self.client_secret
            self.previous_secret_until = now + SECRET_OVERLAP
        self.client_secret = secret

    def has_former_secret(self, now: datetime) -> bool:
        return self.previous_secret_until is not None and now < self.previous_secret_until
