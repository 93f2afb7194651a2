"""The list of handovers, the page of one, and what a person decides there."""

import pytest
from django.urls import reverse

from integrations.models import Handover
from leads.models import Role
from tests.builders import make_location, make_user
from tests.integrations.drklein.conftest import make_desk
from tests.leads.admin.conftest import messages_of, text_of

pytestmark = pytest.mark.django_db
LIST = reverse("admin:integrations_handover_changelist")


def page_of(handover):
    return reverse("admin:integrations_handover_change", args=[handover.pk])


def decide(client, handover, answer, **values):
    url = reverse("admin:integrations_handover_decide", args=[handover.pk])
    return client.post(url, {"answer": answer, **values}, follow=True)


@pytest.fixture
def desk(partner):
    return make_desk(partner)


@pytest.fixture
def unclear(desk, partner):
    partner.faults["vorgang"] = [{"status": 500, "json": {"message": "intern"}}]
    handover = desk.order()
    desk.send()
    return handover


def test_the_list_says_where_each_stands(browse, desk, partner):
    desk.order()
    desk.send()
    shown = text_of(browse(desk.manager).get(LIST))

    for words in (desk.lead.number, "DK0001", "Handed over", "Test"):
        assert words in shown
    found = browse(desk.manager).get(LIST, {"q": "DK00"})
    assert desk.lead.number in text_of(found)
    assert desk.lead.number not in text_of(browse(desk.manager).get(LIST, {"q": "XX"}))


def test_the_page_shows_every_attempt_and_what_was_sent(browse, desk, partner):
    partner.drklein.messages = ["antragsteller1.herkunft.steuerId: Wert nicht übernommen"]
    partner.faults["vorgang"] = [{"status": 429, "json": {"message": "langsam"}}]
    handover = desk.order()
    desk.send()
    Handover.objects.update(next_attempt_at=desk.now)
    desk.send()
    shown = text_of(browse(desk.manager).get(page_of(handover)))

    first, second = handover.log.order_by("pk")
    for words in ("429", "langsam", "201", str(first.trace_id), str(second.trace_id)):
        assert words in shown
    assert "steuerId: Wert nicht übernommen" in shown
    assert desk.lead.last_name in shown
    on_lead = text_of(
        browse(desk.manager).get(reverse("admin:leads_lead_change", args=[desk.lead.pk]))
    )
    assert "Case DK0001" in on_lead
    assert "steuerId: Wert nicht übernommen" in on_lead


def test_an_unclear_one_is_decided_by_a_manager(browse, desk, unclear, partner):
    client = browse(desk.manager)
    shown = text_of(client.get(page_of(unclear)))
    assert "does not send it a second time by itself" in shown

    answer = decide(client, unclear, "arrived", case_number=" AB12CD ")
    assert messages_of(answer) == ["Noted: the lead has arrived at Dr. Klein."]
    handover = desk.stored()
    assert (handover.state, handover.case_number) == (Handover.State.FORWARDED, "AB12CD")
    assert len(partner.log) == 2  # a token and one case: nothing was sent again


def test_not_arrived_leads_to_a_new_order(browse, desk, unclear):
    client = browse(desk.manager)
    answer = decide(client, unclear, "not_arrived")

    assert reverse("admin:leads_lead_handover", args=[desk.lead.pk]) in text_of(answer)
    assert desk.stored().state == Handover.State.NOT_ARRIVED


def test_a_number_can_be_added_to_what_came_without_one(browse, desk, partner):
    partner.faults["vorgang"] = [{"status": 201, "json": {}}]
    handover = desk.order()
    desk.send()
    decide(browse(desk.manager), handover, "arrived", case_number="DK7")

    assert (desk.stored().state, desk.stored().case_number) == (Handover.State.FORWARDED, "DK7")


def test_what_waits_can_be_withdrawn(browse, desk):
    handover = desk.order()
    decide(browse(make_user(desk.dealer)), handover, "withdraw")

    assert desk.stored().state == Handover.State.WITHDRAWN
    again = decide(browse(desk.manager), handover, "withdraw")
    assert "Something else became of it" in messages_of(again)[0]


def test_a_seller_does_not_decide_what_arrived(browse, desk, unclear):
    client = browse(make_user(desk.dealer))

    assert "It has arrived" not in text_of(client.get(page_of(unclear)))
    assert decide(client, unclear, "arrived").status_code == 403
    assert decide(client, unclear, "not_arrived").status_code == 403
    assert desk.stored().state == Handover.State.UNKNOWN


def test_an_auditor_sees_that_it_was_sent_but_not_what(browse, desk, unclear):
    client = browse(make_user(desk.dealer, role=Role.AUDITOR))
    shown = text_of(client.get(page_of(unclear)))

    assert "1985-04-17" not in shown
    assert desk.lead.email not in shown
    assert "intern" not in shown
    assert decide(client, unclear, "withdraw").status_code == 403


@pytest.mark.parametrize("answer", ["", "arrived", "unsinn"])
def test_nonsense_decides_nothing(browse, desk, unclear, answer):
    decide(browse(desk.manager), unclear, answer, case_number="x" * 65)

    assert desk.stored().state == Handover.State.UNKNOWN


def test_a_foreign_one_does_not_exist(browse, desk, unclear, office):
    client = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))

    assert desk.lead.number not in text_of(client.get(LIST))
    assert client.get(page_of(unclear)).status_code == 404
    assert decide(client, unclear, "not_arrived").status_code == 404
    assert desk.stored().state == Handover.State.UNKNOWN


def test_that_of_another_location_does_not_exist(browse, desk, unclear):
    here, there = make_location(desk.dealer), make_location(desk.dealer)
    type(desk.lead).objects.filter(pk=desk.lead.pk).update(location=there)
    client = browse(make_user(desk.dealer, locations=[here]))

    assert client.get(page_of(unclear)).status_code == 404


def test_the_sidebar_counts_what_waits_for_a_person(browse, desk, unclear):
    shown = text_of(browse(desk.manager).get(LIST))

    assert 'href="/admin/integrations/handover/"' in shown.replace("\n", "")
    [entry] = [
        item
        for group in browse(desk.manager).get(LIST).context["sidebar_navigation"]
        for item in group["items"]
        if item["link"] == LIST
    ]
    assert entry["badge"] == "1"
