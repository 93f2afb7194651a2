"""What one batch of drafts shares, and the steps that all its drafts have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import Tag
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.event import EventKind
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.services import cases
from leads.services.catalogue import Catalogue
from leads.services.drafts import DraftWarning, LeadDraft
from leads.services.filling import Filled
from leads.services.inserting import refer
from leads.services.judging import is_settled, judge
from leads.services.lead_changes import Change
from leads.services.matching import Match
from leads.services.recognising import Known
from leads.services.scoring import score_of
from leads.services.storing import Happened, Writes


@dataclass(frozen=True)
class Batch:
    """What all steps of one batch need to know, and what they leave to be written."""

    dealer: Dealer
    catalogue: Catalogue
    now: datetime
    actor: User | None
    cases: cases.Cases = field(default_factory=dict)  # grows as new cases begin
    alerted: set[int] = field(default_factory=set)
    writes: Writes = field(default_factory=Writes)
    change_batch: ChangeBatch | None = None  # by which all of it can be taken back

    @cached_property
    def year(self) -> int:
        return timezone.localdate(self.now).year


@dataclass
class Item:
    """One draft, the lead that it means, and what else was found for it."""

    draft: LeadDraft
    known: Known | None
    outcome: Outcome
    match: Match = field(default_factory=lambda: Match(customer=None, reason=""))
    vehicle: Vehicle | None = None
    new_tags: list[Tag] = field(default_factory=list)
    lost_tags: list[Tag] = field(default_factory=list)
    new_note: str = ""

    @property
    def lead(self) -> Lead | None:
        return self.known.lead if self.known else None


def add_enquiry(lead: Lead, item: Item, batch: Batch) -> Enquiry:
    enquiry = cases.enquiry_from(item.draft, lead, batch.catalogue, now=batch.now)
    enquiry.reason = item.match.reason
    if item.vehicle:
        refer(enquiry, "vehicle", item.vehicle)
    enquiry.entered_by_id = batch.actor.pk if batch.actor else None
    batch.writes.new_enquiries.append(enquiry)
    return enquiry


def finish(lead: Lead, draft: LeadDraft, batch: Batch, filled: Filled | None = None) -> None:
    """What is derived from the filled columns: subject, keys, warnings, score."""
    lead.subject = lead.subject or _compose_subject(lead)
    lead.set_keys()
    note_warnings(lead, draft, batch, filled.warnings if filled else [])
    lead.score = score_of(lead, weights=batch.dealer.score_weights, now=batch.now)


def note_warnings(lead: Lead, draft: LeadDraft, batch: Batch, also: Sequence[DraftWarning]) -> None:
    found = [one.as_json() for one in [*judge(lead, draft, batch.catalogue), *also]]
    # What a partial draft does not mention is as odd as before.
    kept = [one for one in lead.warnings if one not in found and not is_settled(one, lead, draft)]
    is_all = draft.is_complete and (draft.sender, draft.external_id) == (
        lead.sender,
        lead.external_id,
    )
    lead.warnings = found if is_all else kept + found


def _compose_subject(lead: Lead) -> str:
    """A lead without a subject is named after its source and vehicle, or its customer."""
    about = lead.vehicle_name or lead.full_name or _("enquiry without details")
    return f"{lead.source.name}: {about}"[:200]


def add_tags_and_note(lead: Lead, item: Item, batch: Batch) -> None:
    batch.writes.tags += [(lead, tag) for tag in item.new_tags]
    if item.new_note:
        write_down(lead, Activity.Kind.NOTE, batch, text=item.new_note)


def tell(kind: EventKind, lead: Lead, draft: LeadDraft, batch: Batch, **data: Any) -> None:
    sender = "" if batch.actor else draft.sender
    batch.writes.happened.append(Happened(kind, lead, sender, data))


def write_down(
    lead: Lead, kind: str, batch: Batch, *, text: str = "", sender: str = "", **data: Any
) -> None:
    batch.writes.activities.append(
        Activity(
            dealer=batch.dealer,
            lead=lead,
            kind=kind,
            at=batch.now,
            user=batch.actor,
            sender=sender,
            text=text,
            data=data,
        )
    )


def as_texts(changes: Sequence[Change]) -> tuple[tuple[str, str, str], ...]:
    return tuple((change.label, change.before, change.after) for change in changes)
