"""The kinds of lists: who may import them, and what becomes of their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db.models import Model

from leads.models.customer import Customer
from leads.models.dealer import DealerOwned
from leads.models.enquiry import Enquiry
from leads.models.event import Event
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.list_import import ListImport, ListRow
from leads.models.list_kind import ListKind
from leads.models.match_suggestion import MatchSuggestion
from leads.models.vehicle import Vehicle
from leads.resources.customer_list import CUSTOMER_LIST
from leads.resources.lead_checking import check_leads
from leads.resources.lead_importing import import_leads
from leads.resources.vehicle_list import VEHICLE_LIST


class Step(Protocol):
    """Goes through rows of a list and notes on them what it finds or does; stores no rows. The
    same number of queries for any number of rows."""

    def __call__(
        self, list_import: ListImport, rows: Sequence[ListRow], /, *, now: datetime
    ) -> None: ...


@dataclass(frozen=True)
class Kind:
    """`check` notes what would become of rows, `take` makes it so and notes what became of them.
    `model`: of what they become, which rows name by its column `named_by`. `right`: to import such
    lists. `grows`: the tables that an import fills."""

    model: type[Model]
    named_by: str
    right: str
    check: Step
    take: Step
    grows: tuple[type[DealerOwned], ...]


KINDS: Mapping[str, Kind] = {
    ListKind.LEADS: Kind(
        model=Lead,
        named_by="number",
        right="leads.import_lead",
        check=check_leads,
        take=import_leads,
        grows=(Lead, Customer, Enquiry, Event, IntakeEntry, MatchSuggestion),
    ),
    ListKind.CUSTOMERS: Kind(
        model=Customer,
        named_by="pk",
        right="leads.import_customer",
        check=CUSTOMER_LIST.check,
        take=CUSTOMER_LIST.import_rows,
        grows=(Customer, Event, MatchSuggestion),
    ),
    ListKind.VEHICLES: Kind(
        model=Vehicle,
        named_by="pk",
        right="leads.import_vehicle",
        check=VEHICLE_LIST.check,
        take=VEHICLE_LIST.import_rows,
        grows=(Vehicle,),
    ),
}


def kind_of(list_import: ListImport) -> Kind:
    return KINDS[list_import.kind]
