"""The lead list, the page of one lead, and what can be done there."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django import forms
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from leads.models import (
    Activity,
    Channel,
    CloseReason,
    IntakeEntry,
    Lead,
    MatchSuggestion,
    Outcome,
    Role,
    Status,
)
from tests import builders
from tests.leads.admin.conftest import messages_of, text_of, words_of

LIST = "/admin/leads/lead/"


def page_of(lead, page="change"):
    return reverse(f"admin:leads_lead_{page}", args=[lead.pk])


def queries(client, url):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return captured


def numbers(response):
    return [lead.number for lead in response.context["cl"].result_list]


def found(client, **query):
    return set(numbers(client.get(LIST, query)))


def lost_reason():
    return CloseReason.objects.filter(dealer=None, outcome="lost").first()


# --- the list --------------------------------------------------------------------------------


def full_lead(dealer, **values):
    owner = builders.make_user(dealer)
    vehicle = builders.make_vehicle(dealer)
    location = builders.make_location(dealer)
    values = {"lead_type": "1b", "owner": owner, "vehicle": vehicle, "location": location, **values}
    return builders.make_lead(dealer, **values)


def test_the_list_costs_the_same_for_three_and_for_thirty_leads(office, browse):
    client = browse(builders.make_user(office.ours))
    client.get(LIST)  # what is read once per process
    for _number in range(3):
        full_lead(office.ours)
    few = queries(client, LIST)
    for _number in range(27):
        full_lead(office.ours)
    many = queries(client, LIST)

    assert len(many) == len(few)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL scans small tables")
def test_the_list_reads_the_newest_from_the_index(office, browse):
    builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))

    rows = [
        query["sql"]
        for query in queries(client, LIST)
        if 'ORDER BY "leads_lead"."received_at" DESC' in query["sql"]
    ]

    assert len(rows) == 1
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {rows[0]}")
        plan = " ".join(str(step[-1]) for step in cursor.fetchall())
    assert "lead_newest" in plan
    assert "TEMP B-TREE" not in plan


def test_a_row_says_who_what_how_urgent_and_whose(office, browse):
    owner = builders.make_user(office.ours, first_name="Sabine", last_name="Köhler")
    vehicle = builders.make_vehicle(office.ours, make="Kia", model="Ceed", variant="", price=21990)
    customer = builders.make_customer(
        office.ours, first_name="Eva", last_name="Test", phone="0221 4710123", city="Köln"
    )
    location = builders.make_location(office.ours, name="Filiale Süd")
    now = timezone.now()
    builders.make_lead(
        office.ours,
        customer=customer,
        vehicle=vehicle,
        owner=owner,
        location=location,
        lead_type="1b",
        subject="Kia gesucht",
        score=86,
        enquired_at=now - timedelta(hours=2, minutes=5),
    )

    page = text_of(browse(owner).get(LIST))

    for shown in (
        "Eva Test",
        'href="tel:+492214710123"',
        "Köln",
        "Kia gesucht",
        "Kia Ceed · €21,990",
        "juhu.auto Probefahrt",
        "Website",
        "Hot 86",
        "Sabine Köhler",
        "Filiale Süd",
        "waiting for 2 hrs.",
    ):
        assert shown in page


def test_a_row_without_anything_still_reads_well(office, browse):
    builders.make_lead(office.ours, customer=None, subject="Anruf ohne Nummer")

    page = text_of(browse(builders.make_user(office.ours)).get(LIST))

    assert "Without a name" in page
    assert "Unassigned" in page


def test_what_a_customer_wrote_is_text_and_never_markup(office, browse):
    evil = "<script>alert(1)</script>"
    customer = builders.make_customer(office.ours, first_name=evil, city=evil)
    lead = builders.make_lead(
        office.ours, customer=customer, subject=evil, message=f"eins\n{evil}", vehicle_name=evil
    )
    client = browse(builders.make_user(office.ours))

    for url in (LIST, page_of(lead)):
        page = text_of(client.get(url))
        assert evil not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_chips_lead_to_the_own_new_overdue_due_and_unassigned_leads(office, browse):
    me = builders.make_user(office.ours)
    now = timezone.now()
    contacted = builders.shared_status("contacted")
    mine = builders.make_lead(office.ours, owner=me, status=contacted)
    new = builders.make_lead(office.ours, owner=builders.make_user(office.ours))
    overdue = builders.make_lead(
        office.ours, owner=new.owner, status=contacted, follow_up_at=now - timedelta(days=2)
    )
    tonight = timezone.localtime(now).replace(hour=23, minute=59, second=0, microsecond=0)
    today = builders.make_lead(office.ours, owner=new.owner, status=contacted, follow_up_at=tonight)
    free = builders.make_lead(office.ours, status=contacted)
    builders.make_lead(office.ours, status="won", follow_up_at=now - timedelta(days=2))
    client = browse(me)

    assert found(client, view="mine") == {mine.number}
    assert found(client, view="new") == {new.number}
    assert found(client, view="overdue") == {overdue.number}
    assert found(client, view="today") == {today.number}
    assert found(client, view="unassigned") == {free.number}
    page = text_of(client.get(LIST, {"view": "new"}))
    assert '<a class="lo-chip lo-active" href="?" aria-current="true">New' in page


def test_expiring_contracts_have_a_list_and_more_time(office, browse):
    now = timezone.now()
    kind = builders.shared_lead_type("3c")
    asked = {"contract_expiring": True, "lead_type": kind, "enquired_at": now - timedelta(hours=3)}
    contract = builders.make_lead(office.ours, **asked)
    late = builders.make_lead(office.ours, **asked | {"enquired_at": now - timedelta(days=3)})
    enquiry = builders.make_lead(office.ours, enquired_at=now - timedelta(hours=3))
    builders.make_lead(office.ours, **asked, status="won")
    client = browse(builders.make_user(office.ours))

    assert found(client, view="contracts") == {contract.number, late.number}
    assert found(client, view="unanswered") == {enquiry.number}
    page = text_of(client.get(LIST, {"view": "contracts"}))
    assert "waiting for" not in page
    assert "overdue for 2 days" in page  # after the 24 hours that the type gives


def test_the_filters_narrow_the_list(office, browse):
    me = builders.make_user(office.ours)
    south = builders.make_location(office.ours)
    won = builders.make_lead(office.ours, status="won", owner=me, location=south)
    test = builders.make_lead(office.ours, is_test=True, source="telefon")
    old = builders.make_lead(office.ours, received_at=timezone.now() - timedelta(days=400))
    client = browse(me)
    long_ago = timezone.localdate(old.received_at).strftime("%m/%d/%Y")

    assert found(client, stage="closed") == {won.number}
    assert found(client, stage="open") == {test.number, old.number}
    assert found(client, status=won.status_id) == {won.number}
    assert found(client, status=[won.status_id, test.status_id]) == {
        won.number,
        test.number,
        old.number,
    }
    assert found(client, source=test.source_id) == {test.number}
    assert found(client, location=south.pk) == {won.number}
    assert found(client, location="none") == {test.number, old.number}
    assert found(client, owner=me.pk) == {won.number}
    assert found(client, owner="none") == {test.number, old.number}
    assert found(client, test="1") == {test.number}
    assert found(client, test="0") == {won.number, old.number}
    assert found(client, received_at_from=long_ago, received_at_to=long_ago) == {old.number}
    assert found(client, received_at_from="gestern") == {won.number, test.number, old.number}
    assert found(client, customer=won.customer_id) == {won.number}
    assert found(client, customer="x") == set()


def filter_choices(response, name):
    [spec] = [one for one in response.context["cl"].filter_specs if one.parameter_name == name]
    return {str(label) for value, label in spec.lookup_choices}


def test_filters_offer_nothing_of_another_dealer(office, browse):
    builders.make_location(office.ours, name="Hier")
    builders.make_location(office.theirs, name="Dort")
    Status.objects.create(dealer=office.theirs, name="Fremder Status")
    builders.make_user(office.theirs, last_name="Dortmann")

    page = browse(builders.make_user(office.ours, last_name="Hiermann")).get(LIST)

    assert filter_choices(page, "location") == {"without a location", "Hier"}
    assert filter_choices(page, "owner") == {"nobody", "Sabine Hiermann"}
    assert "Fremder Status" not in filter_choices(page, "status")


def test_a_seller_of_one_location_sees_that_location_only(office, browse):
    here, there = builders.make_location(office.ours), builders.make_location(office.ours)
    lead = builders.make_lead(office.ours, location=here)
    hidden = builders.make_lead(office.ours, location=there, customer=lead.customer)
    client = browse(builders.make_user(office.ours, locations=[here]))

    assert numbers(client.get(LIST)) == [lead.number]
    assert client.get(page_of(hidden)).status_code == 404
    assert hidden.number not in text_of(client.get(page_of(lead)))
    assert client.get(page_of(lead)).context["page"]["other_leads"] == []


# --- creditworthiness ------------------------------------------------------------------------


@pytest.mark.parametrize("may_see", [True, False])
def test_creditworthiness_shows_only_to_those_who_may_see_it(office, browse, may_see):
    lead = builders.make_lead(office.ours, lead_type="8b", precheck="negative")
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR, sees_creditworthiness=may_see)
    client = browse(user)

    for url in (LIST, page_of(lead)):
        page = client.get(url)
        assert ("Negative Kreditvoreinschätzung" in text_of(page)) is may_see
    form = page.context["adminform"].form
    assert ("precheck" in form.fields) is may_see
    assert ("lead_type" in form.fields) is may_see
    assert ("Credit pre-check: negative" in text_of(page)) is may_see


@pytest.mark.parametrize("may_see", [True, False])
def test_what_the_credit_check_adds_to_the_score_shows_only_to_those_who_may_see_it(
    office, browse, may_see
):
    office.ours.score_weights = {"precheck": 30}
    office.ours.save()
    lead = builders.make_lead(office.ours, precheck="positive")
    user = builders.make_user(office.ours, sees_creditworthiness=may_see)

    page = browse(user).get(page_of(lead))

    shown = page.context["page"]
    for lines in (shown["reasons"], shown["score_lines"]):
        assert ("Credit pre-check" in {str(line.label) for line in lines}) is may_see
    assert ("30 of 30" in text_of(page)) is may_see


def test_the_page_says_what_the_score_is_made_of(office, browse):
    lead = builders.make_lead(office.ours, test_drive_wished=True, street="")

    page = text_of(browse(builders.make_user(office.ours)).get(page_of(lead)))

    best, every = page.split("</summary>", 1)[0], page.split('lo-score">', 1)[1].split("</dl>")[0]
    assert "Wishes a test drive, callback or reservation" in best
    assert "Phone number known" in best
    assert "Name known" not in best
    assert "25 of 25" in every
    assert "0 of 2" in every  # no address
    assert "Credit pre-check" not in every


@pytest.mark.parametrize("may_see", [True, False])
def test_warnings_that_tell_the_lead_type_show_only_to_those_who_may_see_it(
    office, browse, may_see
):
    told = [
        {"code": "type_spellings_differ", "value": "8a, 8b", "field": "leadTypeId"},
        {"code": "contradicts_type", "value": "8b", "field": "leadTypeId"},
        {"code": "phone_invalid", "value": "0221 47", "field": "phone"},
    ]
    lead = builders.make_lead(office.ours, lead_type="8b", warnings=told)
    user = builders.make_user(office.ours, sees_creditworthiness=may_see)

    page = browse(user).get(page_of(lead))

    assert len(page.context["page"]["warnings"]) == (3 if may_see else 1)
    assert ("8b" in strip_tags(text_of(page))) is may_see  # not in a token by chance
    assert "0221 47" in text_of(page)


def test_types_that_differ_only_in_creditworthiness_are_one_filter(office, browse):
    good = builders.make_lead(office.ours, lead_type="8a")
    bad = builders.make_lead(office.ours, lead_type="8b")
    blind = browse(builders.make_user(office.ours))
    title = str(bad.lead_type)

    choices = filter_choices(blind.get(LIST), "type")

    assert title in choices
    assert not any("negative" in choice.casefold() for choice in choices)
    assert found(blind, type=title) == {good.number, bad.number}
    # The full title, guessed, tells nothing.
    assert found(blind, type=bad.lead_type.title) == set()
    seeing = browse(builders.make_user(office.ours, sees_creditworthiness=True))
    assert found(seeing, type=bad.lead_type.title) == {bad.number}


def test_a_posted_pre_check_of_somebody_blind_is_ignored(office, browse):
    lead = builders.make_lead(office.ours, precheck="negative")
    client = browse(builders.make_user(office.ours))

    save(client, lead, precheck="positive", subject="Neu")

    lead.refresh_from_db()
    assert (lead.subject, lead.precheck) == ("Neu", "negative")


# --- status in the list ----------------------------------------------------------------------

SCRIPT = {"HTTP_ACCEPT": "application/json"}


def test_a_click_in_the_list_changes_the_status(office, browse):
    user = builders.make_user(office.ours)
    lead = builders.make_lead(office.ours)
    contacted = builders.shared_status("contacted")

    answer = browse(user).post(page_of(lead, "status"), {"status": contacted.pk}, **SCRIPT)

    assert answer.json() == {"message": f"{lead.number}: {contacted.name}", "tone": "violet"}
    lead.refresh_from_db()
    assert lead.status == contacted
    entry = lead.activities.get(kind=Activity.Kind.STATUS_CHANGED)
    assert entry.user == user
    assert lead.history.count() == 2


def test_the_status_changes_without_a_script_too(office, browse):
    lead = builders.make_lead(office.ours)
    status = builders.shared_status("contacted")

    answer = browse(builders.make_user(office.ours)).post(
        page_of(lead, "status"), {"status": status.pk}, follow=True
    )

    assert answer.redirect_chain == [(page_of(lead), 302)]
    assert messages_of(answer) == [f"{lead.number}: {status.name}"]


def test_nobody_closes_a_lead_in_passing(office, browse):
    lead = builders.make_lead(office.ours)

    answer = browse(builders.make_user(office.ours)).post(
        page_of(lead, "status"), {"status": builders.shared_status("lost").pk}, **SCRIPT
    )

    assert answer.status_code == 422
    lead.refresh_from_db()
    assert lead.status.is_open


def test_another_dealers_status_cannot_be_chosen(office, browse):
    lead = builders.make_lead(office.ours)
    foreign = Status.objects.create(dealer=office.theirs, name="Fremd")
    client = browse(builders.make_user(office.ours, office.theirs))

    assert client.post(page_of(lead, "status"), {"status": foreign.pk}, **SCRIPT).status_code == 422


ONE_CLICK = {
    "status": {"status": "1"},
    "close": {"reason": "1"},
    "take": {},
    "activity": {"kind": "note", "text": "x"},
}


@pytest.mark.parametrize("page", ONE_CLICK)
def test_a_foreign_lead_cannot_be_clicked_at(office, browse, page):
    lead = builders.make_lead(office.theirs)
    client = browse(builders.make_user(office.ours))

    assert client.post(page_of(lead, page), ONE_CLICK[page]).status_code == 404
    lead.refresh_from_db()
    assert lead.status.is_open
    assert not lead.activities.exists()


@pytest.mark.parametrize("page", ONE_CLICK)
def test_an_auditor_only_looks(office, browse, page):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours, role=Role.AUDITOR))

    assert client.post(page_of(lead, page), ONE_CLICK[page]).status_code == 403
    shown = text_of(client.get(LIST)) + text_of(client.get(page_of(lead)))
    assert "data-status-url" not in shown
    assert page_of(lead, page) not in shown


@pytest.mark.parametrize("page", ["status", "take", "activity"])
def test_looking_changes_nothing(office, browse, page):
    lead = builders.make_lead(office.ours)

    assert browse(builders.make_user(office.ours)).get(page_of(lead, page)).status_code == 405


def test_a_click_from_another_site_changes_nothing(office, client):
    lead = builders.make_lead(office.ours)
    client.handler.enforce_csrf_checks = True
    client.force_login(builders.make_user(office.ours))
    status = builders.shared_status("contacted")

    assert client.post(page_of(lead, "status"), {"status": status.pk}).status_code == 403


# --- closing and taking ----------------------------------------------------------------------


def test_closing_asks_for_the_reason(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))
    reason = lost_reason()

    asked = client.get(page_of(lead, "close"), {"next": "/admin/leads/lead/?view=mine"})
    assert f"Lost: {reason.name}" in text_of(asked)
    again = client.post(page_of(lead, "close"), {"reason": ""})
    assert again.context["form"].errors
    done = client.post(
        page_of(lead, "close"), {"reason": reason.pk, "next": "/admin/leads/lead/?view=mine"}
    )

    assert done["Location"] == "/admin/leads/lead/?view=mine"
    lead.refresh_from_db()
    assert (lead.status.stage, lead.close_reason) == ("lost", reason)
    assert lead.closed_at is not None


def test_the_way_back_never_leaves_the_office(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))

    answer = client.post(
        page_of(lead, "close"), {"reason": lost_reason().pk, "next": "https://example.com/"}
    )

    assert answer["Location"] == page_of(lead)


def test_a_seller_takes_a_free_lead_but_nobody_elses(office, browse):
    me, colleague = builders.make_user(office.ours), builders.make_user(office.ours)
    free = builders.make_lead(office.ours)
    taken = builders.make_lead(office.ours, owner=colleague)
    client = browse(me)

    client.post(page_of(free, "take"))
    client.post(page_of(taken, "take"))

    free.refresh_from_db()
    taken.refresh_from_db()
    assert (free.owner, taken.owner) == (me, colleague)


# --- several at once -------------------------------------------------------------------------


def act(client, action, leads, **answer):
    data = {"action": action, "_selected_action": [lead.pk for lead in leads], "index": "0"}
    if answer:
        data |= {"answer": "1", **answer}
    return client.post(LIST, data, follow=True)


def test_leads_are_assigned_together(office, browse):
    manager = builders.make_user(office.ours, role=Role.MANAGER)
    owner = builders.make_user(office.ours)
    leads = [builders.make_lead(office.ours) for _number in range(3)]
    client = browse(manager)

    asked = act(client, "assign_selected", leads)
    assert "3 leads" in text_of(asked)
    assert all(f'name="_selected_action" value="{lead.pk}"' in text_of(asked) for lead in leads)
    done = act(client, "assign_selected", leads, owner=owner.pk)

    assert words_of(done) == ["3 leads changed."]
    assert Lead.objects.filter(owner=owner).count() == 3
    assert Activity.objects.filter(kind=Activity.Kind.ASSIGNED, user=manager).count() == 3


def test_assigning_costs_the_same_for_three_and_for_twenty(office, browse):
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))
    owners = [builders.make_user(office.ours), builders.make_user(office.ours)]
    leads = [builders.make_lead(office.ours) for _number in range(20)]
    act(client, "assign_selected", leads[:1], owner=owners[1].pk)

    with CaptureQueriesContext(connection) as few:
        act(client, "assign_selected", leads[:3], owner=owners[0].pk)
    with CaptureQueriesContext(connection) as many:
        act(client, "assign_selected", leads, owner=owners[0].pk)

    assert len(many) == len(few)


def test_ticked_leads_of_another_dealer_are_left_alone(office, browse):
    own, foreign = builders.make_lead(office.ours), builders.make_lead(office.theirs)
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    asked = act(client, "close_selected", [own, foreign])
    done = act(client, "close_selected", [own, foreign], reason=lost_reason().pk)

    assert foreign.number not in text_of(asked)
    assert words_of(done) == ["1 lead changed."]
    foreign.refresh_from_db()
    assert foreign.status.is_open


def test_each_ticked_lead_is_asked_whether_one_may(office, browse):
    """Manager at one dealer, seller at the other: assigning works at the first only."""
    user = builders.make_user(office.ours, role=Role.MANAGER)
    builders.make_membership(office.theirs, user, role=Role.SELLER)
    owner = builders.make_user(office.ours, office.theirs)
    here, there = builders.make_lead(office.ours), builders.make_lead(office.theirs)

    done = act(browse(user), "assign_selected", [here, there], owner=owner.pk)

    assert words_of(done) == ["1 lead changed."]
    there.refresh_from_db()
    assert there.owner is None


def test_nobody_is_given_leads_of_a_dealer_they_do_not_work_for(office, browse):
    stranger = builders.make_user(office.theirs)
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    page = act(client, "assign_selected", [lead], owner=stranger.pk)

    assert "owner" in page.context["form"].errors


def test_a_seller_is_not_offered_to_assign(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))

    page = act(client, "assign_selected", [lead], owner=builders.make_user(office.ours).pk)

    lead.refresh_from_db()
    assert lead.owner is None
    assert "assign_selected" not in text_of(page)


def test_the_status_of_several_leads_is_changed_but_not_to_a_closed_one(office, browse):
    leads = [builders.make_lead(office.ours) for _number in range(2)]
    client = browse(builders.make_user(office.ours))
    contacted, lost = builders.shared_status("contacted"), builders.shared_status("lost")

    refused = act(client, "set_status_of_selected", leads, status=lost.pk)
    assert "status" in refused.context["form"].errors
    done = act(client, "set_status_of_selected", leads, status=contacted.pk)

    assert words_of(done) == ["2 leads changed."]
    assert Lead.objects.filter(status=contacted).count() == 2


def test_closing_several_leads_needs_a_reason(office, browse):
    leads = [builders.make_lead(office.ours) for _number in range(2)]
    client = browse(builders.make_user(office.ours))

    assert "reason" in act(client, "close_selected", leads, reason="").context["form"].errors
    act(client, "close_selected", leads, reason=lost_reason().pk)

    assert Lead.objects.filter(close_reason=lost_reason(), status__stage="lost").count() == 2


def test_only_free_leads_are_taken_over(office, browse):
    me, colleague = builders.make_user(office.ours), builders.make_user(office.ours)
    free = builders.make_lead(office.ours)
    taken = builders.make_lead(office.ours, owner=colleague)

    done = act(browse(me), "take_selected", [free, taken])

    assert words_of(done) == ["1 lead changed."]
    taken.refresh_from_db()
    assert taken.owner == colleague


def test_all_found_leads_can_be_chosen_at_once(office, browse):
    for _number in range(30):
        builders.make_lead(office.ours)
    foreign = builders.make_lead(office.theirs)
    client = browse(builders.make_user(office.ours))
    first = Lead.objects.filter(dealer=office.ours).first()
    status = builders.shared_status("contacted")
    data = {
        "action": "set_status_of_selected",
        "_selected_action": [first.pk],
        "select_across": "1",
        "index": "0",
    }

    asked = client.post(LIST, data)
    done = client.post(LIST, {**data, "answer": "1", "status": status.pk}, follow=True)

    assert 'name="select_across" value="1"' in text_of(asked)
    assert words_of(done) == ["30 leads changed."]
    foreign.refresh_from_db()
    assert foreign.status != status


# --- the page of one lead --------------------------------------------------------------------


def test_the_page_costs_the_same_however_much_happened(office, browse):
    client = browse(builders.make_user(office.ours, role=Role.ADMINISTRATOR))
    short, long = full_lead(office.ours), full_lead(office.ours)
    for lead, times in ((short, 3), (long, 30)):
        for _number in range(times):
            builders.make_activity(lead, user=lead.owner)
            builders.make_entry(office.ours, lead=lead)
            builders.make_lead(office.ours, customer=lead.customer)
            MatchSuggestion.objects.create(
                dealer=office.ours,
                customer=lead.customer,
                candidate=builders.make_customer(office.ours),
                reason="same_name",
                created_at=timezone.now(),
            )
    client.get(page_of(short))

    assert len(queries(client, page_of(long))) == len(queries(client, page_of(short)))


def test_the_page_tells_everything_about_a_lead(office, browse):
    vehicle = builders.make_vehicle(office.ours, vin="WVWZZZ1KZ5W000001")
    lead = full_lead(
        office.ours,
        vehicle=vehicle,
        message="Erste Zeile\nZweite Zeile",
        test_drive_wished=True,
        trade_in_wished=True,
        finance_kind="leasing",
        score=70,
        consents=[{"purpose": "contact_phone", "granted": True, "text": "Ja, gerne."}],
        warnings=[{"code": "no_phone", "value": "", "field": ""}],
        custom_values={"Farbe": "rot"},
    )
    other = builders.make_lead(office.ours, customer=lead.customer, subject="Frühere Anfrage")
    twin = builders.make_customer(office.ours, last_name="Zwilling")
    MatchSuggestion.objects.create(
        dealer=office.ours,
        customer=lead.customer,
        candidate=twin,
        reason="same_phone_other_name",
        created_at=timezone.now(),
    )
    builders.make_activity(lead, text="Hat angerufen.")
    entry = builders.make_entry(office.ours, lead=lead, outcome=Outcome.CREATED)

    page = text_of(browse(builders.make_user(office.ours, role=Role.MANAGER)).get(page_of(lead)))

    for shown in (
        lead.full_name,
        lead.number,
        "Warm 70",
        "Wishes a test drive, callback or reservation",
        "Test drive",
        "Trade-in",
        "Leasing",
        "Erste Zeile\nZweite Zeile",
        "WVWZZZ1KZ5W000001",
        "Hat angerufen.",
        "Phone: agreed",
        "No phone number, e-mail only.",
        "Farbe",
        other.subject,
        "Zwilling",
        "Same phone, other name",
        reverse("admin:leads_intakeentry_change", args=[entry.pk]),
    ):
        assert shown in page


def test_the_ledger_is_linked_only_for_those_who_may_read_it(office, browse):
    lead = builders.make_lead(office.ours)
    entry = builders.make_entry(office.ours, lead=lead)
    url = reverse("admin:leads_intakeentry_change", args=[entry.pk])

    page = text_of(browse(builders.make_user(office.ours)).get(page_of(lead)))

    assert url not in page


def test_the_newest_comes_first_in_the_timeline(office, browse):
    lead = builders.make_lead(office.ours)
    now = timezone.now()
    for days in (1, 3, 2):
        builders.make_activity(lead, at=now - timedelta(days=days), text=f"vor {days} Tagen")

    page = browse(builders.make_user(office.ours)).get(page_of(lead))

    assert [entry.text for entry in page.context["page"]["timeline"]] == [
        "vor 1 Tagen",
        "vor 2 Tagen",
        "vor 3 Tagen",
    ]


@pytest.mark.parametrize(("kind", "is_answer"), [("note", False), ("call", True), ("mail", True)])
def test_calls_and_mails_count_as_the_first_answer_and_notes_do_not(
    office, browse, kind, is_answer
):
    user = builders.make_user(office.ours)
    lead = builders.make_lead(office.ours)

    browse(user).post(page_of(lead, "activity"), {"kind": kind, "text": "Gesprochen."})

    lead.refresh_from_db()
    assert (lead.first_response_at is not None) is is_answer
    activity = lead.activities.get()
    assert (activity.kind, activity.text, activity.user) == (kind, "Gesprochen.", user)


@pytest.mark.parametrize("data", [{"kind": "closed", "text": "x"}, {"kind": "note", "text": " "}])
def test_the_timeline_takes_only_what_people_may_write(office, browse, data):
    lead = builders.make_lead(office.ours)

    answer = browse(builders.make_user(office.ours)).post(
        page_of(lead, "activity"), data, follow=True
    )

    assert messages_of(answer) == ["Please write what happened."]
    assert not lead.activities.exists()


# --- editing ---------------------------------------------------------------------------------


def form_data(client, lead, **changes):
    """What a browser would send back from the lead's page, changed here and there."""
    form = client.get(page_of(lead)).context["adminform"].form
    data = {form.SEEN: form.seen_version}
    for name, field in form.fields.items():
        value = form[name].value()
        if isinstance(field, forms.BooleanField):
            data |= {name: "on"} if value else {}
        elif isinstance(field, forms.SplitDateTimeField):
            parts = field.widget.decompress(value)
            texts = [
                one.format_value(part)
                for one, part in zip(field.widget.widgets, parts, strict=True)
            ]
            data |= {f"{name}_{place}": text or "" for place, text in enumerate(texts)}
        elif isinstance(value, list):
            data[name] = [one.pk for one in value]
        else:
            data[name] = "" if value is None else field.widget.format_value(value) or ""
    return data | changes


def save(client, lead, **changes):
    return client.post(page_of(lead), form_data(client, lead, **changes))


def test_editing_tells_the_timeline_what_changed(office, browse):
    manager = builders.make_user(office.ours, role=Role.MANAGER)
    owner = builders.make_user(office.ours, first_name="Jörg", last_name="Brügge")
    lead = builders.make_lead(office.ours)
    contacted = builders.shared_status("contacted")

    answer = save(
        browse(manager), lead, status=contacted.pk, owner=owner.pk, subject="Neuer Betreff"
    )

    assert answer.status_code == 302
    lead.refresh_from_db()
    assert (lead.status, lead.owner, lead.subject) == (contacted, owner, "Neuer Betreff")
    entries = {activity.kind: activity for activity in lead.activities.all()}
    assert set(entries) == {"status_changed", "assigned", "changed"}
    assert "Jörg Brügge" in entries["assigned"].text
    assert all(activity.user == manager for activity in entries.values())
    assert lead.history.first().history_user == manager


def test_saving_without_a_change_leaves_no_trace(office, browse):
    lead = full_lead(office.ours, follow_up_at=timezone.now().replace(microsecond=0))
    client = browse(builders.make_user(office.ours, role=Role.MANAGER))

    assert save(client, lead).status_code == 302

    assert not lead.activities.exists()
    assert lead.history.count() == 1


def test_two_people_do_not_overwrite_each_other(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))
    mine = form_data(client, lead, subject="Meiner")
    save(client, lead, subject="Ihrer")

    answer = client.post(page_of(lead), mine)
    again = client.post(
        page_of(lead), {**mine, "seen_version": answer.context["adminform"].form.seen_version}
    )

    for refused in (answer, again):
        assert "Somebody else changed this lead" in text_of(refused)
    lead.refresh_from_db()
    assert lead.subject == "Ihrer"


def test_a_closed_status_needs_a_fitting_reason(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))
    lost, won = builders.shared_status("lost"), builders.shared_status("won")

    without = save(client, lead, status=lost.pk)
    wrong = save(client, lead, status=won.pk, close_reason=lost_reason().pk)
    right = save(client, lead, status=lost.pk, close_reason=lost_reason().pk)

    assert "close_reason" in without.context["adminform"].form.errors
    assert "close_reason" in wrong.context["adminform"].form.errors
    assert right.status_code == 302
    lead.refresh_from_db()
    assert lead.closed_at is not None


def test_a_seller_may_take_a_lead_in_the_form_but_not_give_it_away(office, browse):
    me, colleague = builders.make_user(office.ours), builders.make_user(office.ours)
    lead = builders.make_lead(office.ours)
    client = browse(me)

    assert "owner" in save(client, lead, owner=colleague.pk).context["adminform"].form.errors
    assert save(client, lead, owner=me.pk).status_code == 302


def test_a_probability_over_a_hundred_is_said_in_words(office, browse):
    lead = builders.make_lead(office.ours)

    page = save(browse(builders.make_user(office.ours)), lead, probability="120")

    assert page.context["adminform"].form.errors["probability"] == [
        "Please enter a number from 0 to 100."
    ]


def is_unfolded(page):
    return '<details class="lo-edit" id="all-details" open>' in text_of(page)


def test_the_form_is_folded_until_somebody_edits(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))

    page = client.get(page_of(lead))

    assert not is_unfolded(page)
    assert is_unfolded(client.get(page.context["page"]["edit_url"]))
    # Folded by the browser, not by a script: the fields are all there.
    before, _details, folded = text_of(page).partition('<details class="lo-edit"')
    assert 'name="monthly_rate"' in folded
    assert 'name="monthly_rate"' not in before


def test_the_form_stays_open_for_errors_and_for_further_editing(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))

    assert is_unfolded(save(client, lead, probability="120"))
    answer = save(client, lead, subject="Neu", _continue="1")
    assert answer.status_code == 302
    assert is_unfolded(client.get(answer.url))


def test_the_list_one_came_from_is_kept_while_editing(office, browse):
    lead = builders.make_lead(office.ours)
    kept = {"_changelist_filters": "quick=mine"}

    page = browse(builders.make_user(office.ours)).get(page_of(lead), kept)

    assert page.context["page"]["edit_url"].endswith("?_changelist_filters=quick%3Dmine&edit=1")


@pytest.mark.parametrize("typed", ["28.490,50", "28490,50", "28490.50"])
def test_numbers_are_shown_and_typed_as_in_germany(office, client, typed):
    lead = builders.make_lead(office.ours, monthly_rate="28490.00", annual_mileage_km=15_000)
    client.force_login(builders.make_user(office.ours))
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "de"

    shown = text_of(client.get(page_of(lead)))
    assert 'value="28.490,00"' in shown
    assert 'value="15.000"' in shown

    changes = {"monthly_rate": typed, "annual_mileage_km": "20.000"}
    assert save(client, lead, **changes).status_code == 302
    lead.refresh_from_db()
    assert (lead.monthly_rate, lead.annual_mileage_km) == (Decimal("28490.50"), 20_000)


def test_numbers_are_shown_and_typed_as_in_england(office, browse):
    lead = builders.make_lead(office.ours, monthly_rate="28490.00")
    client = browse(builders.make_user(office.ours))

    assert 'value="28,490.00"' in text_of(client.get(page_of(lead)))
    assert save(client, lead, monthly_rate="1,234.50").status_code == 302
    lead.refresh_from_db()
    assert lead.monthly_rate == Decimal("1234.50")


def test_sections_that_nobody_filled_are_folded(office, browse):
    lead = builders.make_lead(office.ours, expected_value=20_000)

    page = browse(builders.make_user(office.ours)).get(page_of(lead))

    folded = {
        str(fieldset.name): "collapse" in fieldset.classes for fieldset in page.context["adminform"]
    }
    assert not folded["Value"]
    assert folded["Financing and contract"]
    assert not folded["Contact"]


def test_a_section_is_not_folded_over_an_error(office, browse):
    lead = builders.make_lead(office.ours)

    page = save(browse(builders.make_user(office.ours)), lead, probability="120")

    sections = {str(fieldset.name): fieldset for fieldset in page.context["adminform"]}
    assert not sections["Value"].is_collapsible
    assert sections["Financing and contract"].is_collapsible


# --- typing one in ---------------------------------------------------------------------------

ADD = "/admin/leads/lead/add/"


def typed(**values):
    data = {
        "last_name": "Groß",
        "first_name": "Jana",
        "phone": "0221 4710123",
        "source": builders.shared_source("telefon").pk,
        "message": "Ruft wegen des roten Kia an.",
        "country": "DE",
    }
    return {**data, **values}


def test_a_lead_typed_in_takes_the_same_way_in_as_all_others(office, browse):
    seller = builders.make_user(office.ours)
    vehicle = builders.make_vehicle(office.ours)
    client = browse(seller)

    answer = client.post(
        ADD, typed(vehicle=vehicle.pk, owner=seller.pk, callback_wished="on"), follow=True
    )

    lead = Lead.objects.get()
    assert answer.redirect_chain[-1][0] == page_of(lead)
    assert (lead.dealer, lead.owner, lead.vehicle) == (office.ours, seller, vehicle)
    assert (lead.source.key, lead.last_name, lead.callback_wished) == ("telefon", "Groß", True)
    assert lead.customer.full_name == "Jana Groß"
    assert lead.number
    assert lead.subject
    entry = IntakeEntry.objects.get()
    assert (entry.channel, entry.outcome, entry.lead) == (Channel.MANUAL, Outcome.CREATED, lead)
    assert json.loads(entry.raw)["contact"]["last_name"] == "Groß"
    assert lead.enquiries.get().entered_by == seller


def test_a_double_click_makes_one_lead(office, browse):
    client = browse(builders.make_user(office.ours))
    token = client.get(ADD).context["adminform"].form["token"].value()

    for _click in range(2):
        assert client.post(ADD, typed(token=token)).status_code == 302

    assert Lead.objects.count() == 1
    assert IntakeEntry.objects.get().times_received == 2


def test_a_lead_needs_somebody_to_talk_to(office, browse):
    page = browse(builders.make_user(office.ours)).post(
        ADD, typed(first_name="", last_name="", phone="")
    )

    assert "Please enter a name, an e-mail address or a phone number." in text_of(page)
    assert not Lead.objects.exists()


def test_a_known_customer_need_not_be_typed_again(office, browse):
    customer = builders.make_customer(office.ours)
    client = browse(builders.make_user(office.ours))

    client.post(ADD, typed(customer=customer.pk, first_name="", last_name="", phone=""))

    lead = Lead.objects.get()
    assert (lead.customer, lead.last_name, lead.phone) == (
        customer,
        customer.last_name,
        customer.phone,
    )


def test_a_customer_of_another_dealer_cannot_be_chosen(office, browse):
    foreign = builders.make_customer(office.theirs)
    client = browse(builders.make_user(office.ours))

    page = client.post(ADD, typed(customer=foreign.pk))

    assert "customer" in page.context["adminform"].form.errors
    # Nor does the address bar show who that is.
    assert foreign.last_name not in text_of(client.get(ADD, {"customer": foreign.pk}))


def test_for_two_dealers_what_was_chosen_must_belong_together(office, browse):
    client = browse(builders.make_user(office.ours, office.theirs))
    there = builders.make_location(office.theirs)

    page = client.post(ADD, typed(dealer=office.ours.pk, location=there.pk))
    assert page.context["adminform"].form.errors["location"] == ["This belongs to another dealer."]
    client.post(ADD, typed(dealer=office.theirs.pk, location=there.pk))

    assert Lead.objects.get().dealer == office.theirs


def test_an_auditor_types_nothing_in(office, browse):
    client = browse(builders.make_user(office.ours, role=Role.AUDITOR))

    assert client.get(ADD).status_code == 403
    assert client.post(ADD, typed()).status_code == 403


# --- lists out -------------------------------------------------------------------------------


def test_an_export_holds_what_the_list_shows_and_one_may_take_out(office, browse):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    builders.make_membership(office.theirs, user, role=Role.SELLER)
    shown = builders.make_lead(office.ours, subject="Dabei")
    builders.make_lead(office.ours, subject="Ausgefiltert", status="won")
    builders.make_lead(office.theirs, subject="Fremdling")

    answer = browse(user).post(
        reverse("admin:leads_lead_export", query={"stage": "open"}),
        {"format": "csv", "columns": ["subject"], "columns-subject": "1"},
    )

    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert shown.subject in text
    assert "Ausgefiltert" not in text
    assert "Fremdling" not in text


@pytest.mark.parametrize("page", ["listimport_add", "lead_export"])
def test_a_seller_takes_no_lists_in_or_out(office, browse, page):
    client = browse(builders.make_user(office.ours))

    assert client.get(reverse(f"admin:leads_{page}")).status_code == 403
    assert reverse(f"admin:leads_{page}") not in text_of(client.get(LIST))


def test_two_phone_numbers_typed_into_one_field_become_two(office, browse):
    client = browse(builders.make_user(office.ours))

    client.post(ADD, typed(phone="030 23125101 / 0171 3920044"))

    lead = Lead.objects.get()
    assert (lead.phone_key, lead.mobile_key) == ("+493023125101", "+491713920044")


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("phone", "abc", "“abc” is not a complete phone number."),
        ("mobile", "0171", "“0171” is not a complete phone number."),
        ("email", "kein@", "“kein@” is not an e-mail address."),
    ],
)
def test_contact_data_that_lead_nowhere_are_said_while_they_are_typed(
    office, browse, name, value, error
):
    page = browse(builders.make_user(office.ours)).post(ADD, typed(**{name: value}))

    assert page.context["adminform"].form.errors[name] == [error]
    assert not Lead.objects.exists()


def test_odd_contact_data_of_a_sender_do_not_block_other_changes(office, browse):
    lead = builders.make_lead(office.ours, phone="abc")

    save(browse(builders.make_user(office.ours)), lead, campaign="Frühjahr")

    lead.refresh_from_db()
    assert (lead.campaign, lead.phone) == ("Frühjahr", "abc")


def test_amounts_are_not_negative_and_a_budget_stands_in_order(office, browse):
    lead = builders.make_lead(office.ours)
    client = browse(builders.make_user(office.ours))

    page = save(client, lead, expected_value="-5")
    assert page.context["adminform"].form.errors["expected_value"] == [
        "Please enter a number from 0 on."
    ]

    save(client, lead, budget_from="50000", budget_to="1000")
    lead.refresh_from_db()
    assert (lead.budget_from, lead.budget_to) == (1000, 50000)
