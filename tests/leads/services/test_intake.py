"""The one way in: everything is booked, what can be used becomes leads, the rest is kept."""

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.models import Channel, Customer, IntakeEntry, Lead, Outcome, Source
from leads.services.intake import Message, Unusable, book, process
from tests import builders
from tests.leads.services.test_receiving import at_once, on_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SENDER = "api:website"


def message(number, **body):
    raw = json.dumps({"external_id": f"web-{number}", **body}, ensure_ascii=False)
    return Message(message_id=f"message-{number}", raw=raw, outside_id=f"web-{number}")


def booked(dealer, *messages, now=NOW, sender=SENDER):
    return book(dealer, channel=Channel.API, sender=sender, messages=messages, now=now)


def parse(entry):
    """A small channel: what it says about probability is stored unseen, so that the database
    may refuse it."""
    body = json.loads(entry.raw)
    if "refuse" in body:
        raise Unusable(body["refuse"])
    return builders.make_draft(sender=entry.sender, content_hash=entry.content_hash, **body)


def unprocessed(entries):
    """What a channel processes of what it has booked; a person may process more, on purpose."""
    return [entry for entry in entries if not entry.outcome]


def outcomes(entries):
    return [IntakeEntry.objects.get(pk=entry.pk).outcome for entry in entries]


# --- booking --------------------------------------------------------------------------------------


def test_messages_are_booked_as_they_came_and_in_order(dealer):
    messages = [message(2, last="ß"), message(1), message(3)]

    entries = booked(dealer, *messages)

    assert [entry.message_id for entry in entries] == ["message-2", "message-1", "message-3"]
    entry = IntakeEntry.objects.get(message_id="message-2")
    assert entry.raw == messages[0].raw
    assert entry.content_hash == hashlib.sha256(messages[0].raw.encode()).hexdigest()
    assert (entry.dealer, entry.channel, entry.sender) == (dealer, "api", SENDER)
    assert (entry.outside_id, entry.outcome, entry.lead, entry.attempts) == ("web-2", "", None, 0)
    assert (entry.received_at, entry.last_received_at) == (NOW, NOW)
    assert (entry.times_received, entry.processed_at) == (1, None)


def test_a_message_booked_again_is_only_counted(dealer):
    [first] = booked(dealer, message(1))
    first.outcome = Outcome.CREATED
    first.save()

    again, other = booked(dealer, message(1), message(2), now=LATER)

    assert again.pk == first.pk
    assert (again.times_received, again.outcome) == (2, "created")
    assert (again.received_at, again.last_received_at) == (NOW, LATER)
    assert (other.times_received, other.received_at) == (1, LATER)
    assert IntakeEntry.objects.count() == 2


def test_the_same_message_twice_in_one_call_is_one_entry(dealer):
    entries = booked(dealer, message(1), message(2), message(1))

    assert [entry.message_id for entry in entries] == ["message-1", "message-2", "message-1"]
    assert entries[0].pk == entries[2].pk
    assert [entry.times_received for entry in entries] == [2, 1, 2]
    [first, *_others] = booked(dealer, message(1), message(1), message(2), message(1))
    assert first.times_received == 5
    assert IntakeEntry.objects.get(message_id="message-2").times_received == 2


def test_what_was_booked_first_stays_whatever_comes_under_its_name(dealer):
    booked(dealer, message(1, subject="first"))

    [entry] = booked(dealer, message(1, subject="second"))

    assert json.loads(entry.raw)["subject"] == "first"


def test_another_sender_or_dealer_may_use_the_same_name(dealer):
    [ours] = booked(dealer, message(1))

    [theirs] = booked(builders.make_dealer(), message(1))
    [crm] = booked(dealer, message(1), sender="api:crm")

    assert len({ours.pk, theirs.pk, crm.pk}) == 3
    ours.refresh_from_db()
    assert ours.times_received == 1


def test_nothing_to_book_is_nothing(dealer):
    assert booked(dealer) == []


def test_a_long_number_at_the_sender_does_not_stop_the_booking(dealer):
    [entry] = booked(dealer, Message(message_id="1", raw="{}", outside_id="x" * 200))

    assert entry.outside_id == "x" * 64


def test_booking_500_costs_as_much_as_booking_one(dealer):
    costs = []
    for start, number in ((0, 1), (1000, 50), (2000, 500)):
        messages = [message(start + one) for one in range(number)]
        with CaptureQueriesContext(connection) as queries:
            booked(dealer, *messages)
            booked(dealer, *messages)
        costs.append(len(queries))

    assert costs[0] <= costs[1] == costs[2]  # a few are written with one statement less


# --- processing -----------------------------------------------------------------------------------


def test_processing_makes_leads_and_writes_down_what_became_of_each(dealer):
    actor = builders.make_user(dealer)
    entries = booked(dealer, message(1), message(2, refuse="It has no customer."), message(3))

    receipts = process(dealer, entries, parse, now=LATER, actor=actor)

    assert [bool(receipt) for receipt in receipts] == [True, False, True]
    first, second, third = (IntakeEntry.objects.get(pk=entry.pk) for entry in entries)
    assert (first.outcome, third.outcome) == ("created", "created")
    assert first.lead == receipts[0].lead
    assert third.lead == receipts[2].lead
    assert first.lead != third.lead
    assert first.reason == "New customer."
    assert (second.outcome, second.lead, second.reason) == (
        "quarantined",
        None,
        "It has no customer.",
    )
    assert {(one.attempts, one.processed_at) for one in (first, second, third)} == {(1, LATER)}
    assert first.lead.enquiries.get().entered_by == actor
    assert entries[0].outcome == "created"  # the callers' objects know as well


def test_every_outcome_reaches_its_entry(dealer):
    v1 = {"external_id": "1", "is_complete": True}

    def say(number, **body):
        [entry] = booked(dealer, message(number, **{**v1, **body}))
        process(dealer, [entry], parse, now=NOW)
        return IntakeEntry.objects.get(pk=entry.pk)

    created = say(1, version=2, message="a")
    updated = say(2, version=3, message="b")
    ignored = say(3, version=2, message="a")
    conflict = say(4, version=3, message="c")

    assert [one.outcome for one in (created, updated, ignored, conflict)] == [
        "created",
        "updated",
        "ignored",
        "conflict",
    ]
    assert {one.lead for one in (created, updated, ignored, conflict)} == {Lead.objects.get()}
    assert conflict.raw != updated.raw  # both bodies are kept


def test_an_entry_given_twice_is_processed_once(dealer):
    entries = booked(dealer, message(1), message(1))
    parsed = []

    receipts = process(dealer, entries, lambda e: parsed.append(e.pk) or parse(e), now=NOW)

    assert len(parsed) == 1
    assert receipts[0] == receipts[1]
    entry = IntakeEntry.objects.get()
    assert (entry.outcome, entry.attempts) == ("created", 1)


def test_an_entry_processed_by_somebody_else_is_not_processed_again(dealer):
    """Two clicks on one button: both have booked before either has processed."""
    [mine] = booked(dealer, Message(message_id="form-1", raw="{}"))
    [theirs] = booked(dealer, Message(message_id="form-1", raw="{}"))

    def from_form(entry):
        return builders.make_draft(sender="manual", external_id="")

    [first] = process(dealer, [theirs], from_form, now=NOW)
    [second] = process(dealer, [mine], from_form, now=LATER)

    assert Lead.objects.count() == 1
    assert second.lead == first.lead
    assert (mine.outcome, mine.lead, mine.attempts) == ("created", first.lead, 1)


def test_a_quarantined_message_can_be_mended_and_processed_again(dealer):
    [entry] = booked(dealer, message(1, refuse="It has no customer."))
    process(dealer, [entry], parse, now=NOW)
    entry = IntakeEntry.objects.get()

    entry.raw = message(1).raw
    entry.save()
    [receipt] = process(dealer, [entry], parse, now=LATER)

    entry.refresh_from_db()
    assert (entry.outcome, entry.lead, entry.attempts) == ("created", receipt.lead, 2)
    assert entry.raw == message(1).raw


def test_an_erased_entry_does_not_come_back(dealer):
    [entry, other] = booked(dealer, message(1), message(2))
    IntakeEntry.objects.filter(pk=entry.pk).delete()

    receipts = process(dealer, [entry, other], parse, now=NOW)

    assert receipts[0] is None
    assert list(IntakeEntry.objects.all()) == [other]
    assert Lead.objects.count() == 1


def test_another_dealers_entry_is_left_alone(dealer):
    [theirs] = booked(builders.make_dealer(), message(1))

    assert process(dealer, [theirs], parse, now=NOW) == [None]

    theirs.refresh_from_db()
    assert (theirs.outcome, theirs.attempts) == ("", 0)
    assert not Lead.objects.exists()


def test_nothing_to_process_is_nothing(dealer):
    assert process(dealer, [], parse, now=NOW) == []


# --- one bad message stops only itself ------------------------------------------------------------

BAD = {
    "refused by the database": {"probability": 101},
    "too large for its column": {"annual_mileage_km": 2**70},
    "a customer that is not there": {"customer_id": 0x7FFFFFFF},
    "half a character": {"subject": "\ud83d"},
    "an error in our own reading": {"urgency": "now or never", "lead_type": "1a"},
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_a_message_that_cannot_be_stored_is_quarantined_alone(dealer, body):
    def read(entry):
        if entry.outside_id != "web-3":
            return parse(entry)
        return builders.make_draft(sender=SENDER, external_id="web-3", **body)

    entries = booked(dealer, *[message(number, source="Messe") for number in range(6)])

    receipts = process(dealer, entries, read, now=NOW)

    assert [receipt is None for receipt in receipts] == [number == 3 for number in range(6)]
    expected = ["created"] * 6
    expected[3] = "quarantined"
    assert outcomes(entries) == expected
    bad = IntakeEntry.objects.get(outside_id="web-3")
    assert bad.reason == "The content could not be stored."
    assert (bad.lead, bad.attempts) == (None, 1)
    assert set(IntakeEntry.objects.values_list("attempts", flat=True)) == {1}
    assert Lead.objects.count() == 5
    numbers = sorted(Lead.objects.values_list("number", flat=True))
    assert numbers == [f"L-2026-{number:06d}" for number in range(1, 6)]
    assert Source.objects.filter(name="Messe").count() == 1


def test_several_bad_messages_do_not_hide_each_other(dealer):
    bodies = [{"probability": 101} if number % 3 == 0 else {} for number in range(10)]
    entries = booked(dealer, *[message(number, **body) for number, body in enumerate(bodies)])

    process(dealer, entries, parse, now=NOW)

    assert outcomes(entries) == ["quarantined" if body else "created" for body in bodies]


def test_what_cannot_be_read_at_all_is_quarantined_too(dealer):
    """An error of ours in reading one odd message must not stop all messages behind it."""
    entries = booked(dealer, message(1), Message(message_id="odd", raw="[]"))

    process(dealer, entries, parse, now=NOW)

    assert outcomes(entries) == ["created", "quarantined"]


def test_one_bad_message_among_many_costs_a_few_rounds_not_one_per_message(dealer):
    """Halves are tried again, so 64 messages need about 2 × log2(64) rounds."""
    entries = booked(
        dealer, *[message(n, **({"probability": 101} if n == 5 else {})) for n in range(64)]
    )

    with CaptureQueriesContext(connection) as queries:
        process(dealer, entries, parse, now=NOW)

    locks = [one for one in queries.captured_queries if "last_lead_number" in one["sql"]]
    rounds = [one for one in locks if one["sql"].startswith("SELECT")]
    assert len(rounds) <= 13
    assert outcomes(entries).count("created") == 63


def test_neither_reasons_nor_logs_quote_the_message(dealer, caplog):
    body = {
        "contact": {"last_name": "Größling", "email": "g@example.org", "phone": "0171 1234567"},
        "message": "Bitte vertraulich.",
    }
    entries = booked(dealer, Message(message_id="1", raw=json.dumps(body)))

    def read(entry):
        return builders.make_draft(**json.loads(entry.raw), probability=101)

    with caplog.at_level(logging.DEBUG, logger="leads"):
        process(dealer, entries, read, now=NOW)

    entry = IntakeEntry.objects.get()
    assert entry.outcome == "quarantined"
    logged = " ".join(
        [record.getMessage() + str(record.exc_info) for record in caplog.records]
        + [caplog.text, entry.reason]
    )
    assert f"intake entry {entry.pk} could not be stored: IntegrityError" in logged
    for secret in ("Größling", "example.org", "1234567", "vertraulich"):
        assert secret not in logged


def test_trouble_of_the_database_is_nobodys_fault(dealer):
    """The message stays unprocessed and is tried again; its sender is not told that it is bad."""
    entries = booked(dealer, message(1), message(2))

    def read(entry):
        raise OperationalError("could not obtain lock")

    with pytest.raises(OperationalError):
        process(dealer, entries, read, now=NOW)

    assert outcomes(entries) == ["", ""]
    receipts = process(dealer, entries, parse, now=LATER)
    assert all(receipts)
    assert set(IntakeEntry.objects.values_list("attempts", flat=True)) == {1}


def test_all_or_nothing_of_a_batch_that_is_interrupted(dealer):
    entries = booked(dealer, message(1), message(2))

    def read(entry):
        if entry.outside_id == "web-2":
            raise KeyboardInterrupt
        return parse(entry)

    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        process(dealer, entries, read, now=NOW)

    assert not Lead.objects.exists()
    assert outcomes(entries) == ["", ""]


# --- cost -----------------------------------------------------------------------------------------


def test_processing_500_costs_as_much_as_processing_20():
    costs = []
    for number in (1, 20, 500):
        dealer = builders.make_dealer()
        entries = booked(dealer, *[message(one, source="Messe") for one in range(number)])
        with CaptureQueriesContext(connection) as queries:
            process(dealer, entries, parse, now=NOW)
        assert outcomes(entries[-1:]) == ["created"]
        costs.append(len(queries))

    assert costs[0] <= costs[1] == costs[2]  # a few are written with one statement less
    assert costs[2] <= 40


# --- many at once ---------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_message_is_booked_and_processed_once(self, dealer):
        def work(_one):
            entries = booked(dealer, message(1), message(2))
            return process(dealer, unprocessed(entries), parse, now=NOW)

        results = at_once(12, work)

        assert IntakeEntry.objects.count() == 2
        assert Lead.objects.count() == 2
        assert set(IntakeEntry.objects.values_list("outcome", "attempts")) == {("created", 1)}
        assert len({one.lead.pk for receipts in results for one in receipts}) == 2
        assert Customer.objects.count() == 2

    def test_every_repeat_of_a_new_message_is_counted(self, dealer):
        at_once(12, lambda _one: booked(dealer, message(1), message(2), message(1)))

        counted = IntakeEntry.objects.order_by("message_id").values_list(
            "times_received", flat=True
        )
        assert list(counted) == [24, 12]

    def test_known_and_new_messages_in_another_order_do_not_block_each_other(self, dealer):
        booked(dealer, *[message(number) for number in range(0, 40, 2)])
        messages = [message(number) for number in range(40)]

        at_once(8, lambda one: booked(dealer, *messages[:: 1 if one % 2 else -1]))

        counted = IntakeEntry.objects.values_list("times_received", flat=True)
        assert sorted(counted) == [8] * 20 + [9] * 20

    def test_a_form_without_numbers_sent_many_times_makes_one_lead(self, dealer):
        def work(_one):
            entries = booked(dealer, Message(message_id="form-1", raw="{}"), sender="manual")
            draft = builders.make_draft(sender="manual", external_id="")
            process(dealer, unprocessed(entries), lambda _entry: draft, now=NOW)
            return entries[0].lead_id

        assert set(at_once(12, work)) == {Lead.objects.get().pk}

    def test_messages_in_another_order_do_not_block_each_other(self, dealer):
        messages = [message(number) for number in range(30)]

        def work(one):
            mine = messages if one % 2 else list(reversed(messages))
            return process(dealer, unprocessed(booked(dealer, *mine)), parse, now=NOW)

        at_once(8, work)

        assert Lead.objects.count() == 30
        assert IntakeEntry.objects.count() == 30
