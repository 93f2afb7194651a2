"""Names as people and partners write them → catalogue entries, locations, lead types, users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, reduce
from operator import or_
from typing import NamedTuple, TypeVar, cast

from django.db.models import Q
from django.utils import timezone

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Stage, Status, Tag
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer, Location, Membership
from leads.models.keys import catalog_key, clean_text
from leads.models.lead_type import LeadType
from leads.models.unmapped import UnmappedName
from leads.models.user import User
from leads.services.catalog_rows import read_entries
from leads.services.drafts import LeadDraft

# Used when a draft names no source or status; seeded for all dealers.
DEFAULT_SOURCE = "website"
DEFAULT_STATUS = "new"
# What one sender may add to one catalogue on one day, and how long a name may be (guide, §6).
MAX_NEW_PER_DAY = 20
MAX_NAME = 80
MAX_KEY = 200  # characters of a name by which it is found among the assignments

E = TypeVar("E", bound=CatalogEntry)


@dataclass(frozen=True)
class Catalogue:
    """What the names in a batch of drafts stand for; every look-up is a dict access."""

    sources: dict[str, Source]
    statuses: dict[str, Status]
    categories: dict[str, Category]
    close_reasons: dict[str, CloseReason]
    tags: dict[str, Tag]
    lead_types: dict[str, LeadType]
    locations: dict[str, Location]
    owners: dict[str, User]
    # Sources and statuses that nobody knows and that were not created: (model, catalog key).
    refused: set[tuple[type[CatalogEntry], str]] = field(default_factory=set)

    def source(self, name: str) -> Source:
        """The default one for a name that means nothing: empty, or refused."""
        return self.sources.get(catalog_key(name)) or self.sources[DEFAULT_SOURCE]

    def status(self, name: str) -> Status:
        return self.statuses.get(catalog_key(name)) or self.statuses[DEFAULT_STATUS]

    def is_refused(self, model: type[CatalogEntry], name: str) -> bool:
        """Whether the name is unknown and was not created."""
        return bool(self.refused) and (model, catalog_key(name)) in self.refused

    def category(self, name: str) -> Category | None:
        return self.categories.get(catalog_key(name))

    def close_reason(self, name: str) -> CloseReason | None:
        return self.close_reasons.get(catalog_key(name))

    def tag(self, name: str) -> Tag | None:
        return self.tags.get(catalog_key(name))

    def lead_type(self, key: str) -> LeadType | None:
        return self.lead_types.get(key.strip().lower())

    def location(self, name: str) -> Location | None:
        """By name or BDK partner number; an unknown one leaves the lead without a location."""
        return self.locations.get(catalog_key(name)) if name else None

    def owner(self, email: str) -> User | None:
        return self.owners.get(email.strip().casefold()) if email else None


def resolve_catalogue(
    dealer: Dealer,
    drafts: Sequence[LeadDraft],
    *,
    now: datetime,
    change_batch: ChangeBatch | None = None,
) -> Catalogue:
    """Find what the drafts name; unknown sources, statuses, categories, close reasons and tags
    are created for this dealer and marked as automatic (Anfragen guide, „Automatische Status-
    und Quellen-Erstellung“), as far as the sender may: at most MAX_NEW_PER_DAY of each kind. The
    number of queries does not depend on the number of drafts.
    """
    assigned = _AssignedNames(dealer)
    resolver = _Resolver(dealer, drafts, assigned, now, change_batch)
    return Catalogue(
        sources=resolver.entries(Source),
        statuses=resolver.entries(Status),
        categories=resolver.entries(Category),
        close_reasons=resolver.entries(CloseReason),
        tags=resolver.entries(Tag),
        lead_types=_lead_types(dealer, _said(drafts, "lead_type"), assigned),
        locations=_locations(dealer, _said(drafts, "location"), assigned),
        owners=_owners(dealer) if any(draft.owner_email for draft in drafts) else {},
        refused=resolver.refused,
    )


def _said(drafts: Sequence[LeadDraft], name: str) -> set[str]:
    return {getattr(draft, name) for draft in drafts} - {""}


class _AssignedNames:
    """What people have said that unknown names mean ("always assign like this"). Read once, when
    the first unknown name is met; people do that by hand, so there are not many."""

    def __init__(self, dealer: Dealer) -> None:
        self._dealer = dealer

    def entry_id(self, kind: UnmappedName.Kind, key: str) -> int | None:
        """The id of the entry, by the name's catalog key."""
        return self._ids.get((kind, key[:MAX_KEY]))

    @cached_property
    def _ids(self) -> dict[tuple[str, str], int]:
        kinds = UnmappedName.Kind.values
        is_assigned = reduce(or_, (Q(**{f"{kind}__isnull": False}) for kind in kinds))
        rows = UnmappedName.objects.for_dealer(self._dealer).filter(is_assigned).order_by()
        found = rows.values_list("kind", "name_key", *(f"{kind}_id" for kind in kinds))
        return {(kind, key): ids[kinds.index(kind)] for kind, key, *ids in found}


# What a draft names of each catalogue.
_NAMES: dict[type[CatalogEntry], Callable[[LeadDraft], Iterable[str]]] = {
    Source: lambda draft: [draft.source],
    Status: lambda draft: [draft.status],
    Category: lambda draft: [draft.category],
    CloseReason: lambda draft: [draft.close_reason],
    Tag: lambda draft: draft.tags,
}
# These are read even if nobody names them, because each lead has one.
_ALWAYS = (Source, Status)
# Their unknown names may have been assigned by a person.
_KINDS: dict[type[CatalogEntry], UnmappedName.Kind] = {
    Source: UnmappedName.Kind.SOURCE,
    Status: UnmappedName.Kind.STATUS,
}
# Never won or lost by itself, whatever it is called: an administrator sorts it.
_NEW_VALUES: dict[type[CatalogEntry], dict[str, str]] = {Status: {"stage": Stage.IN_WORK}}


class _Resolver:
    """Looks names up and creates what is missing, one kind after the other."""

    def __init__(
        self,
        dealer: Dealer,
        drafts: Sequence[LeadDraft],
        assigned: _AssignedNames,
        now: datetime,
        change_batch: ChangeBatch | None,
    ) -> None:
        self._dealer = dealer
        self._assigned_names = assigned
        self._drafts = drafts
        self._now = now
        self._change_batch = change_batch
        self._wanted = {model: self._names(names) for model, names in _NAMES.items()}
        read = [model for model, wanted in self._wanted.items() if wanted or model in _ALWAYS]
        if Tag not in read and any(draft.removed_tags for draft in drafts):
            read.append(Tag)
        self._entries = read_entries(dealer, read)
        self.refused: set[tuple[type[CatalogEntry], str]] = set()

    def entries(self, model: type[E]) -> dict[str, E]:
        """Every spelling → entry; also of each name in the drafts, unless it was refused."""
        known = by_spelling(cast(list[E], self._entries.get(model, [])))
        assigned = self._assigned(model, known)
        decided = known.keys() | assigned.keys()
        unknown = {key: one for key, one in self._wanted[model].items() if key not in decided}
        # Names over 80 characters are shortened and found again by what is left of them.
        missing = {catalog_key(one.name): one for one in unknown.values()}
        missing = {key: one for key, one in missing.items() if key not in known}
        if missing and self._create(model, missing):
            known = by_spelling(cast(list[E], read_entries(self._dealer, [model])[model]))
        found = {key: catalog_key(one.name) for key, one in unknown.items()}
        self.refused |= {(model, key) for key, short in found.items() if short not in known}
        shortened = {key: known[short] for key, short in found.items() if short in known}
        entries = assigned | known | shortened
        self._switch_on(model, [entries[key] for key in self._wanted[model] if key in entries])
        return entries

    def _switch_on(self, model: type[E], named: Iterable[E]) -> None:
        """Entries that an undone import has left switched off are needed after all."""
        off = {entry.pk for entry in named if entry.is_retired}
        if off:
            rows = model._default_manager.filter(pk__in=off)
            rows.update(is_active=True, change_batch=self._change_batch)

    def _assigned(self, model: type[E], known: Mapping[str, E]) -> dict[str, E]:
        if model not in _KINDS:
            return {}
        unknown = self._wanted[model].keys() - known.keys()
        ids = {key: self._assigned_names.entry_id(_KINDS[model], key) for key in unknown}
        entries = {entry.pk: entry for entry in known.values()}
        return {key: entries[pk] for key, pk in ids.items() if pk in entries}

    def _names(self, names: Callable[[LeadDraft], Iterable[str]]) -> dict[str, _Wanted]:
        """By key; who may create it wins over who may not."""
        wanted: dict[str, _Wanted] = {}
        for draft in self._drafts:
            for name in names(draft):
                key = catalog_key(name)
                if key and not (key in wanted and wanted[key].may_be_created):
                    short = clean_text(name)[:MAX_NAME].strip()
                    wanted[key] = _Wanted(short, draft.sender, draft.creates_entries)
        return wanted

    def _create(self, model: type[E], missing: Mapping[str, _Wanted]) -> int:
        allowed = self._allowed(model, missing)
        rows = [
            model(
                dealer=self._dealer,
                name=missing[key].name,
                name_key=key,
                is_automatic=True,
                created_by=missing[key].sender,
                created_at=self._now,
                change_batch=self._change_batch,
                **_NEW_VALUES.get(model, {}),
            )
            for key in allowed
        ]
        # Two requests may bring the same new name; the constraint lets one of them win.
        if rows:
            model._default_manager.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    def _allowed(self, model: type[E], missing: Mapping[str, _Wanted]) -> list[str]:
        """The keys that may be created; a broken client must not flood the list (guide, §6)."""
        today = timezone.localtime(self._now).replace(hour=0, minute=0, second=0, microsecond=0)
        since = model._default_manager.filter(dealer=self._dealer, created_at__gte=today)
        taken = Counter(since.values_list("created_by", flat=True))
        allowed = []
        for key, one in missing.items():
            if one.may_be_created and taken[one.sender] < MAX_NEW_PER_DAY:
                taken[one.sender] += 1
                allowed.append(key)
        return allowed


class _Wanted(NamedTuple):
    name: str
    sender: str
    may_be_created: bool


def by_spelling(entries: Sequence[E]) -> dict[str, E]:
    """A name wins over another entry's key or alias; own entries, which come first, win over
    those for all."""
    found: dict[str, E] = {}
    for entry in entries:
        found.setdefault(entry.name_key, entry)
    for entry in entries:
        for spelling in entry.spellings():
            found.setdefault(spelling, entry)
    return found


def _lead_types(
    dealer: Dealer, names: Collection[str], assigned: _AssignedNames
) -> dict[str, LeadType]:
    if not names:
        return {}  # a catalogue that nobody names is not read
    types = list(LeadType.objects.for_dealer(dealer).active())
    found = lead_types_by_name(types)
    by_pk = {lead_type.pk: lead_type for lead_type in types}
    for name in {name.strip().lower() for name in names} - found.keys():
        pk = assigned.entry_id(UnmappedName.Kind.LEAD_TYPE, catalog_key(name))
        if pk in by_pk:
            found[name] = by_pk[pk]
    return found


def lead_types_by_name(types: Iterable[LeadType]) -> dict[str, LeadType]:
    """Ids and other spellings in small letters; an id wins over another type's spelling, own types
    win over those for all."""
    ordered = sorted(types, key=lambda lead_type: lead_type.dealer_id is not None)
    by_alias = {
        str(alias).strip().lower(): lead_type
        for lead_type in ordered
        for alias in lead_type.aliases
    }
    return by_alias | {lead_type.key.lower(): lead_type for lead_type in ordered}


def locations_by_name(dealer: Dealer) -> dict[str, Location]:
    """By catalog_key of whatever they are called; a name wins over another location's alias."""
    locations = list(Location.objects.for_dealer(dealer))
    called = {catalog_key(name): one for one in locations for name in one.names()}
    return called | {catalog_key(one.name): one for one in locations}


def _locations(
    dealer: Dealer, names: Collection[str], assigned: _AssignedNames
) -> dict[str, Location]:
    if not names:
        return {}
    found = locations_by_name(dealer)
    by_pk = {location.pk: location for location in found.values()}
    for key in set(map(catalog_key, names)) - found.keys():
        pk = assigned.entry_id(UnmappedName.Kind.LOCATION, key)
        if pk in by_pk:
            found[key] = by_pk[pk]
    return found


def _owners(dealer: Dealer) -> dict[str, User]:
    """By e-mail and by user name: everyone who works for the dealer."""
    memberships = Membership.objects.for_dealer(dealer).filter(is_active=True)
    found: dict[str, User] = {}
    for membership in memberships.filter(user__is_active=True).select_related("user"):
        found[membership.user.username.casefold()] = membership.user
        if membership.user.email:
            found[membership.user.email.casefold()] = membership.user
    return found
