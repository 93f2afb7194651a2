"""`manage.py catch_up_meta_leads`, as cron calls it."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations.meta import sync
from integrations.meta.schema import Notice
from integrations.models import Connection
from leads.models import Lead
from tests.builders import make_meta_connection

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments):
    said = io.StringIO()
    call_command("catch_up_meta_leads", *arguments, stdout=said)
    return said.getvalue()


def test_missed_leads_are_fetched_and_trouble_is_an_exit_status(partner):
    assert run() == "0 verpasste Leads gefunden.\n"
    page = make_meta_connection(base=f"{partner.url}/graph")
    broken = make_meta_connection(base=f"{partner.url}/graph", access_token="falsch")
    [lead] = partner.graph.leads.values()
    notice = Notice(
        leadgen_id=lead["id"],
        page_id=page.page_id,
        form_id=lead["form_id"],
        raw={"leadgen_id": lead["id"]},
    )
    for one in (page, broken):
        sync.announce(one, [notice], now=timezone.now())

    assert run("--connection", str(page.pk)) == "1 verpasster Lead gefunden.\n"
    assert Lead.objects.for_dealer(page.dealer).count() == 1
    with pytest.raises(CommandError) as caught:
        run()
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="keine eingeschaltete Meta-Anbindung"):
        run("--connection", "999999")


def test_a_token_that_is_not_taken_is_told_before_the_first_lead(partner):
    page = make_meta_connection(base=f"{partner.url}/graph")
    assert run() == "0 verpasste Leads gefunden.\n"

    Connection.objects.update(access_token="falsch", last_success_at=None)
    with pytest.raises(CommandError):
        run()
    page.refresh_from_db()
    assert page.last_success_at is None
    assert "401" in page.last_error


def test_a_paused_page_is_left_alone_until_somebody_asks_anyway(partner):
    page = make_meta_connection(base=f"{partner.url}/graph")
    Connection.objects.update(paused_at=timezone.now(), last_error="Zugang abgelaufen.")

    assert "ist pausiert: Zugang abgelaufen." in run()
    assert partner.log == []

    assert run("--anyway") == "0 verpasste Leads gefunden.\n"
    page.refresh_from_db()
    assert page.paused_at is None
