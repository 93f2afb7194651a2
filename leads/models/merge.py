"""Merges: two rows that were made one, with all that is needed to take it back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leads.models.dealer import DealerOwned
from leads.models.encrypted import EncryptedTextField


class Merge(DealerOwned):
    """`merged_id` became part of `kept_id`; both are ids of the kind's table.

    `before` is JSON: what the merge changed in the kept row, and the ids of all rows that it
    moved, by table; leads/services/merge_memory.py has its shape. Encrypted, since it is personal
    data.
    """

    class Kind(models.TextChoices):
        CUSTOMER = "customer", _("customers")
        LEAD = "lead", _("leads")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    kept_id = models.BigIntegerField(_("kept"))
    merged_id = models.BigIntegerField(_("merged"))
    before = EncryptedTextField(editable=False)
    at = models.DateTimeField(_("merged at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("merged by"),
        related_name="+",
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("undone by"),
        related_name="+",
    )

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-at", "-pk"]
        constraints = [
            # A row is part of one other at most, however many people merge it at once.
            models.UniqueConstraint(
                fields=["kind", "merged_id"],
                condition=Q(undone_at=None),
                name="merge_once_at_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["dealer", "-at", "-id"], name="merge_newest"),
            models.Index(fields=["kind", "kept_id"], name="merge_by_kept"),
            models.Index(fields=["kind", "merged_id"], name="merge_by_merged"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.merged_id} → {self.kept_id}"
