"""The start page: figures that agree with the lists behind them, and the most urgent leads."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from integrations.admin.connection_light import light_of
from leads.admin.start import CHART_DAYS, URGENT_LEADS
from leads.models import Outcome, Role, Source, UnmappedName
from tests import builders
from tests.leads.admin.conftest import text_of

BERLIN = ZoneInfo("Europe/Berlin")


def start(browse, user):
    response = browse(user).get(reverse("admin:index"))
    assert response.status_code == 200
    return response


def cards(response):
    return {card.label: card for card in response.context["cards"]}


def local_noon(days=0):
    """Noon in the office, so many days from today."""
    day = timezone.localdate() + timedelta(days=days)
    return datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN)


def make_answered_lead(dealer, **values):
    now = timezone.now()
    return builders.make_lead(dealer, status="contacted", first_response_at=now, **values)


# --- figures ------------------------------------------------------------------------------------


def test_figures_count_what_they_say(browse, office):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    now, today = timezone.now(), local_noon()
    old = {"received_at": local_noon(-3), "enquired_at": local_noon(-3), "owner": user}
    builders.make_lead(office.ours, owner=user, received_at=local_noon())
    builders.make_lead(office.ours, **old)
    make_answered_lead(office.ours, **old, follow_up_at=now - timedelta(days=2))
    make_answered_lead(office.ours, **old, follow_up_at=today)
    make_answered_lead(office.ours, **{**old, "owner": None})
    make_answered_lead(office.ours, **old, follow_up_at=local_noon(1))
    builders.make_lead(office.ours, **old, status="lost", closed_at=now)
    builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)
    builders.make_unmapped_name(office.ours)
    builders.make_unmapped_name(office.ours, decided_at=now)

    counts = {label: card.count for label, card in cards(start(browse, user)).items()}

    is_past_noon = now > today
    assert counts == {
        "New today": 1,
        "Waiting for the first answer": 2,
        "Overdue": 1 + is_past_noon,
        "Due today": 1,
        "Unassigned": 1,
        "In quarantine": 1,
        "To assign": 1,
    }


def test_every_figure_leads_to_the_list_of_what_it_counts(browse, office):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    for number in range(5):
        values = {"received_at": local_noon(-number), "follow_up_at": local_noon(number - 2)}
        builders.make_lead(office.ours, **values)
        builders.make_lead(office.ours, **values, owner=user)
        builders.make_lead(office.ours, **values, is_test=True)
        make_answered_lead(office.ours, **values)
        builders.make_lead(office.ours, **values, status="won", closed_at=timezone.now())
        builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)
        builders.make_unmapped_name(office.ours)

    for label, card in cards(start(browse, user)).items():
        listed = browse(user).get(card.url).context["cl"].result_count
        assert (label, listed) == (label, card.count)
        assert card.count


def test_test_leads_and_other_dealers_are_left_out(browse, office):
    user = builders.make_user(office.ours, role=Role.MANAGER)
    builders.make_lead(office.ours, status="lost", received_at=local_noon(-40))
    builders.make_lead(office.ours, is_test=True)
    builders.make_lead(office.theirs, customer=None, last_name="Fremdling")
    builders.make_entry(office.theirs, outcome=Outcome.QUARANTINED)
    builders.make_connection(office.theirs, name="Fremde Anbindung")

    response = start(browse, user)

    assert {card.count for card in cards(response).values()} == {0}
    assert response.context["urgent"] == []
    assert response.context["sources"] == []
    assert sum(json.loads(response.context["chart"]["data"])["datasets"][0]["data"]) == 0
    assert "Fremd" not in text_of(response)


def test_a_figure_stops_counting(browse, office, monkeypatch):
    monkeypatch.setattr("leads.admin.figures.LIMIT", 2)
    for _ in range(4):
        builders.make_lead(office.ours)

    assert cards(start(browse, builders.make_user(office.ours)))["Unassigned"].shown == "2+"


def test_only_those_who_may_read_the_ledger_see_the_quarantine(browse, office):
    builders.make_lead(office.ours)
    builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)

    seller = start(browse, builders.make_user(office.ours, role=Role.SELLER))
    auditor = start(browse, builders.make_user(office.ours, role=Role.AUDITOR))

    assert "In quarantine" not in cards(seller)
    assert cards(auditor)["In quarantine"].count == 1


# --- what now -----------------------------------------------------------------------------------


def test_the_most_urgent_leads_come_first(browse, office):
    user, colleague = builders.make_user(office.ours), builders.make_user(office.ours)
    now = timezone.now()
    hour = timedelta(hours=1)
    later = make_answered_lead(office.ours, owner=user, follow_up_at=now + 5 * hour)
    waiting = builders.make_lead(office.ours, enquired_at=now - 2 * hour)
    overdue = make_answered_lead(office.ours, owner=user, follow_up_at=now - 3 * hour)
    someday = make_answered_lead(office.ours, owner=user)
    builders.make_lead(office.ours, owner=colleague, enquired_at=now - 9 * hour)
    builders.make_lead(office.ours, owner=user, status="won", closed_at=now)

    response = start(browse, user)

    assert [item.lead for item in response.context["urgent"]] == [overdue, waiting, later, someday]
    assert "overdue for 3 hrs." in text_of(response)


def test_shows_a_few_only(browse, office):
    user = builders.make_user(office.ours)
    for _ in range(URGENT_LEADS + 3):
        builders.make_lead(office.ours)

    assert len(start(browse, user).context["urgent"]) == URGENT_LEADS


def test_calls_the_number_that_can_be_called(browse, office):
    user = builders.make_user(office.ours)
    builders.make_lead(office.ours, customer=None, phone="Mobil s.u.", mobile="0170 1234567")

    assert 'href="tel:+491701234567"' in text_of(start(browse, user))


def test_what_a_customer_writes_stays_text(browse, office):
    user = builders.make_user(office.ours)
    builders.make_lead(
        office.ours, customer=None, last_name="<b>Fett</b>", subject="<script>alert(1)</script>"
    )

    page = text_of(start(browse, user))

    assert "<b>Fett" not in page
    assert "<script>alert" not in page


# --- where they come from -----------------------------------------------------------------------


def test_the_chart_counts_days_of_the_office(browse, office):
    """A lead at 23:30 UTC in summer or winter belongs to the next day in Berlin."""
    user = builders.make_user(office.ours)
    today = timezone.localdate()
    midnight = datetime(today.year, today.month, today.day, tzinfo=BERLIN)
    builders.make_lead(office.ours, received_at=midnight)
    builders.make_lead(office.ours, received_at=midnight - timedelta(seconds=1))
    builders.make_lead(office.ours, received_at=midnight - timedelta(days=CHART_DAYS - 1))
    builders.make_lead(office.ours, received_at=midnight - timedelta(days=CHART_DAYS))

    chart = start(browse, user).context["chart"]

    values = json.loads(chart["data"])["datasets"][0]["data"]
    assert values == [1, *[0] * (CHART_DAYS - 3), 1, 1]
    assert chart["words"] == "3 enquiries in 14 days, 1 of them today."


def test_sources_are_those_of_the_last_30_days(browse, office):
    user = builders.make_user(office.ours)
    for source, days in (("website", 0), ("website", -29), ("mobile_de", -2), ("email", -30)):
        builders.make_lead(office.ours, source=source, received_at=local_noon(days))

    sources = start(browse, user).context["sources"]

    assert [(row["name"], row["count"], row["share"]) for row in sources] == [
        ("Website", 2, 100),
        ("mobile.de", 1, 50),
    ]
    listed = browse(user).get(sources[0]["url"]).context["cl"].result_count
    assert listed == 2


# --- connections --------------------------------------------------------------------------------

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("is_active", "success", "error", "words", "tone"),
    [
        (False, HOUR, None, "Off", "lo-grey"),
        (True, None, None, "Not fetched yet", "lo-grey"),
        (True, HOUR, None, "Running", "lo-green"),
        (True, HOUR, 2 * HOUR, "Running", "lo-green"),
        (True, 2 * HOUR, HOUR, "Irregular", "lo-amber"),
        (True, 2 * DAY, HOUR, "Failing", "lo-red"),
        (True, None, HOUR, "Failing", "lo-red"),
        (True, 2 * DAY, None, "Irregular", "lo-amber"),
    ],
)
def test_a_connection_says_how_it_is(office, is_active, success, error, words, tone):
    now = timezone.now()
    connection = builders.make_connection(
        office.ours,
        is_active=is_active,
        last_success_at=success and now - success,
        last_error_at=error and now - error,
    )

    with translation.override("en"):
        light = light_of(connection, now=now)

    assert words in light
    assert tone in light


def test_an_error_is_shown_until_the_next_success(browse, office):
    user = builders.make_user(office.ours)
    now = timezone.now()
    values = {"last_error": "Die Anmeldung wurde abgelehnt.", "last_error_at": now - HOUR}
    connection = builders.make_connection(office.ours, last_success_at=now - DAY, **values)
    assert "Die Anmeldung wurde abgelehnt." in text_of(start(browse, user))

    connection.last_success_at = now
    connection.save()

    assert "Die Anmeldung wurde abgelehnt." not in text_of(start(browse, user))


@pytest.mark.parametrize(
    ("role", "is_active", "may_pull"),
    [(Role.SELLER, True, True), (Role.SELLER, False, False), (Role.AUDITOR, True, False)],
)
def test_fetching_is_offered_to_those_who_may(browse, office, role, is_active, may_pull):
    connection = builders.make_connection(office.ours, is_active=is_active)
    url = reverse("admin:integrations_connection_pull", args=[connection.pk])

    page = text_of(start(browse, builders.make_user(office.ours, role=role)))

    assert (f'<form method="post" action="{url}">' in page) == may_pull


# --- notices ------------------------------------------------------------------------------------


def notices(browse, user):
    return [notice["text"] for notice in start(browse, user).context["notices"]]


def test_administrators_hear_of_unknown_lead_types(browse, office):
    builders.make_lead(office.ours)
    for name in ("9z", "4a"):
        unknown_type(office.ours, name)
    unknown_type(office.ours, "5x", decided_at=timezone.now())
    unknown_type(office.theirs, "8x")
    user = builders.make_user(office.ours, role=Role.ADMINISTRATOR)

    [notice] = start(browse, user).context["notices"]

    assert notice["text"].endswith(": 4a, 9z")
    tray = browse(user).get(notice["url"])
    assert {row.name for row in tray.context["cl"].result_list} == {"4a", "9z"}


def unknown_type(dealer, name, **values):
    kind = UnmappedName.Kind.LEAD_TYPE
    return builders.make_unmapped_name(dealer, kind=kind, name=name, name_key=name, **values)


def test_administrators_hear_of_entries_that_leads_brought(browse, office):
    builders.make_lead(office.ours)
    Source.objects.create(dealer=office.ours, name="Messe", is_automatic=True)
    Source.objects.create(dealer=office.ours, name="Flohmarkt", is_automatic=True)
    Source.objects.create(dealer=office.theirs, name="Fremd", is_automatic=True)

    assert notices(browse, builders.make_user(office.ours, role=Role.ADMINISTRATOR)) == [
        "Sources: 2 new, created from incoming leads"
    ]
    assert notices(browse, builders.make_user(office.ours, role=Role.MANAGER)) == []


# --- empty, cost --------------------------------------------------------------------------------


def test_an_empty_office_says_how_leads_come(browse, office):
    page = text_of(start(browse, builders.make_user(office.ours, role=Role.MANAGER)))

    assert "No enquiries yet." in page
    assert reverse("admin:leads_lead_add") in page
    assert reverse("admin:leads_listimport_add") in page


def test_someone_without_a_dealer_sees_an_empty_office(browse, office):
    builders.make_lead(office.ours)

    assert "No enquiries yet." in text_of(start(browse, builders.make_user()))


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads small tables whole")
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, "operator"])
def test_no_figure_reads_the_whole_table(browse, office, role):
    user = (
        builders.make_user(is_superuser=True)
        if role == "operator"
        else builders.make_user(office.ours, role=role)
    )
    builders.make_lead(office.ours)
    client = browse(user)
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("admin:index"))

    of_leads = [query["sql"] for query in queries if 'FROM "leads_lead"' in query["sql"]]
    plans = []
    with connection.cursor() as cursor:
        for sql in of_leads:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plans += [step[3] for step in cursor.fetchall()]

    assert len(of_leads) >= 8
    assert [step for step in plans if step.startswith("SCAN leads_lead")] == []


@pytest.mark.parametrize("role", [Role.SELLER, Role.ADMINISTRATOR, "operator"])
def test_costs_as_many_queries_for_many_leads_as_for_one(browse, office, role):
    user = (
        builders.make_user(is_superuser=True)
        if role == "operator"
        else builders.make_user(office.ours, role=role)
    )

    client = browse(user)

    def queries():
        with CaptureQueriesContext(connection) as found:
            client.get(reverse("admin:index"))
        return len(found)

    builders.make_lead(office.ours)
    builders.make_connection(office.ours)
    for_one = queries()
    for number in range(12):
        builders.make_lead(office.ours, lead_type_raw=f"9{number}", source="mobile_de")
        builders.make_lead(office.ours, owner=user, follow_up_at=timezone.now())
        builders.make_connection(office.ours)
        builders.make_entry(office.ours, outcome=Outcome.QUARANTINED)
        Source.objects.create(dealer=office.ours, name=f"Messe {number}", is_automatic=True)

    assert queries() == for_one
    assert for_one <= 27
