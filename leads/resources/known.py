"""What a dealer knows already, for rows of a list to be understood by and compared with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from leads.models.dealer import Dealer, Location, Membership
from leads.models.enquiry import Enquiry
from leads.models.intake import IntakeEntry
from leads.models.keys import fold
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.user import User
from leads.resources.export import exported_rows
from leads.resources.export_kinds import ExportKind, with_version
from leads.resources.readers import Office
from leads.resources.rows import SENDER, Row

# Number of a record, and its version as export_kinds.py says.
Version = tuple[str, int]


@dataclass(frozen=True)
class Base:
    """What a row is compared with: cells by column name, further values by header."""

    cells: Mapping[str, Any]
    further: Mapping[str, Any]


def load_office(dealer: Dealer) -> Office:
    """What names may stand for at this dealer: three queries."""
    locations = Location.objects.for_dealer(dealer)
    return Office(
        owners=_owners(dealer),
        locations=frozenset(fold(name) for one in locations for name in one.names()),
        lead_types=_lead_types(dealer),
    )


def _owners(dealer: Dealer) -> dict[str, str]:
    """Whoever works here, by e-mail, user name and name; a name that two people have is none."""
    members = Membership.objects.for_dealer(dealer).filter(is_active=True, user__is_active=True)
    spellings: list[tuple[str, str]] = []
    for user in (member.user for member in members.select_related("user")):
        names = {user.get_full_name(), f"{user.last_name}, {user.first_name}", user.last_name}
        known_as = user.email or user.username
        spellings += [(fold(name), known_as) for name in {*names, user.email, user.username}]
    return _unambiguous(spellings)


def _lead_types(dealer: Dealer) -> dict[str, str]:
    spellings: list[tuple[str, str]] = []
    for lead_type in LeadType.objects.for_dealer(dealer).active():
        names = {lead_type.key, lead_type.title, lead_type.public_title}
        spellings += [(fold(name), lead_type.key) for name in names]
    return _unambiguous(spellings)


def _unambiguous(spellings: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = {pair for pair in spellings if pair[0].strip(" ,")}
    meanings = Counter(spelling for spelling, _meaning in pairs)
    return {spelling: meaning for spelling, meaning in pairs if meanings[spelling] == 1}


class Bases:
    """What rows are compared with that name records: those as they are now, and as they were when
    the rows were exported. Two queries, none if no row names a record; two more if records have
    changed since then."""

    def __init__(
        self, dealer: Dealer, user: User | None, named: Collection[Version], kind: ExportKind
    ) -> None:
        """`named`: with version 0 if the row does not say which it shows."""
        self.now = _exported_now(dealer, user, {number for number, _version in named}, kind)
        earlier = {version for version in named if self._is_earlier(version)}
        self._then = _exported_then(dealer, self.now, earlier, kind)

    def exported(self, version: Version) -> Base | None:
        """What an export said at this version; None if nobody knows."""
        number, counted = version
        now = self.now.get(number)
        if now is not None and counted and counted == now.cells["version"]:
            return now
        return self._then.get(version)

    def _is_earlier(self, version: Version) -> bool:
        number, counted = version
        now = self.now.get(number)
        return now is not None and 0 < counted < (now.cells["version"] or 0)


def _exported_now(
    dealer: Dealer, user: User | None, numbers: set[str], kind: ExportKind
) -> dict[str, Base]:
    """What an export made now would say about these records, as far as the user sees them."""
    if not numbers - {""}:
        return {}
    rows = kind.model.objects
    named = rows.for_dealer(dealer).filter(**{f"{kind.number}__in": numbers - {""}}).order_by("pk")
    if user is not None:
        named = named.filter(pk__in=rows.for_user(user).order_by().values("pk"))
    return {str(base.cells["number"]): base for base in _rendered(named, kind)}


def _exported_then(
    dealer: Dealer, now: Mapping[str, Base], wanted: Collection[Version], kind: ExportKind
) -> dict[Version, Base]:
    """What an export said about records at earlier versions, of those that the history still knows.
    `now`: what _exported_now says about the same records.

    Names are those of today. What a record pointed to and is gone (a merged status) has none any
    more: there it counts as if the export had said what is here now.
    """
    if not wanted:
        return {}
    named = {f"{kind.number}__in": {number for number, _at in wanted}}
    records = kind.model.objects.for_dealer(dealer).filter(**named)
    history = kind.model.history.model._default_manager.order_by("history_id")
    rows = (
        with_version(history.filter(id__in=records.order_by().values("pk")))
        .filter(version__in={version for _number, version in wanted})
        .values_list(kind.number, "version", "history_id", *kind.pointers.values())
    )
    # A version has several rows if the score has aged meanwhile; the last one stands for it.
    said = {(str(row[0]), row[1]): row[2:] for row in rows}
    chosen = {version: row for version, row in said.items() if version in wanted}
    ids = [history_id for history_id, *_pointers in chosen.values()]
    found = {}
    for base in _rendered(history.filter(history_id__in=ids), kind):
        version = str(base.cells["number"]), base.cells["version"]
        pointers = zip(kind.pointers, chosen[version][1:], strict=True)
        gone = [name for name, pk in pointers if pk is not None and base.cells[name] is None]
        present = now[version[0]].cells
        cells = {**base.cells, **{name: present[name] for name in gone}}
        found[version] = Base(cells, base.further)
    return found


def _rendered(rows: QuerySet[Any], kind: ExportKind) -> Iterator[Base]:
    """Records, or rows of their history, in the words of an export."""
    further = _further_values(rows) if kind.table.keeps_further else {}
    names = [column.name for column in kind.columns]
    for cells in exported_rows(rows, kind.columns):
        known = dict(zip(names, cells, strict=True))
        yield Base(known, further.get((known["number"], known["version"]), {}))


def _further_values(leads: QuerySet[Any]) -> dict[Version, Mapping[str, Any]]:
    rows = leads.values_list("number", "version", "custom_values")
    return {(number, version): values for number, version, values in rows}


def lead_numbers(dealer: Dealer, ids: Collection[str]) -> dict[str, str]:
    """By the list's own number: ours, of the leads that were made of it."""
    if not ids:
        return {}
    enquiries = Enquiry.objects.for_dealer(dealer).filter(sender=SENDER, external_id__one_of=ids)
    named = enquiries.exclude(external_id="").order_by()  # said so that the index of these is used
    return dict(named.values_list("external_id", "lead__number"))


def unseen_numbers(dealer: Dealer, user: User | None, numbers: Collection[str]) -> set[str]:
    """Of these numbers of leads, those at locations that the user does not see. A query only for
    users who see some locations only."""
    if user is None or not numbers or user.sees_all_of(dealer.pk):
        return set()
    seen = Lead.objects.ever_of_user(user).filter(dealer=dealer, number__in=numbers).order_by()
    return set(numbers) - set(seen.values_list("number", flat=True))


def earlier_lists(dealer: Dealer, ids: Collection[str]) -> dict[str, list[Base]]:
    """By the list's number, of these numbers: what earlier lists said, oldest first."""
    if not ids:
        return {}
    booked = IntakeEntry.objects.for_dealer(dealer).filter(
        sender=SENDER, outside_id__one_of=ids, lead__isnull=False, raw_deleted_at=None
    )
    found = defaultdict(list)
    for entry in booked.order_by("pk"):
        cells: dict[str, Any] = {}
        further = {}
        for header, column, cell in Row.from_raw(entry.raw).columns:
            if column:
                cells.setdefault(column.name, cell)
            else:
                further[header] = cell
        found[entry.outside_id].append(Base(cells, further))
    return found
