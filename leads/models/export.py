"""Lists that left the house: what was asked for, how far it is, how long it waits."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Self
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import Dealer, DealerOwned, DealerOwnedQuerySet
from leads.models.list_kind import ListKind
from leads.models.user import User

# After this a written file is deleted; the line about it stays.
FILES_KEPT = timedelta(days=1)


def export_storage() -> Storage:
    """Shared by all machines: a worker writes, whichever web server is asked hands out."""
    return storages["exports"]


class ExportFormat(models.TextChoices):
    XLSX = "xlsx", _("Excel (.xlsx)")
    CSV = "csv", _("CSV for a German Excel (.csv)")
    CSV_WINDOWS = "csv-windows", _("CSV for old programs, Windows-1252 (.csv)")


class ExportState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("is being written")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class ExportOrigin(models.TextChoices):
    PAGE = "page", _("admin")
    COMMAND = "command", _("command line")


class ExportQuerySet(DealerOwnedQuerySet["Export"]):
    def with_old_file(self, now: datetime) -> Self:
        """Those whose time is over, written or not: the rows asked for are forgotten as well."""
        is_left = ~Q(file="") | Q(row_ids__isnull=False)
        return self.filter(is_left, created_at__lt=now - FILES_KEPT)


class Export(DealerOwned):
    """One list that left the house, for the record; a large one is written by a worker and waits
    here for its owner. What people searched for is not kept, only by what the list was filtered.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("exported by"),
        related_name="+",
    )
    kind = models.CharField(_("list of"), max_length=10, choices=ListKind, default=ListKind.LEADS)
    origin = models.CharField(_("started by"), max_length=10, choices=ExportOrigin)
    format = models.CharField(_("format"), max_length=20, choices=ExportFormat)
    language = models.CharField(max_length=10)
    columns: Any = models.JSONField(_("columns"), default=list)  # names, in their order
    filters = models.CharField(_("filtered by"), max_length=300, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ExportState, default=ExportState.WAITING
    )
    total = models.PositiveIntegerField(_("rows"))
    written = models.PositiveIntegerField(_("rows written"), default=0)
    # Which ones, as 64-bit numbers in the order of the list; gone once they are written.
    row_ids = models.BinaryField(null=True, editable=False)
    # Its name in the storage, at random; empty while there is none.
    file = models.CharField(_("file"), max_length=100, blank=True, editable=False)
    size = models.PositiveBigIntegerField(_("size (bytes)"), null=True, blank=True)
    created_at = models.DateTimeField(_("exported"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    downloaded_at = models.DateTimeField(_("downloaded"), null=True, blank=True)

    objects = ExportQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["dealer", "-created_at", "-id"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def extension(self) -> str:
        return "xlsx" if self.format == ExportFormat.XLSX else "csv"

    @property
    def is_over(self) -> bool:
        return self.state in (ExportState.DONE, ExportState.FAILED)

    @property
    def percent(self) -> int:
        """How much is written, 0 to 100."""
        if self.state == ExportState.DONE:
            return 100
        return min(99, 100 * self.written // self.total) if self.total else 0

    @property
    def expires_at(self) -> datetime:
        return self.created_at + FILES_KEPT

    def waits_for(self, user: User, *, now: datetime) -> bool:
        """Whether there is a file that this user may fetch: nobody but its owner."""
        return self.user_id == user.pk and bool(self.file) and now < self.expires_at

    def store_file(self, content: BinaryIO) -> None:
        self.file = export_storage().save(f"{uuid4().hex}.{self.extension}", File(content))

    def open_file(self) -> File:
        """Raises FileNotFoundError."""
        return export_storage().open(self.file)

    def delete_file(self) -> None:
        if self.file:
            export_storage().delete(self.file)

    def remember_rows(self, ids: Iterable[int]) -> None:
        self.row_ids = array("q", ids).tobytes()

    def remembered_rows(self) -> array[int]:
        return array("q", bytes(self.row_ids or b""))


class ExportTemplateQuerySet(DealerOwnedQuerySet["ExportTemplate"]):
    def usable_by(self, user: User, dealers: Iterable[Dealer]) -> Self:
        """Their own and those that somebody shared, at these dealers."""
        mine_or_shared = Q(user=user) | Q(is_shared=True)
        return self.filter(mine_or_shared, dealer__in=dealers)


class ExportTemplate(DealerOwned):
    """Columns of one kind of lists in an order, under a name: of one person, or for all of a
    dealer."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("user"), related_name="+"
    )
    kind = models.CharField(_("list of"), max_length=10, choices=ListKind, default=ListKind.LEADS)
    name = models.CharField(_("name"), max_length=80)
    columns: Any = models.JSONField(_("columns"), default=list)  # names, in their order
    is_shared = models.BooleanField(_("for all colleagues"), default=False)

    objects = ExportTemplateQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("export template")
        verbose_name_plural = _("export templates")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dealer", "user", "kind", "name"], name="export_template_once_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name
