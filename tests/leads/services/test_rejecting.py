"""What was turned away stays visible."""

import pytest
from django.utils import timezone

from leads.models import Channel, IntakeEntry, Outcome
from leads.services.rejecting import book_rejected
from tests.builders import make_dealer

pytestmark = pytest.mark.django_db


def reject(dealer, **values):
    defaults = {"channel": Channel.API, "sender": "api:website", "raw": "{", "reason": "Kein JSON."}
    return book_rejected(dealer, **{**defaults, **values}, now=timezone.now())


def test_a_rejected_message_is_in_the_ledger_with_its_reason():
    dealer = make_dealer()

    reject(dealer, outside_id="w-1")

    entry = IntakeEntry.objects.get()
    assert (entry.dealer, entry.sender, entry.outside_id) == (dealer, "api:website", "w-1")
    assert (entry.outcome, entry.reason, entry.raw) == (Outcome.REJECTED, "Kein JSON.", "{")
    assert entry.processed_at
    assert entry.lead is None


def test_the_same_message_rejected_twice_stands_there_twice():
    dealer = make_dealer()

    reject(dealer)
    reject(dealer)

    assert IntakeEntry.objects.count() == 2


def test_a_rejected_message_does_not_wait_to_be_processed():
    reject(make_dealer())

    assert not IntakeEntry.objects.unprocessed().exists()
    assert not IntakeEntry.objects.quarantined().exists()
