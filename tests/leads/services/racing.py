"""Races that are won in the same order each time: one waits for the lock that the other holds."""

import threading

from django.db import connection, transaction
from django.utils import timezone

from leads.models import Lead
from leads.services.merging import merge_leads
from tests.leads.services.test_receiving import wait_until_blocked


def while_it_is_merged(kept, lead, act):
    """What `act()` returns or raises, called while somebody else merges the lead into `kept`, and
    before that is committed. PostgreSQL only."""
    is_merged, pid, errors = threading.Event(), [], []

    def merge():
        try:
            with transaction.atomic():
                pair = [Lead.objects.get(pk=one.pk) for one in (kept, lead)]
                merge_leads(*pair, values={}, by=None, now=timezone.now())
                is_merged.set()
                wait_until_blocked(pid)
        except Exception as error:  # told below
            errors.append(error)
        finally:
            connection.close()

    other = threading.Thread(target=merge)
    other.start()
    try:
        assert is_merged.wait(timeout=20)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid.append(cursor.fetchone()[0])
        return act()
    finally:
        other.join(timeout=60)
        assert errors == []
