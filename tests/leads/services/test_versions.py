"""A version of a lead says one thing for ever: an export that comes back is compared with it."""

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from leads.models import Activity, ChangeBatch, CloseReason, Lead, Source, UnmappedName
from leads.resources.export import EXPORTED, exported_rows
from leads.services import handling
from leads.services.assigning import assign_name
from leads.services.change_batches import edit_together
from leads.services.changing import change_lead
from leads.services.deleting import delete_leads, restore_leads
from leads.services.entry_merging import merge_entry
from leads.services.merging import merge_customers, merge_leads
from leads.services.noting import add_activity
from leads.services.receiving import receive
from leads.services.rescoring import rescore, weigh
from leads.services.undoing import undo
from leads.services.unmerging import undo_merge
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
# The score and what else is only shown may differ: nobody changed the lead.
SAID = [column for column in EXPORTED if not column.shown]
KEPT_FROM_MERGED = {"subject": "merged"}


class Office:
    """A dealer with two leads of one customer that somebody changes."""

    def __init__(self):
        self.dealer = builders.make_dealer()
        self.user = builders.make_user(self.dealer)
        self.customer = builders.make_customer(self.dealer)
        [receipt] = receive(self.dealer, [builders.make_draft(external_id="A-1")], now=NOW)
        self.lead = receipt.lead
        self.other = builders.make_lead(self.dealer, customer=self.lead.customer, subject="Zweite")
        self.by = {"by": self.user, "now": NOW}

    @property
    def leads(self):
        return Lead.objects.filter(pk=self.lead.pk)


def edit(office):
    lead = office.leads.get()
    lead.city = "Neustadt"
    handling.record_change(lead, ["city"], **office.by)


def edit_many(office):
    def to_user(leads, batch):
        handling.assign_leads(leads, office.user, change_batch=batch, **office.by)

    return edit_together(office.leads, to_user, kind=ChangeBatch.Kind.ASSIGN, **office.by)


def undo_many(office):
    [batch] = edit_many(office)
    undo(batch, **office.by)


def put_into_status(office):
    handling.set_status(office.leads, builders.shared_status("contacted"), **office.by)


def close(office):
    reason = CloseReason.objects.filter(dealer=None).first()
    handling.close_leads(office.leads, reason, **office.by)


def call(office):
    add_activity(office.lead, Activity.Kind.CALL, "Ruft zurück.", **office.by)


def delete_and_restore(office):
    delete_leads(office.leads, **office.by)
    restore_leads(office.leads, **office.by)


def merge(office):
    return merge_leads(office.lead, office.other, values=KEPT_FROM_MERGED, **office.by)


def unmerge(office):
    undo_merge(merge(office), **office.by)


def merge_with_customer(office):
    merge_customers(office.customer, office.lead.customer, values={}, **office.by)


def change_from_outside(office):
    draft = builders.make_draft(subject="Anders", contact=builders.make_contact(), external_id="")
    change_lead(office.dealer, office.lead.pk, draft, now=NOW)


def receive_again(office):
    receive(
        office.dealer,
        [builders.make_draft(external_id="A-1", version=2, message="Doch lieber rot.")],
        now=NOW,
    )


def merge_source(office):
    own = Source.objects.create(dealer=office.dealer, name="Eigene")
    office.lead.source = own
    handling.record_change(office.lead, ["source"], **office.by)
    merge_entry(own, builders.shared_source(), **office.by)


def assign_source(office):
    draft = builders.make_draft(source="LinkedIn Ads", creates_entries=False)
    receive(office.dealer, [draft], now=NOW)
    name = UnmappedName.objects.for_dealer(office.dealer).get(kind="source")
    assign_name(name, builders.shared_source("autoscout24"), **office.by)


def age(office):
    weigh(office.dealer, {"phone": 0})
    rescore(office.dealer, now=NOW.replace(year=2027))


@pytest.mark.parametrize(
    "change",
    [
        *(edit, edit_many, undo_many, put_into_status, close, call, delete_and_restore),
        *(merge, unmerge, merge_with_customer, change_from_outside, receive_again),
        *(merge_source, assign_source, age),
    ],
)
def test_a_version_says_one_thing(change):
    office = Office()

    change(office)

    said = defaultdict(set)
    for rows in (Lead.history.order_by("history_id"), Lead.objects.order_by("pk")):
        versions = rows.values_list("number", "version")
        for version, cells in zip(versions, exported_rows(rows, SAID), strict=True):
            said[version].add(repr(cells))
    assert {version: texts for version, texts in said.items() if len(texts) > 1} == {}
    assert len(said) > Lead.objects.count() or change is age
