"""How connections are: the light, what is wrong, what to do."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.health import Light, health_of, judge
from integrations.models import Connection, ConnectionSchedule, Delivery, Handover, Partner
from leads.models import Worker
from leads.models.intake import Channel, Outcome
from tests.builders import (
    make_connection,
    make_dealer,
    make_drklein_connection,
    make_entry,
    make_google_connection,
    make_lead,
)

pytestmark = pytest.mark.django_db

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = timezone.now()


def bank(*, success=None, error=None, line=None, since=30 * DAY, **values):
    """A BDK connection with its last success and error, so long ago, and its schedule."""
    connection = make_connection(
        last_success_at=success and NOW - success,
        last_error_at=error and NOW - error,
        last_error="bank.example antwortet nicht." if error else "",
        **values,
    )
    if line is not None:
        ConnectionSchedule.objects.create(
            dealer_id=connection.dealer_id,
            connection=connection,
            job="fetch",
            crontab=line,
            changed_at=NOW - since,
        )
    return connection


def test_the_export_control_has_not_checked_before_its_first_run():
    connection = make_connection(partner=Partner.AUTOMANAGER)
    assert judge(connection, now=NOW).word == "Noch nicht geprüft"


@pytest.mark.parametrize(
    ("values", "light", "code"),
    [
        ({"is_active": False, "error": HOUR}, Light.GREY, "off"),
        ({}, Light.GREY, "never"),
        ({"success": HOUR}, Light.GREEN, "ok"),
        ({"success": HOUR, "error": MINUTE}, Light.AMBER, "failing"),
        ({"success": 2 * DAY, "error": MINUTE}, Light.RED, "failing"),
        ({"error": MINUTE}, Light.RED, "failing"),
        ({"success": 2 * DAY}, Light.AMBER, "silent"),
        ({"success": 2 * DAY, "line": ""}, Light.AMBER, "silent"),
        # No success in three slots; two are none yet, nor is a schedule that is new.
        ({"success": 20 * MINUTE, "line": "*/5 * * * *"}, Light.RED, "overdue"),
        ({"success": 9 * MINUTE, "line": "*/5 * * * *"}, Light.GREEN, "ok"),
        ({"success": 2 * DAY, "line": "*/5 * * * *", "since": MINUTE}, Light.GREEN, "ok"),
        ({"success": 4 * DAY, "line": "0 3 * * *"}, Light.RED, "overdue"),
        ({"success": 25 * HOUR, "line": "0 3 * * *"}, Light.GREEN, "ok"),
        ({"line": "*/5 * * * *"}, Light.RED, "overdue"),
        ({"success": HOUR, "line": "nonsense"}, Light.RED, "bad_schedule"),
    ],
)
def test_a_connection_has_a_light(values, light, code):
    health = judge(bank(**values), now=NOW)

    assert (health.light, health.code) == (light, code)
    if light in (Light.RED, Light.AMBER):  # in words what is wrong; errors end with what to do
        [*_, worst] = [one for one in health.troubles if one.light == light]
        assert worst.text
        assert worst.advice or code == "failing"


def test_what_waits_for_a_person_is_told():
    dealer = make_dealer()
    connection = make_connection(dealer, last_success_at=NOW)
    entry = make_entry(dealer, channel=Channel.BDK, outcome=Outcome.QUARANTINED)
    Delivery.objects.create(
        dealer=dealer, connection=connection, entry=entry, next_attempt_at=NOW - 2 * HOUR
    )
    make_entry(dealer, channel=Channel.API, outcome=Outcome.QUARANTINED)
    make_entry(channel=Channel.BDK, outcome=Outcome.QUARANTINED)  # another dealer's

    [health] = health_of(Connection.objects.for_dealer(dealer), now=NOW)

    assert (health.counts.waiting, health.counts.stuck, health.counts.quarantined) == (1, 1, 1)
    assert (health.light, health.code) == (Light.AMBER, "stuck")


def test_an_unclear_handover_makes_its_connection_amber():
    connection = make_drklein_connection(last_success_at=NOW)
    Handover.objects.create(
        dealer=connection.dealer,
        connection=connection,
        lead=make_lead(connection.dealer),
        state=Handover.State.UNKNOWN,
        payload="{}",
        ordered_at=NOW,
        next_attempt_at=NOW,
    )

    [health] = health_of(Connection.objects.filter(pk=connection.pk), now=NOW)

    assert (health.light, health.code, health.counts.unclear) == (Light.AMBER, "unclear", 1)


def test_the_worst_comes_first_with_always_as_many_queries(django_assert_num_queries):
    for values in ({"success": HOUR}, {"error": MINUTE}, {}):
        bank(**values)
    with django_assert_num_queries(5):
        lights = [one.light for one in health_of(Connection.objects.all(), now=NOW)]

    assert lights == [Light.RED, Light.GREY, Light.GREEN]


# --- for programs ----------------------------------------------------------------------------


@pytest.fixture
def worker():
    return Worker.objects.create(name="w", machine="here", process_id=1)


def check(*arguments):
    """(exit status, what was said)"""
    said = io.StringIO()
    try:
        call_command("check_connections", *arguments, stdout=said)
    except CommandError as error:
        return error.returncode, said.getvalue()
    return 0, said.getvalue()


def test_the_command_ends_as_a_monitoring_expects_it(worker):
    assert check()[0] == 0
    fine = bank(success=HOUR)
    assert check() == (0, f"{fine.pk} {fine}: Läuft\n")
    shaky = bank(success=HOUR, error=MINUTE)
    code, said = check()
    assert code == 1
    assert f"{shaky.pk} {shaky}: Auffällig. bank.example antwortet nicht" in said
    bank(error=MINUTE)
    assert check()[0] == 2


def test_no_worker_at_all_is_an_alarm():
    bank(success=HOUR)

    code, said = check()

    assert code == 2
    assert "worker" in said


def test_programs_read_ids_and_codes_but_no_names(worker):
    connection = bank(error=MINUTE, name="Geheime Anbindung")

    _code, said = check("--json")

    [told] = json.loads(said)["connections"]
    assert (told["id"], told["light"], told["code"]) == (connection.pk, "red", "failing")
    assert "Geheim" not in said
    assert "bank.example" not in said


def test_monitoring_reads_the_same_over_http_with_its_token(client, settings, worker):
    make_google_connection(last_success_at=timezone.now())
    assert client.get("/health/connections").status_code == 404  # no token is set

    settings.HEALTH_TOKEN = "a-long-token-of-the-operator"
    assert client.get("/health/connections").status_code == 401
    wrong = client.get("/health/connections", headers={"Authorization": "Bearer a-long"})
    assert wrong.status_code == 401
    headers = {"Authorization": f"Bearer {settings.HEALTH_TOKEN}"}
    good = client.get("/health/connections", headers=headers)
    assert (good.status_code, good.json()["light"]) == (200, "green")
    assert "no-store" in good["Cache-Control"]
    bank(error=MINUTE)
    assert client.get("/health/connections", headers=headers).status_code == 503
