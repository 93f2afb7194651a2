"""What leaves the house as a list: leads, customers, vehicles. All else is the same for them.

Their rows say which state of a record they show (column "revision"), so that a list that comes
back is compared with what it said. Leads and customers count their versions. Vehicles do not: for
them stands the number of the newest row of their history, which each change writes together with
the change, so that it names a state as exactly and nothing else need be counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Field, IntegerField, Model, OuterRef, Q, QuerySet, Subquery
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from leads.models.customer import Customer
from leads.models.lead import Lead
from leads.models.list_kind import ListKind
from leads.models.vehicle import Vehicle
from leads.resources.column_table import Column, ColumnTable
from leads.resources.columns import LEADS
from leads.resources.customer_columns import CUSTOMERS
from leads.resources.vehicle_columns import VEHICLES


@dataclass(frozen=True)
class ExportKind:
    """`table`: of the columns; exported are those that have a place in the `model`. `right`: to
    export. `present`: which rows are neither in the bin nor part of another. `needed`: columns of
    the model that no list can empty. `counted` says how many, `nothing` that none fits."""

    kind: ListKind
    model: Any
    table: ColumnTable
    right: str
    needed: frozenset[str]
    title: str | Promise
    nothing: str | Promise
    counted: Callable[[int], str]
    present: Q = Q()  # noqa: RUF009 - never changed

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(one for one in self.table.columns if one.path or one.name == "tags")

    @cached_property
    def number(self) -> str:
        """The column of the model by which rows name it."""
        return self.table.by_name["number"].path

    @cached_property
    def pointers(self) -> Mapping[str, str]:
        """By the name of a column that shows another row: the model's column that points there."""
        return {
            column.name: f"{column.path.partition('__')[0]}_id"
            for column in self.columns
            if "__" in column.path
        }

    def field_of(self, column: Column) -> Field[Any, Any] | None:
        """The column of the database that a column of the list shows; None for the tags."""
        model, field = self.model, None
        for name in column.path.split("__") if column.path else ():
            try:
                field = model._meta.get_field(name)
            except FieldDoesNotExist:
                return IntegerField()  # the version, of those that do not count it themselves
            model = field.related_model
        return field


def with_version(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Records, or rows of their history, that have a "version"."""
    if any(field.name == "version" for field in rows.model._meta.concrete_fields):
        return rows
    if not hasattr(rows.model, "history"):
        return rows.annotate(version=F("history_id"))
    past = rows.model.history.model._default_manager.filter(id=OuterRef("pk"))
    return rows.annotate(version=Subquery(past.order_by("-history_id").values("history_id")[:1]))


def _leads(count: int) -> str:
    return ngettext("%(n)s lead", "%(n)s leads", count) % {"n": number_format(count)}


def _customers(count: int) -> str:
    return ngettext("%(n)s customer", "%(n)s customers", count) % {"n": number_format(count)}


def _vehicles(count: int) -> str:
    return ngettext("%(n)s vehicle", "%(n)s vehicles", count) % {"n": number_format(count)}


EXPORT_KINDS: Mapping[str, ExportKind] = {
    one.kind: one
    for one in (
        ExportKind(
            kind=ListKind.LEADS,
            model=Lead,
            table=LEADS,
            right="leads.export_lead",
            needed=frozenset({"status", "source", "country", "urgency"}),
            title=_("Leads"),
            nothing=_("No lead fits these filters."),
            counted=_leads,
            present=Q(deleted_at=None),
        ),
        ExportKind(
            kind=ListKind.CUSTOMERS,
            model=Customer,
            table=CUSTOMERS,
            right="leads.export_customer",
            needed=frozenset({"country"}),
            title=_("Customers"),
            nothing=_("No customer fits these filters."),
            counted=_customers,
            present=Q(deleted_at=None),
        ),
        ExportKind(
            kind=ListKind.VEHICLES,
            model=Vehicle,
            table=VEHICLES,
            right="leads.export_vehicle",
            needed=frozenset({"state"}),
            title=_("Vehicles"),
            nothing=_("No vehicle fits these filters."),
            counted=_vehicles,
        ),
    )
}


def export_kind_of(model: type[Model]) -> ExportKind:
    """Of records, or of rows of their history."""
    return next(
        one for one in EXPORT_KINDS.values() if model in (one.model, one.model.history.model)
    )
