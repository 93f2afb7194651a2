"""What happened, told to other systems: events are written in the transaction of their cause."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from leads.models.customer import Customer
from leads.models.event import Event, EventKind
from leads.models.lead import Lead
from leads.models.user import User
from leads.services.inserting import append, blank

# That a credit pre-check was made is for those alone who may see its result.
_NOT_TOLD = ("precheck", "lead_type_raw", "effective_rate", "consents")


def lead_event(
    kind: EventKind,
    lead: Lead,
    *,
    now: datetime,
    by: User | None = None,
    sender: str = "",
    **data: Any,
) -> Event:
    """An event of a lead that is stored already; `data` without personal data."""
    return blank(
        Event,
        dealer_id=lead.dealer_id,
        lead_id=lead.pk,
        customer_id=lead.customer_id,
        kind=kind,
        data=data,
        at=now,
        user_id=by.pk if by else None,
        sender=sender,
    )


def customer_event(
    kind: EventKind,
    customer: Customer,
    *,
    now: datetime,
    by: User | None = None,
    sender: str = "",
    **data: Any,
) -> Event:
    return blank(
        Event,
        dealer_id=customer.dealer_id,
        customer_id=customer.pk,
        kind=kind,
        data=data,
        at=now,
        user_id=by.pk if by else None,
        sender=sender,
    )


def told_data(event: Event) -> dict[str, Any]:
    """The details of an event as other systems may know them."""
    data = dict(event.data)
    if isinstance(data.get("changed"), list):
        data["changed"] = [name for name in data["changed"] if name not in _NOT_TOLD]
    return data


def record(events: Iterable[Event]) -> None:
    """Write the events; one query, none if there are none. Belongs into the transaction of what
    they tell, so that what is rolled back is never told."""
    append(Event, list(events))
