"""Which columns lists of each kind have."""

from __future__ import annotations

from collections.abc import Mapping

from leads.models.list_kind import ListKind
from leads.resources.column_table import ColumnTable
from leads.resources.columns import LEADS
from leads.resources.customer_columns import CUSTOMERS
from leads.resources.vehicle_columns import VEHICLES

TABLES: Mapping[str, ColumnTable] = {
    ListKind.LEADS: LEADS,
    ListKind.CUSTOMERS: CUSTOMERS,
    ListKind.VEHICLES: VEHICLES,
}
