"""Tasks: made, changed, done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from leads.models.dealer import Dealer, Membership
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.user import User
from leads.services.handling import lock_present

# What may be said about a task; `done_at` has functions of its own.
COLUMNS = ("kind", "title", "note", "owner", "due_at")


class UnknownOwner(ValueError):
    """Nobody with this e-mail works for the dealer."""


@transaction.atomic
def create_task(
    lead: Lead,
    *,
    due_at: datetime,
    now: datetime,
    kind: str = Task.Kind.FOLLOW_UP,
    title: str = "",
    note: str = "",
    owner: User | None = None,
    sender: str = "",
) -> Task:
    """Make a task for a lead; without an owner it is the lead's owner's. Raises LeadGone."""
    lead = lock_present(lead, "owner")
    return Task.objects.create(
        dealer_id=lead.dealer_id,
        lead=lead,
        kind=kind,
        title=title,
        note=note,
        owner=owner or lead.owner,
        due_at=due_at,
        sender=sender,
        created_at=now,
    )


def lock_task(dealer: Dealer, pk: int) -> Task:
    """The task as it is once nobody else is changing it, until the end of the transaction. Raises
    Task.DoesNotExist, also where the lead is in the bin."""
    tasks = Task.objects.for_dealer(dealer).filter(lead__deleted_at=None)
    locked = tasks.select_for_update(of=("self",), no_key=True)
    return locked.select_related("lead", "owner").get(pk=pk)


def change_task(task: Task, values: Mapping[str, Any]) -> list[str]:
    """Change a locked task; `values` by column (COLUMNS). The columns that have become
    different."""
    changed = [name for name in COLUMNS if name in values and getattr(task, name) != values[name]]
    for name in changed:
        setattr(task, name, values[name])
    return _save(task, changed)


def finish_task(task: Task, *, now: datetime, by: User | None = None) -> list[str]:
    """A locked task is done; one that was done before stays as it is."""
    if task.done_at is not None:
        return []
    task.done_at, task.done_by = now, by
    return _save(task, ["done_at", "done_by"])


def reopen_task(task: Task) -> list[str]:
    """A locked task is to be done after all."""
    if task.done_at is None:
        return []
    task.done_at, task.done_by = None, None
    return _save(task, ["done_at", "done_by"])


def owner_named(dealer: Dealer, email: str) -> User:
    """The active colleague with this e-mail, in whatever case. Raises UnknownOwner."""
    here = Membership.objects.filter(dealer=dealer, is_active=True, user__is_active=True)
    found = here.filter(user__email__iexact=email.strip()).select_related("user").order_by("pk")
    membership = found.first()
    if membership is None:
        raise UnknownOwner
    return membership.user


@transaction.atomic
def _save(task: Task, changed: list[str]) -> list[str]:
    if changed:
        task.version += 1
        task.save(update_fields=[*changed, "version", "updated_at"])
    return changed
