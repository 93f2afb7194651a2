"""Mailboxes and their mails in the admin."""

import base64

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import letters, mail_inbox
from integrations.models import Connection
from leads.models import IntakeEntry, Lead, Outcome, Role, Tag
from tests.builders import make_user
from tests.integrations.mail.letters import call, mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(connection, client):
    user = make_user(connection.dealer, role=Role.ADMINISTRATOR)
    client.force_login(user)
    return user


def page(name, *args):
    return reverse(f"admin:{name}", args=args)


def settings_of(server, **values):
    return {
        "name": "Postfach Verkauf",
        "mode": "test",
        "is_active": "on",
        "mail_host": "127.0.0.1",
        "mail_port": server.port,
        "mail_encryption": "none",
        "client_id": "leads@autohaus.example.org",
        "new_secret": "demo-mail",
        "mail_folder": "INBOX",
        "mail_done_folder": "LeadOffice",
        "mail_aside_folder": "LeadOffice-Pruefen",
        **values,
    }


def test_a_mailbox_is_set_up_tried_and_fetched(server, connection, boss, client):
    server.put(mail())
    add = page("integrations_connection_add") + "?partner=mail"

    client.post(add, settings_of(server))
    new = Connection.objects.get(name="Postfach Verkauf")
    tried = client.post(page("integrations_connection_try", new.pk), follow=True)
    fetched = client.post(page("integrations_connection_pull", new.pk), follow=True)

    assert (new.partner, new.client_secret) == ("mail", "demo-mail")
    assert "Ordner" in tried.content.decode()
    assert "1 empfangen, 1 neu" in fetched.content.decode()
    assert Lead.objects.get().email == "jana.testmann@example.net"
    shown = client.get(page("integrations_connection_change", new.pk)).content.decode()
    assert "demo-mail" not in shown
    assert f'value="{server.port}"' in shown


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"mail_host": "mail.example.org"}, "Ohne Verschlüsselung"),
        ({"mail_done_folder": "Inbox"}, "einen eigenen Namen"),
        ({"mail_host": "https://mail.example.org/"}, "Nur der Name eines Servers"),
        ({"mail_port": "70000"}, "65535"),
    ],
)
def test_settings_that_cannot_work_are_refused(server, connection, boss, client, values, problem):
    add = page("integrations_connection_add") + "?partner=mail"

    answer = client.post(add, settings_of(server, **values))

    assert problem in answer.content.decode()
    assert Connection.objects.count() == 1


def test_the_password_is_not_sent_to_another_server(server, connection, boss, client):
    change = page("integrations_connection_change", connection.pk)

    answer = client.post(
        change, settings_of(server, name=connection.name, mail_host="localhost", new_secret="")
    )

    assert "neu eingegeben werden" in answer.content.decode()
    connection.refresh_from_db()
    assert connection.mail_host == "127.0.0.1"


def test_a_mail_is_shown_readable_and_downloaded_as_it_came(server, connection, boss, client):
    sent = mail("Grüße <b>fett</b>", html="<script>alert(1)</script>", Subject="Größe & Preis")
    server.put(sent)
    mail_inbox.fetch(connection, now=timezone.now())
    entry = IntakeEntry.objects.get()

    shown = client.get(page("leads_intakeentry_message", entry.pk)).content.decode()
    file = client.get(page("leads_intakeentry_file", entry.pk))

    assert "Betreff: Größe &amp; Preis" in shown
    assert "Von: Jana Testmann &lt;jana.testmann@example.net&gt;" in shown
    assert "&lt;b&gt;fett" in shown
    assert "alert(1)" not in shown
    assert file.content.replace(b"\r\n", b"\n") == sent
    assert file["Content-Disposition"].startswith("attachment")
    assert file["Content-Type"] == "application/octet-stream"


def test_only_who_may_see_messages_gets_the_mail(server, connection, client):
    server.put(mail())
    mail_inbox.fetch(connection, now=timezone.now())
    file = page("leads_intakeentry_file", IntakeEntry.objects.get().pk)

    client.force_login(make_user(connection.dealer, role=Role.SELLER))
    assert client.get(file).status_code in (403, 404)
    client.force_login(make_user(role=Role.ADMINISTRATOR))
    assert client.get(file).status_code == 404


def test_a_mail_about_a_precheck_is_for_those_who_may_know(server, connection, client):
    text = base64.b64encode("Kreditvoreinschätzung: negativ".encode())
    server.put(b"From: a@example.net\r\nContent-Transfer-Encoding: base64\r\n\r\n" + text)
    mail_inbox.fetch(connection, now=timezone.now())
    shown = page("leads_intakeentry_message", IntakeEntry.objects.get().pk)

    for sees in (True, False):
        user = make_user(connection.dealer, role=Role.ADMINISTRATOR, sees_creditworthiness=sees)
        client.force_login(user)
        assert client.get(shown).status_code == (200 if sees else 403)


def test_a_mail_in_quarantine_becomes_a_lead_by_hand(server, connection, boss, client):
    server.put(call(comment="kein XML"), call(comment="<call><x>", Message_ID="<2@example.net>"))
    mail_inbox.fetch(connection, now=timezone.now())
    first, second = IntakeEntry.objects.order_by("pk")
    correct = page("leads_intakeentry_correct", second.pk)

    client.post(page("leads_intakeentry_replay", first.pk))
    form = client.get(correct)
    seen = form.context["form"].initial["seen"]
    client.post(correct, {"text": "Name: Ina Groß\nTelefon: 0171 3920030", "seen": seen})

    first.refresh_from_db()
    second.refresh_from_db()
    assert "Sie haben einen Anruf." in form.content.decode()
    assert first.outcome == Outcome.CREATED
    assert "to_check" in [one["code"] for one in first.lead.warnings]
    assert second.lead.last_name == "Groß"


def test_a_mail_that_was_no_enquiry_says_so_is_found_and_taken_in_after_all(
    server, connection, boss, client, monkeypatch
):
    alert = call("Neue Fahrzeuge für Ihre Suche", comment="nur Text")
    server.put(mail(Auto_Submitted="auto-replied"), alert)
    mail_inbox.fetch(connection, now=timezone.now())
    away, search = IntakeEntry.objects.order_by("pk")
    aside = page("leads_intakeentry_changelist") + "?outcome=set_aside"

    listed = client.get(aside)
    shown = client.get(page("leads_intakeentry_change", away.pk)).content.decode()
    assert listed.context["cl"].result_count == 2
    assert "Aussortiert" in listed.content.decode()
    assert "Abgelehnt" not in shown
    assert "Doch als Anfrage übernehmen" in shown
    assert (away.parser, search.parser) == ("mail 2", "mail/autoscout24 1")

    monkeypatch.setattr(letters, "VERSION", 3)
    for one in (away, search):
        client.post(page("leads_intakeentry_replay", one.pk))
        one.refresh_from_db()
        assert (one.outcome, one.lead is None) == (Outcome.CREATED, False)
    assert away.parser == "mail 3"
    shown = client.get(page("leads_intakeentry_change", away.pk)).content.decode()
    assert "Erneut verarbeitet · mail 2 → mail 3" in shown


def test_leads_to_be_checked_are_found_by_their_tag(server, connection, boss, client):
    server.put(mail(), call())
    mail_inbox.fetch(connection, now=timezone.now())
    tag = Tag.objects.get(name="Prüfen")

    answer = client.get(page("leads_lead_changelist"), {"tag": tag.pk})

    assert [lead.email for lead in answer.context["cl"].result_list] == [
        "jana.testmann@example.net"
    ]
