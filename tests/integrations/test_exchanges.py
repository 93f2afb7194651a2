"""The record of calls: enough to see what is wrong, nothing that anybody may not see."""

import json

import pytest
from django.utils import timezone

from integrations import exchanges, inbox, mail_inbox
from integrations.exchanges import recording, shape_of
from integrations.http import PartnerClient, PartnerError
from integrations.meta import sync as meta
from integrations.meta.schema import Notice
from integrations.models import Exchange, SyncRun
from integrations.simulator.automanager import ACCESS_TOKEN
from integrations.simulator.imap import PASSWORD, USER, SimulatedMailbox
from integrations.tasks import check_automanager_exports
from leads.models import Lead
from tests.builders import (
    make_connection,
    make_location,
    make_mailbox,
    make_meta_connection,
)
from tests.integrations.automanager.nursery import make_automanager
from tests.integrations.conftest import SAMPLES
from tests.integrations.drklein.conftest import make_desk
from tests.integrations.mail.letters import mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def bdk(partner):
    connection = make_connection(base=f"{partner.url}/bdk")
    make_location(connection.dealer, bdk_partner_number="0012345")
    return connection


@pytest.mark.django_db(transaction=True)
def test_a_run_shows_its_calls_without_secrets_and_people(bdk, items):
    run = inbox.pull(bdk, now=timezone.now())

    calls = list(run.exchanges.order_by("pk"))
    assert [one.method for one in calls][:2] == ["POST", "GET"]
    assert calls[1].address.endswith("/crm/v1/partners/0012345/leads?limit")
    assert all(one.is_good and one.milliseconds >= 0 and one.received for one in calls[:2])
    assert '"leadId": "text"' in calls[1].shape
    kept = json.dumps(list(Exchange.objects.values()), default=str)
    lead = Lead.objects.exclude(email="").first()
    for secret in ("demo-secret", "Bearer", lead.email, lead.last_name, items[0]["leadId"]):
        assert secret not in kept


def _meta_lead(partner):
    page = make_meta_connection(base=f"{partner.url}/graph")
    notices = Notice.all_in(json.loads((SAMPLES / "meta_webhook.json").read_text()))
    meta.announce(page, [next(iter(notices))], now=timezone.now())
    assert meta.fetch_due(now=timezone.now()) == 1
    lead = Lead.objects.get()
    return page, [page.access_token, page.client_secret, lead.email, lead.last_name, lead.phone]


def _handover(partner):
    desk = make_desk(partner)
    desk.order()
    assert desk.send() == 1
    lead = desk.lead
    return desk.account, [desk.account.client_secret, lead.email, lead.last_name, lead.phone]


def _scheduled_check(partner):
    connection = make_automanager(
        code="LUEDEN", base_url=f"{partner.url}/automanager", access_token=ACCESS_TOKEN
    )
    check_automanager_exports.func(connection.dealer_id, connection.pk)
    return connection, [ACCESS_TOKEN, "LUEDEN", "dispo@"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("work", "call"),
    [
        (_meta_lead, "GET /graph/v24.0/900000000000001?fields"),
        (_handover, "POST /drklein/b-test/vorgang"),
        (_scheduled_check, "GET /automanager/v1/export-apps"),
    ],
)
def test_each_partners_calls_are_kept(partner, work, call):
    connection, hidden = work(partner)

    kept = list(connection.exchanges.all())
    host = partner.url
    told = {f"{one.method} {one.address.removeprefix(host)}" for one in kept if one.is_good}
    assert call in told, told
    whole = json.dumps(list(Exchange.objects.values()), default=str)
    assert [word for word in hidden if word and word in whole] == []


@pytest.fixture
def mailbox():
    with SimulatedMailbox() as server:
        yield server


def _steps(run):
    return [
        (one.method, one.address.rpartition("/")[2], one.outcome, one.is_good)
        for one in run.exchanges.order_by("pk")
    ]


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_shows_its_steps_with_counts_and_no_mail(mailbox):
    connection = make_mailbox(port=mailbox.port)
    away = mail(From="ina@example.net", Auto_Submitted="auto-replied")
    mailbox.put(mail(), mail("Und der Golf?"), away)

    run = mail_inbox.fetch(connection, now=timezone.now())

    place = f"127.0.0.1:{mailbox.port}"
    assert _steps(run) == [
        ("CONNECT", place, "ok", True),
        ("LOGIN", place, "ok", True),
        ("SELECT", "INBOX", "ok", True),
        ("LIST", place, "ok", True),
        ("CREATE", "LeadOffice", "ok", True),
        ("CREATE", "LeadOffice-Pruefen", "ok", True),
        ("SEARCH", "INBOX", "3 Mails", True),
        ("FETCH", "INBOX", "3 Mails", True),
        ("MOVE", "LeadOffice", "2 Mails", True),
        ("MOVE", "LeadOffice-Pruefen", "1 Mail", True),
    ]
    kept = json.dumps(list(Exchange.objects.values()), default=str)
    hidden = (PASSWORD, USER, "jana", "Testmann", "Kombi", "Golf")
    assert [word for word in hidden if word in kept] == []


@pytest.mark.django_db(transaction=True)
def test_a_mailbox_shows_at_which_step_it_failed(mailbox):
    connection = make_mailbox(port=mailbox.port)
    connection.client_secret = "falsch"
    connection.save()

    run = mail_inbox.fetch(connection, now=timezone.now())

    assert run.state == SyncRun.State.FAILED
    failed = run.exchanges.get(is_good=False)
    assert (failed.method, failed.outcome) == ("LOGIN", "SignInFailed")


@pytest.mark.parametrize(
    ("fault", "status", "problem"),
    [({"status": 503}, 503, ""), ({"status": 401}, 401, ""), ({"html": True}, 400, "")],
)
def test_what_went_wrong_is_kept_too(bdk, partner, fault, status, problem):
    partner.faults = {"token": [fault] * 3}

    with recording(bdk), pytest.raises(PartnerError), PartnerClient(bdk.base_url) as client:
        client.request("POST", "/oauth/token?code=geheim", json={"a": "b"})

    [call] = Exchange.objects.all()
    assert (call.status, call.problem) == (status, problem)
    assert call.is_good == (status < 400)
    assert call.address.endswith("/bdk/oauth/token?code")


def test_a_partner_that_is_not_there_is_kept_with_the_kind_of_error(bdk):
    with recording(bdk), pytest.raises(PartnerError), PartnerClient("http://127.0.0.1:9") as client:
        client.request("POST", "/")

    [call] = Exchange.objects.all()
    assert (call.status, call.problem, call.is_good) == (None, "ConnectionError", False)


def test_the_newest_are_kept_and_bad_ones_for_longer(bdk, partner, monkeypatch):
    monkeypatch.setattr(exchanges, "KEPT", 2)
    monkeypatch.setattr(exchanges, "KEPT_BAD", 3)
    other = make_connection(bdk.dealer, base=f"{partner.url}/bdk")
    for connection in (bdk, other):
        for path in ["/log"] * 4 + ["/nowhere"] * 5:
            with recording(connection), PartnerClient(partner.url) as client:
                client.send("GET", f"{partner.url}{path}")

    for connection in (bdk, other):
        assert connection.exchanges.filter(is_good=True).count() == 2
        assert connection.exchanges.filter(is_good=False).count() == 3


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (b"", ""),
        (b"<html>Max Mustermann</html>", "–"),
        (b"[" * 100_000, "–"),
        (b'{"a": 1, "b": true, "c": null}', {"a": "number", "b": "true/false", "c": "null"}),
        (
            b'[{"name": "Max"}, {"name": "Eva"}, {"name": 3}]',
            [{"name": "text"}, {"name": "number"}, "× 3"],
        ),
        # A name may be a value in disguise.
        (b'{"max@example.org": {"0170 123": "x"}}', {"…": {"…": "text"}}),
    ],
)
def test_a_shape_has_no_values(body, shape):
    found = shape_of(body)
    assert (json.loads(found) if found[:1] in ("{", "[") else found) == shape
