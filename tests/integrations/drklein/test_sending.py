"""Handovers on their way: what each answer means, and that nothing is ever sent twice."""

import hashlib
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.core import mail
from django.db import connection

from integrations.drklein import sending
from integrations.drklein.client import ProfileAClient, ProfileBClient
from integrations.drklein.handing_over import (
    AlreadySettled,
    AlreadyUnderWay,
    NotReady,
    note_arrived,
    note_not_arrived,
    withdraw,
)
from integrations.health import Light, judge
from integrations.models import Connection, Handover
from leads.background import run_due_jobs
from leads.models import Activity, Event, EventKind, Lead, Membership, Role, Task
from leads.services.deleting import delete_leads
from leads.services.merging import merge_leads
from tests.builders import make_consent, make_lead, make_user
from tests.integrations.drklein.conftest import make_desk

pytestmark = pytest.mark.django_db
State = Handover.State
SAMPLES = settings.BASE_DIR / "tests" / "samples"
ANSWERS = json.loads((SAMPLES / "drklein_response.json").read_text(encoding="utf-8"))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def calls(partner):
    """The cases that were posted, whatever became of them."""
    return [one for one in partner.log if one["path"].partition("?")[0].endswith("/vorgang")]


def timeline(lead):
    return list(
        Activity.objects.filter(lead=lead, kind=Activity.Kind.FORWARDED)
        .order_by("pk")
        .values_list("text", flat=True)
    )


def tasks(lead):
    return list(Task.objects.filter(lead=lead).open().values_list("title", flat=True))


# --- what arrives -------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", ["a", "b"])
@pytest.mark.parametrize("mode", ["test", "live"])
def test_each_profile_reaches_its_own_environment(db, partner, profile, mode):
    """The danger: the address of a real case in one profile is that of a test in the other."""
    desk = make_desk(partner, profile=profile, mode=mode)
    ordered = desk.order()
    assert partner.drklein.cases == []  # nothing goes out with the order itself

    assert desk.send() == 1
    handover = desk.stored()
    [case] = partner.drklein.cases
    assert (handover.state, handover.case_number) == (State.FORWARDED, "DK0001"), handover.problem
    assert (case.profile, case.is_real) == (profile, mode == "live")
    assert case.body == json.loads(ordered.payload)
    assert case.trace_id == str(handover.log.get().trace_id)
    assert desk.send() == 0  # once is enough
    assert len(partner.drklein.cases) == 1


def test_what_arrived_is_told_in_the_office(desk, partner):
    partner.drklein.messages = ["antragsteller1.herkunft.steuerId: Wert wurde nicht übernommen"]
    desk.order()
    desk.send()

    handover = desk.stored()
    assert handover.note_lines == partner.drklein.messages
    assert timeline(desk.lead) == ["Test: Dr. Klein: übergeben, Vorgang DK0001."]
    event = Event.objects.get(kind=EventKind.LEAD_FORWARDED)
    assert event.lead_id == desk.lead.pk
    assert event.data == {"partner": "drklein", "test": True, "case_number": "DK0001"}
    assert event.user == desk.manager
    assert tasks(desk.lead) == []
    desk.account.refresh_from_db()
    assert desk.account.last_success_at


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (ANSWERS["profileA_201"], "AB12CD"),
        (ANSWERS["profileB_201"], "AB12CD"),
        (ANSWERS["kex_201"], "AB1234"),
        (ANSWERS["older_201"], "DK-1001"),
        (ANSWERS["leadoffice_201"], "L26-000123"),
        ({"vorgangUuid": "6f1d2c3b"}, "6f1d2c3b"),
        ({"crmKennung": 17, "neu": {"x": 1}}, "17"),
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_every_name_of_the_case_number_is_understood(desk, partner, status, body, number):
    partner.faults["vorgang"] = [{"status": status, "json": body}]
    desk.order()
    desk.send()

    handover = desk.stored()
    assert (handover.state, handover.case_number) == (State.FORWARDED, number)
    assert handover.note_lines == body.get("messages", [])
    assert json.loads(handover.log.get().answer) == body


# --- the table of results -----------------------------------------------------------------------

UNCONFIRMED = [
    {"status": 201, "json": {}},
    {"status": 202, "json": ["AB12CD"]},
    {"status": 204, "json": {"status": "ok"}},
    {"status": 201, "json": {"europaceVorgangsnummer": ""}},
    {"html": True},
    {"cut": True},
]
REJECTED = [{"status": status, "json": {"message": "nein"}} for status in (400, 404, 409, 415, 422)]
BLOCKED = [{"status": status, "json": {}} for status in (301, 403)]
UNKNOWN = [
    *({"status": status, "json": {}} for status in (408, 500, 502, 503, 504)),
    {"reset": True},
    {"lost": True},
    {"drip": 0.3},
]
TABLE = [
    *((fault, State.UNCONFIRMED, "Bei Dr. Klein die Vorgangsnummer") for fault in UNCONFIRMED),
    *((fault, State.REJECTED, "Angaben berichtigen") for fault in REJECTED),
    *((fault, State.BLOCKED, "Anbindung zu Dr. Klein prüfen lassen") for fault in BLOCKED),
    *((fault, State.UNKNOWN, "Bei Dr. Klein nachfragen") for fault in UNKNOWN),
]


@pytest.mark.parametrize(("fault", "state", "task"), TABLE)
def test_what_is_not_a_plain_yes_waits_for_a_person(desk, partner, monkeypatch, fault, state, task):
    monkeypatch.setattr(ProfileBClient, "total_timeout", 0.5)  # for the answer that drips
    partner.faults["vorgang"] = [fault]
    desk.order()
    desk.send()

    handover = desk.stored()
    assert handover.state == state, handover.problem
    assert handover.problem
    [title] = tasks(desk.lead)
    assert title.startswith(task)
    [attempt] = handover.log.all()
    assert (attempt.state, attempt.problem) == (state, handover.problem)
    for later in (HOUR, DAY, 30 * DAY):
        assert desk.send(desk.now + later) == 0
    assert len(calls(partner)) == 1  # never again by itself


def test_silence_is_unclear(desk, partner, monkeypatch):
    monkeypatch.setattr(ProfileBClient, "total_timeout", 0.3)
    partner.faults["vorgang"] = [{"hang": 1}]
    desk.order()
    desk.send()

    assert desk.stored().state == State.UNKNOWN


def test_a_withdrawn_token_is_renewed_once_and_nothing_arrives_twice(desk, partner):
    partner.faults["vorgang"] = [{"status": 401, "json": ANSWERS["error_401"]}]
    desk.order()
    desk.send()

    assert desk.stored().state == State.FORWARDED
    assert len(partner.drklein.cases) == 1
    assert [one["path"] for one in partner.log].count("/drklein/oauth2/token") == 2


@pytest.mark.parametrize("profile", ["a", "b"])
def test_a_sign_in_that_stays_refused_blocks_and_the_administrators_hear_of_it(
    db, partner, profile
):
    desk = make_desk(partner, profile=profile)
    administrator = make_user(desk.dealer, role=Role.ADMINISTRATOR)
    partner.faults["vorgang"] = [{"status": 401, "json": {}}] * 2
    desk.order()
    desk.send()
    run_due_jobs()

    handover = desk.stored()
    assert handover.state == State.BLOCKED
    assert "401" in handover.problem
    desk.account.refresh_from_db()
    assert desk.account.last_error == handover.problem
    [message] = mail.outbox
    assert message.to == [administrator.email]
    assert handover.problem in message.body
    assert desk.lead.email not in message.body


def test_a_wrong_client_secret_blocks_and_nothing_is_sent(db, partner):
    desk = make_desk(partner, client_secret="falsch")
    desk.order()
    desk.send()

    assert desk.stored().state == State.BLOCKED
    assert "invalid_client" in desk.stored().problem
    assert calls(partner) == []


# --- trying again -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_who_asks_to_come_later_is_asked_later(desk, partner, status, form):
    at = desk.now + 2 * HOUR
    header = "7200" if form == "seconds" else format_datetime(at, usegmt=form == "date")
    partner.faults["vorgang"] = [{"status": status, "json": {}, "headers": {"Retry-After": header}}]
    desk.order()
    desk.send()

    handover = desk.stored()
    assert handover.state == State.WAITING
    assert abs(handover.next_attempt_at - at) < MINUTE
    assert desk.send(desk.now + HOUR) == 0
    assert desk.send(at + MINUTE) == 1
    assert desk.stored().state == State.FORWARDED
    assert len(partner.drklein.cases) == 1


def test_what_was_never_sent_is_tried_later_and_later_for_a_day(desk, partner):
    Connection.objects.filter(pk=desk.account.pk).update(base_url="http://127.0.0.1:9/b-test")
    desk.account.refresh_from_db()
    desk.order()
    now, waits = desk.now, []
    for _attempt in range(9):
        desk.send(now)
        handover = desk.stored()
        assert handover.state == State.WAITING
        waits.append(handover.next_attempt_at - now)
        now = handover.next_attempt_at
    longest = [min(timedelta(minutes=2**n), 30 * MINUTE) for n in range(9)]
    assert all(0.5 * most <= one <= 1.1 * most for one, most in zip(waits, longest, strict=True))
    assert "nichts gesendet" in handover.problem

    desk.send(desk.now + DAY - MINUTE)  # the next one would be too late
    handover = desk.stored()
    assert (handover.state, handover.attempts) == (State.GIVEN_UP, 10)
    assert calls(partner) == []
    assert tasks(desk.lead) == ["Die Anfrage erneut an Dr. Klein übergeben"]


@pytest.mark.parametrize("fault", [{"status": 500}, {"reset": True}, {"status": 429}])
def test_trouble_with_signing_in_is_no_trouble_with_the_case(desk, partner, fault):
    partner.faults["token"] = [fault]
    desk.order()
    desk.send()

    assert desk.stored().state == State.WAITING
    desk.send(desk.now + HOUR)
    assert desk.stored().state == State.FORWARDED
    assert len(partner.drklein.cases) == 1


# --- what comes between the order and the worker ------------------------------------------------


def test_a_second_order_is_refused_while_the_first_is_open(desk, partner):
    desk.order()
    with pytest.raises(AlreadyUnderWay):
        desk.order()
    desk.send()
    with pytest.raises(NotReady):  # there is a case now; it needs the word "again"
        desk.order()

    assert len(partner.drklein.cases) == 1


def test_a_changed_lead_is_not_sent_as_it_was_never_looked_at(desk):
    seen = desk.prepare()
    Lead.objects.filter(pk=desk.lead.pk).update(last_name="Anders")
    with pytest.raises(NotReady) as refused:
        desk.order(seen=seen)

    assert refused.value.preparation.fingerprint != seen.fingerprint
    assert not Handover.objects.exists()


def off(desk):
    Connection.objects.update(is_active=False)


def moved(desk):
    Connection.objects.update(base_url="http://127.0.0.1:9/other")


def live(desk):
    Connection.objects.update(mode="live")


def binned(desk):
    delete_leads(Lead.objects.filter(pk=desk.lead.pk), by=desk.manager, now=desk.now)


def dismissed(desk):
    Membership.objects.update(is_active=False)


def unconsented(desk):
    taken_back = [*desk.lead.consents, make_consent(granted=False)]
    Lead.objects.filter(pk=desk.lead.pk).update(consents=taken_back)


@pytest.mark.parametrize("change", [off, moved, live, binned, dismissed, unconsented])
def test_what_was_ordered_is_not_sent_under_other_circumstances(desk, partner, change):
    desk.order()
    change(desk)
    desk.send()

    assert desk.stored().state == State.WITHDRAWN
    assert desk.stored().problem
    assert calls(partner) == []


def test_a_merged_lead_is_sent_and_the_one_that_was_kept_hears_of_it(desk):
    kept = make_lead(desk.dealer, customer=desk.lead.customer)
    desk.order()
    merge_leads(kept, desk.lead, values={}, by=desk.manager, now=desk.now)
    desk.send()

    assert timeline(kept) == ["Test: Dr. Klein: übergeben, Vorgang DK0001."]
    assert [one.case_number for one in Handover.objects.of_lead(kept)] == ["DK0001"]


def test_one_that_cannot_be_read_stops_only_itself(desk, partner):
    broken = desk.order()
    with connection.cursor() as cursor:  # as if its key were lost
        cursor.execute("UPDATE integrations_handover SET payload = 'x'")
    other = desk.order(make_lead(desk.dealer, consents=[make_consent()]))
    with pytest.raises(InvalidToken):
        desk.send()
    desk.send()
    desk.send(desk.now + HOUR)

    states = dict(Handover.objects.values_list("pk", "state"))
    assert states == {broken.pk: State.UNKNOWN, other.pk: State.FORWARDED}


# --- deciding -----------------------------------------------------------------------------------


@pytest.fixture
def unclear(desk, partner):
    partner.faults["vorgang"] = [{"lost": True}]
    handover = desk.order()
    desk.send()
    return handover


def test_an_unclear_handover_keeps_others_away_until_somebody_has_asked(desk, unclear, partner):
    with pytest.raises(AlreadyUnderWay):
        desk.order()
    assert len(partner.drklein.cases) == 1  # it had arrived indeed

    note_arrived(unclear, case_number="DK0001", by=desk.manager, now=desk.now)
    handover = desk.stored()
    assert (handover.state, handover.case_number) == (State.FORWARDED, "DK0001")
    assert handover.decided_by == desk.manager
    assert tasks(desk.lead) == []
    assert Event.objects.filter(kind=EventKind.LEAD_FORWARDED).count() == 1


def test_what_has_not_arrived_may_be_ordered_again(desk, unclear, partner):
    note_not_arrived(unclear, by=desk.manager, now=desk.now)
    desk.account.refresh_from_db()
    assert judge(desk.account, now=desk.now).light == Light.GREY  # no trouble is left
    again = desk.order()
    desk.send()

    assert desk.stored(again).state == State.FORWARDED
    assert desk.stored(unclear).state == State.NOT_ARRIVED
    with pytest.raises(AlreadySettled):
        note_arrived(unclear, case_number="X", by=desk.manager, now=desk.now)


def test_what_waits_can_be_withdrawn_but_not_what_is_on_its_way(desk, partner):
    first = desk.order()
    withdraw(first, by=desk.manager, now=desk.now)
    second = desk.order()
    assert sending.claim(now=desk.now).handover == second
    with pytest.raises(AlreadySettled):
        withdraw(second, by=desk.manager, now=desk.now)

    assert desk.stored(first).state == State.WITHDRAWN
    assert calls(partner) == []


def test_a_late_answer_is_noted_but_does_not_undo_what_a_person_decided(desk):
    handover = desk.order()
    attempt = sending.claim(now=desk.now)
    sending.settle_abandoned(now=desk.now + HOUR)
    assert desk.stored().state == State.UNKNOWN
    note_not_arrived(handover, by=desk.manager, now=desk.now + HOUR)
    late = sending.Verdict(state=State.FORWARDED, case_number="DK0009")
    sending.settle(attempt, late, None, now=desk.now + HOUR)

    assert desk.stored().state == State.NOT_ARRIVED
    assert desk.stored().log.get().state == State.FORWARDED


def test_a_late_answer_clears_up_what_nobody_has_decided(desk):
    desk.order()
    attempt = sending.claim(now=desk.now)
    sending.settle_abandoned(now=desk.now + HOUR)
    late = sending.Verdict(state=State.FORWARDED, case_number="DK0009")
    sending.settle(attempt, late, None, now=desk.now + HOUR)

    assert (desk.stored().state, desk.stored().case_number) == (State.FORWARDED, "DK0009")


# --- what is kept -------------------------------------------------------------------------------


def test_content_is_encrypted_and_emptied_when_its_time_is_over(desk, partner):
    desk.order()
    desk.send()
    handover = desk.stored()
    fingerprint = hashlib.sha256(handover.payload.encode()).hexdigest()
    [columns] = Handover.objects.extra(select={"raw": "payload"}).values_list("raw")
    assert desk.lead.last_name not in columns[0]
    assert sending.empty_old(now=desk.now + 100 * DAY) == 0

    assert sending.empty_old(now=desk.now + 200 * DAY) == 1
    handover = desk.stored()
    assert (handover.payload, handover.log.get().answer) == ("", "")
    assert handover.payload_hash == fingerprint
    assert handover.case_number == "DK0001"


@pytest.mark.parametrize("profile", ["a", "b"])
@pytest.mark.parametrize("fault", [{}, {"reset": True}, {"status": 422, "json": {"x": "Groß"}}])
def test_logs_name_nobody_and_no_secret(db, partner, caplog, profile, fault):
    caplog.set_level("DEBUG")
    desk = make_desk(partner, profile=profile)
    partner.faults["vorgang"] = [fault]
    desk.order()
    desk.send()

    lead = desk.lead
    hidden = [lead.last_name, lead.email, lead.street, "1985", "demo-secret", "demo-token-a"]
    assert "handover" in caplog.text
    assert [one for one in hidden if one in caplog.text] == []
    assert [one for one in hidden if one in desk.stored().problem] == []


def test_the_whole_call_has_seconds_for_connecting_and_a_minute_for_the_answer():
    for client in (ProfileAClient, ProfileBClient):
        assert (client.connect_timeout, client.total_timeout, client.repetitions) == (5, 65, 0)
    assert timedelta(seconds=4 * 65) < sending.LEASE
