"""What BDK hears about its leads: each step once, in order, in its own words, and of no other."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations import inbox
from integrations.models import Connection, Delivery
from integrations.webhooks.fan_out import fan_out
from leads.models import ChangeBatch, CloseReason, Lead, Role, Status
from leads.services.change_batches import edit_together
from leads.services.deleting import delete_leads
from leads.services.handling import assign_leads, close_leads, set_status
from leads.services.merging import merge_leads
from leads.services.undoing import undo
from leads.services.unmerging import undo_merge
from tests import builders

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SITE = "0012345"
ID = "DLC-2026-000101"
State = Delivery.State


@pytest.fixture
def bdk(partner, items):
    """A connection with two leads that came through it."""
    location = builders.make_location(bdk_partner_number=SITE)
    connection = builders.make_connection(location.dealer, base=f"{partner.url}/bdk")
    partner.bdk.items = items[:2]
    pull(connection)
    return connection


@pytest.fixture
def seller(bdk):
    return builders.make_user(bdk.dealer, role=Role.MANAGER)


def pull(connection, *, minutes=0):
    found = Connection.objects.get(pk=connection.pk)
    order = inbox.Order(anyway=True)
    return inbox.pull(found, now=NOW + timedelta(minutes=minutes), order=order)


def lead(outside_id=ID):
    return Lead.objects.filter(enquiries__external_id=outside_id)


def status(key):
    return Status.objects.get(dealer=None, key=key)


def put(key, by, *, minutes, leads=None):
    leads = lead() if leads is None else leads
    set_status(leads, status(key), by=by, now=NOW + timedelta(minutes=minutes))


def close(key, by, *, minutes, leads=None):
    reason = CloseReason.objects.get(dealer=None, key=key)
    leads = lead() if leads is None else leads
    close_leads(leads, reason, by=by, now=NOW + timedelta(minutes=minutes))


def heard(partner, outside_id=ID):
    """[(status, reason)] as BDK has them, in the order in which they happened."""
    events = [one for one in partner.bdk.status_events.values() if one["leadId"] == outside_id]
    events.sort(key=lambda one: one["occurredAt"])
    return [(one["status"], one["reasonCode"]) for one in events]


def calls(partner):
    return [entry for entry in partner.log if entry["method"] == "PUT"]


def test_each_step_of_staff_is_told_once_in_its_order_and_without_anybodys_words(
    partner, bdk, seller
):
    put("contacted", seller, minutes=1)
    put("offer", seller, minutes=2)
    run = pull(bdk, minutes=3)
    close("price", seller, minutes=4)
    pull(bdk, minutes=5)
    again = pull(bdk, minutes=6)

    assert heard(partner) == [("CONTACTED", None), ("OFFER", None), ("LOST", "PRICE")]
    assert (run.reported, again.reported) == (2, 0)
    assert len(calls(partner)) == 3
    assert {one["comment"] for one in partner.bdk.status_events.values()} == {None}
    [first] = [one for one in partner.bdk.status_events.values() if one["status"] == "CONTACTED"]
    moment = timezone.localtime(NOW + timedelta(minutes=1))
    assert first["occurredAt"] == moment.isoformat(timespec="seconds")


def test_what_got_lost_on_its_way_is_told_again_under_the_same_number(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    put("offer", seller, minutes=2)
    partner.faults["status-events"] = [{"lost": True}]
    assert pull(bdk, minutes=3).reported == 0
    assert heard(partner) == [("CONTACTED", None)]  # it had arrived, and nobody knew

    assert pull(bdk, minutes=4).reported == 2
    assert heard(partner) == [("CONTACTED", None), ("OFFER", None)]
    assert len({entry["path"] for entry in calls(partner)}) == 2


def test_a_later_step_waits_for_the_earlier_one_and_other_leads_do_not(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    put("offer", seller, minutes=2)
    put("won", seller, minutes=2, leads=lead("DLC-2026-000102"))
    partner.faults["status-events"] = [{"status": 403, "json": {"code": "PARTNER_NOT_ALLOWED"}}]
    pull(bdk, minutes=3)

    assert heard(partner) == []
    assert heard(partner, "DLC-2026-000102") == [("WON", None)]
    pull(bdk, minutes=30)
    assert heard(partner) == [("CONTACTED", None), ("OFFER", None)]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("duplicate", ("DUPLICATE", None)),
        ("spam", ("INVALID", None)),
        ("vehicle_sold", ("LOST", None)),  # BDK has no word for it
        ("finance_declined", ("LOST", "FINANCE_DECLINED")),
        ("contract_renewed", ("WON", None)),
    ],
)
def test_reasons_become_words_of_bdk(partner, bdk, seller, key, expected):
    close(key, seller, minutes=1)
    pull(bdk, minutes=2)

    assert heard(partner) == [expected]


def test_assigning_is_told_until_something_else_has_happened(partner, bdk, seller):
    assign_leads(lead(), seller, by=seller, now=NOW + timedelta(minutes=1))
    assign_leads(lead("DLC-2026-000102"), seller, by=None, now=NOW)  # by a rule
    put("contacted", seller, minutes=2)
    assign_leads(lead(), None, by=seller, now=NOW + timedelta(minutes=3))
    pull(bdk, minutes=4)

    assert heard(partner) == [("ASSIGNED", None), ("CONTACTED", None)]
    assert heard(partner, "DLC-2026-000102") == []


def test_a_dealer_may_choose_other_words_or_silence(partner, bdk, seller):
    reason = CloseReason.objects.get(dealer=None, key="vehicle_sold")
    Connection.objects.update(
        status_words={
            "statuses": {str(status("offer").pk): "", str(status("contacted").pk): "APPOINTMENT"},
            "reasons": {str(reason.pk): "NO_INTEREST"},
        }
    )
    put("contacted", seller, minutes=1)
    put("offer", seller, minutes=2)
    close("vehicle_sold", seller, minutes=3)
    pull(bdk, minutes=4)

    assert heard(partner) == [("APPOINTMENT", None), ("LOST", "NO_INTEREST")]


def test_what_bdk_knows_better_is_dropped(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    partner.faults["status-events"] = [{"status": 409, "json": {"code": "STALE_STATUS"}}]
    run = pull(bdk, minutes=2)
    pull(bdk, minutes=60)

    assert (run.error, len(calls(partner))) == ("", 1)
    report = Delivery.objects.get(kind="status")
    assert (report.state, report.answer) == (State.DROPPED, "409 STALE_STATUS")


def test_of_a_lead_that_bdk_does_not_know_it_hears_nothing_any_more(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    put("offer", seller, minutes=2)
    partner.faults["status-events"] = [{"status": 404, "json": {"code": "UNKNOWN_LEAD"}}]
    pull(bdk, minutes=3)
    put("won", seller, minutes=4)
    run = pull(bdk, minutes=5)

    assert (run.error, len(calls(partner))) == ("", 1)
    assert set(Delivery.objects.filter(kind="status").values_list("state", flat=True)) == {
        State.DROPPED
    }


def test_what_is_wrong_with_a_report_is_kept_for_a_person(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    partner.faults["status-events"] = [{"status": 422, "json": {"code": "INVALID_REQUEST"}}]
    run = pull(bdk, minutes=2)
    pull(bdk, minutes=60)

    assert "422" in run.error
    assert len(calls(partner)) == 1
    assert Delivery.objects.get(kind="status").state == State.REFUSED


def test_of_leads_from_elsewhere_bdk_hears_nothing(partner, bdk, seller):
    website = builders.make_lead(bdk.dealer, sender="api:website", external_id=ID)
    imported = builders.make_lead(bdk.dealer)
    other_office = builders.make_lead(sender=f"bdk:{SITE}", external_id="DLC-9")
    rows = Lead.objects.filter(pk__in=[website.pk, imported.pk, other_office.pk])
    put("won", None, minutes=1, leads=rows)
    Connection.objects.update(reports_status=True)
    pull(bdk, minutes=2)

    assert calls(partner) == []


def test_what_bdk_itself_says_or_nobody_wants_told_is_not_told(partner, bdk, seller, items):
    partner.bdk.items = [*items[:2], items[32]]  # another version of the second
    pull(bdk, minutes=1)
    Connection.objects.update(reports_status=False)
    put("contacted", seller, minutes=2)
    pull(bdk, minutes=3)

    assert calls(partner) == []


def test_an_enquiry_that_joins_a_case_gets_the_status_of_the_case(partner, bdk, seller, items):
    put("offer", seller, minutes=1)
    pull(bdk, minutes=2)
    partner.bdk.items = [*items[:2], {**items[0], "leadId": "DLC-NOCHMAL"}]
    pull(bdk, minutes=3)

    assert Lead.objects.get(enquiries__external_id="DLC-NOCHMAL") == lead().get()
    assert heard(partner, "DLC-NOCHMAL") == [("OFFER", None)]
    assert heard(partner) == [("OFFER", None)]


def test_a_lead_that_became_part_of_another_follows_it_and_comes_back(partner, bdk, seller):
    kept = builders.make_lead(bdk.dealer, customer=lead().get().customer, status="contacted")
    at = NOW + timedelta(minutes=1)
    merge = merge_leads(kept, lead().get(), values={}, by=seller, now=at)
    pull(bdk, minutes=2)
    assert heard(partner) == [("CONTACTED", None)]

    put("offer", seller, minutes=3, leads=Lead.objects.filter(pk=kept.pk))
    pull(bdk, minutes=4)
    assert heard(partner)[1:] == [("OFFER", None)]

    undo_merge(merge, by=seller, now=NOW + timedelta(minutes=5))
    pull(bdk, minutes=6)
    assert heard(partner)[2:] == [("RECEIVED", None)]


def test_what_was_undone_is_told_as_it_is_again(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    at = NOW + timedelta(minutes=2)

    def lose(rows, batch):
        set_status(rows, status("lost"), by=seller, now=at, change_batch=batch)

    edit_together(lead(), lose, kind=ChangeBatch.Kind.STATUS, by=seller, now=at)
    pull(bdk, minutes=3)
    undo(ChangeBatch.objects.get(), by=seller, now=NOW + timedelta(minutes=4))
    pull(bdk, minutes=5)

    assert heard(partner) == [("CONTACTED", None), ("LOST", None), ("CONTACTED", None)]


def test_a_lead_in_the_bin_is_not_spoken_of(partner, bdk, seller):
    put("contacted", seller, minutes=1)
    delete_leads(lead(), by=seller, now=NOW + timedelta(minutes=2))
    pull(bdk, minutes=3)

    assert calls(partner) == []


def test_two_connections_tell_each_about_its_own(partner, bdk, seller, items):
    """A dealer changes from a test connection to the real one and keeps both for a while."""
    second = builders.make_connection(bdk.dealer, base=f"{partner.url}/bdk", mode="live")
    Connection.objects.filter(pk=second.pk).update(
        cursors=Connection.objects.get(pk=bdk.pk).cursors
    )
    partner.bdk.items = items[:3]
    pull(second)
    put("contacted", seller, minutes=1)
    put("won", seller, minutes=1, leads=lead("DLC-2026-000103"))
    pull(bdk, minutes=2)
    pull(second, minutes=2)

    reports = Delivery.objects.filter(kind="status", state=State.SENT)
    told = dict(reports.values_list("outside_id", "connection"))
    assert told == {ID: bdk.pk, "DLC-2026-000103": second.pk}


def test_many_changes_take_the_same_number_of_queries(bdk, django_assert_max_num_queries):
    leads = [
        builders.make_lead(bdk.dealer, sender=f"bdk:{SITE}", external_id=f"X-{n}")
        for n in range(30)
    ]
    put("contacted", None, minutes=1, leads=Lead.objects.filter(pk__in=[one.pk for one in leads]))
    with django_assert_max_num_queries(22):
        fan_out(now=NOW)
    assert Delivery.objects.filter(kind="status").count() == 30
