"""Drafts become leads: created, updated, recognised as repeated, or in conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import Tag
from leads.models.dealer import Dealer
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode
from leads.services.catalogue import Catalogue, resolve_catalogue
from leads.services.drafts import DraftWarning, LeadDraft, Receipt
from leads.services.filling import Change, fill_lead, is_settled, judge, set_column
from leads.services.handling import follow_status
from leads.services.matching import Match, match_customers
from leads.services.recognising import (
    KnownLeads,
    find_known_leads,
    known_lead,
    next_wave,
    outcome_for,
)
from leads.services.scoring import score_of
from leads.services.storing import Writes, present_notes, present_tags, store
from leads.services.vehicles import resolve_vehicles

_NOTE = "note"


@dataclass(frozen=True)
class _Batch:
    """What all steps of one batch need to know, and what they leave to be written."""

    dealer: Dealer
    catalogue: Catalogue
    now: datetime
    actor: User | None
    writes: Writes = field(default_factory=Writes)


@dataclass
class _Item:
    """One draft, the lead that it means, and what else was found for it."""

    draft: LeadDraft
    lead: Lead | None
    outcome: Outcome
    match: Match = field(default_factory=lambda: Match(customer=None, reason=""))
    vehicle: Vehicle | None = None
    new_tags: list[Tag] = field(default_factory=list)
    new_note: str = ""


@transaction.atomic
def receive(
    dealer: Dealer, drafts: Sequence[LeadDraft], *, now: datetime, actor: User | None = None
) -> list[Receipt]:
    """Store drafts as leads; one receipt per draft, in the same order.

    The same (sender, external_id) finds the lead received before: a higher version updates it,
    the same content is a repeat, other content under the same version a conflict, a lower
    version is ignored (BDK contract §4.7, rule 2). `number` finds a lead by our own number and
    changes what the draft says differently. Unknown sources and statuses are created.
    An update never resets status or owner unless the draft names them; notes and tags are added.

    Holds the dealer's row, so that two batches cannot create the same customer or number.
    The number of queries does not depend on the number of drafts. Raises UnknownCustomer.
    """
    locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
    last_number = locked.last_lead_number
    catalogue = resolve_catalogue(locked, drafts)
    receipts: dict[int, Receipt] = {}
    waiting = list(range(len(drafts)))
    while waiting:
        known = find_known_leads(locked, [drafts[position] for position in waiting])
        wave, waiting = next_wave(drafts, waiting, known)
        batch = _Batch(locked, catalogue, now, actor)
        received = _receive_wave([drafts[position] for position in wave], known, batch)
        receipts.update(zip(wave, received, strict=True))
    if locked.last_lead_number != last_number:
        locked.save(update_fields=["last_lead_number"])
    return [receipts[position] for position in range(len(drafts))]


def _receive_wave(drafts: Sequence[LeadDraft], known: KnownLeads, batch: _Batch) -> list[Receipt]:
    """Drafts that mean different leads: what they need is found for all of them together, then
    one is taken after the other without a query, then everything is written."""
    items = [_item(draft, known_lead(draft, known)) for draft in drafts]
    active = [one for one in items if one.outcome in (Outcome.CREATED, Outcome.UPDATED)]
    _find_customers(active, batch)
    _find_vehicles(active, batch)
    _find_new_tags(active, batch)
    _find_new_notes(active)
    receipts = [_receive_one(item, batch) for item in items]
    store(batch.writes, now=batch.now, actor=batch.actor)
    return receipts


def _item(draft: LeadDraft, lead: Lead | None) -> _Item:
    return _Item(draft, lead, outcome_for(lead, draft) if lead else Outcome.CREATED)


def _find_customers(items: Sequence[_Item], batch: _Batch) -> None:
    """Also for a lead that came without contact data, when it is told who is asking."""
    nameless = [item for item in items if item.lead is None or item.lead.customer_id is None]
    drafts = [item.draft for item in nameless]
    matches = match_customers(batch.dealer, drafts, now=batch.now)
    for item, match in zip(nameless, matches, strict=True):
        item.match = match


def _find_vehicles(items: Sequence[_Item], batch: _Batch) -> None:
    drafts = [item.draft for item in items]
    vehicles = resolve_vehicles(batch.dealer, drafts, batch.catalogue, now=batch.now)
    for item, vehicle in zip(items, vehicles, strict=True):
        item.vehicle = vehicle


def _find_new_tags(items: Sequence[_Item], batch: _Batch) -> None:
    """The tags that the lead does not have yet."""
    tagged = [item for item in items if item.draft.tags]
    present = present_tags(item.lead for item in tagged if item.lead)
    for item in tagged:
        tags = dict.fromkeys(map(batch.catalogue.tag, item.draft.tags))
        pk = item.lead.pk if item.lead else None
        item.new_tags = [tag for tag in tags if tag and (pk, tag.pk) not in present]


def _find_new_notes(items: Sequence[_Item]) -> None:
    """The note, unless the timeline has it already."""
    noted = [item for item in items if item.draft.note]
    present = present_notes(item.lead for item in noted if item.lead)
    for item in noted:
        pk = item.lead.pk if item.lead else None
        item.new_note = item.draft.note if (pk, item.draft.note) not in present else ""


def _receive_one(item: _Item, batch: _Batch) -> Receipt:
    if item.lead is None:
        return _create(item, batch)
    if item.outcome == Outcome.UPDATED:
        return _update(item.lead, item, batch)
    return _settle(item.lead, item.outcome, batch)


def _create(item: _Item, batch: _Batch) -> Receipt:
    draft, match = item.draft, item.match
    lead = Lead(
        dealer=batch.dealer,
        number=_next_number(batch),
        sender=draft.sender,
        external_id=draft.external_id,
        customer=match.customer,
        vehicle=item.vehicle,
        source=batch.catalogue.source(draft.source),
        status=batch.catalogue.status(draft.status),
        received_at=draft.received_at or batch.now,
        enquired_at=draft.enquired_at or draft.received_at or batch.now,
    )
    fill_lead(lead, draft, batch.catalogue)
    follow_status(lead, now=lead.received_at)
    _finish(lead, draft, batch.catalogue)
    batch.writes.new.append(lead)
    _write_down(lead, Activity.Kind.RECEIVED, batch, text=match.reason)
    _add_tags_and_note(lead, item, batch)
    return Receipt(outcome=Outcome.CREATED, lead=lead, reasons=(match.reason,))


def _next_number(batch: _Batch) -> str:
    """L-2026-000123: counted per dealer under its lock, never reused."""
    batch.dealer.last_lead_number += 1
    return f"L-{timezone.localtime(batch.now):%Y}-{batch.dealer.last_lead_number:06d}"


def _update(lead: Lead, item: _Item, batch: _Batch) -> Receipt:
    """Change a known lead; a draft that adds nothing to it is only a repeat."""
    draft = item.draft
    changes = fill_lead(lead, draft, batch.catalogue)
    if item.vehicle:
        changes += set_column(lead, "vehicle", item.vehicle)
    if item.match.customer:
        changes += set_column(lead, "customer", item.match.customer)
    label = str(Lead._meta.get_field("tags").verbose_name)
    changes += [Change("tags", label, "", tag.name) for tag in item.new_tags]
    if changes or draft.version != lead.external_version:
        follow_status(lead, now=batch.now)
        _finish(lead, draft, batch.catalogue)
        batch.writes.changed.append(lead)
    if changes:
        kind = Activity.Kind.CHANGED if batch.actor else Activity.Kind.UPDATED
        fields = list(dict.fromkeys(change.field for change in changes))
        _write_down(lead, kind, batch, text=_changed(changes), fields=fields)
    _add_tags_and_note(lead, item, batch)
    if item.new_note:
        changes.append(Change(_NOTE, str(Activity.Kind.NOTE.label), "", item.new_note))
    return _receipt_of_update(lead, changes)


def _changed(changes: Sequence[Change]) -> str:
    labels = dict.fromkeys(change.label for change in changes)
    return _("Changed: %(fields)s.") % {"fields": ", ".join(labels)}


def _receipt_of_update(lead: Lead, changes: Sequence[Change]) -> Receipt:
    if not changes:
        return Receipt(outcome=Outcome.REPEATED, lead=lead, reasons=(_("Nothing new in it."),))
    return Receipt(
        outcome=Outcome.UPDATED,
        lead=lead,
        reasons=(_changed(changes),),
        changes=tuple((change.label, change.before, change.after) for change in changes),
    )


def _finish(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> None:
    """What is derived from the filled columns: version, warnings, subject, score, keys."""
    if (draft.sender, draft.external_id) == (lead.sender, lead.external_id):
        lead.external_version = draft.version
        lead.content_hash = draft.content_hash
    lead.subject = lead.subject or _compose_subject(lead)
    lead.set_keys()
    found = [warning.as_json() for warning in judge(lead, draft, catalogue)]
    # What a partial draft does not mention is as odd as before.
    kept = [one for one in lead.warnings if one not in found and not is_settled(one, lead, draft)]
    lead.warnings = found if draft.is_complete else kept + found
    lead.score = score_of(lead)


def _compose_subject(lead: Lead) -> str:
    """A lead without a subject is named after its source and vehicle, or its customer."""
    about = lead.vehicle_name or lead.full_name or _("enquiry without details")
    return f"{lead.source.name}: {about}"[:200]


def _settle(lead: Lead, outcome: Outcome, batch: _Batch) -> Receipt:
    """Repeats and late versions change nothing; a conflict marks the lead for a person."""
    if outcome == Outcome.CONFLICT:
        flag = DraftWarning(WarningCode.VERSION_CONFLICT).as_json()
        if flag not in lead.warnings:
            lead.warnings = [*lead.warnings, flag]
            batch.writes.changed.append(lead)
        _write_down(lead, Activity.Kind.CONFLICT, batch)
    return Receipt(outcome=outcome, lead=lead, reasons=(_SETTLED[outcome](),))


_SETTLED = {
    Outcome.REPEATED: lambda: _("Received before, nothing new in it."),
    Outcome.IGNORED: lambda: _("Older than the version received before."),
    Outcome.CONFLICT: lambda: _("Same version as before with other content; both are kept."),
}


def _add_tags_and_note(lead: Lead, item: _Item, batch: _Batch) -> None:
    batch.writes.tags += [(lead, tag) for tag in item.new_tags]
    if item.new_note:
        _write_down(lead, Activity.Kind.NOTE, batch, text=item.new_note)


def _write_down(lead: Lead, kind: str, batch: _Batch, *, text: str = "", **data: Any) -> None:
    at = lead.received_at if kind == Activity.Kind.RECEIVED else batch.now
    batch.writes.activities.append(
        Activity(
            dealer=batch.dealer, lead=lead, kind=kind, at=at, user=batch.actor, text=text, data=data
        )
    )
