"""The timeline of a lead's page: what the customer asked and what people did, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from leads.admin.display import ago, moment
from leads.models import Activity, Enquiry, Lead

LENGTH = 50  # entries; the rest is in the history

_ICONS = {
    Activity.Kind.UPDATED: "sync",
    Activity.Kind.CONFLICT: "sync_problem",
    Activity.Kind.NOTE: "sticky_note_2",
    Activity.Kind.CALL: "call",
    Activity.Kind.MAIL: "mail",
    Activity.Kind.MAIL_RECEIVED: "mark_email_unread",
    Activity.Kind.APPOINTMENT: "event",
    Activity.Kind.STATUS_CHANGED: "swap_horiz",
    Activity.Kind.ASSIGNED: "person",
    Activity.Kind.CLOSED: "check_circle",
    Activity.Kind.REOPENED: "restart_alt",
    Activity.Kind.CHANGED: "edit",
    Activity.Kind.MERGED: "merge",
    Activity.Kind.DELETED: "delete",
    Activity.Kind.RESTORED: "undo",
    Activity.Kind.FORWARDED: "send",
}


@dataclass(frozen=True)
class TimelineEntry:
    kind: str
    icon: str
    text: str
    user: str
    at: str
    exact: str


def timeline(lead: Lead, *, now: datetime) -> tuple[list[TimelineEntry], bool]:
    """The newest entries, and whether there are older ones. Two queries."""
    activities = Activity.objects.for_dealer(lead.dealer_id).filter(lead=lead)
    enquiries = Enquiry.objects.for_dealer(lead.dealer_id).filter(lead=lead)
    done = activities.select_related("user").order_by("-at", "-pk")[: LENGTH + 1]
    asked = enquiries.select_related("source", "entered_by").order_by("-received_at", "-pk")
    asked = asked[: LENGTH + 1]
    # What is done about an enquiry at the moment it comes stands above it.
    rows: list[Any] = sorted([*asked, *reversed(done)], key=_at, reverse=True)
    first = min((one.pk for one in asked), default=None) if lead.enquiry_count > 1 else None
    entries = [
        _enquiry(row, is_again=first is not None and row.pk != first, now=now)
        if isinstance(row, Enquiry)
        else _activity(row, now=now)
        for row in rows[:LENGTH]
    ]
    return entries, len(rows) > LENGTH


def _at(row: Any) -> datetime:
    at: datetime = row.received_at if isinstance(row, Enquiry) else row.at
    return at


def _activity(activity: Activity, *, now: datetime) -> TimelineEntry:
    return TimelineEntry(
        kind=str(activity.get_kind_display()),
        icon=_ICONS.get(Activity.Kind(activity.kind), "circle"),
        text=activity.text,
        user=str(activity.user or activity.sender),
        at=ago(activity.at, now=now),
        exact=moment(activity.at, now=now),
    )


def _enquiry(enquiry: Enquiry, *, is_again: bool, now: datetime) -> TimelineEntry:
    """What was asked; of a further enquiry its own words too, since the page shows the first's."""
    about = enquiry.vehicle_name or enquiry.subject
    lines = [": ".join(filter(None, [enquiry.source.name, about])), enquiry.reason]
    if is_again:
        lines.append(enquiry.message)
    return TimelineEntry(
        kind=_("Asked again") if is_again else _("Enquiry received"),
        icon="forward_to_inbox" if is_again else "inbox",
        text="\n".join(filter(None, lines)),
        user=str(enquiry.entered_by or ""),
        at=ago(enquiry.received_at, now=now),
        exact=moment(enquiry.received_at, now=now),
    )
