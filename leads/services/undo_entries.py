"""Entries of catalogues that came with an import go with it, unless somebody needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from leads.models.batch_memory import TagChange
from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Status, Tag
from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.import_memory import ListValue
from leads.models.lead import Lead
from leads.models.unmapped import UnmappedName
from leads.services.undo_plan import lead_ids

# By the column of a lead.
_CATALOGUES: Mapping[str, type[CatalogEntry]] = {
    "status": Status,
    "source": Source,
    "category": Category,
    "close_reason": CloseReason,
}
# In the bin a lead still says what it was, and may come out; one that was merged is in use.
_IN_BIN = Q(deleted_at__isnull=False, merged_into=None)

Rows = QuerySet[Any]


def remove_entries(batch: ChangeBatch) -> None:
    """Of the entries that the batch created and that nobody has looked at since: those that nothing
    refers to are deleted; those that only leads in the bin or former values refer to are switched
    off, and on again when they are needed (bringing_back.py, catalogue.py). A name that somebody
    has given a meaning keeps it: what it means stays."""
    for column, model in _CATALOGUES.items():
        _remove(batch, model, needed=_needed(column), known=_known(batch, column))
    through = Lead.tags.through.objects.filter(tag=OuterRef("pk"))
    present = Lead.objects.exclude(_IN_BIN).filter(pk=OuterRef("lead"))
    others = TagChange.objects.filter(tag=OuterRef("pk")).exclude(change_batch=batch)
    _remove(batch, Tag, needed=[through.filter(Exists(present))], known=[through, others])


def _needed(column: str) -> Sequence[Rows]:
    ours = {column: OuterRef("pk")}
    rows: list[Rows] = [
        Lead.objects.exclude(_IN_BIN).filter(**ours),
        ListValue.objects.filter(
            dealer=OuterRef("dealer"), column=column, meaning=OuterRef("name")
        ),
    ]
    if column in UnmappedName.Kind.values:
        rows.append(UnmappedName.objects.filter(**ours))
    if column == "source":
        of_present = Q(lead__deleted_at=None) | Q(lead__merged_into__isnull=False)
        rows.append(Enquiry.objects.filter(of_present, source=OuterRef("pk")))
    return rows


def _known(batch: ChangeBatch, column: str) -> Sequence[Rows]:
    """Also what its leads had for a while: undoing another bulk change may give it back."""
    ours = {column: OuterRef("pk")}
    versions = Lead.history.model._default_manager.filter(**ours, id__in=lead_ids(batch).order_by())
    rows: list[Rows] = [Lead.objects.filter(**ours), versions.exclude(change_batch=batch.pk)]
    if column == "source":
        rows.append(Enquiry.objects.filter(source=OuterRef("pk")))
    return rows


def _remove(
    batch: ChangeBatch, model: type[CatalogEntry], *, needed: Sequence[Rows], known: Sequence[Rows]
) -> None:
    new = model._default_manager.filter(dealer=batch.dealer_id, change_batch=batch)
    untouched = [
        entry.pk for entry in new.filter(is_automatic=True) if not (entry.key or entry.aliases)
    ]
    if not untouched:
        return
    rows = model._default_manager.filter(pk__in=untouched)
    for users in needed:
        rows = rows.filter(~Exists(users))
    is_known = Q()
    for users in known:
        is_known |= Q(Exists(users))
    off = list(rows.filter(is_known).values_list("pk", flat=True))
    rows.exclude(pk__in=off).delete()
    model._default_manager.filter(pk__in=off).update(is_active=False)
