"""The columns of a list of customers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from leads.models.customer import Customer
from leads.models.keys import clean_text
from leads.resources.cells import cell_text
from leads.resources.column_table import Column, ColumnTable
from leads.resources.columns import LEADS
from leads.resources.readers import Reading, reads_text
from leads.resources.record_columns import NUMBER, VERSION
from leads.services.person_names import split_salutation


def read_title(cell: Any, row: Reading, header: str) -> None:
    """ "Dr."; what is no academic title is said."""
    text = clean_text(cell_text(cell))
    _salutation, title, rest = split_salutation(text)
    if rest:
        row.keep(header, text, header)
    row.put("title", title[:40])


CUSTOMERS = ColumnTable(
    (
        NUMBER,
        Column(
            "external_number",
            _("customer number"),
            reads_text("external_number", exact=True, limit=64),
            "external_number",
            synonyms=(
                *("Kunden-Nr.", "Kundennr.", "Kd.-Nr.", "KdNr", "Kundennummer der Bank", "Debitor"),
                *("Debitorennummer", "Debitor-Nr.", "Externe Nummer", "Number at the bank"),
                *("Customer no.", "Customer ID", "Nummer", "Nr."),
            ),
        ),
        LEADS.by_name["salutation"],
        Column(
            "title",
            LEADS.by_name["title"].label,
            read_title,
            "title",
            synonyms=LEADS.by_name["title"].synonyms,
        ),
        *(
            LEADS.by_name[name]
            for name in (
                *("first_name", "last_name", "company", "email", "country", "street"),
                *("house_number", "postal_code", "city", "mobile", "phone", "name", "place"),
            )
        ),
        Column(
            "note",
            Customer._meta.get_field("note").verbose_name,
            reads_text("note", multiline=True),
            "note",
            synonyms=LEADS.by_name["note"].synonyms,
        ),
        VERSION,
    ),
    telling=(
        *("number", "external_number", "name", "first_name", "last_name", "company", "email"),
        *("phone", "mobile"),
    ),
    fixable=("country", "note"),
    valued=("salutation",),
)
