"""What became of a handover, told in the office: timeline, event, and a task where a person must
see to it. Part of the transaction that settles the handover."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.models import Handover
from leads.models.activity import Activity
from leads.models.event import EventKind
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.user import User
from leads.services.events import lead_event, record
from leads.services.forwarding import resolve_lead
from leads.services.noting import add_activity
from leads.services.tasks import create_task, finish_task, lock_task

PARTNER = "drklein"
State = Handover.State


def report(handover: Handover, *, by: User | None, now: datetime) -> None:
    """Tell what has become of a settled handover. `by`: who decided, None for the worker."""
    lead = resolve_lead(handover.dealer_id, handover.lead_id)  # it may have been merged
    if lead is None:
        return  # in the bin; the handover itself says what became of it
    with translation.override(settings.LANGUAGE_CODE):
        user = by or handover.ordered_by
        add_activity(lead, Activity.Kind.FORWARDED, _words(handover), by=user, now=now)
        if handover.state in Handover.ARRIVED:
            data: dict[str, Any] = {"partner": PARTNER, "test": handover.is_test}
            if handover.case_number:
                data["case_number"] = handover.case_number
            record([lead_event(EventKind.LEAD_FORWARDED, lead, by=user, now=now, **data)])
        _finish_tasks(lead, by=by, now=now)
        if title := _task(handover):
            create_task(
                lead,
                due_at=now,
                now=now,
                kind=Task.Kind.OTHER,
                title=title,
                owner=handover.ordered_by,
                sender=PARTNER,
            )


def _words(handover: Handover) -> str:
    """For the timeline; what the partner wrote itself stays with the handover."""
    number = {"number": handover.case_number}
    words = {
        State.FORWARDED: _("Dr. Klein: handed over, case %(number)s.") % number,
        State.UNCONFIRMED: _("Dr. Klein: handed over, no case number was named."),
        State.REJECTED: _("Dr. Klein: the lead was rejected."),
        State.BLOCKED: _("Dr. Klein: the handover is blocked, the connection needs attention."),
        State.UNKNOWN: _("Dr. Klein: it is unclear whether the lead has arrived."),
        State.NOT_ARRIVED: _("Dr. Klein: the lead has not arrived there."),
        State.WITHDRAWN: _("Dr. Klein: the handover was withdrawn, nothing was sent."),
        State.GIVEN_UP: _("Dr. Klein could not be reached, nothing was sent."),
    }[State(handover.state)]
    test = _("Test")
    return f"{test}: {words}" if handover.is_test else words


def _task(handover: Handover) -> str:
    """What somebody has to do now."""
    return {
        State.UNCONFIRMED: _("Ask Dr. Klein for the case number and enter it"),
        State.REJECTED: _("Correct the details and hand the lead over to Dr. Klein again"),
        State.BLOCKED: _("Have the connection to Dr. Klein checked, then hand over again"),
        State.UNKNOWN: _("Ask Dr. Klein whether the lead has arrived"),
        State.GIVEN_UP: _("Hand the lead over to Dr. Klein again"),
    }.get(State(handover.state), "")


def _finish_tasks(lead: Lead, *, by: User | None, now: datetime) -> None:
    """What an earlier outcome has asked for is done."""
    asked = Task.objects.for_dealer(lead.dealer_id).filter(lead=lead, sender=PARTNER).open()
    for pk in asked.order_by("pk").values_list("pk", flat=True):
        finish_task(lock_task(lead.dealer, pk), now=now, by=by)
