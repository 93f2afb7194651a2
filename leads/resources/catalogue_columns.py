"""The columns of lists of catalogue entries: one table for what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override
from import_export.fields import Field
from import_export.widgets import Widget

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Stage, Status, Tag
from leads.models.lead_type import LeadType
from leads.models.wishes import CustomerKind, FinanceKind, Precheck, Urgency
from leads.resources.catalogue_cells import (
    ChoiceCell,
    IdCell,
    OwnerCell,
    SpellingsCell,
    TextCell,
    WholeCell,
    YesNoCell,
)
from leads.resources.cells import header_key

_MOST_SMALL, _MOST = 32_767, 2_147_483_647  # as much as the database's columns hold


@dataclass(frozen=True)
class EntryColumn:
    """`name`: the attribute of the entry. Column `dealer` says whose it is and changes nothing."""

    name: str
    label: str | Promise
    cell: Widget
    synonyms: tuple[str, ...] = ()
    is_nullable: bool = False

    @property
    def header(self) -> str:
        return capfirst(str(self.label))

    def field(self) -> Field:
        return Field(
            attribute=self.name,
            column_name=self.header,
            widget=self.cell,
            readonly=self.name == "dealer",
            saves_null_values=self.is_nullable,
        )


def _of(model: type[Model], name: str, cell: Widget | None = None, *synonyms: str) -> EntryColumn:
    """With the label of the model; a text as long as the model's if nothing else is said."""
    field: Any = model._meta.get_field(name)
    return EntryColumn(
        name,
        field.verbose_name,
        cell or TextCell(field.max_length, needed=not field.blank),
        synonyms,
        field.null,
    )


_OWNER = EntryColumn("dealer", _("valid for"), OwnerCell(), ("Händler", "Dealer", "Gilt für"))
_NAME = ("Name", "Bezeichnung")
_SPELLINGS = ("Weitere Schreibweisen", "Schreibweisen", "Synonyme", "Aliase", "Aliases")


def _entry(
    model: type[CatalogEntry], *own: EntryColumn, is_sorted: bool = True
) -> tuple[EntryColumn, ...]:
    position = _of(model, "position", WholeCell(_MOST_SMALL), "Position", "Reihenfolge", "Order")
    key = _of(model, "key", IdCell(80), "Schlüssel", "Kürzel")
    return (
        _of(model, "name", None, *_NAME),
        *own,
        _of(model, "aliases", SpellingsCell(), *_SPELLINGS),
        *([position] if is_sorted else []),
        _of(model, "is_active", YesNoCell(), "Aktiv"),
        *([key] if is_sorted else []),
        _OWNER,
    )


def _type(name: str, cell: Widget | None = None, *synonyms: str) -> EntryColumn:
    return _of(LeadType, name, cell, *synonyms)


CATALOGUE_COLUMNS: dict[type[Model], tuple[EntryColumn, ...]] = {
    Status: _entry(Status, _of(Status, "stage", ChoiceCell(Stage, needed=True), "Phase", "Stufe")),
    Source: _entry(Source),
    Category: _entry(Category),
    CloseReason: _entry(
        CloseReason,
        _of(CloseReason, "outcome", ChoiceCell(CloseReason.Outcome, needed=True), "Ausgang"),
    ),
    Tag: _entry(Tag, is_sorted=False),
    LeadType: (
        _type("key", IdCell(20, is_folded=True), "ID", "Leadart-ID"),
        _type("title", None, "Titel"),
        _type("public_title", None, "Name"),
        _type("description", None, "Beschreibung"),
        _type("aliases", SpellingsCell(), *_SPELLINGS),
        _type("suggested_urgency", ChoiceCell(Urgency, needed=True), "Dringlichkeit"),
        _type("first_response_minutes", WholeCell(_MOST)),
        _type("is_active", YesNoCell(), "Aktiv"),
        _type("test_drive_wished", YesNoCell()),
        _type("callback_wished", YesNoCell()),
        _type("reservation_hint", YesNoCell()),
        _type("contract_expiring", YesNoCell()),
        _type("precheck", ChoiceCell(Precheck, needed=False)),
        _type("finance_kind", ChoiceCell(FinanceKind, needed=False)),
        _type("finance_interest", YesNoCell()),
        _type("customer_kind", ChoiceCell(CustomerKind, needed=False)),
        _type("vehicle_kind"),
        _type("sender"),
        _type("family"),
        _type("channel"),
        _type("origin"),
        _type("note"),
        _OWNER,
    ),
}


def cells_of(model: type[Model]) -> list[str]:
    """The attributes of entries that an import of a list may change."""
    cells = [column.name for column in CATALOGUE_COLUMNS[model] if column.name != "dealer"]
    return [*cells, "is_automatic"] if issubclass(model, CatalogEntry) else cells


@cache
def _by_header(model: type[Model]) -> dict[str, EntryColumn]:
    """Our own labels in every language come first, then what others say."""
    found: dict[str, EntryColumn] = {}
    columns: Sequence[EntryColumn] = CATALOGUE_COLUMNS[model]
    for language, _name in settings.LANGUAGES:
        with override(language):
            for column in columns:
                found.setdefault(header_key(column.header), column)
    for column in columns:
        for synonym in column.synonyms:
            found.setdefault(header_key(synonym), column)
    return found


def entry_column(model: type[Model], header: str) -> EntryColumn | None:
    """The column that a header names in a list of this catalogue."""
    return _by_header(model).get(header_key(header))


@cache
def words_for_all() -> frozenset[str]:
    """What a list says in the column of the dealer about an entry that all dealers share."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(header_key(str(_("all dealers"))))
    return frozenset(found)
