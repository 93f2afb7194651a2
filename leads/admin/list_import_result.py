"""The last step of an import: what became of its rows."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leads.admin.change_batch_undo import may_undo
from leads.admin.display import badge, moment
from leads.admin.list_import_page import ImportPage, grouped, is_open_step
from leads.admin.list_import_rows import (
    TONES_OF_OUTCOME,
    number_in,
    page_of,
    reference_urls,
    shown_reference,
    title_of,
    with_outcome,
)
from leads.admin.wall import has_right_at
from leads.models import ListImport, RowOutcome
from leads.resources.former_rows import MOST_AT_ONCE, waiting_rows
from leads.resources.import_mapping import ListMapping
from leads.resources.stock_lists import GONE
from leads.services.replaying import set_aside


def show_result(page: ImportPage) -> HttpResponse:
    found, asked = page.list_import, page.request.GET
    if not is_open_step(found, "result"):
        return page.elsewhere()
    batch = found.change_batch
    return page.answer(
        "result",
        counts=counts_of(found),
        gone=found.outcomes.get(GONE),
        when=moment(found.finished_at or found.touched_at, now=page.now),
        undo=reverse("admin:leads_changebatch_change", args=[batch.pk])
        if batch is not None and may_undo(page.user, batch)
        else "",
        is_undone=batch is not None and batch.undone_at is not None,
        has_files=found.rows_deleted_at is None and bool(found.done_count),
        has_errors=bool(found.outcomes.get(RowOutcome.BAD)),
        waiting=_waiting_text(page),
        **(_rows(page, asked.get("show", "")) if found.rows_deleted_at is None else {}),
    )


def _may_settle(page: ImportPage) -> bool:
    """Who may set entries of the ledger aside there."""
    return has_right_at(page.user, "leads.replay_intakeentry", page.list_import.dealer_id)


def _waiting_text(page: ImportPage) -> str:
    """How many rows with errors wait for a person yet; "" if none does, or it is not the user's."""
    if not page.list_import.outcomes.get(RowOutcome.BAD) or not _may_settle(page):
        return ""
    count = sum(entries.count() for entries in waiting_rows(page.list_import))
    if not count:
        return ""
    text = ngettext(
        "%(n)s row with errors still waits in the intake ledger.",
        "%(n)s rows with errors still wait in the intake ledger.",
        count,
    )
    return text % {"n": f"{grouped(count)}{'+' if count >= MOST_AT_ONCE else ''}"}


def settle_rest(page: ImportPage) -> HttpResponse:
    """The rows with errors that nobody will correct any more."""
    if not _may_settle(page):
        raise PermissionDenied
    portions = waiting_rows(page.list_import)
    count = sum(set_aside(entries, by=page.user, now=page.now) for entries in portions)
    text = ngettext("%(n)s row is settled.", "%(n)s rows are settled.", count)
    page.say(text % {"n": grouped(count)})
    return page.go()


def counts_of(list_import: ListImport) -> list[dict[str, Any]]:
    """What became of how many rows, in the order of the chips; only what occurred."""
    return [
        {
            "value": outcome.value,
            "words": str(outcome.label).lower(),
            "label": capfirst(str(outcome.label)),
            "count": count,
            "tone": TONES_OF_OUTCOME[outcome],
        }
        for outcome in RowOutcome
        if (count := list_import.outcomes.get(outcome, 0))
    ]


def _rows(page: ImportPage, kind: str) -> dict[str, Any]:
    found = page.list_import
    rows = page_of(with_outcome(found, kind), number_in(page.request.GET, "from"))
    urls, mapping = reference_urls(page.user, found, rows.rows), ListMapping.of(found)
    return {
        "kind": kind if kind in RowOutcome.values else "",
        "page": rows,
        "rows": [
            {
                "number": row.number,
                "title": title_of(mapping, row),
                "badge": _badge(row.outcome),
                "reference": shown_reference(found, row),
                "reference_url": urls.get(row.reference, ""),
                "reason": row.reason,
            }
            for row in rows.rows
        ],
    }


def _badge(value: str) -> Any:
    if not value:
        return badge(_("not reached"), "grey")
    outcome = RowOutcome(value)
    return badge(capfirst(str(outcome.label)), TONES_OF_OUTCOME[outcome])
