"""A source or status that leads brought is another one under a strange name: the two become one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import Source, Status
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.event import EventKind
from leads.models.keys import catalog_key
from leads.models.lead import Lead
from leads.models.unmapped import UnmappedName
from leads.models.user import User
from leads.services.catalogue import MAX_KEY
from leads.services.events import record
from leads.services.handling import lock_leads, status_activity, status_events
from leads.services.lead_changes import set_column
from leads.services.retrying import retried
from leads.services.scoring import score_of
from leads.services.storing import Happened, Writes, store

Entry = Source | Status

_TOGETHER = 500  # leads locked, read and written in a few statements


class EntriesDiffer(Exception):
    """They cannot become one; the text says why, in the language of who asked."""


@retried
@transaction.atomic
def merge_entry(entry: Entry, into: Entry, *, by: User | None, now: datetime) -> int:
    """Give the entry's leads and enquiries to the other one, take its names to mean that one from
    now on, and delete it; how many leads moved.

    `entry` is a dealer's own; `into` is the same dealer's or shared by all, and stays as it is.
    Leads in the bin and merged ones move too. Raises EntriesDiffer.
    """
    dealer = _lock_dealer(entry)
    entry, into = _present(entry), _present(into)
    _check(entry, into)
    kind = _kind(entry)
    rows = Lead.objects.ever_of_dealer(dealer).filter(**{kind: entry})
    pks = list(rows.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(pks), _TOGETHER):
        _move(dealer, pks[start : start + _TOGETHER], entry, into, by=by, now=now)
    if isinstance(entry, Source):
        Enquiry.objects.for_dealer(dealer).filter(source=entry).update(source=into)
    _remember_names(dealer, entry, into, by=by, now=now)
    entry.delete()
    return len(pks)


def _kind(entry: Entry) -> str:
    return "source" if isinstance(entry, Source) else "status"


def _lock_dealer(entry: Entry) -> Dealer:
    if entry.dealer_id is None:
        raise EntriesDiffer(_("Entries that all dealers share cannot be merged."))
    # Nobody brings leads with the entry meanwhile.
    return Dealer.objects.select_for_update(no_key=True).get(pk=entry.dealer_id)


def _present(entry: Entry) -> Entry:
    found = type(entry)._default_manager.filter(pk=entry.pk).first()
    if found is None:
        raise EntriesDiffer(_("One of the two no longer exists."))
    return found


def _check(entry: Entry, into: Entry) -> None:
    if type(entry) is not type(into) or entry.pk == into.pk:
        raise EntriesDiffer(_("An entry cannot be merged with itself."))
    if into.dealer_id not in (None, entry.dealer_id):
        raise EntriesDiffer(_("Entries of different dealers cannot be merged."))
    if isinstance(entry, Status) and isinstance(into, Status) and entry.is_open != into.is_open:
        raise EntriesDiffer(
            _("One of the two statuses is open and the other closed: the leads would change sides.")
        )


def _move(
    dealer: Dealer,
    pks: Sequence[int],
    entry: Entry,
    into: Entry,
    *,
    by: User | None,
    now: datetime,
) -> None:
    writes, events, kind = Writes(), [], _kind(entry)
    for lead in lock_leads(pks, "status", "source"):
        before = lead.status
        [change] = set_column(lead, kind, into)
        lead.score = score_of(lead, weights=dealer.score_weights, now=now)
        writes.change(lead)
        if lead.status != before:
            writes.activities.append(status_activity(lead, before, by=by, now=now))
            events += status_events(lead, before, by=by, now=now)
        else:
            text = _("Changed: %(fields)s.") % {"fields": change.label}
            writes.activities.append(
                Activity(
                    dealer=dealer,
                    lead=lead,
                    kind=Activity.Kind.CHANGED,
                    at=now,
                    user=by,
                    text=text,
                )
            )
        writes.happened.append(Happened(EventKind.LEAD_UPDATED, lead, "", {"changed": [kind]}))
    store(writes, now=now, actor=by)
    record(events)


def _remember_names(
    dealer: Dealer, entry: Entry, into: Entry, *, by: User | None, now: datetime
) -> None:
    """Its names become assignments: the other entry may be shared by all, and another dealer's
    names are none of its business."""
    kind = _kind(entry)
    decision = {kind: into, "decided_at": now, "decided_by": by}
    ours = UnmappedName.objects.for_dealer(dealer).filter(kind=kind)
    ours.filter(**{kind: entry}).update(**{kind: into})
    for name in [entry.name, entry.key, *entry.aliases]:
        if key := catalog_key(name)[:MAX_KEY]:
            seen = {"name": name[:200], "times": 0, "first_seen_at": now, "last_seen_at": now}
            UnmappedName.objects.update_or_create(
                dealer=dealer,
                kind=kind,
                name_key=key,
                defaults=decision,
                create_defaults={**seen, **decision},
            )
