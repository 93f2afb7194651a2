"""What bulk changes did that no history tells: to leads that were here before, to catalogues."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from leads.models.catalog import Tag
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import DealerOwned
from leads.models.lead import Lead


class BatchMemory(DealerOwned):
    """Needed as long as the bulk change can be undone (background/pruning.py)."""

    change_batch = models.ForeignKey(
        ChangeBatch, models.CASCADE, db_index=False, verbose_name=_("bulk change"), related_name="+"
    )
    lead = models.ForeignKey(Lead, models.CASCADE, verbose_name=_("lead"), related_name="+")

    class Meta:
        abstract = True
        indexes = [models.Index(fields=["change_batch", "lead"], name="%(class)s_of_batch")]


class TagChange(BatchMemory):
    """The bulk change gave the lead a tag, or took it away.

    `link`: the row by which the lead has got the tag; None: it was taken away. If somebody takes
    the tag away and gives it again, that is another row: theirs.
    """

    tag = models.ForeignKey(Tag, models.CASCADE, verbose_name=_("tag"), related_name="+")
    link = models.BigIntegerField(null=True, editable=False)


class EnquiryChange(BatchMemory):
    """The bulk change brought an enquiry anew that was here already.

    `enquiry_id` is no foreign key: enquiries come in all day, and keys to their table would cost
    each of them another index. `values`: column → [before, after], as JSON knows them.
    """

    enquiry_id = models.BigIntegerField(editable=False)
    values: Any = models.JSONField(editable=False)


class EntryChange(DealerOwned):
    """The bulk change created an entry of a catalogue, or changed it.

    `catalogue`: "source"; each batch is about one. `before`: None if the entry is new, else what
    the cells said that were changed. `after`: what they said then.
    """

    change_batch = models.ForeignKey(
        ChangeBatch, models.CASCADE, db_index=False, verbose_name=_("bulk change"), related_name="+"
    )
    catalogue = models.CharField(max_length=20, editable=False)
    entry_id = models.BigIntegerField(editable=False)
    name = models.CharField(max_length=120, editable=False)  # as everybody may see it
    before: Any = models.JSONField(null=True, editable=False)
    after: Any = models.JSONField(editable=False)

    class Meta:
        indexes = [models.Index(fields=["change_batch", "id"], name="entrychange_of_batch")]
