"""Entries of a catalogue as rows of a list that goes out or comes in, by django-import-export.

A list is imported for one dealer, or by the operator for the entries that all dealers share.
Whatever in it belongs to somebody else is left alone and said so. Either every row is imported or
none; what a list does not mention stays, and nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.resources import ModelResource
from import_export.results import Result, RowResult

from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.keys import catalog_key, clean_text
from leads.resources.catalogue_columns import CATALOGUE_COLUMNS, entry_column, words_for_all
from leads.resources.catalogue_files import NumberedDataset
from leads.resources.cells import cell_text, header_key

Row = dict[str, Any]  # cells by the headers of our columns
Change = tuple[str, Any, Any]  # header, cell before and after


class EntryRowResult(RowResult):
    """What would become of a row, or has; `remark`: why it is left alone."""

    number: int = 0
    remark: str = ""
    changes: Sequence[Change] = ()


class EntriesResult(Result):
    """`left_out`: headers that mean nothing here. `headers`: attribute → header of our columns;
    `naming`: the header by which entries are found.
    `change_batch`: by which what was imported can be undone."""

    left_out: Sequence[str] = ()
    headers: Mapping[str, str] = MappingProxyType({})
    naming: str = ""
    change_batch: ChangeBatch | None = None


class CatalogueResource(ModelResource):
    """`dealer`: whose entries a list brings; None: those that all share. `hidden`: names of
    attributes that this user does not see, in lists neither."""

    class Meta:
        fields: ClassVar[Any] = ()
        skip_unchanged = True
        report_skipped = True
        skip_html_diff = True
        store_instance = True
        use_transactions = True

    def __init__(
        self, *, dealer: Dealer | None = None, hidden: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.dealer = dealer
        self.columns = [
            one for one in CATALOGUE_COLUMNS[self._meta.model] if one.name not in hidden
        ]
        self.fields: dict[str, Field] = {one.name: one.field() for one in self.columns}
        self._left_out: list[str] = []
        self._numbers: Sequence[int] = ()
        self._number = 0
        self._remark = ""
        self._seen: dict[int, int] = {}  # entry → row that named it
        self.entries: list[Any] = []
        self._known: Mapping[str, Any] = {}
        self.own: Mapping[str, Any] = {}

    @classmethod
    def get_display_name(cls) -> str:
        return str(cls._meta.model._meta.verbose_name_plural)

    @classmethod
    def get_result_class(cls) -> type[Result]:
        return EntriesResult

    @classmethod
    def get_row_result_class(cls) -> type[RowResult]:
        return EntryRowResult

    # What kind of catalogue it is

    naming: ClassVar[str]  # the attribute that every list must have

    def index(self, entries: Sequence[Any]) -> Mapping[str, Any]:
        """Spelling → entry, by the rules of services/catalogue.py."""
        raise NotImplementedError

    def spelling(self, text: str) -> str:
        raise NotImplementedError

    def complete(self, entry: Any, before: Any) -> None:
        """What follows from the cells; `before`: how it was."""

    def check(self, entry: Any) -> None:
        """Of rows that change something; raises ValidationError about more than single cells."""

    # The list

    def before_import(self, dataset: NumberedDataset, **kwargs: Any) -> None:
        dataset.headers = self._our_headers(dataset.headers or [])
        naming = self.fields[self.naming].column_name
        if naming not in dataset.headers:
            dataset.wipe()  # or every row would say it again
            text = _("The column “%(name)s” is missing, by which entries are found.")
            raise ValidationError(text % {"name": naming})
        self._numbers = dataset.numbers
        if self.dealer is not None and not kwargs.get("dry_run"):
            # Nobody brings leads with new entries meanwhile.
            Dealer.objects.select_for_update(no_key=True).get(pk=self.dealer.pk)
        self.entries = list(self._visible())
        own = [one for one in self.entries if one.dealer_id == self.dealer_id]
        others = [one for one in self.entries if one.dealer_id != self.dealer_id]
        self._known, self.own = self.index([*own, *others]), self.index(own)

    def _our_headers(self, headers: Sequence[str]) -> list[str]:
        ours = {column.name: self.fields[column.name].column_name for column in self.columns}
        found, left_out = [], _("left out")
        for header in headers:
            column = entry_column(self._meta.model, header)
            name = ours.pop(column.name, None) if column else None
            if name is None:
                self._left_out.append(header)
            # Ours may stand in another column of the list, under another name.
            found.append(name or f"{header} ({left_out})")
        return found

    @property
    def dealer_id(self) -> int | None:
        return self.dealer.pk if self.dealer is not None else None

    def _visible(self) -> Any:
        rows = self._meta.model._default_manager.select_related("dealer").order_by("pk")
        return rows.filter(Q(dealer=self.dealer) | Q(dealer=None))

    # One row

    def before_import_row(self, row: Row, **kwargs: Any) -> None:
        self._number = self._numbers[kwargs["row_number"] - 1]
        self._remark = self._said_owner(row)

    def _said_owner(self, row: Row) -> str:
        """Why a row is left alone that says itself whose entry it is; "" if it is ours."""
        said = self.text(row, "dealer")
        if not said or self._names_target(said):
            return ""
        if header_key(said) in words_for_all():
            return _("Valid for all dealers and stays as it is.")
        return _("Belongs to another dealer and stays as it is.")

    def _names_target(self, said: str) -> bool:
        if self.dealer is None:
            return header_key(said) in words_for_all()
        return catalog_key(said) == catalog_key(self.dealer.name)

    def text(self, row: Row, name: str) -> str:
        field = self.fields.get(name)
        return clean_text(cell_text(row.get(field.column_name))) if field else ""

    def get_instance(self, instance_loader: Any, row: Row) -> Any:
        if self._remark:
            return None
        entry = self.find(row)
        if entry is None:
            return None
        if entry.dealer_id != self.dealer_id:
            self._remark = _("Valid for all dealers and stays as it is.")
            return entry
        first = self._seen.setdefault(entry.pk, self._number)
        if first != self._number:
            text = _("Row %(row)d names the same entry already. Please keep one of them.")
            raise ValidationError(text % {"row": first})
        return entry

    def find(self, row: Row) -> Any:
        """By its name. A row that says that the entry is our own does not mean a shared one."""
        known = self.own if self.text(row, "dealer") else self._known
        return known.get(self.spelling(self.text(row, self.naming)))

    def init_instance(self, row: Row | None = None) -> Any:
        return self._meta.model(dealer=self.dealer)

    def import_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        if self._remark:
            return
        if not self.text(row, self.naming):
            text = _("This is empty. Please enter it, or delete the row.")
            raise ValidationError({self.naming: text})
        super().import_instance(instance, row, **kwargs)

    def skip_row(
        self, instance: Any, original: Any, row: Row, import_validation_errors: Any = None
    ) -> bool:
        if self._remark:
            return True
        if import_validation_errors:
            return False
        self.complete(instance, original)
        return super().skip_row(instance, original, row, import_validation_errors)

    def validate_instance(self, instance: Any, *args: Any, **kwargs: Any) -> None:
        super().validate_instance(instance, *args, **kwargs)
        self.check(instance)

    def after_save_instance(self, instance: Any, row: Row, **kwargs: Any) -> None:
        if instance.pk not in self._seen:
            self._seen[instance.pk] = self._number
            self.entries.append(instance)
        new = self.index([instance])
        self.own, self._known = {**new, **self.own}, {**new, **self._known}

    def import_row(self, row: Row, instance_loader: Any, **kwargs: Any) -> Any:
        result: Any = super().import_row(row, instance_loader, **kwargs)
        result.number, result.remark, result.row_values = self._number, self._remark, row
        if result.instance is not None and not self._remark:
            result.changes = self._changes(result.original, result.instance)
        return result

    def _changes(self, before: Any, after: Any) -> list[Change]:
        changes = []
        for field in self.get_import_fields():
            old, new = field.export(before) if before else None, field.export(after)
            if old != new and not field.readonly:
                changes.append((field.column_name, old, new))
        return changes

    def after_import(self, dataset: NumberedDataset, result: EntriesResult, **kwargs: Any) -> None:
        """Without what the package does here: it sets the sequence of the table anew, which only
        lists with primary keys need, and which lets two that write at the same time collide."""
        result.left_out = self._left_out
        result.headers = {name: field.column_name for name, field in self.fields.items()}
        result.naming = result.headers[self.naming]
