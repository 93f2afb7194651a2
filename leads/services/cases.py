"""The same person asks again: whose open case the enquiry belongs to, and what it changes there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from leads.models.catalog import Stage
from leads.models.contact import ContactData
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.wishes import Urgency
from leads.services.catalogue import Catalogue
from leads.services.drafts import LeadDraft
from leads.services.inserting import blank, refer
from leads.services.recognising import lock_cases
from leads.services.unmapped import unknown_keys

# By customer: the lead that a further enquiry of this person belongs to.
Cases = dict[int, Lead]

_MORE_URGENT = {
    Urgency.LOW: Urgency.NORMAL,
    Urgency.NORMAL: Urgency.HIGH,
    Urgency.HIGH: Urgency.IMMEDIATE,
    Urgency.IMMEDIATE: Urgency.IMMEDIATE,
}


def find_cases(
    dealer: Dealer, customers: Iterable[int], known: Mapping[int, Lead], *, now: datetime
) -> Cases:
    """The case of each customer, locked: the newest open lead, otherwise the one that was closed
    last, if that is at most `dealer.reopen_days` ago. A sale that was won is not taken back: who
    asks after it begins a new case. Test leads are no cases.

    `known` are leads that the batch holds already; they stay the same objects. Three queries.
    """
    wanted = set(customers)
    if not wanted:
        return {}
    still_warm = Q(closed_at=None)
    if dealer.reopen_days:
        since = now - timedelta(days=dealer.reopen_days)
        still_warm |= Q(closed_at__gte=since) & ~Q(status__stage=Stage.WON)
    rows = Lead.objects.for_dealer(dealer).filter(still_warm, customer__in=wanted, is_test=False)
    found = rows.order_by("received_at", "pk").values_list("customer", "pk", "closed_at")
    # The last one written wins: closed ones before open ones, older before newer.
    in_order = sorted(found, key=lambda row: (row[2] is None, row[2] or now))
    chosen = {customer: pk for customer, pk, _closed_at in in_order}
    leads = {**lock_cases(set(chosen.values()) - set(known)), **known}
    return {customer: leads[pk] for customer, pk in chosen.items() if pk in leads}


def may_join(draft: LeadDraft, catalogue: Catalogue) -> bool:
    """Whether the draft may become part of a case: not a test, not spam, not told as finished."""
    if not draft.attaches or draft.is_test or draft.is_spam:
        return False
    return not draft.status or catalogue.status(draft.status).is_open


def more_urgent(lead: Lead) -> Urgency:
    """Somebody who asks twice should wait less."""
    return _MORE_URGENT[Urgency(lead.urgency)]


def enquiry_from(draft: LeadDraft, lead: Lead, catalogue: Catalogue, *, now: datetime) -> Enquiry:
    """A new enquiry, not stored; its vehicle is set by the caller."""
    enquiry = blank(Enquiry, dealer_id=lead.dealer_id, received_at=draft.received_at or now)
    refer(enquiry, "lead", lead)
    fill_enquiry(enquiry, draft, catalogue)
    return enquiry


def fill_enquiry(enquiry: Enquiry, draft: LeadDraft, catalogue: Catalogue) -> None:
    """What this enquiry itself said; a later version says it anew."""
    enquiry.sender, enquiry.external_id = draft.sender, draft.external_id
    enquiry.version, enquiry.content_hash = draft.version, draft.content_hash
    if enquiry.source_id is None or draft.source:
        refer(enquiry, "source", catalogue.source(draft.source))
    if lead_type := catalogue.lead_type(draft.lead_type):
        refer(enquiry, "lead_type", lead_type)
    enquiry.unknown_names = unknown_keys(draft, catalogue, enquiry.unknown_names)
    enquiry.vehicle_name = draft.vehicle.name[:300] or enquiry.vehicle_name
    for name in ("subject", "message", "campaign"):
        setattr(enquiry, name, getattr(draft, name) or getattr(enquiry, name))
    if enquiry.enquired_at is None or draft.enquired_at:
        enquiry.enquired_at = draft.enquired_at or enquiry.received_at


def contact_that_differs(draft: LeadDraft, lead: Lead) -> dict[str, str]:
    """Contact data of the draft that are not those of the case."""
    said = {name: getattr(draft.contact, name) for name in ContactData.CONTACT_FIELDS}
    return {name: value for name, value in said.items() if value and value != getattr(lead, name)}


def note_enquiry(lead: Lead, enquiry: Enquiry) -> None:
    """Count the enquiry on its case."""
    lead.enquiry_count += 1
    lead.last_enquired_at = max(lead.last_enquired_at or enquiry.enquired_at, enquiry.enquired_at)


def alert(lead: Lead, *, now: datetime) -> Task:
    """The task that tells the owner of an open case; due at once."""
    return Task(
        dealer_id=lead.dealer_id,
        lead=lead,
        kind=Task.Kind.ENQUIRED_AGAIN,
        owner=lead.owner,
        due_at=now,
        created_at=now,
    )


def alerted(leads: Iterable[Lead]) -> set[int]:
    """The leads whose owner has been told and has not looked yet."""
    rows = Task.objects.filter(lead__in=[lead.pk for lead in leads if lead.pk]).open()
    return set(rows.filter(kind=Task.Kind.ENQUIRED_AGAIN).values_list("lead_id", flat=True))


def reason_for(lead: Lead, *, is_reopened: bool) -> str:
    if is_reopened:
        return _("Reopens the lead %(number)s.") % {"number": lead.number}
    return _("Belongs to the open lead %(number)s.") % {"number": lead.number}
