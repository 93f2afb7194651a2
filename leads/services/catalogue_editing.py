"""Catalogue entries as people write them, in a form or in a list: one set of rules for both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from leads.models.catalog import CatalogEntry, Stage, Status
from leads.models.keys import catalog_key, clean_text
from leads.models.lead import Lead

MAX_SPELLINGS = 50
MAX_SPELLING_LENGTH = 80  # characters, as many as a name has


def clean_spellings(spellings: Iterable[str]) -> list[str]:
    """Each spelling once, in the order in which they were written."""
    found = {catalog_key(one): clean_text(one) for one in reversed(list(spellings))}
    found.pop("", None)
    return list(reversed(found.values()))


def problems_of(spellings: list[str]) -> list[str]:
    """Sentences about too many of them and about too long ones."""
    problems = []
    if len(spellings) > MAX_SPELLINGS:
        problems.append(_("At most %(count)s spellings are possible.") % {"count": MAX_SPELLINGS})
    return problems + [
        _("“%(start)s” is longer than %(count)s characters.")
        % {"start": Truncator(one).chars(30), "count": MAX_SPELLING_LENGTH}
        for one in spellings
        if len(one) > MAX_SPELLING_LENGTH
    ]


class Meanings:
    """Which entries a spelling leads to at one dealer, or (None) among those that all share."""

    def __init__(self, entries: Iterable[CatalogEntry], *, dealer_id: int | None) -> None:
        self._found: dict[str, list[CatalogEntry]] = defaultdict(list)
        for entry in entries:
            self._found[entry.name_key].append(entry)
            if entry.dealer_id == dealer_id:
                for spelling in entry.spellings():
                    self._found[spelling].append(entry)

    def other(self, spelling: str, entry: CatalogEntry) -> CatalogEntry | None:
        """The other entry to which the spelling would lead: names win over other spellings, and
        within one dealer (or among the shared entries) each spelling has one meaning."""
        others = (one for one in self._found.get(catalog_key(spelling), ()) if one.pk != entry.pk)
        return next(others, None)

    def means_another(self, entry: CatalogEntry) -> bool:
        """Whether its name, its key or another spelling would lead to another entry."""
        return any(self.other(one, entry) for one in entry.spellings())

    def taken(self, entry: CatalogEntry) -> list[str]:
        """Sentences about spellings of the entry that mean another one."""
        found = ((one, self.other(one, entry)) for one in entry.aliases)
        words = _("“%(spelling)s” already means the entry “%(entry)s”.")
        return [words % {"spelling": one, "entry": other} for one, other in found if other]


def meanings_at(
    model: type[CatalogEntry],
    dealer_id: int | None,
    *,
    instead: Mapping[int, CatalogEntry] = MappingProxyType({}),
    without: Collection[int] = (),
) -> Meanings:
    """As stored; or as it would be with these entries (by id) `instead` of the stored ones, and
    `without` those."""
    rows = model._default_manager.filter(dealer=None)
    if dealer_id is not None:
        rows |= model._default_manager.filter(dealer=dealer_id)
    entries = [instead.get(one.pk, one) for one in rows if one.pk not in without]
    return Meanings(entries, dealer_id=dealer_id)


def problem_of_stage(status: Status, *, before: str) -> str:
    """Open leads have no closing date and closed ones have: a status that leads stand in does not
    change sides under them. A sentence about that, or ""."""
    changes_sides = (status.stage in Stage.closed()) != (before in Stage.closed())
    if changes_sides and status.pk and Lead.objects.filter(status=status).exists():
        return _("There are leads in this status: it cannot change between open and closed.")
    return ""
