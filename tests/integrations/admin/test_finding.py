"""Findings of the export control: the list, the page of one, and acknowledging."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from integrations.models import Finding
from leads.models import Role
from tests.builders import make_lead, make_location, make_user, make_vehicle
from tests.integrations.automanager.nursery import (
    ad,
    app,
    car,
    look,
    make_automanager,
    refusal,
    sent,
)
from tests.leads.admin.conftest import messages_of, text_of

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integrations_finding_changelist")
LOCK = {"since": None, "action": "delete", "limit": 6, "actual": 8}


def page_of(finding, page="change"):
    return reverse(f"admin:integrations_finding_{page}", args=[finding.pk])


def refused(n, text="Verbrauchsangabe fehlt"):
    return sent(n, action="create", result="error", feedback=[refusal(text)])


@pytest.fixture
def found(office):
    """A locked export (AM-01), a refused car A-1 (AM-20), a wrong price of A-2 (AM-27); and one
    finding of somebody else's."""
    ours = make_automanager(office.ours)
    look(
        ours,
        apps=[app(state="locked", lock=LOCK)],
        stock=[car(), car(2)],
        sends=[refused(1), sent(2)],
        ads=[ad(), ad(2, price="19900.00")],
    )
    look(make_automanager(office.theirs), sends=[refused(1, "Fremde Meldung")])
    return {one.check_code: one for one in Finding.objects.for_dealer(office.ours)}


@pytest.fixture
def manager(office):
    return make_user(office.ours, role=Role.MANAGER)


def act(client, action, findings, *, view="", **values):
    chosen = {"action": action, "_selected_action": [one.pk for one in findings], "index": 0}
    return client.post(f"{LIST}?view={view}", {**chosen, **values}, follow=True)


def states():
    """Whether each open finding is quiet."""
    return dict(Finding.objects.open().values_list("pk", "acknowledged_at"))


# --- looking ---------------------------------------------------------------------------------


def test_the_list_shows_the_worst_first_with_sentence_place_and_state(browse, found, manager):
    page = text_of(browse(manager).get(LIST))

    assert page.index("Interface locked") < page.index("Car refused") < page.index("Price differs")
    assert "8 × deletion, allowed are 6" in page
    assert "mobile.de 123456 · A-1" in page
    assert str(found["AM-20"].location) in page
    assert "Fremde Meldung" not in page


def test_findings_are_found(browse, found, manager):
    client, everything = browse(manager), {"AM-01", "AM-20", "AM-27"}
    cases = {
        "q=a-1": {"AM-20"},
        "q=WTESTER0000000002": {"AM-27"},
        "severity=critical": {"AM-01"},
        "check=AM-20&check=AM-27": {"AM-20", "AM-27"},
        "location=none": set(),
        f"location={found['AM-01'].location_id}": everything,
        f"app__id__exact={found['AM-01'].app_id}": everything,
    }

    shown = {query: client.get(f"{LIST}?{query}").context["cl"].result_list for query in cases}
    assert {query: {one.check_code for one in rows} for query, rows in shown.items()} == cases


def test_chips_part_what_is_open_acknowledged_and_done(browse, found, manager):
    client = browse(manager)
    client.post(page_of(found["AM-27"], "acknowledge"), {"note": "So abgesprochen."})
    Finding.objects.filter(pk=found["AM-20"].pk).update(closed_at=timezone.now())

    def listed(**query):
        rows = client.get(LIST, query).context["cl"].result_list
        return [one.check_code for one in rows]

    assert (listed(), listed(view="acknowledged")) == (["AM-01"], ["AM-27"])
    assert listed(view="closed") == ["AM-20"]


def test_the_page_says_what_to_do_and_leads_to_the_car_and_the_lead(browse, office, manager):
    connection = make_automanager(office.ours)
    vehicle = make_vehicle(office.ours, internal_number="A-1", vin="WTESTER0000000001")
    lead = make_lead(office.ours, vehicle=vehicle)
    look(connection, stock=[car(status="sold")], ads=[])
    page = text_of(browse(manager).get(page_of(Finding.objects.get(lead=lead))))

    assert "The car that was asked for is sold." in page
    assert "Offer another car, or close the lead with the fitting reason." in page
    assert reverse("admin:leads_vehicle_change", args=[vehicle.pk]) in page
    assert reverse("admin:leads_lead_change", args=[lead.pk]) in page


def test_other_dealers_meet_none_of_it(browse, office, found):
    client = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))
    finding = found["AM-01"]

    assert client.get(page_of(finding)).status_code == 404
    for page in ("acknowledge", "speak-again"):
        assert client.post(page_of(finding, page), {"note": "x"}).status_code == 404
    act(client, "acknowledge_selected", found.values(), note="x", answer="1")
    assert not any(states().values())


def test_a_location_of_others_is_not_seen_by_a_member_of_one(browse, office, found):
    elsewhere = make_location(office.ours)
    finding, at_none = found["AM-01"], found["AM-20"]
    Finding.objects.filter(pk=at_none.pk).update(location=None)
    here = make_user(office.ours, role=Role.MANAGER, locations=[elsewhere])
    client = browse(here)

    assert [one.pk for one in client.get(LIST).context["cl"].result_list] == [at_none.pk]
    assert client.get(page_of(finding)).status_code == 404
    act(client, "acknowledge_selected", found.values(), note="x", answer="1")
    assert {pk for pk, at in states().items() if at} == {at_none.pk}


def test_a_page_costs_the_same_for_any_number(browse, found, manager, django_assert_num_queries):
    client, connection = browse(manager), found["AM-01"].connection
    client.get(LIST)
    with django_assert_num_queries(15, exact=False) as few:
        client.get(LIST)
    look(connection, stock=[car(n) for n in range(1, 16)], sends=[refused(n) for n in range(1, 16)])
    with django_assert_num_queries(len(few)):
        assert len(client.get(LIST).context["cl"].result_list) > 10


# --- acknowledging ---------------------------------------------------------------------------


def test_several_are_acknowledged_with_one_note(browse, found, manager):
    client = browse(manager)
    chosen = [found["AM-20"], found["AM-27"]]
    asked = text_of(act(client, "acknowledge_selected", chosen))
    assert "2 findings" in asked
    assert "19,900.00 € on the platform" in asked

    silent = act(client, "acknowledge_selected", chosen, note=" ", answer="1")
    assert "This field is required." in text_of(silent)
    assert not any(states().values())

    answer = act(client, "acknowledge_selected", chosen, note="Kommt am Montag.", answer="1")

    assert "2 findings acknowledged" in messages_of(answer)[0]
    assert {pk for pk, at in states().items() if at} == {one.pk for one in chosen}
    page = text_of(client.get(page_of(found["AM-20"])))
    assert "Kommt am Montag." in page
    assert f"Acknowledged by {manager}" in page
    # Notes are free text: they stand at the finding and nowhere else.
    assert LogEntry.objects.count() == 2
    assert not LogEntry.objects.filter(change_message__contains="Montag").exists()


def test_an_acknowledgement_is_taken_back(browse, found, manager):
    client, finding = browse(manager), found["AM-27"]
    client.post(page_of(finding, "acknowledge"), {"note": "So abgesprochen."})
    client.post(page_of(finding, "speak-again"))
    assert not any(states().values())

    client.post(page_of(finding, "acknowledge"), {"note": "Doch nicht."})
    answer = act(client, "speak_again_selected", found.values(), view="all")
    assert "1 finding is reported again." in messages_of(answer)[-1]

    assert not any(states().values())
    page = text_of(client.get(page_of(finding)))
    assert page.index("Wieder gemeldet") < page.index("Quittiert")  # the log, in the office's words
    assert "Doch nicht." in page


@pytest.mark.parametrize("role", [Role.SELLER, Role.AUDITOR])
def test_who_may_only_look_acknowledges_nothing(browse, office, found, role):
    client = browse(make_user(office.ours, role=role))
    finding = found["AM-01"]
    act(client, "acknowledge_selected", found.values(), note="x", answer="1")

    assert client.post(page_of(finding, "acknowledge"), {"note": "x"}).status_code == 403
    assert client.post(page_of(finding, "speak-again")).status_code == 403
    assert "acknowledge/" not in text_of(client.get(page_of(finding)))
    assert not any(states().values())


def test_rights_of_one_dealer_are_not_carried_to_another(browse, office, found):
    both = make_user(office.ours, role=Role.SELLER)
    both.memberships.create(dealer=office.theirs, role=Role.MANAGER)
    everything = list(Finding.objects.all())
    act(browse(both), "acknowledge_selected", everything, note="Ja.", answer="1")

    quiet = Finding.objects.exclude(acknowledged_at=None)
    assert {one.dealer_id for one in quiet} == {office.theirs.pk}
