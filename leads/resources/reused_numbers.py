"""Numbers under which earlier lists had somebody else: running numbers begin anew in each list.

Without this look the second list of a dealer would make its people of those in the first one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from leads.models.dealer import Dealer
from leads.models.keys import fold
from leads.models.lead import Lead
from leads.resources.cells import line_text
from leads.resources.known import Base
from leads.resources.rows import Problem, Row

# What tells people from one another, as names of columns; "name" is made of others.
_KEPT = ("first_name", "last_name", "company", "email", "phone", "mobile", "street")
_WHO = ("name", *_KEPT)


class ReusedNumbers:
    """`numbers`: by the list's own number, ours of the leads that were made of it. `earlier`: what
    lists said under it, as far as the ledger knows; of the others the leads tell, in a query."""

    def __init__(
        self, dealer: Dealer, numbers: Mapping[str, str], earlier: Mapping[str, Sequence[Base]]
    ) -> None:
        self._before = {one: bases[-1].cells for one, bases in earlier.items()}
        forgotten = {one: number for one, number in numbers.items() if one not in earlier}
        people = _people(dealer, set(forgotten.values()))
        self._before |= {one: people.get(number, {}) for one, number in forgotten.items()}

    def holds(self, row: Row) -> bool:
        """Whether whoever the row is about shares nothing but the number with whom it meant before.
        Of what both say that would tell, there must be two things."""
        before = self._before.get(row.outside_id)
        if not before:
            return False
        pairs = [
            (fold(line_text(before[name])), fold(" ".join(row.texts_of(name))))
            for name in _WHO
            if name in before
        ]
        told = [pair for pair in pairs if all(pair)]
        return len(told) > 1 and all(then != now for then, now in told)


def reused_number(row: Row) -> Problem:
    named = [name for name in ("external_id", "number") if row.texts_of(name)]
    reason = _(
        "An earlier list had somebody else under this number. If it is only a running number, "
        "please leave its column out, or choose “Always create anew”."
    )
    return Problem(row.header_of(named[0]) if named else "", row.outside_id, reason)


def _people(dealer: Dealer, numbers: set[str]) -> Mapping[str, Mapping[str, Any]]:
    """By our number, whom the lead is about, by names of columns."""
    if not numbers:
        return {}
    leads = Lead.objects.for_dealer(dealer).filter(number__in=numbers).order_by()
    found = {}
    for number, *texts in leads.values_list("number", *_KEPT):
        told = dict(zip(_KEPT, texts, strict=True))
        name = " ".join(filter(None, (told["first_name"], told["last_name"])))
        found[number] = {**told, "name": name or told["company"]}
    return found
