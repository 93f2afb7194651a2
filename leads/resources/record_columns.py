"""Columns by which a list of customers or vehicles that was exported here is known again."""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from leads.models.keys import clean_text
from leads.resources.cells import cell_text
from leads.resources.column_table import Column
from leads.resources.columns import LEADS
from leads.resources.readers import Reading

_NO_NUMBER = _("This is not a number of LeadOffice. Please correct it or leave it empty.")


def own_number(text: str) -> str:
    """The digits of a number of ours, as Excel may show it; "" if it is none."""
    found = re.fullmatch(r"0*([0-9]{1,18})(?:,0)?", text)
    return found[1] if found else ""


def read_own_number(cell: Any, row: Reading, header: str) -> None:
    """Our own, as exports and the workbook of a result show it."""
    number = own_number(clean_text(cell_text(cell)))
    if not number:
        raise ValueError(_NO_NUMBER)
    row.put("pk", int(number))


NUMBER = Column(
    "number", _("LeadOffice number"), read_own_number, "id", synonyms=("LeadOffice number",)
)
VERSION = LEADS.by_name["version"]
