"""What the page of a bulk change shows of its rows, whatever they are: their names, what their
cells are called, and what these say now and said before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.admin.change_batch_values import sentence, values_of
from leads.models import (
    ChangeBatch,
    Customer,
    EntryChange,
    Lead,
    LeadType,
    ListKind,
    Location,
    User,
    Vehicle,
)
from leads.resources.catalogue_columns import CATALOGUE_COLUMNS
from leads.services.undo_catalogue import entries_of, plan_entries
from leads.services.undo_leads import labels
from leads.services.undo_plan import Verdict, plan
from leads.services.undo_records import RECORDS, RecordVerdict, plan_records

_LONG = 60  # characters of a name


@dataclass(frozen=True)
class Rows:
    """How rows of one kind are shown. `seen`: those that a user may see, also in the bin. `name`
    and `number` of one; `unseen` is what others are called."""

    plan: Callable[[ChangeBatch, User], Iterable[Verdict | RecordVerdict]]
    seen: Callable[[User], QuerySet[Any]]
    page: Callable[[Any], str]  # its address
    name: Callable[[Any], str]
    number: Callable[[Any], str]
    unseen: Promise
    labels: Callable[[Collection[str]], list[str]]
    values: Callable[[ChangeBatch, Mapping[int, Any], User], Mapping[int, Sequence[str]]]

    def named(self, row: Any) -> dict[str, str]:
        if row is None:
            return {"name": str(self.unseen), "number": "", "url": ""}
        is_here = getattr(row, "deleted_at", None) is None
        return {
            "name": Truncator(self.name(row) or _("Without a name")).chars(_LONG),
            "number": self.number(row),
            "url": self.page(row) if is_here else "",
        }


def _page(model: str) -> Callable[[Any], str]:
    return lambda row: reverse(f"admin:leads_{model}_change", args=[row.pk])


def _label(kind: str, cell: str) -> str:
    field: Any = RECORDS[kind].model._meta.get_field(cell)
    return str(field.verbose_name)


def _labels_of(kind: str) -> Callable[[Collection[str]], list[str]]:
    return lambda cells: [_label(kind, cell) for cell in cells]


def _values(
    batch: ChangeBatch, rows: Mapping[int, Any], _user: User
) -> Mapping[int, Sequence[str]]:
    """By id, a sentence for each cell that somebody has changed since."""
    verdicts = list(plan_records(batch, pks=list(rows)))
    places = [one.former.get("location_id") for one in verdicts]
    places += [getattr(row, "location_id", None) for row in rows.values()]
    known = Location.objects.filter(pk__in={pk for pk in places if pk is not None})
    names = dict(known.values_list("pk", "name"))
    return {
        one.pk: list(_sentences(one, rows[one.pk], names)) for one in verdicts if not one.is_new
    }


def _sentences(verdict: RecordVerdict, row: Any, names: Mapping[int, str]) -> Iterator[str]:
    for cell, _who in verdict.left:
        field = row._meta.get_field(cell)
        values = [getattr(row, cell), verdict.former[cell]]
        if cell == "location_id":
            values = [names.get(pk, "") if pk else "" for pk in values]
        yield sentence(field, *values)


_CELLS_OF_ENTRIES = {
    column.name: column.label for columns in CATALOGUE_COLUMNS.values() for column in columns
} | {"is_automatic": gettext_lazy("created automatically")}


def _values_of_entries(
    batch: ChangeBatch, changes: Mapping[int, EntryChange], user: User
) -> Mapping[int, Sequence[str]]:
    """As `_values`; lead types tell results of credit pre-checks, which not everybody may see."""
    entries = entries_of(changes.values())
    return {
        one.pk: [
            sentence(entry._meta.get_field(cell), getattr(entry, cell), one.former[cell])
            for cell, _who in one.left
        ]
        for one in plan_entries(batch, pks=list(changes))
        if (entry := entries.get(changes[one.pk].entry_id)) is not None
        and not one.is_new
        and not isinstance(entry, LeadType)
    }


def _page_of_entry(change: EntryChange) -> str:
    return reverse(f"admin:leads_{change.catalogue}_change", args=[change.entry_id])


SHOWN: Mapping[str, Rows] = {
    ListKind.LEADS: Rows(
        plan=lambda batch, user: plan(batch, by=user),
        seen=lambda user: Lead.objects.ever_of_user(user),
        page=_page("lead"),
        name=lambda lead: lead.full_name,
        number=lambda lead: lead.number,
        unseen=gettext_lazy("A lead that you cannot see"),
        labels=labels,
        values=lambda batch, leads, user: values_of(batch, leads, user=user),
    ),
    ListKind.CUSTOMERS: Rows(
        plan=lambda batch, _user: plan_records(batch),
        seen=lambda user: Customer.objects.ever_of_user(user),
        page=_page("customer"),
        name=lambda customer: customer.full_name or customer.email,
        number=lambda customer: customer.external_number,
        unseen=gettext_lazy("A customer that is not here any more"),
        labels=_labels_of(ListKind.CUSTOMERS),
        values=_values,
    ),
    ListKind.VEHICLES: Rows(
        plan=lambda batch, _user: plan_records(batch),
        seen=lambda user: Vehicle.objects.for_user(user),
        page=_page("vehicle"),
        name=lambda car: " ".join(filter(None, [car.make, car.model, car.variant])),
        number=lambda car: car.internal_number or car.vin,
        unseen=gettext_lazy("A vehicle that is not here any more"),
        labels=_labels_of(ListKind.VEHICLES),
        values=_values,
    ),
    ListKind.ENTRIES: Rows(
        plan=lambda batch, _user: plan_entries(batch),
        seen=lambda user: EntryChange.objects.for_user(user),
        page=_page_of_entry,
        name=lambda change: change.name,
        number=lambda _change: "",
        unseen=gettext_lazy("An entry that is not here any more"),
        labels=lambda cells: [str(_CELLS_OF_ENTRIES[cell]) for cell in cells],
        values=_values_of_entries,
    ),
}
