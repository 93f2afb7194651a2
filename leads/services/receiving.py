"""Drafts become leads: created, updated, recognised as repeated, or in conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.dealer import Dealer
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle
from leads.models.warning import WarningCode
from leads.services.catalogue import Catalogue, resolve_catalogue
from leads.services.drafts import DraftWarning, LeadDraft, Receipt
from leads.services.filling import Change, fill_lead, judge
from leads.services.handling import follow_status
from leads.services.matching import Match, match_customers
from leads.services.scoring import score_of
from leads.services.vehicles import resolve_vehicles


@dataclass(frozen=True)
class _Batch:
    """What all steps of one batch need to know."""

    dealer: Dealer
    catalogue: Catalogue
    now: datetime
    actor: User | None


@transaction.atomic
def receive(
    dealer: Dealer, drafts: Sequence[LeadDraft], *, now: datetime, actor: User | None = None
) -> list[Receipt]:
    """Store drafts as leads; one receipt per draft, in the same order.

    The same (sender, external_id) finds the lead received before: a higher version updates it,
    the same content is a repeat, other content under the same version a conflict, a lower
    version is ignored (BDK contract §4.7, rule 2). `number` finds a lead by our own number and
    changes what the draft says differently. Unknown sources and statuses are created.
    An update never resets status, owner or notes unless the draft names them.

    Holds the dealer's row, so that two batches cannot create the same customer or number.
    The number of queries does not depend on the number of drafts. Raises UnknownCustomer.
    """
    locked = Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)
    batch = _Batch(locked, resolve_catalogue(locked, drafts), now, actor)
    receipts: dict[int, Receipt] = {}
    for wave in _waves(drafts):
        received = _receive_wave([drafts[position] for position in wave], batch)
        receipts.update(zip(wave, received, strict=True))
    return [receipts[position] for position in range(len(drafts))]


def _waves(drafts: Sequence[LeadDraft]) -> list[list[int]]:
    """Positions in groups that name each lead once: a second version of a lead must find the
    first one stored. Nearly always this is a single group."""
    waves: list[list[int]] = []
    times_seen: dict[object, int] = {}
    for position, draft in enumerate(drafts):
        identity: object = position
        if draft.number:
            identity = draft.number
        elif draft.external_id:
            identity = (draft.sender, draft.external_id)
        nth = times_seen.get(identity, 0)
        times_seen[identity] = nth + 1
        if nth == len(waves):
            waves.append([])
        waves[nth].append(position)
    return waves


def _receive_wave(drafts: Sequence[LeadDraft], batch: _Batch) -> list[Receipt]:
    known = _find_known_leads(batch.dealer, drafts)
    new: dict[int, LeadDraft] = {}
    changed: dict[int, tuple[Lead, LeadDraft]] = {}
    settled: dict[int, tuple[Lead, LeadDraft]] = {}
    for position, draft in enumerate(drafts):
        lead = _known_lead(draft, known)
        if lead is None:
            new[position] = draft
        elif _outcome_for(lead, draft) == Outcome.UPDATED:
            changed[position] = lead, draft
        else:
            settled[position] = lead, draft
    receipts = dict(zip(new, _create(list(new.values()), batch), strict=True))
    receipts |= zip(changed, _update(list(changed.values()), batch), strict=True)
    receipts |= zip(settled, _settle(list(settled.values()), batch), strict=True)
    return [receipts[position] for position in range(len(drafts))]


def _find_known_leads(dealer: Dealer, drafts: Sequence[LeadDraft]) -> dict[object, Lead]:
    """Leads by own number and by (sender, external id): two queries, one per index."""
    rows = Lead.objects.for_dealer(dealer).select_related(
        "status", "source", "category", "close_reason", "owner", "location", "lead_type", "vehicle"
    )
    ids = {draft.external_id for draft in drafts if draft.external_id}
    senders = {draft.sender for draft in drafts}
    found: dict[object, Lead] = {}
    if ids:
        for lead in rows.filter(~Q(external_id=""), sender__in=senders, external_id__in=ids):
            found[lead.sender, lead.external_id] = lead
    numbers = {draft.number for draft in drafts if draft.number}
    if numbers:
        found |= {lead.number: lead for lead in rows.filter(number__in=numbers)}
    return found


def _known_lead(draft: LeadDraft, known: Mapping[object, Lead]) -> Lead | None:
    if draft.number and draft.number in known:
        return known[draft.number]
    return known.get((draft.sender, draft.external_id)) if draft.external_id else None


def _outcome_for(lead: Lead, draft: LeadDraft) -> Outcome:
    """What the draft means for a lead we have; decided by version, then by content."""
    if draft.number == lead.number:
        return Outcome.UPDATED  # edited in a list exported here: compared cell by cell
    if draft.version > lead.external_version:
        return Outcome.UPDATED
    if draft.version < lead.external_version:
        return Outcome.IGNORED
    if draft.content_hash == lead.content_hash:
        return Outcome.REPEATED
    # A sender that numbers its versions broke its word; one that does not just sends changes.
    return Outcome.CONFLICT if draft.is_complete else Outcome.UPDATED


def _create(drafts: Sequence[LeadDraft], batch: _Batch) -> list[Receipt]:
    if not drafts:
        return []
    matches = match_customers(batch.dealer, drafts, now=batch.now)
    vehicles = resolve_vehicles(batch.dealer, drafts, batch.catalogue, now=batch.now)
    leads = [
        _new_lead(draft, match, vehicle, batch)
        for draft, match, vehicle in zip(drafts, matches, vehicles, strict=True)
    ]
    _number(leads, batch)
    Lead.objects.bulk_create(leads)
    Lead.history.bulk_history_create(leads, default_user=batch.actor, default_date=batch.now)
    _store_tags(zip(leads, drafts, strict=True), batch.catalogue)
    _write_timeline(_first_activities(leads, drafts, matches, batch))
    return [
        Receipt(outcome=Outcome.CREATED, lead=lead, reasons=(match.reason,))
        for lead, match in zip(leads, matches, strict=True)
    ]


def _new_lead(draft: LeadDraft, match: Match, vehicle: Vehicle | None, batch: _Batch) -> Lead:
    lead = Lead(
        dealer=batch.dealer,
        sender=draft.sender,
        external_id=draft.external_id,
        customer=match.customer,
        vehicle=vehicle,
        source=batch.catalogue.source(draft.source),
        status=batch.catalogue.status(draft.status),
        received_at=draft.received_at or batch.now,
        enquired_at=draft.enquired_at or draft.received_at or batch.now,
    )
    fill_lead(lead, draft, batch.catalogue)
    if not lead.status.is_open:
        lead.closed_at = lead.received_at
    _finish(lead, draft, batch.catalogue)
    return lead


def _finish(lead: Lead, draft: LeadDraft, catalogue: Catalogue) -> None:
    """What is derived from the filled columns: version, warnings, subject, score, keys."""
    if (draft.sender, draft.external_id) == (lead.sender, lead.external_id):
        lead.external_version = draft.version
        lead.content_hash = draft.content_hash
    lead.subject = lead.subject or _compose_subject(lead)
    lead.set_keys()
    found = [warning.as_json() for warning in judge(lead, draft, catalogue)]
    # What a partial draft does not mention is as odd as before.
    kept = [] if draft.is_complete else [one for one in lead.warnings if one not in found]
    lead.warnings = kept + found
    lead.score = score_of(lead)


def _compose_subject(lead: Lead) -> str:
    """A lead without a subject is named after its source and vehicle, or its customer."""
    about = lead.vehicle_name or lead.full_name or _("enquiry without details")
    return f"{lead.source.name}: {about}"[:200]


def _number(leads: Sequence[Lead], batch: _Batch) -> None:
    """L-2026-000123: counted per dealer under its lock, never reused."""
    dealer = batch.dealer
    for lead in leads:
        dealer.last_lead_number += 1
        lead.number = f"L-{batch.now:%Y}-{dealer.last_lead_number:06d}"
        lead.set_keys()
    dealer.save(update_fields=["last_lead_number"])


def _store_tags(pairs: Iterable[tuple[Lead, LeadDraft]], catalogue: Catalogue) -> None:
    through = Lead.tags.through
    rows = {(lead.pk, catalogue.tag(name).pk) for lead, draft in pairs for name in draft.tags}
    if rows:
        through.objects.bulk_create(
            [through(lead_id=lead, tag_id=tag) for lead, tag in sorted(rows)],
            ignore_conflicts=True,
        )


def _first_activities(
    leads: Sequence[Lead],
    drafts: Sequence[LeadDraft],
    matches: Sequence[Match],
    batch: _Batch,
) -> list[Activity]:
    activities = []
    for lead, draft, match in zip(leads, drafts, matches, strict=True):
        activities.append(_activity(lead, Activity.Kind.RECEIVED, batch, text=match.reason))
        if draft.note:
            activities.append(_activity(lead, Activity.Kind.NOTE, batch, text=draft.note))
    return activities


def _activity(lead: Lead, kind: str, batch: _Batch, *, text: str = "", **data: Any) -> Activity:
    at = lead.received_at if kind == Activity.Kind.RECEIVED else batch.now
    return Activity(
        dealer=batch.dealer, lead=lead, kind=kind, at=at, user=batch.actor, text=text, data=data
    )


def _write_timeline(activities: Sequence[Activity]) -> None:
    if activities:
        Activity.objects.bulk_create(activities)


def _update(pairs: Sequence[tuple[Lead, LeadDraft]], batch: _Batch) -> list[Receipt]:
    """Change known leads; one whose columns all stay as they are is only a repeat."""
    if not pairs:
        return []
    vehicles = resolve_vehicles(
        batch.dealer, [draft for _lead, draft in pairs], batch.catalogue, now=batch.now
    )
    receipts, activities, touched = [], [], []
    for (lead, draft), vehicle in zip(pairs, vehicles, strict=True):
        changes = fill_lead(lead, draft, batch.catalogue)
        lead.vehicle = vehicle or lead.vehicle
        receipts.append(_receipt_of_update(lead, changes))
        if not changes and draft.version == lead.external_version:
            continue
        follow_status(lead, now=batch.now)
        _finish(lead, draft, batch.catalogue)
        touched.append((lead, draft))
        activities += _update_activities(lead, draft, changes, batch)
    _save([lead for lead, _draft in touched], batch)
    _store_tags(touched, batch.catalogue)
    _write_timeline(activities)
    return receipts


def _receipt_of_update(lead: Lead, changes: Sequence[Change]) -> Receipt:
    if not changes:
        return Receipt(outcome=Outcome.REPEATED, lead=lead, reasons=(_("Nothing new in it."),))
    names = ", ".join(change.label for change in changes)
    return Receipt(
        outcome=Outcome.UPDATED,
        lead=lead,
        reasons=(_("Changed: %(fields)s.") % {"fields": names},),
        changes=tuple((change.label, change.before, change.after) for change in changes),
    )


def _update_activities(
    lead: Lead, draft: LeadDraft, changes: Sequence[Change], batch: _Batch
) -> list[Activity]:
    if not changes:
        return []
    kind = Activity.Kind.CHANGED if batch.actor else Activity.Kind.UPDATED
    names = ", ".join(change.label for change in changes)
    text = _("Changed: %(fields)s.") % {"fields": names}
    activities = [_activity(lead, kind, batch, text=text, fields=[one.field for one in changes])]
    if draft.note:
        activities.append(_activity(lead, Activity.Kind.NOTE, batch, text=draft.note))
    return activities


def _settle(pairs: Sequence[tuple[Lead, LeadDraft]], batch: _Batch) -> list[Receipt]:
    """Repeats and late versions change nothing; a conflict marks the lead for a person."""
    receipts, in_conflict = [], []
    for lead, draft in pairs:
        outcome = _outcome_for(lead, draft)
        if outcome == Outcome.CONFLICT:
            in_conflict.append(lead)
        receipts.append(Receipt(outcome=outcome, lead=lead, reasons=(_SETTLED[outcome](),)))
    for lead in in_conflict:
        flag = DraftWarning(WarningCode.VERSION_CONFLICT).as_json()
        if flag not in lead.warnings:
            lead.warnings = [*lead.warnings, flag]
    _save(in_conflict, batch)
    _write_timeline([_activity(lead, Activity.Kind.CONFLICT, batch) for lead in in_conflict])
    return receipts


_SETTLED = {
    Outcome.REPEATED: lambda: _("Received before, nothing new in it."),
    Outcome.IGNORED: lambda: _("Older than the version received before."),
    Outcome.CONFLICT: lambda: _("Same version as before with other content; both are kept."),
}


def _save(leads: Sequence[Lead], batch: _Batch) -> None:
    """One upsert and one history insert for any number of leads."""
    if not leads:
        return
    for lead in leads:
        lead.updated_at = batch.now
    columns = [field.name for field in Lead._meta.concrete_fields if not field.primary_key]
    Lead.objects.bulk_create(
        leads, update_conflicts=True, unique_fields=["pk"], update_fields=columns
    )
    Lead.history.bulk_history_create(
        leads, update=True, default_user=batch.actor, default_date=batch.now
    )
