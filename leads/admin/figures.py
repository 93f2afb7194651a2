"""Counts for the start page and the sidebar: scoped, without test leads, each on an index.

A count stops at a limit, so that none costs more because the table grew.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils import timezone

from integrations.models import Finding, Handover, Severity
from leads.admin.filters import local_day
from leads.models import Dealer, IntakeEntry, Lead, MatchSuggestion, Task, UnmappedName, User

R = TypeVar("R", bound=Model)

LIMIT = 1_000  # rows; what is more is "1.000+" to a person


def count(rows: QuerySet[Any], *, limit: int | None = None) -> int:
    """The number of rows, at most one more than the limit."""
    limit = LIMIT if limit is None else limit
    return rows.order_by().values("pk")[: limit + 1].count()


def leads_of(user: User) -> QuerySet[Lead]:
    """The real leads of all dealers that the user works for."""
    return _by_dealer(Lead.objects.for_user(user).real(), user)


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
    return _by_dealer(IntakeEntry.objects.for_user(user).quarantined(), user)


def unclear_handovers(user: User) -> QuerySet[Handover]:
    """Nobody knows whether they have arrived."""
    return _by_dealer(Handover.objects.for_user(user).filter(state=Handover.State.UNKNOWN), user)


def loud_findings(user: User) -> QuerySet[Finding]:
    """Errors and worse of the exports that are open and that nobody has acknowledged."""
    return _by_dealer(
        Finding.objects.for_user(user).loud().filter(severity__gte=Severity.ERROR), user
    )


def undecided_duplicates(user: User) -> QuerySet[MatchSuggestion]:
    return _by_dealer(MatchSuggestion.objects.for_user(user).open(), user)


def names_to_assign(user: User) -> QuerySet[UnmappedName]:
    return _by_dealer(UnmappedName.objects.for_user(user).waiting(), user)


def my_overdue_tasks(user: User) -> QuerySet[Task]:
    """By now, since the sidebar asks without a time."""
    return _by_dealer(Task.objects.for_user(user).overdue(timezone.now()).filter(owner=user), user)


def _by_dealer(rows: QuerySet[R], user: User) -> QuerySet[R]:
    """Every index begins with the dealer; without it the operator's counts would read the table."""
    return rows.filter(dealer__in=Dealer.objects.values("pk")) if user.is_superuser else rows
