"""What staff do with leads: each step with its history and timeline, behind the dealer's wall."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from leads.models import Activity, CloseReason, Lead, Stage, Status, Tag
from leads.services.deleting import delete_leads
from leads.services.handling import (
    LeadGone,
    assign_leads,
    close_leads,
    record_change,
    set_status,
)
from leads.services.merging import merge_leads
from tests import builders
from tests.leads.services.racing import while_it_is_merged
from tests.leads.services.test_receiving import at_once, on_postgresql, wait_until_blocked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

NOW = datetime(2026, 3, 2, 9, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def seller(dealer):
    return builders.make_user(dealer, first_name="Sabine", last_name="Seller")


def these(*leads):
    return Lead.objects.filter(pk__in=[lead.pk for lead in leads])


def fresh(lead):
    return Lead.objects.get(pk=lead.pk)


def last_entry(lead):
    return lead.activities.order_by("-pk").first()


def last_version(lead):
    return lead.history.order_by("-history_id").first()


def reason(key):
    return CloseReason.objects.get(key=key)


# --- assigning ------------------------------------------------------------------------------------


def test_leads_are_given_to_somebody(dealer, seller):
    manager = builders.make_user(dealer)
    leads = [builders.make_lead(dealer) for _ in range(3)]

    assert assign_leads(these(*leads), seller, by=manager, now=NOW) == 3

    for lead in leads:
        assert fresh(lead).owner == seller
        assert fresh(lead).updated_at == NOW
        entry = last_entry(lead)
        assert (entry.kind, entry.user, entry.at, entry.dealer) == (
            "assigned",
            manager,
            NOW,
            dealer,
        )
        assert entry.text == "Assigned to Sabine Seller."
        version = last_version(lead)
        assert (version.history_type, version.history_user, version.history_date) == (
            "~",
            manager,
            NOW,
        )
        assert version.owner == seller


def test_leads_are_given_to_nobody(dealer, seller):
    mine, nobodys = builders.make_lead(dealer, owner=seller), builders.make_lead(dealer)

    assert assign_leads(these(mine, nobodys), None, by=seller, now=NOW) == 1

    assert fresh(mine).owner is None
    assert last_entry(mine).text == "Assigned to nobody."
    assert last_entry(nobodys) is None


def test_whose_lead_it_is_already_hears_nothing(dealer, seller):
    lead = builders.make_lead(dealer, owner=seller)

    assert assign_leads(these(lead), seller, by=seller, now=NOW) == 0
    assert last_entry(lead) is None


def test_leads_are_given_only_to_those_who_work_for_their_dealer(dealer, seller):
    theirs = builders.make_dealer()
    ours, foreign = builders.make_lead(dealer), builders.make_lead(theirs)

    assert assign_leads(these(ours, foreign), seller, by=None, now=NOW) == 1

    assert fresh(ours).owner == seller
    assert fresh(foreign).owner is None
    assert last_entry(foreign) is None


@pytest.mark.parametrize("switched_off", ["membership", "user"])
def test_who_was_switched_off_gets_no_leads(dealer, seller, switched_off):
    lead = builders.make_lead(dealer)
    row = seller.memberships.get() if switched_off == "membership" else seller
    row.is_active = False
    row.save()

    assert assign_leads(these(lead), seller, by=None, now=NOW) == 0
    assert fresh(lead).owner is None


def test_a_whole_list_can_be_assigned(dealer, seller, monkeypatch):
    monkeypatch.setattr("leads.services.column_updates._TOGETHER", 3)
    leads = [builders.make_lead(dealer) for _ in range(8)]

    assert assign_leads(Lead.objects.for_dealer(dealer), seller, by=None, now=NOW) == 8
    assert Lead.objects.filter(owner=seller).count() == 8
    assert Activity.objects.count() == 8
    assert leads


# --- status ---------------------------------------------------------------------------------------


def test_a_status_is_set(dealer, seller):
    lead = builders.make_lead(dealer)

    assert set_status(these(lead), builders.shared_status("offer"), by=seller, now=NOW) == 1

    assert fresh(lead).status.key == "offer"
    assert fresh(lead).closed_at is None
    entry = last_entry(lead)
    assert (entry.kind, entry.text, entry.user) == ("status_changed", "Neu → Angebot", seller)
    assert last_version(lead).status.key == "offer"


def test_the_status_that_a_lead_has_is_no_change(dealer, seller):
    lead = builders.make_lead(dealer, status="offer")

    assert set_status(these(lead), builders.shared_status("offer"), by=seller, now=NOW) == 0
    assert last_entry(lead) is None


def test_another_dealers_status_reaches_none_of_our_leads(dealer, seller):
    theirs = builders.make_dealer()
    status = Status.objects.create(dealer=theirs, name="Sonderfall")
    ours, foreign = builders.make_lead(dealer), builders.make_lead(theirs)

    assert set_status(these(ours, foreign), status, by=seller, now=NOW) == 1

    assert fresh(ours).status.key == "new"
    assert fresh(foreign).status == status


@pytest.mark.parametrize("stage", Stage.closed())
def test_a_closed_status_closes(dealer, stage):
    lead = builders.make_lead(dealer)

    set_status(these(lead), builders.shared_status(stage), by=None, now=NOW)

    assert fresh(lead).closed_at == NOW
    assert last_entry(lead).kind == "closed"


def test_going_on_to_another_ending_keeps_the_day_and_drops_the_reason(dealer):
    lead = builders.make_lead(dealer)
    close_leads(these(lead), reason("price"), by=None, now=NOW)

    set_status(these(lead), builders.shared_status("won"), by=None, now=LATER)

    lead = fresh(lead)
    assert (lead.closed_at, lead.close_reason) == (NOW, None)
    assert last_entry(lead).text == "Verloren → Gewonnen"


def test_another_status_of_the_same_ending_keeps_the_reason(dealer):
    ours = Status.objects.create(dealer=dealer, name="Verloren an Mitbewerb", stage=Stage.LOST)
    lead = builders.make_lead(dealer)
    close_leads(these(lead), reason("price"), by=None, now=NOW)
    Status.objects.filter(key="lost").update(position=999)

    target = builders.shared_status("lost") if fresh(lead).status == ours else ours
    set_status(these(lead), target, by=None, now=LATER)

    assert fresh(lead).close_reason.key == "price"


def test_reopening_clears_the_day_and_the_reason(dealer, seller):
    lead = builders.make_lead(dealer)
    close_leads(these(lead), reason("price"), by=seller, now=NOW)

    assert set_status(these(lead), builders.shared_status("in_work"), by=seller, now=LATER) == 1

    lead = fresh(lead)
    assert (lead.closed_at, lead.close_reason) == (None, None)
    entry = last_entry(lead)
    assert (entry.kind, entry.text) == ("reopened", "Verloren → In Bearbeitung")


# --- closing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "status"), [("price", "lost"), ("vehicle_bought", "won"), ("spam", "invalid")]
)
def test_leads_are_closed_with_the_status_that_fits_the_reason(dealer, seller, key, status):
    lead = builders.make_lead(dealer)

    assert close_leads(these(lead), reason(key), by=seller, now=NOW) == 1

    lead = fresh(lead)
    assert (lead.status.key, lead.close_reason.key, lead.closed_at) == (status, key, NOW)
    entry = last_entry(lead)
    assert (entry.kind, entry.user) == ("closed", seller)
    assert entry.text == f"Neu → {lead.status} ({lead.close_reason})"
    version = last_version(lead)
    assert (version.close_reason, version.closed_at) == (lead.close_reason, NOW)


def test_closed_leads_stay_as_they_are(dealer, seller):
    won = builders.make_lead(dealer, status="won", closed_at=NOW)

    assert close_leads(these(won), reason("price"), by=seller, now=LATER) == 0

    assert (fresh(won).status.key, fresh(won).close_reason) == ("won", None)
    assert last_entry(won) is None


def test_a_dealers_own_closing_status_comes_first(dealer):
    own = Status.objects.create(dealer=dealer, name="Abgesagt", stage=Stage.LOST, position=500)
    Status.objects.create(dealer=dealer, name="Später", stage=Stage.LOST, position=600)
    off = {"stage": Stage.LOST, "position": 1, "is_active": False}
    Status.objects.create(dealer=dealer, name="Abgeschafft", **off)
    theirs = builders.make_dealer()
    Status.objects.create(dealer=builders.make_dealer(), name="Fremd", stage=Stage.LOST, position=1)
    ours, foreign = builders.make_lead(dealer), builders.make_lead(theirs)

    assert close_leads(these(ours, foreign), reason("price"), by=None, now=NOW) == 2

    assert fresh(ours).status == own
    assert fresh(foreign).status.key == "lost"


def test_another_dealers_reason_closes_none_of_our_leads(dealer):
    theirs = builders.make_dealer()
    own_reason = CloseReason.objects.create(dealer=theirs, name="Umzug")
    ours, foreign = builders.make_lead(dealer), builders.make_lead(theirs)

    assert close_leads(these(ours, foreign), own_reason, by=None, now=NOW) == 1
    assert fresh(ours).status.is_open
    assert not fresh(foreign).status.is_open


def test_without_a_status_for_the_ending_nothing_is_closed(dealer):
    Status.objects.filter(stage=Stage.LOST).update(is_active=False)
    lead = builders.make_lead(dealer)

    assert close_leads(these(lead), reason("price"), by=None, now=NOW) == 0
    assert (fresh(lead).status.key, fresh(lead).close_reason) == ("new", None)


# --- forms ----------------------------------------------------------------------------------------


def test_an_edited_lead_is_saved_with_what_follows_from_it(dealer, seller):
    lead = builders.make_lead(dealer, customer=None, last_name="Groß")
    assert lead.score == 0
    lead.phone, lead.last_name = "0171 1234567", "Größling"

    assert record_change(lead, ["phone", "last_name"], by=seller, now=NOW) == 1

    lead = fresh(lead)
    assert (lead.phone_key, lead.name_key) == ("+491711234567", "groessling")
    assert "groessling" in lead.search_text
    # phone 8, name 3, normal urgency 5: the score counts the new phone
    assert lead.score == 16
    entry = last_entry(lead)
    assert (entry.kind, entry.user, entry.at) == ("changed", seller, NOW)
    assert entry.text == "Changed: phone, last name."
    assert "Größling" not in entry.text
    version = last_version(lead)
    assert (version.history_user, version.history_date) == (seller, NOW)


def test_nothing_changed_is_nothing_written(dealer, seller):
    lead = builders.make_lead(dealer)

    assert record_change(lead, [], by=seller, now=NOW) == 0

    assert last_entry(lead) is None
    assert lead.history.count() == 1


@pytest.mark.parametrize("way", ["deleted", "merged"])
def test_what_was_edited_does_not_land_on_a_lead_that_is_gone(dealer, seller, way):
    kept, lead = (builders.make_lead(dealer, customer=None) for _ in range(2))
    opened = fresh(lead)
    if way == "deleted":
        delete_leads(these(lead), by=seller, now=NOW)
    else:
        merge_leads(kept, fresh(lead), values={}, by=seller, now=NOW)
    version = fresh(lead).version
    opened.subject = "Nachgetragen"

    with pytest.raises(LeadGone):
        record_change(opened, ["subject"], by=seller, now=LATER)

    assert fresh(lead).version == version
    assert not Lead.objects.filter(subject="Nachgetragen").exists()


def test_a_form_may_close_and_reopen(dealer, seller):
    lead = builders.make_lead(dealer)
    lead.status, lead.close_reason = builders.shared_status("lost"), reason("price")

    record_change(lead, ["status", "close_reason"], by=seller, now=NOW)

    assert fresh(lead).closed_at == NOW
    kinds = list(lead.activities.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["closed", "changed"]
    assert lead.activities.get(kind="closed").text == "Neu → Verloren (Preis)"

    lead.status = builders.shared_status("new")
    record_change(lead, ["status"], by=seller, now=LATER)

    assert (fresh(lead).closed_at, fresh(lead).close_reason) == (None, None)
    assert last_entry(lead).kind == "reopened"


def test_a_form_may_assign_and_tag(dealer, seller):
    lead = builders.make_lead(dealer)
    lead.owner = seller
    lead.tags.add(Tag.objects.create(dealer=dealer, name="VIP"))

    record_change(lead, ["owner", "tags"], by=seller, now=NOW)

    entries = list(lead.activities.order_by("pk").values_list("kind", "text"))
    assert entries == [("assigned", "Assigned to Sabine Seller."), ("changed", "Changed: tags.")]


# --- cost -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "work",
    [
        lambda rows, seller: assign_leads(rows, seller, by=seller, now=NOW),
        lambda rows, seller: set_status(rows, builders.shared_status("offer"), by=seller, now=NOW),
        lambda rows, seller: close_leads(rows, reason("price"), by=seller, now=NOW),
    ],
    ids=["assign", "status", "close"],
)
def test_many_leads_cost_as_much_as_one(dealer, seller, work):
    costs = []
    for number in (1, 30):
        leads = [builders.make_lead(dealer) for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            assert work(these(*leads), seller) == number
        costs.append(len(queries))

    assert costs[0] == costs[1]
    assert costs[0] <= 12


def test_any_selection_of_leads_may_be_handed_over(dealer, seller):
    """The admin's lists are joined, narrowed and have only some columns."""
    tag = Tag.objects.create(dealer=dealer, name="VIP")
    lead = builders.make_lead(dealer)
    lead.tags.add(tag)
    selection = (
        Lead.objects.filter(tags=tag)
        .select_related("customer", "owner")
        .only("number", "customer__last_name", "owner__username")
        .distinct()
    )

    assert assign_leads(selection, seller, by=seller, now=NOW) == 1
    assert set_status(selection, builders.shared_status("offer"), by=seller, now=NOW) == 1
    assert close_leads(selection, reason("price"), by=seller, now=NOW) == 1


# --- many at once ---------------------------------------------------------------------------------


@on_postgresql
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_an_unassigned_lead_is_taken_by_one(self, dealer):
        lead = builders.make_lead(dealer)
        sellers = [builders.make_user(dealer) for _ in range(8)]

        def take_over(one):
            return assign_leads(
                these(lead).filter(owner=None), sellers[one], by=sellers[one], now=NOW
            )

        assert sorted(at_once(8, take_over)) == [0] * 7 + [1]
        assert lead.activities.filter(kind="assigned").count() == 1
        assert fresh(lead).owner == lead.activities.get().user

    def test_a_lead_is_closed_once(self, dealer):
        lead = builders.make_lead(dealer)

        changed = at_once(8, lambda _: close_leads(these(lead), reason("price"), by=None, now=NOW))

        assert sum(changed) == 1
        assert lead.activities.filter(kind="closed").count() == 1

    def test_what_is_edited_while_the_lead_is_merged_is_refused(self, dealer):
        kept, lead = (builders.make_lead(dealer, customer=None) for _ in range(2))
        opened = fresh(lead)
        opened.subject = "Nachgetragen"

        with pytest.raises(LeadGone):
            while_it_is_merged(
                kept, lead, lambda: record_change(opened, ["subject"], by=None, now=LATER)
            )

        assert not Lead.objects.filter(subject="Nachgetragen").exists()

    def test_two_sets_of_leads_in_another_order_do_not_block_each_other(self, dealer):
        leads = [builders.make_lead(dealer) for _ in range(20)]
        statuses = [builders.shared_status(key) for key in ("offer", "contacted")]

        def work(one):
            rows = these(*leads).order_by("pk" if one % 2 else "-pk")
            set_status(rows, statuses[one % 2], by=None, now=NOW)

        at_once(6, work)

    def test_a_lead_put_into_another_status_meanwhile_is_assigned_all_the_same(self, dealer):
        lead, seller = builders.make_lead(dealer), builders.make_user(dealer)
        is_changed, pid = threading.Event(), []

        def change_status():
            with transaction.atomic():
                set_status(these(lead), builders.shared_status("offer"), by=None, now=NOW)
                is_changed.set()
                wait_until_blocked(pid)

        def assign():
            assert is_changed.wait(timeout=20)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                pid.append(cursor.fetchone()[0])
            return assign_leads(these(lead), seller, by=None, now=LATER)

        results = at_once(2, lambda one: (change_status, assign)[one]())

        assert results[1] == 1
        lead = fresh(lead)
        assert (lead.status.key, lead.owner) == ("offer", seller)
