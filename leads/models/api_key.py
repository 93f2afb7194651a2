"""API keys: one per outside system, bound to one dealer, and the answers kept for repeats."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.encrypted import EncryptedTextField


class Scope(models.TextChoices):
    """What a key may do."""

    LEADS_READ = "leads:read", _("read leads")
    LEADS_WRITE = "leads:write", _("create and change leads")


def default_scopes() -> list[str]:
    return [Scope.LEADS_READ, Scope.LEADS_WRITE]


class ApiKeyManager(BaseAPIKeyManager.from_queryset(DealerOwnedQuerySet)):  # type: ignore[misc]
    """The library's manager (create_key, get_from_key) with the dealer's wall."""


class ApiKey(AbstractAPIKey, DealerOwned):
    """The key of one outside system; shown once, stored hashed by the library.

    Two keys of one system may be valid at a time (rotation): its leads are told apart by
    `system`, not by key.
    """

    system = models.SlugField(
        _("system"),
        max_length=40,
        help_text=_(
            "Short name of the outside system: website, crm … Keep it when you renew the key."
        ),
    )
    scopes = models.JSONField(_("rights"), default=default_scopes)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("created by"),
        related_name="+",
    )

    objects = ApiKeyManager()  # type: ignore[misc]

    class Meta(AbstractAPIKey.Meta):
        abstract = False
        verbose_name = _("API key")  # type: ignore[assignment]
        verbose_name_plural = _("API keys")  # type: ignore[assignment]

    @property
    def sender(self) -> str:
        """The name under which this system's messages and leads are filed."""
        return f"api:{self.system}"


class IdempotencyRecord(DealerOwned):
    """The stored first answer to a POST, kept 30 days for the client that did not hear it."""

    sender = models.CharField(max_length=80)
    key = models.CharField(
        max_length=200, validators=[RegexValidator(r"^[\x21-\x7e]+$", _("Printable ASCII only."))]
    )
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField()
    body = EncryptedTextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("idempotency record")
        verbose_name_plural = _("idempotency records")
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "sender", "key"], name="idempotency_once_per_key"
            ),
        ]
