"""Rows of a list become leads: booked in the ledger, then received like all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from leads.models.intake import Channel, Outcome
from leads.models.list_import import ListImport, ListRow, OnExisting, RowOutcome
from leads.resources.former_rows import ledger_name, settle_former
from leads.resources.lead_checking import parser_of, skipped
from leads.resources.list_remarks import remark_on_conflict, remark_on_leaving
from leads.resources.parsing import FOREIGN, RowParser
from leads.resources.rows import SENDER, UnusableRow
from leads.resources.total_rows import is_left_out, remark_on_totals
from leads.services.drafts import LeadDraft
from leads.services.taking_in_lists import Refused, Taken, take_in_list

_OUTCOMES = {Outcome.CREATED: RowOutcome.CREATED, Outcome.UPDATED: RowOutcome.UPDATED}


def import_leads(list_import: ListImport, stored: Sequence[ListRow], *, now: datetime) -> None:
    """Rows whose lead is to be left alone, or that repeat another row, are booked and turned away;
    those that sum up others are booked and set aside; those of another dealer are not even booked;
    the others take the one way in."""
    parse = parser_of(list_import, stored, now=now)
    ours = [row for row in stored if not parse.is_foreign(row.number)]
    turned_away = _turned_away(list_import, ours, parse)
    digest = ledger_name(list_import)
    arrivals = [
        (parse.rows[row.number].as_message(digest), _made_of(row, parse, turned_away))
        for row in ours
    ]
    taken = take_in_list(
        list_import.dealer,
        arrivals,
        channel=Channel.EXCEL,
        sender=SENDER,
        now=now,
        actor=list_import.user,
        change_batch=list_import.change_batch,
    )
    settle_former(list_import, ours, now=now)
    became = {row.number: one for row, one in zip(ours, taken, strict=True)}
    for row in stored:
        if row.number not in became:
            row.outcome, row.reason = RowOutcome.BAD, str(FOREIGN)
        elif row.number in turned_away:
            row.outcome, row.reason = RowOutcome.SKIPPED, turned_away[row.number]
            row.reference = parse.lead_number(row.number)
        else:
            conflicts = () if list_import.takes_conflicts else parse.conflicts.get(row.number, ())
            remarks = [*parse.remarks_on_cells(row.number), *map(remark_on_conflict, conflicts)]
            _note(row, became[row.number], remarks)


def _made_of(row: ListRow, parse: RowParser, turned_away: Mapping[int, str]) -> LeadDraft | Refused:
    if row.number in turned_away:
        outcome = Outcome.SET_ASIDE if is_left_out(row) else Outcome.REJECTED
        return Refused(outcome, turned_away[row.number])
    try:
        return parse(row.number)
    except UnusableRow as error:
        return Refused(Outcome.QUARANTINED, str(error))


def _turned_away(
    list_import: ListImport, rows: Sequence[ListRow], parse: RowParser
) -> dict[int, str]:
    left = skipped(list_import, rows, parse)
    reasons = {number: remark_on_leaving() for number in left}
    reasons |= {row.number: remark_on_totals() for row in rows if is_left_out(row)}
    if not list_import.takes_duplicates:
        for row in rows:
            if row.duplicate_of is not None and row.decision != OnExisting.NEW:
                reasons[row.number] = _("Says the same as row %(row)s.") % {"row": row.duplicate_of}
    return reasons


def _note(row: ListRow, taken: Taken, remarks: Iterable[str]) -> None:
    """Remarks may quote cells, so they stand on the row, which goes after a while, not in the
    ledger."""
    row.reason = " ".join([taken.reason, *remarks])
    if taken.receipt is None:
        row.outcome = RowOutcome.BAD
    else:
        outcome = Outcome(taken.receipt.outcome)
        row.outcome = _OUTCOMES.get(outcome, RowOutcome.UNCHANGED)
        row.reference = taken.receipt.lead.number
