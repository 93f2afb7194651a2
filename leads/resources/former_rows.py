"""Rows that come back: the workbooks about an import name each of its rows, so that one that is
uploaded once more, corrected, is known, and its first version waits for nobody any more.

The columns that such a workbook has added are no part of the list: it is understood as the list
was, and they are left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from leads.models.intake import IntakeEntry, IntakeEntryQuerySet
from leads.models.list_import import ListImport, ListRow, RowOutcome
from leads.resources.rows import SENDER
from leads.services.replaying import set_aside

OUTCOME, NUMBER, REASON, ROW = (
    _("Outcome"),
    _("LeadOffice number"),
    _("Reason"),
    _("LeadOffice row"),
)
_REFERENCE = re.compile(r"([0-9]{1,18})-Z([0-9]{1,7})")
_AGAIN = re.compile(r" \([0-9]{1,3}\)$")
# Entries that are looked for, and set aside, together.
_TOGETHER = 1_000
MOST_AT_ONCE = 5_000


class Added(NamedTuple):
    """Where the columns stand that a workbook of ours has added; -1: it has none of that kind."""

    row: int
    outcome: int = -1
    reason: int = -1
    number: int = -1

    @property
    def about_import(self) -> list[int]:
        """Those that only tell of the former import."""
        return [at for at in (self.outcome, self.reason, self.row) if at >= 0]


def added_in(headers: Sequence[str]) -> Added | None:
    """None for all other lists: only ours name rows."""
    row = _last(headers, ROW)
    if row < 0:
        return None
    others = [_last(headers, label) for label in (OUTCOME, REASON, NUMBER)]
    # The workbook of bad rows has but this one; what else bears such a name is the list's own.
    return Added(row) if -1 in others else Added(row, *others)


def bare(headers: Sequence[str]) -> list[str]:
    """Without what a workbook of ours has added."""
    added = added_in(headers)
    return [one for at, one in enumerate(headers) if added is None or at not in added]


def reference(list_import: ListImport, row: ListRow) -> str:
    """What names the row: "57-Z12". With a letter, or Excel may see a day in it."""
    return f"{list_import.pk}-Z{row.number}"


def ledger_name(list_import: ListImport) -> str:
    """With which the names of its rows begin in the ledger. The very same file uploaded again is
    another import: people may want its rows once more."""
    return _ledger_name(list_import.pk, list_import.digest)


def _ledger_name(pk: int, digest: str) -> str:
    return f"{digest[:40]}:{pk}"


def settle_former(list_import: ListImport, rows: Iterable[ListRow], *, now: datetime) -> None:
    """These rows came in; where they are corrected ones of an earlier import, what came there waits
    no more. Three queries at most, none for lists that were not exported here."""
    added = added_in(list_import.headers)
    if added is None:
        return
    named: dict[int, set[int]] = {}
    for row in rows:
        cell = row.cells[added.row] if added.row < len(row.cells) else None
        if isinstance(cell, str) and (found := _REFERENCE.fullmatch(cell.strip())):
            named.setdefault(int(found[1]), set()).add(int(found[2]))
    imports = ListImport.objects.for_dealer(list_import.dealer_id)
    imports = imports.filter(pk__in=named, kind=list_import.kind).exclude(pk=list_import.pk)
    names = [
        f"{_ledger_name(pk, digest)}:{number}"
        for pk, digest in imports.values_list("pk", "digest")
        for number in named[pk]
    ]
    if names:
        reason = gettext("Came again with the import %(number)d.") % {"number": list_import.pk}
        set_aside(_entries(list_import, names), by=list_import.user, now=now, reason=reason)


def waiting_rows(list_import: ListImport, *, most: int = MOST_AT_ONCE) -> list[IntakeEntryQuerySet]:
    """What waits in the ledger of the first so many rows that were not imported; in portions."""
    bad = list_import.rows.filter(outcome=RowOutcome.BAD).order_by("number")
    numbers = iter(bad.values_list("number", flat=True)[:most])
    name = ledger_name(list_import)
    return [
        _entries(list_import, [f"{name}:{number}" for number in portion]).quarantined()
        for portion in _portions(numbers)
    ]


def _portions(numbers: Iterator[int]) -> Iterator[list[int]]:
    while portion := list(islice(numbers, _TOGETHER)):
        yield portion


def _entries(list_import: ListImport, names: Collection[str]) -> IntakeEntryQuerySet:
    mine = IntakeEntry.objects.for_dealer(list_import.dealer_id)
    return mine.filter(sender=SENDER, message_id__in=names)


def _last(headers: Sequence[str], label: object) -> int:
    """Where the last header of this name stands; one that the list had before it has no number."""
    names = set()
    for language, _name in settings.LANGUAGES:
        with override(language):
            names.add(str(label))
    places = [at for at, one in enumerate(headers) if _AGAIN.sub("", one) in names]
    return places[-1] if places else -1
