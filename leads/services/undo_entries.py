"""Entries of catalogues that came with an import go with it, unless somebody needs them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.module_loading import import_string

from leads.models.batch_memory import TagChange
from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Status, Tag
from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.import_memory import ListValue
from leads.models.keys import catalog_key
from leads.models.lead import Lead
from leads.models.unmapped import UnmappedName
from leads.services.undo_plan import lead_ids

# By the column of a lead; lists use the same names.
CATALOGUES: Mapping[str, type[CatalogEntry]] = {
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
    for column, model in CATALOGUES.items():
        if unused := _unused(batch, model, _needed(column)):
            if model is Source:
                unused = not_wanted(batch.dealer_id, unused)
            former = _former(batch, column, unused)
            _remove(model, unused, known=[Lead.objects.filter(**_ours(column))], also=former)
    through = Lead.tags.through.objects.filter(tag=OuterRef("pk"))
    present = Lead.objects.exclude(_IN_BIN).filter(pk=OuterRef("lead"))
    if unused := _unused(batch, Tag, [through.filter(Exists(present))]):
        others = TagChange.objects.filter(tag=OuterRef("pk")).exclude(change_batch=batch)
        _remove(Tag, unused, known=[through, others])


def _ours(column: str) -> dict[str, OuterRef]:
    return {column: OuterRef("pk")}


def _needed(column: str) -> Sequence[Rows]:
    rows: list[Rows] = [
        Lead.objects.exclude(_IN_BIN).filter(**_ours(column)),
        ListValue.objects.filter(
            dealer=OuterRef("dealer"), column=column, meaning=OuterRef("name")
        ),
    ]
    if column in UnmappedName.Kind.values:
        rows.append(UnmappedName.objects.filter(**_ours(column)))
    if column == "source":
        of_present = Q(lead__deleted_at=None) | Q(lead__merged_into__isnull=False)
        rows.append(Enquiry.objects.filter(of_present, source=OuterRef("pk")))
    return rows


def _unused(
    batch: ChangeBatch, model: type[CatalogEntry], needed: Sequence[Rows]
) -> Collection[int]:
    new = model._default_manager.filter(dealer=batch.dealer_id, change_batch=batch)
    untouched = [
        entry.pk for entry in new.filter(is_automatic=True) if not (entry.key or entry.aliases)
    ]
    if not untouched:
        return ()
    rows = model._default_manager.filter(pk__in=untouched)
    for users in needed:
        rows = rows.filter(~Exists(users))
    return list(rows.values_list("pk", flat=True))


def not_wanted(dealer_id: int, pks: Collection[int]) -> Collection[int]:
    """Of these sources, those that nothing on other floors names (settings.NEEDED_SOURCES)."""
    asked = [import_string(path)(dealer_id) for path in settings.NEEDED_SOURCES]
    wanted = {catalog_key(name) for names in asked for name in names}
    sources = Source.objects.filter(pk__in=pks)
    return [one.pk for one in sources if wanted.isdisjoint(one.spellings())]


def _former(batch: ChangeBatch, column: str, pks: Collection[int]) -> set[int]:
    """Those that its leads had for a while: undoing another bulk change may give them back."""
    history = Lead.history.model._default_manager
    of_others = history.filter(id=OuterRef("id"), change_batch__isnull=False)
    is_changed_again = Q(Exists(of_others.exclude(change_batch=batch.pk)))
    versions = history.filter(**{f"{column}__in": pks}, id__in=lead_ids(batch).order_by())
    known = versions.filter(~Q(change_batch=batch.pk) | is_changed_again).order_by()
    found = set(known.values_list(f"{column}_id", flat=True).distinct())
    if column == "source":
        enquiries = Enquiry.objects.filter(source__in=pks).order_by()
        found |= set(enquiries.values_list("source_id", flat=True).distinct())
    return found


def _remove(
    model: type[CatalogEntry],
    pks: Collection[int],
    *,
    known: Sequence[Rows],
    also: Collection[int] = (),
) -> None:
    is_known = Q(pk__in=also)
    for users in known:
        is_known |= Q(Exists(users))
    rows = model._default_manager.filter(pk__in=pks)
    off = list(rows.filter(is_known).values_list("pk", flat=True))
    rows.filter(pk__in=off).update(is_active=False)
    rows.exclude(pk__in=off).delete()
