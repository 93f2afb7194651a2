"""The rows that merging and its undoing lock, move and write."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Count, Max, Min, Model
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.customer import Customer
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.event import Event, EventKind
from leads.models.intake import IntakeEntry
from leads.models.lead import Lead
from leads.models.merge import Merge
from leads.models.task import Task
from leads.models.user import User
from leads.services.events import lead_event
from leads.services.history import begin_history, remember
from leads.services.merge_memory import Row

# Rows in one statement.
TOGETHER = 1000
# What follows a lead: by name in Merge.before, each with a column `lead`.
LEAD_RELATIONS: Mapping[str, type[Model]] = {
    "enquiries": Enquiry,
    "activities": Activity,
    "tasks": Task,
    "intake_entries": IntakeEntry,
}


class MergeRefused(Exception):
    """Nothing was changed; the text says why, in the language of who asked."""


def lock_dealer(row: Row) -> Dealer:
    """First of all, as `receive` does: two who lock in the same order never wait in a circle."""
    return Dealer.objects.select_for_update(no_key=True).get(pk=row.dealer_id)


def lock_customers(pks: Collection[int]) -> list[Customer]:
    """After the leads; always in the same order."""
    rows = Customer.objects.filter(pk__in=pks).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def present_pair(
    kept: Row, merged: Row, locked: Sequence[Row], *, seen: tuple[int, int] | None
) -> tuple[Row, Row]:
    """The two as they are now that they are locked. Raises MergeRefused."""
    if kept.pk == merged.pk:
        raise MergeRefused(_("An entry cannot be merged with itself."))
    if kept.dealer_id != merged.dealer_id:
        raise MergeRefused(_("Entries of different dealers cannot be merged."))
    rows = {row.pk: row for row in locked}
    for pk in (kept.pk, merged.pk):
        if pk not in rows:
            raise MergeRefused(_("One of the two no longer exists."))
        if rows[pk].merged_into_id is not None:
            raise MergeRefused(_("One of the two has already been merged."))
        if rows[pk].deleted_at is not None:
            raise MergeRefused(_("One of the two has been deleted."))
    kept, merged = rows[kept.pk], rows[merged.pk]
    if seen is not None and seen != (kept.version, merged.version):
        raise MergeRefused(
            _("One of the two was changed in the meantime. Please compare them again.")
        )
    return kept, merged


def save_row(row: Row, *, by: User | None, now: datetime) -> None:
    """With keys, version and history. The row must be locked."""
    if isinstance(row, Customer):
        begin_history(row)
    row.version += 1
    row._history_user, row._history_date = by, now  # type: ignore[attr-defined]
    row.save()
    del row._history_user, row._history_date  # type: ignore[attr-defined]


def move_leads(
    leads: Sequence[Lead],
    customer: Customer,
    kind: Activity.Kind,
    text: str,
    *,
    by: User | None,
    now: datetime,
) -> list[Event]:
    """Give the locked leads to the customer, with history and timeline; the events to record.
    Leads in the bin move as well, but nobody is told."""
    for lead in leads:
        lead.customer_id = customer.pk
        lead.version += 1
        lead.updated_at = now
    Lead.objects.bulk_update(leads, ["customer", "version", "updated_at"], batch_size=TOGETHER)
    remember(Lead, leads, by=by, now=now)
    present = [lead for lead in leads if lead.deleted_at is None]
    Activity.objects.bulk_create(
        [
            Activity(dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text)
            for lead in present
        ],
        batch_size=TOGETHER,
    )
    kind_of_event, changed = EventKind.LEAD_UPDATED, ["customer"]
    return [lead_event(kind_of_event, one, now=now, by=by, changed=changed) for one in present]


def write_timelines(
    merge: Merge, kind: Activity.Kind, texts: Mapping[Lead, str], *, by: User | None
) -> None:
    at = merge.undone_at or merge.at
    Activity.objects.bulk_create(
        Activity(
            dealer_id=lead.dealer_id,
            lead=lead,
            kind=kind,
            at=at,
            user=by,
            text=text,
            data={"merge": merge.pk},
        )
        for lead, text in texts.items()
    )


def recount(lead: Lead) -> None:
    """What a lead says about its enquiries, from those that it has; one query."""
    found = Enquiry.objects.filter(lead=lead).aggregate(
        count=Count("pk"),
        first=Min("enquired_at"),
        received=Min("received_at"),
        last=Max("enquired_at"),
    )
    if found["count"]:
        lead.enquiry_count = found["count"]
        lead.enquired_at, lead.received_at = found["first"], found["received"]
        lead.last_enquired_at = found["last"]


def keep_contact_of_enquiries(
    kept: Lead,
    moved: Collection[int],
    before: Mapping[str, str],
    merged: Mapping[str, str],
) -> None:
    """An enquiry says how its sender can be reached only where that is not what the lead says;
    now that the lead says something else, it has to be written down. `before`: the contact data
    of the kept lead until now, `merged`: of the one whose enquiries have just moved here."""
    changed = []
    for enquiry in Enquiry.objects.filter(lead=kept):
        of_lead = merged if enquiry.pk in moved else before
        missing = {
            name: of_lead[name]
            for name in Lead.CONTACT_FIELDS
            if name not in enquiry.contact and of_lead[name] != getattr(kept, name)
        }
        if missing:
            enquiry.contact = {**missing, **enquiry.contact}
            changed.append(enquiry)
    Enquiry.objects.bulk_update(changed, ["contact"], batch_size=TOGETHER)


def in_portions(ids: Iterable[int]) -> Iterable[list[int]]:
    """So that no statement has more parameters than the database takes."""
    rest = list(ids)
    for start in range(0, len(rest), TOGETHER):
        yield rest[start : start + TOGETHER]
