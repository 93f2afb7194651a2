"""People are told of findings: each of them once, when somebody is there, of locks at once."""

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection as database

from integrations.automanager.findings import acknowledge
from integrations.automanager.instructions import step_of
from integrations.automanager.telling import tell_due
from integrations.automanager.wording import sentence_of
from integrations.mailing import send_due
from integrations.models import Delivery, Finding, Severity
from integrations.simulator.sinks import MailSink
from leads.models import ClosedDay, Location, Membership, OpeningHours, Role, Weekday
from tests.builders import make_location, make_user
from tests.integrations.automanager.nursery import (
    NOW,
    app,
    car,
    look,
    make_automanager,
    refusal,
    sent,
)

pytestmark = pytest.mark.django_db

NIGHT = datetime(2026, 3, 4, 22, tzinfo=UTC)
MORNING = datetime(2026, 3, 5, 7, tzinfo=UTC)  # eight o'clock there, on a Thursday
LOCKED = {"apps": [app(state="locked")]}
ERROR = {"sends": [sent(action="create", result="error", feedback=[refusal()])], "ads": []}
WARNING = {"sends": [sent(action="change", result="error", feedback=[refusal()])]}
WORSE = {"sends": [sent(action="delete", result="error", feedback=[refusal()])]}


@pytest.fixture
def connection():
    return make_automanager()


def named(connection, *, from_=Severity.ERROR, **values):
    """Somebody who is named for mails."""
    user = make_user(connection.dealer, **{"role": Role.MANAGER, **values})
    Membership.objects.filter(user=user).update(told_of_findings_from=from_)
    return user


def told(now):
    """(user's id, subject) of the mails that are written by now, the oldest first."""
    tell_due(now=now)
    return list(Delivery.objects.order_by("pk").values_list("user", "subject"))


def test_during_opening_hours_a_finding_is_told_once(connection, mailoutbox):
    user = named(connection)
    named(connection, from_=Severity.CRITICAL)
    make_user(connection.dealer, role=Role.MANAGER)  # is not named
    look(connection, **ERROR)
    look(connection, now=NOW + timedelta(minutes=30), **ERROR)
    for minutes in (0, 1, 31):
        tell_due(now=NOW + timedelta(minutes=minutes))
        send_due(now=NOW + timedelta(minutes=minutes))

    [mail] = mailoutbox
    finding = Finding.objects.get(check_code="AM-20")
    assert mail.to == [user.email]
    assert mail.subject == (f"Von der Plattform abgelehnt (mobile.de) – {connection.dealer}")
    assert sentence_of(finding) in mail.body
    assert f"Was zu tun ist: {step_of('AM-20')}" in mail.body
    assert f"http://127.0.0.1:8000/admin/integrations/finding/{finding.pk}/change/" in mail.body


def test_one_mail_tells_of_all_that_a_check_has_found(connection):
    named(connection)
    cars = [1, 2]
    sends = [sent(n, action="delete", result="error", feedback=[refusal()]) for n in cars]
    look(connection, sends=sends, stock=[car(n) for n in cars], **LOCKED)

    [(_user, subject)] = told(NOW)
    text = Delivery.objects.get().text
    assert subject.startswith("Schnittstelle gesperrt (mobile.de) und ")
    assert "A-1" in text
    assert "A-2" in text


def test_at_night_it_waits_for_the_morning_and_then_comes_in_one_mail(connection):
    named(connection, from_=Severity.WARNING)
    look(connection, now=NIGHT, **WARNING)
    look(connection, now=NIGHT + timedelta(hours=1), **ERROR)  # worse meanwhile

    assert told(MORNING - timedelta(seconds=1)) == []
    assert len(told(MORNING)) == 1
    assert len(told(MORNING + timedelta(hours=9))) == 1


def test_who_comes_too_late_to_tell_it_by_day_does_not_do_so_at_night(connection):
    named(connection)
    look(connection, **ERROR)  # and no worker was alive until the night

    assert told(NIGHT) == []
    assert len(told(MORNING)) == 1


def test_a_lock_is_told_at_any_time(connection):
    named(connection)
    look(connection, now=NIGHT, **LOCKED)

    assert [subject for _user, subject in told(NIGHT)] == [
        f"Schnittstelle gesperrt (mobile.de) – {connection.dealer}"
    ]


def test_what_is_mended_or_acknowledged_before_anybody_is_there_is_not_told(connection):
    user = named(connection)
    look(connection, now=NIGHT, **ERROR)
    look(connection, now=NIGHT + timedelta(hours=1))
    assert told(MORNING) == []

    look(connection, now=NIGHT + timedelta(days=1), **ERROR)
    acknowledge(Finding.objects.for_user(user), note="Bekannt.", by=user, now=NIGHT)
    assert told(MORNING + timedelta(days=2)) == []


def test_what_comes_back_or_becomes_worse_is_told_again(connection):
    user = named(connection, from_=Severity.WARNING)
    look(connection, **WARNING)
    assert len(told(NOW)) == 1
    look(connection, **WORSE)
    assert len(told(NOW)) == 2
    look(connection, **WARNING)  # better is no news
    assert len(told(NOW)) == 2
    look(connection)
    look(connection, **WARNING)
    assert len(told(NOW)) == 3
    acknowledge(Finding.objects.for_user(user), note="Bekannt.", by=user, now=NOW)
    look(connection, **WARNING)
    assert len(told(NOW)) == 3
    look(connection, **WORSE)
    assert len(told(NOW)) == 4


def test_the_hours_are_those_of_the_findings_location(connection):
    """The other location is open at night, which helps nobody here."""
    named(connection)
    night_owl = make_location(connection.dealer)
    OpeningHours.objects.create(
        dealer=connection.dealer,
        location=night_owl,
        weekday=Weekday.WEDNESDAY,
        opens=time(20),
        closes=time(23, 59),
    )
    ours = Location.objects.get(automanager_code="MUSTER1")
    day = MORNING.date()
    ClosedDay.objects.create(
        dealer=connection.dealer, location=ours, first_on=day, last_on=day, name="Umzug"
    )
    look(connection, now=NIGHT, **ERROR)

    assert told(NIGHT) == []
    assert told(MORNING) == []
    assert len(told(MORNING + timedelta(days=1))) == 1


def test_people_hear_only_of_what_they_may_see(connection):
    elsewhere = make_location(connection.dealer)
    ours = Location.objects.get(automanager_code="MUSTER1")
    stranger = named(make_automanager(name="Fremd"))
    named(connection, locations=[elsewhere])
    named(connection, email="")
    named(connection, is_active=False)
    here = named(connection, locations=[ours])
    gone = named(connection)
    Membership.objects.filter(user=gone).update(is_active=False)
    look(connection, **ERROR)

    assert [user for user, _subject in told(NOW)] == [here.pk]
    assert not Delivery.objects.for_user(stranger).exists()


def test_where_nobody_is_named_nothing_waits(connection):
    look(connection, **LOCKED)
    named(connection)

    assert told(NOW) == []
    assert not Finding.objects.exclude(tell_at=None).exists()


def test_the_number_of_queries_does_not_depend_on_the_number_of_findings(
    connection, django_assert_max_num_queries
):
    named(connection)

    def lock(count):
        return [app(f"app-{n}", state="locked") for n in range(count)]

    look(connection, apps=lock(2))
    with django_assert_max_num_queries(20) as few:
        tell_due(now=NOW)
    look(connection, apps=lock(30))
    with django_assert_max_num_queries(len(few)):
        tell_due(now=NOW)
    text = Delivery.objects.order_by("pk").last().text
    assert text.count("Kritisch: ") == 20
    assert "8 weitere Befunde stehen hier" in text


@pytest.mark.skipif(database.vendor != "postgresql", reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_several_workers_at_once_tell_of_each_finding_once(settings):
    connection = make_automanager()
    users = [named(connection) for _n in range(3)]
    look(connection, apps=[app(f"app-{n}", state="locked") for n in range(5)])
    at_once = threading.Barrier(4)

    def work():
        try:
            at_once.wait()
            tell_due(now=NOW)
            send_due(now=NOW)
        finally:
            database.close()

    with MailSink() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        workers = [threading.Thread(target=work) for _n in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)

    assert sorted(mail.recipients for mail in server.mails) == sorted(user.email for user in users)
    assert not Delivery.objects.pending().exists()
