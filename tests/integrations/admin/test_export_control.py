"""The page „Exportkontrolle“ and the record of checks."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations.admin.export_places import MAX_CHIPS
from integrations.admin.export_trend import days_of
from integrations.models import Connection, ExportApp, ExportCheck, Finding
from integrations.simulator.automanager import ACCESS_TOKEN
from leads.background import run_due_jobs
from leads.models import Job, Location, Role, Worker
from tests.builders import make_location, make_user, make_vehicle
from tests.integrations.automanager.nursery import (
    app,
    car,
    look,
    make_automanager,
    page,
    refusal,
    run,
    sent,
)
from tests.leads.admin.conftest import messages_of, text_of

pytestmark = pytest.mark.django_db

CONTROL = reverse("admin:integrations_finding_control")
CHECKS = reverse("admin:integrations_exportcheck_changelist")
LOCK = {"since": "2026-03-04T07:12:00+01:00", "action": "delete", "limit": 6, "actual": 8}


def check_url(connection):
    return reverse("admin:integrations_finding_check", args=[connection.pk])


def refused(n):
    return sent(n, action="create", result="error", feedback=[refusal()])


@pytest.fixture
def connection(office):
    return make_automanager(office.ours)


@pytest.fixture
def manager(office):
    return make_user(office.ours, role=Role.MANAGER)


# --- what it shows ---------------------------------------------------------------------------


def test_without_a_connection_it_says_how_it_begins(browse, office):
    administrator = make_user(office.ours, role=Role.ADMINISTRATOR)
    seller = make_user(office.ours, role=Role.SELLER)
    add = f"{reverse('admin:integrations_connection_add')}?partner=automanager"

    assert add in text_of(browse(administrator).get(CONTROL))
    told = text_of(browse(seller).get(CONTROL))
    assert "No connection with Automanager yet." in told
    assert add not in told
    assert browse(make_user()).get(CONTROL).status_code == 403


def test_a_connection_whose_locations_have_no_code_asks_for_them(browse, office, connection):
    Location.objects.update(automanager_code="")
    administrator = make_user(office.ours, role=Role.ADMINISTRATOR)
    locations = f'href="{reverse("admin:leads_location_changelist")}">Enter the codes'

    told = text_of(browse(administrator).get(CONTROL))
    assert "No location has an Automanager code yet." in told
    assert "Nothing was checked yet." in told
    assert locations in told
    assert locations not in text_of(browse(make_user(office.ours)).get(CONTROL))


def test_many_locations_are_chosen_from_a_list(browse, connection, manager):
    places = [
        make_location(connection.dealer, automanager_code=f"CODE{n}") for n in range(MAX_CHIPS)
    ]
    key = f"{connection.dealer_id}-{places[3].pk}"
    shown = text_of(browse(manager).get(CONTROL, {"place": key}))

    assert shown.count(f'<option value="{connection.dealer_id}-') == MAX_CHIPS + 1
    assert f'<option value="{key}" selected>' in shown
    assert f"Exports of {places[3]}" in shown


def test_a_locked_export_is_told_with_limit_and_what_to_do(browse, connection, manager):
    vehicle = make_vehicle(connection.dealer, internal_number="A-1", vin="WTESTER0000000001")
    look(
        connection, apps=[app(state="locked", lock=LOCK, released_vehicles=148)], sends=[refused(1)]
    )
    shown = text_of(browse(manager).get(CONTROL))

    assert "8 × deletion, allowed are 6. Nothing goes out." in shown
    assert "148" in shown
    assert shown.index("Interface locked") < shown.index("Car refused by the platform")
    assert "Look for the cause in the import history" in shown
    assert reverse("admin:leads_vehicle_change", args=[vehicle.pk]) in shown


def test_many_findings_of_one_kind_are_told_once(browse, connection, manager):
    look(connection, stock=[car(n) for n in range(1, 9)], sends=[refused(n) for n in range(1, 9)])
    shown = text_of(browse(manager).get(CONTROL))

    assert shown.count("Correct the field that is named") == 1
    assert "5 more findings" in shown
    assert "check=AM-20" in shown


def test_each_location_has_its_own_and_what_is_at_none_stands_apart(browse, connection, manager):
    look(connection, sends=[refused(1)])
    place = Finding.objects.get().location
    other = make_location(connection.dealer, automanager_code="MUSTER2")
    look(connection, told={"/v1/export-apps": page([{"platform": "x"}])})
    client = browse(manager)

    first = text_of(client.get(CONTROL))
    assert "Car refused by the platform" in first
    assert f"?place={connection.dealer_id}-{other.pk}" in first
    elsewhere = text_of(client.get(CONTROL, {"place": f"{connection.dealer_id}-{other.pk}"}))
    assert "Car refused" not in elsewhere
    nowhere = text_of(client.get(CONTROL, {"place": f"{connection.dealer_id}-"}))
    assert "answer is not as agreed" in nowhere
    assert "Car refused" not in nowhere
    assert f"Exports of {place}" in first


def test_all_is_well_only_after_a_look_at_everything(browse, connection, manager):
    client = browse(manager)
    fine, not_known = "Nothing is wrong here.", "but not everything could be checked."
    assert "Nothing was checked yet." in text_of(client.get(CONTROL))
    look(connection)
    assert fine in text_of(client.get(CONTROL))
    look(connection, ads="missing")
    assert not_known in text_of(client.get(CONTROL))
    look(connection)
    ExportCheck.objects.filter(pk=ExportCheck.objects.latest("pk").pk).update(
        state=ExportCheck.State.FAILED
    )
    assert not_known in text_of(client.get(CONTROL))


def test_nobody_sees_the_exports_of_another_dealer_or_location(browse, office, connection):
    look(connection, sends=[refused(1)])
    make_automanager(office.theirs, name="Fremde Anbindung")
    mine = make_location(office.ours)
    place = Finding.objects.get().location
    asked = {"place": f"{office.ours.pk}-{place.pk}"}

    stranger = browse(make_user(office.theirs, role=Role.ADMINISTRATOR))
    assert place.name not in text_of(stranger.get(CONTROL, asked))
    assert stranger.post(check_url(connection)).status_code == 404
    limited = text_of(browse(make_user(office.ours, locations=[mine])).get(CONTROL, asked))
    assert place.name not in limited
    assert "Car refused" not in limited
    assert "Fremde Anbindung" not in limited


def test_the_sidebar_counts_errors_that_are_open_and_loud(browse, connection, manager):
    look(connection, apps=[app(state="locked", lock=LOCK)], sends=[refused(1)])
    Finding.objects.filter(check_code="AM-20").update(acknowledged_at=timezone.now())
    groups = browse(manager).get(CONTROL).context["sidebar_navigation"]
    [entry] = [one for group in groups for one in group["items"] if one["link"] == CONTROL]

    assert (entry["badge"], entry["active"]) == ("1", True)


def test_it_costs_the_same_for_any_number(browse, connection, manager, django_assert_num_queries):
    client = browse(manager)
    look(connection, sends=[refused(1)])
    client.get(CONTROL)
    with django_assert_num_queries(30, exact=False) as few:
        client.get(CONTROL)
    apps = [app(f"app-{n}") for n in range(1, 6)]
    look(
        connection,
        apps=apps,
        stock=[car(n) for n in range(1, 12)],
        sends=[refused(n) for n in range(1, 12)],
    )
    with django_assert_num_queries(len(few)):
        assert text_of(client.get(CONTROL)).count("exports-card ") == 5


# --- the trend -------------------------------------------------------------------------------


def make_check(connection, back, counts, **values):
    at = timezone.now() - timedelta(days=back)
    return ExportCheck.objects.create(
        **{
            "dealer": connection.dealer,
            "connection": connection,
            "started_at": at,
            "state": ExportCheck.State.DONE,
            "open_counts": {"7": counts},
            **values,
        }
    )


def test_a_day_without_a_check_is_a_gap_and_one_without_findings_is_not(connection):
    make_check(connection, 3, {"error": 5})
    make_check(connection, 3, {"error": 2, "info": 1})  # the last one of that day counts
    make_check(connection, 1, {})
    make_check(connection, 2, {"error": 9}, state=ExportCheck.State.FAILED)
    make_check(connection, 40, {"error": 9})
    days = days_of([connection.pk], "7", today=timezone.localdate())

    assert len(days) == 30
    assert [day.counts for day in days[-4:]] == [{"error": 2, "info": 1}, None, {}, None]
    assert all(day.counts is None for day in days[:-4])


def test_the_trend_is_a_chart_and_a_table(browse, connection, manager):
    place = connection.dealer.pk, make_location(connection.dealer, automanager_code="X").pk
    make_check(connection, 1, {}, open_counts={str(place[1]): {"critical": 4}})
    shown = text_of(browse(manager).get(CONTROL, {"place": f"{place[0]}-{place[1]}"}))

    assert "On 29 days nobody looked" in shown
    assert shown.count("not checked") == 29
    assert "<td>4</td>" in shown


# --- checking now ----------------------------------------------------------------------------


def test_a_check_is_ordered_once_and_done_in_the_background(browse, office, partner, manager):
    Worker.objects.create(name="w", machine="here", process_id=1)
    url = f"{partner.url}/automanager"
    connection = make_automanager(
        office.ours, code="LUEDEN", base_url=url, access_token=ACCESS_TOKEN
    )
    client, here = browse(manager), f"{CONTROL}?place={office.ours.pk}-"
    first = client.post(check_url(connection), {"next": here}, follow=True)
    second = client.post(check_url(connection), follow=True)

    assert first.redirect_chain[-1][0] == here
    assert "The check is ordered." in messages_of(first)[0]
    assert "runs or waits already" in messages_of(second)[-1]
    assert Job.objects.count() == 1
    assert not ExportCheck.objects.exists()
    run_due_jobs()
    assert ExportCheck.objects.get().apps


def test_a_missing_worker_is_told(browse, connection, manager):
    answer = browse(manager).post(check_url(connection), follow=True)

    assert "no background process is running" in messages_of(answer)[0]


def test_who_may_not_fetch_orders_no_check(browse, office, connection):
    client = browse(make_user(office.ours, role=Role.AUDITOR))

    assert check_url(connection) not in text_of(client.get(CONTROL))
    assert client.post(check_url(connection)).status_code == 403
    Connection.objects.update(is_active=False)
    assert browse(make_user(office.ours)).post(check_url(connection)).status_code == 403
    assert not Job.objects.exists()


# --- the record ------------------------------------------------------------------------------


def test_a_check_says_what_was_left_out_and_why(browse, office, connection, manager):
    look(connection, ads="missing")
    client = browse(manager)
    record = ExportCheck.objects.get()
    url = reverse("admin:integrations_exportcheck_change", args=[record.pk])

    assert "Price differs" in text_of(client.get(CONTROL))
    told = text_of(client.get(url))
    assert "mobile.de 123456: Car is missing on the platform, Ad without a car" in told
    assert "Transmissions: 1" in told
    assert connection.name in text_of(client.get(CHECKS))
    # The names of exports elsewhere are not told.
    limited = browse(make_user(office.ours, locations=[make_location(office.ours)]))
    assert "mobile.de 123456" not in text_of(limited.get(url))
    assert browse(make_user(office.theirs)).get(url).status_code == 404


def test_the_page_of_an_export_shows_what_was_told_and_its_runs(
    browse, office, connection, manager
):
    told = app(state="locked", lock=LOCK, pending={"create": 1, "change": 14, "delete": 8})
    look(connection, apps=[told], runs=[run(result="locked", message="Löschungen 8 > 6")])
    url = reverse("admin:integrations_exportapp_change", args=[ExportApp.objects.get().pk])
    client = browse(manager)

    assert url in text_of(client.get(CONTROL))
    page = text_of(client.get(url))
    assert "1 × creation, 14 × change, 8 × deletion" in page
    assert "Löschungen 8 &gt; 6" in page
    assert "1, of them 1 active" in page
    assert client.post(url, {"state": "active"}).status_code == 403
    limited = make_user(office.ours, locations=[make_location(office.ours)])
    for stranger in (limited, make_user(office.theirs, role=Role.ADMINISTRATOR)):
        assert browse(stranger).get(url).status_code == 404
