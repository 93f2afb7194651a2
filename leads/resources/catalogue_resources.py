"""The catalogues as resources of django-import-export: by what their entries are found, and what
must hold for them however they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _
from import_export.results import RowResult

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Status, Tag
from leads.models.keys import catalog_key
from leads.models.lead_type import LeadType
from leads.resources.catalogue_files import NumberedDataset
from leads.resources.catalogue_rows import CatalogueResource, EntriesResult, Row
from leads.services.catalogue import by_spelling, lead_types_by_name
from leads.services.catalogue_editing import Meanings, clean_spellings, problem_of_stage


class EntryResource(CatalogueResource):
    """Entries are found by their id if the list has one, else by their name or another spelling."""

    naming = "name"
    _is_by_key = False  # this row
    _by_key: dict[str, CatalogEntry]  # own entries

    def index(self, entries: Sequence[CatalogEntry]) -> Mapping[str, CatalogEntry]:
        return by_spelling(entries)

    def spelling(self, text: str) -> str:
        return catalog_key(text)

    def before_import(self, dataset: NumberedDataset, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        own = [one for one in self.entries if one.dealer_id == self.dealer_id]
        self._by_key = {one.key: one for one in own if one.key}

    def find(self, row: Row) -> Any:
        entry, key = super().find(row), self.text(row, "key")
        keyed = self._by_key.get(key)
        self._is_by_key = keyed is not None
        is_own = entry is not None and entry.dealer_id == self.dealer_id
        if keyed is not None and is_own and entry.pk != keyed.pk:
            text = _("This is the id of “%(entry)s”.") % {"entry": keyed}
            raise ValidationError({"key": text})
        if keyed is None and is_own and key and entry.key:
            # Partners and outside systems name the entry by its key.
            text = _("The id of “%(entry)s” is “%(key)s” and cannot be changed.")
            raise ValidationError({"key": text % {"entry": entry, "key": entry.key}})
        return keyed or entry

    def complete(self, entry: Any, before: Any) -> None:
        known = [catalog_key(one) for one in before.aliases]
        if before.pk and not self._is_by_key and catalog_key(entry.name) != before.name_key:
            # The list knows it by another of its names, by which it must be found again.
            if catalog_key(entry.name) in known:
                entry.aliases = clean_spellings([*entry.aliases, entry.name])
            entry.name = before.name
        if entry.aliases != before.aliases:
            name = catalog_key(entry.name)
            entry.aliases = [one for one in entry.aliases if catalog_key(one) != name]

    def check(self, entry: Any) -> None:
        name = catalog_key(entry.name)
        twin = self.own.get(name)
        if twin is not None and twin.pk != entry.pk and twin.name_key == name:
            raise ValidationError({"name": _("There is already an entry with this name.")})
        entry.is_automatic = False  # somebody has looked at it

    def after_save_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        super().after_save_instance(instance, row, **kwargs)
        if instance.key:
            self._by_key[instance.key] = instance

    def after_import(self, dataset: NumberedDataset, result: EntriesResult, **kwargs: Any) -> None:
        """Spellings may move from one entry to another, so what they mean is asked at the end."""
        super().after_import(dataset, result, **kwargs)
        meanings = Meanings(self.entries, dealer_id=self.dealer_id)
        for row in result.rows:
            changes = row.is_new() or row.is_update()
            if changes and (problems := meanings.taken(row.instance)):
                row.import_type = RowResult.IMPORT_TYPE_INVALID
                row.validation_error = ValidationError({"aliases": problems})
                result.append_invalid_row(row.number, row.row_values, row.validation_error)


class StatusResource(EntryResource):
    class Meta:
        model = Status

    def complete(self, entry: Status, before: Status) -> None:
        super().complete(entry, before)
        self._stage_before = before.stage

    def check(self, entry: Status) -> None:
        super().check(entry)
        if problem := problem_of_stage(entry, before=self._stage_before):
            raise ValidationError({"stage": problem})


class SourceResource(EntryResource):
    class Meta:
        model = Source


class CategoryResource(EntryResource):
    class Meta:
        model = Category


class CloseReasonResource(EntryResource):
    class Meta:
        model = CloseReason


class TagResource(EntryResource):
    class Meta:
        model = Tag


class LeadTypeResource(CatalogueResource):
    """Lead types are found by the ids that partners send."""

    naming = "key"

    class Meta:
        model = LeadType

    def index(self, entries: Sequence[LeadType]) -> Mapping[str, LeadType]:
        return lead_types_by_name(entries)

    def spelling(self, text: str) -> str:
        return text.lower()

    def complete(self, entry: LeadType, before: LeadType) -> None:
        if before.pk:
            entry.key = before.key
        if "title" not in self.fields and not entry.title:
            entry.title = entry.public_title

    def check(self, entry: LeadType) -> None:
        empty = _("This is empty. Please enter it, or delete the row.")
        missing = [name for name in ("title", "public_title") if not getattr(entry, name)]
        if missing:
            raise ValidationError(dict.fromkeys(missing, empty))


RESOURCES: dict[type[Model], type[CatalogueResource]] = {
    Status: StatusResource,
    Source: SourceResource,
    Category: CategoryResource,
    CloseReason: CloseReasonResource,
    Tag: TagResource,
    LeadType: LeadTypeResource,
}
