"""Lists that come in: what was uploaded, how it is to be understood, and how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, BinaryIO, Self
from uuid import uuid4

from django.conf import settings
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import DealerOwned, DealerOwnedQuerySet
from leads.models.list_kind import ListKind

# A portion takes seconds; a file of the largest size some twenty.
STUCK_AFTER = timedelta(minutes=3)


def import_storage() -> Storage:
    """Shared by all machines: a web server writes, whichever worker is free reads."""
    return storages["imports"]


class ImportState(models.TextChoices):
    """In this order, as far as people go on; CANCELLED ends it anywhere."""

    READING = "reading", _("is being read")
    UNREADABLE = "unreadable", _("cannot be read")
    MAPPING = "mapping", _("columns")
    CHECKING = "checking", _("is being checked")
    READY = "ready", _("ready for import")
    RUNNING = "running", _("is being imported")
    PAUSED = "paused", _("paused")
    DONE = "done", _("imported")
    CANCELLED = "cancelled", _("cancelled")


class ImportOrigin(models.TextChoices):
    PAGE = "page", _("admin")
    COMMAND = "command", _("command line")


class OnExisting(models.TextChoices):
    """What is done with what a row names and that is here already."""

    UPDATE = "update", _("change what the list says differently")
    FILL = "fill", _("fill in what is empty, change nothing")
    SKIP = "skip", _("leave it as it is")
    NEW = "new", _("always create anew")


class Plan(models.TextChoices):
    """What would become of a row, as far as one can see before the import."""

    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    UNCHANGED = "unchanged", _("unchanged")
    TOTAL = "total", _("no entry")
    BAD = "bad", _("error")


class RowOutcome(models.TextChoices):
    """What became of a row."""

    CREATED = "created", _("created")
    UPDATED = "updated", _("changed")
    UNCHANGED = "unchanged", _("unchanged")
    SKIPPED = "skipped", _("skipped")
    BAD = "bad", _("not imported")


class ListImportQuerySet(DealerOwnedQuerySet["ListImport"]):
    def with_old_rows(self, now: datetime) -> Self:
        """Those whose file and rows have been kept long enough: nothing happened since."""
        kept = timedelta(days=settings.IMPORT_DAYS)
        return self.filter(rows_deleted_at=None, touched_at__lt=now - kept)


class ListImport(DealerOwned):
    """One list on its way in. Its rows lie in ListRow until they have been imported for a while."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("imported by"),
        related_name="+",
    )
    kind = models.CharField(_("list of"), max_length=10, choices=ListKind, default=ListKind.LEADS)
    origin = models.CharField(
        _("started by"), max_length=10, choices=ImportOrigin, default=ImportOrigin.PAGE
    )
    state = models.CharField(
        _("state"), max_length=12, choices=ImportState, default=ImportState.READING
    )
    language = models.CharField(max_length=10)
    created_at = models.DateTimeField(_("uploaded"))
    # Whenever somebody or something goes on with it.
    touched_at = models.DateTimeField(_("last step"))
    rows_deleted_at = models.DateTimeField(_("rows deleted"), null=True, blank=True)

    # The file: its own name, and its name in the storage, at random; empty once it is deleted.
    file_name = models.CharField(_("file"), max_length=200)
    file = models.CharField(max_length=100, blank=True, editable=False)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256
    choice: Any = models.JSONField(default=dict, blank=True, editable=False)  # list_info.Choice
    # What was found in it: fields of list_info.SheetInfo that pages show, and sentences about it.
    info: Any = models.JSONField(default=dict, blank=True, editable=False)
    headers: Any = models.JSONField(_("headers"), default=list, blank=True, editable=False)
    fingerprint = models.CharField(max_length=64, blank=True, editable=False)
    trouble = models.TextField(_("what went wrong"), blank=True)  # sentences without contents

    # How it is to be understood: resources/import_mapping.py
    mapping: Any = models.JSONField(default=dict, blank=True, editable=False)
    # Different values of columns that stand for entries: {"status": [["offen", 12], …]}
    found_values: Any = models.JSONField(default=dict, blank=True, editable=False)
    on_existing = models.CharField(
        _("what is here already"),
        max_length=10,
        choices=OnExisting,
        default=OnExisting.UPDATE,
    )
    takes_duplicates = models.BooleanField(
        _("import duplicates within the list as well"), default=False
    )
    takes_conflicts = models.BooleanField(
        _("where both have changed, the list wins"), default=False
    )
    # Of a list of the whole stock: however many it no longer names are marked as gone.
    accepts_vanishing = models.BooleanField(_("many vehicles may be gone"), default=False)

    # How far it is. Row counts; `step_…` since it was last started or resumed, for the rate.
    row_count = models.PositiveIntegerField(_("rows"), default=0)
    checked_count = models.PositiveIntegerField(default=0, editable=False)
    done_count = models.PositiveIntegerField(_("rows done"), default=0)
    step_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    step_started_with = models.PositiveIntegerField(default=0, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    # {"created": 12, …} by RowOutcome; kept when the rows have gone.
    outcomes: Any = models.JSONField(_("outcome"), default=dict, blank=True, editable=False)
    # Workbooks about it that a worker has written: kind → name in the storage.
    workbooks: Any = models.JSONField(default=dict, blank=True, editable=False)
    # By which it can be undone; none while nothing was imported.
    change_batch = models.OneToOneField(
        ChangeBatch,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("bulk change"),
        related_name="list_import",
    )

    objects = ListImportQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["dealer", "-created_at", "-id"], name="import_newest"),
            models.Index(fields=["dealer", "digest"], name="import_by_digest"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def locked(self) -> ListImport:
        """As it is now, and until the end of the transaction."""
        return ListImport.objects.select_for_update(of=("self",)).get(pk=self.pk)

    @property
    def is_moving(self) -> bool:
        """Whether a worker is at it or will be."""
        moving = (ImportState.READING, ImportState.CHECKING, ImportState.RUNNING)
        return self.state in moving

    def is_stuck(self, *, now: datetime) -> bool:
        """Whether nothing has happened for so long that people should do something."""
        return self.is_moving and now - self.touched_at > STUCK_AFTER

    @property
    def is_over(self) -> bool:
        over = (ImportState.UNREADABLE, ImportState.DONE, ImportState.CANCELLED)
        return self.state in over

    @property
    def step_count(self) -> int:
        """Rows that the present step has done."""
        return self.checked_count if self.state == ImportState.CHECKING else self.done_count

    @property
    def percent(self) -> int:
        """How much of the present step is done, 0 to 100."""
        if not self.row_count:
            return 0
        return min(100, 100 * self.step_count // self.row_count)

    def seconds_left(self, *, now: datetime) -> int | None:
        """At the rate of this step so far; None while nobody can know."""
        rate = self.rate(now=now)
        return round((self.row_count - self.step_count) / rate) if rate else None

    def rate(self, *, now: datetime) -> float:
        """Rows a second since this step was started or resumed; 0 while nobody can know."""
        if self.step_started_at is None:
            return 0
        seconds = (now - self.step_started_at).total_seconds()
        return max(self.step_count - self.step_started_with, 0) / seconds if seconds > 0 else 0

    def store_file(self, content: BinaryIO) -> None:
        self.file = import_storage().save(uuid4().hex, File(content))

    def open_file(self) -> File:
        """Raises FileNotFoundError."""
        return import_storage().open(self.file)

    def delete_file(self) -> None:
        if self.file:
            import_storage().delete(self.file)
            self.file = ""

    def delete_workbooks(self) -> None:
        for name in self.workbooks.values():
            import_storage().delete(name)
        self.workbooks = {}


class ListRow(DealerOwned):
    """One row of a list: as it was read, as people corrected it, what would and did become of it.

    `cells`: one per header, as in cells.cell_to_json. `notes`: what the preview shows,
    {"problems": [[header, value, reason]], "changes": [[label, before, after]],
    "conflicts": [[label, exported, list, now]], "remarks": [sentence], "title": "…",
    "totals": true where it seems to be no entry of the list,
    "odd": [what is odd, without contents]}.
    """

    # No index of its own: those below begin with it.
    list_import = models.ForeignKey(ListImport, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(_("row"))  # as Excel counts
    cells: Any = models.JSONField(default=list)
    corrected: Any = models.JSONField(default=dict, blank=True)  # {"3": "text"} by position
    plan = models.CharField(_("expected"), max_length=10, choices=Plan, blank=True)
    # What names the lead, customer or vehicle, and what two rows about the same one, or the same
    # wish, have in common; both as hashes.
    identity = models.CharField(max_length=40, blank=True)
    likeness = models.CharField(max_length=40, blank=True)
    duplicate_of = models.PositiveIntegerField(_("same as row"), null=True, blank=True)
    decision = models.CharField(max_length=10, choices=OnExisting, blank=True)  # "": the import's
    notes: Any = models.JSONField(default=dict, blank=True)
    # Whether there are any among the notes; of 100,000 rows a page cannot read the notes.
    has_conflict = models.BooleanField(default=False, editable=False)
    outcome = models.CharField(_("outcome"), max_length=10, choices=RowOutcome, blank=True)
    # Of what it names or became: the number of a lead, otherwise the id.
    reference = models.CharField(_("number here"), max_length=20, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("row of a list")
        verbose_name_plural = _("rows of lists")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["list_import", "number"], name="row_once_per_import"),
        ]
        indexes = [
            models.Index(fields=["list_import", "plan", "number"], name="row_by_plan"),
            models.Index(fields=["list_import", "outcome", "number"], name="row_by_outcome"),
            models.Index(
                fields=["list_import", "number"],
                name="row_duplicates",
                condition=~models.Q(duplicate_of=None),
            ),
            models.Index(
                fields=["list_import", "number"],
                name="row_conflicts",
                condition=models.Q(has_conflict=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.number}"

    def decision_in(self, list_import: ListImport) -> OnExisting:
        """What is to be done if it names something that is here already."""
        return OnExisting(self.decision or list_import.on_existing)
