"""Bulk changes: everything that one import, bulk edit or merge changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned
from leads.models.list_kind import ListKind
from leads.models.merge import Merge


class ChangeBatch(DealerOwned):
    """What was changed together and can be taken back together.

    The rows that it changed are those whose history says so (models/history.py). A merge has a
    memory of its own and is taken back by it; its row here makes it appear in the same list.
    `what` says in a few words what was done ("Kontaktiert"), without personal data.
    """

    class Kind(models.TextChoices):
        IMPORT = "import", _("import of a list")
        ASSIGN = "assign", _("assigned")
        TAKE = "take", _("taken over")
        STATUS = "status", _("status changed")
        CLOSE = "close", _("closed")
        BIN = "bin", _("put into the bin")
        RESTORE = "restore", _("taken out of the bin")
        MERGE = "merge", _("merged")

    # What somebody may take back who has done it, without the right to undo what others did.
    EDITS = (Kind.ASSIGN, Kind.TAKE, Kind.STATUS, Kind.CLOSE, Kind.BIN, Kind.RESTORE)

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    # What it is about: of an import what its list held, otherwise leads.
    list_kind = models.CharField(max_length=10, choices=ListKind, default=ListKind.LEADS)
    what = models.CharField(_("what"), max_length=200, blank=True)
    at = models.DateTimeField(_("time"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("user"),
        related_name="+",
    )
    created_count = models.PositiveIntegerField(_("created"), default=0)
    changed_count = models.PositiveIntegerField(_("changed"), default=0)
    # An import may come in several portions; as long as more may come, it cannot be undone.
    is_open = models.BooleanField(_("still running"), default=False, editable=False)
    # None: for ever, as merges.
    undo_until = models.DateTimeField(_("can be undone until"), null=True, blank=True)
    merge = models.OneToOneField(
        Merge,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("merge"),
        related_name="change_batch",
    )

    # Undoing goes in portions: when it began and by whom, how far it came, when it was done.
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("undone by"),
        related_name="+",
    )
    undo_position = models.BigIntegerField(default=0, editable=False)  # id of the last one
    undo_vehicle_position = models.BigIntegerField(default=0, editable=False)  # after the leads
    # Ids of those that are taken back although somebody has changed them since.
    undo_chosen: Any = models.JSONField(default=list, blank=True, editable=False)
    undo_finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    taken_back_count = models.PositiveIntegerField(_("taken back"), default=0, editable=False)
    left_count = models.PositiveIntegerField(_("left"), default=0, editable=False)
    # The first of those that stayed:
    # [{"id": id, "reasons": […], "cells": [[name, user, at]], "gone": [name]}]
    undo_left: Any = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        verbose_name = _("bulk change")
        verbose_name_plural = _("bulk changes")
        ordering = ["-at", "-pk"]
        permissions = [
            ("undo_changebatch", _("Can undo bulk changes")),
            ("undo_own_changebatch", _("Can undo own bulk edits")),
        ]
        indexes = [
            models.Index(fields=["dealer", "-at", "-id"], name="changebatch_newest"),
            models.Index(fields=["dealer", "by", "-at"], name="changebatch_by_user"),
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [str(self.get_kind_display()), self.what]))

    @property
    def is_undoing(self) -> bool:
        """Begun and not done: it goes on where it stopped."""
        return self.undone_at is not None and self.undo_finished_at is None

    def is_expired(self, now: datetime) -> bool:
        return self.undo_until is not None and self.undo_until < now
