"""What the page of a bulk change shows: what undoing would do, or did; what stays and why."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from leads.admin.change_batch_records import SHOWN
from leads.admin.display import moment
from leads.models import ChangeBatch, User
from leads.services.undo_plan import Reason, as_json
from leads.services.undoing import is_long

PER_PAGE = 25
_NUMBER = re.compile("[0-9]{1,18}")  # more digits are no id


def chosen_in(answer: QueryDict) -> set[int]:
    """Ids of those that are to be taken back although somebody has changed them."""
    return {int(pk) for pk in answer.getlist("chosen") if _NUMBER.fullmatch(pk)}


def is_clean(batch: ChangeBatch, *, user: User) -> bool:
    """Whether undoing would take back everything, as far as that is soon found out."""
    if is_long(batch):
        return False
    if batch.merge_id or batch.undone_at is not None:
        return True  # the service says what there is to say
    return not any(verdict.reasons for verdict in SHOWN[batch.list_kind].plan(batch, user))


def page_of(
    batch: ChangeBatch, *, user: User, number: str, chosen: Collection[int]
) -> dict[str, Any]:
    """The counts, and a page of those that stay. A merge has none."""
    if batch.merge_id:
        return {"rows": []}
    if batch.undone_at is not None:
        left = [{**one, "may_be_chosen": False} for one in batch.undo_left]
        counts = {"taken": batch.taken_back_count, "stays": batch.left_count}
    else:
        left, counts = _preview(batch, user)
    page = Paginator(left, PER_PAGE).get_page(number)
    shown = {row["id"] for row in page}
    return {
        **counts,
        "page": page,
        "rows": _rows(batch, page, user, chosen),
        "chosen_elsewhere": sorted(set(chosen) - shown),
        "not_shown": counts["stays"] - len(left),
    }


def _preview(batch: ChangeBatch, user: User) -> tuple[list[dict[str, Any]], dict[str, int]]:
    counts = {"created": 0, "changed": 0, "partly": 0}
    left = []
    for verdict in SHOWN[batch.list_kind].plan(batch, user):
        if verdict.reasons:
            left.append({**as_json(verdict), "may_be_chosen": verdict.may_be_chosen})
            counts["partly"] += verdict.does_something
        else:
            counts["created" if verdict.goes else "changed"] += 1
    return left, {**counts, "taken": counts["created"] + counts["changed"], "stays": len(left)}


def _rows(
    batch: ChangeBatch, page: Page[dict[str, Any]], user: User, chosen: Collection[int]
) -> Sequence[Mapping[str, Any]]:
    shown = SHOWN[batch.list_kind]
    found = shown.seen(user).in_bulk([row["id"] for row in page])
    values = shown.values(batch, found, user) if batch.undone_at is None else {}
    people = User.objects.in_bulk({one for row in page for _cell, one, _at in row["cells"] if one})
    return [
        {
            "pk": row["id"],
            **shown.named(found.get(row["id"])),
            "sentences": list(_sentences(row, people, shown.labels)),
            "values": values.get(row["id"], ()),
            "may_be_chosen": row["may_be_chosen"],
            "is_chosen": row["id"] in chosen,
        }
        for row in page
    ]


def _sentences(
    row: Mapping[str, Any],
    people: Mapping[int, User],
    labels: Callable[[Collection[str]], list[str]],
) -> Iterable[str]:
    """Each thing that was changed with who and when, then the other reasons."""
    by_change: dict[tuple[str, str], list[str]] = {}
    for cell, user_id, at in row["cells"]:
        when = moment(datetime.fromisoformat(at), now=timezone.now()) if at else ""
        by_change.setdefault((when, str(people.get(user_id) or "")), []).append(cell)
    for change, cells in by_change.items():
        fields = ", ".join(capfirst(label) for label in labels(cells))
        told = ", ".join(filter(None, change))
        text = _("%(field)s: changed since") % {"field": fields}
        yield f"{text} ({told})." if told else f"{text}."
    if row["gone"]:
        fields = ", ".join(capfirst(label) for label in labels(row["gone"]))
        yield _("%(field)s: what was there before no longer exists.") % {"field": fields}
    said = {Reason.CHANGED: row["cells"], Reason.VALUE_GONE: row["gone"]}
    for reason in row["reasons"]:
        if not said.get(reason):
            yield str(Reason(reason).label)
