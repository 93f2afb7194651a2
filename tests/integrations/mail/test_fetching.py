"""Mails of a real IMAP server become leads, each exactly once."""

import logging
import time
from contextlib import suppress
from email.message import EmailMessage

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from integrations import mail_inbox
from integrations.mail.client import BEGINNING, Mailbox
from integrations.mail.lines import fields_in
from integrations.mail.schema import Letter
from integrations.models import Connection, SyncRun
from leads.models import Channel, IntakeEntry, Lead, Outcome
from tests.builders import make_mailbox
from tests.integrations.mail.letters import ADF, BDK_BODY, bdk, call, mail

pytestmark = pytest.mark.django_db


def fetch(connection):
    now = timezone.now()
    return mail_inbox.fetch(Connection.objects.get(pk=connection.pk), now=now, anyway=True)


def test_a_mail_of_a_person_becomes_a_lead_to_be_checked(server, connection, capsys):
    server.put(mail())

    call_command("fetch_mail_leads")

    lead = Lead.objects.get()
    assert (lead.first_name, lead.last_name, lead.email) == (
        "Jana",
        "Testmann",
        "jana.testmann@example.net",
    )
    assert (lead.subject, lead.message) == ("Frage zum Kombi", "Guten Tag, ist der Wagen noch da?")
    assert (lead.source.key, lead.location) == ("email", connection.location)
    assert "to_check" in [one["code"] for one in lead.warnings]
    assert [tag.name for tag in lead.tags.all()] == ["Prüfen"]
    assert (server.mails(), len(server.mails("LeadOffice"))) == ([], 1)
    assert "1 empfangen, 1 neu" in capsys.readouterr().out
    assert not any("FLAGS" in command for command in server.heard)  # nothing was marked as read


def test_the_mail_is_kept_encrypted_before_it_is_moved(server, connection, monkeypatch):
    server.put(mail())
    server.faults = [{"hang": "MOVE"}]
    monkeypatch.setattr(Mailbox, "step_timeout", 4)

    run = fetch(connection)

    entry = IntakeEntry.objects.get()
    assert (run.state, entry.outcome) == (SyncRun.State.FAILED, Outcome.CREATED)
    assert "Guten Tag" in entry.raw
    assert len(server.mails()) == 1

    fetch(connection)

    assert (Lead.objects.count(), IntakeEntry.objects.get().times_received) == (1, 2)
    assert (server.mails(), len(server.mails("LeadOffice"))) == ([], 1)


def test_the_same_mail_is_one_and_another_under_its_number_is_another(server, connection):
    server.put(mail(), mail(Received="by mx.example.org"), mail("Und der Golf?"))

    run = fetch(connection)

    assert (run.received, IntakeEntry.objects.count()) == (3, 2)
    assert Lead.objects.get().enquiries.count() <= 2
    assert server.mails() == []


KINDS = {
    "BDK, by sender and title": (
        bdk(),
        {"lead_type__key": "1b", "source__key": "juhu_auto", "last_name": "Größing"},
    ),
    "BDK, title in the text alone": (
        bdk(Subject="Neuer Lead"),
        {"lead_type__key": "1b", "test_drive_wished": True},
    ),
    "BDK, one sender, three families": (
        bdk(
            BDK_BODY.replace("juhu.auto Probefahrt\n", ""),
            From="leadservice@bdk-bank.de",
            Subject="Autoscout24 Ohne Kreditvoreinschätzung",
        ),
        {"lead_type__key": "8c", "source__key": "autoscout24"},
    ),
    "BDK, unknown title": (
        bdk(
            "Vorname: Erika\nNachname: Größing\nTelefon: 0171 3920018",
            From="leadservice@bdk-bank.de",
            Subject="Etwas Neues",
        ),
        {"lead_type": None, "source__key": "bdk_direct", "last_name": "Größing"},
    ),
    "missed call": (
        call(),
        {
            "source__key": "autoscout24",
            "mobile": "0171 3920017",
            "callback_wished": True,
            "vehicle_name": "Opel Corsa",
        },
    ),
    "accepted call": (
        call("4711: Angenommener Anruf 02.03.2026"),
        {"source__key": "autoscout24", "callback_wished": False},
    ),
    "ADF as text": (
        mail(f"Hallo,\n\n{ADF}\n"),
        {"last_name": "Müßig", "vehicle_name": "Seat Ateca"},
    ),
    "ADF in HTML": (
        mail("", html=f"<p>Lead:</p><pre>{ADF.replace('<', '&lt;')}</pre>"),
        {"last_name": "Müßig"},
    ),
    "form": (
        mail(
            "Name: Frau Dr. Ina Groß\nE-Mail: ina.gross@example.net\nTelefon: 0171 3920019\n"
            "PLZ/Ort: 58507 Lüdenscheid\nProbefahrt: ja\nFinanzierung: nein\nLieblingsfarbe: rot\n"
            "Nachricht: Hallo,\n\nbitte melden.",
            From="WordPress <info@autohaus.example.org>",
        ),
        {
            "source__key": "website",
            "last_name": "Groß",
            "email": "ina.gross@example.net",
            "city": "Lüdenscheid",
            "test_drive_wished": True,
            "custom_values": {"Lieblingsfarbe": "rot"},
            "message": "Hallo,\n\nbitte melden.",
        },
    ),
    "form as an HTML table": (
        mail(
            "",
            html="<table><tr><td>Name</td><td>Ina Groß</td></tr>"
            "<tr><td>Telefon</td><td>0171 3920019</td></tr></table>",
        ),
        {"source__key": "website", "phone": "0171 3920019"},
    ),
    "a portal's address is nobody's": (
        mail("Jemand hat eine Frage.", From="mobile.de <noreply@mobile.de>"),
        {"email": "", "last_name": "", "source__key": "mobile_de"},
    ),
    "a portal that names the person": (
        mail("Eine Frage.", From="noreply@mobile.de", Reply_To="Ina Groß <ina@example.net>"),
        {"email": "ina@example.net", "last_name": "Groß"},
    ),
    "an address of the office is nobody's": (
        mail("WG: Anfrage", From="Verkauf <verkauf@autohaus.example.org>"),
        {"email": ""},
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_mail_is_read(server, connection, name):
    sent, expected = KINDS[name]
    server.put(sent)

    fetch(connection)

    lead = Lead.objects.get()
    for path, value in expected.items():
        found = lead
        for part in path.split("__"):
            found = getattr(found, part)
        assert found == value, path
    assert server.mails() == []


CREDIT = "Kreditvoreinschätzung: negativ\nName: Ina Groß\nE-Mail: ina.gross@example.net\n"
TELLING = {
    "BDK": bdk(
        CREDIT,
        From="leadservice@bdk-bank.de",
        Subject="Autoscout24 Negative Kreditvoreinschätzung",
    ),
    "BDK, unknown title": bdk(CREDIT, From="leadservice@bdk-bank.de", Subject="Neues"),
    "forwarded": mail(
        f"Kannst du das übernehmen?\n\n> {CREDIT}", Subject="WG: Negative Kreditvoreinschätzung"
    ),
}


@pytest.mark.parametrize("name", TELLING)
def test_the_outcome_of_a_precheck_stands_in_the_message_as_received_alone(
    server, connection, name
):
    server.put(TELLING[name])

    fetch(connection)

    lead = Lead.objects.get()
    shown = f"{lead.subject} {lead.message} {lead.custom_values}".lower()
    assert "negativ" not in shown
    assert "kreditvoreinsch" not in shown
    assert lead.customer is not None


def attached(content, maintype, subtype, name, *, text="Neue Anfrage, siehe Anhang."):
    """A mail with one attachment in base64, as mail programs send them."""
    message = EmailMessage()
    message["From"] = "Portal <noreply@portal.example.org>"
    message["Subject"] = "Neuer Lead"
    message["Message-ID"] = "<adf-1@portal.example.org>"
    message.set_content(text)
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename=name)
    assert b"base64" in message.as_bytes()
    return message.as_bytes()


LATIN = ADF.replace(
    "<adf>", '<?xml version="1.0" encoding="ISO-8859-1"?><?ADF VERSION "1.0"?><adf>'
)
ATTACHED = {
    "as declared": attached(ADF.encode(), "application", "x-adf+xml", "lead.xml"),
    "as a file of any kind": attached(ADF.encode(), "application", "octet-stream", "lead.xml"),
    "in capitals": attached(ADF.encode(), "application", "octet-stream", "LEAD.ADF"),
    "without a telling name": attached(ADF.encode(), "application", "xml", "1"),
    "in Latin-1": attached(LATIN.encode("latin-1"), "application", "octet-stream", "lead.xml"),
    "in UTF-8 although it says Latin-1": attached(
        LATIN.encode(), "application", "octet-stream", "lead.xml"
    ),
    "in the text and attached": attached(
        ADF.encode(), "application", "octet-stream", "lead.xml", text=ADF
    ),
}


@pytest.mark.parametrize("name", ATTACHED)
def test_adf_is_found_in_an_attachment_whatever_it_is_called(server, connection, name):
    server.put(ATTACHED[name])

    fetch(connection)

    lead, entry = Lead.objects.get(), IntakeEntry.objects.get()
    assert (lead.first_name, lead.last_name) == ("Jörg", "Müßig")
    assert (lead.email, lead.vehicle_name) == ("joerg.muessig@example.net", "Seat Ateca")
    assert (entry.outcome, entry.parser) == (Outcome.CREATED, "mail/adf 1")
    assert len(server.mails("LeadOffice")) == 1


def test_two_people_of_one_portal_are_two(server, connection):
    for number, name in enumerate(["Ina Groß", "Max Klein"]):
        text = f"Name: {name}\nE-Mail: noreply@mobile.de\nTelefon: 0171 392002{number}"
        server.put(mail(text, From="noreply@mobile.de", Message_ID=f"<{number}@mobile.de>"))

    fetch(connection)

    assert {lead.last_name for lead in Lead.objects.all()} == {"Groß", "Klein"}
    assert len({lead.customer_id for lead in Lead.objects.all()}) == 2


SET_ASIDE = {
    "saved search": call("Neue Fahrzeuge für Ihre Suche", comment="nur Text"),
    "circular": mail(Precedence="bulk", List_Id="<news.example.net>"),
    "out of office of a stranger": mail(Auto_Submitted="auto-replied"),
    "undeliverable": mail(Return_Path="<>", From="MAILER-DAEMON@example.net"),
}


@pytest.mark.parametrize("name", SET_ASIDE)
def test_what_is_no_enquiry_is_set_aside_and_kept(server, connection, name):
    server.put(SET_ASIDE[name])

    run = fetch(connection)

    entry = IntakeEntry.objects.get()
    assert (entry.outcome, Lead.objects.count()) == (Outcome.SET_ASIDE, 0)
    assert "1 empfangen, 0 neu, 1 aussortiert (" in run.summary()
    assert entry.reason
    assert entry.raw
    assert (run.state, len(server.mails("LeadOffice-Pruefen"))) == (SyncRun.State.DONE, 1)


def passed(domain):
    return f"mx.autohaus.example.org; dkim=pass header.d={domain}; spf=none"


QUARANTINED = {
    "call without XML": (call(comment="kein XML"), {}),
    "call with broken XML": (call(comment="<call><make>"), {}),
    "not allowed": (mail(), {"mail_senders": "juhu.auto\n@bdk-bank.de"}),
    "failed check": (bdk(Authentication_Results="mx.example.org; dmarc=fail; spf=fail"), {}),
    "not confirmed": (bdk(), {"mail_checked_by": "mx.autohaus.example.org"}),
    "confirmed by somebody else": (
        bdk(Authentication_Results=passed("juhu.auto").replace("mx.", "evil.")),
        {"mail_checked_by": "mx.autohaus.example.org"},
    ),
    "another domain confirmed": (
        bdk(Authentication_Results=passed("evil.example.net")),
        {"mail_checked_by": "mx.autohaus.example.org"},
    ),
}


@pytest.mark.parametrize("name", QUARANTINED)
def test_what_cannot_be_believed_waits_for_a_person(server, connection, name):
    sent, settings = QUARANTINED[name]
    Connection.objects.filter(pk=connection.pk).update(**settings)
    server.put(sent)

    with pytest.raises(CommandError) as error:
        call_command("fetch_mail_leads")

    assert error.value.returncode == 1
    assert (IntakeEntry.objects.get().outcome, Lead.objects.count()) == (Outcome.QUARANTINED, 0)
    assert len(server.mails("LeadOffice-Pruefen")) == 1


def test_a_confirmed_partner_is_believed(server, connection):
    Connection.objects.filter(pk=connection.pk).update(
        mail_checked_by="mx.autohaus.example.org", mail_senders="@juhu.auto"
    )
    server.put(bdk(Authentication_Results=passed("juhu.auto")))

    fetch(connection)

    assert Lead.objects.get().lead_type.key == "1b"


def test_each_prospect_of_a_mail_is_a_lead(server, connection):
    second = ADF.replace("P-1", "P-2").replace("Jörg Müßig", "Ina Groß").replace("joerg", "ina")
    server.put(mail(ADF + second), mail(ADF, Message_ID="<again@example.net>"))

    run = fetch(connection)

    assert {lead.last_name for lead in Lead.objects.all()} == {"Müßig", "Groß"}
    assert IntakeEntry.objects.filter(channel=Channel.ADF).count() == 2
    assert (run.created, run.repeated) == (2, 1)
    assert len(server.mails("LeadOffice")) == 2


# --- bad input -----------------------------------------------------------------------------------

NESTED = b"".join(
    b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(60)
)
HTML = b"From: a@example.net\r\nContent-Type: text/html\r\n\r\n"
HOSTILE = {
    "not a mail": b"\x00\xff\xfe \x01 no header at all",
    "empty": b"\r\n",
    "nested": b"Subject: x\r\n" + NESTED + b"\r\nHallo\r\n",
    "unknown charset": b"From: a@example.net\r\nSubject: =?nix?Q?=FF?=\r\n"
    b"Content-Type: text/plain; charset=nix\r\n\r\nGr\xfc\xdfe \x00 \xff\r\n",
    "header injection": b"From: a@example.net\r\nSubject: =?utf-8?Q?x=0D=0ABcc:_b@example.net?=\r\n"
    b"X-LeadOffice: x\r\nMessage-ID: <a\x00b@example.net>\r\n\r\nHallo\r\n",
    "broken base64": b"From: a@example.net\r\nContent-Type: text/plain\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n!!!!SGFsbG8\r\n",
    "long": b"From: a@example.net\r\nSubject: " + b"x" * 100_000 + b"\r\n\r\n" + b"y: " * 90_000,
    "entities": b"From: a@example.net\r\n\r\n"
    b"<!DOCTYPE a [<!ENTITY b 'c'>]><adf><prospect>&b;</prospect></adf>",
    "script": HTML + b"<script>alert(1)</script><b>Hallo</b>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_kept_and_stops_nobody(server, connection, name):
    server.put(HOSTILE[name], mail())

    run = fetch(connection)

    assert (run.received, IntakeEntry.objects.unprocessed().count()) == (2, 0)
    assert Lead.objects.filter(email="jana.testmann@example.net").exists()
    for lead in Lead.objects.all():
        assert "\n" not in lead.subject
        assert "script" not in lead.message
    assert server.mails() == []


ENDLESS = {
    "nested": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(5000)
    ),
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "parts": b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 300_000,
    "encoded words": b"Subject: " + b"=?utf-8?Q?x?= " * 300_000 + b"\r\n\r\nx",
    "brackets": b"From: " + b"(" * 200_000 + b"\r\n\r\nx",
    "comments": HTML + b"<!--" * 500_000,
    "tags": HTML + b"<" * 500_000,
    "quotes": HTML + b"<a b='" * 200_000 + b">",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_is_made_to_take_forever_does_not(name):
    began_at = time.monotonic()

    letter = Letter.from_bytes(ENDLESS[name])
    fields_in(letter.text)

    assert time.monotonic() - began_at < 10  # seconds; the library alone takes minutes


def test_of_a_mail_that_is_too_large_the_beginning_is_kept(server, connection):
    server.put(mail() + (b"x" * 76 + b"\r\n") * 140_000)

    fetch(connection)

    entry = IntakeEntry.objects.get()
    assert (entry.outcome, Lead.objects.count()) == (Outcome.QUARANTINED, 0)
    assert "10 MB" in entry.reason
    assert len(entry.raw) < BEGINNING * 2
    assert len(server.mails("LeadOffice-Pruefen")[0]) > 10 * 1024**2


FAULTS = {
    "wrong password": ({}, {"client_secret": "Straße-falsch"}, "lehnt Benutzer oder Passwort ab"),
    "no TLS": ({}, {"mail_encryption": "starttls"}, "bietet kein TLS"),
    "nobody there": ({}, {"mail_port": 1}, "(dort antwortet niemand)"),
    "elsewhere without TLS": ({}, {"mail_host": "mail.example.org"}, "nur mit TLS"),
    "no such folder": ({}, {"mail_folder": "Nirgends"}, "keinen Ordner „Nirgends“"),
    "cut": ({"cut": "BODY.PEEK"}, {}, "(die Verbindung brach ab)"),
    "hang": ({"hang": "BODY.PEEK"}, {}, "(keine Antwort in der Zeit)"),
    "drip": ({"drip": "BODY.PEEK"}, {}, "innerhalb von"),
    "flood": ({"flood": "BODY.PEEK"}, {}, "zu lang"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_trouble_with_the_server_is_told_and_loses_nothing(
    server, connection, name, monkeypatch, caplog
):
    fault, settings, words = FAULTS[name]
    if "hang" in fault:
        monkeypatch.setattr(Mailbox, "step_timeout", 4)
    if "drip" in fault:
        monkeypatch.setattr(Mailbox, "total_timeout", 6)
    Connection.objects.filter(pk=connection.pk).update(**settings)
    if secret := settings.get("client_secret"):
        connection.client_secret = secret
        connection.save()
    server.put(mail())
    server.faults = [fault]

    with caplog.at_level(logging.DEBUG), pytest.raises(CommandError) as error:
        call_command("fetch_mail_leads")

    connection.refresh_from_db()
    run = connection.runs.get()
    assert error.value.returncode == 2
    assert run.state == SyncRun.State.FAILED
    assert words in run.error
    assert (connection.last_error, connection.lease_until) == (run.error, None)
    assert (Lead.objects.count(), len(server.mails())) == (0, 1)
    assert not any("LOGIN" in one for one in server.heard) or name != "no TLS"
    for secret in ("demo-mail", "falsch", "jana", "Testmann"):
        assert secret not in caplog.text + run.error


def test_a_wrong_password_is_not_tried_again_by_itself(server, connection, capsys):
    connection.client_secret = "falsch"
    connection.save()
    for _run in range(2):
        with suppress(CommandError):
            call_command("fetch_mail_leads")
    assert server.heard.count("LOGIN") == 1

    connection.refresh_from_db()
    connection.client_secret = "demo-mail"
    connection.save()
    server.put(mail())
    call_command("fetch_mail_leads")
    assert "ist pausiert: 127.0.0.1 lehnt" in capsys.readouterr().out
    call_command("fetch_mail_leads", "--anyway")

    connection.refresh_from_db()
    assert (Lead.objects.count(), connection.paused_at) == (1, None)


def test_a_mail_that_breaks_the_connection_does_not_keep_others_waiting(server, connection):
    server.put(mail(), mail("Zweite", Message_ID="<2@example.net>", From="b@example.net"))
    server.faults = [{"cut": "UID FETCH 101 (BODY.PEEK"}, {"cut": "UID FETCH 101 (BODY.PEEK"}]

    for _run in range(2):
        fetch(connection)

    assert "b@example.net" in [lead.email for lead in Lead.objects.all()]
    fetch(connection)
    assert Lead.objects.count() == 2


def test_leads_of_a_mailbox_stay_with_its_dealer(server, connection):
    other = make_mailbox(port=server.port)
    server.put(mail(Subject=f"Re: {Lead.objects.count()}"))

    fetch(other)

    assert Lead.objects.get().dealer == other.dealer
    assert IntakeEntry.objects.for_dealer(connection.dealer).count() == 0
