"""The history of a model whose rows can say with which bulk change they were written."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class PartOfBatch(models.Model):
    """Base of history rows. Most are written one by one and are part of no bulk change."""

    # Neither checked nor cascaded: each enquiry writes such a row, and batches are never deleted
    # once they have rows.
    change_batch = models.ForeignKey(
        "leads.ChangeBatch",
        models.DO_NOTHING,
        null=True,
        blank=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )

    class Meta:
        abstract = True


class BatchedRecords(HistoricalRecords):
    """HistoricalRecords that find the rows of a bulk change."""

    def __init__(self, **options: Any) -> None:
        super().__init__(bases=[PartOfBatch], **options)

    def get_meta_options(self, model: type[models.Model]) -> dict[str, Any]:
        options: dict[str, Any] = super().get_meta_options(model)
        of_batch = models.Index(
            fields=["change_batch", "id"],
            name=f"{model._meta.model_name}_history_of_batch",
            condition=~Q(change_batch=None),
        )
        return {**options, "indexes": [*options.get("indexes", ()), of_batch]}
