"""The Eingangsbuch: everything that came in and what became of it; nobody edits it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from leads.admin.intake import pretty
from leads.models import Channel, IntakeEntry, Outcome, Role
from tests import builders
from tests.leads.admin.conftest import text_of

LIST = "/admin/leads/intakeentry/"


def page_of(entry, page="change"):
    return reverse(f"admin:leads_intakeentry_{page}", args=[entry.pk])


def ids(response):
    return {entry.pk for entry in response.context["cl"].result_list}


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


@pytest.mark.parametrize(("role", "may_read"), [("administrator", True), ("manager", False)])
def test_the_message_itself_needs_a_right_of_its_own(office, browse, role, may_read):
    entry = builders.make_entry(office.ours, raw={"nachname": "Geheim <b>", "zahl": 1})

    page = browse(builders.make_user(office.ours, role=role)).get(page_of(entry))

    assert page.status_code == 200
    shown = text_of(page)
    assert ("As received" in shown) is may_read
    assert ("Geheim" in shown) is may_read
    if may_read:
        assert "&quot;nachname&quot;: &quot;Geheim &lt;b&gt;&quot;,\n" in shown  # one line each


def test_the_right_to_read_messages_is_that_of_the_entrys_dealer(office, browse):
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)
    builders.make_membership(office.theirs, user, role=Role.MANAGER)
    entry = builders.make_entry(office.theirs, raw={"nachname": "Geheim"})

    assert "Geheim" not in text_of(browse(user).get(page_of(entry)))


def test_what_is_no_json_is_shown_as_it_came():
    assert pretty("Guten Tag,\nich suche einen Kia.") == "Guten Tag,\nich suche einen Kia."
    assert pretty('{"b": "ä", "a": 1}') == '{\n  "b": "ä",\n  "a": 1\n}'
    assert pretty("[" * 100_000) == "[" * 100_000


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
