"""What a column of a list may mean, sorted as people look for it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.admin.list_import_selects import Group
from leads.resources.columns import BY_NAME
from leads.resources.import_mapping import ASSIGNABLE, FURTHER, LEFT_OUT

_GROUPS: tuple[tuple[Promise, tuple[str, ...]], ...] = (
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


def field_choices(columns: Sequence[str]) -> list[Group]:
    """Every field once, under what it belongs to. What only an export of ours holds is offered
    where the list has such a column."""
    groups: list[Group] = [
        (
            "",
            [
                (FURTHER, _("– keep as a further value –")),
                (LEFT_OUT, _("– leave out –")),
            ],
        )
    ]
    groups += [(label, [_option(name) for name in names]) for label, names in _GROUPS]
    grouped = {name for _label, names in _GROUPS for name in names}
    others = [name for name in ASSIGNABLE if name not in grouped and name != "custom_values"]
    others += sorted({one for one in columns if one in BY_NAME} - set(ASSIGNABLE))
    groups.append((_("Others"), [_option(name) for name in [*others, "custom_values"]]))
    return groups


def _option(name: str) -> tuple[str, str]:
    return name, BY_NAME[name].header
