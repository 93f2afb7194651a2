"""One message booked and received at once."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DataError, IntegrityError, transaction

from leads.models import Channel, IntakeEntry, Lead, Outcome
from leads.services.intake import Message
from leads.services.taking_in import take_in
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def bring(dealer, draft):
    message = Message(
        message_id=f"message {uuid4()}",
        raw='{"subject": "Golf"}',
        outside_id=draft.external_id,
        idempotency_key="k-1",
    )
    [receipt] = take_in(dealer, [(message, draft)], channel=Channel.API, now=NOW)
    return receipt


def test_the_entry_says_at_once_what_became_of_the_message(dealer):
    draft = builders.make_draft(external_id="web-1")

    receipt = bring(dealer, draft)

    entry = IntakeEntry.objects.get()
    assert (entry.lead, entry.outcome) == (receipt.lead, Outcome.CREATED)
    assert (entry.sender, entry.outside_id) == ("api:website", "web-1")
    assert (entry.raw, entry.idempotency_key) == ('{"subject": "Golf"}', "k-1")
    assert (entry.attempts, entry.processed_at, entry.received_at) == (1, NOW, NOW)
    assert entry.reason


def test_a_repeat_is_an_entry_of_its_own(dealer):
    draft = builders.make_draft(external_id="web-1", content_hash="a")
    bring(dealer, draft)

    assert bring(dealer, draft).outcome == Outcome.REPEATED
    outcomes = IntakeEntry.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["created", "repeated"]


def test_what_cannot_be_stored_leaves_no_trace(dealer):
    """The caller books it then, and its processing puts it into quarantine."""
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        bring(dealer, builders.make_draft(probability=101))

    assert not IntakeEntry.objects.exists()
    assert not Lead.objects.exists()
