"""Deliveries on their way: signed, repeated on schedule, in order, none lost, none for ever."""

import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from integrations.models import WebhookAttempt, WebhookDelivery
from integrations.webhooks.delivering import SCHEDULE, claim, deliver_due, settle
from integrations.webhooks.endpoints import renew_secret, send_again, send_test
from integrations.webhooks.sending import Answer
from leads.models import EventKind, Role
from tests.builders import make_lead, make_user, make_webhook
from tests.integrations.rough_partner import Partner, says
from tests.integrations.webhooks.conftest import ids_of

pytestmark = pytest.mark.django_db
State = WebhookDelivery.State
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)


def at(crm, delivery):
    """Just when the delivery, and its webhook, are due again."""
    resume_at = crm.stored().resume_at
    return max(filter(None, [crm.stored(delivery).next_attempt_at, resume_at]))


# --- what arrives -------------------------------------------------------------------------------


def test_a_message_arrives_signed_with_its_number(crm, receiver):
    delivery = crm.happens(EventKind.LEAD_CREATED)
    assert crm.deliver() == 1

    [(method, path, headers, body)] = receiver.requests
    data = Webhook(crm.endpoint.secret).verify(body, dict(headers))
    assert (method, path) == ("POST", "/hook")
    assert headers["Content-Type"] == "application/json"
    assert headers["webhook-id"] == delivery.message_id
    assert data["type"] == "lead.created"
    assert data["data"]["lead"] == crm.lead.pk
    sent = crm.stored(delivery)
    assert (sent.state, sent.attempts, sent.last_status) == (State.SENT, 1, 204)
    assert sent.sent_at
    assert crm.deliver(crm.now + DAY) == 0  # once is enough


def test_a_repetition_has_the_same_number_and_body_and_a_fresh_time(crm, receiver):
    receiver.answers = [says(500), says(200)]
    delivery = crm.happens()
    crm.deliver()
    crm.deliver(at(crm, delivery))

    (_, _, first, body), (_, _, second, same_body) = receiver.requests
    assert first["webhook-id"] == second["webhook-id"]
    assert body == same_body
    waited = int(second["webhook-timestamp"]) - int(first["webhook-timestamp"])
    assert 5 <= waited <= 7
    assert Webhook(crm.endpoint.secret).verify(body, dict(second))


def test_during_a_rotation_the_old_secret_and_the_new_one_sign(crm, receiver):
    old = crm.endpoint.secret
    new = renew_secret(crm.endpoint, now=crm.now).secret
    crm.happens()
    crm.deliver()

    _, _, headers, body = receiver.requests[0]
    assert new != old
    assert Webhook(old).verify(body, dict(headers))
    assert Webhook(new).verify(body, dict(headers))


def test_after_the_rotation_only_the_new_secret_signs(crm, receiver):
    old = crm.endpoint.secret
    new = renew_secret(crm.endpoint, now=crm.now - 25 * HOUR).secret
    crm.happens()
    crm.deliver()

    _, _, headers, body = receiver.requests[0]
    assert Webhook(new).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(body, dict(headers))


def test_each_attempt_is_kept_with_what_the_receiver_said(crm, receiver):
    receiver.answers = [says(503, b"<h1>Wartung</h1>"), says(200, b"ok")]
    delivery = crm.happens()
    crm.deliver()
    crm.deliver(at(crm, delivery))

    second, first = crm.stored(delivery).log.all()
    assert (first.status_code, first.answer) == (503, "<h1>Wartung</h1>")
    assert "503" in first.error
    assert (second.status_code, second.answer, second.error) == (200, "ok", "")
    assert first.dealer == second.dealer == crm.dealer
    assert second.at - first.at >= 5 * SECOND
    assert first.duration_ms < 10_000


# --- when it does not ---------------------------------------------------------------------------


def test_it_is_tried_again_later_and_later_then_given_up(crm, receiver):
    receiver.answers = [says(500)]
    delivery = crm.happens()
    now, waits = crm.now, []
    while (stored := crm.stored(delivery)).state == State.PENDING:
        before = now
        now = max(now, stored.next_attempt_at)
        waits.append(now - before)
        assert crm.deliver(now - SECOND) == 0  # too early
        assert crm.deliver(now) == 1

    assert [one.total_seconds() for one in SCHEDULE] == [
        0,
        5,
        5 * 60,
        30 * 60,
        2 * 3600,
        5 * 3600,
        10 * 3600,
        14 * 3600,
        20 * 3600,
        24 * 3600,
    ]
    assert len(receiver.requests) == len(waits) == 10
    for waited, expected in zip(waits, SCHEDULE, strict=True):
        assert expected <= waited <= expected * 1.2 + 2 * SECOND
    assert stored.state == State.FAILED
    assert stored.attempts == 10
    assert len(set(ids_of(receiver))) == 1


def test_deliveries_that_fail_together_do_not_come_back_together(crm, receiver):
    receiver.answers = [says(500)]
    moments = set()
    for _n in range(3):
        delivery = crm.happens(lead=make_lead(crm.dealer))
        crm.deliver(at(crm, delivery))
        moments.add(crm.stored(delivery).next_attempt_at.microsecond)

    assert len(moments) == 3


def test_nobody_there_is_a_failed_attempt_in_words(crm, receiver):
    crm.endpoint.url = "http://127.0.0.1:9/"
    crm.endpoint.save()
    delivery = crm.happens()
    crm.deliver()

    [attempt] = crm.stored(delivery).log.all()
    assert (attempt.status_code, attempt.answer) == (None, "")
    assert attempt.error
    assert crm.stored(delivery).state == State.PENDING


def test_an_address_that_leads_inside_by_now_is_not_called(crm, receiver, settings):
    settings.OUTBOUND_ALLOW_LOOPBACK = False
    delivery = crm.happens()
    crm.deliver()

    assert receiver.requests == []
    assert crm.stored(delivery).state == State.PENDING
    assert crm.stored(delivery).log.get().error


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_counts(crm, receiver, status):
    receiver.answers = [says(status, Retry_After="600"), says(200)]
    delivery, other = crm.happens(), crm.happens(lead=make_lead(crm.dealer))
    crm.deliver()

    assert crm.deliver(crm.now + 590 * SECOND) == 0  # for the receiver as a whole
    crm.deliver(crm.now + 610 * SECOND)
    crm.deliver(crm.now + 611 * SECOND)
    assert {crm.stored(delivery).state, crm.stored(other).state} == {State.SENT}


def test_retry_after_as_a_date_counts(crm, receiver):
    until = (crm.now + 2 * HOUR).replace(microsecond=0)
    receiver.answers = [says(503, Retry_After=format_datetime(until, usegmt=True)), says(200)]
    delivery = crm.happens()
    crm.deliver()

    assert crm.deliver(until - 5 * SECOND) == 0
    assert crm.deliver(until + 5 * SECOND) == 1
    assert crm.stored(delivery).state == State.SENT


@pytest.mark.parametrize("nonsense", ["soon", "-5", "1e999", "9" * 30, "Mon, 99 Foo 2026", "²"])
def test_nonsense_as_retry_after_is_no_matter(crm, receiver, nonsense):
    receiver.answers = [says(503, Retry_After=nonsense.encode().decode("latin-1"))]
    delivery = crm.happens()
    crm.deliver()

    assert crm.stored(delivery).next_attempt_at <= crm.now + DAY + MINUTE


def test_the_schedule_wins_over_a_shorter_retry_after(crm, receiver):
    receiver.answers = [says(503, Retry_After="0")]
    delivery = crm.happens()
    crm.deliver()

    assert crm.stored(delivery).next_attempt_at >= crm.now + 5 * SECOND


# --- order --------------------------------------------------------------------------------------


def test_what_concerns_one_lead_arrives_in_order(crm, receiver):
    first, second, third = (crm.happens() for _n in range(3))
    assert crm.deliver() == 3

    assert ids_of(receiver) == [first.message_id, second.message_id, third.message_id]


def test_only_the_first_of_a_lead_is_tried_while_it_fails(crm, receiver):
    receiver.answers = [says(500)]
    first, second = crm.happens(), crm.happens()
    now = crm.now
    for _n in range(4):
        crm.deliver(now)
        now = at(crm, first)

    assert set(ids_of(receiver)) == {first.message_id}
    assert crm.stored(second).attempts == 0
    receiver.answers = [says(200)]
    crm.deliver(now)
    assert ids_of(receiver)[-2:] == [first.message_id, second.message_id]


def test_one_given_up_lets_the_next_pass(crm, receiver):
    first, second = crm.happens(), crm.happens()
    WebhookDelivery.objects.filter(pk=first.pk).update(attempts=9)
    receiver.answers = [says(500), says(200)]
    crm.deliver()
    crm.deliver(crm.now + MINUTE)

    assert crm.stored(first).state == State.FAILED
    assert crm.stored(second).state == State.SENT


def test_other_leads_and_other_webhooks_do_not_wait(crm, receiver):
    other_endpoint = make_webhook(crm.dealer, url=f"{receiver.url}/other")
    receiver.answers = [says(500), says(200)]
    crm.happens()
    crm.happens(lead=make_lead(crm.dealer))
    crm.deliver()
    crm.deliver(crm.now + 6 * SECOND)

    states = WebhookDelivery.objects.filter(endpoint=other_endpoint).values_list("state", flat=True)
    assert list(states) == [State.SENT, State.SENT]


# --- the webhook as a whole ---------------------------------------------------------------------


def test_a_receiver_that_is_down_is_left_alone_between_two_attempts(crm, receiver):
    """However much waits for it: one attempt, then a pause that grows to five minutes."""
    receiver.answers = [says(500)]
    for _n in range(12):
        crm.happens(lead=make_lead(crm.dealer))
    crm.deliver()
    begun = len(receiver.requests)  # before the first answer was known
    crm.deliver(crm.now + 4 * SECOND)
    assert len(receiver.requests) == begun <= 4
    later = crm.now + 2 * HOUR
    crm.deliver(later)
    crm.deliver(later + 4 * MINUTE)
    assert len(receiver.requests) == begun + 1
    crm.deliver(later + 6 * MINUTE)
    assert len(receiver.requests) == begun + 2

    receiver.answers = [says(200)]
    crm.deliver(later + DAY)
    assert crm.stored().failing_since is None
    crm.deliver(later + DAY + MINUTE)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_a_slow_receiver_does_not_hold_up_the_others(crm, receiver):
    with Partner() as slow:
        slow.answers = [says(200)]
        make_webhook(crm.dealer, url=slow.url)
        for _n in range(20):
            crm.happens(lead=make_lead(crm.dealer))
        claimed = claim(now=crm.now, limit=8)

    counts = [
        [one.endpoint_id for one in claimed].count(pk) for pk in {c.endpoint_id for c in claimed}
    ]
    assert counts == [4, 4]
    assert claim(now=crm.now, limit=8) == []  # no more than that on the way to each


def test_since_when_nothing_gets_through_is_noted_and_forgotten(crm, receiver):
    receiver.answers = [says(500), says(500), says(200)]
    delivery = crm.happens()
    crm.deliver()
    since = crm.stored().failing_since
    crm.deliver(at(crm, delivery))
    assert crm.now <= since <= crm.now + 5 * SECOND
    assert crm.stored().failing_since == since
    crm.deliver(at(crm, delivery))
    assert (crm.stored().failing_since, crm.stored().resume_at) == (None, None)


def test_410_switches_the_webhook_off(crm, receiver):
    receiver.answers = [says(410)]
    delivery, waiting = crm.happens(), crm.happens()
    crm.deliver()

    endpoint = crm.stored()
    assert not endpoint.is_active
    assert "410" in endpoint.disabled_reason
    assert endpoint.disabled_at
    assert {crm.stored(delivery).state, crm.stored(waiting).state} == {State.CANCELLED}
    assert crm.deliver(crm.now + DAY) == 0
    assert crm.happens().pk == waiting.pk  # nothing new is made for it


def test_after_five_days_of_failure_the_webhook_is_switched_off(crm, receiver):
    receiver.answers = [says(500)]
    now, end = crm.now, crm.now + 6 * DAY
    while now < end and crm.stored().is_active:
        crm.happens(now=now)
        crm.deliver(now)
        now += 4 * HOUR

    endpoint = crm.stored()
    assert not endpoint.is_active
    assert 5 * DAY <= endpoint.disabled_at - crm.now < 5 * DAY + 5 * HOUR
    assert "500" in endpoint.disabled_reason
    assert "5" in endpoint.disabled_reason
    assert not WebhookDelivery.objects.pending().exists()


def test_one_success_within_the_five_days_keeps_it_on(crm, receiver):
    receiver.answers = [says(500)]
    crm.happens()
    crm.deliver()
    receiver.answers = [says(200), says(500)]
    crm.deliver(crm.now + 4 * DAY)
    crm.happens(now=crm.now + 6 * DAY)
    crm.deliver(crm.now + 6 * DAY)

    assert crm.stored().is_active


def test_a_test_message_is_tried_once_and_says_nothing_about_the_webhook(crm, receiver):
    receiver.answers = [says(500)]
    delivery = send_test(crm.endpoint, now=crm.now)
    crm.deliver()

    assert json.loads(receiver.requests[0][3]) == {
        "type": "webhook.test",
        "timestamp": crm.now.isoformat(),
        "data": {"dealer": crm.dealer.pk},
    }
    assert crm.stored(delivery).state == State.FAILED
    assert crm.stored().failing_since is None


# --- again --------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", list(State))
def test_everything_can_be_sent_again_under_the_same_number(crm, receiver, state):
    delivery = crm.happens()
    later = crm.now + DAY
    WebhookDelivery.objects.update(state=state, attempts=7, next_attempt_at=later + DAY)

    assert send_again(WebhookDelivery.objects.all(), now=later) == 1
    assert crm.deliver(later) == 1
    assert ids_of(receiver) == [delivery.message_id]
    assert crm.stored(delivery).state == State.SENT
    assert crm.stored(delivery).attempts == 1


def test_nothing_is_sent_again_to_what_is_switched_off(crm, receiver):
    delivery = crm.happens()
    WebhookDelivery.objects.update(state=State.CANCELLED)
    crm.endpoint.is_active = False
    crm.endpoint.save()

    assert send_again(WebhookDelivery.objects.all(), now=crm.now) == 0
    assert crm.stored(delivery).state == State.CANCELLED


# --- several workers, and one that dies ---------------------------------------------------------


def test_what_a_worker_has_taken_no_other_takes(crm, receiver):
    crm.happens()

    assert len(claim(now=crm.now, limit=8)) == 1
    assert claim(now=crm.now, limit=8) == []
    assert crm.deliver() == 0


def test_what_a_dead_worker_has_taken_is_sent_by_the_next_one(crm, receiver):
    delivery = crm.happens()
    claim(now=crm.now, limit=8)

    assert crm.deliver(crm.now + 2 * MINUTE) == 1
    assert ids_of(receiver) == [delivery.message_id]


def test_a_failure_that_is_told_too_late_changes_nothing(crm, receiver):
    """The lease has ended, and another worker has it in hand or was successful."""
    delivery = crm.happens()
    [late] = claim(now=crm.now, limit=8)
    crm.deliver(crm.now + 2 * MINUTE)
    settle(late, Answer(problem="late"), now=crm.now + 3 * MINUTE)

    assert crm.stored(delivery).state == State.SENT
    assert WebhookAttempt.objects.filter(delivery=delivery).count() == 2


def test_a_webhook_deleted_while_a_message_is_on_its_way_is_no_trouble(crm, receiver):
    crm.happens()
    [taken] = claim(now=crm.now, limit=8)
    crm.endpoint.delete()
    settle(taken, Answer(status=200), now=crm.now)

    assert not WebhookAttempt.objects.exists()


def test_a_limited_number_at_a_time(crm, receiver):
    for _n in range(5):
        crm.happens(lead=make_lead(crm.dealer))

    assert deliver_due(now=crm.now, limit=3) == 3
    assert deliver_due(now=crm.now, limit=3) == 2


def test_looking_for_nothing_takes_one_query(crm, django_assert_num_queries):
    with django_assert_num_queries(1):
        crm.deliver()


# --- the mail about it --------------------------------------------------------------------------


@pytest.fixture
def people(crm):
    make_user(crm.dealer, role=Role.ADMINISTRATOR, email="chefin@example.org")
    make_user(crm.dealer, role=Role.ADMINISTRATOR, email="it@example.org")
    make_user(crm.dealer, role=Role.ADMINISTRATOR, email="weg@example.org", is_active=False)
    make_user(crm.dealer, role=Role.ADMINISTRATOR, email="")
    make_user(crm.dealer, role=Role.MANAGER, email="leiter@example.org")
    make_user(make_webhook().dealer, role=Role.ADMINISTRATOR, email="fremd@example.org")


def test_the_administrators_get_a_mail_each(crm, receiver, people, mailoutbox, run_jobs):
    receiver.answers = [says(410)]
    crm.happens()
    crm.deliver()
    assert mailoutbox == []  # by the worker, not in the middle of something
    run_jobs()

    assert sorted(mail.to for mail in mailoutbox) == [["chefin@example.org"], ["it@example.org"]]
    assert crm.endpoint.name in mailoutbox[0].subject
    assert "410" in mailoutbox[0].body
    for word in (crm.lead.last_name, crm.lead.email, crm.lead.subject, crm.endpoint.secret):
        assert word not in mailoutbox[0].body


def test_no_mail_once_somebody_has_switched_it_on_again(
    crm, receiver, people, mailoutbox, run_jobs
):
    receiver.answers = [says(410)]
    crm.happens()
    crm.deliver()
    crm.endpoint.save()  # as it was
    run_jobs()

    assert mailoutbox == []
