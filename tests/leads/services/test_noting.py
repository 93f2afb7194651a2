"""The timeline as people and systems write it, and the first response to the customer."""

from datetime import UTC, datetime, timedelta

import pytest

from leads.models import Activity, Lead
from leads.services.deleting import delete_leads
from leads.services.handling import LeadGone, assign_leads
from leads.services.merging import merge_leads
from leads.services.noting import add_activity
from leads.services.rescoring import rescore
from leads.services.tasks import create_task
from tests import builders
from tests.leads.services.racing import while_it_is_merged
from tests.leads.services.test_receiving import at_once, on_postgresql

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def seller(dealer):
    return builders.make_user(dealer, first_name="Sabine", last_name="Seller")


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


def last_version(lead):
    return lead.history.order_by("-history_id").first()


# --- activities and the first response ------------------------------------------------------------


@pytest.mark.parametrize("kind", ["call", "mail", "appointment"])
def test_the_first_outgoing_activity_is_the_first_response(dealer, seller, kind):
    lead = builders.make_lead(dealer)

    activity = add_activity(lead, kind, "Mailbox", by=seller, now=NOW)
    add_activity(lead, kind, "Erreicht", by=seller, now=LATER)

    assert (activity.dealer, activity.lead, activity.at, activity.user) == (
        dealer,
        lead,
        NOW,
        seller,
    )
    assert lead.first_response_at == NOW
    assert fresh(lead).first_response_at == NOW
    assert [one.text for one in lead.activities.order_by("pk")] == ["Mailbox", "Erreicht"]
    versions = [one.first_response_at for one in lead.history.order_by("pk")]
    assert versions == [None, NOW]
    assert last_version(lead).history_user == seller


def test_work_on_a_lead_that_waited_for_long_counts_at_once(dealer, seller):
    waited = {"received_at": NOW - timedelta(days=40), "enquired_at": NOW - timedelta(days=40)}
    noted, assigned = (builders.make_lead(dealer, **waited) for _ in range(2))
    rescore(dealer, now=NOW)
    before = fresh(noted).score

    add_activity(fresh(noted), "note", "Ruft wieder an.", by=seller, now=NOW)
    assign_leads(Lead.objects.filter(pk=assigned.pk), seller, by=seller, now=NOW)

    assert fresh(noted).score == fresh(assigned).score > before
    assert last_version(noted).score == last_version(assigned).score == fresh(noted).score


def test_a_note_is_no_answer_to_the_customer(dealer, seller):
    lead = builders.make_lead(dealer)

    add_activity(lead, "note", "Ruft wieder an.", by=seller, now=NOW)

    assert fresh(lead).first_response_at is None
    assert lead in Lead.objects.unanswered()


def test_an_answer_recorded_by_somebody_else_stays_the_first(dealer, seller):
    lead = builders.make_lead(dealer)
    stale = fresh(lead)
    add_activity(lead, "call", "", by=None, now=NOW)

    add_activity(stale, "call", "", by=seller, now=LATER)

    assert fresh(lead).first_response_at == NOW


# --- a lead that is gone --------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["deleted", "merged"])
def test_nothing_is_added_to_a_lead_that_is_gone(dealer, seller, way):
    kept, lead = (builders.make_lead(dealer, customer=None) for _ in range(2))
    if way == "deleted":
        delete_leads(Lead.objects.filter(pk=lead.pk), by=seller, now=NOW)
    else:
        merge_leads(kept, fresh(lead), values={}, by=seller, now=NOW)

    with pytest.raises(LeadGone):
        add_activity(lead, "call", "Erreicht.", by=seller, now=LATER)
    with pytest.raises(LeadGone):
        create_task(lead, due_at=LATER, now=NOW)

    assert fresh(lead).first_response_at is None
    assert not Activity.objects.filter(text="Erreicht.").exists()


# --- many at once ---------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_the_first_response_is_recorded_once(self, dealer):
        lead = builders.make_lead(dealer)

        at_once(
            8,
            lambda one: add_activity(
                fresh(lead), "call", "", by=None, now=NOW + timedelta(minutes=one)
            ),
        )

        assert lead.activities.count() == 8
        assert lead.history.exclude(first_response_at=None).count() == 1

    @pytest.mark.parametrize(
        "act",
        [
            lambda lead: add_activity(lead, "call", "Erreicht.", by=None, now=LATER),
            lambda lead: create_task(lead, due_at=LATER, now=NOW),
        ],
        ids=["activity", "task"],
    )
    def test_nothing_is_added_while_the_lead_is_merged(self, dealer, act):
        kept, lead = (builders.make_lead(dealer, customer=None) for _ in range(2))

        with pytest.raises(LeadGone):
            while_it_is_merged(kept, lead, lambda: act(lead))

        assert not lead.tasks.exists()
        assert not lead.activities.filter(kind="call").exists()
