"""Mails to the dealers' own people: through to the mail server, each of them, whatever happens."""

from datetime import timedelta
from email.parser import BytesHeaderParser

import pytest
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

from integrations import health
from integrations.mailing import new_mail, send_due
from integrations.models import Connection, Delivery
from integrations.simulator.sinks import MailSink
from leads.models import Membership, User
from tests.builders import make_connection, make_user

NOW = timezone.now()
SMTP = "django.core.mail.backends.smtp.EmailBackend"
State = Delivery.State


class MailServer(MailSink):
    """Takes every mail, but for those to `unknown` people; each with its number."""

    def __init__(self):
        super().__init__()
        self.unknown, self.numbers = {}, []

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if code := self.unknown.get(address):
            return f"{code} no such person as {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        headers = BytesHeaderParser().parsebytes(envelope.content)
        self.numbers.append(headers["Message-ID"])
        return await super().handle_DATA(server, session, envelope)


class DyingBackend(EmailBackend):
    """A worker that is killed when the server has the mail and nobody has written that down."""

    def send_messages(self, messages):
        super().send_messages(messages)
        raise SystemExit


@pytest.fixture
def connection(db):
    return make_connection()


@pytest.fixture
def server(settings):
    with MailServer() as running:
        settings.EMAIL_BACKEND = SMTP
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def write(connection, user=None, *, subject="Schnittstelle gesperrt"):
    user = user or make_user(connection.dealer)
    mail = new_mail(connection, user, subject=subject, text="Bitte prüfen.\n", now=NOW)
    mail.save()
    return mail


def light_of(connection, *, now):
    [found] = health.health_of(Connection.objects.filter(pk=connection.pk), now=now)
    return [trouble.text for trouble in found.troubles if trouble.code == "unmailed"]


def test_a_mail_reaches_the_server_once(connection, server):
    mail = write(connection, subject="Schnittstelle\ngesperrt – Müller")
    assert send_due(now=NOW) == 1
    assert send_due(now=NOW + timedelta(days=1)) == 0

    [arrived] = server.mails
    mail.refresh_from_db()
    assert (mail.state, mail.attempts, mail.sent_at is not None) == (State.SENT, 1, True)
    assert arrived.recipients == mail.user.email
    assert arrived.subject == "Schnittstelle gesperrt – Müller"
    assert arrived.text.strip() == "Bitte prüfen."


def test_after_a_killed_worker_it_goes_out_again_as_the_same_mail(connection, server, settings):
    mail = write(connection)
    settings.EMAIL_BACKEND = f"{__name__}.DyingBackend"
    with pytest.raises(SystemExit):
        send_due(now=NOW)
    settings.EMAIL_BACKEND = SMTP

    assert send_due(now=NOW + timedelta(minutes=4)) == 0  # it may still live
    assert send_due(now=NOW + timedelta(minutes=6)) == 1
    assert len(server.numbers) == 2
    assert set(server.numbers) == {f"<{mail.message_id}@127.0.0.1>"}


def test_without_a_mail_server_it_waits_in_sight(connection, server, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 9
    mails = [write(connection) for _n in range(2)]
    assert send_due(now=NOW) == 0
    assert send_due(now=NOW) == 0  # not yet

    for mail in mails:
        mail.refresh_from_db()
        assert (mail.state, mail.attempts) == (State.PENDING, 1)
        assert mail.answer == "ConnectionRefusedError"
        assert NOW < mail.next_attempt_at < NOW + timedelta(minutes=1)
    assert light_of(connection, now=NOW + timedelta(minutes=50)) == []
    assert light_of(connection, now=NOW + timedelta(minutes=70)) == [
        "2 Mails an die eigenen Leute kamen nicht durch."
    ]

    settings.EMAIL_PORT = port
    assert send_due(now=NOW + timedelta(minutes=70)) == 2
    assert light_of(connection, now=NOW + timedelta(minutes=71)) == []


def test_after_three_days_it_is_given_up_and_says_so(connection, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP, "127.0.0.1", 9
    mail = write(connection)
    send_due(now=NOW + timedelta(days=2))
    send_due(now=NOW + timedelta(days=3, minutes=1))

    mail.refresh_from_db()
    assert (mail.state, mail.answer) == (State.REFUSED, "ConnectionRefusedError")
    assert len(light_of(connection, now=NOW + timedelta(days=4))) == 1


@pytest.mark.parametrize(
    ("code", "state"), [("550", State.REFUSED), ("451", State.PENDING)], ids=["never", "not now"]
)
def test_what_the_server_says_of_one_holds_up_no_other(connection, server, code, state):
    refused, other = write(connection), write(connection)
    server.unknown[refused.user.email] = code
    send_due(now=NOW)

    refused.refresh_from_db()
    assert refused.state == state
    assert refused.user.email not in refused.answer
    assert [one.recipients for one in server.mails] == [other.user.email]


@pytest.mark.parametrize(
    "leave",
    [
        lambda user: User.objects.filter(pk=user.pk).update(is_active=False),
        lambda user: User.objects.filter(pk=user.pk).update(email=""),
        lambda user: Membership.objects.filter(user=user).update(is_active=False),
    ],
)
def test_who_has_left_meanwhile_gets_nothing(connection, server, leave):
    mail = write(connection)
    leave(mail.user)
    send_due(now=NOW)

    mail.refresh_from_db()
    assert mail.state == State.DROPPED
    assert not server.mails
