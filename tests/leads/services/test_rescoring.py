"""Scores computed anew: set-based, kept in the history, and nobody's change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.background import run_due_jobs
from leads.models import Event, Lead
from leads.services import rescoring
from leads.services.rescoring import rescore
from leads.services.scoring import score_of
from leads.tasks import rescore_all, rescore_every_lead
from tests import builders

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=20)


def scored(dealer, *, weights=None, **values):
    """A lead that has the score it had when it came in."""
    values = {"received_at": LONG_AGO, "enquired_at": LONG_AGO, **values}
    lead = builders.make_lead(dealer, **values)
    lead.score = score_of(lead, weights=weights or {}, now=lead.received_at)
    Lead.objects.filter(pk=lead.pk).update(score=lead.score)
    return lead


def stored(lead):
    return Lead.objects.values().get(pk=lead.pk)


def test_a_score_that_has_aged_is_written_with_its_history(dealer):
    lead = scored(dealer)

    assert rescore(dealer, now=NOW) == 1

    newest, _oldest = lead.history.order_by("-history_id")
    assert stored(lead)["score"] == newest.score == lead.score - 10
    assert newest.history_date == NOW


def test_nothing_but_the_score_changes(dealer):
    lead = scored(dealer)
    before = stored(lead)

    rescore(dealer, now=NOW)

    assert {**stored(lead), "score": lead.score} == before
    assert not lead.activities.exists()
    assert not Event.objects.exists()


def test_the_second_time_nothing_is_left_to_do(dealer):
    lead = scored(dealer)

    assert [rescore(dealer, now=NOW) for _ in range(2)] == [1, 0]
    assert lead.history.count() == 2


def test_what_has_not_changed_is_not_written(dealer):
    lead = scored(dealer, received_at=NOW)

    assert rescore(dealer, now=NOW) == 0
    assert lead.history.count() == 1


def test_closed_leads_change_with_the_weights_only(dealer):
    closed = scored(dealer, status="lost", closed_at=LONG_AGO)
    dealer.score_weights = {"phone": 0}
    dealer.save()

    assert rescore(dealer, now=NOW) == 0
    assert rescore(dealer, now=NOW, with_closed=True) == 1
    assert stored(closed)["score"] == closed.score - 8


def test_other_dealers_and_the_bin_stay_as_they_are(dealer):
    scored(builders.make_dealer())
    scored(dealer, deleted_at=NOW)

    assert rescore(dealer, now=NOW) == 0


def test_weights_are_read_anew(dealer):
    """A job has the dealer as it was when it began."""
    lead = scored(dealer, received_at=NOW)
    type(dealer).objects.update(score_weights={"phone": 0})

    assert rescore(dealer, now=NOW) == 1
    assert stored(lead)["score"] == lead.score - 8


def test_costs_the_same_for_a_few_and_for_many(dealer):
    costs = []
    for number in (1, 40):
        for _ in range(number):
            scored(dealer)
        with CaptureQueriesContext(connection) as queries:
            assert rescore(dealer, now=NOW) == number
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 9


def test_many_leads_are_taken_a_batch_at_a_time(dealer, monkeypatch):
    monkeypatch.setattr(rescoring, "BATCH", 2)
    leads = [scored(dealer) for _ in range(5)]

    assert rescore(dealer, now=NOW) == 5
    assert {stored(lead)["score"] for lead in leads} == {leads[0].score - 10}


# --- by command and by the clock ------------------------------------------------------------------


def aged(dealer):
    """A lead that has aged by now."""
    then = timezone.now() - timedelta(days=20)
    return scored(dealer, received_at=then, enquired_at=then)


def test_the_command_takes_every_dealer(dealer, capsys):
    leads = [aged(dealer), aged(builders.make_dealer())]

    call_command("rescore_leads")
    call_command("rescore_leads")

    assert [stored(lead)["score"] for lead in leads] == [lead.score - 10 for lead in leads]
    assert [lead.history.count() for lead in leads] == [2, 2]
    assert dealer.name in capsys.readouterr().out


def test_the_command_may_take_one_dealer(dealer):
    ours, theirs = aged(dealer), aged(builders.make_dealer())

    call_command("rescore_leads", dealer=dealer.pk)

    assert stored(ours)["score"] == ours.score - 10
    assert stored(theirs)["score"] == theirs.score
    with pytest.raises(CommandError):
        call_command("rescore_leads", dealer=dealer.pk + 1000)


def test_each_night_every_dealer_has_a_job(dealer):
    lead, switched_off = aged(dealer), aged(builders.make_dealer(is_active=False))

    rescore_all.enqueue()
    jobs = run_due_jobs()

    assert {job.state for job in jobs} == {"done"}
    assert stored(lead)["score"] == lead.score - 10
    assert stored(switched_off)["score"] == switched_off.score


def test_new_weights_reach_closed_leads(dealer):
    closed = scored(dealer, status="lost", closed_at=LONG_AGO)
    dealer.score_weights = {"phone": 0}
    dealer.save()

    rescore_every_lead.enqueue(dealer.pk)
    run_due_jobs()

    assert stored(closed)["score"] == closed.score - 8
