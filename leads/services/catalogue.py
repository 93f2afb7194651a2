"""Names as people and partners write them → catalogue entries, locations, lead types, users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from django.db.models import QuerySet

from leads.models.catalog import CatalogEntry, Category, CloseReason, Source, Stage, Status, Tag
from leads.models.dealer import Dealer, Location, Membership
from leads.models.keys import catalog_key, clean_text
from leads.models.lead_type import LeadType
from leads.models.user import User
from leads.services.drafts import LeadDraft

# Used when a draft names no source or status; seeded for all dealers.
DEFAULT_SOURCE = "website"
DEFAULT_STATUS = "new"

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

    def source(self, name: str) -> Source:
        """The default one for a name without any character that can be seen."""
        return self.sources[catalog_key(name) or DEFAULT_SOURCE]

    def status(self, name: str) -> Status:
        return self.statuses[catalog_key(name) or DEFAULT_STATUS]

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


def resolve_catalogue(dealer: Dealer, drafts: Sequence[LeadDraft]) -> Catalogue:
    """Find what the drafts name; unknown sources, statuses, categories, close reasons and tags
    are created for this dealer and marked as automatic (Anfragen guide, „Automatische Status-
    und Quellen-Erstellung“). The number of queries does not depend on the number of drafts.
    """
    return Catalogue(
        sources=_resolve(dealer, Source, [DEFAULT_SOURCE, *(draft.source for draft in drafts)]),
        # Never won or lost by itself, whatever it is called: an administrator sorts it.
        statuses=_resolve(
            dealer,
            Status,
            [DEFAULT_STATUS, *(draft.status for draft in drafts)],
            stage=Stage.IN_WORK,
        ),
        categories=_resolve(dealer, Category, (draft.category for draft in drafts)),
        close_reasons=_resolve(dealer, CloseReason, (draft.close_reason for draft in drafts)),
        tags=_resolve(dealer, Tag, (tag for draft in drafts for tag in draft.tags)),
        # A catalogue that nobody names is not read.
        lead_types=_lead_types(dealer) if any(draft.lead_type for draft in drafts) else {},
        locations=_locations(dealer) if any(draft.location for draft in drafts) else {},
        owners=_owners(dealer) if any(draft.owner_email for draft in drafts) else {},
    )


def _resolve(dealer: Dealer, model: type[E], names: Iterable[str], **defaults: str) -> dict[str, E]:
    wanted = {key: clean_text(name)[:80].strip() for name in names if (key := catalog_key(name))}
    if not wanted:
        return {}
    known = _by_spelling(dealer, model)
    unknown = {key: name for key, name in wanted.items() if key not in known}
    # Names over 80 characters are shortened and found again by what is left of them.
    missing = {catalog_key(name): name for name in unknown.values()}
    missing = {key: name for key, name in missing.items() if key not in known}
    if missing:
        _create(dealer, model, missing, **defaults)
        known = _by_spelling(dealer, model)
    return known | {key: known[catalog_key(name)] for key, name in unknown.items()}


def _create(dealer: Dealer, model: type[E], names: Mapping[str, str], **defaults: str) -> None:
    model._default_manager.bulk_create(
        [
            model(
                dealer=dealer,
                name=name,
                name_key=key,
                is_automatic=True,
                **defaults,
            )
            for key, name in names.items()
        ],
        # Two requests may bring the same new name; the constraint lets one of them win.
        ignore_conflicts=True,
    )


def _by_spelling(dealer: Dealer, model: type[E]) -> dict[str, E]:
    """A name wins over another entry's key or alias; own entries win over those for all."""
    rows = cast(QuerySet[E], model.objects.for_dealer(dealer))
    entries = sorted(rows, key=lambda entry: entry.dealer_id is None)
    found: dict[str, E] = {}
    for entry in entries:
        found.setdefault(entry.name_key, entry)
    for entry in entries:
        for spelling in entry.spellings():
            found.setdefault(spelling, entry)
    return found


def _lead_types(dealer: Dealer) -> dict[str, LeadType]:
    types = LeadType.objects.for_dealer(dealer).active()
    ordered = sorted(types, key=lambda lead_type: lead_type.dealer_id is not None)
    return {lead_type.key.lower(): lead_type for lead_type in ordered}


def _locations(dealer: Dealer) -> dict[str, Location]:
    found: dict[str, Location] = {}
    for location in Location.objects.for_dealer(dealer):
        found[catalog_key(location.name)] = location
        if location.bdk_partner_number:
            found[catalog_key(location.bdk_partner_number)] = location
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
