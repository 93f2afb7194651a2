"""From events to status reports: what BDK hears about the leads that came from it.

Who has brought a lead, and under which number, stands on its enquiries; a case may have several.
Of leads from elsewhere BDK hears nothing, and of its own changes neither.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from integrations.bdk.mapping import partner_number_of, sender_of
from integrations.bdk.sync import known_sites
from integrations.bdk.wording import AT_FIRST, Said, words_for
from integrations.models import Connection, Delivery, Partner
from leads.models.catalog import CloseReason, Status
from leads.models.enquiry import Enquiry
from leads.models.event import Event, EventKind
from leads.models.lead import Lead
from leads.services.forwarding import resolve_leads

# After these a lead may be in another status than BDK knows of. A merge brings it the status of
# the lead that is kept, another enquiry that of the case it belongs to.
_KINDS = {
    EventKind.LEAD_STATUS_CHANGED,
    EventKind.LEAD_ASSIGNED,
    EventKind.LEAD_UPDATED,
    EventKind.LEAD_MERGED,
    EventKind.LEAD_RESTORED,
    EventKind.LEAD_ENQUIRED_AGAIN,
}
_NOT_WANTED = (Delivery.State.REFUSED, Delivery.State.DROPPED)


def queue_reports(events: Sequence[Event], *, now: datetime) -> int:
    """Queue what BDK is to hear because of these events, in their order; how many reports.

    Belongs into the transaction in which they are fanned out. Says nothing twice: an event that
    leaves everything as BDK knows it brings no report.
    """
    wanted = [event for event in events if _may_matter(event)]
    if not wanted:
        return 0
    connections = _connections({event.dealer_id for event in wanted})
    reports: list[Delivery] = []
    for dealer_id, of_dealer in connections.items():
        theirs = [event for event in wanted if event.dealer_id == dealer_id]
        reports += _reports_of(dealer_id, of_dealer, theirs, now=now)
    Delivery.objects.bulk_create(reports, batch_size=500)
    return len(reports)


def _may_matter(event: Event) -> bool:
    if event.lead_id is None or event.kind not in _KINDS:
        return False
    if event.kind == EventKind.LEAD_ENQUIRED_AGAIN:
        return True
    if event.sender.startswith(sender_of("")):
        return False
    if event.kind == EventKind.LEAD_ASSIGNED:
        return event.user_id is not None  # rules give away many, and nobody has looked at them yet
    if event.kind == EventKind.LEAD_UPDATED:
        return "close_reason" in event.data.get("changed", ())
    return True


def _connections(dealer_ids: Iterable[int]) -> dict[int, list[Connection]]:
    found: dict[int, list[Connection]] = defaultdict(list)
    rows = Connection.objects.active().filter(
        partner=Partner.BDK, reports_status=True, dealer__in=dealer_ids
    )
    for connection in rows.only("dealer_id", "status_words", "mode").order_by("-mode", "pk"):
        found[connection.dealer_id].append(connection)
    return found


class _Name(NamedTuple):
    """Where BDK knows a lead, and as what."""

    site: str
    outside_id: str


@dataclass(frozen=True)
class _Office:
    """What is known about the leads of one dealer's events."""

    leads: Mapping[int, Lead]  # by the id in the event: the case it is, or became part of
    names: Mapping[int, Sequence[_Name]]  # by case
    pasts: Mapping[int, _Past]  # by case
    statuses: Mapping[int, Status]
    reasons: Mapping[int, CloseReason]


@dataclass
class _Past:
    """A lead's statuses by the time from which they were true, oldest first."""

    times: list[datetime] = field(default_factory=list)
    values: list[tuple[int, int | None, int | None]] = field(default_factory=list)

    def at(self, moment: datetime) -> tuple[int, int | None, int | None] | None:
        """(status, close reason, owner) as they were then."""
        place = bisect_right(self.times, moment)
        return self.values[place - 1] if place else None


def _reports_of(
    dealer_id: int, connections: Sequence[Connection], events: Sequence[Event], *, now: datetime
) -> list[Delivery]:
    office = _look_up(dealer_id, events)
    names = {name for of_case in office.names.values() for name in of_case}
    brought_by = _brought_by(connections, names)
    told = _told(connections, names)
    reports = []
    for event in events:
        lead = office.leads.get(event.lead_id or 0)
        if lead is None:
            continue
        for name in office.names.get(lead.pk, ()):
            connection = brought_by.get(name, connections[0])
            said = _said(office, lead, event, connection)
            before = told.get((connection.pk, name), AT_FIRST)
            if said is None or not said.status or before is None or said == before:
                continue
            told[connection.pk, name] = said
            reports.append(_report(connection, name, lead, event, said, now=now))
    return reports


def _look_up(dealer_id: int, events: Sequence[Event]) -> _Office:
    leads = resolve_leads(dealer_id, {event.lead_id for event in events if event.lead_id})
    cases = {lead.pk for lead in leads.values()}
    senders = [sender_of(site) for site in known_sites(dealer_id)]
    names: dict[int, list[_Name]] = defaultdict(list)
    enquiries = Enquiry.objects.for_dealer(dealer_id).filter(lead__in=cases, sender__in=senders)
    for case, sender, outside_id in enquiries.values_list("lead", "sender", "external_id"):
        if outside_id:
            names[case].append(_Name(partner_number_of(sender), outside_id))
    pasts = _pasts(names)
    values = [value for past in pasts.values() for value in past.values]
    values += [_present(lead) for lead in leads.values() if lead.pk in names]
    return _Office(
        leads=leads,
        names=names,
        pasts=pasts,
        statuses=Status.objects.in_bulk({status for status, _reason, _owner in values}),
        reasons=CloseReason.objects.in_bulk({reason for _status, reason, _o in values if reason}),
    )


def _pasts(cases: Iterable[int]) -> dict[int, _Past]:
    """An event does not say which status it was; the history does, and by the same time."""
    found: dict[int, _Past] = defaultdict(_Past)
    rows: Any = Lead.history.filter(id__in=list(cases)).order_by("history_date", "history_id")
    columns = ("id", "history_date", "status_id", "close_reason_id", "owner_id")
    for pk, at, *values in rows.values_list(*columns):
        found[pk].times.append(at)
        found[pk].values.append(tuple(values))
    return found


def _present(lead: Lead) -> tuple[int, int | None, int | None]:
    return lead.status_id, lead.close_reason_id, lead.owner_id


def _brought_by(
    connections: Sequence[Connection], names: Iterable[_Name]
) -> dict[_Name, Connection]:
    """Which of a dealer's connections has fetched a lead; asked only if there are several."""
    if len(connections) < 2:
        return {}
    by_pk = {connection.pk: connection for connection in connections}
    receipts = Delivery.objects.filter(
        connection__in=by_pk,
        kind=Delivery.Kind.RECEIPT,
        entry__outside_id__in={name.outside_id for name in names},
    )
    columns = ("connection", "recipient", "entry__outside_id")
    return {
        _Name(site, outside_id): by_pk[pk]
        for pk, site, outside_id in receipts.order_by("-pk").values_list(*columns)  # the first wins
    }


def _told(
    connections: Sequence[Connection], names: Iterable[_Name]
) -> dict[tuple[int, _Name], Said | None]:
    """What BDK was told last, or is about to be; None: it does not know the lead."""
    rows = Delivery.objects.filter(
        connection__in=connections,
        kind=Delivery.Kind.STATUS,
        outside_id__in={name.outside_id for name in names},
    )
    told: dict[tuple[int, _Name], Said | None] = {}
    for row in rows.order_by("occurred_at", "pk"):
        place = (row.connection_id, _Name(row.recipient, row.outside_id))
        if row.state == Delivery.State.DROPPED and row.answer.startswith("404"):
            told[place] = None
        elif row.state not in _NOT_WANTED and told.get(place, AT_FIRST) is not None:
            told[place] = Said(row.status_word, row.reason_word)
    return told


def _said(office: _Office, lead: Lead, event: Event, connection: Connection) -> Said | None:
    past = office.pasts.get(lead.pk)
    status, reason, owner = (past.at(event.at) if past else None) or _present(lead)
    if status not in office.statuses:  # became part of another since
        return None
    return words_for(
        office.statuses[status],
        office.reasons.get(reason) if reason else None,
        is_assigned=owner is not None,
        chosen=connection.status_words,
    )


def _report(
    connection: Connection, name: _Name, lead: Lead, event: Event, said: Said, *, now: datetime
) -> Delivery:
    return Delivery(
        dealer_id=connection.dealer_id,
        connection=connection,
        kind=Delivery.Kind.STATUS,
        recipient=name.site,
        outside_id=name.outside_id,
        lead=lead,
        event=event,
        status_word=said.status,
        reason_word=said.reason,
        occurred_at=event.at,
        next_attempt_at=now,
    )
