"""Which drafts mean a lead that is here already, and what they mean for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Q

from leads.models.dealer import Dealer
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.services.drafts import LeadDraft
from leads.services.handling import lock_leads

# By our own number, and by (sender, external id).
KnownLeads = Mapping[object, Lead]

# What an update compares and shows.
_RELATED = (
    "status",
    "source",
    "category",
    "close_reason",
    "owner",
    "location",
    "lead_type",
    "vehicle",
    "customer",
)


def find_known_leads(dealer: Dealer, drafts: Sequence[LeadDraft]) -> KnownLeads:
    """The leads that the drafts name, locked, so that what staff change at this moment is not
    written over. Each lead is one object, whatever names it. Three queries."""
    rows = Lead.objects.for_dealer(dealer).order_by().values_list("pk", flat=True)
    ids = {draft.external_id for draft in drafts} - {""}
    senders = {draft.sender for draft in drafts}
    sent = rows.filter(~Q(external_id=""), sender__in=senders, external_id__in=ids)
    numbered = rows.filter(number__in={draft.number for draft in drafts} - {""})
    # One after the other: an OR of both would use no index.
    named = set(sent.union(numbered, all=True))
    found: dict[object, Lead] = {}
    for lead in lock_leads(named, *_RELATED) if named else []:
        found[lead.number] = found[lead.sender, lead.external_id] = lead
    return found


def known_lead(draft: LeadDraft, known: KnownLeads) -> Lead | None:
    """Our own number wins over the sender's."""
    if draft.number and draft.number in known:
        return known[draft.number]
    return known.get((draft.sender, draft.external_id)) if draft.external_id else None


def outcome_for(lead: Lead, draft: LeadDraft) -> Outcome:
    """What the draft means for a lead we have; decided by version, then by content."""
    if draft.number == lead.number:
        return Outcome.UPDATED  # edited in a list exported here: compared cell by cell
    if draft.version > lead.external_version:
        return Outcome.UPDATED
    if draft.version < lead.external_version:
        return Outcome.IGNORED
    if not draft.content_hash:
        return Outcome.UPDATED  # nothing to recognise it by: compared column by column
    if draft.content_hash == lead.content_hash:
        return Outcome.REPEATED
    # A sender that numbers its versions broke its word; one that does not just sends changes.
    return Outcome.CONFLICT if draft.is_complete else Outcome.UPDATED


def next_wave(
    drafts: Sequence[LeadDraft], waiting: Sequence[int], known: KnownLeads
) -> tuple[list[int], list[int]]:
    """(positions that name each lead once, the rest): a second version of a lead must find the
    first one stored. Nearly always nothing is left."""
    taken: set[object] = set()
    wave: list[int] = []
    rest: list[int] = []
    for position in waiting:
        names = _names_of_lead(drafts[position], known)
        (wave if taken.isdisjoint(names) else rest).append(position)
        taken |= names
    return wave, rest


def _names_of_lead(draft: LeadDraft, known: KnownLeads) -> set[object]:
    """Everything by which another draft of the batch may mean the same lead."""
    names: set[object] = set()
    if draft.number:
        names.add(draft.number)
    if draft.external_id:
        names.add((draft.sender, draft.external_id))
    return names | {known[name].pk for name in names if name in known}
