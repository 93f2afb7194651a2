"""Messages once more: only those of which nothing came, and the log says who did it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry

from leads.models import Channel, IntakeEntry, Outcome
from leads.services.intake import Unusable
from leads.services.replaying import Deed, NotReplayable, correct_entry, replay, set_aside
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)


@pytest.fixture
def chief(dealer):
    return builders.make_user(dealer)


def parse(entry):
    """The text is a name; a question mark cannot be read."""
    if "?" in entry.text:
        raise Unusable("Immer noch nicht lesbar.")
    return builders.make_draft(
        external_id=entry.outside_id, contact={"last_name": entry.text}, subject=entry.message_id
    )


PARSERS = {Channel.API: parse}


def entry_of(dealer, raw="?", outcome=Outcome.QUARANTINED, **values):
    return builders.make_entry(dealer, raw=raw, outcome=outcome, **values)


@pytest.mark.parametrize("outcome", ["", Outcome.QUARANTINED, Outcome.REJECTED, Outcome.SET_ASIDE])
def test_a_corrected_message_becomes_a_lead_and_stays_as_it_came(dealer, chief, outcome):
    entry = entry_of(dealer, outcome=outcome)

    correct_entry(entry, "Groß", by=chief, now=NOW)
    [receipt] = replay(dealer, [entry], PARSERS, by=chief, now=NOW)

    entry.refresh_from_db()
    assert receipt.lead.last_name == "Groß"
    assert (entry.raw, entry.corrected) == ("?", "Groß")
    assert (entry.corrected_by, entry.corrected_at) == (chief, NOW)
    assert (entry.outcome, entry.lead, entry.processed_at) == ("created", receipt.lead, NOW)
    log = LogEntry.objects.filter(object_id=str(entry.pk)).order_by("pk")
    assert [(one.user, one.change_message) for one in log] == [
        (chief, str(Deed.CORRECTED.label)),
        (chief, str(Deed.PROCESSED.label)),
    ]


def test_what_still_cannot_be_read_says_why(dealer, chief):
    entry = entry_of(dealer)

    assert replay(dealer, [entry], PARSERS, by=chief, now=NOW) == [None]

    entry.refresh_from_db()
    assert (entry.outcome, entry.reason) == ("quarantined", "Immer noch nicht lesbar.")
    assert entry.attempts == 1


def test_leaves_alone_what_is_done_deleted_or_cannot_be_read_here(dealer, chief):
    done = entry_of(dealer, "Groß", Outcome.CREATED, lead=builders.make_lead(dealer))
    gone = entry_of(dealer, "", raw_deleted_at=NOW)
    listed = entry_of(dealer, "Groß", channel=Channel.EXCEL)
    good = entry_of(dealer, "Groß")

    receipts = replay(dealer, [done, gone, listed, good], PARSERS, by=chief, now=NOW)

    assert [bool(one) for one in receipts] == [False, False, False, True]
    outcomes = dict(IntakeEntry.objects.values_list("pk", "outcome"))
    assert outcomes == {
        done.pk: "created",
        gone.pk: "quarantined",
        listed.pk: "quarantined",
        good.pk: "created",
    }


def test_the_older_message_comes_first_whatever_was_selected_first(dealer, chief):
    names = {"outside_id": "web-1", "received_at": NOW}
    tenth = entry_of(dealer, "Neu", message_id="web-1:10:a", **names)
    ninth = entry_of(dealer, "Alt", message_id="web-1:9:b", **names)
    first = entry_of(
        dealer,
        "Älter",
        message_id="web-1:2:c",
        outside_id="web-1",
        received_at=NOW - timedelta(hours=1),
    )

    receipts = replay(dealer, [tenth, ninth, first], PARSERS, by=chief, now=NOW)

    assert [one.outcome for one in receipts] == ["updated", "updated", "created"]
    assert receipts[0].lead.last_name == "Neu"


def test_the_second_replay_does_nothing(dealer, chief):
    entry = entry_of(dealer, "Groß")
    stale = IntakeEntry.objects.get(pk=entry.pk)
    replay(dealer, [entry], PARSERS, by=chief, now=NOW)

    [receipt] = replay(dealer, [stale], PARSERS, by=chief, now=NOW)

    assert receipt.lead == entry.lead
    assert IntakeEntry.objects.get().attempts == 1


def test_another_dealers_message_is_not_touched(dealer, chief):
    theirs = entry_of(builders.make_dealer(), "Groß")

    assert replay(dealer, [theirs], PARSERS, by=chief, now=NOW) == [None]
    assert IntakeEntry.objects.get().outcome == "quarantined"


def test_what_became_a_lead_meanwhile_is_not_corrected(dealer, chief):
    entry = entry_of(dealer)
    IntakeEntry.objects.update(outcome=Outcome.CREATED, lead=builders.make_lead(dealer))

    with pytest.raises(NotReplayable):
        correct_entry(entry, "Groß", by=chief, now=NOW)
    assert IntakeEntry.objects.get().corrected == ""


def test_set_aside_it_no_longer_waits_but_can_be_processed(dealer, chief):
    entry, done = entry_of(dealer, "Groß"), entry_of(dealer, outcome=Outcome.CREATED)

    assert set_aside(IntakeEntry.objects.for_dealer(dealer), by=chief, now=NOW) == 1

    entry.refresh_from_db()
    done.refresh_from_db()
    assert (entry.outcome, done.outcome) == ("set_aside", "created")
    assert LogEntry.objects.get().user == chief
    [receipt] = replay(dealer, [entry], PARSERS, by=chief, now=NOW)
    assert receipt.lead.last_name == "Groß"
