"""Work that nobody waits for: a queue in the database, done by `manage.py worker`.

The queue is django-tasks with django-tasks-db: one table, written in the transaction of its cause.
This room adds what the library lacks: retries with back-off, jobs of a killed worker taken up
again, schedules, rounds.

**A task** is a function in `leads/tasks.py` or `integrations/tasks.py`. It takes ids only, reads
the clock, and calls one service. It runs at least once, so running twice must do no harm::

    @task(title=_("Score all leads"), retry=Retry(attempts=3))
    def score_leads(dealer_id: int) -> None:
        rescore(Dealer.objects.get(pk=dealer_id), now=timezone.now())

**Enqueue** it inside the transaction that is the cause; after a rollback it never existed::

    score_leads.enqueue(dealer.pk)                          # from a door
    enqueue("leads.tasks.score_leads", dealer.pk)           # from below, where doors are unknown

**A schedule** is a line in settings.SCHEDULES: the task's path, without arguments, and when, as a
cron expression in Berlin time. Each time runs once, with any number of workers; what was missed
while all were down runs once.

Jobs of a partner's connections have their own times, set by people: integrations/schedules.py.

**A round** is a line in settings.ROUNDS: a function that every worker calls between its jobs, every
so many seconds. It is for rows that carry their own state and lease (webhook deliveries): take a
few due ones with `select_for_update(skip_locked=True)`, note the lease, commit, work, note the
outcome, and return how many there were; while there are any, it is called again without waiting.

**In tests** nothing runs by itself: `run_due_jobs()` does what is due, in the test's transaction.
"""

from leads.background.queue import enqueue
from leads.background.running import run_due_jobs
from leads.background.tasks import Retry

__all__ = ["Retry", "enqueue", "run_due_jobs"]
