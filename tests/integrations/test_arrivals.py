"""Booked messages become leads, even if everything ends between the two."""

from datetime import timedelta

from django.utils import timezone

from integrations import arrivals, tasks
from leads.models import Channel, IntakeEntry, Lead, Outcome
from leads.services.intake import Message, book
from tests.builders import make_dealer

PROSPECT = "<prospect><customer><contact><name>Erika Weiß</name></contact></customer></prospect>"


def left_behind(dealer, *texts, channel=Channel.ADF, minutes=5):
    """Booked by a process that was killed right after."""
    return book(
        dealer,
        channel=channel,
        sender="adf:portal",
        messages=[Message(message_id=text, raw=text) for text in texts],
        now=timezone.now() - timedelta(minutes=minutes),
    )


def test_a_round_finishes_what_a_crash_has_left(db):
    ours, theirs = make_dealer(), make_dealer()
    left_behind(ours, PROSPECT, "unreadable")
    left_behind(theirs, PROSPECT)

    assert tasks.finish_arrivals() == 3
    assert tasks.finish_arrivals() == 0
    assert {one.dealer for one in Lead.objects.all()} == {ours, theirs}
    assert IntakeEntry.objects.filter(outcome=Outcome.QUARANTINED).count() == 1


def test_what_has_just_come_or_belongs_to_others_is_left_alone(db):
    dealer = make_dealer()
    left_behind(dealer, PROSPECT, minutes=0)
    left_behind(dealer, "{}", channel=Channel.BDK)

    assert tasks.finish_arrivals() == 0


def test_every_channel_that_answers_first_has_its_parse():
    assert set(arrivals.PARSE) == {Channel.ADF, Channel.FORM, Channel.GOOGLE_ADS}
