"""An outside system changes a lead that it knows by our id."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from leads.models.catalog import Tag
from leads.models.dealer import Dealer
from leads.models.intake import Channel, Outcome
from leads.models.keys import catalog_key
from leads.models.lead import Lead
from leads.services.batch import Batch, Item
from leads.services.catalogue import Catalogue, resolve_catalogue
from leads.services.drafts import LeadDraft, Receipt
from leads.services.handling import LeadGone
from leads.services.intake import Message, new_entry
from leads.services.matching import Match, match_customers
from leads.services.recognising import Known, lock_cases
from leads.services.storing import present_notes, store, tags_of
from leads.services.unmapped import note_unmapped
from leads.services.updating import update
from leads.services.vehicles import resolve_vehicles


@transaction.atomic
def change_lead(
    dealer: Dealer,
    pk: int,
    draft: LeadDraft,
    *,
    now: datetime,
    check: Callable[[Lead], None] = lambda lead: None,
    message: Message | None = None,
) -> Receipt:
    """Change what the draft says, and empty the columns that it clears; all else stays.

    The outcome is "updated", or "repeated" if nothing was different. What staff have set later
    than `draft.changed_at` stays too, with a warning, unless the draft overrides them. `check` is
    asked about the lead once nobody else can change it, and raises what speaks against the
    change. `message` is what the system sent: it is written into the ledger with the outcome.
    Locks the dealer, then the lead. Raises LeadGone and UnknownCustomer.
    """
    locked = lock_dealer(dealer)
    lead = lock_lead(locked, pk)
    if lead is None:
        raise LeadGone
    check(lead)
    batch = Batch(locked, resolve_catalogue(locked, [draft], now=now), now, None)
    known = Known(lead)
    item = Item(draft, known, Outcome.UPDATED)
    item.match = _customer(lead, batch, draft)
    [item.vehicle] = resolve_vehicles(locked, [draft], batch.catalogue, now=now)
    _find_tags(item, lead, batch.catalogue)
    if draft.note and (lead.pk, draft.note) not in present_notes([lead]):
        item.new_note = draft.note
    receipt = update(known, item, batch)
    store(batch.writes, now=now, actor=None)
    note_unmapped(locked, [draft], [lead], batch.catalogue, now=now)
    if message is not None:
        entry = new_entry(
            locked, message, channel=Channel.API, sender=draft.sender, now=now, times=1
        )
        entry.note_outcome(receipt.outcome, lead, receipt.reasons, now=now)
        entry.save(force_insert=True)
    return receipt


def lock_dealer(dealer: Dealer) -> Dealer:
    """Nobody else brings leads or merges them until the transaction ends. Locked before any lead
    is, here as everywhere."""
    return Dealer.objects.select_for_update(no_key=True).get(pk=dealer.pk)


def lock_lead(dealer: Dealer, pk: int) -> Lead | None:
    """The lead, which nobody else changes until the transaction ends; None if it is gone."""
    if not Lead.objects.for_dealer(dealer).filter(pk=pk).exists():
        return None
    lead = lock_cases({pk}).get(pk)
    return None if lead is None or lead.deleted_at is not None else lead


def _customer(lead: Lead, batch: Batch, draft: LeadDraft) -> Match:
    """The customer that is named; for a lead that has none, also the one that is described."""
    if draft.customer_id is None and (lead.customer_id or draft.contact.is_empty):
        return Match(customer=None, reason="")
    [match] = match_customers(batch.dealer, [draft], now=batch.now)
    if match.is_new and match.customer:
        batch.writes.new_customers.append((match.customer, draft.sender))
    return match


def _find_tags(item: Item, lead: Lead, catalogue: Catalogue) -> None:
    """Those that the lead gets and those that it loses."""
    draft = item.draft
    is_replacing = "tags" in draft.cleared
    if not (draft.tags or draft.removed_tags or is_replacing):
        return
    present = tags_of(lead)
    named = list(dict.fromkeys(filter(None, map(catalogue.tag, draft.tags))))
    item.new_tags = [tag for tag in named if tag not in present]
    removed = {catalog_key(name) for name in draft.removed_tags}
    item.lost_tags = [
        tag for tag in present if (is_replacing and tag not in named) or _is_called(tag, removed)
    ]


def _is_called(tag: Tag, keys: set[str]) -> bool:
    return not keys.isdisjoint(tag.spellings())
