"""The control page: faults by a click, leads and mails by hand, what the office has sent."""

import smtplib
from datetime import timedelta

import pytest
import requests
from django.core.mail import send_mail
from django.utils import timezone

from integrations import inbox
from integrations.retry_after import asked_wait
from integrations.simulator.imap import SimulatedMailbox
from integrations.simulator.sinks import MailSink
from leads.models import Lead
from tests.builders import make_connection, make_location


def page(partner):
    return requests.get(f"{partner.url}/", timeout=5).text


def press(partner, action, **form):
    answer = requests.post(f"{partner.url}/control/{action}", form, timeout=5)
    assert answer.status_code == 200  # the page again
    return answer.text


def ask(partner):
    """What the bank's address for leads answers to somebody who has not signed in."""
    return requests.get(f"{partner.url}/bdk/crm/v1/partners/1/leads", timeout=5)


@pytest.mark.parametrize(
    ("fault", "statuses"),
    [
        ("500", [500, 401]),
        ("429", [429, 401]),
        ("403", [403, 401]),
        ("html", [401, 401]),
    ],
)
def test_a_fault_meets_the_next_request_only(partner, fault, statuses):
    press(partner, "fault", place="leads", fault=fault, times="1")

    answers = [ask(partner), ask(partner)]

    assert [one.status_code for one in answers] == statuses
    assert answers[0].headers.get("Retry-After") == ("30" if fault == "429" else None)
    assert ("<h1>" in answers[0].text) == (fault == "html")


def test_too_many_requests_may_name_a_date(partner):
    shown = press(partner, "fault", place="leads", fault="429-date", times="1")
    assert "wieder nach 30 s, als Datum angegeben, noch 1-mal" in shown

    answer = ask(partner)

    assert answer.status_code == 429
    asked = asked_wait(answer.headers["Retry-After"], now=timezone.now())
    assert timedelta(seconds=25) < asked <= timedelta(seconds=30)


def test_a_fault_stays_until_it_is_switched_off(partner):
    shown = press(partner, "fault", place="leads", fault="500", times="always")
    assert "500: Fehler, bis es ausgeschaltet wird" in shown
    assert [ask(partner).status_code for _ in range(5)] == [500] * 5

    assert "500: Fehler," not in press(partner, "calm", place="leads")
    assert ask(partner).status_code == 401


def test_a_connection_is_reset(partner):
    press(partner, "fault", place="leads", fault="reset", times="1")
    with pytest.raises(requests.ConnectionError):
        ask(partner)


def test_what_is_no_fault_changes_nothing(partner):
    for form in ({"place": "x", "fault": "500"}, {"place": "leads", "fault": "x"}, {}):
        press(partner, "fault", **form)
    assert partner.faults == {}
    assert requests.get(f"{partner.url}/control/fault", timeout=5).status_code == 404


@pytest.fixture
def bank(db, partner):
    connection = make_connection(base=f"{partner.url}/bdk")
    make_location(connection.dealer, bdk_partner_number="0012345")
    return connection


@pytest.mark.parametrize("fault", ["401-mid", "doubled", "loop"])
def test_faults_of_pages_lose_and_double_nothing(bank, partner, fault):
    partner.bdk.page_size = 20
    press(partner, "fault", place="leads", fault=fault, times="always")
    inbox.pull(bank, now=timezone.now())
    press(partner, "calm")
    inbox.pull(bank, now=timezone.now(), order=inbox.Order(anyway=True))

    assert Lead.objects.for_dealer(bank.dealer).count() == 46


def test_a_lead_by_hand_reaches_the_office(bank, partner):
    inbox.pull(bank, now=timezone.now())
    press(partner, "lead", name="Eva von Beispiel", email="eva@example.com", text="Guten Tag")

    run = inbox.pull(bank, now=timezone.now())

    assert (run.received, run.created, run.quarantined) == (1, 1, 0)
    lead = Lead.objects.get(email="eva@example.com")
    assert (lead.first_name, lead.last_name, lead.message) == ("Eva von", "Beispiel", "Guten Tag")


def test_a_mail_by_hand_lies_in_the_mailbox(partner):
    with SimulatedMailbox() as partner.mailbox:
        press(partner, "mail", subject="Golf", text="Noch da?", **{"from": "eva@example.com"})
        press(partner, "mail", subject="böse\r\nBcc: x@example.com")

        [mail] = partner.mailbox.mails()

    assert b"Subject: Golf" in mail
    assert b"Noch da?" in mail


def test_mails_of_the_office_are_shown_and_go_nowhere(partner, settings):
    with MailSink() as partner.mail_sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", partner.mail_sink.port
        send_mail("Überfällig", "<b>Bitte</b> zurückrufen", "wir@example.com", ["chef@example.com"])
        with smtplib.SMTP("127.0.0.1", partner.mail_sink.port) as server:
            server.sendmail("a@example.com", "b@example.com", b"\xff\x00 no mail at all")

        shown = page(partner)

    assert "chef@example.com: Überfällig" in shown
    assert "&lt;b&gt;Bitte&lt;/b&gt; zurückrufen" in shown


def test_webhooks_of_the_office_are_shown(partner):
    headers = {"webhook-id": "msg_1", "webhook-signature": "v1,abc"}
    hook = f"{partner.url}/hook"
    sent = requests.post(hook, json={"type": "<lead>"}, headers=headers, timeout=5)
    assert sent.status_code == 204
    assert "msg_1" in page(partner)
    assert "&lt;lead&gt;" in page(partner)

    press(partner, "fault", place="hook", fault="500", times="1")
    assert requests.post(hook, json={}, timeout=5).status_code == 500


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example.org"}, {"Origin": "null"}, {"Host": "evil.example.org"}],
)
def test_pages_of_others_control_nothing(partner, headers):
    form = {"place": "leads", "fault": "500", "times": "1"}
    answer = requests.post(f"{partner.url}/control/fault", form, headers=headers, timeout=5)

    assert answer.status_code == 403
    assert partner.faults == {}
