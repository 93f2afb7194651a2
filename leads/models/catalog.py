"""Catalogues: the lists a lead is sorted by. An entry belongs to one dealer or to all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import Dealer
from leads.models.keys import catalog_key

if TYPE_CHECKING:
    from leads.models.user import User


M = TypeVar("M", bound=models.Model, covariant=True)

# What one may do with a catalogue: keep its entries one by one, and as a list.
CATALOG_ACTIONS = ("add", "change", "delete", "view", "import", "export")


class CatalogQuerySet(models.QuerySet[M]):
    def for_dealer(self, dealer: Dealer | int) -> Self:
        """The dealer's own entries and those that everybody shares."""
        return self.filter(Q(dealer=dealer) | Q(dealer=None))

    def for_user(self, user: User) -> Self:
        if user.is_superuser:
            return self.all()
        return self.filter(Q(dealer__in=user.dealer_ids()) | Q(dealer=None))

    def active(self) -> Self:
        return self.filter(is_active=True)


def _unique_name(entity: str) -> list[models.BaseConstraint]:
    """Two constraints, because SQLite knows no NULLS NOT DISTINCT."""
    return [
        models.UniqueConstraint(
            fields=["dealer", "name_key"],
            condition=Q(dealer__isnull=False),
            name=f"{entity}_once_per_dealer",
        ),
        models.UniqueConstraint(
            fields=["name_key"], condition=Q(dealer=None), name=f"{entity}_once_for_all"
        ),
    ]


class CatalogEntry(models.Model):
    """A name that rows are sorted by, with the other spellings it answers to."""

    dealer = models.ForeignKey(
        Dealer,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("dealer"),
        related_name="+",
        help_text=_("Empty: for all dealers."),
    )
    name = models.CharField(_("name"), max_length=80)
    name_key = models.CharField(max_length=160, editable=False)
    key = models.SlugField(_("key"), max_length=80, blank=True)
    aliases = models.JSONField(
        _("other spellings"),
        default=list,
        blank=True,
        help_text=_("Names used by partners and in Excel lists that mean this entry."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_active = models.BooleanField(_("active"), default=True)
    is_automatic = models.BooleanField(
        _("created automatically"),
        default=False,
        help_text=_("Came in with a lead and has not been reviewed yet."),
    )
    # Who brought an automatic entry, and when: only so many per sender and day.
    created_by = models.CharField(_("created by"), max_length=80, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), null=True, blank=True, editable=False)
    # The import that brought it; undoing that takes it away again, unless it is needed.
    change_batch = models.ForeignKey(
        "leads.ChangeBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        verbose_name=_("bulk change"),
        related_name="+",
    )

    objects = CatalogQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = catalog_key(self.name)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """The form leaves the key out, so the database's rule is checked here in words."""
        self.name_key = catalog_key(self.name)
        twins = type(self).objects.filter(dealer=self.dealer, name_key=self.name_key)
        if twins.exclude(pk=self.pk).exists():
            raise ValidationError({"name": _("There is already an entry with this name.")})

    @property
    def is_retired(self) -> bool:
        """Switched off because the import that brought it was undone; nobody has looked at it."""
        return self.is_automatic and not self.is_active

    def spellings(self) -> Iterable[str]:
        """Every catalog key this entry answers to."""
        yield self.name_key
        if self.key:
            yield catalog_key(self.key)
        yield from map(catalog_key, self.aliases)


class Stage(models.TextChoices):
    """Where in the sale a status stands; the same for every dealer, whatever the names."""

    NEW = "new", _("new")
    IN_WORK = "in_work", _("in work")
    CONTACTED = "contacted", _("contacted")
    NOT_REACHED = "not_reached", _("not reached")
    APPOINTMENT = "appointment", _("appointment")
    TEST_DRIVE = "test_drive", _("test drive")
    OFFER = "offer", _("offer")
    WON = "won", _("won")
    LOST = "lost", _("lost")
    INVALID = "invalid", _("invalid")

    @classmethod
    def closed(cls) -> tuple[Stage, ...]:
        return (cls.WON, cls.LOST, cls.INVALID)


class StatusQuerySet(CatalogQuerySet["Status"]):
    def open(self) -> Self:
        return self.exclude(stage__in=Stage.closed())

    def closed(self) -> Self:
        return self.filter(stage__in=Stage.closed())


class Status(CatalogEntry):
    """How far a lead is. Unknown ones from outside start in stage "in work" (guide, §6)."""

    stage = models.CharField(_("stage"), max_length=20, choices=Stage, default=Stage.IN_WORK)

    objects = StatusQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("status")
        verbose_name_plural = _("statuses")
        default_permissions = CATALOG_ACTIONS
        ordering = ["position", "name"]
        constraints = _unique_name("status")

    @property
    def is_open(self) -> bool:
        return self.stage not in Stage.closed()


class Source(CatalogEntry):
    """Where a lead comes from: a marketplace, the website, a campaign …"""

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        default_permissions = CATALOG_ACTIONS
        ordering = ["position", "name"]
        constraints = _unique_name("source")


class CloseReason(CatalogEntry):
    """Why a lead was closed; each belongs to one way of ending."""

    class Outcome(models.TextChoices):
        WON = "won", _("won")
        LOST = "lost", _("lost")
        INVALID = "invalid", _("invalid")

    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.LOST)

    class Meta:
        verbose_name = _("close reason")
        verbose_name_plural = _("close reasons")
        default_permissions = CATALOG_ACTIONS
        ordering = ["position", "name"]
        constraints = _unique_name("close_reason")


class Category(CatalogEntry):
    """What kind of business a lead is about: new car, used car, purchase …"""

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        default_permissions = CATALOG_ACTIONS
        ordering = ["position", "name"]
        constraints = _unique_name("category")


class Tag(CatalogEntry):
    """A free label."""

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        default_permissions = CATALOG_ACTIONS
        ordering = ["name"]
        constraints = _unique_name("tag")
