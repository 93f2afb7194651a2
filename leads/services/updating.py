"""A known lead is told again: what changes, and who hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.event import EventKind
from leads.models.intake import Outcome
from leads.models.lead import Lead
from leads.services import cases
from leads.services.batch import (
    Batch,
    Item,
    add_tags_and_note,
    as_texts,
    finish,
    tell,
    write_down,
)
from leads.services.drafts import LeadDraft, Receipt
from leads.services.filling import Filled, fill_column, fill_lead, fill_named, staff_wins
from leads.services.handling import follow_status
from leads.services.judging import judge
from leads.services.lead_changes import Change
from leads.services.recognising import Known
from leads.services.storing import Happened

_NOTE = "note"


def update(known: Known, item: Item, batch: Batch) -> Receipt:
    """Change a known lead; a draft that adds nothing to it is only a repeat."""
    draft, lead = item.draft, known.lead
    before = lead.status, lead.owner_id
    filled = _fill(known, draft, batch)
    changes = filled.changes
    if item.vehicle and (known.is_first_enquiry or lead.vehicle_id is None):
        fill_column(filled, lead, draft, "vehicle", item.vehicle)
    if item.match.customer:
        fill_column(filled, lead, draft, "customer", item.match.customer)
    _change_tags(lead, filled, item, batch)
    is_new_version = _update_enquiry(known, item, batch)
    is_restored = _restore(lead, batch)
    if changes or is_restored or filled.kept or is_new_version:
        follow_status(lead, now=batch.now)
        finish(lead, draft, batch, filled)
        batch.writes.change(lead)
    if changes:
        kind = Activity.Kind.CHANGED if batch.actor else Activity.Kind.UPDATED
        fields = list(dict.fromkeys(change.field for change in changes))
        sender = "" if batch.actor else draft.sender
        write_down(lead, kind, batch, text=_changed(changes), sender=sender, fields=fields)
        _tell_changes(lead, draft, fields, before, batch)
    add_tags_and_note(lead, item, batch)
    if item.new_note:
        changes.append(Change(_NOTE, "", item.new_note, str(Activity.Kind.NOTE.label)))
    receipt = _receipt_of_update(lead, changes, is_restored=is_restored)
    return replace(receipt, warnings=(*judge(lead, draft, batch.catalogue), *filled.warnings))


def _change_tags(lead: Lead, filled: Filled, item: Item, batch: Batch) -> None:
    label = str(Lead._meta.get_field("tags").verbose_name)
    filled.changes.extend(Change("tags", "", tag.name, label) for tag in item.new_tags)
    if item.lost_tags and staff_wins(lead, item.draft, "tags"):
        filled.kept.append("tags")
        return
    filled.changes.extend(Change("tags", tag.name, "", label) for tag in item.lost_tags)
    batch.writes.lost_tags += [(lead, tag) for tag in item.lost_tags]


def _fill(known: Known, draft: LeadDraft, batch: Batch) -> Filled:
    """An enquiry that was added to somebody else's case only fills what that left open."""
    fill = fill_lead if known.is_first_enquiry else fill_named
    return fill(known.lead, draft, batch.catalogue)


def _update_enquiry(known: Known, item: Item, batch: Batch) -> bool:
    """Whether the draft is another version of the enquiry, or says something else."""
    enquiry, draft = known.enquiry, item.draft
    if enquiry is None or draft.number == known.lead.number:
        return False
    is_new_version = draft.version != enquiry.version
    if is_new_version or draft.content_hash != enquiry.content_hash or not draft.content_hash:
        cases.fill_enquiry(enquiry, draft, batch.catalogue)
        if item.vehicle:
            enquiry.vehicle = item.vehicle
        batch.writes.changed_enquiries.append(enquiry)
    return is_new_version


def _restore(lead: Lead, batch: Batch) -> bool:
    """Who has deleted a lead and sends it again wants it back."""
    if lead.deleted_at is None:
        return False
    lead.deleted_at, lead.deleted_by = None, ""
    write_down(lead, Activity.Kind.RESTORED, batch)
    batch.writes.happened.append(Happened(EventKind.LEAD_RESTORED, lead, lead.sender, {}))
    return True


def _changed(changes: Sequence[Change]) -> str:
    labels = dict.fromkeys(change.label for change in changes)
    return _("Changed: %(fields)s.") % {"fields": ", ".join(labels)}


def _receipt_of_update(lead: Lead, changes: Sequence[Change], *, is_restored: bool) -> Receipt:
    if not changes and not is_restored:
        return Receipt(outcome=Outcome.REPEATED, lead=lead, reasons=(_("Nothing new in it."),))
    reasons = [_("Restored from the bin.")] if is_restored else []
    reasons += [_changed(changes)] if changes else []
    return Receipt(
        outcome=Outcome.UPDATED,
        lead=lead,
        reasons=tuple(reasons),
        changes=as_texts(changes),
    )


def _tell_changes(
    lead: Lead,
    draft: LeadDraft,
    fields: Sequence[str],
    before: tuple[Any, int | None],
    batch: Batch,
) -> None:
    """One event for the change as such, and one for each thing that others wait for."""
    status, owner_id = before
    tell(EventKind.LEAD_UPDATED, lead, draft, batch, changed=list(fields))
    if lead.status != status:
        tell(EventKind.LEAD_STATUS_CHANGED, lead, draft, batch, stage=lead.status.stage)
        if status.is_open and not lead.status.is_open:
            tell(EventKind.LEAD_CLOSED, lead, draft, batch, stage=lead.status.stage)
        elif lead.status.is_open and not status.is_open:
            tell(EventKind.LEAD_REOPENED, lead, draft, batch)
    if lead.owner_id != owner_id:
        tell(EventKind.LEAD_ASSIGNED, lead, draft, batch)
