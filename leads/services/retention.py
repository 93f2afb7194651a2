"""Messages as received go after each dealer's period; what became of them stays."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from leads.models.dealer import Dealer
from leads.models.intake import IntakeEntry, Outcome

# A message that still waits for a person is kept longer, but not for ever: so many periods.
WAITING_PERIODS = 2
BATCH = 1000  # entries in one statement, so that nobody waits for long

_WAITING = Q(outcome__in=("", Outcome.QUARANTINED))


def delete_raw_messages(dealer: Dealer, *, now: datetime) -> int:
    """Empty messages and corrections older than `dealer.raw_days`; how many entries.

    Those that are quarantined or not processed yet keep theirs until somebody has decided, at most
    twice as long. Hash, number, outcome and reason stay.
    """
    period = timedelta(days=dealer.raw_days)
    old = IntakeEntry.objects.for_dealer(dealer).filter(raw_deleted_at=None)
    due = Q(received_at__lt=now - period) & ~_WAITING
    due |= Q(received_at__lt=now - WAITING_PERIODS * period) & _WAITING
    deleted = 0
    while True:
        pks = old.filter(due).order_by("received_at").values_list("pk", flat=True)[:BATCH]
        found = list(pks)
        if not found:
            return deleted
        # Asked again: what waited may have been processed meanwhile.
        deleted += old.filter(due, pk__in=found).update(raw="", corrected="", raw_deleted_at=now)
