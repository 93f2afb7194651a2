"""Rows of a list booked and received at once."""

from datetime import UTC, datetime

import pytest

from leads.models import Channel, IntakeEntry, Lead, Outcome
from leads.services.intake import Message
from leads.services.taking_in_lists import Refused, take_in_list
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
UNUSABLE = Refused(Outcome.QUARANTINED, "Row 3: this is not a date.")
TURNED_AWAY = Refused(Outcome.REJECTED, "Says the same as row 2.")


def draft(number, **values):
    return builders.make_draft(sender="excel", external_id=f"A-{number}", **values)


def take_in(dealer, *rows):
    arrivals = [
        (Message(message_id=f"list:{number}", raw=f'{{"row": {number}}}'), row)
        for number, row in enumerate(rows, 2)
    ]
    return take_in_list(dealer, arrivals, channel=Channel.EXCEL, sender="excel", now=NOW)


def ledger():
    columns = ("message_id", "outcome", "lead__external_id", "reason", "processed_at")
    return list(IntakeEntry.objects.order_by("message_id").values_list(*columns))


def test_the_ledger_says_what_became_of_each_row(dealer):
    taken = take_in(dealer, draft(1), UNUSABLE, TURNED_AWAY)

    assert [one.receipt and one.receipt.lead.external_id for one in taken] == ["A-1", None, None]
    assert ledger() == [
        ("list:2", Outcome.CREATED, "A-1", taken[0].reason, NOW),
        ("list:3", Outcome.QUARANTINED, None, UNUSABLE.reason, NOW),
        ("list:4", Outcome.REJECTED, None, TURNED_AWAY.reason, NOW),
    ]
    assert {one.raw for one in IntakeEntry.objects.all()} == {
        '{"row": 2}',
        '{"row": 3}',
        '{"row": 4}',
    }


def test_a_row_that_cannot_be_stored_stops_only_itself(dealer):
    taken = take_in(dealer, draft(1), draft(2, probability=101), TURNED_AWAY, UNUSABLE, draft(3))

    assert [one.receipt is not None for one in taken] == [True, False, False, False, True]
    assert [(outcome, lead) for _id, outcome, lead, *_rest in ledger()] == [
        (Outcome.CREATED, "A-1"),
        (Outcome.QUARANTINED, None),
        (Outcome.REJECTED, None),
        (Outcome.QUARANTINED, None),
        (Outcome.CREATED, "A-3"),
    ]
    assert [one.reason for one in taken] == [reason for *_rest, reason, _at in ledger()]
    assert set(Lead.objects.values_list("external_id", flat=True)) == {"A-1", "A-3"}


def test_a_message_that_was_booked_before_is_not_booked_twice(dealer):
    take_in(dealer, draft(1))

    take_in(dealer, draft(1), draft(2))

    assert [(one[0], one[2]) for one in ledger()] == [("list:2", "A-1"), ("list:3", "A-2")]
    assert Lead.objects.count() == 2
