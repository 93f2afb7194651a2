"""Handovers on their way: each is sent by one worker, and never a second time by itself.

Before anything goes out, the handover is marked as being sent and its attempt is written down. A
worker that dies after that leaves both behind; when its lease is over, the handover is unclear and
waits for a person. Only what certainly was not taken is tried again: nobody answered the line, or
Dr. Klein asked to come back later.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from integrations.drklein.client import case_url, client_for
from integrations.drklein.reporting import report
from integrations.drklein.results import Verdict, judge, judge_failure, kept_text
from integrations.exchanges import recording
from integrations.http import Answer, PartnerError
from integrations.models import Connection, Handover, HandoverAttempt
from integrations.retry_after import asked_wait
from leads.access import may_at
from leads.background import enqueue
from leads.services.consenting import FINANCE_FORWARDING, consent_for
from leads.services.forwarding import resolve_lead
from leads.services.handling import lock_leads
from leads.services.retrying import retried

logger = logging.getLogger(__name__)

State = Handover.State
RIGHT = "integrations.add_handover"

# Longer than two calls and two sign-ins of 65 seconds each.
LEASE = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=24)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)
# Only who sends it reads it: one that cannot be decrypted stops nobody else's.
_CONTENT = ("payload", "notes")
_TELL = "integrations.tasks.tell_that_handovers_are_blocked"


def send_next(*, now: datetime) -> int:
    """Settle what dead workers left behind, then send one handover that is due; how many of
    either there were."""
    began_at = time.monotonic()
    left_behind = settle_abandoned(now=now)
    attempt = claim(now=now)
    if attempt is None:
        return left_behind
    with recording(attempt.handover.connection):  # written last: first what came of the case
        with translation.override(settings.LANGUAGE_CODE):  # staff will read what went wrong
            answer, verdict = _send(attempt)
        ended_at = now + timedelta(seconds=time.monotonic() - began_at)
        settle(attempt, verdict, answer, now=ended_at)
    return left_behind + 1


# --- who is next -----------------------------------------------------------------------------


def claim(*, now: datetime) -> HandoverAttempt | None:
    """Take the handover that waits longest, with its attempt written down; None if there is none
    that may be sent. No other worker gets it."""
    # Most looks find nothing; they take no lock, which on SQLite would keep all writers waiting.
    rows = Handover.objects.defer(*_CONTENT)
    while found := rows.waiting(now).order_by("next_attempt_at", "pk").first():
        if attempt := _take(found, now=now):
            return attempt
    return None


@retried
@transaction.atomic(durable=True)
def _take(found: Handover, *, now: datetime) -> HandoverAttempt | None:
    lock_leads([found.lead_id])  # before the handover, here and everywhere
    rows = Handover.objects.defer(*_CONTENT).waiting(now).filter(pk=found.pk)
    handover = rows.select_for_update().first()
    if handover is None:
        return None  # another worker was faster
    handover.connection = Connection.objects.select_related("dealer").get(pk=handover.connection_id)
    with translation.override(settings.LANGUAGE_CODE):
        if verdict := _obstacle(handover, now=now):
            _apply(handover, verdict, now=now)
            return None
    handover.state, handover.lease_until = State.SENDING, now + LEASE
    handover.attempts += 1
    handover.save()
    return HandoverAttempt.objects.create(
        dealer_id=handover.dealer_id, handover=handover, trace_id=uuid.uuid4(), started_at=now
    )


def _obstacle(handover: Handover, *, now: datetime) -> Verdict | None:
    """Why it must not be sent any more, although it was ordered."""
    connection, orderer = handover.connection, handover.ordered_by
    if now - handover.ordered_at > GIVE_UP_AFTER:
        return Verdict(state=State.GIVEN_UP, problem=handover.problem)
    lead = resolve_lead(handover.dealer_id, handover.lead_id)
    if lead is None:
        return _withdrawn(_("The lead was deleted before it was sent."))
    if consent_for(lead, FINANCE_FORWARDING) is None:
        return _withdrawn(_("The customer's consent was taken back before it was sent."))
    if not (connection.is_active and connection.dealer.is_active):
        return _withdrawn(_("The connection was switched off before it was sent."))
    if orderer is None or not may_at(orderer, RIGHT, handover.dealer_id):
        return _withdrawn(_("Who ordered it may not hand leads over any more."))
    try:
        is_same = case_url(connection) == handover.url
    except PartnerError as error:
        return judge_failure(error)
    if not is_same or connection.mode != handover.mode or connection.profile != handover.profile:
        return _withdrawn(_("The connection was changed before it was sent. Please check it."))
    return None


def _withdrawn(reason: str) -> Verdict:
    return Verdict(state=State.WITHDRAWN, problem=reason)


def _send(attempt: HandoverAttempt) -> tuple[Answer | None, Verdict]:
    """Outside of any transaction."""
    handover = attempt.handover
    try:
        with client_for(handover.connection) as client:
            body = handover.payload.encode()
            answer = client.create_case(body, trace_id=attempt.trace_id)
    except PartnerError as error:
        return None, judge_failure(error)
    return answer, judge(answer)


# --- what came of it -------------------------------------------------------------------------


@retried
@transaction.atomic
def settle(
    attempt: HandoverAttempt, verdict: Verdict, answer: Answer | None, *, now: datetime
) -> None:
    """Note an attempt and what follows from it, even if it was taken for dead meanwhile; what a
    person has decided stays."""
    lock_leads([attempt.handover.lead_id])
    rows = Handover.objects.defer(*_CONTENT).filter(pk=attempt.handover_id)
    stored = rows.select_for_update().first()
    if stored is None:
        return  # erased with its lead meanwhile
    attempt.ended_at, attempt.state, attempt.problem = now, verdict.state, verdict.problem
    if answer is not None:
        attempt.status_code, attempt.answer = answer.status, kept_text(answer)
    attempt.save()
    is_ours = stored.attempts == attempt.handover.attempts and stored.decided_at is None
    logger.info("handover %s: %s %s", stored.pk, attempt.status_code, verdict.state)
    if is_ours and stored.state in (State.SENDING, State.UNKNOWN):
        _apply(stored, verdict, now=now)


def settle_abandoned(*, now: datetime) -> int:
    """Whatever a worker did not come back from may have arrived; how many."""
    abandoned = list(Handover.objects.abandoned(now).order_by("pk").only("pk", "lead_id"))
    return sum(_settle_abandoned(one, now=now) for one in abandoned)


@retried
@transaction.atomic
def _settle_abandoned(found: Handover, *, now: datetime) -> int:
    lock_leads([found.lead_id])
    rows = Handover.objects.defer(*_CONTENT).abandoned(now).filter(pk=found.pk)
    stored = rows.select_for_update().first()
    if stored is None:
        return 0
    with translation.override(settings.LANGUAGE_CODE):
        problem = _("The worker was stopped while it was sending. The case may have arrived.")
    stored.log.filter(ended_at=None).update(ended_at=now, state=State.UNKNOWN, problem=problem)
    logger.warning("handover %s was left behind while being sent", stored.pk)
    _apply(stored, Verdict(state=State.UNKNOWN, problem=problem), now=now)
    return 1


def _apply(handover: Handover, verdict: Verdict, *, now: datetime) -> None:
    """What a verdict makes of a locked handover."""
    handover.state, handover.problem, handover.lease_until = verdict.state, verdict.problem, None
    connections = Connection.objects.filter(pk=handover.connection_id)
    if verdict.state == State.WAITING:
        handover.next_attempt_at = now + _wait(handover.attempts, verdict, now=now)
        if handover.next_attempt_at - handover.ordered_at > GIVE_UP_AFTER:
            handover.state = State.GIVEN_UP
    if verdict.state in Handover.ARRIVED:
        handover.case_number, handover.notes = verdict.case_number, "\n".join(verdict.notes)
        connections.update(last_success_at=now)
    elif verdict.state not in (State.WITHDRAWN, State.REJECTED):
        connections.note_error(verdict.problem, now=now)
    if handover.state != State.WAITING:
        handover.settled_at = now
    handover.save()
    if handover.state == State.BLOCKED:
        enqueue(_TELL, handover.connection_id)
    if handover.state != State.WAITING:
        report(handover, by=None, now=now)


def _wait(attempts: int, verdict: Verdict, *, now: datetime) -> timedelta:
    """Later and later, with some chance in it so that not all come back at once."""
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * (1 << min(attempts, 10)))
    own = longest * random.uniform(0.5, 1)  # noqa: S311 (spreads load, guards nothing)
    return max(own, asked_wait(verdict.retry_after, now=now))


def empty_old(*, now: datetime) -> int:
    """Empty what was sent and answered, once the dealer's period for messages is over; the
    fingerprint and the outcome stay. How many handovers."""
    emptied = 0
    settled = Handover.objects.exclude(state__in=Handover.OPEN).exclude(payload="")
    for dealer_id, days in settled.order_by().values_list("dealer", "dealer__raw_days").distinct():
        old = settled.for_dealer(dealer_id).filter(settled_at__lt=now - timedelta(days=days))
        ids = list(old.values_list("pk", flat=True))
        HandoverAttempt.objects.filter(handover__in=ids).update(answer="")
        emptied += Handover.objects.filter(pk__in=ids).update(payload="", notes="")
    return emptied
