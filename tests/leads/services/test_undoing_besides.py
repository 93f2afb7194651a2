"""Undoing an import: what it did besides the columns of leads. Tags, notes, enquiries, customers,
cars, entries of catalogues."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import (
    Activity,
    Category,
    ChangeBatch,
    Customer,
    Enquiry,
    Event,
    Lead,
    ListValue,
    Role,
    Source,
    Status,
    Tag,
    Task,
    UnmappedName,
    Vehicle,
)
from leads.services.change_batches import close_batch, edit_together, open_batch
from leads.services.customers import change_customer
from leads.services.deleting import restore_leads
from leads.services.drafts import ContactDraft
from leads.services.entry_merging import merge_entry
from leads.services.handling import record_change, set_status
from leads.services.noting import add_activity
from leads.services.receiving import receive
from leads.services.storing import Writes, store
from leads.services.undo_plan import Reason, plan
from leads.services.undoing import undo
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
MUCH_LATER = NOW + timedelta(days=3)
Kind = ChangeBatch.Kind
CAR = {"vin": "WVWZZZ1KZAW000001", "make": "VW", "model": "Golf", "mileage_km": 12_000}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def these(*leads):
    return Lead.objects.filter(pk__in=[lead.pk for lead in leads])


def row(**values):
    """A draft as a list makes it."""
    return builders.make_draft(**{"sender": "excel", "external_id": "", **values})


def change(lead, **values):
    """A row of a list that was exported here."""
    said = {"number": lead.number, "contact": ContactDraft(), "subject": "", "message": ""}
    return row(**said, **values)


def import_list(dealer, *drafts, by, now=NOW):
    batch = open_batch(dealer.pk, Kind.IMPORT, by=by, now=now)
    receipts = receive(dealer, drafts, now=now, actor=by, change_batch=batch)
    close_batch(batch)
    return batch, [receipt.lead for receipt in receipts]


def tag(dealer, name):
    return Tag.objects.create(dealer=dealer, name=name)


def names(lead):
    return set(lead.tags.values_list("name", flat=True))


def set_tags(lead, *tags, by, now=LATER):
    """As the form of a lead does."""
    edited = fresh(lead)
    record_change(edited, ["tags"], by=by, now=now)
    edited.tags.set(tags)


def verdict_on(batch, lead, *, by):
    return next(one for one in plan(batch, by=by) if one.lead_id == lead.pk)


class TestTags:
    def test_those_that_it_gave_to_leads_of_before_go(self, dealer, manager):
        lead = builders.make_lead(dealer)
        lead.tags.add(tag(dealer, "Stammkunde"))
        draft = change(lead, tags=("Messe", "Stammkunde"))
        batch, _leads = import_list(dealer, draft, by=manager)
        assert names(lead) == {"Messe", "Stammkunde"}
        assert batch.changed_count == 1

        undo(batch, by=manager, now=LATER)

        assert names(lead) == {"Stammkunde"}
        told = lead.activities.order_by("-pk").first()
        assert "As before: tags" in told.text
        event = Event.objects.filter(lead_id=lead.pk, kind="lead.updated").last()
        assert event.data["changed"] == ["tags"]

    def test_those_that_came_with_a_further_enquiry_go(self, dealer, manager):
        contact = {"email": "jana@example.org"}
        [first] = receive(dealer, [builders.make_draft(contact=contact)], now=NOW)
        batch, [lead] = import_list(dealer, row(contact=contact, tags=("Messe",)), by=manager)
        assert (lead, names(lead)) == (first.lead, {"Messe"})

        undo(batch, by=manager, now=LATER)

        assert names(lead) == set()

    def test_those_that_it_took_away_come_back(self, dealer, manager):
        lead, lost = builders.make_lead(dealer), tag(dealer, "Stammkunde")
        lead.tags.add(lost)
        batch = open_batch(dealer.pk, Kind.IMPORT, by=manager, now=NOW)
        writes = Writes(lost_tags=[(lead, lost)])
        writes.change(lead)
        store(writes, now=NOW, actor=manager, change_batch=batch)
        close_batch(batch)
        assert names(lead) == set()

        undo(batch, by=manager, now=LATER)

        assert names(lead) == {"Stammkunde"}

    def test_tags_that_staff_have_given_since_stay(self, dealer, manager, seller):
        lead = builders.make_lead(dealer)
        batch, _leads = import_list(dealer, change(lead, tags=("Messe",)), by=manager)
        set_tags(lead, tag(dealer, "VIP"), *lead.tags.all(), by=seller)

        done = undo(batch, by=manager, now=MUCH_LATER)

        assert names(lead) == {"VIP"}
        assert (done.taken_back_count, done.left_count) == (1, 0)

    def test_a_tag_that_staff_have_taken_away_stays_away(self, dealer, manager, seller):
        lead = builders.make_lead(dealer)
        batch, _leads = import_list(dealer, change(lead, tags=("Messe",)), by=manager)
        set_tags(lead, by=seller)

        done = undo(batch, by=manager, now=MUCH_LATER)

        assert names(lead) == set()
        assert done.left_count == 0

    def test_a_tag_that_staff_have_given_again_stays_unless_it_is_chosen(
        self, dealer, manager, seller
    ):
        leads = [builders.make_lead(dealer) for _ in range(2)]
        drafts = [change(lead, tags=("Messe",)) for lead in leads]
        batch, _leads = import_list(dealer, *drafts, by=manager)
        fair = Tag.objects.get(name="Messe")
        for lead in leads:
            set_tags(lead, by=seller)
            set_tags(lead, fair, by=seller, now=LATER + timedelta(minutes=1))

        verdict = verdict_on(batch, leads[0], by=manager)
        undo(batch, by=manager, now=MUCH_LATER, chosen=[leads[1].pk])

        assert verdict.reasons == (Reason.CHANGED,)
        [(cell, who)] = verdict.left
        assert (cell, who.user_id) == ("tags", seller.pk)
        assert (names(leads[0]), names(leads[1])) == ({"Messe"}, set())

    def test_new_leads_keep_theirs_in_the_bin(self, dealer, manager):
        batch, [lead] = import_list(dealer, row(tags=("Messe",)), by=manager)

        undo(batch, by=manager, now=LATER)

        assert names(lead) == {"Messe"}


class TestNotesAndTasks:
    def test_a_note_on_a_lead_of_before_goes(self, dealer, manager, seller):
        lead = builders.make_lead(dealer)
        add_activity(lead, Activity.Kind.NOTE, "Von Hand.", by=seller, now=NOW)
        batch, _leads = import_list(
            dealer, change(lead, note="Aus der Liste.", probability=40), by=manager, now=LATER
        )
        assert lead.activities.filter(text="Aus der Liste.").exists()

        undo(batch, by=manager, now=MUCH_LATER)

        notes = lead.activities.filter(kind=Activity.Kind.NOTE)
        assert [one.text for one in notes] == ["Von Hand."]
        assert "notes" in lead.activities.order_by("-pk").first().text

    def test_even_if_the_row_brought_nothing_else(self, dealer, manager):
        lead = builders.make_lead(dealer)
        batch, _leads = import_list(dealer, change(lead, note="Aus der Liste."), by=manager)
        assert batch.changed_count == 1
        assert fresh(lead).version == lead.version

        undo(batch, by=manager, now=LATER)

        assert not lead.activities.filter(kind=Activity.Kind.NOTE).exists()

    def test_the_task_to_look_at_a_further_enquiry_goes_with_it(self, dealer, manager):
        contact = {"email": "jana@example.org"}
        [first] = receive(dealer, [builders.make_draft(contact=contact)], now=NOW)
        own = builders.make_task(first.lead, created_at=NOW)
        batch, _leads = import_list(dealer, row(contact=contact), by=manager, now=LATER)
        assert first.lead.tasks.count() == 2

        undo(batch, by=manager, now=MUCH_LATER)

        assert list(first.lead.tasks.all()) == [own]

    def test_the_one_for_an_enquiry_that_came_later_stays(self, dealer, manager):
        """Chosen all the same, the lead keeps what others brought."""
        contact = {"email": "jana@example.org"}
        [first] = receive(dealer, [builders.make_draft(contact=contact)], now=NOW)
        batch, _leads = import_list(dealer, row(contact=contact), by=manager, now=LATER)
        Task.objects.all().delete()
        receive(dealer, [builders.make_draft(contact=contact)], now=MUCH_LATER)
        assert first.lead.tasks.open().count() == 1

        undo(batch, by=manager, now=MUCH_LATER, chosen=[first.lead.pk])

        assert first.lead.tasks.open().count() == 1
        assert fresh(first.lead).enquiry_count == 2


class TestEnquiries:
    def test_what_one_said_before_is_what_it_says_again(self, dealer, manager):
        said = {"external_id": "A-17", "content_hash": "1", "contact": {"last_name": "Groß"}}
        [first] = receive(dealer, [row(**said, message="Alt", campaign="Winter")], now=NOW)
        again = {**said, "content_hash": "2"}
        draft = row(**again, message="Neu", campaign="Sommer", vehicle=CAR)
        batch, _leads = import_list(dealer, draft, by=manager, now=LATER)
        before = Enquiry.objects.get()
        assert (before.message, before.vehicle.make) == ("Neu", "VW")

        undo(batch, by=manager, now=MUCH_LATER)

        enquiry = Enquiry.objects.get()
        assert (enquiry.message, enquiry.campaign) == ("Alt", "Winter")
        assert (enquiry.content_hash, enquiry.vehicle) == ("1", None)
        assert enquiry.enquired_at == first.lead.enquired_at
        # So the same list can be imported again.
        _batch, [lead] = import_list(dealer, draft, by=manager, now=MUCH_LATER)
        assert (lead.message, Enquiry.objects.get().message) == ("Neu", "Neu")

    def test_what_came_since_stays(self, dealer, manager):
        said = {"external_id": "A-17", "contact": {"last_name": "Groß"}}
        receive(dealer, [row(**said, content_hash="1", message="Alt", campaign="A")], now=NOW)
        batch, _leads = import_list(
            dealer, row(**said, content_hash="2", message="Neu", campaign="B"), by=manager
        )
        receive(dealer, [row(**said, content_hash="3", message="Neuer", campaign="B")], now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        enquiry = Enquiry.objects.get()
        assert (enquiry.message, enquiry.campaign) == ("Neuer", "A")


class TestCustomers:
    def test_those_of_before_are_not_changed_by_an_import(self, dealer, manager):
        """Contact data of a row stay on its lead: there is nothing to give back."""
        customer = builders.make_customer(dealer, email="jana@example.org", phone="", city="")
        version = customer.version
        lead = builders.make_lead(dealer, customer=customer)
        contact = {"email": "jana@example.org", "phone": "0221 123456", "city": "Köln"}
        import_list(
            dealer,
            row(contact=contact, attaches=False),
            row(number=lead.number, contact=contact),
            by=manager,
        )

        customer = fresh(customer)
        assert (customer.phone, customer.city, customer.version) == ("", "", version)

    def test_one_that_was_completed_since_stays(self, dealer, manager, seller):
        batch, leads = import_list(dealer, row(), row(), by=manager)
        kept, gone = (Customer.objects.get(pk=lead.customer_id) for lead in leads)
        change_customer(kept, {"city": "Bonn"}, by=seller, now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        assert fresh(kept).deleted_at is None
        assert fresh(gone).deleted_at is not None

    def test_those_that_came_out_of_the_bin_with_their_lead_go_back_with_it(self, dealer, manager):
        draft = row(external_id="A-17")
        first, [lead] = import_list(dealer, draft, by=manager)
        undo(first, by=manager, now=LATER)
        again, _leads = import_list(dealer, draft, by=manager, now=LATER)
        assert fresh(lead).customer.deleted_at is None
        undo(again, by=manager, now=MUCH_LATER)
        assert fresh(lead.customer).deleted_at is not None

        [restored] = edit_together(
            these(lead),
            lambda rows, one: restore_leads(rows, by=manager, now=MUCH_LATER, change_batch=one),
            kind=Kind.RESTORE,
            by=manager,
            now=MUCH_LATER,
        )
        assert fresh(lead.customer).deleted_at is None
        undo(restored, by=manager, now=MUCH_LATER)
        assert fresh(lead.customer).deleted_at is not None


class TestVehicles:
    def test_those_of_before_are_not_changed_by_an_import(self, dealer, manager):
        car = builders.make_vehicle(dealer, vin=CAR["vin"], mileage_km=None, variant="")
        batch, [lead] = import_list(dealer, row(vehicle={**CAR, "variant": "1.4 TSI"}), by=manager)
        assert lead.vehicle == car

        undo(batch, by=manager, now=LATER)

        car = fresh(car)
        assert (car.mileage_km, car.variant) == (None, "")
        assert fresh(lead).vehicle == car

    def test_those_that_it_brought_go_with_its_leads(self, dealer, manager):
        batch, leads = import_list(dealer, row(vehicle=CAR), row(vehicle=CAR), by=manager)
        car = Vehicle.objects.get()

        undo(batch, by=manager, now=LATER)

        assert not Vehicle.objects.exists()
        assert {fresh(lead).vehicle for lead in leads} == {None}
        last = car.history.order_by("-history_id").first()
        assert (last.history_type, last.history_user, last.vin) == ("-", manager, CAR["vin"])

    def test_who_takes_a_lead_out_of_the_bin_gets_its_car_back(self, dealer, manager):
        batch, leads = import_list(dealer, row(vehicle=CAR), row(vehicle=CAR), by=manager)
        undo(batch, by=manager, now=LATER)

        restore_leads(these(leads[0]), by=manager, now=MUCH_LATER)

        car = Vehicle.objects.get()
        assert (car.vin, car.make, car.mileage_km) == (CAR["vin"], "VW", 12_000)
        assert "golf" in car.search_text
        assert fresh(leads[0]).vehicle == car
        restore_leads(these(leads[1]), by=manager, now=MUCH_LATER)
        assert fresh(leads[1]).vehicle == car

    def test_or_the_one_that_came_under_its_number_meanwhile(self, dealer, manager):
        batch, [lead] = import_list(dealer, row(vehicle=CAR), by=manager)
        undo(batch, by=manager, now=LATER)
        other = builders.make_vehicle(dealer, vin=CAR["vin"])

        restore_leads(these(lead), by=manager, now=MUCH_LATER)

        assert fresh(lead).vehicle == other
        assert Vehicle.objects.count() == 1

    def test_one_on_a_lead_of_before_goes_as_well(self, dealer, manager):
        lead = builders.make_lead(dealer, vehicle=None)
        batch, _leads = import_list(dealer, change(lead, vehicle=CAR), by=manager)
        assert fresh(lead).vehicle is not None

        undo(batch, by=manager, now=LATER)

        assert fresh(lead).vehicle is None
        assert not Vehicle.objects.exists()

    def test_one_that_is_needed_or_was_looked_at_stays(self, dealer, manager):
        vins = [f"WVWZZZ1KZAW00000{n}" for n in range(4)]
        drafts = [row(vehicle={**CAR, "vin": vin}) for vin in vins]
        batch, leads = import_list(dealer, *drafts, by=manager)
        needed, asked, edited, gone = (lead.vehicle for lead in leads)
        builders.make_lead(dealer, vehicle=needed)
        builders.make_enquiry(lead=builders.make_lead(dealer), vehicle=asked)
        edited.state = Vehicle.State.IN_STOCK
        edited.save()

        undo(batch, by=manager, now=LATER)

        assert set(Vehicle.objects.all()) == {needed, asked, edited}
        assert gone.pk not in set(Vehicle.objects.values_list("pk", flat=True))

    def test_many_go_in_portions(self, dealer, manager, monkeypatch):
        monkeypatch.setattr("leads.services.undoing.PORTION", 2)
        drafts = [row(vehicle={**CAR, "vin": f"WVWZZZ1KZAW00000{n}"}) for n in range(5)]
        batch, _leads = import_list(dealer, *drafts, by=manager)

        done = undo(batch, by=manager, now=LATER)

        assert not Vehicle.objects.exists()
        assert not done.is_undoing


class TestEntries:
    NAMES: dict = dict(source="Messe Essen", status="Messegespräch", category="Reisemobil")  # noqa: C408

    def test_those_that_nothing_refers_to_any_more_are_gone(self, dealer, manager):
        lead = builders.make_lead(dealer)
        batch, _leads = import_list(dealer, change(lead, **self.NAMES, tags=("A",)), by=manager)
        assert fresh(lead).source.name == "Messe Essen"

        undo(batch, by=manager, now=LATER)

        for model in (Source, Status, Category, Tag):
            assert not model.objects.filter(dealer=dealer).exists(), model
        assert fresh(lead).source == lead.source

    def test_those_that_leads_in_the_bin_have_are_offered_no_more(self, dealer, manager):
        batch, [lead] = import_list(dealer, row(**self.NAMES, tags=("A",)), by=manager)

        undo(batch, by=manager, now=LATER)

        for model in (Source, Status, Category, Tag):
            assert not model.objects.filter(dealer=dealer).active().exists(), model
        assert fresh(lead).source.name == "Messe Essen"

    def test_and_are_when_such_a_lead_comes_out_of_it(self, dealer, manager):
        batch, [lead] = import_list(dealer, row(**self.NAMES, tags=("A",)), by=manager)
        undo(batch, by=manager, now=LATER)

        restore_leads(these(lead), by=manager, now=MUCH_LATER)

        for model in (Source, Status, Category, Tag):
            assert model.objects.active().get(dealer=dealer).is_automatic, model

    def test_or_when_somebody_names_them_again(self, dealer, manager):
        batch, _leads = import_list(dealer, row(**self.NAMES, tags=("A",)), by=manager)
        undo(batch, by=manager, now=LATER)

        again, [lead] = import_list(dealer, row(**self.NAMES), by=manager, now=MUCH_LATER)

        assert Source.objects.active().get(dealer=dealer) == lead.source
        assert Status.objects.active().get(dealer=dealer) == lead.status
        assert not Tag.objects.get(dealer=dealer).is_active
        undo(again, by=manager, now=MUCH_LATER)
        assert not Source.objects.filter(dealer=dealer).active().exists()

    def test_those_that_others_use_stay(self, dealer, manager):
        batch, [lead] = import_list(dealer, row(**self.NAMES, tags=("A",)), by=manager)
        other = builders.make_lead(
            dealer, source=lead.source, status=lead.status, category=lead.category
        )
        other.tags.add(*lead.tags.all())

        undo(batch, by=manager, now=LATER)

        for model in (Source, Status, Category, Tag):
            assert model.objects.active().filter(dealer=dealer).count() == 1, model

    def test_a_source_that_only_an_enquiry_has_stays(self, dealer, manager):
        batch, [lead] = import_list(dealer, row(source="Messe Essen"), by=manager)
        contact = {"email": "jana@example.org"}
        receive(dealer, [builders.make_draft(contact=contact)], now=NOW)
        receive(dealer, [builders.make_draft(contact=contact, source="Messe Essen")], now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        assert Source.objects.active().filter(dealer=dealer).get() == lead.source

    def test_a_source_that_a_connection_or_a_form_names_stays(self, dealer, manager):
        rows = [row(source="Messe Essen"), row(source="Radio"), row(source="Plakat")]
        batch, _leads = import_list(dealer, *rows, by=manager)
        builders.make_connection(dealer, default_source="messe  ESSEN")
        builders.make_website_form(dealer, source="Radio")

        undo(batch, by=manager, now=LATER)

        sources = Source.objects.active().filter(dealer=dealer)
        assert {source.name for source in sources} == {"Messe Essen", "Radio"}

    def test_unknown_names_that_came_along_go_and_come_back_with_their_leads(self, dealer, manager):
        batch, leads = import_list(dealer, row(location="Filiale Nord"), by=manager)
        assert UnmappedName.objects.waiting().exists()

        undo(batch, by=manager, now=LATER)

        assert not UnmappedName.objects.waiting().exists()
        restore_leads(these(*leads), by=manager, now=MUCH_LATER)
        assert UnmappedName.objects.waiting().get().name == "Filiale Nord"

    def test_unknown_names_that_others_came_with_too_stay(self, dealer, manager):
        batch, _leads = import_list(dealer, row(location="Filiale Nord"), by=manager)
        receive(dealer, [builders.make_draft(location="Filiale Nord")], now=NOW)

        undo(batch, by=manager, now=LATER)

        assert UnmappedName.objects.waiting().exists()

    def test_those_that_somebody_has_looked_at_stay(self, dealer, manager):
        batch, _leads = import_list(dealer, row(**self.NAMES), by=manager)
        Source.objects.filter(dealer=dealer).update(is_automatic=False)  # as the form does
        Status.objects.filter(dealer=dealer).update(aliases=["Messe"])

        undo(batch, by=manager, now=LATER)

        assert Source.objects.active().filter(dealer=dealer).exists()
        assert Status.objects.active().filter(dealer=dealer).exists()
        assert not Category.objects.active().filter(dealer=dealer).exists()

    def test_what_a_name_was_said_to_mean_stays(self, dealer, manager):
        batch, _leads = import_list(dealer, row(**self.NAMES), by=manager)
        ListValue.objects.create(
            dealer=dealer, column="source", key="essen", written="Essen", meaning="Messe Essen"
        )
        UnmappedName.objects.create(
            dealer=dealer,
            kind=UnmappedName.Kind.STATUS,
            name="messe",
            name_key="messe",
            status=Status.objects.get(dealer=dealer),
            first_seen_at=NOW,
            last_seen_at=NOW,
        )

        undo(batch, by=manager, now=LATER)

        assert Source.objects.active().filter(dealer=dealer).exists()
        assert Status.objects.active().filter(dealer=dealer).exists()

    def test_what_another_undo_may_give_back_is_not_deleted(self, dealer, manager):
        """First an import set it, then a bulk edit replaced it; undone in the order of both."""
        lead = builders.make_lead(dealer)
        batch, _leads = import_list(dealer, change(lead, status="Messegespräch"), by=manager)
        offer = builders.shared_status("offer")
        [edit] = edit_together(
            these(lead),
            lambda rows, one: set_status(rows, offer, by=manager, now=LATER, change_batch=one),
            kind=Kind.STATUS,
            by=manager,
            now=LATER,
        )
        undo(batch, by=manager, now=MUCH_LATER)
        assert fresh(lead).status == offer

        undo(edit, by=manager, now=MUCH_LATER)

        assert fresh(lead).status.name == "Messegespräch"

    def test_those_of_other_dealers_and_other_imports_stay(self, dealer, manager):
        batch, _leads = import_list(dealer, row(), by=manager)
        _other, [lead] = import_list(dealer, row(source="Messe Essen"), by=manager, now=LATER)

        undo(batch, by=manager, now=MUCH_LATER)

        assert Source.objects.active().filter(dealer=dealer).get() == lead.source


class TestFormerValuesThatAreGone:
    def test_that_cell_stays_and_the_rest_is_given_back(self, dealer, manager):
        source = Source.objects.create(dealer=dealer, name="Alt")
        lead, other = (builders.make_lead(dealer, source=source) for _ in range(2))
        drafts = [change(one, source="Website", probability=40) for one in (lead, other)]
        batch, _leads = import_list(dealer, *drafts, by=manager)
        merge_entry(source, builders.shared_source("website"), by=manager, now=LATER)

        verdict = verdict_on(batch, lead, by=manager)
        done = undo(batch, by=manager, now=MUCH_LATER, chosen=[other.pk])

        assert verdict.reasons == (Reason.VALUE_GONE,)
        assert not verdict.may_be_chosen
        for one in (lead, other):
            assert (fresh(one).source.key, fresh(one).probability) == ("website", None)
        assert (done.taken_back_count, done.left_count) == (0, 2)


def test_the_number_of_queries_does_not_depend_on_that_of_leads(dealer, manager):
    def cost(number):
        known = [builders.make_lead(dealer) for _ in range(number)]
        said = {"tags": ("A", "B"), "note": "Aus der Liste.", "source": "Messe Essen"}
        cars = [{**CAR, "vin": f"WVWZZZ1K{number:03d}{n:06d}"} for n in range(number)]
        drafts = [row(vehicle=car, **said) for car in cars]
        drafts += [change(lead, **said) for lead in known]
        batch, leads = import_list(dealer, *drafts, by=manager)
        with CaptureQueriesContext(connection) as undone:
            undo(batch, by=manager, now=LATER)
        assert not Vehicle.objects.exists()
        with CaptureQueriesContext(connection) as restored:
            restore_leads(these(*leads[:number]), by=manager, now=MUCH_LATER)
        assert Vehicle.objects.count() == number
        Lead.objects.update(vehicle=None)
        Vehicle.objects.all().delete()
        return len(undone), len(restored)

    cost(1)  # content types and the like are read once
    assert cost(3) == cost(30)


def test_cars_of_several_dealers_come_back_each_to_its_own(dealer, manager):
    other = builders.make_dealer()
    boss = builders.make_user(other, role=Role.MANAGER)
    leads = []
    for one, by in ((dealer, manager), (other, boss)):
        batch, [lead] = import_list(one, row(vehicle=CAR), by=by)
        undo(batch, by=by, now=LATER)
        leads.append(lead)
    theirs = builders.make_vehicle(other, vin=CAR["vin"])

    restore_leads(these(*leads), by=manager, now=MUCH_LATER)

    assert fresh(leads[1]).vehicle == theirs
    assert fresh(leads[0]).vehicle.dealer == dealer
