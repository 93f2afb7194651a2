"""Replies, machines' answers and what came back belong to their lead and never make one."""

import pytest
from django.utils import timezone

from integrations import mail_inbox
from integrations.bdk.mapping import message_from, parse, sender_of
from integrations.models import Connection
from leads.models import Activity, Channel, IntakeEntry, Lead, Outcome, Task
from leads.services.intake import book, process
from tests.builders import make_lead
from tests.integrations.mail.letters import BDK_BODY, bdk, mail

pytestmark = pytest.mark.django_db


def fetch(connection):
    now = timezone.now()
    return mail_inbox.fetch(Connection.objects.get(pk=connection.pk), now=now, anyway=True)


@pytest.fixture
def lead(server, connection):
    """Made of a first mail."""
    server.put(mail(Message_ID="<first@example.net>"))
    fetch(connection)
    return Lead.objects.get()


REPLIES = {
    "in reply to": {"In_Reply_To": "<first@example.net>", "From": "jana@other.example.net"},
    "references": {
        "In_Reply_To": "<ours@autohaus.example.org>",
        "References": "<first@example.net> <ours@autohaus.example.org>",
    },
    "number": {"Subject": "AW: Ihre Anfrage {number}"},
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_stands_in_the_timeline_of_its_lead(server, connection, lead, name):
    headers = {key: one.format(number=lead.number) for key, one in REPLIES[name].items()}
    text = "Ja, Samstag passt.\n\nAm 02.03.2026 schrieb Autohaus Beispiel:\n> Passt Samstag?"
    server.put(mail(text, Message_ID="<answer@example.net>", **headers))

    fetch(connection)

    assert Lead.objects.get() == lead
    activity = Activity.objects.get(kind=Activity.Kind.MAIL_RECEIVED)
    assert activity.lead == lead
    assert "Ja, Samstag passt." in activity.text
    assert "> Passt" not in activity.text
    assert Task.objects.filter(lead=lead, kind=Task.Kind.ENQUIRED_AGAIN).count() == 1
    lead.refresh_from_db()
    assert (lead.enquiry_count, lead.first_response_at) == (1, None)
    assert IntakeEntry.objects.latest("pk").outcome == Outcome.ATTACHED
    assert server.mails() == []


def test_a_mail_and_the_answer_to_it_may_come_together(server, connection):
    first = mail(Message_ID="<first@example.net>")
    server.put(first, mail("Noch etwas.", In_Reply_To="<first@example.net>", Message_ID="<2@x.de>"))

    fetch(connection)

    assert Lead.objects.get().enquiry_count == 1
    assert Activity.objects.filter(kind=Activity.Kind.MAIL_RECEIVED).count() == 1


AUTOMATIC = {
    "out of office": {"Auto_Submitted": "auto-replied", "In_Reply_To": "<first@example.net>"},
    "out of office without a reference": {"Precedence": "auto_reply"},
    "undeliverable": {"Return_Path": "<>", "References": "<first@example.net>"},
}


@pytest.mark.parametrize("name", AUTOMATIC)
def test_the_answer_of_a_machine_tells_nobody_to_act(server, connection, lead, name):
    server.put(mail("Ich bin im Urlaub.", Message_ID="<ooo@example.net>", **AUTOMATIC[name]))

    fetch(connection)

    activity = Activity.objects.get(kind=Activity.Kind.MAIL_RECEIVED)
    assert activity.lead == lead
    assert "Automatische Antwort" in activity.text
    assert Lead.objects.count() == 1
    assert not Task.objects.filter(kind=Task.Kind.ENQUIRED_AGAIN).exists()


def test_a_returned_mail_is_found_by_what_it_returns(server, connection, lead):
    report = (
        b"From: MAILER-DAEMON@mx.example.org\r\nSubject: Undelivered\r\nMessage-ID: <d@mx>\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\n\r\nNicht zustellbar.\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Angebot\r\n"
        b"Message-ID: <ours@autohaus.example.org>\r\n"
        b"References: <first@example.net>\r\n\r\nHallo\r\n"
        b"--b--\r\n"
    )
    server.put(report)

    fetch(connection)

    assert Activity.objects.get(kind=Activity.Kind.MAIL_RECEIVED).lead == lead
    assert Lead.objects.count() == 1


def test_a_reply_to_nothing_that_is_here_is_an_enquiry(server, connection):
    server.put(mail(In_Reply_To="<unknown@example.net>", Subject="AW: L-2026-999999"))

    fetch(connection)

    assert Lead.objects.get().email == "jana.testmann@example.net"


def test_a_reply_reaches_no_lead_of_another_dealer(server, connection):
    foreign = make_lead()
    server.put(mail(Subject=f"AW: {foreign.number}"))

    fetch(connection)

    assert not Activity.objects.filter(lead=foreign, kind=Activity.Kind.MAIL_RECEIVED).exists()
    assert Lead.objects.for_dealer(connection.dealer).count() == 1


# --- the same lead by mail and by the API --------------------------------------------------------

ITEM = {
    "leadId": "DLC-2026-7",
    "bdkLeadTypeId": "1b",
    "createdAt": "2026-03-02T10:00:00+01:00",
    "customer": {
        "firstName": "Erika",
        "lastName": "Größing",
        "email": "erika.groessing@example.net",
        "phone": "0171 3920018",
    },
}


def by_api(connection):
    now = timezone.now()
    entries = book(
        connection.dealer,
        channel=Channel.BDK,
        sender=sender_of("0012345"),
        messages=[message_from(ITEM)],
        now=now,
    )
    process(connection.dealer, entries, parse, now=now)
    return IntakeEntry.objects.get(pk=entries[0].pk)


@pytest.mark.parametrize("has_id", [True, False])
def test_a_mail_about_a_lead_that_the_api_brought_is_that_lead(server, connection, has_id):
    by_api(connection)
    server.put(bdk(BDK_BODY + ("Lead-ID: DLC-2026-7\n" if has_id else "")))

    fetch(connection)

    lead = Lead.objects.get()
    entry = IntakeEntry.objects.get(channel=Channel.MAIL)
    assert (entry.lead, entry.outcome) == (lead, Outcome.IGNORED if has_id else Outcome.ATTACHED)
    assert lead.external_id == "DLC-2026-7"


def test_what_the_api_brings_after_the_mail_is_the_same_lead(server, connection):
    server.put(bdk(BDK_BODY + "Lead-ID: DLC-2026-7\n"))
    fetch(connection)

    entry = by_api(connection)

    assert (Lead.objects.count(), entry.outcome) == (1, Outcome.UPDATED)


def test_the_bank_and_autoscout24_about_one_enquiry_are_one_case(server, connection):
    text = "Name: Erika Größing\nE-Mail: erika.groessing@example.net\nModell: Corsa"
    server.put(
        bdk(text, From="leadservice@bdk-bank.de", Subject="Autoscout24 Ohne Kreditvoreinschätzung"),
        mail(text, From="no-reply@autoscout24.com", Message_ID="<as@autoscout24.com>"),
    )

    fetch(connection)

    assert Lead.objects.get().enquiry_count == 2
