"""Two rows become one. Nothing is lost: the merged row keeps its data, its id leads to the kept
one (forwarding.py), and all of it can be taken back (unmerging.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import Status
from leads.models.customer import Customer
from leads.models.event import Event, EventKind
from leads.models.lead import Lead
from leads.models.merge import Merge
from leads.models.user import User
from leads.services.change_batches import close_merges, open_for_merge
from leads.services.duplicates import answer_pair, move_suggestions, undecided_or_different
from leads.services.events import customer_event, lead_event, record
from leads.services.handling import lock_leads, status_events
from leads.services.merge_fields import OF_CUSTOMER, OF_LEAD, choose
from leads.services.merge_memory import Memory, Row, differences, merge_entries, snapshot
from leads.services.merge_rows import (
    LEAD_RELATIONS,
    MergeRefused,
    keep_contact_of_enquiries,
    lock_customers,
    lock_dealer,
    move_leads,
    present_pair,
    recount,
    save_row,
    write_timelines,
)
from leads.services.scoring import score_of

# The versions of the kept and the merged row that a person has compared.
Versions = tuple[int, int]


class DifferentCustomers(MergeRefused):
    """Leads of two customers; these are to be merged first."""


@transaction.atomic
def merge_customers(
    kept: Customer,
    merged: Customer,
    *,
    values: Mapping[str, str],
    by: User | None,
    now: datetime,
    seen: Versions | None = None,
) -> Merge:
    """Make `merged` part of `kept`: its leads and suggestions follow.

    `values`: name of a choice (merge_fields.OF_CUSTOMER) → "kept" or "merged"; by default the
    kept value, or the merged one where the kept is empty. The number at the bank stays with the
    merged row, since matching follows that to the kept one. `seen`: refused if one of the two has
    changed since. Raises MergeRefused with a sentence for people, UnknownChoice.
    """
    lock_dealer(kept)
    leads = lock_leads(_leads_of(merged))
    kept, merged = present_pair(kept, merged, lock_customers([kept.pk, merged.pk]), seen=seen)
    before = snapshot(kept)
    changed = choose(OF_CUSTOMER, kept, merged, values)
    memory = Memory(
        values=differences(before, kept),
        decided=answer_pair(kept, merged, by=by, now=now),
        moved={
            "leads": [lead.pk for lead in leads],
            "suggestions": move_suggestions(undecided_or_different(merged), {merged.pk}, kept),
        },
    )
    merge = _store(Merge.Kind.CUSTOMER, kept, merged, memory, by=by, now=now)
    text = _("The customer was merged with another one.")
    events = move_leads(leads, kept, Activity.Kind.MERGED, text, by=by, now=now)
    gone = customer_event(EventKind.CUSTOMER_MERGED, merged, now=now, by=by, merged_into=kept.pk)
    told = customer_event(EventKind.CUSTOMER_UPDATED, kept, now=now, by=by, changed=changed)
    record([gone, told, *events])
    return merge


def _leads_of(customer: Customer) -> list[int]:
    """Those in the bin, too: who takes them out finds their customer."""
    rows = Lead.objects.ever_of_dealer(customer.dealer_id).filter(customer=customer)
    return list(rows.values_list("pk", flat=True))


@transaction.atomic
def merge_leads(
    kept: Lead,
    merged: Lead,
    *,
    values: Mapping[str, str],
    by: User | None,
    now: datetime,
    seen: Versions | None = None,
) -> Merge:
    """Make `merged` part of `kept`: its enquiries, timeline, tasks and intake entries follow, its
    tags, consents and further values are added. A number by which a sender knows it finds the
    kept lead from now on.

    `values` and `seen` as for customers, with the choices merge_fields.OF_LEAD. Raises
    DifferentCustomers, MergeRefused, UnknownChoice.
    """
    dealer = lock_dealer(kept)
    rows = lock_leads([kept.pk, merged.pk], "status", "owner")
    kept, merged = present_pair(kept, merged, rows, seen=seen)
    _check_leads(kept, merged)
    before, contact = snapshot(kept), _contact(kept)
    memory = Memory(tags=_add_tags(kept, merged))
    status = kept.status
    changed = choose(OF_LEAD, kept, merged, values)
    _fill_rest(kept, merged, memory, changed, values, now=now)
    memory.moved = {name: _move(name, kept, merged, now=now) for name in LEAD_RELATIONS}
    keep_contact_of_enquiries(kept, memory.moved["enquiries"], contact, _contact(merged))
    memory.values = differences(before, kept)
    recount(kept)
    kept.set_keys()  # the score counts them
    kept.score = score_of(kept, weights=dealer.score_weights, now=now)
    merge = _store(Merge.Kind.LEAD, kept, merged, memory, by=by, now=now)
    _tell_timelines(merge, kept, merged, changed)
    gone = lead_event(EventKind.LEAD_MERGED, merged, now=now, by=by, merged_into=kept.pk)
    record([gone, *_events_of_kept(kept, status, changed, by=by, now=now)])
    return merge


def _check_leads(kept: Lead, merged: Lead) -> None:
    if kept.is_test != merged.is_test:
        raise MergeRefused(_("A test lead can only be merged with another test lead."))
    customers = {kept.customer_id, merged.customer_id} - {None}
    if len(customers) > 1:
        raise DifferentCustomers(
            _("These leads belong to different customers. Merge the customers first.")
        )


def _contact(lead: Lead) -> dict[str, str]:
    return {name: getattr(lead, name) for name in Lead.CONTACT_FIELDS}


def _add_tags(kept: Lead, merged: Lead) -> list[int]:
    present = set(kept.tags.values_list("pk", flat=True))
    new = [pk for pk in merged.tags.values_list("pk", flat=True) if pk not in present]
    kept.tags.add(*new)
    return new


def _fill_rest(
    kept: Lead,
    merged: Lead,
    memory: Memory,
    changed: list[str],
    values: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """What nobody chooses: consents and further values add up, the earliest answer counts."""
    kept.customer_id = kept.customer_id or merged.customer_id
    memory.consents = [one for one in merged.consents if one not in kept.consents]
    kept.consents = [*kept.consents, *memory.consents]
    kept.custom_values, added = merge_entries(kept.custom_values, merged.custom_values)
    # A person has decided about these; what a sender says again later does not undo it.
    decided = {name: now.isoformat() for name in changed}
    kept.staff_values, set_at = merge_entries(kept.staff_values, decided, wins=True)
    memory.entries = {"custom_values": added, "staff_values": set_at}
    answered = [at for at in (kept.first_response_at, merged.first_response_at) if at]
    kept.first_response_at = min(answered, default=None)
    active = [at for at in (kept.last_activity_at, merged.last_activity_at) if at]
    kept.last_activity_at = max(active, default=None)
    for column in ("enquired_at", "received_at"):  # the case began with the first of the two
        setattr(kept, column, min(getattr(kept, column), getattr(merged, column)))


def _move(relation: str, kept: Lead, merged: Lead, *, now: datetime) -> list[int]:
    model = LEAD_RELATIONS[relation]
    rows = model._default_manager.filter(lead=merged)
    ids = list(rows.values_list("pk", flat=True))
    if relation == "tasks":
        rows.update(lead=kept, version=F("version") + 1, updated_at=now)
    else:
        rows.update(lead=kept)
    return ids


def _tell_timelines(merge: Merge, kept: Lead, merged: Lead, changed: Sequence[str]) -> None:
    names = [one.name for one in OF_LEAD if not set(one.columns).isdisjoint(changed)]
    labels = [str(Lead._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]
    of_kept = _("Merged with %(number)s.") % {"number": merged.number}
    if labels:
        of_kept += " " + _("Changed: %(fields)s.") % {"fields": ", ".join(labels)}
    of_merged = _("Became part of %(number)s.") % {"number": kept.number}
    write_timelines(merge, Activity.Kind.MERGED, {kept: of_kept, merged: of_merged}, by=merge.by)


def _events_of_kept(
    kept: Lead, before: Status, changed: Sequence[str], *, by: User | None, now: datetime
) -> list[Event]:
    events = [lead_event(EventKind.LEAD_UPDATED, kept, now=now, by=by, changed=changed)]
    if "status" in changed:
        events += status_events(kept, before, by=by, now=now)
    if "owner" in changed:
        events.append(lead_event(EventKind.LEAD_ASSIGNED, kept, now=now, by=by))
    return events


def _store(
    kind: Merge.Kind, kept: Row, merged: Row, memory: Memory, *, by: User | None, now: datetime
) -> Merge:
    # It is here, so no earlier merge holds any more: somebody deleted the row it was part of.
    earlier = Merge.objects.filter(kind=kind, merged_id=merged.pk, undone_at=None)
    close_merges(earlier, by=by, now=now)
    earlier.update(undone_at=now, undone_by=by)
    merged.deleted_at, merged.merged_into_id = now, kept.pk
    for row in (kept, merged):
        save_row(row, by=by, now=now)
    merge = Merge.objects.create(
        dealer_id=kept.dealer_id,
        kind=kind,
        kept_id=kept.pk,
        merged_id=merged.pk,
        before=memory.to_json(),
        at=now,
        by=by,
    )
    open_for_merge(merge)
    return merge
