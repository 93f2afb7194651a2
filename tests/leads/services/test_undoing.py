"""Undoing bulk changes: what comes back, what stays and why, and that it happens once."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.models import (
    Activity,
    ChangeBatch,
    Channel,
    CloseReason,
    Customer,
    Enquiry,
    Event,
    IntakeEntry,
    Lead,
    Task,
)
from leads.models.warning import WarningCode
from leads.services.change_batches import close_batch, edit_together, open_batch
from leads.services.deleting import delete_leads, restore_leads
from leads.services.drafts import DraftWarning
from leads.services.handling import assign_leads, close_leads, record_change, set_status
from leads.services.intake import Message, book, process
from leads.services.merging import merge_leads
from leads.services.noting import add_activity
from leads.services.receiving import receive
from leads.services.tasks import finish_task, lock_task
from leads.services.undo_plan import Reason, plan
from leads.services.undoing import UndoRefused, begin_undo, carry_on, undo
from leads.services.unmerging import undo_merge
from tests import builders
from tests.leads.services.test_receiving import at_once, on_postgresql, wait_until_blocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MUCH_LATER = NOW + timedelta(days=3)
Kind = ChangeBatch.Kind


def these(*leads):
    return Lead.objects.filter(pk__in=[lead.pk for lead in leads])


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def kinds(lead):
    return list(Event.objects.filter(lead_id=lead.pk).order_by("pk").values_list("kind", flat=True))


def edit(leads, act, *, by, kind=Kind.STATUS, now=NOW):
    """One bulk edit; `act(rows, batch)`."""
    [batch] = edit_together(these(*leads), act, kind=kind, by=by, now=now)
    return batch


def set_contacted(leads, *, by, now=NOW):
    status = builders.shared_status("contacted")
    return edit(
        leads,
        lambda rows, batch: set_status(rows, status, by=by, now=now, change_batch=batch),
        by=by,
        now=now,
    )


def import_list(dealer, drafts, *, by, now=NOW):
    """What a list of these drafts does, row by row through the ledger; (batch, entries)."""
    messages = [Message(message_id=f"list:{n}", raw=json.dumps(n)) for n in range(len(drafts))]
    entries = book(dealer, channel=Channel.EXCEL, sender="excel", messages=messages, now=now)
    pending = [one for one in entries if one.lead_id is None]
    by_raw = {json.dumps(n): draft for n, draft in enumerate(drafts)}
    batch = open_batch(dealer.pk, Kind.IMPORT, by=by, now=now)
    process(
        dealer,
        pending,
        lambda entry: by_raw[entry.raw],
        now=now,
        actor=by,
        change_batch=batch,
    )
    assert close_batch(batch) == bool(pending)
    return batch, entries


def row(**values):
    """A draft as a list makes it."""
    return builders.make_draft(**{"sender": "excel", "external_id": "", **values})


def verdicts(batch, by, **options):
    return {one.lead_id: one for one in plan(batch, by=by, **options)}


class TestBulkEdits:
    def test_each_lead_gets_back_what_it_had(self, dealer, manager):
        new = builders.make_lead(dealer)
        offered = builders.make_lead(dealer, status="offer")
        batch = set_contacted([new, offered], by=manager)

        done = undo(batch, by=manager, now=LATER)

        assert (fresh(new).status.key, fresh(offered).status.key) == ("new", "offer")
        assert (done.taken_back_count, done.left_count) == (2, 0)
        assert (done.undone_by, done.undone_at) == (manager, LATER)
        assert done.undo_finished_at

    def test_the_batch_counts_and_names_what_it_did(self, dealer, manager):
        leads = [builders.make_lead(dealer) for _ in range(3)]

        batch = set_contacted(leads, by=manager)

        assert (batch.created_count, batch.changed_count) == (0, 3)
        assert batch.undo_until == NOW + timedelta(days=30)

    def test_what_changed_nothing_is_no_batch(self, dealer, manager):
        lead = builders.make_lead(dealer, status="contacted")
        status = builders.shared_status("contacted")

        batches = edit_together(
            these(lead),
            lambda rows, batch: set_status(rows, status, by=manager, now=NOW, change_batch=batch),
            kind=Kind.STATUS,
            by=manager,
            now=NOW,
        )

        assert batches == []
        assert not ChangeBatch.objects.exists()

    def test_each_dealer_has_a_batch_of_its_own(self, dealer, manager):
        other = builders.make_dealer()
        leads = [builders.make_lead(dealer), builders.make_lead(other)]
        status = builders.shared_status("contacted")

        batches = edit_together(
            these(*leads),
            lambda rows, batch: set_status(rows, status, by=manager, now=NOW, change_batch=batch),
            kind=Kind.STATUS,
            by=manager,
            now=NOW,
        )

        assert [one.dealer for one in batches] == [dealer, other]
        undo(batches[0], by=manager, now=LATER)
        assert [fresh(lead).status.key for lead in leads] == ["new", "contacted"]

    def test_it_is_told_in_history_timeline_and_events(self, dealer, manager, seller):
        lead = builders.make_lead(dealer)
        batch = set_contacted([lead], by=seller)

        undo(batch, by=manager, now=LATER)

        version = lead.history.order_by("-history_id").first()
        assert (version.status.key, version.history_user) == ("new", manager)
        assert version.history_date == LATER
        entry = lead.activities.order_by("-pk").first()
        assert (entry.kind, entry.user, entry.at) == (Activity.Kind.CHANGED, manager, LATER)
        assert "undone" in entry.text
        assert "As before: status" in entry.text
        assert kinds(lead)[-2:] == ["lead.updated", "lead.status_changed"]
        assert fresh(lead).version == 3

    def test_the_log_says_who_undid_how_much(self, dealer, manager):
        batch = set_contacted([builders.make_lead(dealer)], by=manager)

        undo(batch, by=manager, now=LATER)

        line = LogEntry.objects.get(object_id=str(batch.pk))
        assert line.user == manager
        assert "1 taken back, 0 left" in line.change_message

    def test_closed_leads_are_open_again_without_a_reason(self, dealer, manager):
        lead = builders.make_lead(dealer)
        reason = CloseReason.objects.filter(dealer=None).first()
        batch = edit(
            [lead],
            lambda rows, one: close_leads(rows, reason, by=manager, now=NOW, change_batch=one),
            by=manager,
            kind=Kind.CLOSE,
        )

        undo(batch, by=manager, now=LATER)

        lead = fresh(lead)
        assert lead.status.is_open
        assert (lead.close_reason, lead.closed_at) == (None, None)
        assert kinds(lead)[-1] == "lead.reopened"

    def test_owners_come_back(self, dealer, manager, seller):
        mine = builders.make_lead(dealer, owner=manager)
        nobodys = builders.make_lead(dealer)
        batch = edit(
            [mine, nobodys],
            lambda rows, one: assign_leads(rows, seller, by=manager, now=NOW, change_batch=one),
            by=manager,
            kind=Kind.ASSIGN,
        )

        undo(batch, by=manager, now=LATER)

        assert (fresh(mine).owner, fresh(nobodys).owner) == (manager, None)
        assert kinds(mine)[-1] == "lead.assigned"

    def test_the_bin_gives_back_and_takes_back(self, dealer, manager):
        lead = builders.make_lead(dealer)
        binned = edit(
            [lead],
            lambda rows, one: delete_leads(rows, by=manager, now=NOW, change_batch=one),
            by=manager,
            kind=Kind.BIN,
        )
        undo(binned, by=manager, now=LATER)
        assert fresh(lead).deleted_at is None
        assert kinds(lead)[-1] == "lead.restored"

        delete_leads(these(lead), by=manager, now=LATER)
        restored = edit(
            [lead],
            lambda rows, one: restore_leads(rows, by=manager, now=LATER, change_batch=one),
            by=manager,
            kind=Kind.RESTORE,
            now=LATER,
        )
        undo(restored, by=manager, now=MUCH_LATER)
        assert fresh(lead).deleted_at == LATER
        assert kinds(lead)[-1] == "lead.deleted"

    def test_what_staff_had_set_counts_as_before(self, dealer, manager):
        """A later write from outside is no longer refused because of an edit that is undone."""
        lead = builders.make_lead(dealer, staff_values={"owner": "2026-01-01T00:00:00+00:00"})
        batch = set_contacted([lead], by=manager)
        assert "status" in fresh(lead).staff_values

        undo(batch, by=manager, now=LATER)

        assert fresh(lead).staff_values == {"owner": "2026-01-01T00:00:00+00:00"}


class TestWhatStays:
    def test_a_cell_that_was_changed_since(self, dealer, manager, seller):
        lead, other = builders.make_lead(dealer), builders.make_lead(dealer)
        batch = set_contacted([lead, other], by=manager)
        set_status(these(lead), builders.shared_status("offer"), by=seller, now=LATER)

        [verdict] = [one for one in plan(batch, by=manager) if one.reasons]
        done = undo(batch, by=manager, now=MUCH_LATER)

        assert (verdict.lead_id, verdict.reasons) == (lead.pk, (Reason.CHANGED,))
        assert [(cell, who.user_id, who.at) for cell, who in verdict.left] == [
            ("status", seller.pk, LATER)
        ]
        assert (fresh(lead).status.key, fresh(other).status.key) == ("offer", "new")
        assert (done.taken_back_count, done.left_count) == (1, 1)

    def test_unless_it_is_chosen(self, dealer, manager, seller):
        lead, other = builders.make_lead(dealer), builders.make_lead(dealer)
        batch = set_contacted([lead, other], by=manager)
        for one in (lead, other):
            set_status(these(one), builders.shared_status("offer"), by=seller, now=LATER)

        done = undo(batch, by=manager, now=MUCH_LATER, chosen=[lead.pk])

        assert (fresh(lead).status.key, fresh(other).status.key) == ("new", "offer")
        assert (done.taken_back_count, done.left_count) == (1, 1)

    def test_a_value_that_a_colleague_has_confirmed(self, dealer, manager, seller):
        """Changed to something else and back again is a decision, too."""
        lead = builders.make_lead(dealer)
        batch = set_contacted([lead], by=manager)
        for key in ("offer", "contacted"):
            set_status(these(lead), builders.shared_status(key), by=seller, now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        assert fresh(lead).status.key == "contacted"

    def test_other_cells_are_nobodys_reason(self, dealer, manager, seller):
        lead = builders.make_lead(dealer)
        batch = set_contacted([lead], by=manager)
        edited = fresh(lead)
        edited.subject = "Neuer Betreff"
        record_change(edited, ["subject"], by=seller, now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        lead = fresh(lead)
        assert (lead.status.key, lead.subject) == ("new", "Neuer Betreff")

    def test_batches_can_be_undone_one_after_the_other(self, dealer, manager):
        lead = builders.make_lead(dealer)
        first = set_contacted([lead], by=manager)
        offer = builders.shared_status("offer")
        second = edit(
            [lead],
            lambda rows, one: set_status(rows, offer, by=manager, now=LATER, change_batch=one),
            by=manager,
            now=LATER,
        )

        undo(second, by=manager, now=MUCH_LATER)
        assert fresh(lead).status.key == "contacted"
        undo(first, by=manager, now=MUCH_LATER)
        assert fresh(lead).status.key == "new"

    def test_a_lead_in_the_bin_and_one_that_was_merged(self, dealer, manager):
        customer = builders.make_customer(dealer)
        kept, merged, binned = (builders.make_lead(dealer, customer=customer) for _ in range(3))
        batch = set_contacted([merged, binned], by=manager)
        delete_leads(these(binned), by=manager, now=LATER)
        merge_leads(fresh(kept), fresh(merged), values={}, by=manager, now=LATER)

        found = verdicts(batch, manager, chosen=[merged.pk, binned.pk])
        undo(batch, by=manager, now=MUCH_LATER, chosen=[merged.pk, binned.pk])

        assert found[binned.pk].reasons == (Reason.IN_BIN,)
        assert found[merged.pk].reasons == (Reason.MERGED,)
        assert not found[merged.pk].may_be_chosen
        assert fresh(binned).status.key == fresh(merged).status.key == "contacted"

    def test_a_lead_of_a_location_that_one_does_not_see(self, dealer, manager):
        here, there = builders.make_location(dealer), builders.make_location(dealer)
        user = builders.make_user(dealer, locations=[here])
        lead = builders.make_lead(dealer, location=here)
        batch = set_contacted([lead], by=user)
        Lead.objects.update(location=there)

        [verdict] = plan(batch, by=user)

        assert verdict.reasons == (Reason.UNSEEN,)

    def test_a_lead_whose_history_begins_with_the_batch(self, dealer, manager):
        lead = builders.make_lead(dealer)
        Lead.history.all().delete()
        batch = set_contacted([lead], by=manager)

        undo(batch, by=manager, now=LATER)

        assert fresh(lead).status.key == "contacted"


class TestImports:
    def test_what_it_created_goes_into_the_bin_with_its_customers(self, dealer, manager):
        batch, _entries = import_list(dealer, [row(), row()], by=manager)
        assert (batch.created_count, batch.changed_count) == (2, 0)

        undo(batch, by=manager, now=LATER)

        assert not Lead.objects.present().exists()
        assert not Customer.objects.present().exists()
        lead = Lead.objects.first()
        assert kinds(lead)[-1] == "lead.deleted"
        assert lead.activities.order_by("-pk").first().kind == Activity.Kind.DELETED
        assert Event.objects.filter(kind="customer.deleted").count() == 2
        assert lead.customer.history.order_by("-history_id").first().history_user == manager

    def test_customers_who_were_here_or_are_needed_stay(self, dealer, manager):
        known = builders.make_customer(dealer, email="bekannt@example.org")
        batch, _entries = import_list(
            dealer,
            [
                row(contact={"email": "bekannt@example.org"}),
                row(contact={"email": "gebraucht@example.org"}),
                row(contact={"email": "geaendert@example.org"}),
            ],
            by=manager,
        )
        needed = Customer.objects.get(email="gebraucht@example.org")
        builders.make_lead(dealer, customer=needed)
        changed = Customer.objects.get(email="geaendert@example.org")
        Customer.objects.filter(pk=changed.pk).update(version=2)

        undo(batch, by=manager, now=LATER)

        assert set(Customer.objects.present()) == {known, needed, changed}

    def test_what_it_changed_gets_its_cells_back(self, dealer, manager):
        lead = builders.make_lead(dealer, subject="Alter Betreff", city="Köln", probability=None)
        batch, _entries = import_list(
            dealer,
            [row(number=lead.number, subject="Neuer Betreff", probability=40, contact={})],
            by=manager,
        )
        assert fresh(lead).subject == "Neuer Betreff"
        assert (batch.created_count, batch.changed_count) == (0, 1)

        undo(batch, by=manager, now=LATER)

        after = fresh(lead)
        assert (after.subject, after.probability) == ("Alter Betreff", None)
        assert (after.last_name, after.email) == (lead.last_name, lead.email)
        assert after.search_text == lead.search_text
        assert after.customer == lead.customer

    def test_what_it_found_odd_goes_with_it(self, dealer, manager):
        odd = DraftWarning(WarningCode.EXCEL_CHANGED, "1067", "PLZ").as_json()
        older = DraftWarning(WarningCode.TEXT_SHORTENED, "", "Nachricht").as_json()
        lead = builders.make_lead(dealer, subject="Alt", warnings=[older])
        draft = row(
            number=lead.number,
            subject="Neu",
            contact={},
            warnings=(DraftWarning(WarningCode.EXCEL_CHANGED, "1067", "PLZ"),),
        )
        batch, _entries = import_list(dealer, [draft], by=manager)
        assert odd in fresh(lead).warnings

        undo(batch, by=manager, now=LATER)

        assert fresh(lead).warnings == [older]

    def test_an_enquiry_that_joined_a_case_leaves_it(self, dealer, manager):
        [receipt] = receive(
            dealer, [builders.make_draft(contact={"email": "jana@example.org"})], now=NOW
        )
        lead = receipt.lead
        batch, _entries = import_list(
            dealer, [row(contact={"email": "jana@example.org"})], by=manager, now=LATER
        )
        assert fresh(lead).enquiry_count == 2

        undo(batch, by=manager, now=MUCH_LATER)

        after = fresh(lead)
        assert (after.enquiry_count, after.enquiries.count()) == (1, 1)
        assert (after.urgency, after.last_enquired_at) == (lead.urgency, lead.last_enquired_at)
        assert not Task.objects.filter(lead=lead).open().exists()
        assert after.deleted_at is None

    def test_its_rows_say_so_and_can_be_imported_again(self, dealer, manager):
        drafts = [row(external_id="X-1"), row()]
        batch, entries = import_list(dealer, drafts, by=manager)
        undo(batch, by=manager, now=LATER)

        for entry in entries:
            entry = fresh(entry)
            assert (entry.outcome, entry.lead) == ("undone", None)
            assert "imported again" in entry.reason
        again, _entries = import_list(dealer, drafts, by=manager, now=MUCH_LATER)

        # The one with a number of its own is the same lead, back from the bin with its customer.
        assert (again.created_count, again.changed_count) == (1, 1)
        assert Lead.objects.present().count() == 2
        assert all(one.customer.deleted_at is None for one in Lead.objects.present())
        assert {fresh(one).outcome for one in entries} == {"created", "updated"}

        undo(again, by=manager, now=MUCH_LATER + timedelta(hours=1))
        assert not Lead.objects.present().exists()

    def test_a_lead_taken_out_of_the_bin_brings_its_customer_along(self, dealer, manager):
        batch, entries = import_list(dealer, [row()], by=manager)
        lead = fresh(entries[0]).lead
        undo(batch, by=manager, now=LATER)
        assert fresh(lead.customer).deleted_at is not None

        restore_leads(these(lead), by=manager, now=MUCH_LATER)

        assert fresh(lead.customer).deleted_at is None
        assert Event.objects.filter(kind="customer.restored").count() == 1

    def test_leads_that_somebody_worked_on_stay_with_the_reason(self, dealer, manager, seller):
        drafts = [row(contact={"email": f"person{n}@example.org"}) for n in range(6)]
        batch, entries = import_list(dealer, drafts, by=manager)
        leads = [fresh(entry).lead for entry in entries]
        edited = fresh(leads[0])
        edited.subject = "Von Hand"
        record_change(edited, ["subject"], by=seller, now=LATER)
        add_activity(leads[1], Activity.Kind.NOTE, "Ruft zurück.", by=seller, now=LATER)
        task = builders.make_task(leads[2], created_at=NOW - timedelta(days=1))
        with transaction.atomic():
            finish_task(lock_task(dealer, task.pk), by=seller, now=LATER)
        receive(
            dealer,
            [builders.make_draft(contact={"email": "person3@example.org"})],
            now=LATER,
        )

        found = verdicts(batch, manager)
        done = undo(batch, by=manager, now=MUCH_LATER)

        reasons = [found[lead.pk].reasons for lead in leads]
        assert reasons[0] == (Reason.CHANGED,)
        assert reasons[1] == (Reason.ACTIVITY,)
        assert reasons[2] == (Reason.TASK,)
        assert Reason.ENQUIRED in reasons[3]
        assert reasons[4:] == [(), ()]
        assert [fresh(lead).deleted_at is None for lead in leads] == [True] * 4 + [False] * 2
        assert (done.taken_back_count, done.left_count) == (2, 4)
        assert [fresh(one).outcome for one in entries] == ["created"] * 4 + ["undone"] * 2

    def test_one_of_them_can_be_chosen(self, dealer, manager, seller):
        batch, entries = import_list(dealer, [row(), row()], by=manager)
        leads = [fresh(entry).lead for entry in entries]
        for lead in leads:
            add_activity(lead, Activity.Kind.CALL, "Erreicht.", by=seller, now=LATER)

        undo(batch, by=manager, now=MUCH_LATER, chosen=[leads[0].pk])

        assert [fresh(lead).deleted_at is None for lead in leads] == [False, True]

    def test_an_edit_of_its_leads_that_was_undone_is_no_reason(self, dealer, manager):
        batch, entries = import_list(dealer, [row()], by=manager)
        lead = fresh(entries[0]).lead
        undo(set_contacted([lead], by=manager, now=LATER), by=manager, now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        assert fresh(lead).deleted_at is not None


class TestMerges:
    def test_a_merge_is_a_batch_and_undone_by_its_own_memory(self, dealer, manager):
        customer = builders.make_customer(dealer)
        kept, merged = (builders.make_lead(dealer, customer=customer) for _ in range(2))
        merge = merge_leads(kept, merged, values={}, by=manager, now=NOW)
        batch = ChangeBatch.objects.get(merge=merge)
        assert (batch.kind, batch.by, batch.undo_until) == (Kind.MERGE, manager, None)

        done = undo(batch, by=manager, now=LATER)

        assert fresh(merged).merged_into is None
        assert (done.undone_at, done.undone_by) == (LATER, manager)

    def test_undone_as_a_merge_it_is_undone_here_too(self, dealer, manager):
        customer = builders.make_customer(dealer)
        kept, merged = (builders.make_lead(dealer, customer=customer) for _ in range(2))
        merge = merge_leads(kept, merged, values={}, by=manager, now=NOW)

        undo_merge(merge, by=manager, now=LATER)

        batch = ChangeBatch.objects.get(merge=merge)
        assert (batch.undone_at, batch.undone_by, batch.is_undoing) == (LATER, manager, False)


class TestOnce:
    def test_twice_is_refused(self, dealer, manager):
        lead = builders.make_lead(dealer)
        batch = set_contacted([lead], by=manager)
        undo(batch, by=manager, now=LATER)
        version = fresh(lead).version

        with pytest.raises(UndoRefused, match="already"):
            undo(batch, by=manager, now=LATER)

        assert fresh(lead).version == version

    def test_after_thirty_days_it_is_refused(self, dealer, manager):
        lead = builders.make_lead(dealer)
        batch = set_contacted([lead], by=manager)

        with pytest.raises(UndoRefused, match="over"):
            undo(batch, by=manager, now=NOW + timedelta(days=30, seconds=1))

        assert fresh(lead).status.key == "contacted"

    def test_an_import_that_still_runs_is_refused(self, dealer, manager):
        """What comes after the undo would stay."""
        batch = open_batch(dealer.pk, Kind.IMPORT, by=manager, now=NOW)
        receive(dealer, [row()], now=NOW, actor=manager, change_batch=batch)

        with pytest.raises(UndoRefused, match="running"):
            undo(batch, by=manager, now=LATER)

        receive(dealer, [row()], now=LATER, actor=manager, change_batch=batch)
        assert close_batch(batch)
        undo(batch, by=manager, now=MUCH_LATER)
        assert not Lead.objects.present().exists()

    def test_one_that_was_interrupted_goes_on(self, dealer, manager, monkeypatch):
        monkeypatch.setattr("leads.services.undoing.PORTION", 2)
        leads = [builders.make_lead(dealer) for _ in range(5)]
        batch = set_contacted(leads, by=manager)
        begin_undo(batch, by=manager, now=LATER)
        assert carry_on(batch, now=LATER)
        assert [fresh(one).status.key for one in leads].count("new") == 2

        while carry_on(batch, now=MUCH_LATER):
            pass

        batch.refresh_from_db()
        assert {fresh(one).status.key for one in leads} == {"new"}
        assert (batch.taken_back_count, batch.is_undoing) == (5, False)
        assert {fresh(one).version for one in leads} == {3}


def test_the_number_of_queries_does_not_depend_on_that_of_leads(dealer, manager):
    def cost(number):
        known = [builders.make_lead(dealer, status="contacted") for _ in range(number)]
        drafts = [row(contact={"email": f"n{number}-{one}@example.org"}) for one in range(number)]
        changes = {"subject": "Geändert", "status": "Angebot", "contact": {}}
        drafts += [row(number=one.number, **changes) for one in known]
        IntakeEntry.objects.all().delete()
        batch, _entries = import_list(dealer, drafts, by=manager)
        with CaptureQueriesContext(connection) as planned:
            list(plan(batch, by=manager))
        with CaptureQueriesContext(connection) as undone:
            undo(batch, by=manager, now=LATER)
        assert Lead.objects.present().filter(sender="excel").count() == 0
        assert not Lead.objects.filter(subject="Geändert").exists()
        return len(planned), len(undone)

    cost(1)  # content types and the like are read once
    assert cost(20) == cost(200)


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_a_concurrent_edit_is_not_written_over(self, dealer, manager, seller):
        """The undo waits for the colleague's lock, and then sees what was changed."""
        lead, other = builders.make_lead(dealer), builders.make_lead(dealer)
        batch = set_contacted([lead, other], by=manager)
        is_edited, pid, errors = threading.Event(), [], []

        def edit_slowly():
            try:
                with transaction.atomic():
                    offer = builders.shared_status("offer")
                    set_status(these(lead), offer, by=seller, now=LATER)
                    is_edited.set()
                    wait_until_blocked(pid)
            except Exception as error:  # told below
                errors.append(error)
            finally:
                connection.close()

        colleague = threading.Thread(target=edit_slowly)
        colleague.start()
        assert is_edited.wait(timeout=20)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid.append(cursor.fetchone()[0])
        done = undo(batch, by=manager, now=MUCH_LATER)
        colleague.join(timeout=60)

        assert errors == []
        assert (fresh(lead).status.key, fresh(other).status.key) == ("offer", "new")
        assert (done.taken_back_count, done.left_count) == (1, 1)

    def test_of_two_who_undo_one_is_refused_and_all_happens_once(self, dealer, manager):
        leads = [builders.make_lead(dealer) for _ in range(30)]
        batch = set_contacted(leads, by=manager)

        def work(_one):
            try:
                return undo(batch, by=manager, now=LATER).taken_back_count
            except UndoRefused:
                return "refused"

        assert sorted(at_once(2, work), key=str) == [30, "refused"]
        assert {fresh(one).version for one in leads} == {3}

    def test_two_workers_share_one_undo(self, dealer, manager, monkeypatch):
        monkeypatch.setattr("leads.services.undoing.PORTION", 3)
        leads = [builders.make_lead(dealer) for _ in range(30)]
        batch = set_contacted(leads, by=manager)
        begin_undo(batch, by=manager, now=LATER)

        def work(_one):
            while carry_on(batch, now=LATER):
                pass

        at_once(2, work)

        batch.refresh_from_db()
        assert batch.taken_back_count == 30
        assert {fresh(one).version for one in leads} == {3}

    def test_an_enquiry_that_comes_in_meanwhile_finds_a_customer(self, dealer, manager):
        """Whoever is first: no lead is left with a customer in the bin."""
        contact = {"email": "jana@example.org", "last_name": "Groß"}
        batch, _entries = import_list(dealer, [row(contact=contact)], by=manager)

        def work(one):
            if one:
                undo(batch, by=manager, now=LATER)
            else:
                receive(dealer, [builders.make_draft(contact=contact)], now=LATER)

        at_once(2, work)

        leads = Lead.objects.present()
        assert leads.count() == 1
        assert leads.get().customer.deleted_at is None


def test_enquiries_of_created_leads_stay_with_them(dealer, manager):
    """In the bin a lead keeps everything; only what joined a case of others is taken off."""
    batch, _entries = import_list(dealer, [row()], by=manager)

    undo(batch, by=manager, now=LATER)

    assert Enquiry.objects.filter(change_batch=batch).count() == 1
