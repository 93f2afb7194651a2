"""The Eingangsbuch: everything that came in and what became of it; nobody edits it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.models import Channel, IntakeEntry, Outcome, Role
from tests import builders
from tests.leads.admin.conftest import text_of

LIST = "/admin/leads/intakeentry/"


def page_of(entry, page="change"):
    return reverse(f"admin:leads_intakeentry_{page}", args=[entry.pk])


def ids(response):
    return {entry.pk for entry in response.context["cl"].result_list}


def test_what_may_be_selected_are_entries_and_not_books(office, browse):
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    builders.make_entry(office.ours)

    assert client.get(LIST).context["module_name"] == "entries"


def test_the_list_costs_the_same_for_three_and_for_thirty_entries(office, browse):
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    client.get(LIST)

    def cost(new):
        for _number in range(new):
            lead = builders.make_lead(office.ours)
            builders.make_entry(office.ours, lead=lead, outcome=Outcome.CREATED)
        with CaptureQueriesContext(connection) as captured:
            client.get(LIST)
        return len(captured)

    assert cost(3) == cost(27)


def test_the_list_does_not_read_the_messages(office, browse):
    builders.make_entry(office.ours)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    with CaptureQueriesContext(connection) as captured:
        client.get(LIST)

    assert not any('"raw"' in query["sql"] for query in captured)


def test_a_row_says_what_came_what_became_of_it_and_why(office, browse):
    lead = builders.make_lead(office.ours)
    builders.make_entry(
        office.ours,
        channel=Channel.BDK,
        outside_id="DLC-2026-000105",
        outcome=Outcome.CREATED,
        reason="E-mail is the same.",
        lead=lead,
    )
    builders.make_entry(
        office.ours, outcome=Outcome.QUARANTINED, reason="There is no lead number in it."
    )
    builders.make_entry(office.ours)

    page = text_of(browse(builders.make_user(office.ours, role=Role.MANAGER)).get(LIST))

    for shown in (
        "BDK Leadservice",
        "DLC-2026-000105",
        "Created",
        "E-mail is the same.",
        lead.number,
        "Quarantined",
        "There is no lead number in it.",
        "Not processed yet",
    ):
        assert shown in page


def test_entries_are_filtered_by_channel_outcome_and_day_and_found_by_number(office, browse):
    now = timezone.now()
    bad = builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)
    excel = builders.make_entry(office.ours, channel=Channel.EXCEL, outcome=Outcome.CREATED)
    waiting = builders.make_entry(office.ours, outside_id="DLC-1")
    old = builders.make_entry(
        office.ours, outcome=Outcome.CREATED, received_at=now - timedelta(days=40)
    )
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    last_week = (timezone.localdate() - timedelta(days=7)).strftime("%m/%d/%Y")

    assert ids(client.get(LIST, {"outcome": "quarantined"})) == {bad.pk}
    assert ids(client.get(LIST, {"outcome": "none"})) == {waiting.pk}
    assert ids(client.get(LIST, {"channel": "excel"})) == {excel.pk}
    assert ids(client.get(LIST, {"received_at_from": last_week})) == {bad.pk, excel.pk, waiting.pk}
    assert ids(client.get(LIST, {"received_at_to": last_week})) == {old.pk}
    assert ids(client.get(LIST, {"q": "DLC"})) == {waiting.pk}
    assert ids(client.get(LIST, {"q": " dlc-1"})) == {waiting.pk}


def test_the_page_of_an_entry_does_not_read_the_message(office, browse):
    """Unless that has to say whether somebody may: what tells about creditworthiness is for few."""
    entry = builders.make_entry(office.ours, raw={"nachname": "Geheim"}, idempotency_key="key-17")
    administrator = builders.make_user(
        office.ours, role=Role.ADMINISTRATOR, sees_creditworthiness=True
    )
    client = browse(administrator)

    with CaptureQueriesContext(connection) as captured:
        page = text_of(client.get(page_of(entry)))

    assert "Geheim" not in page
    assert "key-17" in page
    assert entry.outside_id in page
    assert not any('"leads_intakeentry"."raw"' in query["sql"] for query in captured)


def test_says_since_when_the_message_is_deleted_and_how_long_it_is_kept(office, browse):
    deleted = builders.make_entry(office.ours, raw="", raw_deleted_at=timezone.now())
    kept = builders.make_entry(office.ours, outcome=Outcome.CREATED)
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))

    page = text_of(client.get(page_of(deleted)))

    assert "deleted since" in page
    assert "/message/" not in page
    assert "kept for 180 days" in text_of(client.get(page_of(kept)))


def test_chips_show_what_waits(office, browse):
    bad = builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)
    waiting = builders.make_entry(office.ours)
    builders.make_entry(office.ours, outcome=Outcome.CREATED)
    builders.make_entry(office.theirs, outcome=Outcome.QUARANTINED)
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    assert ids(client.get(LIST, {"view": "quarantine"})) == {bad.pk}
    assert ids(client.get(LIST, {"view": "todo"})) == {bad.pk, waiting.pk}
    chips = client.get(LIST, {"view": "todo"}).context["cl"].chips
    assert [(str(one["display"]), one["selected"]) for one in chips] == [
        ("In quarantine", False),
        ("To do", True),
    ]


def test_entries_are_found_by_their_sender(office, browse):
    bdk = builders.make_entry(office.ours, sender="bdk:0012345")
    builders.make_entry(office.ours)

    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    assert ids(client.get(LIST, {"sender": "bdk:"})) == {bdk.pk}


def test_there_is_no_history_of_changes_that_nobody_makes(office, browse):
    entry = builders.make_entry(office.ours)

    page = text_of(browse(builders.make_user(office.ours, role=Role.MANAGER)).get(page_of(entry)))

    assert page_of(entry, "history") not in page


def test_repeats_are_counted(office, browse):
    entry = builders.make_entry(office.ours, times_received=3)

    page = text_of(browse(builders.make_user(office.ours, role=Role.MANAGER)).get(page_of(entry)))

    assert "3 times, last 1 min. ago" in page


@pytest.mark.parametrize("user", ["administrator", "operator"])
def test_nobody_adds_changes_or_deletes_an_entry(office, browse, user):
    entry = builders.make_entry(office.ours)
    who = (
        builders.make_user(is_superuser=True)
        if user == "operator"
        else builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    )
    client = browse(who)

    assert client.get(reverse("admin:leads_intakeentry_add")).status_code == 403
    assert client.post(page_of(entry), {"reason": "anders"}).status_code == 403
    assert client.post(page_of(entry, "delete"), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"}
    client.post(LIST, action)
    assert IntakeEntry.objects.get().reason == ""


def test_a_seller_does_not_read_the_ledger(office, browse):
    entry = builders.make_entry(office.ours)
    client = browse(builders.make_user(office.ours))

    assert client.get(LIST).status_code == 403
    assert client.get(page_of(entry)).status_code == 403
