"""Messages as received go after the dealer's period; what became of them stays."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from leads.background import run_due_jobs
from leads.models import Channel, IntakeEntry, Outcome
from leads.services.intake import Message, book
from leads.services.retention import delete_raw_messages
from leads.tasks import delete_raw_messages as nightly
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.fixture
def dealer():
    return builders.make_dealer(raw_days=10)


def entry_of(dealer, days, outcome=Outcome.CREATED, **values):
    at = NOW - timedelta(days=days)
    return builders.make_entry(
        dealer, received_at=at, last_received_at=at, outcome=outcome, reason="Neu.", **values
    )


def test_empties_what_is_older_and_keeps_the_outcome(dealer):
    lead = builders.make_lead(dealer)
    old = entry_of(dealer, 11, lead=lead, corrected="{}")
    young = entry_of(dealer, 9)

    assert delete_raw_messages(dealer, now=NOW) == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.raw, old.corrected, old.raw_deleted_at) == ("", "", NOW)
    assert (old.outcome, old.reason, old.lead) == ("created", "Neu.", lead)
    assert old.content_hash
    assert old.outside_id
    assert young.raw
    assert young.raw_deleted_at is None


@pytest.mark.parametrize("outcome", ["", Outcome.QUARANTINED])
def test_what_waits_is_kept_twice_as_long_and_no_longer(dealer, outcome):
    waiting, forgotten = entry_of(dealer, 19, outcome), entry_of(dealer, 21, outcome)

    assert delete_raw_messages(dealer, now=NOW) == 1

    waiting.refresh_from_db()
    forgotten.refresh_from_db()
    assert waiting.raw
    assert forgotten.raw == ""


def test_each_dealer_has_its_own_period(dealer):
    patient = builders.make_dealer(raw_days=100)
    theirs = entry_of(patient, 50)

    delete_raw_messages(dealer, now=NOW)
    delete_raw_messages(patient, now=NOW)

    theirs.refresh_from_db()
    assert theirs.raw


def test_goes_on_until_nothing_is_left_and_a_second_run_does_nothing(dealer, monkeypatch):
    monkeypatch.setattr("leads.services.retention.BATCH", 2)
    for _number in range(5):
        entry_of(dealer, 11)

    assert delete_raw_messages(dealer, now=NOW) == 5
    assert delete_raw_messages(dealer, now=NOW) == 0


def test_a_message_that_comes_again_is_there_again_as_long_as_there_is_no_lead(dealer):
    messages = [Message(message_id=one, raw=f"Zeile {one}") for one in ("1", "2")]
    options = {"channel": Channel.EXCEL, "sender": "excel", "messages": messages}
    first, second = book(dealer, **options, now=NOW - timedelta(days=50))
    IntakeEntry.objects.filter(pk=first.pk).update(
        outcome=Outcome.CREATED, lead=builders.make_lead(dealer)
    )
    IntakeEntry.objects.filter(pk=second.pk).update(outcome=Outcome.REJECTED)
    assert delete_raw_messages(dealer, now=NOW) == 2

    first, second = book(dealer, **options, now=NOW)

    assert (first.raw, second.raw) == ("", "Zeile 2")
    assert second.raw_deleted_at is None


def test_the_nightly_task_reaches_every_dealer_even_a_closed_one():
    closed = builders.make_dealer(raw_days=1, is_active=False)
    entry = builders.make_entry(
        closed, outcome=Outcome.CREATED, received_at=NOW - timedelta(days=900)
    )
    nightly.enqueue()

    assert {job.state for job in run_due_jobs()} == {"done"}

    entry.refresh_from_db()
    assert entry.raw == ""


def test_the_command_says_how_many(dealer):
    builders.make_entry(dealer, outcome=Outcome.CREATED, received_at=NOW - timedelta(days=900))
    out = StringIO()

    call_command("delete_raw_messages", "--dealer", dealer.pk, stdout=out)

    assert out.getvalue().startswith(f"{dealer.name}: 1 ")
    with pytest.raises(CommandError):
        call_command("delete_raw_messages", "--dealer", 0)
