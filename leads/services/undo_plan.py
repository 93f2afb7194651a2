"""What undoing a bulk change would do with each of its leads, and why some stay as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from django.db import models
from django.db.models import Count, Max
from django.utils.translation import gettext_lazy as _

from leads.models.activity import Activity
from leads.models.change_batch import ChangeBatch
from leads.models.enquiry import Enquiry
from leads.models.lead import Lead
from leads.models.task import Task
from leads.models.user import User
from leads.services.undo_beside import NOTHING, Beside, find_besides
from leads.services.undo_references import former_references, missing
from leads.services.undo_trace import BIN, COLUMNS, TAGS, VERSION, Change, State, Trace, traces

# Things that people write, as opposed to what the timeline says of changes by itself.
_BY_PEOPLE = (
    Activity.Kind.NOTE,
    Activity.Kind.CALL,
    Activity.Kind.MAIL,
    Activity.Kind.APPOINTMENT,
)
_TOGETHER = 500  # verdicts that are looked at together
_BESIDES = ("pk", "merged_into_id", "enquiry_count", "staff_values", "warnings")


class Reason(models.TextChoices):
    """Why a lead, or a part of it, stays as it is. The label is the sentence people read."""

    CHANGED = "changed", _("Changed since.")
    ENQUIRED = "enquired", _("The customer has asked again since.")
    ACTIVITY = "activity", _("A colleague has been active since.")
    TASK = "task", _("A task was added or done since.")
    # The rest of the lead is taken back all the same.
    VALUE_GONE = "value_gone", _("What was there before no longer exists.")
    # These cannot be overruled.
    IN_BIN = "in_bin", _("It lies in the bin.")
    MERGED = "merged", _("It became part of another lead.")
    GONE = "gone", _("It was deleted for good.")
    UNSEEN = "unseen", _("You cannot see this lead.")
    UNKNOWN = "unknown", _("How it was before is not known.")
    USED = "used", _("Enquiries belong to it by now.")


_FINAL = frozenset(
    {Reason.IN_BIN, Reason.MERGED, Reason.GONE, Reason.UNSEEN, Reason.UNKNOWN, Reason.USED}
)
PARTLY = frozenset({Reason.VALUE_GONE})


def is_choosable(reasons: Collection[Reason]) -> bool:
    """Whether somebody may say that it is taken back all the same."""
    may_stay = set(reasons) - PARTLY
    return bool(may_stay) and _FINAL.isdisjoint(may_stay)


class Reasoned:
    """What the reasons of a verdict mean, on whatever it is."""

    __slots__ = ()

    reasons: tuple[Reason, ...]
    is_chosen: bool

    @property
    def may_be_chosen(self) -> bool:
        return is_choosable(self.reasons)

    @property
    def is_complete(self) -> bool:
        return not self.reasons or (self.is_chosen and PARTLY.isdisjoint(self.reasons))


@dataclass(frozen=True, slots=True)
class Verdict(Reasoned):
    """What undoing does with one lead.

    `goes`: a lead that the batch created goes into the bin. `gives_back`: cells that become what
    they were. `beside`: what else does. `drops`: enquiries of the batch are taken off it. `left`:
    cells that stay since somebody has changed them, with who did (None: the history does not
    say). `gone`: cells that stay since what they referred to is gone. `reasons`: why something
    stays; none if all is taken back. `is_chosen`: it would stay, but somebody said it shall not.
    """

    trace: Trace
    reasons: tuple[Reason, ...] = ()
    goes: bool = False
    gives_back: tuple[str, ...] = ()
    beside: Beside = NOTHING
    drops: bool = False
    left: tuple[tuple[str, Change | None], ...] = ()
    gone: tuple[str, ...] = ()
    is_chosen: bool = False

    @property
    def pk(self) -> int:
        """Of the lead."""
        return self.trace.lead_id

    @property
    def lead_id(self) -> int:
        return self.trace.lead_id

    @property
    def does_something(self) -> bool:
        """To a lead that was here before."""
        return bool(self.gives_back or self.beside.names or self.drops)


@dataclass(frozen=True)
class _Since:
    """What happened to the leads of an import besides changes: by lead, when last."""

    activity: dict[int, datetime]
    task: dict[int, datetime]
    enquiries: dict[int, int]  # brought by the batch itself
    besides: dict[int, Beside]
    hidden: frozenset[int]


class Stays(Protocol):
    """What a verdict says of something that stays; a lead, or what a list held."""

    @property
    def pk(self) -> int: ...
    @property
    def reasons(self) -> tuple[Reason, ...]: ...
    @property
    def left(self) -> tuple[tuple[str, Change | None], ...]: ...
    @property
    def gone(self) -> tuple[str, ...]: ...


def as_json(verdict: Stays) -> dict[str, Any]:
    """Why something stays, to be kept (ChangeBatch.undo_left) and shown: without personal data."""
    return {
        "id": verdict.pk,
        "reasons": [str(reason.value) for reason in verdict.reasons],
        "cells": [
            [cell, who.user_id if who else None, who.at.isoformat() if who else ""]
            for cell, who in verdict.left
        ],
        "gone": list(verdict.gone),
    }


Leads = Collection[int] | models.QuerySet[Any]


def lead_ids(batch: ChangeBatch) -> models.QuerySet[Any]:
    """The leads that the batch created or changed, each once; as a subquery, or to be read."""
    history = Lead.history.model._default_manager.filter(change_batch=batch.pk)
    rows: models.QuerySet[Any] = history.order_by("id").values_list("id", flat=True).distinct()
    return rows


def plan(
    batch: ChangeBatch,
    *,
    by: User,
    leads: Leads | None = None,
    now: dict[int, tuple[State, int | None]] | None = None,
    chosen: Collection[int] = (),
) -> Iterator[Verdict]:
    """A verdict for each lead (all of the batch, or these of it), in the order of their ids.

    `now`: how they are and what each is part of, if that is read already. `chosen` are taken back
    although somebody changed them. Reads row by row, so it needs no memory for them; the number
    of queries hardly depends on theirs.
    """
    verdicts = _verdicts(batch, by=by, leads=leads, now=now, chosen=chosen)
    while some := list(islice(verdicts, _TOGETHER)):
        yield from _without_missing(some)


def _without_missing(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Cells that would refer to what is gone stay as they are."""
    named = {
        (one.lead_id, cell): former_references(one.trace, cell)
        for one in verdicts
        for cell in one.gives_back
    }
    gone = missing({reference for found in named.values() for reference in found})
    for one in verdicts:
        kept = tuple(cell for cell in one.gives_back if gone.isdisjoint(named[one.lead_id, cell]))
        if kept == one.gives_back:
            yield one
        else:
            stays = tuple(cell for cell in one.gives_back if cell not in kept)
            reasons = (*one.reasons, Reason.VALUE_GONE)
            yield replace(one, gives_back=kept, gone=stays, reasons=reasons)


def _verdicts(
    batch: ChangeBatch,
    *,
    by: User,
    leads: Leads | None,
    now: dict[int, tuple[State, int | None]] | None,
    chosen: Collection[int],
) -> Iterator[Verdict]:
    asked = lead_ids(batch).order_by() if leads is None else leads
    since = _since(batch, asked, by)
    versions = Lead.history.model._default_manager.filter(id__in=asked)
    rows = versions.order_by("id", "history_id").values_list(*VERSION, *COLUMNS)
    present = _present(asked) if now is None else iter(sorted(now.items()))
    current = next(present, None)
    for trace in traces(rows.iterator(), batch.pk):
        while current is not None and current[0] < trace.lead_id:
            current = next(present, None)
        found = current[1] if current is not None and current[0] == trace.lead_id else None
        yield _judge(trace, found, since, is_chosen=trace.lead_id in chosen)


def _present(asked: Leads) -> Iterator[tuple[int, tuple[State, int | None]]]:
    rows = Lead.objects.filter(pk__in=asked).order_by("pk").values_list(*_BESIDES, *COLUMNS)
    for row in rows.iterator():
        pk, merged_into, enquiry_count, staff_values, warnings = row[: len(_BESIDES)]
        state = State(row[len(_BESIDES) :], staff_values, enquiry_count, warnings)
        yield pk, (state, merged_into)


def state_of(lead: Lead) -> State:
    values = tuple(getattr(lead, column) for column in COLUMNS)
    return State(values, lead.staff_values, lead.enquiry_count, lead.warnings)


def _since(batch: ChangeBatch, asked: Leads, by: User) -> _Since:
    hidden: frozenset[int] = frozenset()
    if not by.sees_all_of(batch.dealer_id):
        ours = Lead.objects.ever_of_dealer(batch.dealer_id).filter(pk__in=asked)
        seen = Lead.objects.ever_of_user(by).order_by().values("pk")
        hidden = frozenset(ours.exclude(pk__in=seen).values_list("pk", flat=True))
    if batch.kind != ChangeBatch.Kind.IMPORT:
        return _Since({}, {}, {}, {}, hidden)
    said = Activity.objects.filter(lead__in=asked, kind__in=_BY_PEOPLE, at__gt=batch.at)
    tasks = Task.objects.filter(lead__in=asked).order_by().values("lead_id")
    brought = Enquiry.objects.filter(lead__in=asked, change_batch=batch).order_by()
    times = tasks.annotate(added=Max("created_at"), done=Max("done_at"))
    return _Since(
        dict(said.order_by().values_list("lead_id").annotate(Max("at"))),
        {row["lead_id"]: max(filter(None, (row["added"], row["done"]))) for row in times},
        dict(brought.values_list("lead_id").annotate(Count("pk"))),
        find_besides(batch, asked) if batch.changed_count else {},
        hidden,
    )


def _judge(
    trace: Trace,
    found: tuple[State, int | None] | None,
    since: _Since,
    *,
    is_chosen: bool,
) -> Verdict:
    final = _final(trace, found, since)
    if final is not None or found is None:
        return Verdict(trace, (final or Reason.GONE,))
    state, _merged_into = found
    contested = trace.contested(state)
    worked_on = _worked_on(trace, state, since)
    if trace.is_new:
        reasons = (*_changed(contested), *worked_on)
        goes = is_chosen or not reasons
        left = () if goes else _who(trace, contested)
        return Verdict(trace, reasons, goes=goes, left=left, is_chosen=is_chosen and bool(reasons))
    brought = since.enquiries.get(trace.lead_id, 0)
    beside = since.besides.get(trace.lead_id, NOTHING)
    if beside.contested:
        contested = [*contested, TAGS]
    # An enquiry that somebody has reacted to stays.
    reasons = (*_changed(contested), *(worked_on if brought else ()))
    given = [cell for cell in trace.former if is_chosen or cell not in contested]
    return Verdict(
        trace,
        reasons,
        gives_back=tuple(given),
        beside=beside.with_contested() if is_chosen else beside,
        drops=bool(brought) and (is_chosen or not worked_on),
        left=() if is_chosen else _who(trace, contested),
        is_chosen=is_chosen and bool(reasons),
    )


def _final(trace: Trace, found: tuple[State, int | None] | None, since: _Since) -> Reason | None:
    if found is None:
        return Reason.GONE
    state, merged_into = found
    if trace.lead_id in since.hidden:
        return Reason.UNSEEN
    if merged_into is not None:
        return Reason.MERGED
    if not trace.is_new and not trace.is_known:
        return Reason.UNKNOWN
    was_binned = BIN in trace.former and trace.after is not None and trace.after.of(BIN)[0]
    if state.of(BIN)[0] is not None and not was_binned:
        return Reason.IN_BIN
    return None


def _changed(contested: Sequence[str]) -> tuple[Reason, ...]:
    return (Reason.CHANGED,) if contested else ()


def _worked_on(trace: Trace, state: State, since: _Since) -> tuple[Reason, ...]:
    last = max(trace.written_at)
    asked_again = trace.after is not None and state.enquiry_count > trace.after.enquiry_count
    found = {
        Reason.ENQUIRED: asked_again,
        Reason.ACTIVITY: _is_after(since.activity.get(trace.lead_id), last),
        Reason.TASK: _is_after(since.task.get(trace.lead_id), last),
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _is_after(at: datetime | None, last: datetime) -> bool:
    return at is not None and at > last


def _who(trace: Trace, cells: Sequence[str]) -> tuple[tuple[str, Change | None], ...]:
    return tuple((cell, trace.later.get(cell)) for cell in cells)
