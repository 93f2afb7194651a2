"""How the pages of an import speak of what its rows become: enquiries, customers or vehicles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from leads.models import ListKind

_PARTLY = ngettext_lazy(
    "%(n)s of those that stay gets back what nobody has changed since.",
    "%(n)s of those that stay get back what nobody has changed since.",
    "count",
)


@dataclass(frozen=True, kw_only=True)
class BatchTexts:
    """How the page of a bulk change speaks of numbers %(n)s of its rows, each a sentence or what
    stands in a cell."""

    new: Any
    edited: Any
    goes: Any
    back: Any
    as_before: Any
    partly: Any = _PARTLY

    def sentence(self, name: str, count: int, shown: str) -> str:
        text: str = getattr(self, name) % {"count": count, "n": shown}
        return text


@dataclass(frozen=True, kw_only=True)
class Texts(BatchTexts):
    """`choice`: a line for people who choose what a list holds. `one`: head of a column.
    `reference`: what one is called by its %(number)s. `existing`: about those that are here
    already. `where_kept`: what becomes of columns that mean nothing.
    The others are for numbers %(n)s, too."""

    title: Promise
    choice: Promise
    one: Promise
    reference: Promise | str
    existing: Promise
    where_kept: Promise
    created: Any
    changed: Any
    stays: Any


TEXTS: Mapping[str, Texts] = {
    ListKind.LEADS: Texts(
        title=_("Enquiries"),
        choice=_("Every row is an enquiry, with its customer and what it is about."),
        one=_("Lead"),
        reference="%(number)s",
        existing=_("Leads that are here already"),
        where_kept=_("Further values stand at the lead under their own name."),
        created=ngettext_lazy("%(n)s lead is created.", "%(n)s leads are created.", "count"),
        changed=ngettext_lazy("%(n)s lead is changed.", "%(n)s leads are changed.", "count"),
        stays=ngettext_lazy("%(n)s lead stays as it is.", "%(n)s leads stay as they are.", "count"),
        new=ngettext_lazy("%(n)s new lead", "%(n)s new leads", "count"),
        edited=ngettext_lazy("%(n)s lead changed", "%(n)s leads changed", "count"),
        goes=ngettext_lazy(
            "%(n)s new lead goes into the bin, with its customer if nothing else needs them.",
            "%(n)s new leads go into the bin, with their customers if nothing else needs them.",
            "count",
        ),
        back=ngettext_lazy(
            "%(n)s lead gets its former values back.",
            "%(n)s leads get their former values back.",
            "count",
        ),
        as_before=ngettext_lazy("%(n)s lead is as before.", "%(n)s leads are as before.", "count"),
    ),
    ListKind.CUSTOMERS: Texts(
        title=_("Customers"),
        choice=_("Every row is a person or company with contact data; no enquiry is made of it."),
        one=_("Customer"),
        reference=_("customer %(number)s"),
        existing=_("Customers that are here already"),
        where_kept=_("What is left out is not stored."),
        created=ngettext_lazy(
            "%(n)s customer is created.", "%(n)s customers are created.", "count"
        ),
        changed=ngettext_lazy(
            "%(n)s customer is changed.", "%(n)s customers are changed.", "count"
        ),
        stays=ngettext_lazy(
            "%(n)s customer stays as it is.", "%(n)s customers stay as they are.", "count"
        ),
        new=ngettext_lazy("%(n)s new customer", "%(n)s new customers", "count"),
        edited=ngettext_lazy("%(n)s customer changed", "%(n)s customers changed", "count"),
        goes=ngettext_lazy(
            "%(n)s new customer goes into the bin.",
            "%(n)s new customers go into the bin.",
            "count",
        ),
        back=ngettext_lazy(
            "%(n)s customer gets the former values back.",
            "%(n)s customers get their former values back.",
            "count",
        ),
        as_before=ngettext_lazy(
            "%(n)s customer is as before.", "%(n)s customers are as before.", "count"
        ),
    ),
    ListKind.VEHICLES: Texts(
        title=_("Vehicles"),
        choice=_("Every row is a car of your stock, known by its own number or VIN."),
        one=_("Vehicle"),
        reference=_("vehicle %(number)s"),
        existing=_("Vehicles that are here already"),
        where_kept=_("What is left out is not stored."),
        created=ngettext_lazy("%(n)s vehicle is created.", "%(n)s vehicles are created.", "count"),
        changed=ngettext_lazy("%(n)s vehicle is changed.", "%(n)s vehicles are changed.", "count"),
        stays=ngettext_lazy(
            "%(n)s vehicle stays as it is.", "%(n)s vehicles stay as they are.", "count"
        ),
        new=ngettext_lazy("%(n)s new vehicle", "%(n)s new vehicles", "count"),
        edited=ngettext_lazy("%(n)s vehicle changed", "%(n)s vehicles changed", "count"),
        goes=ngettext_lazy(
            "%(n)s new vehicle is deleted.", "%(n)s new vehicles are deleted.", "count"
        ),
        back=ngettext_lazy(
            "%(n)s vehicle gets its former values back.",
            "%(n)s vehicles get their former values back.",
            "count",
        ),
        as_before=ngettext_lazy(
            "%(n)s vehicle is as before.", "%(n)s vehicles are as before.", "count"
        ),
    ),
}

BATCH_TEXTS: Mapping[str, BatchTexts] = {
    **TEXTS,
    ListKind.ENTRIES: BatchTexts(
        new=ngettext_lazy("%(n)s new entry", "%(n)s new entries", "count"),
        edited=ngettext_lazy("%(n)s entry changed", "%(n)s entries changed", "count"),
        goes=ngettext_lazy(
            "%(n)s new entry is deleted.", "%(n)s new entries are deleted.", "count"
        ),
        back=ngettext_lazy(
            "%(n)s entry gets its former values back.",
            "%(n)s entries get their former values back.",
            "count",
        ),
        as_before=ngettext_lazy(
            "%(n)s entry is as before.", "%(n)s entries are as before.", "count"
        ),
    ),
}
