"""The command an operator's timer runs."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from integrations.models import Connection, SyncRun
from integrations.running import LEASE
from leads.models import Lead
from tests.builders import make_connection, make_location

pytestmark = pytest.mark.django_db


@pytest.fixture
def bdk(partner):
    location = make_location(bdk_partner_number="0012345")
    return make_connection(location.dealer, name="BDK Demo", base=f"{partner.url}/bdk")


def sync(*arguments):
    """(exit status, what was printed, what was complained about)"""
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("sync_bdk_leads", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return error.returncode, out.getvalue(), f"{err.getvalue()}{error}"
    return 0, out.getvalue(), err.getvalue()


def test_says_in_one_line_what_it_did_and_that_some_are_in_quarantine(bdk):
    status, printed, complaint = sync()

    assert status == 1
    assert printed.count("\n") == 1
    assert printed.startswith("BDK Demo: 53 ")
    for number in (" 46 ", " 1 ", " 4 ", " 50 "):
        assert number in printed
    assert " 4 " in f" {complaint}"


def test_a_second_run_is_all_well(bdk):
    sync()
    status, printed, complaint = sync()

    assert (status, complaint) == (0, "")
    assert printed.startswith("BDK Demo: 0 ")


def test_speaks_the_language_of_the_office(bdk):
    with translation.override("en"):
        sync()
    with translation.override("de"):
        expected = SyncRun.objects.get().summary()
    bdk.refresh_from_db()
    Connection.objects.update(cursors={})
    with translation.override("en"):
        _status, printed, _complaint = sync("--full")

    assert printed.split(" ")[3] == expected.split(" ")[3]
    assert "," in printed.rpartition("(")[2]  # 2,1 s


@pytest.mark.parametrize(
    "values",
    [
        {"client_secret": "falsch"},
        {"base_url": "http://127.0.0.1:1/bdk", "token_url": "http://127.0.0.1:1/token"},
        {"base_url": "http://partner.example.org"},
    ],
)
def test_a_partner_out_of_reach_is_status_2_and_no_stack_trace(bdk, values):
    for name, value in values.items():
        setattr(bdk, name, value)
    bdk.save()
    status, printed, complaint = sync()

    assert (status, printed) == (2, "")
    assert complaint.startswith("BDK Demo: ")
    assert "falsch" not in complaint


def test_fetches_from_all_active_connections_or_the_named_one(partner, bdk):
    other = make_location(bdk_partner_number="0000001")
    second = make_connection(other.dealer, name="Zweite", base=f"{partner.url}/bdk")
    off = make_connection(bdk.dealer, name="Aus", base=f"{partner.url}/bdk", is_active=False)

    sync("--connection", str(bdk.pk))
    assert set(SyncRun.objects.values_list("connection", flat=True)) == {bdk.pk}
    status, _printed, complaint = sync()
    assert set(SyncRun.objects.values_list("connection", flat=True)) == {bdk.pk, second.pk}
    assert (status, complaint.startswith("Zweite: 0000001: ")) == (2, True)
    for pk in (off.pk, 99999):
        status, _printed, complaint = sync("--connection", str(pk))
        assert status == 2
        assert str(pk) in complaint


def test_without_connections_there_is_nothing_to_do():
    status, printed, _complaint = sync()

    assert status == 0
    assert printed


def test_somebody_elses_run_is_no_error(bdk):
    Connection.objects.take_lease(bdk.pk, now=timezone.now(), for_=LEASE)
    status, printed, _complaint = sync()

    assert status == 0
    assert printed.startswith("BDK Demo: ")
    assert not SyncRun.objects.exists()


def test_a_rehearsal_says_so_and_stores_nothing(bdk):
    status, printed, _complaint = sync("--dry-run")

    assert status == 1
    assert "53" in printed
    assert not Lead.objects.exists()


def test_an_unexpected_error_leaves_the_other_connections_alone(partner, bdk):
    Connection.objects.filter(pk=bdk.pk).update(cursors=["not", "a", "dict"])
    other = make_location(bdk_partner_number="0000001")
    make_connection(other.dealer, name="Zweite", base=f"{partner.url}/bdk")
    status, _printed, complaint = sync()

    assert status == 2
    assert "Zweite: " in complaint
    assert SyncRun.objects.filter(state=SyncRun.State.FAILED).count() == 2


def test_there_is_a_progress_bar_only_for_somebody_who_watches(bdk, monkeypatch, capsys):
    sync("--dry-run")
    assert capsys.readouterr().err == ""

    screen = Screen()
    monkeypatch.setattr("sys.stderr", screen)
    sync("--dry-run")
    assert "BDK Demo" in screen.getvalue()


class Screen(io.StringIO):
    def isatty(self):
        return True


def test_looks_once_a_night_for_what_was_missed(partner, bdk, items):
    partner.bdk.items = items[:1]
    sync()
    partner.bdk.items = [items[8], items[0]]  # before the place where we are
    assert sync()[1].startswith("BDK Demo: 1 ")  # the same again

    status, printed, _complaint = sync("--reconcile")
    assert status == 0
    assert printed.startswith("BDK Demo: 1 ")
    assert Lead.objects.count() == 2


def test_leaves_a_partner_alone_that_wants_it_and_says_so(partner, bdk):
    partner.faults["leads"] = [{"status": 500}]
    assert sync()[0] == 2
    asked = len(partner.log)
    Connection.objects.update(retry_at=timezone.now() + timedelta(minutes=5))
    status, printed, _complaint = sync()
    assert (status, len(partner.log)) == (0, asked)
    assert "nächste Versuch" in printed

    assert sync("--anyway")[0] == 1
    assert Lead.objects.count() == 46
