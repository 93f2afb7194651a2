"""A person says what an unknown name means: it is known from then on, and what waits is put
right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from django.db import transaction
from django.utils.translation import gettext as _

from leads.models.activity import Activity
from leads.models.catalog import CatalogEntry, Source, Status
from leads.models.dealer import Dealer, Location
from leads.models.enquiry import Enquiry
from leads.models.event import EventKind
from leads.models.keys import catalog_key
from leads.models.lead import Lead
from leads.models.lead_type import LeadType
from leads.models.unmapped import UnmappedName
from leads.models.user import User
from leads.models.warning import WarningCode
from leads.services.catalogue import MAX_NAME, resolve_catalogue
from leads.services.events import record
from leads.services.filling import follow_type
from leads.services.forwarding import resolve_leads
from leads.services.handling import follow_status, lock_leads, status_activity, status_events
from leads.services.lead_changes import Change, set_column
from leads.services.retrying import retried
from leads.services.scoring import score_of
from leads.services.storing import Happened, Writes, store

Target = Status | Source | LeadType | Location
Kind = UnmappedName.Kind

CREATABLE = (Kind.SOURCE, Kind.STATUS)
_TOGETHER = 500  # leads locked, read and written in a few statements
# What a lead was told to be odd while the name meant nothing.
_SETTLED = (WarningCode.NAME_NOT_CREATED, WarningCode.TYPE_UNKNOWN, WarningCode.VALUE_UNKNOWN)
# How much of a name a warning and the lead's own column keep.
_KEPT_OF_NAME = {Kind.SOURCE: 80, Kind.STATUS: 80, Kind.LEAD_TYPE: 40}


class WrongEntry(ValueError):
    """The entry is of another kind, or another dealer's."""


@retried
@transaction.atomic
def assign_name(unmapped: UnmappedName, target: Target, *, by: User | None, now: datetime) -> int:
    """Always take the name to mean this entry, for its dealer alone; how many waiting leads were
    put right.

    Of a lead only the column of that kind is set, and only where it is still as it was when the
    name meant nothing: not where staff have decided. Each enquiry that came with the name gets it;
    source and status of a case are those of its first enquiry, so a later one does not change
    them. A case is not closed by what its first enquiry said if somebody asked again since. A lead
    type also brings what follows from it. A name that was assigned before may be assigned anew;
    the leads put right then follow it. Raises WrongEntry.
    """
    dealer, row = _lock(unmapped)
    is_fitting = isinstance(target, UnmappedName.MODEL_OF_KIND[row.kind])
    if not is_fitting or target.dealer_id not in (None, dealer.pk):
        raise WrongEntry
    before = row.target
    _decide(row, target, by=by, now=now)
    task = _Correction(dealer, row, target, _unset_ids(dealer, row.kind, before, now=now), by, now)
    came_with = row.leads.order_by().values_list("pk", flat=True)
    # Those in the bin stay as they are; what was merged is looked for where it is now.
    pks = sorted({lead.pk for lead in resolve_leads(dealer, came_with).values()})
    for start in range(0, len(pks), _TOGETHER):
        task.put_right(pks[start : start + _TOGETHER])
    return task.changed


@retried
@transaction.atomic
def create_entry(
    unmapped: UnmappedName, *, by: User | None, now: datetime
) -> tuple[CatalogEntry, int]:
    """Make a source or status of this name, as the dealer's own, and assign the name to it; one
    that is called so already is taken. The entry, and how many leads were put right."""
    _dealer, row = _lock(unmapped)
    if row.kind not in CREATABLE:
        raise WrongEntry
    model = cast("type[Source | Status]", UnmappedName.MODEL_OF_KIND[row.kind])
    name = row.name[:MAX_NAME].strip()
    entry, _is_new = model.objects.get_or_create(
        dealer_id=row.dealer_id, name_key=catalog_key(name), defaults={"name": name}
    )
    return entry, assign_name(row, entry, by=by, now=now)


@retried
@transaction.atomic
def leave_name(unmapped: UnmappedName, *, by: User | None, now: datetime) -> None:
    """Leave the leads as they are and do not ask again."""
    _dealer, row = _lock(unmapped)
    _decide(row, None, by=by, now=now)


@retried
@transaction.atomic
def reopen_name(unmapped: UnmappedName) -> None:
    """The name means nothing any more and waits again. Leads stay as they are."""
    _dealer, row = _lock(unmapped)
    _decide(row, None, by=None, now=None)


def _lock(unmapped: UnmappedName) -> tuple[Dealer, UnmappedName]:
    """The dealer first, as `receive` does: who brings the name at this moment comes before or
    after, and so is put right or finds it assigned."""
    dealer = Dealer.objects.select_for_update(no_key=True).get(pk=unmapped.dealer_id)
    rows = UnmappedName.objects.for_dealer(dealer).select_for_update(no_key=True)
    return dealer, rows.get(pk=unmapped.pk)


def _decide(
    row: UnmappedName, target: Target | None, *, by: User | None, now: datetime | None
) -> None:
    for kind in Kind.values:
        setattr(row, kind, target if kind == row.kind else None)
    row.decided_at, row.decided_by = now, by
    row.save(update_fields=[*Kind.values, "decided_at", "decided_by"])


def _unset_ids(
    dealer: Dealer, kind: str, before: Target | None, *, now: datetime
) -> set[int | None]:
    """What the column holds as long as nobody has decided: the usual entry, or nothing; or what
    the name was taken for until now."""
    unset: set[int | None] = {None} if before is None else {None, before.pk}
    if kind in CREATABLE:
        usual = resolve_catalogue(dealer, [], now=now)
        unset.add((usual.source("") if kind == Kind.SOURCE else usual.status("")).pk)
    return unset


@dataclass
class _Correction:
    """One decision, carried out on the leads that waited for it."""

    dealer: Dealer
    row: UnmappedName
    target: Target
    unset: Collection[int | None]
    by: User | None
    now: datetime
    changed: int = field(default=0)

    def put_right(self, pks: Sequence[int]) -> None:
        """Whatever there is to do for these leads; the same queries for any number."""
        writes = Writes()
        events = []
        enquiries = self._enquiries(pks)
        for lead in lock_leads(pks, "status", "source", "lead_type", "location"):
            before = lead.status
            changes = self._set(lead) if self._is_open(lead, enquiries[lead.pk]) else []
            of_enquiries = self._set_on_enquiries(enquiries[lead.pk], writes)
            if not changes and not of_enquiries:
                continue
            self._forget_warning(lead)
            lead.set_keys()
            lead.score = score_of(lead, weights=self.dealer.score_weights, now=self.now)
            lead.last_activity_at = self.now
            writes.change(lead)
            self._tell(lead, before, changes, writes)
            if lead.status != before:
                events += status_events(lead, before, by=self.by, now=self.now)
        store(writes, now=self.now, actor=self.by)
        record(events)
        self.changed += len(writes.changed)

    def _enquiries(self, leads: Collection[int]) -> dict[int, list[Enquiry]]:
        """By lead, the oldest first."""
        rows = Enquiry.objects.for_dealer(self.dealer).filter(lead__in=leads).order_by("pk")
        found: dict[int, list[Enquiry]] = defaultdict(list)
        for enquiry in rows:
            found[enquiry.lead_id].append(enquiry)
        return found

    def _is_open(self, lead: Lead, enquiries: Sequence[Enquiry]) -> bool:
        kind = self.row.kind
        value = getattr(lead, f"{kind}_id")
        if value not in self.unset or value == self.target.pk or kind in lead.staff_values:
            return False
        if kind == Kind.LEAD_TYPE:
            return self._is_called(lead.lead_type_raw)
        if kind == Kind.LOCATION:
            return True
        if isinstance(self.target, Status) and not self.target.is_open and len(enquiries) > 1:
            return False  # somebody asked again since
        named = [one for one in enquiries if self._came_with_name(one)]
        # Without any, the lead itself was changed to it.
        return not named or _first_of(lead, enquiries) in named

    def _came_with_name(self, enquiry: Enquiry) -> bool:
        return bool(enquiry.unknown_names.get(self.row.kind) == self.row.name_key)

    def _set(self, lead: Lead) -> list[Change]:
        if isinstance(self.target, LeadType):
            return follow_type(lead, self.target)
        changes = set_column(lead, self.row.kind, self.target)
        follow_status(lead, now=self.now)
        return changes

    def _is_called(self, text: str) -> bool:
        """Whether a text that was perhaps cut off is this name."""
        kept = _KEPT_OF_NAME.get(Kind(self.row.kind), len(self.row.name))
        return catalog_key(text) == catalog_key(self.row.name[:kept])

    def _forget_warning(self, lead: Lead) -> None:
        lead.warnings = [
            one
            for one in lead.warnings
            if not (
                one["code"] in _SETTLED
                and one.get("field") == self.row.kind
                and self._is_called(one["value"])
            )
        ]

    def _tell(self, lead: Lead, before: Status, changes: Sequence[Change], writes: Writes) -> None:
        if lead.status != before:
            writes.activities.append(status_activity(lead, before, by=self.by, now=self.now))
        else:
            labels = ", ".join(dict.fromkeys(change.label for change in changes))
            text = (
                _("Changed: %(fields)s.") if changes else _("Changed for an enquiry: %(fields)s.")
            )
            writes.activities.append(
                Activity(
                    dealer=self.dealer,
                    lead=lead,
                    kind=Activity.Kind.CHANGED,
                    at=self.now,
                    user=self.by,
                    text=text % {"fields": labels or self.row.get_kind_display()},
                )
            )
        fields = list(dict.fromkeys(change.field for change in changes)) or ["enquiries"]
        told = Happened(EventKind.LEAD_UPDATED, lead, "", {"changed": fields})
        writes.happened.append(told)

    def _set_on_enquiries(self, enquiries: Iterable[Enquiry], writes: Writes) -> bool:
        """Whether one of them came with the name and is sorted by it now."""
        kind = self.row.kind
        if kind not in (Kind.SOURCE, Kind.LEAD_TYPE):
            return False  # an enquiry has no such column
        changed = [
            one
            for one in enquiries
            if self._came_with_name(one)
            and getattr(one, f"{kind}_id") in self.unset
            and getattr(one, f"{kind}_id") != self.target.pk
        ]
        for one in changed:
            setattr(one, kind, self.target)
        writes.changed_enquiries += changed
        return bool(changed)


def _first_of(lead: Lead, enquiries: Sequence[Enquiry]) -> Enquiry | None:
    """The enquiry that the lead's own columns are of, as in recognising.Known."""
    names = lead.sender, lead.external_id
    own = [one for one in enquiries if (one.sender, one.external_id) == names]
    return next(iter([*own, *enquiries]), None)
