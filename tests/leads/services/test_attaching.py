"""The same person asks again: one case, several enquiries; a closed lead opens again."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Customer, Enquiry, Event, Lead, Outcome, Task, Vehicle
from leads.services.handling import set_status
from leads.services.noting import add_activity
from leads.services.receiving import receive
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=2)
JANA = {
    "first_name": "Jana",
    "last_name": "Groß",
    "email": "jana@example.org",
    "postal_code": "01067",
}


@pytest.fixture
def seller(dealer):
    return builders.make_user(dealer)


def ask(dealer, *, now=NOW, contact=None, **values):
    [receipt] = receive(dealer, [builders.make_draft(contact=contact or JANA, **values)], now=now)
    return receipt


def close(lead, status="lost", *, by=None, now=NOW):
    set_status(Lead.objects.filter(pk=lead.pk), builders.shared_status(status), by=by, now=now)


def kinds(lead):
    return list(Event.objects.filter(lead_id=lead.pk).order_by("pk").values_list("kind", flat=True))


# --- open cases -----------------------------------------------------------------------------------


def test_a_second_enquiry_of_the_same_person_joins_the_open_lead(dealer):
    first = ask(dealer, source="AutoScout24", message="Ist er noch da?")

    second = ask(dealer, now=LATER, source="mobile.de", message="Haben Sie ihn noch?")

    assert second.outcome == Outcome.ATTACHED
    assert second.lead.pk == first.lead.pk
    assert second.reasons == (
        "E-mail is the same.",
        f"Belongs to the open lead {first.lead.number}.",
    )
    lead = Lead.objects.get()
    assert (lead.enquiry_count, lead.last_enquired_at, lead.version) == (2, LATER, 2)
    assert (lead.source.name, lead.message) == ("AutoScout24", "Ist er noch da?")
    assert Customer.objects.count() == 1


def test_each_enquiry_keeps_its_source_time_and_vehicle(dealer):
    ask(dealer, source="AutoScout24", vehicle={"internal_number": "T-1", "make": "VW"})
    ask(dealer, now=LATER, source="mobile.de", vehicle={"internal_number": "T-2", "make": "Opel"})

    found = Enquiry.objects.order_by("pk").values_list(
        "source__name", "received_at", "vehicle__internal_number", "vehicle_name"
    )
    assert list(found) == [
        ("AutoScout24", NOW, "T-1", "VW"),
        ("mobile.de", LATER, "T-2", "Opel"),
    ]
    assert Lead.objects.get().vehicle == Vehicle.objects.get(internal_number="T-1")


def test_what_the_case_did_not_know_is_filled_in_and_nothing_is_overwritten(dealer):
    ask(dealer, contact={**JANA, "phone": "", "city": "Leipzig"}, lead_type="")

    ask(
        dealer,
        now=LATER,
        contact={**JANA, "first_name": "Johanna", "phone": "0341 1234567", "city": "Dresden"},
        test_drive_wished=True,
        status="Neu",
        tags=("Eilig",),
        note="Hat noch einmal geschrieben.",
    )

    lead = Lead.objects.get()
    assert (lead.first_name, lead.city) == ("Jana", "Leipzig")
    assert (lead.phone_key, lead.test_drive_wished) == ("+493411234567", True)
    assert [tag.name for tag in lead.tags.all()] == ["Eilig"]
    second = Enquiry.objects.latest("pk")
    assert second.contact == {"first_name": "Johanna", "city": "Dresden"}


def test_a_status_that_comes_with_a_further_enquiry_does_not_reset_the_case(dealer, seller):
    lead = ask(dealer).lead
    close(lead, "offer", by=seller)

    ask(dealer, now=LATER, status="Neu")

    lead.refresh_from_db()
    assert lead.status == builders.shared_status("offer")


def test_it_becomes_more_urgent_and_its_owner_is_told_once(dealer, seller):
    lead = ask(dealer, owner_email=seller.email).lead

    ask(dealer, now=LATER)
    ask(dealer, now=LATER)

    lead.refresh_from_db()
    assert lead.urgency == "immediate"  # normal, high, immediate
    task = Task.objects.get()
    assert (task.kind, task.lead, task.owner, task.due_at) == (
        Task.Kind.ENQUIRED_AGAIN,
        lead,
        seller,
        LATER,
    )


def test_an_answer_is_the_end_of_the_alert_and_the_next_enquiry_alerts_again(dealer, seller):
    lead = ask(dealer, owner_email=seller.email).lead
    ask(dealer, now=LATER)

    add_activity(lead, "call", "Erreicht.", by=seller, now=LATER)
    assert not Task.objects.open().exists()
    ask(dealer, now=LATER + timedelta(hours=1))

    assert Task.objects.open().count() == 1


def test_others_are_told(dealer):
    lead = ask(dealer).lead
    ask(dealer, now=LATER)

    assert kinds(lead) == ["lead.created", "lead.enquired_again"]
    assert Event.objects.filter(kind="customer.created").count() == 1


def test_three_enquiries_in_one_batch_are_one_case(dealer):
    drafts = [builders.make_draft(contact=JANA, source=name) for name in ("A", "B", "C")]

    receipts = receive(dealer, drafts, now=NOW)

    assert [one.outcome for one in receipts] == ["created", "attached", "attached"]
    lead = Lead.objects.get()
    assert (lead.enquiry_count, lead.enquiries.count()) == (3, 3)


def test_the_newest_open_lead_is_the_case(dealer):
    customer = builders.make_customer(dealer, **JANA)
    builders.make_lead(customer=customer, received_at=NOW - timedelta(days=9))
    newest = builders.make_lead(customer=customer, received_at=NOW - timedelta(days=1))

    assert ask(dealer).lead == newest


@pytest.mark.parametrize(
    "values",
    [{"attaches": False}, {"is_test": True}, {"is_spam": True}, {"status": "Verloren"}],
    ids=str,
)
def test_what_is_no_enquiry_of_the_case_is_a_lead_of_its_own(dealer, values):
    ask(dealer)

    assert ask(dealer, now=LATER, **values).outcome == Outcome.CREATED
    assert Lead.objects.count() == 2


def test_nothing_joins_a_test_lead(dealer):
    ask(dealer, is_test=True)

    assert ask(dealer, now=LATER).outcome == Outcome.CREATED


def test_the_case_of_another_dealer_is_another_case(dealer):
    ask(builders.make_dealer())

    assert ask(dealer).outcome == Outcome.CREATED


# --- the enquiries of a case afterwards -----------------------------------------------------------


def test_the_number_of_a_further_enquiry_finds_the_case(dealer):
    lead = ask(dealer).lead
    ask(dealer, now=LATER, external_id="B-1", content_hash="a", message="Hallo?")

    assert ask(dealer, external_id="B-1", content_hash="a").outcome == Outcome.REPEATED
    changed = ask(dealer, external_id="B-1", content_hash="b", message="Hallo?!", budget_to=9000)

    assert (changed.outcome, changed.lead) == (Outcome.UPDATED, lead)
    assert Enquiry.objects.get(external_id="B-1").message == "Hallo?!"
    lead.refresh_from_db()
    assert (lead.message, lead.budget_to, lead.enquiry_count) == ("Ist der Wagen noch da?", 9000, 2)


def test_the_sender_of_a_further_enquiry_may_set_the_status_of_the_case(dealer):
    lead = ask(dealer).lead
    ask(dealer, now=LATER, external_id="B-1", content_hash="a")

    ask(dealer, now=LATER, external_id="B-1", content_hash="b", status="Angebot")

    lead.refresh_from_db()
    assert lead.status == builders.shared_status("offer")


# --- closed leads ---------------------------------------------------------------------------------


def test_a_closed_lead_opens_again_with_its_owner(dealer, seller):
    lead = ask(dealer, owner_email=seller.email).lead
    close(lead)

    again = ask(dealer, now=LATER)

    assert again.outcome == Outcome.ATTACHED
    assert again.reasons[-1] == f"Reopens the lead {lead.number}."
    lead.refresh_from_db()
    assert (lead.status.is_open, lead.closed_at, lead.close_reason) == (True, None, None)
    assert lead.owner == seller
    assert Task.objects.get().owner == seller
    assert kinds(lead)[-2:] == ["lead.reopened", "lead.enquired_again"]


@pytest.mark.parametrize(("days", "outcome"), [(30, "attached"), (31, "created")])
def test_a_lead_reopens_within_the_dealers_time(dealer, days, outcome):
    close(ask(dealer).lead)

    assert ask(dealer, now=NOW + timedelta(days=days)).outcome == outcome


def test_a_dealer_may_want_no_reopening(dealer):
    dealer.reopen_days = 0
    dealer.save()
    close(ask(dealer).lead)

    assert ask(dealer, now=LATER).outcome == Outcome.CREATED


def test_a_won_sale_is_not_taken_back(dealer):
    lead = ask(dealer).lead
    close(lead, "won")

    assert ask(dealer, now=LATER).outcome == Outcome.CREATED
    lead.refresh_from_db()
    assert lead.status.stage == "won"


def test_an_open_lead_is_preferred_to_one_closed_later(dealer):
    customer = builders.make_customer(dealer, **JANA)
    still_open = builders.make_lead(customer=customer, received_at=NOW - timedelta(days=9))
    close(builders.make_lead(customer=customer, received_at=NOW - timedelta(days=1)))

    assert ask(dealer).lead == still_open


# --- the bin --------------------------------------------------------------------------------------


def put_into_bin(lead, by):
    Lead.objects.filter(pk=lead.pk).update(deleted_at=NOW, deleted_by=by)


def test_a_lead_deleted_here_stays_deleted_when_its_sender_repeats_it(dealer):
    lead = ask(dealer, external_id="A-1", content_hash="a").lead
    put_into_bin(lead, "nutzer1")

    again = ask(dealer, external_id="A-1", content_hash="b", now=LATER)

    assert (again.outcome, again.reasons) == (Outcome.IGNORED, ("It is in the bin.",))
    assert not Lead.objects.for_dealer(dealer).exists()


def test_a_lead_deleted_by_its_sender_comes_back_with_it(dealer):
    draft = builders.make_draft(external_id="A-1", content_hash="a")
    [first] = receive(dealer, [draft], now=NOW)
    lead = first.lead
    put_into_bin(lead, "api:website")

    [again] = receive(dealer, [draft], now=LATER)

    assert (again.outcome, again.reasons) == (Outcome.UPDATED, ("Restored from the bin.",))
    assert Lead.objects.for_dealer(dealer).get() == lead
    assert kinds(lead)[-1] == "lead.restored"


def test_nothing_joins_a_deleted_lead(dealer):
    put_into_bin(ask(dealer).lead, "nutzer1")

    assert ask(dealer, now=LATER).outcome == Outcome.CREATED
