"""What a bulk change writes down for its undoing beside histories (read by undo_beside.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Field

from leads.models.activity import Activity
from leads.models.batch_memory import EnquiryChange, TagChange
from leads.models.catalog import Tag
from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.services.inserting import append

# What an enquiry says; the other columns say where it belongs.
SAID: Mapping[str, Field[Any, Any]] = {
    str(one.attname): one
    for one in Enquiry._meta.concrete_fields
    if one.name not in ("id", "dealer", "lead", "change_batch", "received_at", "entered_by")
}

Tagged = tuple[Lead, Tag]


def mark_notes(activities: Iterable[Activity], batch: ChangeBatch) -> set[int]:
    """Notes that are about to be stored say that they came with the batch; the leads, as far as
    they were here before."""
    notes = [one for one in activities if one.kind == Activity.Kind.NOTE]
    for one in notes:
        one.data = {**one.data, "change_batch": batch.pk}
    return {one.lead_id for one in notes if one.lead_id is not None}


def remember_enquiries(changed: Sequence[Enquiry], batch: ChangeBatch) -> None:
    """What the enquiries say as stored, and what they are about to say."""
    if not changed:
        return
    stored = Enquiry.objects.in_bulk([one.pk for one in changed])
    rows = []
    for one in changed:
        before, after = spoken(stored[one.pk]), spoken(one)
        values = {name: [before[name], after[name]] for name in SAID if before[name] != after[name]}
        if values:
            rows.append(
                EnquiryChange(
                    dealer_id=one.dealer_id,
                    change_batch=batch,
                    lead_id=one.lead_id,
                    enquiry_id=one.pk,
                    values=values,
                )
            )
    append(EnquiryChange, rows)


def spoken(enquiry: Enquiry) -> dict[str, Any]:
    """Column → value, as JSON knows it."""
    return {name: _as_json(getattr(enquiry, name)) for name in SAID}


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def remember_lost_tags(lost: Iterable[Tagged], batch: ChangeBatch) -> None:
    """Tags that leads are about to lose."""
    append(TagChange, [_change(lead, tag, batch, link=None) for lead, tag in lost])


def remember_new_tags(new: Iterable[Tagged], known: Collection[int], batch: ChangeBatch) -> None:
    """Tags that leads have just got; of `known` ones, which were here before. New leads keep
    theirs in the bin."""
    ours = [(lead, tag) for lead, tag in new if lead.pk in known]
    if not ours:
        return
    rows = Lead.tags.through.objects.filter(lead__in={lead.pk for lead, _tag in ours})
    links = {(lead, tag): pk for pk, lead, tag in rows.values_list("pk", "lead_id", "tag_id")}
    changes = [
        _change(lead, tag, batch, link=links[lead.pk, tag.pk])
        for lead, tag in ours
        if (lead.pk, tag.pk) in links
    ]
    append(TagChange, changes)


def _change(lead: Lead, tag: Tag, batch: ChangeBatch, *, link: int | None) -> TagChange:
    return TagChange(
        dealer_id=lead.dealer_id, change_batch=batch, lead_id=lead.pk, tag_id=tag.pk, link=link
    )
