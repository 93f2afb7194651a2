"""What would become of the rows of a list of leads: each portion takes the road of the import
itself and stops before anything is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from leads.models.customer import Customer
from leads.models.intake import Outcome
from leads.models.keys import email_key, fold
from leads.models.list_import import ListImport, ListRow, OnExisting, Plan
from leads.resources.import_duplicates import hashed
from leads.resources.import_mapping import ListMapping
from leads.resources.known import lead_numbers
from leads.resources.list_remarks import (
    remark_on_leaving,
    remark_on_list,
    remark_on_versions,
    remark_on_warning,
    without_contents,
)
from leads.resources.parsing import RowParser
from leads.resources.rows import UnusableRow
from leads.services.drafts import LeadDraft, Receipt
from leads.services.receiving import foresee

_PLANS = {Outcome.CREATED: Plan.NEW, Outcome.UPDATED: Plan.CHANGED}


def check_leads(list_import: ListImport, rows: Sequence[ListRow], *, now: datetime) -> None:
    """Note on the rows, and on the list, what would become of them; not stored."""
    parse = parser_of(list_import, rows, now=now)
    drafts: dict[int, LeadDraft] = {}
    for row in rows:
        row.identity = row.likeness = row.reference = ""
        try:
            drafts[row.number] = parse(row.number)
        except UnusableRow as error:
            row.plan = Plan.BAD
            row.notes = {"problems": [list(problem) for problem in error.problems]}
    left = skipped(list_import, rows, parse)
    news = _new_ones({n: one for n, one in drafts.items() if n not in left}, parse)
    changes = {n: one for n, one in drafts.items() if n not in left and n not in news}
    receipts = foresee(list_import.dealer, list(changes.values()), now=now, actor=list_import.user)
    expected = dict(zip(changes, receipts, strict=True))
    customers = _known_addresses(list_import, [drafts[number] for number in news])
    for row in rows:
        if row.number in drafts:
            draft = drafts[row.number]
            _note(row, draft, parse)
            if row.number in news:
                _note_new(row, draft, customers)
            else:
                _note_known(row, expected.get(row.number))
    if parse.lacks_versions:
        remark_on_list(list_import, remark_on_versions())


def _new_ones(drafts: Mapping[int, LeadDraft], parse: RowParser) -> set[int]:
    """Drafts that mean no lead that is here: they become new ones, which need not be tried out.
    Only what is recognised by its content must be asked for yet."""
    nameless = {
        number: draft.external_id
        for number, draft in drafts.items()
        if not draft.number and not parse.lead_number(number)
    }
    known = lead_numbers(
        parse.dealer, {nameless[n] for n in nameless if not parse.rows[n].outside_id}
    )
    return {number for number, external_id in nameless.items() if external_id not in known}


def _known_addresses(list_import: ListImport, drafts: Iterable[LeadDraft]) -> set[str]:
    """Of the e-mail addresses in these drafts, as keys, those that customers have."""
    keys = {email_key(draft.contact.email) for draft in drafts if draft.contact.email}
    customers = Customer.objects.for_dealer(list_import.dealer_id).filter(email_key__one_of=keys)
    known = customers.exclude(email_key="").order_by()
    return set(known.values_list("email_key", flat=True))


def parser_of(list_import: ListImport, rows: Iterable[ListRow], *, now: datetime) -> RowParser:
    """By the number of the row; to be made before the rows are booked."""
    mapping = ListMapping.of(list_import)
    return RowParser(
        list_import.dealer,
        {row.number: mapping.row_of(row) for row in rows},
        now=now,
        user=list_import.user,
        decisions={row.number: row.decision_in(list_import) for row in rows},
        takes_conflicts=list_import.takes_conflicts,
    )


def skipped(list_import: ListImport, rows: Iterable[ListRow], parse: RowParser) -> set[int]:
    """Rows whose lead is here and is to be left as it is."""
    return {
        row.number
        for row in rows
        if row.decision_in(list_import) == OnExisting.SKIP
        and parse.lead_number(row.number)
        and not parse.means_another(row.number)
    }


def _note(row: ListRow, draft: LeadDraft, parse: RowParser) -> None:
    row.identity = hashed("number", draft.number) if draft.number else hashed(draft.external_id)
    row.likeness = _likeness(draft)
    row.notes = {"title": _title(draft)}
    row.reference = parse.lead_number(row.number)
    warnings, on_cells = parse.warnings.get(row.number, ()), parse.remarks_on_cells(row.number)
    if warnings or on_cells:
        row.notes["remarks"] = [*map(remark_on_warning, warnings), *on_cells]
        row.notes["odd"] = without_contents(warnings, on_cells)
    if conflicts := parse.conflicts.get(row.number):
        row.notes["conflicts"] = [list(conflict) for conflict in conflicts]


def _note_new(row: ListRow, draft: LeadDraft, customers: Collection[str]) -> None:
    row.plan = Plan.NEW
    if draft.contact.email and email_key(draft.contact.email) in customers:
        _remark(row, _("A customer with this e-mail address is here already."))


def _note_known(row: ListRow, receipt: Receipt | None) -> None:
    """`None`: it is not to be touched."""
    row.plan = Plan.UNCHANGED
    if receipt is None:
        _remark(row, remark_on_leaving())
    else:
        row.plan = _PLANS.get(Outcome(receipt.outcome), Plan.UNCHANGED)
        row.notes["changes"] = [list(change) for change in receipt.changes]


def _remark(row: ListRow, text: str) -> None:
    row.notes["remarks"] = [*row.notes.get("remarks", ()), text]


def _title(draft: LeadDraft) -> str:
    contact = draft.contact
    name = " ".join(filter(None, [contact.first_name, contact.last_name]))
    return name or contact.company or draft.subject or draft.vehicle.name


def _likeness(draft: LeadDraft) -> str:
    """The same for two rows about one wish: person, car and day. "" if they say too little."""
    contact = draft.contact
    person = fold(contact.email) or "".join(
        sign for sign in contact.mobile or contact.phone if sign.isdigit()
    )
    about = fold(draft.vehicle.name or draft.subject)
    if draft.number or not person or not about:
        return ""
    day = timezone.localdate(draft.enquired_at).isoformat() if draft.enquired_at else ""
    return hashed(person, about, day)
