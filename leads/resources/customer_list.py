"""Lists of customers: what their rows say of a person or company, and by what they are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.keys import email_key, fold, phone_key
from leads.models.list_import import ListImport
from leads.resources.cell_reading import complete_contact
from leads.resources.readers import Reading
from leads.resources.record_lists import RecordList, Said, shown_value
from leads.resources.rows import Problem, Row, UnusableRow
from leads.services.customers import COLUMNS, IDENTIFYING
from leads.services.listed_customers import foresee_customers, take_customers


def _understanding(_list_import: ListImport) -> Callable[[Row, Reading, Mapping[str, Any]], Said]:
    return _understand


def _understand(row: Row, reading: Reading, known: Mapping[str, Any]) -> Said:
    complete_contact(reading, known)
    values = {name: reading.values[name] for name in COLUMNS if name in reading.values}
    pk = reading.values.get("pk")
    if pk is None and not values.keys() & {*IDENTIFYING, "external_number"}:
        reason = _("Neither a name nor a way to reach anybody: there is nothing to make of it.")
        unusable = _("This cannot be used. Please correct it.")
        odd = [Problem(one.field, one.value, unusable) for one in reading.warnings]
        raise UnusableRow(row, [*odd, Problem("", "", reason)])
    told = {**known, **values}
    person = " ".join(filter(None, (told.get("first_name"), told.get("last_name"))))
    title = person or told.get("company") or told.get("email") or told.get("phone") or ""
    return Said(values, title, _names(values, pk), pk, reading.warnings)


def _names(values: Mapping[str, Any], pk: int | None) -> list[tuple[str, ...]]:
    """By what two rows about one person are the same: a number of theirs, or a way to reach them
    together with the name, since families share both e-mail and phone."""
    name = fold(" ".join(values.get(one, "") for one in ("first_name", "last_name", "company")))
    email = email_key(values.get("email", "")) if values.get("email") else ""
    phone = phone_key(values.get("mobile", "") or values.get("phone", ""))
    street, code = fold(values.get("street", "")), values.get("postal_code", "")
    found = [
        ("here", str(pk or "")),
        ("number", values.get("external_number", "")),
        ("email", email, name),
        ("phone", phone, name),
        ("address", street and code and name, street, code),
    ]
    return [one for one in found if one[1]]


def _showing(_dealer: Dealer) -> Callable[[str, Any], str]:
    return lambda name, value: shown_value(Customer, name, value)


CUSTOMER_LIST = RecordList(
    model=Customer,
    understand=_understanding,
    foresee=foresee_customers,
    take=take_customers,
    shown=_showing,
    columns={"pk": "number"},
)
