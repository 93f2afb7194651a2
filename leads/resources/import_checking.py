"""What would become of the rows of a list: looked at in portions, only the answer is stored.

Each portion takes the road of the import itself and stops before anything is written, so that the
preview says what the import will do. Rows that mean the same are found over the whole list at the
end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from leads.background import enqueue
from leads.models.customer import Customer
from leads.models.intake import Outcome
from leads.models.keys import email_key, fold
from leads.models.list_import import (
    ImportOrigin,
    ImportState,
    ListImport,
    ListRow,
    OnExisting,
    Plan,
)
from leads.models.warning import warning_text
from leads.resources.import_mapping import ListMapping
from leads.resources.known import lead_numbers
from leads.resources.list_remarks import remark_on_versions
from leads.resources.parsing import RowParser
from leads.resources.rows import UnusableRow
from leads.services.column_updates import update_columns
from leads.services.drafts import LeadDraft, Receipt
from leads.services.receiving import foresee

# Rows whose duplicates are noted together.
_PORTION = 500
# What a look at a row writes down.
CHECKED = ("plan", "identity", "likeness", "notes", "lead_number")
_PLANS = {Outcome.CREATED: Plan.NEW, Outcome.UPDATED: Plan.CHANGED}


def begin_check(list_import: ListImport, *, now: datetime) -> None:
    """Look at all rows anew: at once if there are few, otherwise soon by a worker. The command line
    does it itself."""
    list_import.state, list_import.checked_count = ImportState.CHECKING, 0
    list_import.step_started_at, list_import.step_started_with = now, 0
    list_import.touched_at = now
    list_import.save()
    if list_import.origin == ImportOrigin.COMMAND:
        return
    if list_import.row_count <= settings.IMPORT_CHECK_AT_ONCE:
        while check_portion(list_import, now=now):
            pass
    else:
        enqueue("leads.tasks.check_list", list_import.dealer_id, list_import.pk)


@transaction.atomic
def check_portion(list_import: ListImport, *, now: datetime) -> bool:
    """Look at the next rows; whether there may be more. Stopped at any time, it goes on there."""
    locked = list_import.locked()
    if locked.state != ImportState.CHECKING:
        list_import.refresh_from_db()
        return False
    if not locked.checked_count:  # of 100,000 rows it takes longer than a page may
        locked.rows.exclude(plan="").update(plan="")
    rows = list(locked.rows.filter(plan="").order_by("number")[: settings.IMPORT_PORTION])
    if rows:
        check_rows(locked, rows, now=now)
        update_columns(ListRow, rows, CHECKED)
        locked.checked_count += len(rows)
    else:
        find_duplicates(locked)
        locked.state = ImportState.READY
    locked.touched_at = now
    locked.save()
    list_import.refresh_from_db()
    return bool(rows)


def check_again(list_import: ListImport, row: ListRow, *, now: datetime) -> None:
    """One row, after somebody has corrected it or decided about it."""
    before = {row.identity, row.likeness}
    check_rows(list_import, [row], now=now)
    row.save(update_fields=["corrected", "decision", *CHECKED])
    find_duplicates(list_import, among=before | {row.identity, row.likeness})
    row.refresh_from_db()


def check_rows(list_import: ListImport, rows: Sequence[ListRow], *, now: datetime) -> None:
    """Note on the rows, and on the list, what would become of them; not stored."""
    with translation.override(list_import.language):
        parse = parser_of(list_import, rows, now=now)
        drafts: dict[int, LeadDraft] = {}
        for row in rows:
            row.identity = row.likeness = row.lead_number = ""
            try:
                drafts[row.number] = parse(row.number)
            except UnusableRow as error:
                row.plan = Plan.BAD
                row.notes = {"problems": [list(problem) for problem in error.problems]}
        left = skipped(list_import, rows, parse)
        news = _new_ones({n: one for n, one in drafts.items() if n not in left}, parse)
        changes = {n: one for n, one in drafts.items() if n not in left and n not in news}
        receipts = foresee(
            list_import.dealer, list(changes.values()), now=now, actor=list_import.user
        )
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
            _remark_on_list(list_import, remark_on_versions())


def _remark_on_list(list_import: ListImport, text: str) -> None:
    """Once, however many portions find it."""
    remarks = list_import.info.setdefault("remarks", [])
    if text not in remarks:
        remarks.append(text)


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
    customers = Customer.objects.for_dealer(list_import.dealer_id).filter(email_key__in=keys - {""})
    return set(customers.values_list("email_key", flat=True))


def parser_of(list_import: ListImport, rows: Iterable[ListRow], *, now: datetime) -> RowParser:
    """By the number of the row; to be made before the rows are booked."""
    mapping = ListMapping.of(list_import)
    return RowParser(
        list_import.dealer,
        {row.number: mapping.row_of(row) for row in rows},
        now=now,
        user=list_import.user,
        decisions={row.number: decision_of(list_import, row) for row in rows},
        takes_conflicts=list_import.takes_conflicts,
    )


def decision_of(list_import: ListImport, row: ListRow) -> OnExisting:
    return OnExisting(row.decision or list_import.on_existing)


def skipped(list_import: ListImport, rows: Iterable[ListRow], parse: RowParser) -> set[int]:
    """Rows whose lead is here and is to be left as it is."""
    return {
        row.number
        for row in rows
        if decision_of(list_import, row) == OnExisting.SKIP and parse.lead_number(row.number)
    }


def _note(row: ListRow, draft: LeadDraft, parse: RowParser) -> None:
    row.identity = _hash("number", draft.number) if draft.number else _hash(draft.external_id)
    row.likeness = _likeness(draft)
    row.notes = {"title": _title(draft)}
    row.lead_number = parse.lead_number(row.number)
    remarks = [warning_text(one.as_json()) for one in parse.warnings.get(row.number, ())]
    if columns := parse.untouched.get(row.number):
        text = _("Cannot be changed by a list: %(columns)s.")
        remarks.append(text % {"columns": ", ".join(columns)})
    if remarks:
        row.notes["remarks"] = remarks
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
        _remark(row, _("Is here already and stays as it is."))
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
    return _hash(person, about, day)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def counted(list_import: ListImport) -> dict[str, int]:
    """Rows by plan, and as "duplicate" those that would be new or changed but say what another
    row says."""
    found = dict.fromkeys([*Plan.values, "duplicate"], 0)
    # Counted is what stands in the indexes: a page may not read 100,000 rows.
    by_plan = list_import.rows.order_by().values_list("plan").annotate(rows=Count("number"))
    found |= dict(by_plan.exclude(plan=""))
    for plan, rows in by_plan.exclude(duplicate_of=None).exclude(plan__in=["", Plan.BAD]):
        found[plan] -= rows
        found["duplicate"] += rows
    return found


def find_duplicates(list_import: ListImport, *, among: Collection[str] = ()) -> None:
    """Note which rows mean the same as one above them. `among`: only rows that have to do with one
    of these identities or likenesses; empty: all."""
    rows = _related(list_import, set(among) - {""})
    seen: dict[str, int] = {}
    twins: dict[int, int] = {}
    for number, identity, likeness, _twin in rows:
        mine = {identity, likeness} - {""}
        if (first := min((seen[one] for one in mine if one in seen), default=None)) is not None:
            twins[number] = first
        for one in mine:
            seen.setdefault(one, number)
    changed = [row[0] for row in rows if row[3] != twins.get(row[0])]
    for start in range(0, len(changed), _PORTION):
        found = list_import.rows.filter(number__in=changed[start : start + _PORTION])
        part = list(found.only("number", "duplicate_of"))
        for row in part:
            row.duplicate_of = twins.get(row.number)
        update_columns(ListRow, part, ["duplicate_of"])


_Named = tuple[int, str, str, int | None]  # row, identity, likeness, same as row


def _related(list_import: ListImport, names: set[str]) -> list[_Named]:
    """In the order of the list. With names also rows that share a name with one that has them."""
    rows = list_import.rows.order_by("number")
    columns = ("number", "identity", "likeness", "duplicate_of")
    if not names:
        return list(rows.values_list(*columns))
    found: list[_Named] = []
    wider = names
    while True:
        is_named = Q(identity__in=wider) | Q(likeness__in=wider)
        found = list(rows.filter(is_named).values_list(*columns))
        known, wider = wider, wider | {name for row in found for name in row[1:3] if name}
        if wider == known:
            return found
