"""Two rows become one: what is chosen, what follows, who hears of it, what is refused."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from leads.models import (
    Activity,
    Customer,
    Enquiry,
    Event,
    Lead,
    MatchReason,
    MatchSuggestion,
    Merge,
    Tag,
    Task,
)
from leads.services.forwarding import resolve_customer, resolve_lead
from leads.services.merge_fields import UnknownChoice
from leads.services.merge_rows import LEAD_RELATIONS, MergeRefused
from leads.services.merging import DifferentCustomers, merge_customers, merge_leads
from leads.services.receiving import receive
from leads.services.scoring import score_of
from leads.services.unmerging import undo_merge
from tests import builders
from tests.leads.services.test_receiving import at_once, on_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def merge(kept, merged, *, by=None, now=NOW, seen=None, **values):
    service = merge_customers if isinstance(kept, Customer) else merge_leads
    return service(kept, merged, values=values, by=by, now=now, seen=seen)


def kinds(**of):
    rows = Event.objects.filter(**{f"{name}_id": row.pk for name, row in of.items()})
    return sorted(rows.values_list("kind", flat=True))


def newest(row):
    """Its newest version; the clock of these tests runs behind."""
    return row.history.order_by("history_id").last()


def pair_of_leads(dealer, kept=None, merged=None):
    customer = builders.make_customer(dealer)
    return (
        builders.make_lead(dealer, customer=customer, **(kept or {})),
        builders.make_lead(dealer, customer=customer, **(merged or {})),
    )


def make_suggestion(customer, candidate, **values):
    values = {"reason": MatchReason.SAME_NAME, "created_at": NOW, **values}
    return MatchSuggestion.objects.create(
        dealer=customer.dealer, customer=customer, candidate=candidate, **values
    )


class TestChoices:
    def test_kept_values_stay_and_gaps_are_filled(self, dealer):
        kept = builders.make_customer(dealer, first_name="Jana", mobile="", note="")
        merged = builders.make_customer(
            dealer, first_name="Johanna", mobile="0170 1234567", note="Stammkundin"
        )

        merge(kept, merged)

        kept.refresh_from_db()
        assert (kept.first_name, kept.note) == ("Jana", "Stammkundin")
        assert kept.mobile_key == "+491701234567"  # found by it from now on

    def test_each_value_can_be_chosen(self, dealer):
        kept = builders.make_customer(dealer, email="alt@example.org", phone="030 23125 101")
        merged = builders.make_customer(dealer, email="neu@example.org", phone="030 23125 102")

        merge(kept, merged, email="merged", phone="kept")

        kept.refresh_from_db()
        assert (kept.email, kept.email_key) == ("neu@example.org", "neu@example.org")
        assert kept.phone == "030 23125 101"

    def test_an_empty_value_can_be_chosen(self, dealer):
        kept = builders.make_customer(dealer, company="Musterbau GmbH")
        merged = builders.make_customer(dealer, company="")

        merge(kept, merged, company="merged")

        kept.refresh_from_db()
        assert kept.company == ""

    def test_a_gap_can_be_left(self, dealer):
        kept = builders.make_customer(dealer, mobile="")
        merged = builders.make_customer(dealer, mobile="0170 1234567")

        merge(kept, merged, mobile="kept")

        kept.refresh_from_db()
        assert kept.mobile == ""

    def test_an_address_is_one_thing(self, dealer):
        """Neither the street of one and the town of the other by default, nor by choice."""
        kept = builders.make_customer(dealer, street="", postal_code="", city="Leipzig")
        merged = builders.make_customer(
            dealer, street="Musterweg 2", postal_code="50667", city="Köln"
        )

        merge(kept, merged)

        kept.refresh_from_db()
        assert kept.address == "Leipzig"

    def test_an_address_that_only_knows_more_is_taken(self, dealer):
        kept = builders.make_customer(dealer, street="", postal_code="", city="Köln")
        merged = builders.make_customer(
            dealer, street="Musterweg 2", postal_code="50667", city="Köln"
        )

        merge(kept, merged)

        kept.refresh_from_db()
        assert kept.address == "Musterweg 2, 50667 Köln"

    def test_a_chosen_address_comes_as_a_whole(self, dealer):
        kept = builders.make_customer(dealer, street="Übungsweg 7", city="Leipzig", country="DE")
        merged = builders.make_customer(
            dealer, street="Ring 1", postal_code="1010", city="Wien", country="AT"
        )

        merge(kept, merged, street="merged")

        kept.refresh_from_db()
        assert (kept.address, kept.country) == ("Ring 1, 1010 Wien", "AT")

    @pytest.mark.parametrize("values", [{"dealer": "merged"}, {"email": "both"}, {"city": "kept"}])
    def test_what_is_no_choice_is_refused(self, dealer, values):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)

        with pytest.raises(UnknownChoice):
            merge(kept, merged, **values)

        assert not Merge.objects.exists()

    def test_the_status_of_a_lead_brings_its_ending(self, dealer):
        reason = builders.shared_status("won")  # won, with the time of it
        kept, merged = pair_of_leads(dealer, merged={"status": reason, "closed_at": NOW})

        merge(kept, merged, status="merged")

        kept.refresh_from_db()
        assert (kept.status.key, kept.closed_at) == ("won", NOW)
        assert "lead.status_changed" in kinds(lead=kept)
        assert "lead.closed" in kinds(lead=kept)

    def test_wishes_add_up(self, dealer):
        kept, merged = pair_of_leads(
            dealer,
            kept={"test_drive_wished": True, "owner": None},
            merged={
                "callback_wished": True,
                "expected_value": Decimal("21990.00"),
                "owner": builders.make_user(dealer),
            },
        )

        merge(kept, merged)

        kept.refresh_from_db()
        assert (kept.test_drive_wished, kept.callback_wished) == (True, True)
        assert kept.expected_value == Decimal("21990.00")
        assert kept.owner == merged.owner
        assert "lead.assigned" in kinds(lead=kept)


class TestCustomers:
    def test_the_merged_one_disappears_but_keeps_its_data(self, dealer):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        user = builders.make_user(dealer)

        done = merge(kept, merged, by=user)

        assert list(Customer.objects.for_dealer(dealer)) == [kept]
        assert list(Customer.objects.for_user(user)) == [kept]
        gone = Customer.objects.get(pk=merged.pk)
        assert gone.email == merged.email
        assert (gone.deleted_at, gone.merged_into) == (NOW, kept)
        assert (done.kind, done.kept_id, done.merged_id) == ("customer", kept.pk, merged.pk)
        assert (done.at, done.by, done.dealer) == (NOW, user, dealer)

    def test_all_leads_follow_those_in_the_bin_too(self, dealer):
        kept = builders.make_customer(dealer)
        lead = builders.make_lead(dealer)
        merged = lead.customer
        binned = builders.make_lead(dealer, customer=merged, deleted_at=NOW)

        merge(kept, merged)

        lead.refresh_from_db()
        binned.refresh_from_db()
        assert (lead.customer, binned.customer) == (kept, kept)
        assert lead.version == 2
        assert newest(lead).customer_id == kept.pk
        assert lead.activities.get().kind == Activity.Kind.MERGED
        assert not binned.activities.exists()

    def test_other_systems_hear_of_it(self, dealer):
        kept, lead = builders.make_customer(dealer, mobile=""), builders.make_lead(dealer)
        merged = lead.customer
        Customer.objects.filter(pk=merged.pk).update(mobile="0170 1234567")

        merge(kept, merged)

        told = {
            event.kind: event.data for event in Event.objects.filter(dealer=dealer, lead_id=None)
        }
        assert told == {
            "customer.merged": {"merged_into": kept.pk},
            "customer.updated": {"changed": ["mobile"]},
        }
        [moved] = Event.objects.filter(lead_id=lead.pk)
        assert (moved.kind, moved.data) == ("lead.updated", {"changed": ["customer"]})
        assert moved.customer_id == kept.pk

    def test_versions_and_history_tell_of_it(self, dealer):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        user = builders.make_user(dealer)

        merge(kept, merged, by=user)

        for row in (kept, merged):
            row.refresh_from_db()
            assert row.version == 2
            assert newest(row).history_user == user

    def test_the_number_at_the_bank_finds_the_kept_one(self, dealer):
        kept = builders.make_customer(dealer, external_number="B-1")
        merged = builders.make_customer(dealer, external_number="B-2")

        merge(kept, merged)

        merged.refresh_from_db()
        assert merged.external_number == "B-2"
        assert resolve_customer(dealer, merged.pk) == kept
        [receipt] = receive(
            dealer, [builders.make_draft(contact={"external_number": "B-2"})], now=NOW
        )
        assert receipt.lead.customer == kept

    def test_suggestions_follow(self, dealer):
        kept, merged, third, fourth = (builders.make_customer(dealer) for _ in range(4))
        one = make_suggestion(merged, third)
        other = make_suggestion(fourth, merged, decision=MatchSuggestion.Decision.DIFFERENT)

        merge(kept, merged)

        one.refresh_from_db()
        other.refresh_from_db()
        assert (one.customer, one.candidate) == (kept, third)
        # Who is not the one person is not the other either.
        assert (other.customer, other.candidate, other.decision) == (fourth, kept, "different")

    def test_a_suggestion_that_both_have_is_not_doubled(self, dealer):
        kept, merged, third = (builders.make_customer(dealer) for _ in range(3))
        make_suggestion(third, kept)
        left = make_suggestion(merged, third)

        merge(kept, merged)

        left.refresh_from_db()
        assert left.customer == merged

    @pytest.mark.parametrize("swapped", [False, True])
    def test_the_suggestion_of_the_pair_is_answered(self, dealer, swapped):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        pair = (merged, kept) if swapped else (kept, merged)
        suggestion = make_suggestion(*pair)
        user = builders.make_user(dealer)

        merge(kept, merged, by=user)

        suggestion.refresh_from_db()
        assert (suggestion.decision, suggestion.decided_at, suggestion.decided_by) == (
            "merged",
            NOW,
            user,
        )


class TestLeads:
    def test_everything_that_belongs_to_it_follows(self, dealer):
        kept, merged = pair_of_leads(dealer)
        enquiry = builders.make_enquiry(lead=merged, sender="api:website", external_id="web-1")
        activity = builders.make_activity(merged)
        task = Task.objects.create(dealer=dealer, lead=merged, due_at=NOW, created_at=NOW)
        entry = builders.make_entry(dealer, lead=merged)

        merge(kept, merged)

        for row in (enquiry, activity, task, entry):
            row.refresh_from_db()
            assert row.lead == kept
        assert task.version == 2
        merged.refresh_from_db()
        assert (merged.deleted_at, merged.merged_into) == (NOW, kept)
        assert resolve_lead(dealer, merged.pk) == kept
        assert list(Lead.objects.for_dealer(dealer)) == [kept]

    def test_every_relation_is_thought_of(self):
        """A new table that points to leads or customers either follows or is named here."""
        stays = {"HistoricalLead", "HistoricalCustomer", "TagChange", "EnquiryChange"}
        stays |= {"Handover"}  # found through the lead that was kept: its of_lead()
        stays |= {"Delivery"}  # BDK knows the lead by the number under which it brought it
        stays |= {"Finding"}  # of an open lead; the next check closes it
        of_lead = {
            one.related_model.__name__
            for one in Lead._meta.get_fields(include_hidden=True)
            if one.auto_created and not one.concrete and one.related_model is not Lead
        }
        of_customer = {
            one.related_model.__name__
            for one in Customer._meta.get_fields(include_hidden=True)
            if one.auto_created and not one.concrete and one.related_model is not Customer
        }

        moved = {model.__name__ for model in LEAD_RELATIONS.values()}
        # A name that nobody has assigned yet waits with the lead that brought it.
        tags_and_names = {"Lead_tags", "UnmappedName", "UnmappedName_leads"}
        assert of_lead - stays == moved | tags_and_names
        assert of_customer - stays == {"Lead", "MatchSuggestion"}

    def test_what_its_sender_sends_next_reaches_the_kept_one(self, dealer):
        first = builders.make_draft(external_id="web-1", version=1)
        [receipt] = receive(dealer, [first], now=NOW)
        merged = receipt.lead
        kept = builders.make_lead(dealer, customer=merged.customer)
        merge(kept, merged)

        again = builders.make_draft(
            external_id="web-1", version=2, contact=first.contact, note="Bitte morgens anrufen"
        )
        [receipt] = receive(dealer, [again], now=NOW + timedelta(hours=1))

        assert receipt.lead == kept
        assert kept.activities.filter(text="Bitte morgens anrufen").exists()

    def test_counts_and_times_are_those_of_both(self, dealer):
        early, late = NOW - timedelta(days=9), NOW - timedelta(days=1)
        kept, merged = pair_of_leads(
            dealer,
            kept={
                "external_id": "a",
                "enquired_at": late,
                "received_at": late,
                "last_activity_at": early,
            },
            merged={
                "external_id": "b",
                "enquired_at": early,
                "received_at": early,
                "first_response_at": late,
                "last_activity_at": late,
            },
        )

        merge(kept, merged)

        kept.refresh_from_db()
        assert kept.enquiry_count == 2
        assert (kept.enquired_at, kept.received_at, kept.last_enquired_at) == (early, early, late)
        assert (kept.first_response_at, kept.last_activity_at) == (late, late)

    def test_the_score_is_that_of_both(self, dealer):
        kept, merged = pair_of_leads(dealer, merged={"test_drive_wished": True})

        merge(kept, merged)

        kept.refresh_from_db()
        assert kept.score == score_of(kept, weights={}, now=NOW)
        assert kept.score > 0

    def test_tags_consents_and_further_values_add_up(self, dealer):
        kept, merged = pair_of_leads(
            dealer,
            kept={"consents": [{"purpose": "email"}], "custom_values": {"Farbe": "rot"}},
            merged={
                "consents": [{"purpose": "email"}, {"purpose": "phone"}],
                "custom_values": {"Farbe": "blau", "Haken": "ja"},
            },
        )
        vip = Tag.objects.create(dealer=dealer, name="VIP")
        fleet = Tag.objects.create(dealer=dealer, name="Flotte")
        kept.tags.add(vip)
        merged.tags.add(vip, fleet)

        merge(kept, merged)

        kept.refresh_from_db()
        assert set(kept.tags.all()) == {vip, fleet}
        assert kept.consents == [{"purpose": "email"}, {"purpose": "phone"}]
        assert kept.custom_values == {"Farbe": "rot", "Haken": "ja"}

    def test_a_sender_does_not_undo_what_was_chosen(self, dealer):
        [receipt] = receive(dealer, [builders.make_draft(external_id="web-1")], now=NOW)
        kept = receipt.lead
        other = builders.make_lead(dealer, customer=kept.customer, status="contacted")
        merge(kept, other, status="merged")

        again = builders.make_draft(external_id="web-1", version=2, status="Neu")
        receive(dealer, [again], now=NOW + timedelta(hours=1))

        kept.refresh_from_db()
        assert kept.status.key == "contacted"

    def test_an_enquiry_still_tells_how_its_sender_can_be_reached(self, dealer):
        kept, merged = pair_of_leads(dealer)
        Lead.objects.filter(pk=merged.pk).update(phone="030 23125 777", city="Halle")
        own = builders.make_enquiry(lead=kept)
        enquiry = builders.make_enquiry(lead=merged, contact={"city": "Gera"})

        merge(kept, merged)

        enquiry.refresh_from_db()
        own.refresh_from_db()
        assert enquiry.contact == {"phone": "030 23125 777", "city": "Gera"}
        assert own.contact == {}

    def test_timelines_tell_of_it(self, dealer):
        kept, merged = pair_of_leads(dealer, merged={"callback_wished": True})
        user = builders.make_user(dealer)

        merge(kept, merged, by=user)

        entry = kept.activities.get()
        assert entry.kind == Activity.Kind.MERGED
        assert entry.user == user
        assert entry.text == f"Merged with {merged.number}. Changed: callback wished."
        assert merged.activities.get().text == f"Became part of {kept.number}."

    def test_other_systems_hear_of_it(self, dealer):
        kept, merged = pair_of_leads(dealer, merged={"callback_wished": True})

        merge(kept, merged)

        gone = Event.objects.get(lead_id=merged.pk)
        assert (gone.kind, gone.data) == ("lead.merged", {"merged_into": kept.pk})
        changed = Event.objects.get(lead_id=kept.pk)
        assert (changed.kind, changed.data) == ("lead.updated", {"changed": ["callback_wished"]})

    def test_a_lead_without_a_customer_joins_one_that_has_one(self, dealer):
        kept = builders.make_lead(dealer, customer=None)
        merged = builders.make_lead(dealer)

        merge(kept, merged)

        kept.refresh_from_db()
        assert kept.customer == merged.customer


class TestRefused:
    def test_leads_of_different_customers(self, dealer):
        kept, merged = builders.make_lead(dealer), builders.make_lead(dealer)

        with pytest.raises(DifferentCustomers) as error:
            merge(kept, merged)

        assert str(error.value) == (
            "These leads belong to different customers. Merge the customers first."
        )

    def test_a_test_lead_with_a_real_one(self, dealer):
        kept, merged = pair_of_leads(dealer, merged={"is_test": True})

        with pytest.raises(MergeRefused, match="test lead"):
            merge(kept, merged)

    def test_two_test_leads_are_merged(self, dealer):
        kept, merged = pair_of_leads(dealer, {"is_test": True}, {"is_test": True})

        assert merge(kept, merged).pk

    @pytest.mark.parametrize("make", [builders.make_customer, builders.make_lead])
    def test_rows_of_two_dealers(self, dealer, make):
        kept, merged = make(dealer), make(builders.make_dealer())

        with pytest.raises(MergeRefused, match="different dealers"):
            merge(kept, merged)

    @pytest.mark.parametrize("make", [builders.make_customer, builders.make_lead])
    def test_a_row_with_itself(self, dealer, make):
        row = make(dealer)

        with pytest.raises(MergeRefused, match="itself"):
            merge(row, row)

    @pytest.mark.parametrize("make", [builders.make_customer, builders.make_lead])
    def test_what_is_in_the_bin(self, dealer, make):
        kept, merged = make(dealer), make(dealer, deleted_at=timezone.now())

        with pytest.raises(MergeRefused, match="deleted"):
            merge(kept, merged)
        with pytest.raises(MergeRefused, match="deleted"):
            merge(merged, kept)

    def test_what_was_merged_already(self, dealer):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        merge(kept, merged)

        with pytest.raises(MergeRefused, match="already"):
            merge(kept, merged)

    def test_what_came_back_because_the_other_was_deleted_for_good_is_merged_again(self, dealer):
        kept, merged, third = (builders.make_customer(dealer) for _ in range(3))
        merge(kept, merged)
        kept.delete()
        Customer.objects.filter(pk=merged.pk).update(deleted_at=None)

        assert merge(third, merged).pk

    @pytest.mark.parametrize("changed", [0, 1])
    def test_what_somebody_changed_since_it_was_compared(self, dealer, changed):
        pair = [builders.make_customer(dealer), builders.make_customer(dealer)]
        Customer.objects.filter(pk=pair[changed].pk).update(version=2)

        with pytest.raises(MergeRefused, match="compare them again"):
            merge(*pair, seen=(1, 1))

        assert not Merge.objects.exists()


class TestCost:
    def test_does_not_grow_with_the_rows(self, dealer, django_assert_max_num_queries):
        """A customer with many leads is merged as quickly as one with few."""
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        for _ in range(30):
            builders.make_lead(dealer, customer=merged)

        with django_assert_max_num_queries(30):
            done = merge(kept, merged)
        with django_assert_max_num_queries(30):
            undo_merge(done, by=None, now=NOW)


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_two_people_merge_the_same_pair(self, dealer):
        kept, merged = builders.make_customer(dealer), builders.make_customer(dealer)
        builders.make_lead(dealer, customer=merged)

        results = at_once(6, lambda _one: refused_or_done(kept, merged))

        assert results.count("refused") == 5
        assert Merge.objects.count() == 1
        assert Event.objects.filter(kind="customer.merged").count() == 1

    def test_each_into_the_other(self, dealer):
        """Somebody else compares them the other way round."""
        one, other = pair_of_leads(dealer)

        results = at_once(
            6, lambda number: refused_or_done(*((one, other) if number % 2 else (other, one)))
        )

        assert results.count("refused") == 5
        assert Lead.objects.for_dealer(dealer).count() == 1

    def test_while_enquiries_arrive(self, dealer):
        """Merging, undoing and receiving wait for each other, never in a circle."""
        drafts = [builders.make_draft(external_id=f"web-{one}") for one in range(6)]
        receipts = receive(dealer, drafts, now=NOW)
        kept, merged = receipts[0].lead.customer, receipts[1].lead.customer

        def work(one):
            if one == 0:
                return refused_or_done(kept, merged)
            again = builders.make_draft(
                external_id=f"web-{one}", version=one + 1, contact=drafts[one].contact
            )
            return receive(dealer, [again], now=NOW + timedelta(minutes=one))

        at_once(6, work)

        assert Enquiry.objects.count() == 6
        assert Lead.objects.get(pk=receipts[1].lead.pk).customer == kept


def refused_or_done(kept, merged):
    try:
        return merge(kept, merged)
    except MergeRefused:
        return "refused"
