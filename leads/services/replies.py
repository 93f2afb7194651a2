"""Letters that belong to a lead: found by what they answer to, noted in its timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from leads.models.activity import Activity
from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry
from leads.models.keys import is_shared_mailbox
from leads.models.lead import Lead
from leads.models.task import Task
from leads.services import cases
from leads.services.handling import LeadGone
from leads.services.noting import add_activity


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came, and by what its lead may be found: the numbers under which messages of this
    `sender` stand in the ledger, our own lead numbers, and as the last resort the address of
    somebody who has exactly one open lead. `is_automatic`: nobody has written it."""

    sender: str
    message_ids: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    email: str = ""
    text: str = ""
    is_automatic: bool = False


def find_leads(dealer: Dealer, replies: Mapping[int, Reply]) -> dict[int, Lead]:
    """The lead of each reply that has one, by the caller's key. Three queries at most."""
    if not replies:
        return {}
    by_message = _by_message(dealer, list(replies.values()))
    numbers = {number for one in replies.values() for number in one.numbers}
    present = Lead.objects.for_dealer(dealer)
    by_number = {one.number: one for one in present.filter(number__in=numbers)} if numbers else {}
    by_email = _by_email(dealer, {one.email for one in replies.values()} - {""})
    found: dict[int, Lead] = {}
    for key, reply in replies.items():
        named = (by_message.get((reply.sender, one)) for one in reply.message_ids)
        numbered = (by_number.get(one) for one in reply.numbers)
        lead = next(filter(None, [*named, *numbered, by_email.get(reply.email)]), None)
        if lead is not None:
            found[key] = lead
    return found


def _by_message(dealer: Dealer, replies: Sequence[Reply]) -> dict[tuple[str, str], Lead]:
    ids = {one for reply in replies for one in reply.message_ids}
    if not ids:
        return {}
    rows = IntakeEntry.objects.for_dealer(dealer).filter(
        sender__in={reply.sender for reply in replies},
        outside_id__in=ids,
        lead__isnull=False,
        lead__deleted_at=None,
    )
    rows = rows.defer("raw", "corrected").select_related("lead")
    return {(row.sender, row.outside_id): row.lead for row in rows.order_by("pk") if row.lead}


def _by_email(dealer: Dealer, emails: set[str]) -> dict[str, Lead]:
    personal = {one for one in emails if not is_shared_mailbox(one)}
    if not personal:
        return {}
    rows = Lead.objects.for_dealer(dealer).filter(
        Q(email_key__in=personal), closed_at=None, is_test=False
    )
    found: dict[str, list[Lead]] = {}
    for lead in rows.order_by("pk"):
        found.setdefault(lead.email_key, []).append(lead)
    return {email: leads[0] for email, leads in found.items() if len(leads) == 1}


def attach_reply(lead: Lead, reply: Reply, *, now: datetime) -> bool:
    """Write the reply into the lead's timeline and tell its owner, unless a machine wrote it;
    False if the lead has gone meanwhile. Belongs into the transaction of its ledger entry."""
    try:
        add_activity(
            lead, Activity.Kind.MAIL_RECEIVED, reply.text, by=None, now=now, sender=reply.sender
        )
    except LeadGone:
        return False
    if not reply.is_automatic and lead.pk not in cases.alerted([lead]):
        task: Task = cases.alert(lead, now=now)
        task.save()
    return True
