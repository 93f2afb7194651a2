"""What the page of a lead says about its handovers to Dr. Klein."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from integrations.drklein.handing_over import connections_of
from integrations.models import Handover
from leads.admin.display import badge, moment, test_badge
from leads.admin.wall import has_right_at
from leads.models import Lead, User

ADD, VIEW = "integrations.add_handover", "integrations.view_handover"
_SHOWN = 3
_TONES = {
    Handover.State.WAITING: "amber",
    Handover.State.SENDING: "amber",
    Handover.State.FORWARDED: "green",
    Handover.State.UNCONFIRMED: "amber",
    Handover.State.REJECTED: "red",
    Handover.State.BLOCKED: "red",
    Handover.State.UNKNOWN: "red",
    Handover.State.NOT_ARRIVED: "grey",
    Handover.State.WITHDRAWN: "grey",
    Handover.State.GIVEN_UP: "red",
}


def handover_badge(handover: Handover) -> SafeString:
    state = Handover.State(handover.state)
    return badge(capfirst(str(state.label)), _TONES[state])


def handover_card(lead: Lead, *, user: User, now: datetime) -> dict[str, Any] | None:
    """The newest handovers and the way to a new one; None where there is neither."""
    if not has_right_at(user, VIEW, lead.dealer_id):
        return None
    rows = Handover.objects.of_lead(lead).defer("payload", "problem")
    found = list(rows[:_SHOWN])
    may_order = has_right_at(user, ADD, lead.dealer_id) and bool(connections_of(lead.dealer_id))
    if not found and not may_order:
        return None
    is_open = any(one.state in Handover.OPEN for one in found)
    return {
        "rows": [
            {
                "handover": one,
                "badge": handover_badge(one),
                "test": test_badge() if one.is_test else "",
                "at": moment(one.settled_at or one.ordered_at, now=now),
                "notes": one.note_lines,
                "url": reverse("admin:integrations_handover_change", args=[one.pk]),
            }
            for one in found
        ],
        "order_url": reverse("admin:leads_lead_handover", args=[lead.pk])
        if may_order and not is_open
        else "",
    }
