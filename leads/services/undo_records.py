"""What undoing an import of customers or vehicles would do with each of them, and why some stay.

Like undo_plan.py, but simpler: nothing hangs on these rows besides their own columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import QuerySet

from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.dealer import Location
from leads.models.lead import Lead
from leads.models.list_kind import ListKind
from leads.models.vehicle import Vehicle
from leads.services.customers import COLUMNS
from leads.services.undo_plan import Reason, Reasoned
from leads.services.undo_references import referring
from leads.services.undo_trace import Change

Record = Customer | Vehicle
_VERSION = ("id", "history_type", "history_user_id", "history_date", "change_batch_id")
_TOGETHER = 500  # records that are looked at together


@dataclass(frozen=True)
class Records:
    """A table that lists are imported into. `cells`: columns that an import may set. `number`: the
    one of them that no two rows of a dealer may share. `used`: which of these are needed by what is
    no list."""

    model: type[Customer] | type[Vehicle]
    cells: tuple[str, ...]
    number: str
    used: Callable[[int, Collection[int]], set[int]]


@dataclass(frozen=True, slots=True)
class RecordVerdict(Reasoned):
    """What undoing does with one of them; the names are those of undo_plan.Verdict.

    `gives_back`: column → former value. `left`: columns that stay since somebody has changed them,
    with who did (None: the history does not say). `gone`: columns that stay since what was there
    before is gone or taken. `former`: what all of them were.
    """

    pk: int
    is_new: bool
    reasons: tuple[Reason, ...] = ()
    goes: bool = False
    gives_back: Mapping[str, Any] = field(default_factory=dict)
    left: tuple[tuple[str, Change | None], ...] = ()
    gone: tuple[str, ...] = ()
    former: Mapping[str, Any] = field(default_factory=dict)
    is_chosen: bool = False

    @property
    def does_something(self) -> bool:
        """To one that was here before."""
        return bool(self.gives_back)


@dataclass
class _Trace:
    """What the batch did to one record (before and after, by column), and who was there since."""

    pk: int
    is_new: bool = False
    is_known: bool = True
    former: dict[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    later: dict[str, Change] = field(default_factory=dict)
    last: Change | None = None  # of others, whatever they did


def _customers_used(dealer_id: int, pks: Collection[int]) -> set[int]:
    leads = Lead.objects.for_dealer(dealer_id).filter(customer__in=pks)
    return set(leads.order_by().values_list("customer_id", flat=True))


def _vehicles_used(_dealer_id: int, pks: Collection[int]) -> set[int]:
    return referring(Vehicle, pks)


RECORDS: Mapping[str, Records] = {
    ListKind.CUSTOMERS: Records(Customer, COLUMNS, "external_number", _customers_used),
    ListKind.VEHICLES: Records(
        Vehicle,
        (
            *("location_id", "internal_number", "vin", "make", "model", "variant", "condition"),
            *("first_registration", "mileage_km", "power_kw", "fuel", "price", "url", "state"),
        ),
        "internal_number",
        _vehicles_used,
    ),
}


def record_ids(batch: ChangeBatch) -> QuerySet[Any]:
    """Those that the batch created or changed, each once."""
    history = RECORDS[batch.list_kind].model.history.model._default_manager
    rows: QuerySet[Any] = history.filter(change_batch=batch.pk).order_by("id")
    return rows.values_list("id", flat=True).distinct()


def plan_records(
    batch: ChangeBatch, *, pks: Sequence[int] | None = None, chosen: Collection[int] = ()
) -> Iterator[RecordVerdict]:
    """A verdict for each record (all of the batch, or these of it), in the order of their ids.
    `chosen` are taken back although somebody changed them."""
    asked = list(record_ids(batch)) if pks is None else sorted(pks)
    for start in range(0, len(asked), _TOGETHER):
        yield from _judged(batch, asked[start : start + _TOGETHER], chosen)


def _judged(
    batch: ChangeBatch, pks: Sequence[int], chosen: Collection[int]
) -> Iterator[RecordVerdict]:
    table = RECORDS[batch.list_kind]
    present = table.model._base_manager.in_bulk(pks)
    versions = table.model.history.model._default_manager.filter(id__in=pks)
    rows = versions.order_by("id", "history_id").values_list(*_VERSION, *table.cells)
    traces = [
        _trace(table.cells, pk, group, batch.pk) for pk, group in groupby(rows, key=itemgetter(0))
    ]
    used = table.used(batch.dealer_id, [trace.pk for trace in traces if trace.is_new])
    missing = _missing(table, batch.dealer_id, traces)
    for trace in traces:
        record = present.get(trace.pk)
        yield _judge(table, trace, record, used, missing, is_chosen=trace.pk in chosen)


def _trace(cells: Sequence[str], pk: int, rows: Iterable[Sequence[Any]], batch_id: int) -> _Trace:
    trace, before = _Trace(pk), None
    for row in rows:
        _id, kind, user_id, at, batch = row[: len(_VERSION)]
        values = dict(zip(cells, row[len(_VERSION) :], strict=True))
        if batch == batch_id:
            trace.after = values
            if kind == "+":
                trace.is_new = True
            elif before is None:
                trace.is_known = False
            elif not trace.is_new:
                for cell in _differing(before, values):
                    trace.former.setdefault(cell, before[cell])
        elif trace.after:
            trace.last = Change(user_id, at)
            for cell in _differing(before or {}, values):
                trace.later[cell] = trace.last
        before = values
    return trace


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [cell for cell, value in after.items() if before.get(cell) != value]


# Column, former value: what it cannot become again.
_Missing = set[tuple[str, Any]]


def _missing(table: Records, dealer_id: int, traces: Sequence[_Trace]) -> _Missing:
    """Numbers that others have meanwhile, and places that are gone."""
    found: _Missing = set()
    numbers = {one.former.get(table.number): one.pk for one in traces if one.former}
    rows = table.model._base_manager.filter(
        dealer=dealer_id, **{f"{table.number}__in": {*numbers} - {None, ""}}
    )
    for number, pk in rows.values_list(table.number, "pk"):
        if numbers[number] != pk:
            found.add((table.number, number))
    places = {pk for one in traces if (pk := one.former.get("location_id")) is not None}
    here = set(Location.objects.filter(pk__in=places).values_list("pk", flat=True))
    return found | {("location_id", pk) for pk in places - here}


def _judge(
    table: Records,
    trace: _Trace,
    record: Record | None,
    used: Collection[int],
    missing: _Missing,
    *,
    is_chosen: bool,
) -> RecordVerdict:
    if (final := _final(trace, record, used)) is not None or record is None:
        return RecordVerdict(trace.pk, trace.is_new, (final or Reason.GONE,))
    cells = trace.after if trace.is_new else trace.former
    contested = [cell for cell in cells if getattr(record, cell) != trace.after[cell]]
    left = tuple((cell, trace.later.get(cell)) for cell in contested)
    if trace.is_new:
        reasons = (Reason.CHANGED,) if contested or trace.last else ()
        goes = is_chosen or not reasons
        return RecordVerdict(
            trace.pk,
            is_new=True,
            reasons=reasons,
            goes=goes,
            left=() if goes else left,
            is_chosen=is_chosen and bool(reasons),
        )
    wanted = {
        cell: value for cell, value in trace.former.items() if is_chosen or cell not in contested
    }
    gone = tuple(cell for cell, value in wanted.items() if (cell, value) in missing)
    reasons = (*((Reason.CHANGED,) if contested else ()), *((Reason.VALUE_GONE,) if gone else ()))
    return RecordVerdict(
        trace.pk,
        is_new=False,
        reasons=reasons,
        gives_back={cell: value for cell, value in wanted.items() if cell not in gone},
        left=() if is_chosen else left,
        gone=gone,
        former=trace.former,
        is_chosen=is_chosen and bool(contested),
    )


def _final(trace: _Trace, record: Record | None, used: Collection[int]) -> Reason | None:
    if record is None:
        return Reason.GONE
    if getattr(record, "merged_into_id", None) is not None:
        return Reason.MERGED
    if getattr(record, "deleted_at", None) is not None:
        return Reason.IN_BIN
    if not trace.is_new and not trace.is_known:
        return Reason.UNKNOWN
    return Reason.USED if trace.is_new and trace.pk in used else None
