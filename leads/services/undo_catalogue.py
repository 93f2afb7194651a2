"""Undoing the import of a catalogue: its new entries go, changed cells become what they were.

Entries have no history of their own; what an import did to them stands in EntryChange. Like
undo_records.py, but an entry that anything refers to stays, and so does a name or a spelling that
means another entry by now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.apps import apps
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from leads.models.batch_memory import EntryChange
from leads.models.catalog import CatalogEntry, Source, Status
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.import_memory import ListValue
from leads.models.keys import catalog_key
from leads.models.lead_type import LeadType
from leads.models.list_kind import ListKind
from leads.models.user import User
from leads.services.catalogue_editing import meanings_at, problem_of_stage
from leads.services.change_batches import close_batch, open_batch
from leads.services.undo_entries import CATALOGUES, not_wanted
from leads.services.undo_plan import Reason
from leads.services.undo_records import RecordVerdict
from leads.services.undo_references import referring

Entry = CatalogEntry | LeadType
# By it no two entries of a dealer may be known.
_NAMES = frozenset({"name", "aliases", "key"})


def remember_entries(
    dealer: Dealer,
    changes: Sequence[tuple[Entry | None, Entry]],
    *,
    cells: Collection[str],
    what: str,
    by: User,
    now: datetime,
) -> ChangeBatch | None:
    """The bulk change by which an import of these cells can be undone; None if it changed nothing.
    `changes`: entries before (None: new) and after, as stored, of one catalogue of the dealer."""
    batch = open_batch(
        dealer.pk,
        ChangeBatch.Kind.IMPORT,
        by=by,
        now=now,
        what=what,
        list_kind=ListKind.ENTRIES,
    )
    EntryChange.objects.bulk_create(
        change
        for before, after in changes
        if (change := _change(batch, before, after, cells)) is not None
    )
    return batch if close_batch(batch) else None


def _change(
    batch: ChangeBatch, before: Entry | None, after: Entry, cells: Collection[str]
) -> EntryChange | None:
    said = {cell: getattr(after, cell) for cell in cells}
    was = None
    if before is not None:
        said = {cell: value for cell, value in said.items() if getattr(before, cell) != value}
        was = {cell: getattr(before, cell) for cell in said}
    if not said:
        return None
    return EntryChange(
        dealer_id=batch.dealer_id,
        change_batch=batch,
        catalogue=str(after._meta.model_name),
        entry_id=after.pk,
        name=after.public_title if isinstance(after, LeadType) else after.name,
        before=was,
        after=said,
    )


def changes_of(batch: ChangeBatch) -> QuerySet[EntryChange]:
    return EntryChange.objects.filter(change_batch=batch).order_by("pk")


def change_ids(batch: ChangeBatch) -> QuerySet[Any]:
    return changes_of(batch).values_list("pk", flat=True)


def model_of(change: EntryChange) -> type[Entry]:
    model: type[Entry] = apps.get_model("leads", change.catalogue)
    return model


def entries_of(changes: Collection[EntryChange]) -> Mapping[int, Entry]:
    """The entries that are still there, by id."""
    for change in changes:
        return model_of(change)._default_manager.in_bulk([one.entry_id for one in changes])
    return {}


def plan_entries(
    batch: ChangeBatch, *, pks: Sequence[int] | None = None, chosen: Collection[int] = ()
) -> list[RecordVerdict]:
    """A verdict for each change (all of the batch, or these), in their order; its `pk` is the
    change's. `chosen` are taken back although somebody has changed them."""
    changes = list(changes_of(batch) if pks is None else changes_of(batch).filter(pk__in=pks))
    entries = entries_of(changes)
    new = [one.entry_id for one in changes if one.before is None and one.entry_id in entries]
    used = _used(batch, model_of(changes[0]), new) if changes else set()
    verdicts = [
        _judge(one, entries.get(one.entry_id), used, is_chosen=one.pk in chosen) for one in changes
    ]
    return _without_taken(batch, changes, entries, verdicts)


def _used(batch: ChangeBatch, model: type[Entry], pks: Collection[int]) -> set[int]:
    used = referring(model, pks, also_hidden=True)
    if model is Source:
        used |= {*pks} - {*not_wanted(batch.dealer_id, pks)}
    columns = [column for column, catalogue in CATALOGUES.items() if catalogue is model]
    if columns:  # what words in lists mean
        meant = ListValue.objects.filter(dealer=batch.dealer_id, column__in=columns)
        names = meant.values_list("meaning", flat=True)
        named = model._default_manager.filter(pk__in=pks, name__in=names)
        used |= set(named.values_list("pk", flat=True))
    return used


def _judge(
    change: EntryChange, entry: Entry | None, used: Collection[int], *, is_chosen: bool
) -> RecordVerdict:
    is_new = change.before is None
    if entry is None:
        return RecordVerdict(change.pk, is_new, (Reason.GONE,))
    if is_new and entry.pk in used:
        return RecordVerdict(change.pk, is_new, (Reason.USED,))
    contested = [cell for cell, said in change.after.items() if getattr(entry, cell) != said]
    reasons = (Reason.CHANGED,) if contested else ()
    left = () if is_chosen else tuple((cell, None) for cell in contested)
    verdict = RecordVerdict(
        change.pk,
        is_new=is_new,
        reasons=reasons,
        left=left,
        former=change.before or {},
        is_chosen=is_chosen and bool(contested),
    )
    if is_new:
        return replace(verdict, goes=is_chosen or not contested)
    wanted = {
        cell: value for cell, value in change.before.items() if is_chosen or cell not in contested
    }
    if _changes_sides(entry, wanted):
        return RecordVerdict(change.pk, is_new, (Reason.USED,))
    return replace(verdict, gives_back=wanted)


def _changes_sides(entry: Entry, wanted: Mapping[str, Any]) -> bool:
    if not isinstance(entry, Status) or "stage" not in wanted:
        return False
    return bool(problem_of_stage(_changed(entry, wanted), before=entry.stage))


def _changed(entry: Entry, values: Mapping[str, Any]) -> Any:
    changed = copy(entry)
    for cell, value in values.items():
        setattr(changed, cell, value)
    if isinstance(changed, CatalogEntry):
        changed.name_key = catalog_key(changed.name)
    return changed


def _without_taken(
    batch: ChangeBatch,
    changes: Sequence[EntryChange],
    entries: Mapping[int, Entry],
    verdicts: Sequence[RecordVerdict],
) -> list[RecordVerdict]:
    """Names that mean another entry by now stay as they are. Asked about how all would be
    afterwards: an import may have moved a spelling from one entry to another."""
    model = model_of(changes[0]) if changes else None
    if model is None or not issubclass(model, CatalogEntry):
        return list(verdicts)
    pairs = list(zip(changes, verdicts, strict=True))
    after: dict[int, CatalogEntry] = {
        change.entry_id: _changed(entries[change.entry_id], verdict.gives_back)
        for change, verdict in pairs
        if change.entry_id in entries
    }
    going = {change.entry_id for change, verdict in pairs if verdict.goes}
    meanings = meanings_at(model, batch.dealer_id, instead=after, without=going)
    mean_others = {pk for pk, entry in after.items() if meanings.means_another(entry)}
    return [
        _without_names(verdict)
        if change.entry_id in mean_others and _NAMES.intersection(verdict.gives_back)
        else verdict
        for change, verdict in pairs
    ]


def _without_names(verdict: RecordVerdict) -> RecordVerdict:
    kept = {cell: value for cell, value in verdict.gives_back.items() if cell not in _NAMES}
    gone = tuple(cell for cell in verdict.gives_back if cell in _NAMES)
    reasons = (*verdict.reasons, Reason.VALUE_GONE)
    return replace(verdict, gives_back=kept, gone=gone, reasons=reasons)


def take_entries_back(
    batch: ChangeBatch, pks: Sequence[int], *, chosen: Collection[int], by: User, now: datetime
) -> list[RecordVerdict]:
    """Undo the batch for these of its changes; what was done with each. The dealer must be locked.
    The last first, as names may have moved from one entry to the next."""
    verdicts = plan_entries(batch, pks=pks, chosen=chosen)
    changes = {one.pk: one for one in changes_of(batch).filter(pk__in=pks)}
    entries = entries_of(changes.values())
    told = []
    for verdict in reversed(verdicts):
        entry = entries.get(changes[verdict.pk].entry_id)
        if entry is None or not (verdict.goes or verdict.gives_back):
            continue
        told.append(_told(entry, by, now, is_gone=verdict.goes))
        if verdict.goes:
            entry.delete()
        else:
            _changed(entry, verdict.gives_back).save()
    LogEntry.objects.bulk_create(told)
    return verdicts


def _told(entry: Entry, by: User, now: datetime, *, is_gone: bool) -> LogEntry:
    """For the history of the entry, as the import wrote into it."""
    return LogEntry(
        user=by,
        action_time=now,
        content_type=ContentType.objects.get_for_model(type(entry)),
        object_id=str(entry.pk),
        object_repr=str(entry)[:200],
        action_flag=DELETION if is_gone else CHANGE,
        change_message=_("The import of a list was undone."),
    )
