"""Two customers or leads side by side: what each says, in words, and which is preselected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Field
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.admin.display import moment, money
from leads.admin.wall import sees_creditworthiness
from leads.models import Customer, Lead, User
from leads.models.keys import display_phone
from leads.services.merge_fields import (
    OF_CUSTOMER,
    OF_LEAD,
    Choice,
    Side,
    default_side,
    is_empty,
)

Row = Customer | Lead

# Only for those who may see results of credit pre-checks.
_SENSITIVE = {"precheck"}
_LABELS: Mapping[str, Promise] = {
    "street": gettext_lazy("address"),
    "vehicle": gettext_lazy("vehicle"),
    "budget_from": gettext_lazy("budget"),
    "finance_kind": gettext_lazy("payment and financing"),
    "contract_number": gettext_lazy("contract"),
    "test_drive_wished": gettext_lazy("test drive"),
    "callback_wished": gettext_lazy("callback"),
    "trade_in_wished": gettext_lazy("trade-in"),
}


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One choice: what both rows say, and the side that is taken unless somebody chooses."""

    name: str
    label: str
    kept: str
    merged: str
    side: Side

    @property
    def is_same(self) -> bool:
        return self.kept == self.merged

    @property
    def contradicts(self) -> bool:
        """Both say something, and not the same: a person should look."""
        return bool(self.kept and self.merged) and not self.is_same


def compare(kept: Any, merged: Any, *, user: User, now: datetime) -> list[ComparedRow]:
    """The rows of the page, without those that are empty on both sides and those that the user
    may not see. Both are customers or both leads."""
    compared = (
        ComparedRow(
            name=choice.name,
            label=capfirst(str(_label(kept, choice))),
            kept=_text(kept, choice, user=user, now=now),
            merged=_text(merged, choice, user=user, now=now),
            side=default_side(choice, kept, merged),
        )
        for choice in shown_choices(kept, user)
    )
    return [row for row in compared if row.kept or row.merged]


def shown_choices(row: Row, user: User) -> list[Choice]:
    if isinstance(row, Customer):
        return list(OF_CUSTOMER)
    sees = sees_creditworthiness(user, row)
    return [one for one in OF_LEAD if sees or one.name not in _SENSITIVE]


def _label(row: Row, choice: Choice) -> Any:
    return _LABELS.get(choice.name) or _field(row, choice.name).verbose_name


def _field(row: Row, name: str) -> Field[Any, Any]:
    return row._meta.get_field(name)  # type: ignore[return-value]


def _text(row: Row, choice: Choice, *, user: User, now: datetime) -> str:
    if isinstance(row, Lead) and choice.name == "lead_type":
        return _lead_type(row, user)
    if choice.name in _TEXTS:
        return _TEXTS[choice.name](row)
    if len(choice.columns) == 1:
        return _value(row, choice.name, now=now)
    said = []
    for column in choice.columns:
        if value := _value(row, column, now=now):
            field = _field(row, column)
            is_switch = isinstance(getattr(row, column), bool)
            label = capfirst(str(field.verbose_name))
            said.append(label if is_switch else f"{label}: {value}")
    return " · ".join(said)


def _value(row: Row, column: str, *, now: datetime) -> str:
    value = getattr(row, column)
    if is_empty(value):
        return ""
    field = _field(row, column)
    if field.choices:
        return capfirst(str(getattr(row, f"get_{column}_display")()))
    if isinstance(value, bool):
        return _("Yes")
    if isinstance(value, datetime):
        return moment(value, now=now)
    if isinstance(value, date):
        return date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, Decimal):
        percent = column == "effective_rate"
        return f"{number_format(value, 2)} %" if percent else money(value)
    if column in ("phone", "mobile"):
        return display_phone(value)
    if column == "probability":
        return f"{value} %"
    return str(value)


# --- choices of several columns that read better as one ------------------------------------------


def _address(row: Any) -> str:
    country = "" if row.country in ("", "DE") or not row.address else f" ({row.country})"
    return f"{row.address}{country}"


def _status(lead: Any) -> str:
    return f"{lead.status} ({lead.close_reason})" if lead.close_reason else str(lead.status)


def _lead_type(lead: Lead, user: User) -> str:
    if lead.lead_type is None:
        return lead.lead_type_raw
    sees = sees_creditworthiness(user, lead)
    return str(lead.lead_type.title_for(sees_creditworthiness=sees))


def _source(lead: Any) -> str:
    return " · ".join(filter(None, [str(lead.source), lead.campaign]))


def _vehicle(lead: Any) -> str:
    name = lead.vehicle_name or (str(lead.vehicle) if lead.vehicle else "")
    return " · ".join(filter(None, [name, money(lead.vehicle_price), lead.offer_number]))


def _wish(*parts: str) -> str:
    return ", ".join(filter(None, parts))


def _test_drive(lead: Any) -> str:
    if not lead.test_drive_wished:
        return ""
    day = date_format(lead.test_drive_on, "SHORT_DATE_FORMAT") if lead.test_drive_on else ""
    return _wish(_("Wished"), day, lead.test_drive_time)


def _callback(lead: Any) -> str:
    if not lead.callback_wished:
        return ""
    times = [timezone.localtime(at) for at in (lead.callback_from, lead.callback_to) if at]
    return _wish(_("Wished"), "–".join(date_format(at, "SHORT_DATETIME_FORMAT") for at in times))


def _preferred(lead: Any) -> str:
    channel = capfirst(str(lead.get_preferred_channel_display())) if lead.preferred_channel else ""
    return _wish(channel, lead.preferred_time)


def _budget(lead: Any) -> str:
    return "–".join(filter(None, [money(lead.budget_from), money(lead.budget_to)]))


_TEXTS: Mapping[str, Callable[[Any], str]] = {
    "street": _address,
    "status": _status,
    "source": _source,
    "vehicle": _vehicle,
    "test_drive_wished": _test_drive,
    "callback_wished": _callback,
    "preferred_channel": _preferred,
    "budget_from": _budget,
}
