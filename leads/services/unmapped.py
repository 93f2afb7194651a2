"""The mapping tray: unknown names are kept with the leads that came with them, until a person
says what they mean (assigning.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db.models import F

from leads.models.catalog import Source, Status
from leads.models.dealer import Dealer
from leads.models.keys import catalog_key, clean_text
from leads.models.lead import Lead
from leads.models.unmapped import UnmappedName
from leads.services.catalogue import MAX_KEY, Catalogue
from leads.services.drafts import LeadDraft

Kind = UnmappedName.Kind


def note_unmapped(
    dealer: Dealer,
    drafts: Sequence[LeadDraft],
    leads: Sequence[Lead],
    catalogue: Catalogue,
    *,
    now: datetime,
) -> None:
    """Put the names that mean nothing yet into the tray, with the leads they came with. No query
    if all names are known; otherwise five, however many there are. Under the dealer's lock."""
    found: dict[tuple[str, str], list[tuple[LeadDraft, str, Lead]]] = defaultdict(list)
    for draft, lead in zip(drafts, leads, strict=True):
        for kind, name in _unknown_names(draft, catalogue):
            found[kind, _key(name)].append((draft, name, lead))
    if not found:
        return
    rows = UnmappedName.objects.for_dealer(dealer)
    keys = {key for _kind, key in found}
    known = {(row.kind, row.name_key): row for row in rows.filter(name_key__in=keys)}
    seen_again = [row for name, row in known.items() if name in found]
    UnmappedName.objects.filter(pk__in=[row.pk for row in seen_again]).update(
        times=F("times") + 1, last_seen_at=now
    )
    new = {
        (kind, key): UnmappedName(
            dealer=dealer,
            kind=kind,
            name=clean_text(came[0][1])[:200],
            name_key=key,
            sender=came[0][0].sender,
            times=len(came),
            first_seen_at=now,
            last_seen_at=now,
        )
        for (kind, key), came in found.items()
        if (kind, key) not in known
    }
    UnmappedName.objects.bulk_create(new.values())
    _remember_leads({**known, **new}, found)


def unknown_keys(
    draft: LeadDraft, catalogue: Catalogue, before: Mapping[str, str]
) -> dict[str, str]:
    """Kind → key of the names that mean nothing yet; `before` are those that the same enquiry came
    with in an earlier version, as far as the draft says nothing else."""
    kept = {kind: key for kind, key in before.items() if not getattr(draft, kind)}
    return kept | {str(kind): _key(name) for kind, name in _unknown_names(draft, catalogue)}


def _unknown_names(draft: LeadDraft, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    if catalogue.is_refused(Source, draft.source):
        yield Kind.SOURCE, draft.source
    if catalogue.is_refused(Status, draft.status):
        yield Kind.STATUS, draft.status
    if draft.lead_type and catalogue.lead_type(draft.lead_type) is None:
        yield Kind.LEAD_TYPE, draft.lead_type
    if catalog_key(draft.location) and catalogue.location(draft.location) is None:
        yield Kind.LOCATION, draft.location


def _key(name: str) -> str:
    return catalog_key(name)[:MAX_KEY]


def _remember_leads(
    names: dict[tuple[str, str], UnmappedName],
    found: dict[tuple[str, str], list[tuple[LeadDraft, str, Lead]]],
) -> None:
    through = UnmappedName.leads.through
    rows = {
        (names[name].pk, lead.pk) for name, came in found.items() for _draft, _name, lead in came
    }
    through.objects.bulk_create(
        [through(unmappedname_id=name, lead_id=lead) for name, lead in sorted(rows)],
        ignore_conflicts=True,
    )


def assigned_names(dealer: Dealer, kind: str) -> dict[str, str]:
    """What people have said that unknown names of this kind mean: by key, the entry's name."""
    if kind not in UnmappedName.Kind.values:
        return {}
    rows = UnmappedName.objects.for_dealer(dealer).filter(kind=kind, **{f"{kind}__isnull": False})
    return {row.name_key: str(row.target) for row in rows.select_related(kind)}
