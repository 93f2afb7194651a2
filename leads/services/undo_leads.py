"""Leads become what they were before a bulk change; of locked leads, and set by set."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Max
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.models.activity import Activity
from leads.models.catalog import Status
from leads.models.change_batch import ChangeBatch
from leads.models.dealer import Dealer
from leads.models.enquiry import Enquiry
from leads.models.event import Event, EventKind
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.user import User
from leads.services.events import lead_event, record
from leads.services.handling import status_events
from leads.services.history import remember
from leads.services.inserting import append
from leads.services.scoring import score_of
from leads.services.storing import Happened, Writes, store
from leads.services.undo_beside import ENQUIRIES, NOTES, take_beside_back
from leads.services.undo_plan import Verdict
from leads.services.undo_trace import BIN, CELLS
from leads.services.undo_vehicles import brought_cars

# What people call things that are no columns of a lead.
_BESIDE_CELLS = {
    BIN: gettext_lazy("in the bin"),
    NOTES: gettext_lazy("notes"),
    ENQUIRIES: gettext_lazy("enquiries"),
}


def take_back(
    batch: ChangeBatch,
    dealer: Dealer,
    verdicts: Sequence[Verdict],
    leads: Mapping[int, Lead],
    *,
    by: User,
    now: datetime,
) -> None:
    """Do what the verdicts say with these leads, which must be locked and have their status
    loaded. With history, timeline and events."""
    _bin(batch, [leads[one.lead_id] for one in verdicts if one.goes], by=by, now=now)
    acting = [one for one in verdicts if one.does_something]
    _drop_enquiries(batch, [one for one in acting if one.drops], leads)
    take_beside_back(batch, {one.lead_id: one.beside for one in acting if one.beside.names})
    before = {one.lead_id: leads[one.lead_id].status for one in acting}
    statuses = _statuses(acting)
    writes, events = Writes(), []
    for one in acting:
        lead = leads[one.lead_id]
        _give_back(lead, one)
        if "status" in one.gives_back:
            lead.status = statuses[lead.status_id]
        lead.set_keys()  # the score counts them
        lead.score = score_of(lead, weights=dealer.score_weights, now=now)
        lead.last_activity_at = now
        writes.change(lead)
        writes.activities.append(_told(batch, lead, one, by=by, now=now))
        if BIN in one.gives_back:
            kind = EventKind.LEAD_DELETED if lead.deleted_at else EventKind.LEAD_RESTORED
            writes.happened.append(Happened(kind, lead, "", {}))
        events += _events(lead, one, before[lead.pk], by=by, now=now)
    store(writes, now=now, actor=by)
    record(events)


def _bin(batch: ChangeBatch, leads: Sequence[Lead], *, by: User, now: datetime) -> None:
    """As if their sender had deleted them: who sends them again gets them back."""
    if not leads:
        return
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    binned: dict[str, Any] = {
        "deleted_at": now,
        "deleted_by": F("sender"),
        "version": F("version") + 1,
        "updated_at": now,
        "last_activity_at": now,
    }
    if cars := brought_cars(batch, {lead.vehicle_id for lead in leads if lead.vehicle_id}):
        rows.filter(vehicle__in=cars).update(**binned, vehicle=None)
    rows.filter(deleted_at=None).update(**binned)
    remember(Lead, leads, by=by, now=now)
    kind, text = Activity.Kind.DELETED, _undone(batch)
    append(Activity, [_activity(batch, one, kind, text, by=by, now=now) for one in leads])
    record(lead_event(EventKind.LEAD_DELETED, one, now=now, by=by) for one in leads)


def _give_back(lead: Lead, verdict: Verdict) -> None:
    """The cells, and whether staff had set them: what comes from outside counts as before."""
    stamps = dict(lead.staff_values)
    for cell in verdict.gives_back:
        former = verdict.trace.former[cell]
        names = CELLS[cell]
        for name, value in zip(names, former.of(cell), strict=True):
            setattr(lead, Lead._meta.get_field(name).attname, value)  # type: ignore[union-attr]
        for name, stamp in zip(names, former.stamps(cell), strict=True):
            stamps.pop(name, None)
            if stamp is not None:
                stamps[name] = stamp
    lead.staff_values = stamps
    if verdict.gives_back and verdict.is_complete:
        lead.warnings = _warnings(lead, verdict)


def _warnings(lead: Lead, verdict: Verdict) -> list[Mapping[str, str]]:
    """What was odd about the lead, without what the batch brought and with what it settled."""
    before = next(iter(verdict.trace.former.values())).warnings
    after = verdict.trace.after.warnings if verdict.trace.after else before
    kept = [one for one in lead.warnings if one in before or one not in after]
    return kept + [one for one in before if one not in after and one not in kept]


def _statuses(verdicts: Sequence[Verdict]) -> Mapping[int, Status]:
    """Those that come back; the score and the events ask for more than their id."""
    former = [one.trace.former["status"] for one in verdicts if "status" in one.gives_back]
    return Status.objects.in_bulk({state.of("status")[0] for state in former}) if former else {}


def _drop_enquiries(
    batch: ChangeBatch, verdicts: Sequence[Verdict], leads: Mapping[int, Lead]
) -> None:
    """Take the enquiries that the batch brought off leads that were here before, with the tasks to
    look at them. What came stays in the ledger."""
    if not verdicts:
        return
    pks = [one.lead_id for one in verdicts]
    Enquiry.objects.filter(lead__in=pks, change_batch=batch).delete()
    times = {at for one in verdicts for at in one.trace.written_at}
    alerts = Task.objects.filter(lead__in=pks, kind=Task.Kind.ENQUIRED_AGAIN)
    alerts.open().filter(created_at__in=times).delete()
    rest = Enquiry.objects.filter(lead__in=pks).order_by().values("lead_id")
    for row in rest.annotate(count=Count("pk"), last=Max("enquired_at")):
        lead = leads[row["lead_id"]]
        lead.enquiry_count, lead.last_enquired_at = row["count"], row["last"]


def labels(cells: Collection[str]) -> list[str]:
    """What people call the cells."""
    return [
        str(_BESIDE_CELLS.get(cell) or Lead._meta.get_field(cell).verbose_name)  # type: ignore[union-attr]
        for cell in cells
    ]


def _undone(batch: ChangeBatch) -> str:
    when = date_format(timezone.localtime(batch.at), "SHORT_DATETIME_FORMAT")
    return _("Bulk change of %(when)s undone.") % {"when": when}


def _told(batch: ChangeBatch, lead: Lead, verdict: Verdict, *, by: User, now: datetime) -> Activity:
    kind, text = Activity.Kind.CHANGED, _undone(batch)
    if BIN in verdict.gives_back:
        kind = Activity.Kind.DELETED if lead.deleted_at else Activity.Kind.RESTORED
    elif told := [*verdict.gives_back, *verdict.beside.names]:
        fields = ", ".join(labels(told))
        text = f"{text} " + _("As before: %(fields)s.") % {"fields": fields}
    return _activity(batch, lead, kind, text, by=by, now=now)


def _activity(
    batch: ChangeBatch, lead: Lead, kind: str, text: str, *, by: User, now: datetime
) -> Activity:
    data = {"change_batch": batch.pk}
    return Activity(
        dealer_id=lead.dealer_id, lead=lead, kind=kind, at=now, user=by, text=text, data=data
    )


def _events(
    lead: Lead, verdict: Verdict, before: Status, *, by: User, now: datetime
) -> list[Event]:
    cells = set(verdict.gives_back)
    events = []
    changed = sorted((cells | set(verdict.beside.names)) - {BIN})
    changed = changed or ([ENQUIRIES] if verdict.drops else [])
    if changed:
        kind = EventKind.LEAD_UPDATED
        events.append(lead_event(kind, lead, now=now, by=by, changed=changed))
    if "status" in cells and lead.status_id != before.pk:
        events += status_events(lead, before, by=by, now=now)
    if "owner" in cells:
        events.append(lead_event(EventKind.LEAD_ASSIGNED, lead, now=now, by=by))
    return events
