"""The same person asks again: the enquiry becomes part of the case."""

from __future__ import annotations

from leads.models.activity import Activity
from leads.models.event import EventKind
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.services import cases
from leads.services.batch import (
    Batch,
    Item,
    add_enquiry,
    add_tags_and_note,
    as_texts,
    finish,
    tell,
    write_down,
)
from leads.services.drafts import Receipt
from leads.services.filling import fill_gaps
from leads.services.handling import follow_status
from leads.services.lead_changes import set_column
from leads.services.storing import Happened


def attach(lead: Lead, item: Item, batch: Batch) -> Receipt:
    """One more enquiry of a case: what it did not know is filled in, it becomes more urgent, its
    owner is told, and if it was closed it opens again."""
    draft, is_reopened = item.draft, not lead.status.is_open
    enquiry = add_enquiry(lead, item, batch)
    cases.note_enquiry(lead, enquiry)
    changes = fill_gaps(lead, draft, batch.catalogue).changes
    changes += set_column(lead, "urgency", cases.more_urgent(lead))
    enquiry.contact = cases.contact_that_differs(draft, lead)
    if item.vehicle and lead.vehicle_id is None:
        changes += set_column(lead, "vehicle", item.vehicle)
    if is_reopened:
        _reopen(lead, batch)
    lead.last_activity_at = batch.now
    finish(lead, draft, batch)
    batch.writes.change(lead)
    tell(EventKind.LEAD_ENQUIRED_AGAIN, lead, draft, batch)
    _alert_owner(lead, batch)
    add_tags_and_note(lead, item, batch)
    reasons = (item.match.reason, cases.reason_for(lead, is_reopened=is_reopened))
    return Receipt(outcome=Outcome.ATTACHED, lead=lead, reasons=reasons, changes=as_texts(changes))


def _reopen(lead: Lead, batch: Batch) -> None:
    """With its owner, as new: nobody has reacted to what was asked now."""
    before, lead.status = lead.status, batch.catalogue.status("")
    follow_status(lead, now=batch.now)
    write_down(lead, Activity.Kind.REOPENED, batch, text=f"{before} → {lead.status}")
    batch.writes.happened.append(Happened(EventKind.LEAD_REOPENED, lead, "", {}))


def _alert_owner(lead: Lead, batch: Batch) -> None:
    if lead.pk is None or lead.pk in batch.alerted:
        return  # nobody has seen the first one yet
    batch.alerted.add(lead.pk)
    batch.writes.tasks.append(cases.alert(lead, now=batch.now))
