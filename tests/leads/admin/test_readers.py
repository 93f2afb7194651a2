"""Processing again, by several people at once: one lead for each message."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from leads.admin.readers import parsers, process_again
from leads.models import Channel, IntakeEntry, Lead, Outcome, UnmappedName
from leads.services.assigning import assign_name
from leads.services.receiving import receive
from tests import builders

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


def at_once(number, act):
    """What `act(0)`, `act(1)` … return, each called in a thread of its own at one moment."""
    barrier, results, errors = threading.Barrier(number), {}, []

    def run(one):
        try:
            barrier.wait(timeout=30)
            results[one] = act(one)
        except Exception as error:  # told below
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert errors == []
    return [results[one] for one in range(number)]


def test_every_channel_but_lists_can_be_read_again():
    assert set(Channel) - parsers(NOW).keys() == {Channel.EXCEL}


@pytest.mark.django_db(transaction=True)
def test_people_who_press_the_button_at_once_make_one_lead_of_each_message():
    dealer = builders.make_dealer()
    pks = [
        builders.make_entry(
            dealer, raw={"subject": f"Anfrage {number}"}, outcome=Outcome.QUARANTINED
        ).pk
        for number in range(5)
    ]

    at_once(6, lambda one: process_again(dealer, pks if one % 2 else pks[::-1], by=None, now=NOW))

    assert Lead.objects.count() == 5
    assert set(IntakeEntry.objects.values_list("outcome", "attempts")) == {("created", 1)}


@pytest.mark.django_db(transaction=True)
def test_who_brings_a_name_while_it_is_assigned_is_put_right_or_finds_it():
    dealer = builders.make_dealer()

    def bring():
        draft = builders.make_draft(source="LinkedIn", creates_entries=False)
        receive(dealer, [draft], now=NOW)

    bring()
    name, target = UnmappedName.objects.get(), builders.shared_source("autoscout24")

    at_once(8, lambda one: bring() if one != 3 else assign_name(name, target, by=None, now=NOW))

    assert set(Lead.objects.values_list("source__key", flat=True)) == {"autoscout24"}
