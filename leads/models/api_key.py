"""API keys: one per outside system, bound to one dealer, and the answers kept for repeats."""

from __future__ import annotations

from functools import cache

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey, BaseAPIKeyManager

from leads.models.columns import columns_of, read_rows
from leads.models.dealer import Dealer, DealerOwned, DealerOwnedQuerySet
from leads.models.encrypted import EncryptedTextField


class Scope(models.TextChoices):
    """What a key may do."""

    LEADS_READ = "leads:read", _("read leads")
    LEADS_WRITE = "leads:write", _("create and change leads")
    LEADS_DELETE = "leads:delete", _("delete leads")
    CUSTOMERS_READ = "customers:read", _("read customers")
    CUSTOMERS_WRITE = "customers:write", _("create and change customers")
    CUSTOMERS_DELETE = "customers:delete", _("delete customers")
    TASKS_READ = "tasks:read", _("read tasks")
    TASKS_WRITE = "tasks:write", _("create and change tasks")
    CATALOGS_READ = "catalogs:read", _("read statuses, sources, locations and lead types")
    VEHICLES_READ = "vehicles:read", _("read vehicles")
    EVENTS_READ = "events:read", _("read the change feed")
    WEBHOOKS_MANAGE = "webhooks:manage", _("manage webhooks")


def default_scopes() -> list[str]:
    return [Scope.LEADS_READ, Scope.LEADS_WRITE]


class ApiKeyManager(BaseAPIKeyManager.from_queryset(DealerOwnedQuerySet)):  # type: ignore[misc]
    """The library's manager (create_key, get_from_key) with the dealer's wall."""

    def assign_key(self, obj: ApiKey) -> str:
        """Give a new key its prefix and hash; the text for the client, which is kept nowhere.

        The library's own also makes them the row's id, which stands in addresses and logs.
        """
        key, obj.prefix, obj.hashed_key = self.key_generator.generate()
        return str(key)

    def usable(self, prefix: str) -> ApiKey | None:
        """The key that begins so, unless it is revoked, and its dealer.

        Asked at each request of the API; `select_related` would put the statement together anew
        each time, which takes longer than the database needs for it.
        """
        for key, (name, is_active) in read_rows(ApiKey, _usable(), [prefix]):
            known = ["id", "name", "is_active"]  # the other columns are read if somebody asks
            key.dealer = Dealer.from_db(self.db, known, [key.dealer_id, name, bool(is_active)])
            return key
        return None


@cache
def _usable() -> str:
    return (
        f"SELECT {columns_of(ApiKey, 'one')}, dealer.name, dealer.is_active"  # noqa: S608 - our tables
        f" FROM {ApiKey._meta.db_table} AS one"
        f" JOIN {Dealer._meta.db_table} AS dealer ON dealer.id = one.dealer_id"
        " WHERE one.prefix = %s AND NOT one.revoked"
    )


class ApiKey(AbstractAPIKey, DealerOwned):
    """The key of one outside system; shown once, stored hashed by the library.

    Two keys of one system may be valid at a time (rotation): its leads are told apart by
    `system`, not by key.
    """

    id = models.BigAutoField(primary_key=True)  # type: ignore[assignment]
    system = models.SlugField(
        _("system"),
        max_length=40,
        help_text=_(
            "Short name of the outside system: website, crm … Keep it when you renew the key."
        ),
    )
    scopes = models.JSONField(_("rights"), default=default_scopes)
    rate_per_minute = models.PositiveIntegerField(
        _("requests per minute"),
        default=600,
        validators=[MinValueValidator(1)],
        help_text=_("More are refused for the rest of the minute."),
    )
    creates_entries = models.BooleanField(
        _("creates unknown sources and statuses"),
        default=True,
        help_text=_("Otherwise they get the usual one and wait among the assignments."),
    )
    # Which Vorgang is real business, and how complete it has to be (integrations/drklein).
    vorgang_always_real = models.BooleanField(
        _("every Vorgang is real business"),
        default=False,
        help_text=_(
            "For systems that cannot send “?environment=PRODUCTION”. Otherwise a Vorgang without "
            "it is a test lead."
        ),
    )
    vorgang_is_strict = models.BooleanField(
        _("a flat Vorgang needs kundenbetreuer.partnerId"),
        default=False,
        help_text=_("One without it is refused, as by Europace, and waits in quarantine."),
    )
    # The key that this one takes over from; both are valid until the older one expires.
    renewed_from = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        verbose_name=_("renewed from"),
        related_name="renewals",
    )
    # The form that it was made with; sent a second time, that makes no second key.
    form_token = models.CharField(max_length=32, blank=True, editable=False)
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
        constraints = [
            models.UniqueConstraint(
                fields=["form_token"],
                condition=~models.Q(form_token=""),
                name="api_key_once_per_form",
            ),
        ]

    @property
    def sender(self) -> str:
        """The name under which this system's messages and leads are filed."""
        return f"api:{self.system}"


class ApiUsage(DealerOwned):
    """What one key did on one day, and how often in the current minute; one upsert per request."""

    key = models.ForeignKey(ApiKey, models.CASCADE, verbose_name=_("API key"), related_name="usage")
    day = models.DateField(_("day"))
    requests = models.PositiveIntegerField(_("requests"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    refused = models.PositiveIntegerField(_("refused for too many requests"), default=0)
    # The window of the rate limit, counted since the epoch in minutes, and the requests in it.
    minute = models.PositiveBigIntegerField(default=0)
    in_minute = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("API usage")
        verbose_name_plural = _("API usage")
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["key", "day"], name="api_usage_once_per_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day}"


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
