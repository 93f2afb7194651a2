"""A merge is taken back later, too: in any order, with what was moved on since."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest

from leads.models import (
    Activity,
    Customer,
    Event,
    Lead,
    MatchReason,
    MatchSuggestion,
    Merge,
    Tag,
    Task,
)
from leads.services.forwarding import resolve_customer, resolve_lead
from leads.services.merge_rows import MergeRefused
from leads.services.merging import merge_customers, merge_leads
from leads.services.receiving import receive
from leads.services.unmerging import undo_merge
from tests import builders
from tests.leads.services.test_receiving import at_once, on_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=40)


def merge(kept, merged, **values):
    for row in (kept, merged):
        row.refresh_from_db()
    service = merge_customers if isinstance(kept, Customer) else merge_leads
    return service(kept, merged, values=values, by=None, now=NOW)


def undo(done, by=None):
    return undo_merge(done, by=by, now=LATER)


def leads_of_one(dealer, *each):
    customer = builders.make_customer(dealer)
    return [builders.make_lead(dealer, customer=customer, **values) for values in each]


def customers_with_leads(dealer, count):
    customers = [builders.make_customer(dealer) for _ in range(count)]
    return customers, [builders.make_lead(dealer, customer=one) for one in customers]


def owners(leads):
    """Whose lead each is now."""
    return [Lead.objects.get(pk=lead.pk).customer for lead in leads]


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# What a merge may take from either side, and what follows a lead.
TAKEN = ("first_name", "phone", "subject", "status", "owner", "vehicle_name", "urgency")


def state_of(lead):
    """All of a lead that merging touches."""
    lead = fresh(lead)
    columns = (*TAKEN, "consents", "custom_values", "enquiry_count", "enquired_at", "received_at")
    return {
        **{name: getattr(lead, name) for name in columns},
        "hidden": (lead.deleted_at, lead.merged_into),
        "tags": set(lead.tags.values_list("name", flat=True)),
        "enquiries": set(lead.enquiries.values_list("external_id", flat=True)),
        "entries": set(lead.intake_entries.values_list("message_id", flat=True)),
        "tasks": set(lead.tasks.values_list("title", flat=True)),
        "notes": set(lead.activities.filter(kind="note").values_list("text", flat=True)),
    }


def four_leads(dealer):
    """Of one customer, and different in everything."""
    customer = builders.make_customer(dealer)
    statuses = ("new", "contacted", "offer", "contacted")
    leads = []
    for name, key, urgency in zip("ABCD", statuses, ("low", "normal", "high", "low"), strict=True):
        lead = builders.make_lead(
            dealer,
            customer=customer,
            external_id=name,
            first_name=name,
            phone="" if name in "BD" else f"0221 471012{ord(name)}",
            subject=f"{name} gesucht",
            status=builders.shared_status(key),
            owner=builders.make_user(dealer),
            vehicle_name="" if name in "BC" else f"Auto {name}",
            urgency=urgency,
            consents=[{"purpose": f"phone {name}"}],
            custom_values={"alle": name, name: "1"},
        )
        lead.tags.add(Tag.objects.create(dealer=dealer, name=f"Tag {name}"))
        builders.make_task(lead, title=f"Aufgabe {name}")
        builders.make_activity(lead, kind="note", text=f"Notiz {name}")
        builders.make_entry(dealer, lead=lead, message_id=name)
        leads.append(lead)
    return leads


class TestCustomers:
    def test_everything_is_as_before(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        before = fresh(kept).__dict__
        user = builders.make_user(dealer)

        done = undo(merge(kept, merged, email="merged", street="merged", note="kept"), by=user)

        assert (done.undone_at, done.undone_by) == (LATER, user)
        assert owners(leads) == [kept, merged]
        assert set(Customer.objects.for_dealer(dealer)) == {kept, merged}
        assert (fresh(merged).deleted_at, fresh(merged).merged_into) == (None, None)
        after = fresh(kept).__dict__
        changed = {name for name in after if after[name] != before[name]}
        assert changed == {"_state", "version", "updated_at"}

    def test_what_was_changed_since_stays(self, dealer):
        kept = builders.make_customer(dealer, mobile="", note="")
        merged = builders.make_customer(dealer, mobile="0170 1234567", note="Ruft gern an")
        done = merge(kept, merged)
        kept.refresh_from_db()
        kept.mobile = "0170 7654321"
        kept.save()

        undo(done)

        assert (fresh(kept).mobile, fresh(kept).note) == ("0170 7654321", "")

    def test_what_arrived_since_stays(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        done = merge(kept, merged)
        new = builders.make_lead(dealer, customer=kept)

        undo(done)

        assert owners([*leads, new]) == [kept, merged, kept]

    def test_a_lead_that_somebody_gave_to_a_third_stays_there(self, dealer):
        (kept, merged, third), leads = customers_with_leads(dealer, 3)
        done = merge(kept, merged)
        Lead.objects.filter(pk=leads[1].pk).update(customer=third)

        undo(done)

        assert owners(leads) == [kept, third, third]

    def test_cannot_be_done_twice(self, dealer):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        done = undo(merge(kept, merged))

        with pytest.raises(MergeRefused, match="undone already"):
            undo(done)

    def test_can_be_merged_again(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        undo(merge(kept, merged))

        again = merge(merged, kept)

        assert owners(leads) == [merged, merged]
        undo(again)
        assert owners(leads) == [kept, merged]

    def test_other_systems_hear_of_it(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        done = merge(kept, merged, phone="merged")
        Event.objects.all().delete()

        undo(done)

        told = {(one.kind, one.lead_id or one.customer_id): one.data for one in Event.objects.all()}
        assert told == {
            ("customer.restored", merged.pk): {},
            ("customer.updated", kept.pk): {"changed": ["phone"]},
            ("lead.updated", leads[1].pk): {"changed": ["customer"]},
        }
        assert Event.objects.get(kind="lead.updated").customer_id == merged.pk
        assert leads[1].activities.first().kind == Activity.Kind.RESTORED

    def test_suggestions_come_back(self, dealer):
        kept, merged, third = (builders.make_customer(dealer) for _ in range(3))
        common = {"dealer": dealer, "reason": MatchReason.SAME_NAME, "created_at": NOW}
        moved = MatchSuggestion.objects.create(customer=merged, candidate=third, **common)
        pair = MatchSuggestion.objects.create(customer=merged, candidate=kept, **common)

        undo(merge(kept, merged))

        moved.refresh_from_db()
        pair.refresh_from_db()
        assert (moved.customer, moved.candidate) == (merged, third)
        assert (pair.decision, pair.decided_at, pair.decided_by) == ("", None, None)

    def test_a_row_deleted_for_good_cannot_come_back(self, dealer):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        done = merge(kept, merged)
        merged.delete()

        with pytest.raises(MergeRefused, match="deleted for good"):
            undo(done)

    def test_comes_back_although_the_kept_one_is_in_the_bin(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        done = merge(kept, merged)
        Customer.objects.filter(pk=kept.pk).update(deleted_at=NOW)

        undo(done)

        assert list(Customer.objects.for_dealer(dealer)) == [merged]
        assert owners(leads) == [kept, merged]

    def test_leads_merged_with_each_other_since_come_first(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        done = merge(kept, merged)
        of_leads = merge(leads[0], leads[1])

        with pytest.raises(MergeRefused) as error:
            undo(done)

        assert str(error.value) == (
            f"First undo the merge of the leads {leads[1].number} and {leads[0].number}."
        )
        assert fresh(done).undone_at is None
        undo(of_leads)
        undo(done)
        assert owners(leads) == [kept, merged]

    def test_leads_merged_before_come_back_as_one(self, dealer):
        customers = [builders.make_customer(dealer) for _ in range(2)]
        leads = [builders.make_lead(dealer, customer=customers[1]) for _ in range(2)]
        of_leads = merge(leads[0], leads[1])
        done = merge(*customers)

        undo(done)
        undo(of_leads)

        assert owners(leads) == [customers[1], customers[1]]
        assert resolve_lead(dealer, leads[1].pk) == leads[1]


class TestChains:
    """A became part of B, then B of C."""

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_in_any_order(self, dealer, order):
        (a, b, c), leads = customers_with_leads(dealer, 3)
        merges = [merge(b, a), merge(c, b)]
        assert owners(leads) == [c, c, c]

        for number in order:
            undo(merges[number])

        assert owners(leads) == [a, b, c]
        assert set(Customer.objects.for_dealer(dealer)) == {a, b, c}

    def test_the_first_alone(self, dealer):
        (a, b, c), leads = customers_with_leads(dealer, 3)
        first, _second = merge(b, a), merge(c, b)

        undo(first)

        assert owners(leads) == [a, c, c]
        assert resolve_customer(dealer, a.pk) == a
        assert resolve_customer(dealer, b.pk) == c

    def test_the_second_alone(self, dealer):
        (a, b, c), leads = customers_with_leads(dealer, 3)
        _first, second = merge(b, a), merge(c, b)

        undo(second)

        assert owners(leads) == [b, b, c]
        assert resolve_customer(dealer, a.pk) == b

    def test_each_gets_its_own_after_it_was_merged_elsewhere(self, dealer):
        """A left B and joined C directly; then B leaves C without what is A's."""
        (a, b, c), leads = customers_with_leads(dealer, 3)
        first, second = merge(b, a), merge(c, b)
        undo(first)
        merge(c, a)

        undo(second)

        assert owners(leads) == [c, b, c]

    def test_values_leave_the_last_one_too(self, dealer):
        a = builders.make_customer(dealer, mobile="0170 1234567")
        b = builders.make_customer(dealer, mobile="")
        c = builders.make_customer(dealer, mobile="")
        first, second = merge(b, a), merge(c, b)
        assert fresh(c).mobile == "0170 1234567"

        undo(first)

        assert (fresh(b).mobile, fresh(c).mobile) == ("", "")
        undo(second)
        assert (fresh(b).mobile, fresh(c).mobile) == ("", "")

    def test_the_last_one_gets_what_the_middle_one_had_before(self, dealer):
        a = builders.make_customer(dealer, email="a@example.org")
        b = builders.make_customer(dealer, email="b@example.org")
        c = builders.make_customer(dealer, email="c@example.org")
        first = merge(b, a, email="merged")
        second = merge(c, b, email="merged")

        undo(first)

        assert (fresh(c).email, fresh(c).email_key) == ("b@example.org", "b@example.org")
        undo(second)
        assert [fresh(one).email for one in (a, b, c)] == [
            "a@example.org",
            "b@example.org",
            "c@example.org",
        ]

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_two_into_one(self, dealer, order):
        kept = builders.make_customer(dealer, email="k@example.org")
        a = builders.make_customer(dealer, email="a@example.org")
        b = builders.make_customer(dealer, email="b@example.org")
        merges = [merge(kept, a, email="merged"), merge(kept, b, email="merged")]
        between = {0: "b@example.org", 1: "a@example.org"}

        undo(merges[order[0]])
        assert fresh(kept).email == between[order[0]]
        undo(merges[order[1]])

        assert fresh(kept).email == "k@example.org"

    def test_leads_give_everything_back_from_the_last_one(self, dealer):
        a, b, c = leads_of_one(
            dealer,
            {"external_id": "a", "consents": [{"purpose": "phone"}], "custom_values": {"x": "1"}},
            {"external_id": "b"},
            {"external_id": "c"},
        )
        vip = Tag.objects.create(dealer=dealer, name="VIP")
        a.tags.add(vip)
        note = builders.make_activity(a)
        first, second = merge(b, a), merge(c, b)
        c.refresh_from_db()
        assert (c.enquiry_count, c.consents, c.custom_values) == (
            3,
            [{"purpose": "phone"}],
            {"x": "1"},
        )

        undo(first)

        a, b, c = fresh(a), fresh(b), fresh(c)
        assert [one.external_id for one in a.enquiries.all()] == ["a"]
        assert fresh(note).lead == a
        assert (a.enquiry_count, c.enquiry_count) == (1, 2)
        assert (c.consents, c.custom_values, list(c.tags.all())) == ([], {}, [])
        undo(second)
        assert [one.external_id for one in fresh(b).enquiries.all()] == ["b"]
        assert fresh(b).consents == []


class TestChainsOfLeads:
    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_in_any_order(self, dealer, order):
        """A became part of B, B of C, C of D, each with all that it had."""
        leads = four_leads(dealer)
        before = [state_of(one) for one in leads]
        takes = dict.fromkeys(("first_name", "subject", "status", "owner"), "merged")
        merges = [merge(kept, one, **takes) for one, kept in pairwise(leads)]
        assert state_of(leads[3])["enquiries"] == set("ABCD")
        assert fresh(leads[3]).first_name == "A"

        for number in order:
            undo(merges[number])

        assert [state_of(one) for one in leads] == before

    @pytest.mark.parametrize("order", [(0, 1), (1, 0)])
    def test_one_that_was_merged_elsewhere_again(self, dealer, order):
        """A left B and became part of C; then B did, too."""
        a, b, c, _d = leads = four_leads(dealer)
        before = [state_of(one) for one in leads]
        undo(merge(b, a, first_name="merged"))
        merges = [merge(c, a, first_name="merged"), merge(c, b, status="merged")]
        assert state_of(c)["notes"] == {"Notiz A", "Notiz B", "Notiz C"}

        for number in order:
            undo(merges[number])

        assert [state_of(one) for one in leads] == before

    def test_the_middle_one_merged_elsewhere_again_takes_its_own_along(self, dealer):
        """A became part of B, B of C; B left C and became part of D, then A left B."""
        a, b, c, d = leads = four_leads(dealer)
        before = [state_of(one) for one in leads]
        first = merge(b, a, first_name="merged")
        undo(merge(c, b, first_name="merged"))
        last = merge(d, b, first_name="merged")
        assert state_of(d)["tasks"] == {"Aufgabe A", "Aufgabe B", "Aufgabe D"}
        assert state_of(c) == before[2]

        undo(first)

        assert [state_of(a), state_of(c)] == [before[0], before[2]]
        assert fresh(d).first_name == "B"
        assert resolve_lead(dealer, b.pk) == d
        undo(last)
        assert [state_of(one) for one in leads] == before


class TestLeads:
    def test_everything_is_as_before(self, dealer):
        early = NOW - timedelta(days=3)
        kept, merged = leads_of_one(
            dealer,
            {"external_id": "k", "status": "new"},
            {
                "external_id": "m",
                "status": "contacted",
                "callback_wished": True,
                "first_response_at": NOW,
                "enquired_at": early,
                "received_at": early,
                "consents": [{"purpose": "phone"}],
                "custom_values": {"Farbe": "blau"},
                "location": builders.make_location(dealer),
            },
        )
        task = Task.objects.create(dealer=dealer, lead=merged, due_at=NOW, created_at=NOW)
        entry = builders.make_entry(dealer, lead=merged)
        kept.tags.add(Tag.objects.create(dealer=dealer, name="Flotte"))
        merged.tags.add(Tag.objects.create(dealer=dealer, name="VIP"))
        kept.refresh_from_db()
        before = fresh(kept).__dict__

        undo(merge(kept, merged, status="merged"))

        after = fresh(kept).__dict__
        changed = {name for name in after if after[name] != before[name]}
        assert changed <= {"_state", "version", "updated_at", "score", "last_enquired_at"}
        assert [tag.name for tag in kept.tags.all()] == ["Flotte"]
        assert [tag.name for tag in merged.tags.all()] == ["VIP"]
        for row in (task, entry):
            assert fresh(row).lead == merged
        assert fresh(merged).enquiries.get().external_id == "m"
        assert set(Lead.objects.for_dealer(dealer)) == {kept, merged}

    def test_what_arrived_since_stays(self, dealer):
        kept, merged = leads_of_one(dealer, {"external_id": "k"}, {"external_id": "m"})
        done = merge(kept, merged)
        note = builders.make_activity(kept)
        enquiry = builders.make_enquiry(lead=kept)

        undo(done)

        assert (fresh(note).lead, fresh(enquiry).lead) == (kept, kept)
        assert (fresh(kept).enquiry_count, fresh(merged).enquiry_count) == (2, 1)

    def test_values_changed_since_stay(self, dealer):
        kept, merged = leads_of_one(dealer, {}, {"custom_values": {"Farbe": "blau", "Rad": "18"}})
        done = merge(kept, merged, subject="merged")
        Lead.objects.filter(pk=kept.pk).update(
            subject="Anders", custom_values={"Farbe": "rot", "Rad": "18"}
        )

        undo(done)

        assert fresh(kept).subject == "Anders"
        assert fresh(kept).custom_values == {"Farbe": "rot"}

    def test_its_sender_finds_it_again(self, dealer):
        draft = builders.make_draft(external_id="web-1")
        [receipt] = receive(dealer, [draft], now=NOW)
        merged = receipt.lead
        kept = builders.make_lead(dealer, customer=merged.customer)
        undo(merge(kept, merged))

        again = builders.make_draft(external_id="web-1", version=2, contact=draft.contact)
        [receipt] = receive(dealer, [again], now=LATER)

        assert receipt.lead == merged

    def test_others_hear_of_it_and_timelines_tell(self, dealer):
        kept, merged = leads_of_one(dealer, {}, {})
        done = merge(kept, merged, subject="kept")
        Event.objects.all().delete()
        user = builders.make_user(dealer)

        undo(done, by=user)

        told = {(one.kind, one.lead_id): one.data for one in Event.objects.all()}
        assert told == {
            ("lead.restored", merged.pk): {},
            ("lead.updated", kept.pk): {"changed": []},
        }
        newest = kept.activities.first()
        assert (newest.kind, newest.user) == (Activity.Kind.RESTORED, user)
        assert newest.text == f"The merge with {merged.number} was undone."


def test_what_it_remembers_is_encrypted(dealer):
    """Contact data of the kept customer stand in it."""
    kept = builders.make_customer(dealer, email="alt@example.org")
    merged = builders.make_customer(dealer, email="neu@example.org")

    done = merge(kept, merged, email="merged")

    assert "alt@example.org" in done.before
    [stored] = Merge.objects.filter(pk=done.pk).extra(select={"bare": "before"}).values("bare")
    assert "example" not in stored["bare"]


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_people_undo_the_same_merge(self, dealer):
        (kept, merged), leads = customers_with_leads(dealer, 2)
        done = merge(kept, merged)

        def work(_one):
            try:
                return undo(done)
            except MergeRefused:
                return "refused"

        results = at_once(6, work)

        assert results.count("refused") == 5
        assert owners(leads) == [kept, merged]
        assert Event.objects.filter(kind="customer.restored").count() == 1

    def test_a_chain_from_both_ends(self, dealer):
        (a, b, c), leads = customers_with_leads(dealer, 3)
        merges = [merge(b, a), merge(c, b)]

        at_once(2, lambda one: undo(merges[one]))

        assert owners(leads) == [a, b, c]
