"""What a column of a list may mean, sorted as people look for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.admin.list_import_selects import Group
from leads.models import ListKind
from leads.resources.column_table import ColumnTable
from leads.resources.column_tables import TABLES
from leads.resources.import_mapping import FURTHER, LEFT_OUT

_Groups = tuple[tuple[Promise, tuple[str, ...]], ...]
_OF_LEADS: _Groups = (
    (
        gettext_lazy("Contact"),
        (
            *("salutation", "title", "name", "first_name", "last_name", "company", "email"),
            *("phone", "mobile", "street", "house_number", "postal_code", "city", "place"),
            *("country", "preferred_channel", "preferred_time"),
        ),
    ),
    (
        gettext_lazy("Enquiry"),
        (
            *("number", "external_id", "received_at", "enquired_at", "time_of_day", "subject"),
            *("message", "note", "source", "category", "lead_type", "campaign", "tags"),
        ),
    ),
    (
        gettext_lazy("Work"),
        (
            *("status", "close_reason", "owner", "location", "follow_up_at", "urgency"),
            *("expected_value", "probability", "expected_close_on"),
        ),
    ),
    (
        gettext_lazy("Vehicle"),
        (
            *("vehicle_name", "make", "variant", "vehicle_price", "internal_number", "vin"),
            "offer_number",
        ),
    ),
    (
        gettext_lazy("Wishes"),
        (
            *("test_drive_wished", "test_drive_on", "test_drive_time", "callback_wished"),
            *("callback_from", "callback_to", "trade_in_wished", "budget_from", "budget_to"),
            "desired_start_on",
        ),
    ),
    (
        gettext_lazy("Financing and contract"),
        (
            *("finance_kind", "finance_interest", "down_payment", "term_months"),
            *("annual_mileage_km", "final_payment", "monthly_rate", "effective_rate"),
            *("contract_number", "contract_ends_on"),
        ),
    ),
)


_OF_CUSTOMERS: _Groups = (
    (
        gettext_lazy("Person or company"),
        ("salutation", "title", "name", "first_name", "last_name", "company"),
    ),
    (gettext_lazy("Contact"), ("email", "phone", "mobile")),
    (
        gettext_lazy("Address"),
        ("street", "house_number", "postal_code", "city", "place", "country"),
    ),
)
_OF_VEHICLES: _Groups = (
    (
        gettext_lazy("Vehicle"),
        (
            *("internal_number", "vin", "make", "model", "variant", "vehicle_name", "condition"),
            *("first_registration", "mileage_km", "power_kw", "power_hp", "fuel"),
        ),
    ),
    (gettext_lazy("Sale"), ("price", "state", "location", "url")),
)
_GROUPS: Mapping[str, _Groups] = {
    ListKind.LEADS: _OF_LEADS,
    ListKind.CUSTOMERS: _OF_CUSTOMERS,
    ListKind.VEHICLES: _OF_VEHICLES,
}


def field_choices(kind: str, columns: Sequence[str]) -> list[Group]:
    """Every field once, under what it belongs to. What only an export of ours holds is offered
    where the list has such a column."""
    table, named = TABLES[kind], _GROUPS[kind]
    no_field = [(LEFT_OUT, _("– leave out –"))]
    if table.keeps_further:
        no_field.insert(0, (FURTHER, _("– keep as a further value –")))
    groups: list[Group] = [("", no_field)]
    groups += [(label, [_option(table, name) for name in names]) for label, names in named]
    grouped = {name for _label, names in named for name in names}
    others = [name for name in table.assignable if name not in grouped]
    others += sorted({one for one in columns if one in table.by_name} - set(table.assignable))
    others.sort(key=lambda name: name == "custom_values")
    if others:
        groups.append((_("Others"), [_option(table, name) for name in others]))
    return groups


def _option(table: ColumnTable, name: str) -> tuple[str, str]:
    return name, table.by_name[name].header
