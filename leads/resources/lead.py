"""Leads in and out of spreadsheets, as a resource of django-import-export.

The library's pages, permissions and formats are used; its way of saving row by row is not: a
list takes the one way in like every other channel, all its rows together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.resources import ModelResource
from import_export.results import Result, RowResult

from leads.models.catalog import Category, CloseReason, Source, Status, Tag
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.intake import Channel, IntakeEntry, Outcome
from leads.models.keys import catalog_key
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.warning import warning_text
from leads.resources.column_contents import SAMPLE_ROWS, Proposal, propose_columns
from leads.resources.columns import column_for
from leads.resources.export import exported_rows, headers
from leads.resources.list_remarks import remark_on_conflict, remark_on_versions, remarks_on
from leads.resources.parsing import RowParser
from leads.resources.rows import SENDER, Problem, Row, rows_of
from leads.resources.sheet import Sheet
from leads.services.change_batches import close_batch, open_batch
from leads.services.drafts import Receipt
from leads.services.intake import book, process

_IMPORT_TYPES: dict[str, str] = {
    Outcome.CREATED: RowResult.IMPORT_TYPE_NEW,
    Outcome.UPDATED: RowResult.IMPORT_TYPE_UPDATE,
    Outcome.REPEATED: RowResult.IMPORT_TYPE_SKIP,
}
# What a list may create in passing; people should see it before they confirm.
_CATALOGUES = (Status, Source, Category, CloseReason, Tag)
_FOREIGN = gettext_lazy("This row belongs to another dealer and is not taken over.")
_UNKNOWN_LIST = gettext_lazy(
    "No column of this list is known. One of its rows must hold the headers, for example "
    "“Nachname”, “E-Mail”, “Telefon” or “Betreff”."
)


class LeadRow(RowResult):
    """What became of one row, for the preview and the result."""

    number: int
    title = ""
    changes: Sequence[tuple[str, str, str]] = ()  # (field, before, after)
    problems: Sequence[Problem] = ()
    remarks: Sequence[str] = ()  # oddities and reasons, as sentences


class ListResult(Result):
    """What became of a list. Bad rows do not stop it: they wait in the ledger."""

    remarks: Sequence[str] = ()  # about the file, as sentences
    new_entries: Sequence[tuple[str, list[str]]] = ()  # (catalogue, names) created in passing
    further_columns: Sequence[Proposal] = ()  # kept as further values, and what they look like

    change_batch: ChangeBatch | None = None  # by which it can be undone

    @property
    def further_headers(self) -> list[str]:
        return [one.header for one in self.further_columns]

    def of(self, import_type: str) -> list[LeadRow]:
        return [row for row in self.rows if row.import_type == import_type]

    @property
    def bad(self) -> list[LeadRow]:
        return self.of(RowResult.IMPORT_TYPE_INVALID)

    @property
    def changed(self) -> list[LeadRow]:
        return self.of(RowResult.IMPORT_TYPE_UPDATE)

    @property
    def new(self) -> list[LeadRow]:
        return self.of(RowResult.IMPORT_TYPE_NEW)

    @property
    def unchanged(self) -> list[LeadRow]:
        return self.of(RowResult.IMPORT_TYPE_SKIP)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new),
            "changed": len(self.changed),
            "unchanged": len(self.unchanged),
            "bad": len(self.bad),
        }


class LeadResource(ModelResource):
    """`dealer`: whose list it is, for imports. `user`: who does it; scopes what numbers find."""

    class Meta:
        model = Lead
        fields = ()
        name = gettext_lazy("leads")

    def __init__(self, *, dealer: Dealer | None = None, user: User | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.dealer = dealer
        self.user = user
        self.change_batch: ChangeBatch | None = None  # by which the list can be undone
        self.lacks_versions = False  # see RowParser

    @classmethod
    def get_result_class(cls) -> type[ListResult]:
        return ListResult

    # --- in

    def import_data_inner(
        self,
        dataset: tablib.Dataset,
        dry_run: bool,
        raise_errors: bool,
        using_transactions: bool,
        collect_failed_rows: bool,
        **kwargs: Any,
    ) -> ListResult:
        """All rows together. A dry run is the real thing: the library rolls it back."""
        dealer = self.dealer
        if dealer is None:
            raise ValueError("a list belongs to a dealer")
        result = ListResult()
        result.total_rows = len(dataset)
        columns = [column_for(header) for header in dataset.headers]
        if not any(column and not column.shown for column in columns):
            self.handle_import_error(result, ValidationError(_UNKNOWN_LIST), raise_errors)
            return result
        info = getattr(dataset, "info", None)
        result.remarks = remarks_on(info) if info else ()
        proposals = propose_columns(dataset.headers, dataset[:SAMPLE_ROWS])
        result.further_columns = [
            proposal for proposal, column in zip(proposals, columns, strict=True) if column is None
        ]
        known_entries = _entries_of(dealer)
        for row in self._import_rows(dealer, dataset, now=timezone.now()):
            result.append_row_result(row)
            result.increment_row_result_total(row)
        if self.lacks_versions:
            result.remarks = [*result.remarks, remark_on_versions()]
        result.change_batch = self.change_batch
        result.new_entries = _new_entries(known_entries, _entries_of(dealer))
        return result

    def _import_rows(
        self, dealer: Dealer, dataset: tablib.Dataset, *, now: datetime
    ) -> list[LeadRow]:
        rows, digest = _rows(dataset), _digest(dataset)
        ours = [row for row in rows if _belongs_to(dealer, row)]
        messages = [row.as_message(digest) for row in ours]
        entries = book(dealer, channel=Channel.EXCEL, sender=SENDER, messages=messages, now=now)
        # The very same row was decided about before: its entry counted the repeat, that is all.
        pending = [entry for entry in entries if entry.lead_id is None]
        raw = {entry.pk: Row.from_raw(entry.raw) for entry in pending}
        parse = RowParser(dealer, raw, now=now, user=self.user, entries=raw.keys())
        batch = open_batch(dealer.pk, ChangeBatch.Kind.IMPORT, by=self.user, now=now)
        receipts = process(
            dealer,
            pending,
            lambda entry: parse(entry.pk),
            now=now,
            actor=self.user,
            change_batch=batch,
        )
        if close_batch(batch):
            self.change_batch = batch
        self.lacks_versions = parse.lacks_versions
        outcome = dict(zip((entry.pk for entry in pending), receipts, strict=True))
        settled = _leads_of(dealer, [one for one in entries if one.pk not in outcome])
        results = {row.number: _bad(row, [Problem("", "", str(_FOREIGN))]) for row in rows}
        for row, entry in zip(ours, entries, strict=True):
            if entry.pk in outcome:
                results[row.number] = _row_result(row, entry, outcome[entry.pk], parse)
            else:
                results[row.number] = _settled(row, settled[entry.pk])
        return list(results.values())

    # --- out

    def get_queryset(self) -> QuerySet[Lead]:
        return Lead.objects.for_user(self.user) if self.user else Lead.objects.none()

    def export(self, queryset: QuerySet[Lead] | None = None, **kwargs: Any) -> tablib.Dataset:
        """The leads as a table, in the order of the queryset."""
        dataset = tablib.Dataset(headers=headers())
        for cells in exported_rows(self.get_queryset() if queryset is None else queryset):
            dataset.append(cells)
        return dataset


def _rows(dataset: tablib.Dataset) -> list[Row]:
    numbers = getattr(dataset, "row_numbers", None) or range(2, len(dataset) + 2)
    return list(rows_of(dataset.headers, dataset, numbers))


def _digest(dataset: tablib.Dataset) -> str:
    return dataset.digest if isinstance(dataset, Sheet) else Sheet.digest_of(dataset)


def _belongs_to(dealer: Dealer, row: Row) -> bool:
    """A row exported for another dealer says so; its number means another lead here."""
    return not row.lead_number or all(
        catalog_key(str(cell)) == catalog_key(dealer.name)
        for header, cell in row.cells.items()
        if (column := column_for(header)) and column.name == "dealer"
    )


def _leads_of(dealer: Dealer, entries: Iterable[IntakeEntry]) -> dict[int, Lead]:
    """By entry, the lead that was made of it."""
    made = {entry.pk: entry.lead_id for entry in entries if entry.lead_id}
    leads = Lead.objects.ever_of_dealer(dealer).filter(pk__in=set(made.values()))
    by_pk = {lead.pk: lead for lead in leads}  # in_bulk would ask SQLite several times
    return {entry: by_pk[lead] for entry, lead in made.items()}


def _settled(row: Row, lead: Lead) -> LeadRow:
    result = _good(row, RowResult.IMPORT_TYPE_SKIP, lead)
    result.remarks = [_("Received before, nothing new in it.")]
    return result


def _good(row: Row, import_type: str, lead: Lead) -> LeadRow:
    result = LeadRow()
    result.number = row.number
    result.import_type = import_type
    result.instance = lead
    result.add_instance_info(lead)
    result.title = lead.full_name or lead.subject
    return result


def _bad(row: Row, problems: Sequence[Problem]) -> LeadRow:
    result = LeadRow()
    result.number = row.number
    result.import_type = RowResult.IMPORT_TYPE_INVALID
    result.problems = problems
    return result


def _row_result(row: Row, entry: IntakeEntry, receipt: Receipt | None, parse: RowParser) -> LeadRow:
    if receipt is None:
        return _bad(row, parse.problems.get(entry.pk) or [Problem("", "", entry.reason)])
    import_type = _IMPORT_TYPES.get(receipt.outcome, RowResult.IMPORT_TYPE_SKIP)
    result = _good(row, import_type, receipt.lead)
    result.changes = receipt.changes
    result.remarks = _remarks(entry, receipt, parse)
    return result


def _remarks(entry: IntakeEntry, receipt: Receipt, parse: RowParser) -> list[str]:
    """How the customer was found or why nothing changes, and what is odd about the row."""
    remarks = list(receipt.reasons) if receipt.outcome != Outcome.UPDATED else []
    if columns := parse.untouched.get(entry.pk):
        text = _("Cannot be changed by a list: %(columns)s.")
        remarks.append(text % {"columns": ", ".join(columns)})
    remarks += map(remark_on_conflict, parse.conflicts.get(entry.pk, ()))
    if receipt.is_new:  # with what only the office could see
        return remarks + [warning_text(warning) for warning in receipt.lead.warnings]
    said = parse.warnings.get(entry.pk, ())
    return remarks + [warning_text(warning.as_json()) for warning in said]


def _entries_of(dealer: Dealer) -> dict[type, dict[int, str]]:
    return {
        model: dict(model._default_manager.filter(dealer=dealer).values_list("pk", "name"))
        for model in _CATALOGUES
    }


def _new_entries(
    before: dict[type, dict[int, str]], after: dict[type, dict[int, str]]
) -> list[tuple[str, list[str]]]:
    found = []
    for model in _CATALOGUES:
        names = [name for pk, name in after[model].items() if pk not in before[model]]
        if names:
            found.append((str(model._meta.verbose_name_plural), sorted(names)))
    return found
