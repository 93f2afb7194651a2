"""The mapping tray: names from outside that nobody has assigned to an entry yet."""

from __future__ import annotations

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from leads.models.catalog import Source, Status
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet, Location
from leads.models.lead import Lead
from leads.models.lead_type import LeadType

# In the bin; a lead that was merged lives on in another one.
_IN_BIN = Q(deleted_at__isnull=False, merged_into=None)


class UnmappedNameQuerySet(DealerOwnedQuerySet["UnmappedName"]):
    def waiting(self) -> Self:
        return self.needed().filter(decided_at=None)

    def needed(self) -> Self:
        """Without undecided names that only leads in the bin came with, as after an import was
        undone; they come back with these."""
        came_with = UnmappedName.leads.through.objects.filter(unmappedname=OuterRef("pk"))
        present = Lead.objects.exclude(_IN_BIN).filter(pk=OuterRef("lead"))
        is_gone = Q(Exists(came_with)) & ~Q(Exists(came_with.filter(Exists(present))))
        return self.exclude(is_gone, decided_at=None)


class UnmappedName(DealerOwned):
    """An unknown status, source, lead type or location, and the leads that came with it.

    A person decides once ("immer so zuordnen"): from then on this row is another spelling of the
    entry, for this dealer alone, since the entry itself may be shared by all; the leads that wait
    here get it. No entry, but `decided_at` set: to be left alone. If the entry is deleted, the name
    is unknown again.
    """

    class Kind(models.TextChoices):
        STATUS = "status", _("status")
        SOURCE = "source", _("source")
        LEAD_TYPE = "lead_type", _("lead type")
        LOCATION = "location", _("location")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    name = models.CharField(_("name as received"), max_length=200)
    name_key = models.CharField(max_length=200, editable=False)
    sender = models.CharField(_("first sender"), max_length=80, blank=True)
    times = models.PositiveIntegerField(_("times"), default=1)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    leads = models.ManyToManyField(Lead, verbose_name=_("leads"), related_name="+", blank=True)
    # What the name means, in the column of its kind.
    status = models.ForeignKey(Status, models.CASCADE, null=True, blank=True, related_name="+")
    source = models.ForeignKey(Source, models.CASCADE, null=True, blank=True, related_name="+")
    lead_type = models.ForeignKey(LeadType, models.CASCADE, null=True, blank=True, related_name="+")
    location = models.ForeignKey(Location, models.CASCADE, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("decided by"),
        related_name="+",
    )

    MODEL_OF_KIND: ClassVar[dict[str, type[models.Model]]] = {
        Kind.STATUS: Status,
        Kind.SOURCE: Source,
        Kind.LEAD_TYPE: LeadType,
        Kind.LOCATION: Location,
    }

    objects = UnmappedNameQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("unknown name")
        verbose_name_plural = _("assignments")
        ordering = ["-last_seen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "kind", "name_key"], name="unmapped_name_once"
            ),
        ]
        indexes = [models.Index(fields=["dealer", "-last_seen_at"], name="unmapped_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def target(self) -> Status | Source | LeadType | Location | None:
        """What a person has said that the name means."""
        found: Status | Source | LeadType | Location | None = getattr(self, self.kind)
        return found
