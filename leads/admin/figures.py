"""Counts for the start page and the sidebar: scoped, without test leads, each on an index.

A count stops at a limit, so that none costs more because the table grew.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from integrations.models import Finding, Handover, Severity
from leads.admin.filters import local_day
from leads.models import Dealer, IntakeEntry, Lead, MatchSuggestion, Task, UnmappedName, User

LIMIT = 1_000  # rows; what is more is "1.000+" to a person


def count(rows: QuerySet[Any], *, limit: int | None = None) -> int:
    """The number of rows, at most one more than the limit."""
    limit = LIMIT if limit is None else limit
    return rows.order_by().values("pk")[: limit + 1].count()


def leads_of(user: User) -> QuerySet[Lead]:
    """The real leads of all dealers that the user works for."""
    rows = Lead.objects.for_user(user).real()
    # Every index begins with the dealer; without it the operator's counts would read the table.
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows


def open_leads_of(user: User) -> QuerySet[Lead]:
    """Open ones. The date of closing follows from the status; the indexes of open leads know it."""
    return leads_of(user).open().filter(closed_at=None)  # type: ignore[attr-defined]


def received_on(user: User, first: date, last: date) -> QuerySet[Lead]:
    """Received on these days of the office, both included."""
    return leads_of(user).filter(
        received_at__gte=local_day(first), received_at__lt=local_day(last + timedelta(days=1))
    )


def unanswered(user: User) -> QuerySet[Lead]:
    """As LeadQuerySet.unanswered."""
    return open_leads_of(user).filter(first_response_at=None, contract_expiring=False)


def unassigned(user: User) -> QuerySet[Lead]:
    return open_leads_of(user).filter(owner=None)


def overdue(user: User, now: datetime) -> QuerySet[Lead]:
    return open_leads_of(user).filter(follow_up_at__lt=now)


def due_today(user: User, now: datetime) -> QuerySet[Lead]:
    today = timezone.localdate(now)
    return open_leads_of(user).filter(
        follow_up_at__gte=local_day(today), follow_up_at__lt=local_day(today + timedelta(days=1))
    )


def quarantined(user: User) -> QuerySet[IntakeEntry]:
    rows = IntakeEntry.objects.for_user(user).quarantined()
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows


def unclear_handovers(user: User) -> QuerySet[Handover]:
    """Nobody knows whether they have arrived."""
    rows = Handover.objects.for_user(user).filter(state=Handover.State.UNKNOWN)
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows


def loud_findings(user: User) -> QuerySet[Finding]:
    """Errors and worse of the exports that are open and that nobody has acknowledged."""
    rows = Finding.objects.for_user(user).loud().filter(severity__gte=Severity.ERROR)
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows


def undecided_duplicates(user: User) -> QuerySet[MatchSuggestion]:
    rows = MatchSuggestion.objects.for_user(user).open()
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows


def names_to_assign(user: User) -> QuerySet[UnmappedName]:
    rows = UnmappedName.objects.for_user(user).waiting()
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows


def my_overdue_tasks(user: User) -> QuerySet[Task]:
    """By now, since the sidebar asks without a time."""
    rows = Task.objects.for_user(user).overdue(timezone.now()).filter(owner=user)
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows
