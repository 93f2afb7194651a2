"""Which drafts mean a lead that is here already, and what they mean for it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from django.db import connection

from leads.models.columns import columns_of, read_rows
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.services.drafts import LeadDraft
from leads.services.forwarding import resolve_leads
from leads.services.handling import lock_leads


@dataclass(frozen=True, slots=True)
class Known:
    """A lead that is here, and its enquiry that the draft means; None: the lead as such."""

    lead: Lead
    enquiry: Enquiry | None = None

    @property
    def is_first_enquiry(self) -> bool:
        """Whether the lead's own columns are those of this enquiry."""
        lead, enquiry = self.lead, self.enquiry
        return enquiry is None or (enquiry.sender, enquiry.external_id) == (
            lead.sender,
            lead.external_id,
        )


# By our own number, and by (sender, external id).
KnownLeads = Mapping[object, Known]

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
    written over. Each lead is one object, whatever names it. Four queries at most."""
    enquiries = _find_enquiries(dealer, drafts)
    numbers = _find_numbers(dealer, drafts)
    named = {enquiry.lead_id for enquiry in enquiries} | set(numbers.values())
    leads = lock_cases(named)
    found: dict[object, Known] = {
        (enquiry.sender, enquiry.external_id): Known(leads[enquiry.lead_id], enquiry)
        for enquiry in enquiries
    }
    return found | {number: Known(leads[pk]) for number, pk in numbers.items()}


def _find_enquiries(dealer: Dealer, drafts: Sequence[LeadDraft]) -> list[Enquiry]:
    ids = {draft.external_id for draft in drafts} - {""}
    if not ids:
        return []
    senders = {draft.sender for draft in drafts if draft.external_id}
    values = [dealer.pk, json.dumps(sorted(senders)), json.dumps(sorted(ids))]
    found = read_rows(Enquiry, _enquiries_statement(), values)
    return [enquiry for enquiry, _rest in found]


@cache
def _enquiries_statement() -> str:
    """Put together once, since every enquiry that comes in asks this. Saying "not empty" lets both
    databases use the partial index, and as an array PostgreSQL looks each value up in it."""
    is_named = "IN (SELECT value FROM json_each(%s))"
    if connection.vendor == "postgresql":
        is_named = "= ANY (ARRAY(SELECT jsonb_array_elements_text(%s::jsonb)))"
    return (
        f"SELECT {columns_of(Enquiry)} FROM {Enquiry._meta.db_table}"  # noqa: S608 - names of our own models
        f" WHERE dealer_id = %s AND NOT external_id = ''"
        f" AND sender {is_named} AND external_id {is_named}"
    )


def _find_numbers(dealer: Dealer, drafts: Sequence[LeadDraft]) -> dict[str, int]:
    """Our own numbers; that of a merged lead stands for the one it became part of."""
    numbers = {draft.number for draft in drafts} - {""}
    if not numbers:
        return {}
    rows = Lead.objects.ever_of_dealer(dealer).order_by().filter(number__in=numbers)
    found = rows.values_list("number", "pk", "merged_into")
    merged = [pk for _number, pk, merged_into in found if merged_into]
    kept = resolve_leads(dealer, merged) if merged else {}
    return {number: kept[pk].pk if pk in kept else pk for number, pk, _merged in found}


def lock_cases(pks: Collection[int]) -> dict[int, Lead]:
    """The leads by id, locked, with everything that an update compares."""
    return {lead.pk: lead for lead in lock_leads(pks, *_RELATED)} if pks else {}


def known_lead(draft: LeadDraft, known: KnownLeads) -> Known | None:
    """Our own number wins over the sender's."""
    if draft.number and draft.number in known:
        return known[draft.number]
    return known.get((draft.sender, draft.external_id)) if draft.external_id else None


def outcome_for(known: Known, draft: LeadDraft) -> Outcome:
    """What the draft means for a lead we have; decided by version, then by content."""
    lead, enquiry = known.lead, known.enquiry
    if lead.deleted_at and lead.deleted_by != draft.sender:
        return Outcome.IGNORED  # a colleague has put it into the bin
    if enquiry is None:
        return Outcome.UPDATED  # edited in a list exported here: compared cell by cell
    if lead.deleted_at:
        return Outcome.UPDATED  # who has deleted it may take that back
    if draft.version > enquiry.version:
        return Outcome.UPDATED
    if draft.version < enquiry.version:
        return Outcome.IGNORED
    if not draft.content_hash:
        return Outcome.UPDATED  # nothing to recognise it by: compared column by column
    if draft.content_hash == enquiry.content_hash:
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
    return names | {known[name].lead.pk for name in names if name in known}
