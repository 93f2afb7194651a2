"""Two clicks, two workers, and a worker that dies in the worst moment: never a second case."""

import os
import signal
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from integrations.drklein.handing_over import AlreadyUnderWay, NotReady
from integrations.models import Handover
from leads.models import Task
from tests.builders import make_consent, make_lead
from tests.integrations.drklein.conftest import make_desk
from tests.integrations.webhooks.nursery import nursery
from tests.integrations.webhooks.test_crash import is_alive, is_connected, wait_until

State = Handover.State
AT_ONCE = 6

one_writer = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer at a time"
)


def at_once(*acts):
    """Run in threads that begin together; what each returned or raised."""
    results = [None] * len(acts)
    start = threading.Barrier(len(acts))

    def run(place, act):
        try:
            start.wait(timeout=30)
            results[place] = act()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_between_sending_and_noting_leaves_it_unclear(partner):
    """And the next worker does not send it again: the case has been made."""
    desk = make_desk(partner)
    desk.order()
    killed = []

    def kill_the_sender(request):
        if request.path.endswith("/vorgang"):
            os.kill(workers[-1], signal.SIGKILL)
            killed.append(workers[-1])

    partner.hook = kill_the_sender
    workers = []
    with nursery() as start_worker:
        workers.append(start_worker())
        wait_until(lambda: killed and not is_alive(killed[0]) and not is_connected())
        wait_until(lambda: partner.drklein.cases)
        assert desk.stored().state == State.SENDING
        assert desk.stored().log.get().ended_at is None  # written down before it was sent

        over = timezone.now() - timedelta(seconds=1)
        Handover.objects.update(lease_until=over)  # as if five minutes had passed
        workers.append(start_worker())
        wait_until(lambda: desk.stored().state != State.SENDING)
        # What comes next in the queue is done, so this one was looked at and left alone.
        other = desk.order(make_lead(desk.dealer, consents=[make_consent()]))
        partner.hook = None
        wait_until(lambda: desk.stored(other).state == State.FORWARDED)
        os.kill(workers[-1], signal.SIGTERM)
        wait_until(lambda: not is_alive(workers[-1]))

    handover = Handover.objects.get(lead=desk.lead)
    assert handover.state == State.UNKNOWN
    assert [case.body["partner"]["custom"]["kundennummer"] for case in partner.drklein.cases] == [
        desk.lead.number,
        other.lead.number,
    ]
    assert Task.objects.open().get().lead == desk.lead


@one_writer
@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_are_one_order(partner):
    desk = make_desk(partner)
    seen = desk.prepare()

    results = at_once(*[lambda: desk.order(seen=seen)] * AT_ONCE)

    assert sum(isinstance(one, Handover) for one in results) == 1
    refused = [one for one in results if not isinstance(one, Handover)]
    assert all(isinstance(one, AlreadyUnderWay | NotReady) for one in refused), refused
    assert Handover.objects.count() == 1


@one_writer
@pytest.mark.django_db(transaction=True)
def test_many_workers_at_once_send_each_handover_once(partner):
    desk = make_desk(partner)
    leads = [make_lead(desk.dealer, consents=[make_consent()]) for _n in range(AT_ONCE)]
    for lead in leads:
        desk.order(lead)

    results = at_once(*[desk.send] * AT_ONCE)

    assert [one for one in results if isinstance(one, Exception)] == []
    while desk.send():
        pass
    sent = [case.body["partner"]["custom"]["kundennummer"] for case in partner.drklein.cases]
    assert sorted(sent) == sorted(lead.number for lead in leads)
    assert set(Handover.objects.values_list("state", flat=True)) == {State.FORWARDED}
    assert {one.attempts for one in Handover.objects.all()} == {1}


@one_writer
@pytest.mark.django_db(transaction=True)
def test_a_withdrawal_and_a_worker_do_not_both_win(partner):
    desk = make_desk(partner)
    ordered = desk.order()

    at_once(desk.send, lambda: desk.withdraw(ordered))

    handover = desk.stored()
    assert (handover.state, len(partner.drklein.cases)) in [
        (State.FORWARDED, 1),
        (State.WITHDRAWN, 0),
    ]
