"""Drafts become leads: created, added to an open case, updated, repeated, or in conflict."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from django.db import transaction
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.change_batch import ChangeBatch
from leads.models.columns import columns_of, read_rows
from leads.models.dealer import Dealer
from leads.models.event import EventKind
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.warning import WarningCode
from leads.services import cases
from leads.services.attaching import attach
from leads.services.batch import (
    Batch,
    Item,
    add_enquiry,
    add_tags_and_note,
    finish,
    tell,
    write_down,
)
from leads.services.catalogue import resolve_catalogue
from leads.services.drafts import DraftWarning, LeadDraft, Receipt
from leads.services.filling import fill_new
from leads.services.handling import follow_status
from leads.services.inserting import blank, refer
from leads.services.matching import match_customers
from leads.services.recognising import (
    Known,
    KnownLeads,
    find_known_leads,
    known_lead,
    next_wave,
    outcome_for,
)
from leads.services.storing import present_notes, present_tags, store
from leads.services.unmapped import note_unmapped
from leads.services.updating import update
from leads.services.vehicles import resolve_vehicles


@transaction.atomic(savepoint=False)  # as a whole or not at all, whoever calls
def receive(
    dealer: Dealer,
    drafts: Sequence[LeadDraft],
    *,
    now: datetime,
    actor: User | None = None,
    change_batch: ChangeBatch | None = None,
) -> list[Receipt]:
    """Store drafts as leads; one receipt per draft, in the same order.

    The same (sender, external_id) finds the enquiry received before: a higher version updates
    it, the same content is a repeat, other content under the same version a conflict, a lower
    version is ignored (BDK contract §4.7, rule 2). `number` finds a lead by our own number and
    changes what the draft says differently. A new enquiry of a person who has an open lead
    becomes part of it; a lead closed not long ago is reopened (cases.py). Unknown sources and
    statuses are created. An update never resets status or owner unless the draft names them, nor
    anything that staff have set later; notes and tags are added, and a known lead loses the tags
    that the draft takes away.

    With `change_batch` all of it can be taken back together (undoing.py).

    Holds the dealer's row, so that two batches cannot create the same customer or number.
    The number of queries does not depend on the number of drafts. Raises UnknownCustomer.
    """
    locked = _lock(dealer, numbers=len(drafts))
    reserved = locked.last_lead_number + len(drafts)
    catalogue = resolve_catalogue(locked, drafts, now=now, change_batch=change_batch)
    receipts: dict[int, Receipt] = {}
    waiting = list(range(len(drafts)))
    while waiting:
        known = find_known_leads(locked, [drafts[position] for position in waiting])
        wave, waiting = next_wave(drafts, waiting, known)
        batch = Batch(locked, catalogue, now, actor, change_batch=change_batch)
        received = _receive_wave([drafts[position] for position in wave], known, batch)
        store(batch.writes, now=now, actor=actor, change_batch=change_batch)
        receipts.update(zip(wave, received, strict=True))
    if locked.last_lead_number != reserved:
        locked.save(update_fields=["last_lead_number"])  # what was not used is given back
    in_order = [receipts[position] for position in range(len(drafts))]
    note_unmapped(locked, drafts, [one.lead for one in in_order], catalogue, now=now)
    return in_order


def foresee(
    dealer: Dealer, drafts: Sequence[LeadDraft], *, now: datetime, actor: User | None = None
) -> list[Receipt]:
    """The receipts that `receive` would give, leaving nothing behind; new leads in them have no
    primary key. Several drafts that name one lead are each compared with the lead as it is now."""
    receipts: dict[int, Receipt] = {}
    waiting = list(range(len(drafts)))
    while waiting:
        with transaction.atomic():
            catalogue = resolve_catalogue(dealer, drafts, now=now)
            known = find_known_leads(dealer, [drafts[position] for position in waiting])
            wave, waiting = next_wave(drafts, waiting, known)
            batch = Batch(dealer, catalogue, now, actor)
            found = _receive_wave([drafts[position] for position in wave], known, batch)
            receipts.update(zip(wave, found, strict=True))
            transaction.set_rollback(True)
    return [receipts[position] for position in range(len(drafts))]


def _lock(dealer: Dealer, *, numbers: int) -> Dealer:
    """The dealer as it is now, locked, with as many lead numbers set aside: one statement, where
    locking and counting up would be two. Nearly every draft is a new lead."""
    [(locked, _rest)] = read_rows(Dealer, _lock_statement(), [numbers, dealer.pk])
    locked.last_lead_number -= numbers
    return locked


@cache
def _lock_statement() -> str:
    return (
        f"UPDATE {Dealer._meta.db_table} SET last_lead_number = last_lead_number + %s"  # noqa: S608
        f" WHERE id = %s RETURNING {columns_of(Dealer)}"
    )


def _receive_wave(drafts: Sequence[LeadDraft], known: KnownLeads, batch: Batch) -> list[Receipt]:
    """Drafts that name different leads: what they need is found for all of them together, then
    one is taken after the other without a query. The caller writes what this leaves to be
    written."""
    items = [_item(draft, known_lead(draft, known)) for draft in drafts]
    active = [one for one in items if one.outcome in (Outcome.CREATED, Outcome.UPDATED)]
    _find_customers(active, batch)
    _find_cases(active, known, batch)
    _find_vehicles(active, batch)
    _find_tags(active, batch)
    _find_new_notes(active, batch)
    return [_receive_one(item, batch) for item in items]


def _item(draft: LeadDraft, known: Known | None) -> Item:
    return Item(draft, known, outcome_for(known, draft) if known else Outcome.CREATED)


def _find_customers(items: Sequence[Item], batch: Batch) -> None:
    """Also for a lead that came without contact data, when it is told who is asking."""
    nameless = [item for item in items if item.lead is None or item.lead.customer_id is None]
    drafts = [item.draft for item in nameless]
    matches = match_customers(batch.dealer, drafts, now=batch.now)
    for item, match in zip(nameless, matches, strict=True):
        item.match = match
        if match.is_new and match.customer:
            batch.writes.new_customers.append((match.customer, item.draft.sender))


def _find_cases(items: Sequence[Item], known: KnownLeads, batch: Batch) -> None:
    """The open cases of those who are known here already."""
    asking = [
        item.match.customer.pk
        for item in items
        if item.lead is None
        and item.match.customer
        and not item.match.is_new
        and cases.may_join(item.draft, batch.catalogue)
    ]
    held = {one.lead.pk: one.lead for one in known.values()}
    batch.cases.update(cases.find_cases(batch.dealer, asking, held, now=batch.now))
    if batch.cases:
        batch.alerted.update(cases.alerted(batch.cases.values()))


def _find_vehicles(items: Sequence[Item], batch: Batch) -> None:
    drafts = [item.draft for item in items]
    vehicles = resolve_vehicles(
        batch.dealer, drafts, batch.catalogue, now=batch.now, change_batch=batch.change_batch
    )
    for item, vehicle in zip(items, vehicles, strict=True):
        item.vehicle = vehicle


def _find_tags(items: Sequence[Item], batch: Batch) -> None:
    """The tags that the lead does not have yet, and those that it loses."""
    tagged = [item for item in items if item.draft.tags or item.draft.removed_tags]
    present = present_tags(filter(None, (_lead_or_case(item, batch) for item in tagged)))
    for item in tagged:
        tags = dict.fromkeys(map(batch.catalogue.tag, item.draft.tags))
        removed = dict.fromkeys(map(batch.catalogue.tag, item.draft.removed_tags))
        lead = _lead_or_case(item, batch)
        pk = lead.pk if lead else None
        item.new_tags = [tag for tag in tags if tag and (pk, tag.pk) not in present]
        item.lost_tags = [
            tag for tag in removed if tag and tag not in tags and (pk, tag.pk) in present
        ]


def _find_new_notes(items: Sequence[Item], batch: Batch) -> None:
    """The note, unless the timeline has it already."""
    noted = [item for item in items if item.draft.note]
    present = present_notes(filter(None, (_lead_or_case(item, batch) for item in noted)))
    for item in noted:
        lead = _lead_or_case(item, batch)
        pk = lead.pk if lead else None
        item.new_note = item.draft.note if (pk, item.draft.note) not in present else ""


def _lead_or_case(item: Item, batch: Batch) -> Lead | None:
    """The stored lead that the draft will end in, if there is one already."""
    if item.lead:
        return item.lead
    return batch.cases.get(item.match.customer.pk) if item.match.customer else None


def _receive_one(item: Item, batch: Batch) -> Receipt:
    if item.known is None:
        case = _case_for(item, batch)
        return attach(case, item, batch) if case else _create(item, batch)
    if item.outcome == Outcome.UPDATED:
        return update(item.known, item, batch)
    return _settle(item.known.lead, item.outcome, batch)


def _case_for(item: Item, batch: Batch) -> Lead | None:
    customer = item.match.customer
    if customer is None or not cases.may_join(item.draft, batch.catalogue):
        return None
    return batch.cases.get(customer.pk)


def _create(item: Item, batch: Batch) -> Receipt:
    draft, match = item.draft, item.match
    lead = blank(Lead)
    refer(lead, "dealer", batch.dealer)
    lead.number = _next_number(batch)
    lead.sender, lead.external_id = draft.sender, draft.external_id
    refer(lead, "customer", match.customer)
    if item.vehicle:
        refer(lead, "vehicle", item.vehicle)
    lead.received_at = lead.last_activity_at = draft.received_at or batch.now
    lead.enquired_at = lead.last_enquired_at = draft.enquired_at or lead.received_at
    fill_new(lead, draft, batch.catalogue)
    follow_status(lead, now=lead.received_at)
    finish(lead, draft, batch)
    batch.writes.new.append(lead)
    add_enquiry(lead, item, batch)
    tell(EventKind.LEAD_CREATED, lead, draft, batch)
    add_tags_and_note(lead, item, batch)
    if lead.customer_id and cases.may_join(draft, batch.catalogue):
        batch.cases.setdefault(lead.customer_id, lead)
    return Receipt(outcome=Outcome.CREATED, lead=lead, reasons=(match.reason,))


def _next_number(batch: Batch) -> str:
    """L-2026-000123: counted per dealer under its lock, never reused."""
    batch.dealer.last_lead_number += 1
    return f"L-{batch.year}-{batch.dealer.last_lead_number:06d}"


def _settle(lead: Lead, outcome: Outcome, batch: Batch) -> Receipt:
    """Repeats and late versions change nothing; a conflict marks the lead for a person."""
    if outcome == Outcome.CONFLICT:
        flag = DraftWarning(WarningCode.VERSION_CONFLICT).as_json()
        if flag not in lead.warnings:
            lead.warnings = [*lead.warnings, flag]
            batch.writes.change(lead)
        write_down(lead, Activity.Kind.CONFLICT, batch)
    reason = _("It is in the bin.") if lead.deleted_at else _SETTLED[outcome]()
    return Receipt(outcome=outcome, lead=lead, reasons=(reason,))


_SETTLED = {
    Outcome.REPEATED: lambda: _("Received before, nothing new in it."),
    Outcome.IGNORED: lambda: _("Older than the version received before."),
    Outcome.CONFLICT: lambda: _("Same version as before with other content; both are kept."),
}
