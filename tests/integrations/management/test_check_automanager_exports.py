"""The command that an operator's timer runs."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.automanager.sync import LEASE
from integrations.models import Connection, Exchange, ExportApp, ExportCheck, Finding
from tests.integrations.automanager.nursery import (
    ad,
    answers,
    app,
    make_automanager,
    page,
    refusal,
    sent,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def connection():
    return make_automanager(name="Automanager Demo")


@pytest.fixture
def file(tmp_path):
    """Writes answers to a file; its path as an argument."""

    def written(told=None, **changes):
        path = tmp_path / "answers.json"
        path.write_text(json.dumps(told or answers(**changes)), encoding="utf-8")
        return "--from-file", str(path)

    return written


def check(*arguments):
    """(exit status, what was printed, what was complained about)"""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("check_automanager_exports", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()


REFUSED = [sent(action="change", result="error", feedback=[refusal()])]  # a warning
WARNED = [sent(result="warning", feedback=[refusal()])]  # info
PRICE = [ad(price="1.00")]  # an error


@pytest.mark.parametrize(
    ("changes", "fail_on", "status"),
    [
        ({}, "warning", 0),
        ({"sends": WARNED}, "warning", 0),
        ({"sends": REFUSED}, "warning", 1),
        ({"sends": REFUSED}, "error", 0),
        ({"ads": PRICE}, "error", 1),
        ({"ads": PRICE}, "critical", 0),
        ({"apps": [app(provider_registered=False)]}, "critical", 1),
        ({"apps": [app(), {"no": "id"}]}, "critical", 2),
    ],
)
def test_the_exit_status_says_how_bad_it_is(connection, file, changes, fail_on, status):
    assert check(*file(**changes), "--fail-on", fail_on)[0] == status


def test_says_what_is_wrong_and_what_to_do_in_german(connection, file):
    _status, printed, _complaint = check(*file(sends=REFUSED))

    assert printed.startswith("Automanager Demo: Exporte 1, ")
    assert "AM-20 · Warnung · mobile.de 123456 · A-1: Von der Plattform abgelehnt" in printed
    assert "Verbrauchsangabe fehlt (50060)" in printed
    assert "→ " in printed


def test_exports_that_lack_the_same_share_a_line(connection, file):
    apps = [app(), app("heycar-1", platform="heycar", dealer_number="HC-5521")]
    _status, printed, _complaint = check(*file(apps=apps, stock="missing"))

    [line] = [one for one in printed.splitlines() if "ausgelassen" in one and "AM-29" in one]
    assert line.strip().startswith("mobile.de")
    assert "HC-5521: ausgelassen" in line


def test_machines_get_json_and_nothing_else(connection, file):
    status, printed, _complaint = check(*file(sends=REFUSED, ads="missing"), "--json")
    told = json.loads(printed)

    assert (status, told["exit_status"]) == (1, 1)
    [one] = told["connections"]
    assert (one["id"], one["state"], one["exports"]) == (connection.pk, "done", 1)
    [finding] = one["findings"]
    assert finding["check"] == "AM-20"
    assert finding["severity"] == "warning"
    assert (finding["app"], finding["dealer_number"]) == ("app-1", "123456")
    assert finding["vehicle_number"] == "A-1"
    assert finding["instruction"]
    assert {"AM-23", "AM-27"} <= {skipped["check"] for skipped in one["skipped"]}


def test_an_acknowledged_finding_does_not_fail(connection, file):
    check(*file(sends=REFUSED))
    Finding.objects.update(acknowledged_at=timezone.now(), acknowledged_severity=20)

    status, printed, _complaint = check(*file(sends=REFUSED))
    assert status == 0
    assert "AM-20" in printed


def test_a_rehearsal_finds_the_same_and_stores_nothing(connection, file):
    status, printed, _complaint = check(*file(sends=REFUSED), "--dry-run")

    assert status == 1
    assert "AM-20" in printed
    for model in (ExportApp, ExportCheck, Finding, Exchange):
        assert not model.objects.exists()


def test_one_export_or_one_dealer_number_may_be_asked_about(connection, file):
    told = answers(apps=[app(), app("app-2", platform="heycar", dealer_number="77")], ads=PRICE)
    told["/v1/export-apps/app-2/transmissions"] = page(REFUSED)
    arguments = file(told)

    def named(*more):
        printed = json.loads(check(*arguments, "--json", "--fail-on", "critical", *more)[1])
        return {one["check"] for one in printed["connections"][0]["findings"]}

    assert named("--app", "app-2") == {"AM-20"}
    assert named("--dealer-number", "123456") == {"AM-27"}
    assert named("--app", "app-2", "--dealer-number", "123456") == set()
    assert Finding.objects.open().count() == 2  # each look left the other's findings alone


def test_a_file_needs_a_connection_to_be_about(connection, file):
    make_automanager(name="Zweite")
    arguments = file()

    assert check(*arguments)[0] == 2
    assert check(*arguments, "--connection", str(connection.pk))[0] == 0
    assert set(ExportCheck.objects.values_list("connection", flat=True)) == {connection.pk}


@pytest.mark.parametrize("pk", [0, 99999])
def test_an_unknown_connection_is_named(connection, pk):
    status, _printed, complaint = check("--connection", str(pk))

    assert status == 2
    assert str(pk) in complaint


@pytest.mark.parametrize("hours", ["0", "121", "viel"])
def test_hours_reach_back_five_days_at_most(connection, hours):
    with pytest.raises(CommandError):
        call_command("check_automanager_exports", "--hours", hours)


def test_a_partner_out_of_reach_is_status_2_and_no_stack_trace(connection):
    Connection.objects.update(base_url="http://127.0.0.1:1")
    status, printed, complaint = check()

    assert status == 2
    assert "SRC-01" in printed
    assert "127.0.0.1:1" in complaint
    assert check("--dry-run")[0] == 2


def test_somebody_elses_check_is_no_error(connection, file):
    Connection.objects.take_lease(connection.pk, now=timezone.now(), for_=LEASE)

    assert check(*file())[0] == 0
    assert not ExportCheck.objects.exists()


def test_without_connections_there_is_nothing_to_do():
    status, _printed, complaint = check()

    assert status == 0
    assert complaint
