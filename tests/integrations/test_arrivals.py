"""Booked messages become leads, even if everything ends between the two."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import arrivals, tasks
from leads.models import Channel, IntakeEntry, Lead, Outcome
from leads.services.intake import Message, book
from tests.builders import make_api_key, make_dealer

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


@pytest.mark.parametrize(("switches", "source"), [([True, False], "website"), ([False, True], "")])
def test_what_is_finished_later_may_add_what_the_newest_key_may(db, switches, source):
    dealer = make_dealer()
    for creates_entries in switches:
        make_api_key(dealer, system="portal", creates_entries=creates_entries)
    make_api_key(dealer, system="other", creates_entries=not switches[-1])
    make_api_key(system="portal", creates_entries=not switches[-1])
    left_behind(dealer, PROSPECT)

    tasks.finish_arrivals()

    assert Lead.objects.get().source.key == source


def test_what_has_just_come_or_belongs_to_others_is_left_alone(db):
    dealer = make_dealer()
    left_behind(dealer, PROSPECT, minutes=0)
    left_behind(dealer, "{}", channel=Channel.META)

    assert tasks.finish_arrivals() == 0


def test_every_channel_that_answers_first_has_its_parse():
    assert set(arrivals.PARSE) == {Channel.ADF, Channel.FORM, Channel.GOOGLE_ADS, Channel.MAIL}
